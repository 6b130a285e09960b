"""Captions out of what was said: lines that end where a sentence or a clause does, shown for as long as they are read.

The limits are those by which Studio tells what is hard to read (``pure/cue-warnings.js``), of large distributors. Only
how fast somebody speaks is not for us to say.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import inf
from typing import Final

from storage.languages import primary
from storage.tracks.cue import Cue
from storage.tracks.names import UNKNOWN

WIDE_LINE: Final = 16
"""Characters of a line of Chinese, Japanese or Korean; letters among them count half."""

LINE: Final = 42
"""Letters of a line of all else."""

MOST_LINES: Final = 2
SHORTEST: Final = 833
LONGEST: Final = 7000
"""Milliseconds of a caption; shorter are only those that the next one follows at once."""

PAUSE: Final = 800
"""Milliseconds without a word after which another caption begins."""

LINGER: Final = 300
"""Milliseconds for which a caption stays after its last word, if no other one begins."""

_WORD: Final = 1000
_CHARACTER: Final = 500
"""Milliseconds that a word of letters, and one character, takes at most: what comes after is a pause."""

_WIDE_LANGUAGES: Final = ("zh", "yue", "ja", "ko")
_ENDS: Final = frozenset("。！？!?….．")
_CLAUSES: Final = frozenset("，、；：,;:") | _ENDS
_CLOSING: Final = _CLAUSES | frozenset("）)》」』”’】]〉%％·—～~")
_OPENING: Final = frozenset("（(《「『“‘【[〈")


@dataclass(frozen=True)
class Spoken:
    """What was said without a longer pause. ``times`` are the milliseconds at which each character of ``text`` begins,
    and when the last one ends."""

    text: str
    times: tuple[int, ...]


@dataclass(frozen=True)
class _Unit:
    """What stays on one line: a word, or a character of wide writing, with the marks that belong to it. ``gap`` is the
    space before it; ``width`` counts its own characters only. ``rank`` is 2 if a sentence ends with it, 1 for a clause.
    """

    text: str
    gap: str
    start: int
    end: int
    width: int
    rank: int


def captions_of(said: Iterable[Spoken], language: str) -> list[Cue]:
    """Return captions, in order and none over another; ``said`` is in order of time."""
    spoken = list(said)
    wide = _is_wide(language, spoken)
    cues: list[Cue] = []
    for phrase in _phrases([list(_units(each, wide=wide)) for each in spoken], _limit(wide=wide)):
        cues += _cues(phrase, _limit(wide=wide))
    return _in_time(cues)


def _is_wide(language: str, said: Sequence[Spoken]) -> bool:
    if (told := primary(language)) != UNKNOWN:
        return told in _WIDE_LANGUAGES
    return any(map(is_wide, (character for each in said for character in each.text)))


def is_wide(character: str) -> bool:
    """Return whether a character takes the room of two letters."""
    return unicodedata.east_asian_width(character) in "WF"


def _limit(*, wide: bool) -> int:
    """In halves of a character where those are wide."""
    return 2 * WIDE_LINE if wide else LINE


def _units(said: Spoken, *, wide: bool) -> Iterator[_Unit]:
    """Yield what stays together; words of more than a line are cut."""
    limit = _limit(wide=wide)
    # It may come to stand behind what was said before.
    gap = "" if is_wide(said.text[:1] or " ") else " "
    pending, start, width = "", 0, 0

    def unit(end: int) -> _Unit:
        most = _CHARACTER if len(pending) == 1 else max(_WORD, _CHARACTER * len(pending) // 2)
        return _Unit(pending, gap, start, min(end, start + most), width, _rank(pending))

    for place, character in enumerate(said.text):
        begins, size = said.times[place], 2 if wide and is_wide(character) else 1
        if character.isspace():
            if pending:
                yield unit(begins)
                pending, width = "", 0
            gap = " "
            continue
        if pending and (width + size > limit or _parts(pending[-1], character)):
            yield unit(begins)
            pending, gap, width = "", "", 0
        if not pending:
            start = begins
        pending, width = pending + character, width + size
    if pending:
        yield unit(said.times[-1])


def _parts(before: str, after: str) -> bool:
    """Return whether a line may end between two characters that no space parts."""
    if after in _CLOSING or before in _OPENING:
        return False
    return after in _OPENING or is_wide(before) or is_wide(after)


def _rank(text: str) -> int:
    closed = text.rstrip("”’」』）)》\"'")
    if not closed:
        return 0
    return 2 if closed[-1] in _ENDS else 1 if closed[-1] in _CLAUSES else 0


def _phrases(said: Sequence[Sequence[_Unit]], limit: int) -> Iterator[list[_Unit]]:
    """Yield what is shown together or one after the other: sentences; short ones together, if they fit on a line."""
    phrase: list[_Unit] = []
    for units in said:
        for sentence in _sentences(units):
            if phrase and not (_follows(phrase, sentence) and _width([*phrase, *sentence]) <= limit):
                yield phrase
                phrase = []
            phrase = [*phrase, *sentence]
    if phrase:
        yield phrase


def _sentences(units: Sequence[_Unit]) -> Iterator[list[_Unit]]:
    sentence: list[_Unit] = []
    for unit in units:
        if sentence and unit.start - sentence[-1].end >= PAUSE:
            yield sentence
            sentence = []
        sentence.append(unit)
        if unit.rank == 2:
            yield sentence
            sentence = []
    if sentence:
        yield sentence


def _follows(before: Sequence[_Unit], after: Sequence[_Unit]) -> bool:
    return after[0].start - before[-1].end < PAUSE and after[-1].end - before[0].start <= LONGEST


def _width(units: Sequence[_Unit]) -> int:
    return sum(unit.width for unit in units) + sum(len(unit.gap) for unit in units[1:])


def _cues(phrase: Sequence[_Unit], limit: int) -> Iterator[Cue]:
    """Yield the captions of a phrase: lines in twos, where both are said in time."""
    lines = _lines(phrase, limit)
    while lines:
        taken = 1
        while taken < min(MOST_LINES, len(lines)) and lines[taken][-1].end - lines[0][0].start <= LONGEST:
            taken += 1
        shown, lines = lines[:taken], lines[taken:]
        yield Cue(shown[0][0].start, shown[-1][-1].end, "\n".join(map(_text, shown)))


def _lines(units: Sequence[_Unit], limit: int) -> list[Sequence[_Unit]]:
    """Return the fewest lines of about one length; among those, the ones that end where a clause does."""
    costs, begins = [0.0], [0]
    for end in range(1, len(units) + 1):
        best, at = inf, end - 1
        for start in range(end - 1, -1, -1):
            line = units[start:end]
            width = _width(line)
            is_long = line[-1].end - line[0].start > LONGEST
            if len(line) > 1 and (width > limit or is_long):
                break
            is_rough = end < len(units) and not line[-1].rank
            cost = costs[start] + 1 + ((limit - width) / limit) ** 2 + 0.4 * is_rough
            if cost < best:
                best, at = cost, start
        costs.append(best)
        begins.append(at)
    found: list[Sequence[_Unit]] = []
    end = len(units)
    while end:
        found.append(units[begins[end] : end])
        end = begins[end]
    return found[::-1]


def _text(line: Sequence[_Unit]) -> str:
    return line[0].text + "".join(unit.gap + unit.text for unit in line[1:])


def _in_time(cues: Sequence[Cue]) -> list[Cue]:
    """Let each stay until it is read, and those come together that would be gone too soon."""
    joined: list[Cue] = []
    for cue in cues:
        last = joined[-1] if joined else None
        if last is not None and _belongs(last, cue):
            joined[-1] = Cue(last.start, cue.end, f"{last.text}\n{cue.text}")
        else:
            joined.append(cue)
    starts = [*(cue.start for cue in joined[1:]), inf]
    return [
        Cue(cue.start, int(min(_read_by(cue), following)), cue.text)
        for cue, following in zip(joined, starts, strict=False)
        if cue.start < following
    ]


def _belongs(last: Cue, cue: Cue) -> bool:
    is_short = min(cue.start - last.start, cue.end + LINGER - cue.start) < SHORTEST
    lines = last.text.count("\n") + cue.text.count("\n") + 2
    return (
        is_short and lines <= MOST_LINES and cue.start - last.end < PAUSE and cue.end - last.start <= LONGEST
    )


def _read_by(cue: Cue) -> int:
    return min(max(cue.end + LINGER, cue.start + SHORTEST), cue.start + LONGEST)
