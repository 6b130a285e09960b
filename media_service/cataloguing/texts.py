"""What authors say of a lesson beside its title: description, language, subject and tags, as they are kept."""

from __future__ import annotations

import unicodedata
from typing import Annotated, Final

from pydantic import AfterValidator, Field, WithJsonSchema

from media_service.uploads.protocol import clean_name
from storage.languages import TAG_PATTERN, language_tag
from storage.shown_text import shown_lines

UNSAID: Final = "und"
"""Asked for instead of a language: what nobody has said the language of (ISO 639-2, undetermined)."""

LONGEST_DESCRIPTION: Final = 10_000
LONGEST_TAG: Final = 50
MOST_TAGS: Final = 20


def clean_description(text: str) -> str:
    """Text of several lines as it is shown (``storage.shown_text``)."""
    return shown_lines(text)


def clean_tags(tags: list[str]) -> list[str]:
    """Tags as people see them, each once: of two that differ in case or width alone the first stays. Raises
    ``ValueError`` for one that is empty.
    """
    found: dict[str, str] = {}
    for tag in tags:
        name = clean_name(tag)
        if not name:
            raise ValueError("must hold no empty tags")
        found.setdefault(unicodedata.normalize("NFKC", name).casefold(), name)
    return list(found.values())


def _language(text: str) -> str:
    if (tag := language_tag(text)) is None:
        raise ValueError("must be the tag of a language, such as zh or en")
    return tag


def _asked_language(text: str) -> str:
    return text if text == UNSAID else _language(text)


def _subject(text: str) -> str:
    if not (name := clean_name(text)):
        raise ValueError("must not be empty")
    return name


Description = Annotated[str, Field(max_length=LONGEST_DESCRIPTION), AfterValidator(clean_description)]
"""Text of several lines."""

Tags = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=LONGEST_TAG, json_schema_extra={"pattern": r"\S"})]],
    Field(max_length=MOST_TAGS),
    AfterValidator(clean_tags),
]
"""Words that people find a lesson by."""

Subject = Annotated[
    str, Field(min_length=1, max_length=255, json_schema_extra={"pattern": r"\S"}), AfterValidator(_subject)
]
"""What a lesson belongs to, as the platform names its subjects."""

Language = Annotated[
    str,
    AfterValidator(_language),
    WithJsonSchema({"type": "string", "maxLength": 48, "pattern": f"^{TAG_PATTERN}$"}),
]
"""In which language a lesson is taught (BCP 47)."""

AskedLanguage = Annotated[
    str,
    AfterValidator(_asked_language),
    WithJsonSchema({"type": "string", "maxLength": 48, "pattern": f"^{TAG_PATTERN}$"}),
]
"""A language that is looked for, or ``UNSAID``."""
