"""Which sources conform, and that what is taken over shows every frame of them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import cache
from pathlib import Path

import pytest

from configs.ladder import load_ladder
from storage.memory import MemoryObjectStore
from tests.workers import good_sources
from tests.workers.lessons import media_tools
from workers.package import package
from workers.plan.commands import reading
from workers.plan.commands.encoders import video_ticks
from workers.plan.commands.lines import Input
from workers.plan.decisions.planning import make_plan
from workers.plan.decisions.quality import Measured, Trial, choose
from workers.plan.decisions.schedule import first_steps, ladder_steps
from workers.plan.formats.cmaf import MalformedMp4
from workers.plan.formats.h264 import check_frame
from workers.plan.formats.mp4_index import SampleTable, find_movie_box, read_index, read_samples
from workers.plan.model.passthrough import has_constant_rate, source_encoding
from workers.plan.model.plan import Plan
from workers.plan.source.probe import MediaInfo, parse_probe
from workers.plan.timing import Span
from workers.source_server import serve_source
from workers.verify import check_video_chunk
from workers.write_passthrough import write_passthrough

pytestmark = pytest.mark.media

SECONDS = 17
BT709 = "scale=out_color_matrix=bt709:out_range=tv,setparams=colorspace=bt709:color_primaries=bt709:color_trc=bt709"
REGULAR = ("-g", "20", "-sc_threshold", "0")


Maker = Callable[..., Path]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Maker:
    """Makes a source, or gives the one that was made like this before."""
    folder = tmp_path_factory.mktemp("sources")

    @cache
    def make(*coding: str, size: str = "640x360", rate: str = "10", graph: str = BT709) -> Path:
        path = folder / f"{len(list(folder.iterdir()))}.mp4"
        picture, sound = good_sources.picture(size, rate, SECONDS), good_sources.sound(seconds=SECONDS)
        options = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "30", "-pix_fmt", "yuv420p", *coding)
        good_sources.run(*picture, *sound, "-vf", graph, *options, "-c:a", "aac", str(path))
        return path

    return make


def seen(path: Path) -> tuple[MediaInfo, SampleTable]:
    command = [media_tools().tools.ffprobe, "-v", "error", *reading.probe_arguments(Input(str(path), {}))]
    media = parse_probe(json.loads(subprocess.run(command, check=True, capture_output=True).stdout))
    data = path.read_bytes()
    index = find_movie_box(len(data), lambda start, length: data[start : start + length])
    table = read_samples(index or b"", 0)
    assert table is not None
    return media, table


@pytest.mark.parametrize("coding", [REGULAR, (*REGULAR, "-bf", "3")])
def test_what_conforms_is_not_passed_over_at_first_sight(coding: tuple[str, ...], source: Maker) -> None:
    path = source(*coding)
    media, _table = seen(path)
    data = path.read_bytes()
    index = find_movie_box(len(data), lambda start, length: data[start : start + length])
    tracks = read_index(index or b"")
    assert tracks is not None
    assert media.video is not None
    assert has_constant_rate(media.video, tracks[0])
    assert not has_constant_rate(media.video, replace(tracks[0], end=tracks[0].end + 1.4))


def plan_of(path: Path, duration: float = SECONDS) -> Plan:
    media, table = seen(path)
    return make_plan(media, duration, SECONDS, load_ladder(), samples=table)


def shown(*arguments: str) -> list[str]:
    """A digest of each decoded frame; decoding must have nothing to say."""
    command = [media_tools().tools.ffmpeg, "-nostdin", "-v", "warning", "-xerror", *arguments]
    done = subprocess.run([*command, "-map", "0:v", "-f", "framemd5", "-"], capture_output=True, check=False)
    assert (done.returncode, done.stderr.decode()) == (0, "")
    return [line.split()[-1] for line in done.stdout.decode().splitlines() if not line.startswith("#")]


@pytest.mark.parametrize(
    ("coding", "segment"),
    [
        (REGULAR, 40),
        (("-g", "10", "-sc_threshold", "0", "-bf", "3"), 40),
        (("-g", "30", "-sc_threshold", "0"), 60),
        (("-profile:v", "baseline", *REGULAR), 40),
    ],
)
def test_sources_with_regular_keyframes_conform_and_decide_where_to_cut(
    coding: tuple[str, ...], segment: int, source: Maker
) -> None:
    video = plan_of(source(*coding)).picture
    assert video.source_encoding is not None
    assert video.source_encoding.segment_frames == video.grid.segment_frames == segment
    assert video.grid.frames == SECONDS * 10


@pytest.mark.parametrize(
    ("coding", "other"),
    [
        (("-force_key_frames", "0,1.2,5,9.4", "-g", "500"), {}),
        (("-g", "500", "-sc_threshold", "0"), {}),
        (("-pix_fmt", "yuv422p", *REGULAR), {}),
        (("-crf", "0", "-profile:v", "high444", *REGULAR), {}),
        (("-level", "5.1", *REGULAR), {}),
        ((*REGULAR, "-fps_mode", "vfr"), {"graph": rf"{BT709},select='mod(n\,5)'"}),
        (REGULAR, {"graph": f"{BT709},setsar=4/3"}),
        (REGULAR, {"graph": "null"}),
        (REGULAR, {"size": "650x366"}),
        (REGULAR, {"size": "426x240"}),
    ],
)
def test_others_do_not_and_are_cut_as_usual(
    coding: tuple[str, ...], other: dict[str, str], source: Maker
) -> None:
    video = plan_of(source(*coding, **other)).picture
    assert video.source_encoding is None
    assert video.grid.segment_frames == round(4 * video.grid.frame_rate)


def test_sound_that_goes_on_needs_a_picture_that_does_too(source: Maker) -> None:
    path = source(*REGULAR)
    assert plan_of(path, SECONDS + 0.05).picture.source_encoding is not None
    assert plan_of(path, SECONDS + 3).picture.source_encoding is None


def test_what_is_taken_over_shows_every_frame_of_the_source(source: Maker, tmp_path: Path) -> None:
    path = source(*REGULAR, "-bf", "3", rate="10000/1001")
    video = plan_of(path).picture
    rung = replace(video.rungs[0], passthrough=True)
    objects = MemoryObjectStore()
    objects.put("source", path.read_bytes())
    _timescale, ticks = video_ticks(video)
    whole, initializations = b"", set()
    for span in video.grid.chunks:
        written, target = tmp_path / "written.mp4", tmp_path / "packaged.mp4"
        with serve_source(objects, "source") as server:
            write_passthrough(server, video, rung, span, written)
        with written.open("rb") as encoded:
            chunk = package(
                encoded,
                target,
                span.start // video.grid.segment_frames + 1,
                span.start * ticks,
                video.delay_of(rung) * ticks,
            )
        check_video_chunk(chunk, video, rung, span)
        data = target.read_bytes()
        initializations.add(chunk.init_sha256)
        whole += data if not whole else data[chunk.init_length :]
    assert len(video.grid.chunks) > 2
    assert len(initializations) == 1
    together = tmp_path / "together.mp4"
    together.write_bytes(whole)
    assert shown("-i", str(together)) == shown("-i", str(path))


def test_a_keyframe_that_decoders_cannot_all_begin_with_is_not_taken_over(
    source: Maker, tmp_path: Path
) -> None:
    path = source("-x264-params", "open-gop=1", *REGULAR)
    video = plan_of(path).picture
    assert video.source_encoding is not None
    objects = MemoryObjectStore()
    objects.put("source", path.read_bytes())
    with serve_source(objects, "source") as server, pytest.raises(MalformedMp4):
        write_passthrough(
            server, video, video.rungs[0], Span(0, 0, video.grid.frames), tmp_path / "written.mp4"
        )


def test_other_parameters_in_the_middle_are_not_taken_over(source: Maker) -> None:
    own = plan_of(source(*REGULAR)).picture.source_encoding
    assert own is not None
    known = own.avc_c
    length = int.from_bytes(known[6:8], "big")
    same, other = known[8 : 8 + length], bytes([0x67, 1, 2, 3])
    check_frame(length.to_bytes(4, "big") + same, known, at_cut=False)
    for wrong in (len(other).to_bytes(4, "big") + other, b"\0\0\1\0" + same, b"\0\0"):
        with pytest.raises(MalformedMp4):
            check_frame(wrong, known, at_cut=False)


def test_a_file_whose_frames_share_bytes_is_not_taken_over(source: Maker) -> None:
    path = source(*REGULAR)
    media, table = seen(path)
    assert source_encoding(media, table, Fraction(10), SECONDS, 4.0) is not None
    table.sizes[-1] += 1
    table.places[-2] = table.places[-1]
    assert source_encoding(media, table, Fraction(10), SECONDS, 4.0) is None


@pytest.mark.parametrize(("heavier", "own"), [(1.0, True), (0.5, False)])
def test_the_best_rung_is_taken_over_if_encoding_it_would_not_save_much(
    heavier: float, own: bool, source: Maker
) -> None:
    plan = plan_of(source(*REGULAR))
    video = plan.picture
    assert video.source_encoding is not None
    needed = video.source_encoding.bit_rate * heavier
    measured = {
        rung.name: Measured(
            (Trial(rung.crf, rung.target_vmaf, needed / 4**number),), 50.0 if number == 0 else None
        )
        for number, rung in enumerate(video.rungs)
    }
    decided = choose(video, measured)
    assert [rung.passthrough for rung in decided.rungs] == [own, False]
    encoded = [step.params for step in ladder_steps(decided) if step.kind == "encode"]
    everything = [
        step.params for step in first_steps(plan, level=False) if step.kind == "encode_first"
    ] + encoded
    for rung in decided.rungs:
        made = [params["chunk"] for params in everything if rung.name in params["rungs"]]
        assert sorted(made) == [span.number for span in video.grid.chunks]
