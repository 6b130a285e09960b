"""Turns what ffmpeg wrote for one chunk into the object that is stored: exact times, separated segments, checked."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from workers.plan.formats.cmaf import (
    FREE_BOX,
    Fragment,
    MalformedMp4,
    Track,
    read_fragment,
    read_track,
    retime,
)
from workers.plan.formats.cmaf_delay import delayed, with_edit

MAX_HEADER = 16 * 1024 * 1024
MAX_SEGMENT = 256 * 1024 * 1024
"""Bytes; some four seconds of any source's own encoding are less."""


@dataclass(frozen=True)
class Segment:
    """One media segment of the object: ``offset`` and ``length`` in bytes."""

    offset: int
    length: int
    fragment: Fragment


@dataclass(frozen=True)
class PackagedChunk:
    """A finished chunk object on disk and all that playlists and the verifier must know of it."""

    path: Path
    size: int
    sha256: str
    init_length: int
    init_sha256: str
    track: Track
    segments: tuple[Segment, ...]


def package(
    source: BinaryIO, target: Path, first_sequence: int, first_decode_time: int, delay: int = 0
) -> PackagedChunk:
    """Copy ``source`` to ``target``: fragments are moved to ``first_decode_time`` (in ticks), a free box stands
    between segments, everything else stays.

    With a ``delay``, frames are shown by so many ticks later and the presentation begins so late, by an edit list: no
    frame is shown before it is decoded. FFmpeg, and players built on it, would show all of them later otherwise.

    Raises ``MalformedMp4`` if the file is not what ffmpeg writes for a chunk.
    """
    digest = hashlib.sha256()
    segments: list[Segment] = []
    track: Track | None = None
    init = b""
    with target.open("wb") as sink:

        def emit(data: bytes) -> None:
            digest.update(data)
            sink.write(data)

        while header := source.read(8):
            if len(header) < 8:
                raise MalformedMp4("the file ends inside a box")
            size, kind = struct.unpack(">I4s", header)
            if kind in (b"ftyp", b"moov"):
                box = header + _read(source, size - 8)
                box = with_edit(box, delay) if delay and kind == b"moov" else box
                init += box
                emit(box)
                track = read_track(box) if kind == b"moov" else track
            elif kind == b"moof":
                if track is None:
                    raise MalformedMp4("a fragment before the initialization segment")
                if segments:
                    emit(FREE_BOX)
                offset = sink.tell()
                box = header + _read(source, size - 8)
                time = first_decode_time + sum(segment.fragment.duration for segment in segments)
                box = retime(delayed(box, delay) if delay else box, first_sequence + len(segments), time)
                emit(box)
                emit(_media_data(source))
                segments.append(Segment(offset, sink.tell() - offset, read_fragment(box, track)))
            else:
                raise MalformedMp4(f"unexpected box {kind!r}")
        total = sink.tell()
    if track is None or not segments:
        raise MalformedMp4("there is not one segment")
    return PackagedChunk(
        target, total, digest.hexdigest(), len(init), hashlib.sha256(init).hexdigest(), track, tuple(segments)
    )


def _media_data(source: BinaryIO) -> bytes:
    header = _read(source, 8)
    size, kind = struct.unpack(">I4s", header)
    if kind != b"mdat":
        raise MalformedMp4(f"box {kind!r} where the media data should be")
    return header + _read(source, size - 8, limit=MAX_SEGMENT)


def _read(source: BinaryIO, size: int, limit: int = MAX_HEADER) -> bytes:
    if not 0 <= size <= limit:
        raise MalformedMp4("a box has a wrong size")
    data = source.read(size)
    if len(data) != size:
        raise MalformedMp4("the file ends inside a box")
    return data
