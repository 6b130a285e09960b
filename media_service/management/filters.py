"""What lists, search and courses are narrowed by alike, as parameters of a query."""

from __future__ import annotations

from typing import Annotated, get_args

from pydantic import Field

from configs.words import LEVELS, VISIBILITIES, AssetKind, Level, LicenceCode, Visibility
from media_service.cataloguing.texts import LONGEST_TAG, MOST_TAGS, AskedLanguage
from media_service.moments import Moment

Kinds = Annotated[
    list[AssetKind],
    Field(max_length=len(get_args(AssetKind)), description="Only those of this kind, or of one of several."),
]
Languages = Annotated[
    list[AskedLanguage],
    Field(
        max_length=20,
        description="Only those taught in this language and its regional ones, or in one of several; `und`: those "
        "of which nobody has said it.",
    ),
]
Subjects = Annotated[
    list[Annotated[str, Field(max_length=255)]],
    Field(max_length=20, description="Only those of this subject, or of one of several."),
]
Tags = Annotated[
    list[Annotated[str, Field(max_length=LONGEST_TAG)]],
    Field(max_length=MOST_TAGS, description="Only those with this tag, or with all of several."),
]
Categories = Annotated[
    list[Annotated[str, Field(max_length=64)]],
    Field(
        max_length=20, description="Only those of this category and of all below it, or of one of several."
    ),
]
Levels = Annotated[
    list[Level],
    Field(max_length=len(LEVELS), description="Only those of this level, or of one of several."),
]
Licences = Annotated[
    list[LicenceCode],
    Field(
        max_length=len(get_args(LicenceCode)), description="Only those under this licence, or one of several."
    ),
]
Visibilities = Annotated[
    list[Visibility],
    Field(max_length=len(VISIBILITIES), description="Only those that are open to these, in effect."),
]
OfOrganization = Annotated[
    str | None, Field(max_length=64, description="Only those of this organization and of all below it.")
]
HasCaptions = Annotated[bool | None, Field(description="Only those with captions, or those without.")]
CreatedSince = Annotated[
    Moment | None,
    Field(description="Only those that were made then or later: a date and time with its offset (RFC 3339)."),
]
CreatedBefore = Annotated[Moment | None, Field(description="Only those that were made earlier.")]
