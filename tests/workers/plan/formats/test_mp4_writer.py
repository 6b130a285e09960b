"""Whole files from stored chunks, read back by ffmpeg; short and in the form that files beyond 4 GiB have."""

from __future__ import annotations

import subprocess
from array import array
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import imageio_ffmpeg
import pytest
from support import RunningStack

from storage.catalogue.models import Chunk
from storage.ids import new_id
from storage.memory import MemoryObjectStore
from storage.object_slices import ObjectSlices
from storage.objects import ObjectNotFound
from workers.package import package
from workers.plan.commands.encoders import FRAGMENT_FLAGS
from workers.plan.formats import mp4_writer
from workers.plan.formats.cmaf import MalformedMp4, boxes
from workers.plan.formats.mp4_writer import SOUND_BRANDS, VIDEO_BRANDS, Samples, lay_out
from workers.put_stream import PART_SIZE, put_stream
from workers.stored_chunks import gather, media_of

RATE = 25
CHUNK_FRAMES = (50, 80)
SOUND_FRAMES = 244
"""AAC frames, of 1024 samples: some 5.2 s."""


def _ffmpeg(*arguments: str | Path) -> bytes:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "warning", "-y", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stderr.decode()) == (0, "")
    return done.stdout


class Stored:
    """Chunks of a picture and a sound in an object storage."""

    def __init__(self, folder: Path) -> None:
        self.objects = MemoryObjectStore()
        self.video = []
        start = 0
        for number, frames in enumerate(CHUNK_FRAMES):
            written = folder / "written.mp4"
            _ffmpeg(
                "-f", "lavfi", "-i", f"testsrc2=s=160x90:r={RATE}:d=6", "-vf",
                f"trim=start_frame={start}:end_frame={start + frames},setpts=PTS-STARTPTS", "-c:v", "libx264",
                "-preset", "veryfast", "-pix_fmt", "yuv420p", "-g", "50", "-keyint_min", "50", "-sc_threshold", "0",
                "-video_track_timescale", RATE * 1000, "-movflags", FRAGMENT_FLAGS, "-f", "mp4", written,
            )  # fmt: skip
            self.video.append(self._keep(written, folder / "chunk.mp4", number, start * 1000))
            start += frames
        written = folder / "sound.mp4"
        _ffmpeg(
            "-f", "lavfi", "-i", "sine=440:r=48000:d=6", "-af", f"atrim=end_sample={SOUND_FRAMES * 1024}",
            "-c:a", "aac", "-frag_duration", "2000000", "-movflags",
            "+empty_moov+default_base_moof+skip_trailer", "-f", "mp4", written,
        )  # fmt: skip
        self.audio = [self._keep(written, folder / "chunk.mp4", 0, 0)]

    def _keep(self, written: Path, target: Path, number: int, decode_time: int) -> Chunk:
        with written.open("rb") as source:
            made = package(source, target, 1, decode_time)
        key = new_id()
        self.objects.put(key, target.read_bytes())
        segments = [[0.0, segment.offset, segment.length] for segment in made.segments]
        return Chunk(
            rendition_id=new_id(),
            number=number,
            object_key=key,
            size=made.size,
            init_length=made.init_length,
            segments=segments,
        )


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Stored:
    return Stored(tmp_path_factory.mktemp("stored"))


@pytest.fixture(params=["short", "long"])
def length(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "long":
        monkeypatch.setattr(mp4_writer, "_LONG", 1)
    return str(request.param)


def _whole(stored: Stored, *renditions: list[Chunk]) -> bytes:
    gathered = [gather(stored.objects, chunks) for chunks in renditions]
    made = lay_out([samples for samples, _ in gathered], VIDEO_BRANDS)
    file = ObjectSlices(stored.objects, list(media_of(made, [places for _, places in gathered])))
    data = made.head + b"".join(file.stream(0, file.size))
    assert len(data) == made.size
    return data


def test_all_frames_come_back_at_their_times(stored: Stored, length: str, tmp_path: Path) -> None:
    data = _whole(stored, stored.video, stored.audio)
    kinds = [box.kind for box in boxes(data[: data.index(b"mdat") - 4])]
    assert kinds == [b"ftyp", b"moov"]
    assert (b"co64" in data) == (length == "long")
    file = tmp_path / "whole.mp4"
    file.write_bytes(data)
    text = _ffmpeg("-i", file, "-map", "0:v", "-f", "framehash", "-hash", "md5", "-").decode()
    rows = [line.split(",") for line in text.splitlines() if line and not line.startswith("#")]
    times = [int(row[2]) for row in rows]
    assert len(times) == sum(CHUNK_FRAMES)
    assert times[0] == 0
    assert {after - before for before, after in pairwise(times)} == {1}  # ffmpeg counts in frames here
    pieces = [stored.objects.get(chunk.object_key) for chunk in stored.video]
    hashes = []
    for number, piece in enumerate(pieces):
        (tmp_path / f"{number}.mp4").write_bytes(piece)
        alone = _ffmpeg("-i", tmp_path / f"{number}.mp4", "-f", "framehash", "-hash", "md5", "-").decode()
        hashes += [line.split(",")[5] for line in alone.splitlines() if line and not line.startswith("#")]
    assert [row[5] for row in rows] == hashes
    sound = array("h", _ffmpeg("-i", file, "-map", "0:a", "-f", "s16le", "-"))
    (tmp_path / "a.mp4").write_bytes(stored.objects.get(stored.audio[0].object_key))
    assert sound == array("h", _ffmpeg("-i", tmp_path / "a.mp4", "-f", "s16le", "-"))


def test_picture_and_sound_take_turns(stored: Stored, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mp4_writer, "TURN_SECONDS", 2)
    tracks = [gather(stored.objects, chunks)[0] for chunks in (stored.video, stored.audio)]
    runs = lay_out(tracks, VIDEO_BRANDS).runs
    assert [run.track for run in runs] == [0, 1, 0, 1, 0, 1]
    assert [run.count for run in runs if run.track == 0] == [50, 50, 30]
    assert sum(run.count for run in runs if run.track == 1) == len(tracks[1].sizes)


def test_what_lies_together_is_taken_together(stored: Stored) -> None:
    """One request for each chunk, not for each segment, and next to nothing beside the samples."""
    gathered = [gather(stored.objects, chunks) for chunks in (stored.video, stored.audio)]
    made = lay_out([samples for samples, _ in gathered], VIDEO_BRANDS)
    places = list(media_of(made, [places for _, places in gathered]))
    assert len(places) == len(stored.video) + len(stored.audio) < len(made.runs)
    samples = sum(size for samples, _ in gathered for size in samples.sizes)
    assert samples < sum(place.length for place in places) < 1.05 * samples


def test_a_missing_chunk_is_noticed(stored: Stored) -> None:
    with pytest.raises(MalformedMp4, match="instead of 0"):
        gather(stored.objects, stored.video[1:])


def test_samples_that_are_not_what_their_index_says_are_noticed(stored: Stored) -> None:
    (chunk,) = stored.audio
    _seconds, offset, length = chunk.segments[0]
    broken = Chunk(
        object_key=chunk.object_key, init_length=chunk.init_length, segments=[[0.0, offset, length - 1]]
    )
    with pytest.raises(MalformedMp4, match="does not hold"):
        gather(stored.objects, [broken])


def test_a_track_without_samples_is_no_file(stored: Stored) -> None:
    samples, _ = gather(stored.objects, stored.audio)
    with pytest.raises(MalformedMp4):
        lay_out([Samples(samples.moov)], SOUND_BRANDS)


@pytest.mark.integration
@pytest.mark.parametrize("size", [0, 5, PART_SIZE, 2 * PART_SIZE + 12_345])
def test_what_is_stored_piece_by_piece_is_whole(stack: RunningStack, size: int) -> None:
    piece = bytes(range(256)) * 4099
    pieces = [piece] * (size // len(piece)) + [piece[: size % len(piece)]]
    key = f"checks/{new_id()}"
    stored = put_stream(stack.objects, key, pieces, "video/mp4")
    assert (stored.size, stack.objects.stat(key).size) == (size, size)
    assert stack.objects.get(key) == b"".join(pieces)
    stack.objects.remove([key])


def test_pieces_that_end_in_an_error_leave_nothing() -> None:
    def failing() -> Iterator[bytes]:
        yield bytes(PART_SIZE)
        raise MalformedMp4("the samples end early")

    objects = MemoryObjectStore()
    with pytest.raises(MalformedMp4):
        put_stream(objects, "key", failing(), "video/mp4")
    with pytest.raises(ObjectNotFound):
        objects.stat("key")
    assert not list(objects.pending_multipart())
