"""Reading and retiming fragmented MP4 (ISO/IEC 14496-12, CMAF ISO/IEC 23000-19) as bytes.

FFmpeg writes the fragments; this module reads from them what playlists and the verifier must know, and puts
each fragment at its exact place on the version's time grid, whatever chunk it was encoded in.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

FREE_BOX = struct.pack(">I4s", 8, b"free")
"""Stands between segments, so that their byte ranges do not touch: FFmpeg 9 as an HLS client joins touching
ranges of one URL and then decodes only the first."""

_CONTAINERS = {b"moov", b"trak", b"edts", b"mdia", b"minf", b"stbl", b"mvex", b"moof", b"traf"}
_NON_SYNC_SAMPLE = 0x0001_0000

_LEVEL_1B = 9


class MalformedMp4(ValueError):
    """The bytes are not the fragmented MP4 that was asked for."""


@dataclass(frozen=True)
class Box:
    """``kind`` is the four-character code; ``start`` the box's offset, ``body`` its content's, ``end`` exclusive."""

    kind: bytes
    start: int
    body: int
    end: int


@dataclass(frozen=True)
class Track:
    """What the initialization segment says. ``codecs`` is an RFC 6381 string. The presentation begins at ``begin``
    ticks, by the edit list.
    """

    timescale: int
    codecs: str
    width: int
    height: int
    default_duration: int
    default_flags: int
    begin: int = 0


@dataclass(frozen=True)
class Sample:
    """One frame: ``duration`` and ``offset`` in ticks, ``size`` in bytes. The offset is that of presentation, as the
    edit list has it, from decoding.
    """

    duration: int
    size: int
    keyframe: bool
    offset: int


@dataclass(frozen=True)
class Fragment:
    """One moof: the samples of one segment, and when the first is decoded, in ticks."""

    decode_time: int
    samples: tuple[Sample, ...]

    @property
    def duration(self) -> int:
        """Ticks."""
        return sum(sample.duration for sample in self.samples)

    @property
    def presentation_times(self) -> list[int]:
        """Times at which the samples are shown, in decoding order, in ticks."""
        starts = accumulate((sample.duration for sample in self.samples), initial=self.decode_time)
        return [start + sample.offset for start, sample in zip(starts, self.samples, strict=False)]


def boxes(data: bytes, start: int = 0, end: int | None = None) -> Iterator[Box]:
    """Yield the boxes side by side in ``data[start:end]``. Raises ``MalformedMp4``."""
    end = len(data) if end is None else end
    while start < end:
        if end - start < 8:
            raise MalformedMp4("a box is cut off")
        size, kind = struct.unpack_from(">I4s", data, start)
        body = start + 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", data, body)
            body += 8
        if size < body - start or start + size > end:
            raise MalformedMp4(f"box {kind!r} has a wrong size")
        yield Box(kind, start, body, start + size)
        start += size


def read_track(moov: bytes) -> Track:
    """Read the only track of an initialization segment's ``moov`` box. Raises ``MalformedMp4``."""
    try:
        timescale = _timescale(moov)
        duration, flags = _defaults(moov)
        begin = _begin(moov)
        entry = next(boxes(moov, find_box(moov, b"stsd").body + 8))
    except (struct.error, StopIteration) as error:
        raise MalformedMp4("the initialization segment is cut off") from error
    if entry.kind == b"avc1":
        width, height = struct.unpack_from(">HH", moov, entry.body + 24)
        config = next((box for box in boxes(moov, entry.body + 78, entry.end) if box.kind == b"avcC"), None)
        if config is None:
            raise MalformedMp4("no avcC box")
        codecs = _avc_codecs(moov[config.body + 1 : config.body + 4])
        return Track(timescale, codecs, width, height, duration, flags, begin)
    if entry.kind == b"av01":
        width, height = struct.unpack_from(">HH", moov, entry.body + 24)
        config = next((box for box in boxes(moov, entry.body + 78, entry.end) if box.kind == b"av1C"), None)
        if config is None:
            raise MalformedMp4("no av1C box")
        codecs = _av1_codecs(moov[config.body : config.end])
        return Track(timescale, codecs, width, height, duration, flags, begin)
    if entry.kind == b"mp4a":
        config = next((box for box in boxes(moov, entry.body + 28, entry.end) if box.kind == b"esds"), None)
        if config is None:
            raise MalformedMp4("no esds box")
        return Track(
            timescale,
            f"mp4a.40.{_audio_object_type(moov[config.body + 4 : config.end])}",
            0,
            0,
            duration,
            flags,
        )
    raise MalformedMp4(f"unexpected sample entry {entry.kind!r}")


def read_fragment(moof: bytes, track: Track) -> Fragment:
    """Read a ``moof`` box. Raises ``MalformedMp4``."""
    try:
        header = find_box(moof, b"tfhd")
        (flags,) = struct.unpack_from(">I", moof, header.body)
        flags &= 0xFFFFFF
        at = header.body + 8
        default_duration, default_size, default_flags = track.default_duration, 0, track.default_flags
        for bit, width in ((0x1, 8), (0x2, 4)):
            at += width if flags & bit else 0
        if flags & 0x8:
            (default_duration,), at = struct.unpack_from(">I", moof, at), at + 4
        if flags & 0x10:
            (default_size,), at = struct.unpack_from(">I", moof, at), at + 4
        if flags & 0x20:
            (default_flags,), at = struct.unpack_from(">I", moof, at), at + 4
        return Fragment(
            _decode_time(moof),
            tuple(_samples(moof, default_duration, default_size, default_flags, track.begin)),
        )
    except struct.error as error:
        raise MalformedMp4("a fragment is cut off") from error


def read_file(data: bytes) -> tuple[Track, list[Fragment]]:
    """Return the track and all fragments of a fragmented MP4. Raises ``MalformedMp4``."""
    track: Track | None = None
    fragments = []
    for box in boxes(data):
        if box.kind == b"moov":
            track = read_track(data[box.start : box.end])
        elif box.kind == b"moof" and track is not None:
            fragments.append(read_fragment(data[box.start : box.end], track))
    if track is None or not fragments:
        raise MalformedMp4("there is not one fragment")
    return track, fragments


def retime(moof: bytes, sequence: int, decode_time: int) -> bytes:
    """Return the same ``moof`` with another sequence number and decode time (in ticks of the track)."""
    result = bytearray(moof)
    struct.pack_into(">I", result, find_box(moof, b"mfhd").body + 4, sequence)
    time_box = find_box(moof, b"tfdt")
    if moof[time_box.body] == 1:
        struct.pack_into(">Q", result, time_box.body + 4, decode_time)
    else:
        struct.pack_into(">I", result, time_box.body + 4, decode_time)
    return bytes(result)


def _begin(moov: bytes) -> int:
    edits = next((each for each in find_boxes(moov, b"elst")), None)
    if edits is None or moov[edits.body : edits.body + 8] != struct.pack(">II", 0, 1):
        return 0
    return int(struct.unpack_from(">i", moov, edits.body + 12)[0])


def _samples(moof: bytes, duration: int, size: int, default_flags: int, begin: int) -> Iterator[Sample]:
    for run in find_boxes(moof, b"trun"):
        flags, count = struct.unpack_from(">II", moof, run.body)
        version, flags = flags >> 24, flags & 0xFFFFFF
        at = run.body + 8 + (4 if flags & 0x1 else 0)
        first_flags = default_flags
        if flags & 0x4:
            (first_flags,), at = struct.unpack_from(">I", moof, at), at + 4
        for index in range(count):
            sample_duration, sample_size, offset = duration, size, 0
            sample_flags = first_flags if index == 0 else default_flags
            if flags & 0x100:
                (sample_duration,), at = struct.unpack_from(">I", moof, at), at + 4
            if flags & 0x200:
                (sample_size,), at = struct.unpack_from(">I", moof, at), at + 4
            if flags & 0x400:
                (sample_flags,), at = struct.unpack_from(">I", moof, at), at + 4
            if flags & 0x800:
                (offset,), at = struct.unpack_from(">i" if version else ">I", moof, at), at + 4
            yield Sample(sample_duration, sample_size, not sample_flags & _NON_SYNC_SAMPLE, offset - begin)


def _decode_time(moof: bytes) -> int:
    box = find_box(moof, b"tfdt")
    form = ">Q" if moof[box.body] == 1 else ">I"
    return int(struct.unpack_from(form, moof, box.body + 4)[0])


def _timescale(moov: bytes) -> int:
    box = find_box(moov, b"mdhd")
    return int(struct.unpack_from(">I", moov, box.body + (20 if moov[box.body] == 1 else 12))[0])


def _defaults(moov: bytes) -> tuple[int, int]:
    trex = find_box(moov, b"trex")
    duration, _size, flags = struct.unpack_from(">III", moov, trex.body + 12)
    return duration, flags


def find_box(data: bytes, kind: bytes) -> Box:
    """Return the first box of a kind, however deep. Raises ``MalformedMp4`` if there is none."""
    found = next(iter(find_boxes(data, kind)), None)
    if found is None:
        raise MalformedMp4(f"no {kind.decode()} box")
    return found


def find_boxes(data: bytes, kind: bytes, start: int = 0, end: int | None = None) -> Iterator[Box]:
    """Yield all boxes of a kind, however deep."""
    for box in boxes(data, start, end):
        if box.kind == kind:
            yield box
        elif box.kind in _CONTAINERS:
            yield from find_boxes(data, kind, box.body, box.end)


def _avc_codecs(parameters: bytes) -> str:
    """The name of profile, constraints and level (RFC 6381, section 3.3). Level 1b, which tiny pictures have, is named
    as 1.1, which includes it (ITU-T H.264, A.3): Chromium denies that it knows the former, and plays it.
    """
    profile, constraints, level = parameters
    return f"avc1.{profile:02x}{constraints:02x}{11 if level == _LEVEL_1B else level:02x}"


def _av1_codecs(configuration: bytes) -> str:
    """Return the codec string of an AV1 configuration (AV1 Codec ISO Media File Format Binding, sections 2.3 and 5)."""
    level, depth = configuration[1], configuration[2]
    bits = 12 if depth & 0x20 else 10 if depth & 0x40 else 8
    return f"av01.{level >> 5}.{level & 0x1F:02d}{'H' if depth & 0x80 else 'M'}.{bits:02d}"


def _audio_object_type(descriptors: bytes) -> int:
    """Return the audio object type (ISO/IEC 14496-3) in an elementary stream descriptor (ISO/IEC 14496-1, 7.2.6)."""
    at = 0
    while at + 2 <= len(descriptors):
        tag, at = descriptors[at], at + 1
        while descriptors[at] & 0x80:
            at += 1
        at += 1
        if tag == 0x03:
            at += 3
        elif tag == 0x04:
            at += 13
        elif tag == 0x05:
            return descriptors[at] >> 3
        else:
            break
    raise MalformedMp4("no decoder configuration")
