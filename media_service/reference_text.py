"""What the reference says, in the reader's language: the sentences stand in English in the code, in Chinese beside the
page. Pure.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final, Literal

from markupsafe import Markup, escape

from media_service.problems import PROBLEMS

Language = Literal["en", "zh"]

_CHINESE: Final = Path(__file__).parent / "templates" / "docs.zh.json"

_REFUSALS: Final = re.compile(r"`(\w+)`: ")
_PATTERNS: Final[tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...]] = (
    (
        re.compile(r"Roles: (.+)\. Scope: (.+)\."),
        lambda found: f"角色：{found[1].replace(', ', '、')}。权限范围：{found[2]}。",
    ),
    (re.compile(r"Roles: (.+)\."), lambda found: f"角色：{found[1].replace(', ', '、')}。"),
)
"""What is put together from names, in Chinese."""

_IF_LEFT_OUT: Final = re.compile(r"(.*?) ?If left out: (`[^`]+`)\.")


@functools.cache
def chinese() -> Mapping[str, str]:
    """Sentences of the reference in Chinese, by the English ones."""
    texts: dict[str, str] = json.loads(_CHINESE.read_text(encoding="utf-8"))
    return texts


def paragraphs(text: str | None) -> Iterator[str]:
    """The paragraphs of a docstring, each in one line."""
    return (" ".join(part.split()) for part in re.split(r"\n\s*\n", text or "") if part.strip())


def in_chinese(paragraph: str) -> str | None:
    """A paragraph in Chinese; None where nobody has said it yet."""
    if paragraph in chinese():
        return chinese()[paragraph]
    codes = [code for code in _REFUSALS.findall(paragraph) if code in PROBLEMS]
    if codes:
        return " ".join(f"`{code}`：{PROBLEMS[code].message.zh}" for code in codes)
    for pattern, say in _PATTERNS:
        if found := pattern.fullmatch(paragraph):
            return say(found)
    if found := _IF_LEFT_OUT.fullmatch(paragraph):
        first = in_chinese(found[1]) if found[1] else ""
        return None if first is None else f"{first}省略时为 {found[2]}。"
    return None


def speaker(language: Language) -> Callable[[str | None], Markup]:
    """A function for the page: a text in this language, as HTML in which what stands between backticks is code. What
    has no Chinese yet is marked as English, for those who listen to it.
    """

    def say(text: str | None) -> Markup:
        return Markup("<br>").join(_said(paragraph, language) for paragraph in paragraphs(text))

    return say


def _said(paragraph: str, language: Language) -> Markup:
    if language == "en":
        return with_code(paragraph)
    said = in_chinese(paragraph)
    return (
        with_code(said)
        if said is not None
        else Markup('<span lang="en">{}</span>').format(with_code(paragraph))
    )


def with_code(text: str) -> Markup:
    """A text for HTML, with what stands between backticks as code."""
    return Markup(re.sub("`+([^`]+)`+", r"<code>\1</code>", str(escape(text))))  # noqa: S704  (escaped just before)
