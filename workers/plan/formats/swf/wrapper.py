"""Flash movies that only wrap a video: told from real ones, and their pictures and sound taken out in time.

Numbers of tags, records and bits are those of Adobe's SWF specification, version 19.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from configs.words import FailureCode
from workers.plan.failure import MediaFailure
from workers.plan.formats.swf import sorenson
from workers.plan.formats.swf.movie import BrokenSwf, EndsEarly, Swf, Tag
from workers.plan.formats.swf.placement import Placement, read_placement, read_placement_1
from workers.plan.formats.swf.sound import StreamSound

SORENSON, SCREEN, VP6, VP6_ALPHA, SCREEN_2 = 2, 3, 4, 5, 6
"""Codecs of video streams, numbered alike in Flash Video."""

NOT_SUPPORTED: Final = "flash_not_supported"

MAX_WAITING_BYTES: Final = 64 * 1024 * 1024
"""Pictures that are there before they are shown."""

_SHOW_FRAME, _DO_ACTION, _STREAM, _VIDEO_FRAME = 1, 12, 60, 61
_PLACE, _PLACE_2, _PLACE_3 = 4, 26, 70
_SOUND_HEADS, _SOUND_BLOCK = (18, 45), 19
_HARMLESS: Final = frozenset({5, 9, 24, 28, 41, 43, 58, 63, 64, 65, 69, 77, 86, 93})
"""RemoveObject, SetBackgroundColor, Protect, ProductInfo, FrameLabel, debugging, ScriptLimits, FileAttributes,
Metadata, scenes, telemetry: nothing of them is seen or heard."""

_HARMLESS_ACTIONS: Final = b"\x00\x06\x07"
"""The end of a script, play and stop."""


@dataclass(frozen=True)
class Picture:
    """One coded picture; ``time`` in seconds, ``data`` as Flash Video has it."""

    time: Fraction
    data: bytes
    codec: int
    key: bool


@dataclass(frozen=True)
class Sound:
    """Some coded sound, from ``time`` to ``end`` in seconds; ``form`` as ``plan.flv.sound`` takes it."""

    time: Fraction
    end: Fraction
    data: bytes
    form: int


@dataclass(frozen=True)
class _Stream:
    identity: int
    width: int
    height: int
    codec: int


def wrapped_video(pieces: Iterable[bytes]) -> Iterator[Picture | Sound]:
    """Yield what a movie shows and plays, in the order of a file.

    Raises ``MediaFailure``: ``flash_not_supported`` as soon as anything is seen in it that is no part of a video, and
    for whatever holds no video; ``source_truncated`` and ``source_damaged`` for a video that is not in order.
    """
    reader = _Reader()
    try:
        swf = Swf(pieces)
        for tag in swf.tags():
            yield from reader.read(swf, tag)
    except BrokenSwf as error:
        code: FailureCode = "source_truncated" if isinstance(error, EndsEarly) else "source_damaged"
        raise MediaFailure(code if reader.shown else NOT_SUPPORTED, str(error)) from error
    if not reader.shown:
        raise MediaFailure(NOT_SUPPORTED, "it shows no video")


class _Reader:
    """Where the movie is: ``frame`` counts its own frames, ``shown`` the pictures of the video."""

    def __init__(self) -> None:
        self.shown = 0
        self._frame = 0
        self._stream: _Stream | None = None
        self._placement: Placement | None = None
        self._sound: StreamSound | None = None
        self._waiting: list[tuple[int, bytes]] = []
        self._waiting_bytes = 0
        self._last_number = -1
        self._heard: list[Sound] = []
        self._lead: Fraction | None = None

    def read(self, swf: Swf, tag: Tag) -> Iterator[Picture | Sound]:
        """Take in one tag; gives what a frame shows and plays once it is complete."""
        takers: dict[int, Callable[[bytes], None]] = {
            _STREAM: self._define,
            _VIDEO_FRAME: self._picture,
            _PLACE: lambda body: self._place(read_placement_1(body)),
            _PLACE_2: lambda body: self._place(read_placement(body)),
            _PLACE_3: lambda body: self._place(read_placement(body, version_3=True)),
            _DO_ACTION: _check_actions,
            **dict.fromkeys(_SOUND_HEADS, self._sound_head),
        }
        if tag.code == _SHOW_FRAME or tag.code in _HARMLESS:
            swf.body(tag)
        elif tag.code == _SOUND_BLOCK:
            self._block(swf.body(tag), swf.rate)
        elif taker := takers.get(tag.code):
            taker(swf.body(tag))
        else:
            raise MediaFailure(NOT_SUPPORTED, f"it has a tag {tag.code}")
        if tag.code == _SHOW_FRAME:
            yield from self._show(swf.rate)

    def _define(self, body: bytes) -> None:
        if self._stream is not None:
            raise MediaFailure(NOT_SUPPORTED, "several video streams")
        if len(body) < 10:
            raise BrokenSwf("a video stream without its facts")
        identity, _, width, height = (int.from_bytes(body[at : at + 2], "little") for at in range(0, 8, 2))
        if body[9] not in (SORENSON, SCREEN, VP6, VP6_ALPHA, SCREEN_2):
            raise MediaFailure("codec_not_supported", f"video codec {body[9]} of Flash")
        self._stream = _Stream(identity, width, height, body[9])

    def _picture(self, body: bytes) -> None:
        identity, number = int.from_bytes(body[:2], "little"), int.from_bytes(body[2:4], "little")
        if self._stream is None or self._stream.identity != identity:
            raise MediaFailure(NOT_SUPPORTED, "a picture of no stream")
        if number <= self._last_number:
            raise BrokenSwf("pictures out of order")
        self._last_number = number
        self._waiting_bytes += len(body)
        if self._waiting_bytes > MAX_WAITING_BYTES:
            raise MediaFailure(NOT_SUPPORTED, "the video is not shown as it comes")
        if len(body) > 4:
            self._waiting.append((number, body[4:]))

    def _place(self, placement: Placement) -> None:
        before, stream = self._placement, self._stream
        if before is None and (stream is None or placement.character is None):
            raise MediaFailure(NOT_SUPPORTED, "something is placed that is no video")
        if stream is None or placement.character not in (None, stream.identity):
            raise MediaFailure(NOT_SUPPORTED, "something is placed beside the video")
        if before is not None:
            placement = placement.after(before)
        if placement.distorted:
            raise MediaFailure(NOT_SUPPORTED, "the video is turned, skewed or stretched")
        self._placement = placement

    def _sound_head(self, body: bytes) -> None:
        found = StreamSound.read(body)
        if self._sound is None or not self._sound.begun:
            self._sound = found
        elif self._sound.form != found.form:
            raise MediaFailure(NOT_SUPPORTED, "several streams of sound")

    def _block(self, body: bytes, rate: Fraction) -> None:
        if self._sound is None:
            raise BrokenSwf("sound of no stream")
        timed = self._sound.block(body, self._time(rate), rate)
        if timed is not None:
            self._heard.append(Sound(*timed, self._sound.form))

    def _time(self, rate: Fraction) -> Fraction:
        """Seconds of the present frame. The sound that a decoder gives before the movie begins stands at zero."""
        if not rate:
            raise BrokenSwf("no frame rate")
        if self._lead is None:
            self._lead = self._sound.lead if self._sound else Fraction(0)
        return self._lead + self._frame / rate

    def _show(self, rate: Fraction) -> Iterator[Picture | Sound]:
        yield from self._heard
        self._heard.clear()
        stream, placement = self._stream, self._placement
        if stream is not None and placement is not None and self._waiting:
            # Where nothing tells which picture is meant, it is the one that came last.
            due = [p for p in self._waiting if placement.ratio is None or p[0] <= placement.ratio]
            del self._waiting[: len(due)]
            for _, data in due:
                self._waiting_bytes -= len(data) + 4
                yield _coded(stream, data, self._time(rate), first=not self.shown)
                self.shown += 1
        self._frame += 1


def _check_actions(body: bytes) -> None:
    if body.strip(_HARMLESS_ACTIONS):
        raise MediaFailure(NOT_SUPPORTED, "it has a script")


def _coded(stream: _Stream, data: bytes, time: Fraction, *, first: bool) -> Picture:
    """As in Flash Video, which says before each VP6 picture what to cut off its whole blocks."""
    if stream.codec in (VP6, VP6_ALPHA):
        frame = data[3:4] if stream.codec == VP6_ALPHA else data[:1]
        cut = (-stream.width & 15) << 4 | (-stream.height & 15)
        return Picture(time, bytes([cut]) + data, stream.codec, key=frame < b"\x80")
    if stream.codec == SORENSON:
        return Picture(time, data, stream.codec, key=sorenson.is_key(data))
    # Screen video does not say, but begins with a whole one.
    return Picture(time, data, stream.codec, key=first)
