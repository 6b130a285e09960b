"""What a page in Markdown consists of, so that its translation can be held to it.

``differences`` says in sentences what a translated page lacks or has too much. It compares what no translation
changes: the order of headings, paragraphs, list items, rows and code blocks, and in each of them commands, inline
code, numbers, links and images.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

_CHINESE = r"[㐀-鿿]"
_SENTENCE = re.compile(r"(?:[A-Za-z]+(?:['’-][a-z]+)*,? ){5}[A-Za-z]+")
_COMMENT = re.compile(r"(?:^|(?<=\s))# .*$", re.MULTILINE)
_LINK = re.compile(r"\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"")
_NUMBER = re.compile(
    r"(?<![A-Za-z0-9_.])(\d[\d,]*(?:\.\d+)*)\s*(thousand|million|billion|万|百万|亿)?(?![A-Za-z0-9_])"
)
_UNITS = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "万": 10**4, "百万": 10**6, "亿": 10**8}


@dataclass(frozen=True)
class Block:
    """A ``paragraph``, a list ``item``, a ``row`` of a table, or ``code``, which is all between two fences."""

    kind: str
    text: str

    @property
    def commands(self) -> str:
        """The lines of code, without what their comments say; that there is a comment stays."""
        return re.sub(r"[ \t]+#$", " #", _COMMENT.sub("#", self.text), flags=re.MULTILINE)

    @property
    def inline_code(self) -> frozenset[str]:
        if self.kind == "code":
            return frozenset()
        return frozenset(" ".join(code.split()) for code in re.findall(r"`([^`]+)`", self.text))

    @property
    def numbers(self) -> frozenset[float]:
        """Those that are written in digits, outside code and links."""
        return frozenset(
            float(digits.replace(",", "")) * _UNITS.get(unit, 1)
            for digits, unit in _NUMBER.findall(self.prose)
            if digits.count(".") <= 1
        )

    @property
    def prose(self) -> str:
        """What people read of it: of code its comments, of links and images their words."""
        if self.kind == "code":
            return "\n".join(_COMMENT.findall(self.text))
        text = re.sub(r"`[^`]+`", "`", self.text)
        text = re.sub(r"<[^>]*?(?:alt=\"([^\"]*)\")?[^>]*>", r"\1", text)
        return re.sub(r"\[[^\]\s]*\.md\]\([^)]*\)|(?<=\])\([^)]*\)", "", text)

    @property
    def links(self) -> list[str]:
        return [one or other for one, other in _LINK.findall(self.text)] if self.kind != "code" else []

    @property
    def shown(self) -> str:
        text = " ".join(self.text.split())
        return f"{self.kind} “{text if len(text) <= 90 else text[:90] + '…'}”"


@dataclass(frozen=True)
class Section:
    """A heading, and what stands below it."""

    level: int
    heading: str
    blocks: tuple[Block, ...]

    @property
    def shown(self) -> str:
        return f"heading “{'#' * self.level} {self.heading}”"


@dataclass(frozen=True)
class Page:
    """``name`` is told in messages; ``path`` is where its links begin."""

    name: str
    path: Path
    sections: tuple[Section, ...]


def read_page(path: Path, root: Path) -> Page:
    return Page(str(path.relative_to(root)), path, tuple(_sections(path.read_text())))


def anchors(text: str) -> list[str]:
    """Those that GitHub gives to the headings of a page, in order."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.MULTILINE)
    return [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings]


def differences(english: Page, chinese: Page, original: Callable[[Page, str], str]) -> list[str]:
    """What whoever changed ``english`` has to change in ``chinese``; nothing where that is its translation.

    ``original`` gives a link of a page in a form that is the same for both pages.
    """
    found = []
    for one, other, where in _aligned(english.sections, chinese.sections, _outline):
        if one is None or other is None:
            found.append(_lacking(english, chinese, one, other, where))
            continue
        if one.level != other.level:
            found.append(f"{english.name} has {one.shown}, {chinese.name} has {other.shown}")
        for block, translated, place in _aligned(one.blocks, other.blocks, _traits):
            if block is None or translated is None:
                place_or_heading = place or Block("heading", other.heading)
                found.append(_lacking(english, chinese, block, translated, place_or_heading))
            else:
                found += [
                    f"{chinese.name}, “{other.heading}” (“{one.heading}” in {english.name}): {what}"
                    for what in _compared(block, translated, (english, chinese), original)
                ]
    return found


def untranslated(block: Block) -> bool:
    """Whether there is a sentence left in English, or more of it than of Chinese."""
    text = block.prose
    words = re.findall(r"[A-Za-z]{2,}", text)
    if _SENTENCE.search(text):
        return True
    return block.kind != "code" and len(words) >= 3 and len(re.findall(_CHINESE, text)) < len(words)


def _sections(text: str) -> Iterable[Section]:
    level, heading, blocks, lines, kind = 0, "", list[Block](), list[str](), ""

    def end_block() -> None:
        nonlocal lines, kind
        if lines:
            blocks.append(Block(kind, "\n".join(lines)))
        lines, kind = [], ""

    for line in text.splitlines():
        if kind == "code":
            if line.lstrip().startswith("```"):
                end_block()
            else:
                lines.append(line)
        elif (words := line.lstrip()).startswith("```"):
            end_block()
            kind, lines = "code", [words[3:]]
        elif begun := re.match(r"(#+) (.+)", line):
            end_block()
            if level:
                yield Section(level, heading, tuple(blocks))
            level, heading, blocks = len(begun[1]), begun[2], []
        elif not line.strip() or re.match(r"\[(?:中文|English)\]\(|\|[ :|-]+\|$|-{3,}$", line):
            end_block()  # what leads to the other language, rules below the heads of tables, and nothing
        else:
            new = "row" if line.startswith("|") else "item" if re.match(r"(?:-|\d+\.) ", line) else ""
            if new or not kind or kind == "row":
                end_block()
                kind = new or "paragraph"
            lines.append(line)
    end_block()
    yield Section(level, heading, tuple(blocks))


def _aligned(
    ours: Sequence[T], theirs: Sequence[T], key: Callable[[T], object]
) -> Iterable[tuple[T | None, T | None, T | None]]:
    """Pairs, and what has no other half; in third place is what stands before it in ``theirs``."""
    matcher = SequenceMatcher(
        None, [key(item) for item in ours], [key(item) for item in theirs], autojunk=False
    )
    for _, first, last, begin, end in matcher.get_opcodes():
        before = theirs[begin - 1] if begin else None
        if last - first == end - begin:
            yield from (
                (one, other, None) for one, other in zip(ours[first:last], theirs[begin:end], strict=True)
            )
        else:
            yield from ((one, None, before) for one in ours[first:last])
            yield from ((None, other, before) for other in theirs[begin:end])


def _outline(section: Section) -> object:
    code = frozenset().union(*(block.inline_code for block in section.blocks))
    return section.level, tuple(block.kind for block in section.blocks), code


def _traits(block: Block) -> object:
    names = frozenset(link.partition("#")[0].rpartition("/")[2].replace("-zh.", ".") for link in block.links)
    return block.kind, block.commands if block.kind == "code" else (block.inline_code, block.numbers, names)


def _lacking(
    english: Page,
    chinese: Page,
    one: Section | Block | None,
    other: Section | Block | None,
    before: Section | Block | None,
) -> str:
    if one:
        after = f" after {before.shown}" if before else " at its beginning"
        return f"{chinese.name} lacks{after} the translation of {english.name}'s {one.shown}"
    assert other is not None
    return f"{chinese.name} has {other.shown}, which {english.name} has not"


def _compared(
    block: Block, translated: Block, pages: tuple[Page, Page], original: Callable[[Page, str], str]
) -> Iterable[str]:
    english, chinese = pages
    if block.kind != translated.kind:
        yield f"{translated.shown} stands for {block.shown}"
        return
    if block.kind == "code":
        ours, theirs = block.commands.splitlines(), translated.commands.splitlines()
        for number, (one, other) in enumerate(zip(ours, theirs, strict=False)):
            if one != other:
                yield f"line {number} of a code block is “{other}” where {english.name} has “{one}”"
        if len(ours) != len(theirs):
            yield f"a code block has {len(theirs) - 1} lines where {english.name} has {len(ours) - 1}: {block.shown}"
    else:
        for what, one, other in (
            ("code", block.inline_code, translated.inline_code),
            (
                "link",
                frozenset(original(english, link) for link in block.links),
                frozenset(original(chinese, link) for link in translated.links),
            ),
        ):
            lacks = [f"lacks {what} “{name}”" for name in sorted(one - other)]
            lacks += [f"has {what} “{name}” too much" for name in sorted(other - one)]
            if lacks:
                yield f"{translated.shown} {', '.join(lacks)}; it translates {block.shown}"
        for number in sorted(block.numbers - translated.numbers):
            yield f"{translated.shown} lacks number {number:,.15g}; it translates {block.shown}"
        if block.kind == "row":
            first, second = (
                set(re.findall(r"`([^`]+)`", row.text.split("|")[1])) for row in (block, translated)
            )
            if first != second and block.inline_code == translated.inline_code:
                yield f"{translated.shown} begins with other code than {block.shown}"
    if untranslated(translated):
        yield f"{translated.shown} is not translated"
