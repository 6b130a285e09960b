"""Speech to be written down: in which windows a model hears it, and what is believed of what it says.

A lesson is heard in *stretches* of some minutes, so that three hours take no more room than one of them. In each it is
found first where somebody speaks; that becomes *windows*, which a model can hold, and each has its own limits.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite
from typing import Any, Final

from storage.languages import language_tag, primary, written_language
from storage.tracks.names import UNKNOWN
from storage.tracks.text import one_line
from workers.plan.decisions.caption_lines import Spoken

SAMPLE_RATE: Final = 16_000
"""Samples a second that models hear; each is a signed number of 16 bits."""

SAMPLE_BYTES: Final = 2

STRETCH: Final = 20 * 60 * SAMPLE_RATE
LONGEST_WINDOW: Final = 28 * SAMPLE_RATE
"""In samples. A window is shorter than the 30 seconds that Whisper hears at a time."""

JOINED_WINDOW: Final = 12 * SAMPLE_RATE
"""Up to which what is said with short pauses is heard together: a model goes by what is around a word."""

SHORT_PAUSE: Final = SAMPLE_RATE // 2
SHORTEST_WINDOW: Final = SAMPLE_RATE // 5
AROUND: Final = SAMPLE_RATE // 10
"""Samples before and after speech that are heard with it."""

NEAR_END: Final = SAMPLE_RATE
"""To the end of a stretch: what is said there may go on in the next one."""

MOST_WINDOWS: Final = STRETCH // SHORTEST_WINDOW

_MOST_TOKENS: Final = 4096
_MOST_A_SECOND: Final = 30
_ALWAYS: Final = 20
"""Characters that somebody may say in a second, and in the shortest window: what is more is a model that repeats
itself."""


@dataclass(frozen=True)
class Window:
    """From one sample to another of a stretch, or of a lesson."""

    start: int
    end: int

    def moved(self, samples: int) -> Window:
        """Return the same, so many samples later."""
        return Window(self.start + samples, self.end + samples)


@dataclass(frozen=True)
class Heard:
    """What a model heard in a window: where each of ``tokens`` begins, in seconds of the window, is in ``times``, which
    is empty if it does not tell. ``language`` is as it calls it."""

    text: str
    language: str = ""
    tokens: tuple[str, ...] = ()
    times: tuple[float, ...] = ()


def parse_speech(told: bytes, length: int) -> list[Window]:
    """Return where somebody speaks in ``length`` samples, in order. Who tells had a stranger's sound in its hands."""
    found: list[Window] = []
    for line in told.splitlines()[:MOST_WINDOWS]:
        match _json(line):
            case [int(start), int(end)] if 0 <= start < end:
                start = max(start, found[-1].end if found else 0)
                if start < min(end, length):
                    found.append(Window(start, min(end, length)))
    return found


def windows_of(speech: Sequence[Window], length: int, *, is_last: bool) -> tuple[list[Window], int]:
    """Return what is heard of a stretch of ``length`` samples, and the sample with which the next one begins: what is
    said at its end is heard there as a whole.
    """
    joined: list[Window] = []
    for each in speech:
        last = joined[-1] if joined else None
        if last and each.start - last.end <= SHORT_PAUSE and each.end - last.start <= JOINED_WINDOW:
            joined[-1] = Window(last.start, each.end)
        else:
            joined.append(each)
    windows = [piece for each in _widened(joined, length) for piece in _pieces(each)]
    if is_last or not windows or windows[-1].end < length - NEAR_END:
        return windows, length
    return windows[:-1], windows[-1].start if windows[-1].start else length


def _widened(windows: Sequence[Window], length: int) -> list[Window]:
    edges = [0, *((before.end + after.start) // 2 for before, after in pairwise(windows)), length]
    return [
        Window(max(edges[number], each.start - AROUND), min(edges[number + 1], each.end + AROUND))
        for number, each in enumerate(windows)
    ]


def _pieces(window: Window) -> list[Window]:
    """Cut evenly what nobody can hold at once, wherever that may be."""
    samples = window.end - window.start
    if samples < SHORTEST_WINDOW:
        return []
    count = -(-samples // LONGEST_WINDOW)
    cuts = [window.start + samples * number // count for number in range(count + 1)]
    return [Window(start, end) for start, end in pairwise(cuts)]


def parse_heard(told: bytes) -> list[Heard | None]:
    """Return what was heard in each window of which something is told; None where that makes no sense."""
    return [_heard(_json(line)) for line in told.splitlines()[:MOST_WINDOWS]]


def _heard(told: Any) -> Heard | None:
    match told:
        case {"text": str(text), "language": str(language), "tokens": list(tokens), "times": list(times)}:
            pass
        case _:
            return None
    if len(tokens) > _MOST_TOKENS or not all(isinstance(token, str) for token in tokens):
        return None
    if not all(isinstance(time, int | float) and isfinite(time) for time in times):
        return None
    if len(times) != len(tokens):
        times = []
    return Heard(text, language.strip("<|>"), tuple(tokens) if times else (), tuple(map(float, times)))


def _json(line: bytes) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def spoken_of(window: Window, heard: Heard) -> Spoken | None:
    """Return what was said in a ``window`` of the lesson; None if that is nothing, or nothing that anybody says."""
    seconds = (window.end - window.start) / SAMPLE_RATE
    most = _ALWAYS + int(_MOST_A_SECOND * seconds)
    text = one_line(heard.text[: most + 1])
    if len(text) > most or not any(map(str.isalnum, text)):
        return None
    begin, end = (round(1000 * sample / SAMPLE_RATE) for sample in (window.start, window.end))
    known = [(0, begin), *_places(text, heard, begin, end), (len(text), end)]
    times: list[int] = []
    for (place, time), (further, later) in pairwise(known):
        count = further - place
        times += [time + (later - time) * step // count for step in range(count)]
    return Spoken(text, (*times, end))


def _places(text: str, heard: Heard, begin: int, end: int) -> list[tuple[int, int]]:
    """Return characters of a text, and the milliseconds at which they are said, both rising; tokens that are not found
    in it, marks of a model's own, do not count."""
    found: list[tuple[int, int]] = []
    place, last = 0, begin
    for token, seconds in zip(heard.tokens, heard.times, strict=True):
        written = token.replace("▁", " ").replace("@@", "").strip()
        at = text.find(written, place, place + len(written) + 8) if written else -1
        if at < 0:
            continue
        time = min(max(last, begin + round(1000 * seconds)), end)
        if at >= (found[-1][0] + 1 if found else 1):
            found.append((at, time))
        elif at == 0:
            found.append((0, time))
        place, last = at + len(written), time
    return found


def language_of(heard: Iterable[Heard], wanted: str) -> str:
    """Return the language that most was said in, as the model tells it; else ``wanted``, or what the writing tells.
    Of one language, ``wanted`` may tell more: a script, a country.
    """
    said = list(heard)
    counts: Counter[str] = Counter()
    for each in said:
        if tag := language_tag(each.language):
            counts[tag] += len(each.text)
    if not counts:
        return (
            wanted if wanted != UNKNOWN else written_language("".join(each.text for each in said)) or UNKNOWN
        )
    tag = counts.most_common(1)[0][0]
    return wanted if primary(wanted) == primary(tag) else tag
