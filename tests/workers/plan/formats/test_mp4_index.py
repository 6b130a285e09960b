"""What an index says of a file is what ffprobe finds in its packets."""

from __future__ import annotations

import json
import struct
import subprocess
import tracemalloc
from pathlib import Path

import pytest

from tests.workers import good_sources
from tests.workers.lessons import media_tools
from workers.plan.commands import reading
from workers.plan.commands.lines import Input
from workers.plan.formats.mp4_index import IndexedTrack, find_movie_box, read_index, read_samples
from workers.plan.source.packets import last_packets, parse_packets
from workers.plan.source.probe import parse_probe

LENGTHS = {
    "ordinary.mp4": (),
    "long_sound.mp4": (),
    "variable_rate.mp4": (),
    "motion_jpeg.mov": (),
    "talk.m4a": (),
    "moved.mp4": ("-itsoffset", "0.7"),
    "front.mp4": ("-movflags", "+faststart"),
}


def tracks_of(data: bytes) -> tuple[IndexedTrack, ...] | None:
    movie = find_movie_box(len(data), lambda start, length: data[start : start + length])
    return None if movie is None else read_index(movie)


def ffprobe(arguments: list[str]) -> dict[str, object]:
    command = [media_tools().tools.ffprobe, "-v", "error", *arguments]
    document: dict[str, object] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return document


@pytest.fixture(scope="module")
def ordinary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return good_sources.make("ordinary.mp4", tmp_path_factory.mktemp("index"))


@pytest.mark.parametrize("name", LENGTHS)
def test_the_index_tells_what_ffprobe_finds_in_the_packets(name: str, ordinary: Path, tmp_path: Path) -> None:
    options = LENGTHS[name]
    if options:
        path = tmp_path / name
        before, after = (options, ()) if options[0] == "-itsoffset" else ((), options)
        good_sources.run(*before, "-i", str(ordinary), "-i", str(ordinary), "-map", "0:a", "-map", "1:v",
                         "-c", "copy", *after, str(path))  # fmt: skip
    else:
        path = good_sources.make(name, tmp_path)
    given = Input(str(path), {})
    media = parse_probe(ffprobe(reading.probe_arguments(given)))
    tracks = tracks_of(path.read_bytes())
    assert tracks is not None
    assert len(tracks) == media.streams
    told = last_packets(tracks, media)
    found = parse_packets(ffprobe(reading.packets_arguments(given)), media)
    assert told.picture_end == pytest.approx(found.picture_end, abs=0.001)
    assert told.end == pytest.approx(found.end, abs=0.001)
    assert told.last_start == pytest.approx(found.last_start, abs=0.05)
    assert told.played_end == pytest.approx(found.played_end, abs=0.001)
    assert all(track.last_byte <= path.stat().st_size for track in tracks)


def test_a_file_that_was_cut_lacks_what_its_index_promises(ordinary: Path, tmp_path: Path) -> None:
    path = tmp_path / "front.mp4"
    good_sources.run("-i", str(ordinary), "-c", "copy", "-movflags", "+faststart", str(path))
    data = path.read_bytes()
    whole = tracks_of(data)
    assert whole is not None
    assert max(track.last_byte for track in whole) == len(data)
    # The last box is too long for such a file, but it comes after the index.
    assert tracks_of(data[:-1000]) == whole


def test_indexes_that_are_not_plain_are_left_to_ffprobe(ordinary: Path, tmp_path: Path) -> None:
    path = tmp_path / "fragmented.mp4"
    good_sources.run("-i", str(ordinary), "-c", "copy", "-movflags", "+frag_keyframe+empty_moov", str(path))
    assert tracks_of(path.read_bytes()) is None
    assert tracks_of(b"") is None
    assert tracks_of(b"\0" * 100) is None


def test_whatever_is_wrong_with_an_index_it_is_only_not_plain(ordinary: Path) -> None:
    data = bytearray(ordinary.read_bytes())
    begin = data.index(b"moov") - 4
    for place in range(begin + 8, len(data), 7):
        wrong = bytearray(data)
        wrong[place] ^= 0xFF
        tracks = tracks_of(bytes(wrong))
        assert tracks is None or all(track.samples >= 0 for track in tracks)


def edited(data: bytes, kind: bytes, body: bytes) -> bytes:
    """The movie box of a file, with what a table of the picture says replaced by as many bytes."""
    start = data.index(kind) + 8
    return data[:start] + body + data[start + len(body) :]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (b"stsc", struct.pack(">IIII", 1, 1, 0, 1)),
        (b"stsc", struct.pack(">IIII", 1, 1, 1 << 31, 1)),
        (b"stsc", struct.pack(">IIII", 1, 2, 1, 1)),
        (b"stss", struct.pack(">II", 1, 1 << 20)),
        (b"stss", struct.pack(">II", 1, 0)),
        (b"stts", struct.pack(">III", 1, 1 << 31, 1)),
    ],
)
def test_tables_that_claim_too_much_cost_nothing(kind: bytes, body: bytes, ordinary: Path) -> None:
    data = edited(ordinary.read_bytes(), kind, body)
    index = find_movie_box(len(data), lambda start, length: data[start : start + length])
    assert index is not None
    tracemalloc.start()
    assert read_samples(index, 0) is None
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000


def test_boxes_inside_boxes_without_end_are_only_not_looked_into(ordinary: Path) -> None:
    data = ordinary.read_bytes()
    index = find_movie_box(len(data), lambda start, length: data[start : start + length])
    assert index is not None
    nested = b""
    for _ in range(5000):
        nested = struct.pack(">I4s", len(nested) + 8, b"edts") + nested
    at = index.index(b"trak") - 4
    (length,) = struct.unpack_from(">I", index, at)
    deep = index[:at] + struct.pack(">I", length + len(nested)) + index[at + 4 : at + length] + nested
    assert read_index(deep + index[at + length :]) is not None
