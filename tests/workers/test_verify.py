"""The checker is checked: what FFmpeg makes by plan passes, and every mutant of it is caught."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from io import BytesIO
from pathlib import Path

import pytest

from configs.ladder import load_ladder
from configs.settings import load_settings
from workers.ffmpeg import find_tools
from workers.package import PackagedChunk, package
from workers.plan.commands import chunks as encodes
from workers.plan.commands.encoders import FRAGMENT_FLAGS, video_ticks
from workers.plan.commands.lines import Input
from workers.plan.decisions.planning import make_plan
from workers.plan.formats.cmaf import MalformedMp4
from workers.plan.model.plan import Plan
from workers.plan.source.probe import AudioStream, MediaInfo, VideoStream
from workers.verify import OutputRejected, check_audio_chunk, check_video_chunk

SECONDS = 13


@pytest.fixture(scope="module")
def ffmpeg() -> Path:
    names = ("DATABASE_URL", "REDIS_URL", "S3_ENDPOINT")
    servers = dict(zip(names, ("postgresql://x/x", "redis://x", "http://x"), strict=True))
    secrets = dict.fromkeys(("S3_ACCESS_KEY", "S3_SECRET_KEY", "SECRET_KEY"), "x" * 40)
    return find_tools(load_settings({**servers, **secrets})).ffmpeg


@pytest.fixture(scope="module")
def source(ffmpeg: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("verify") / "source.mp4"
    picture = f"testsrc2=s=640x360:r=30000/1001:d={SECONDS}"
    sound = f"sine=440:r=44100:d={SECONDS}"
    inputs = ["-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound]
    run(ffmpeg, [*inputs, "-preset", "ultrafast", "-g", "250", str(path)], path.parent)
    return path


@pytest.fixture(scope="module")
def plan() -> Plan:
    rate = Fraction(30000, 1001)
    picture = VideoStream(0, "h264", 640, 360, "yuv420p", rate, rate, 0.0, SECONDS)
    sound = AudioStream(1, "aac", 1, 44100, None, 0.0, SECONDS)
    return make_plan(MediaInfo("mov", 0.0, SECONDS, 2, picture, (sound,)), SECONDS, SECONDS, load_ladder())


def run(ffmpeg: Path, arguments: list[str], folder: Path) -> None:
    subprocess.run([ffmpeg, "-v", "error", "-y", *arguments], cwd=folder, check=True)


@pytest.fixture(scope="module")
def chunks(ffmpeg: Path, source: Path, plan: Plan) -> dict[tuple[str, int], PackagedChunk]:
    """Every chunk of every rung and of the sound, as the encode step makes them."""
    folder, video = source.parent, plan.picture
    made = {}
    _timescale, ticks = video_ticks(video)
    for span in video.grid.chunks:
        given = Input(str(source), {})
        run(ffmpeg, encodes.encode_video(given, video, span, video.rungs, tiles=True, threads=1), folder)
        for rung in video.rungs:
            target = folder / f"{rung.name}-{span.number}.mp4"
            number = span.start // video.grid.segment_frames + 1
            with (folder / f"{rung.name}.mp4").open("rb") as written:
                made[rung.name, span.number] = package(
                    written, target, number, span.start * ticks, video.delay_of(rung) * ticks
                )
    for span in plan.sounds[0].chunks:
        run(ffmpeg, encodes.encode_audio(Input(str(source), {}), plan.sounds[0], span), folder)
        target = folder / f"audio-{span.number}.mp4"
        with (folder / "audio.mp4").open("rb") as written:
            made["audio", span.number] = package(written, target, 1, span.start * 1024)
    return made


def test_what_was_planned_passes(plan: Plan, chunks: dict[tuple[str, int], PackagedChunk]) -> None:
    for span in plan.picture.grid.chunks:
        for rung in plan.picture.rungs:
            check_video_chunk(chunks[rung.name, span.number], plan.picture, rung, span)
    for span in plan.sounds[0].chunks:
        check_audio_chunk(chunks["audio", span.number], plan.sounds[0], span)


def test_chunks_of_a_rung_share_one_initialization_segment(plan: Plan, chunks) -> None:
    for rung in plan.picture.rungs:
        assert len({chunks[rung.name, span.number].init_sha256 for span in plan.picture.grid.chunks}) == 1


def test_joined_chunks_decode_to_every_frame_in_order(
    ffmpeg: Path, plan: Plan, chunks, tmp_path: Path
) -> None:
    rung = plan.picture.rungs[0]
    whole = tmp_path / "whole.mp4"
    parts = [chunks[rung.name, span.number] for span in plan.picture.grid.chunks]
    whole.write_bytes(
        b"".join(part.path.read_bytes()[0 if n == 0 else part.init_length :] for n, part in enumerate(parts))
    )
    listing = subprocess.run(
        [ffmpeg, "-v", "error", "-xerror", "-i", whole, "-f", "framemd5", "-"],
        capture_output=True,
        check=True,
        text=True,
    )
    assert listing.stderr == ""
    frames = [line for line in listing.stdout.splitlines() if not line.startswith("#")]
    assert len(frames) == plan.picture.grid.frames
    times = [int(frame.split(",")[2]) for frame in frames]
    # FFmpeg, too, shows the first picture at once, and not when as many are decoded as it is told to wait for.
    assert times == list(range(plan.picture.grid.frames))


@pytest.mark.parametrize("frames", [1, 12])
def test_pictures_that_are_shown_as_they_are_decoded_join_the_others(
    frames: int, ffmpeg: Path, tmp_path: Path
) -> None:
    """Their fragments say nothing of when they are shown."""
    written, target = tmp_path / "written.mp4", tmp_path / "packaged.mp4"
    picture = ["-f", "lavfi", "-i", "testsrc2=s=160x90:r=25", "-frames:v", str(frames), "-bf", "0", "-g", "5"]
    run(ffmpeg, [*picture, "-movflags", FRAGMENT_FLAGS, str(written)], tmp_path)
    with written.open("rb") as source:
        chunk = package(source, target, 1, 0, 2 * 512)
    assert {sample.offset for segment in chunk.segments for sample in segment.fragment.samples} == {0}
    listing = subprocess.run(
        [ffmpeg, "-v", "error", "-xerror", "-i", target, "-f", "framemd5", "-"],
        capture_output=True,
        check=True,
        text=True,
    )
    shown = [line.split(",")[2] for line in listing.stdout.splitlines() if not line.startswith("#")]
    assert [int(time) for time in shown] == list(range(frames))


def other(chunk: PackagedChunk, **changes: object) -> PackagedChunk:
    return replace(chunk, track=replace(chunk.track, **changes))  # type: ignore[arg-type]


def with_samples(chunk: PackagedChunk, change: Callable) -> PackagedChunk:
    segment = chunk.segments[-1]
    fragment = replace(segment.fragment, samples=tuple(change(segment.fragment.samples)))
    return replace(chunk, segments=(*chunk.segments[:-1], replace(segment, fragment=fragment)))


def at_time(chunk: PackagedChunk, shift: int) -> PackagedChunk:
    segment = chunk.segments[-1]
    fragment = replace(segment.fragment, decode_time=segment.fragment.decode_time + shift)
    return replace(chunk, segments=(*chunk.segments[:-1], replace(segment, fragment=fragment)))


MUTANTS: dict[str, Callable[[PackagedChunk], PackagedChunk]] = {
    "a lost tail": lambda c: with_samples(c, lambda s: s[:-3]),
    "a missing segment": lambda c: replace(c, segments=c.segments[:-1]),
    "a segment twice": lambda c: replace(c, segments=(*c.segments, c.segments[-1])),
    "segments in the wrong order": lambda c: replace(c, segments=c.segments[::-1]),
    "a shift in time": lambda c: at_time(c, 2002),
    "a wrong width": lambda c: other(c, width=638),
    "a wrong height": lambda c: other(c, height=240),
    "a wrong codec": lambda c: other(c, codecs="hvc1.1.6.L93.B0"),
    "a baseline profile": lambda c: other(c, codecs="avc1.42c01e"),
    "a wrong timescale": lambda c: other(c, timescale=90000),
    "no keyframe at the start": lambda c: with_samples(c, lambda s: (replace(s[0], keyframe=False), *s[1:])),
    "a keyframe too many": lambda c: with_samples(
        c, lambda s: (*s[:5], replace(s[5], keyframe=True), *s[6:])
    ),
    "frames of uneven length": lambda c: with_samples(c, lambda s: (replace(s[0], duration=2002), *s[1:])),
    "half the frame rate": lambda c: with_samples(c, lambda s: [replace(x, duration=2002) for x in s[::2]]),
    "frames shown out of order": lambda c: with_samples(
        c, lambda s: (replace(s[0], offset=s[0].offset + 1001), *s[1:])
    ),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_mutants_are_caught(name: str, plan: Plan, chunks) -> None:
    rung, span = plan.picture.rungs[0], plan.picture.grid.chunks[1]
    with pytest.raises(OutputRejected):
        check_video_chunk(MUTANTS[name](chunks[rung.name, span.number]), plan.picture, rung, span)


@pytest.mark.parametrize("cut", [3, 300, 700, 5000])
def test_a_cut_file_is_no_chunk(cut: int, plan: Plan, chunks, tmp_path: Path) -> None:
    whole = chunks[plan.picture.rungs[0].name, 0].path.read_bytes()
    with pytest.raises(MalformedMp4):
        package(BytesIO(whole[:cut]), tmp_path / "out.mp4", 1, 0)
