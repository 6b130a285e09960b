import json
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from configs.ladder import load_ladder
from storage.catalogue.facts import Notice
from workers.plan.commands.chunks import encode_audio, encode_video
from workers.plan.commands.images import extract_frame
from workers.plan.commands.lines import Input
from workers.plan.decisions.av1 import av1_plan
from workers.plan.decisions.pace import Pace, chunks_ahead, usual_cost
from workers.plan.decisions.planning import make_plan
from workers.plan.decisions.schedule import encodes, extra_steps, first_steps, ladder_steps
from workers.plan.model.rungs import select_rungs
from workers.plan.model.serialization import (
    FORMAT,
    OLDEST_FORMAT,
    NewerPlan,
    UnreadablePlan,
    plan_from_json,
    plan_to_json,
)
from workers.plan.source.cadence import Findings
from workers.plan.source.probe import AudioStream, MediaInfo, VideoStream
from workers.plan.timing import Span

LADDER = load_ladder()


def video(
    width: int = 1920, height: int = 1080, rate: str = "25", pixel_format: str = "yuv420p"
) -> VideoStream:
    return VideoStream(
        index=0,
        codec="h264",
        width=width,
        height=height,
        pixel_format=pixel_format,
        nominal_rate=Fraction(rate),
        average_rate=Fraction(rate),
        start=0.0,
        duration=None,
    )


def media(picture: VideoStream, *, sound: bool = True, container: str = "mov") -> MediaInfo:
    sounds = (AudioStream(1, "aac", 2, 44100, "chi", 0.0, None),) if sound else ()
    return MediaInfo(container=container, start=0.0, duration=60.0, streams=2, video=picture, sounds=sounds)


@settings(deadline=None)
@given(width=st.integers(2, 8192), height=st.integers(2, 4320))
def test_rungs_are_even_fall_in_size_and_rate_and_never_exceed_the_picture(width: int, height: int) -> None:
    rungs = select_rungs(video(width, height), Fraction(25), LADDER)
    assert rungs
    for rung in rungs:
        assert rung.width % 2 == rung.height % 2 == 0
        assert rung.width <= width + 1
        assert rung.height <= height + 1
    for better, worse in pairwise(rungs):
        assert worse.width <= better.width
        assert worse.maxrate < better.maxrate
    assert len({rung.name for rung in rungs}) == len(rungs)


@pytest.mark.parametrize(
    ("width", "height", "sizes"),
    [
        (1920, 1080, [(1920, 1080), (1280, 720), (854, 480), (640, 360), (426, 240)]),
        (1080, 1920, [(1080, 1920), (720, 1280), (480, 854), (360, 640), (240, 426)]),
        (641, 361, [(640, 360), (426, 240)]),
        (768, 432, [(768, 432), (640, 360), (426, 240)]),
        (160, 90, [(160, 90)]),
        (2, 2, [(2, 2)]),
        (1366, 768, [(1280, 720), (854, 480), (640, 360), (426, 240)]),
        (3840, 2160, [(1920, 1080), (1280, 720), (854, 480), (640, 360), (426, 240)]),
        (1920, 800, [(1920, 800), (1728, 720), (1152, 480), (864, 360), (576, 240)]),
    ],
)
def test_sizes_of_the_ladder(width: int, height: int, sizes: list[tuple[int, int]]) -> None:
    assert [
        (rung.width, rung.height) for rung in select_rungs(video(width, height), Fraction(25), LADDER)
    ] == sizes


def test_a_plan_survives_being_stored() -> None:
    plan = make_plan(media(video(rate="30000/1001")), 3600.0, 3600.0, LADDER)
    assert plan_from_json(json.loads(json.dumps(plan_to_json(plan)))) == plan


def test_a_plan_of_before_there_were_formats_can_be_read() -> None:
    plan = make_plan(media(video()), 60.0, 60.0, LADDER)
    stored = plan_to_json(plan)
    del stored["format"]
    assert plan_from_json(stored) == plan


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"format": OLDEST_FORMAT - 1}, UnreadablePlan),
        ({"format": None}, UnreadablePlan),
        ({"duration": "long"}, UnreadablePlan),
        ({"video": {"stream": 0}}, UnreadablePlan),
        ({"format": FORMAT + 1, "video": "of a shape that nobody knows yet"}, NewerPlan),
    ],
)
def test_a_plan_that_this_release_does_not_understand_is_no_plan(
    change: dict[str, object], error: type[UnreadablePlan]
) -> None:
    stored = plan_to_json(make_plan(media(video()), 60.0, 60.0, LADDER))
    with pytest.raises(UnreadablePlan) as raised:
        plan_from_json({**stored, **change})
    assert raised.type is error


def test_a_plan_of_before_long_segments_is_cut_as_it_was() -> None:
    plan = make_plan(media(video()), 60.0, 60.0, LADDER)
    stored = json.loads(json.dumps(plan_to_json(plan)))
    del stored["video"]["long_segment_frames"]
    assert plan_from_json({**stored, "format": 2}) == plan


def test_a_plan_is_stored_as_earlier_releases_read_it() -> None:
    """Its picture and sounds are flat documents, whatever the values are made of; other keys need another format."""
    stored = json.loads(json.dumps(plan_to_json(make_plan(media(video()), 60.0, 60.0, LADDER))))
    assert stored["video"].keys() == {
        *("stream", "rate", "frames", "picture_frames", "segment_frames", "chunks", "head_chunks"),
        "long_segment_frames",
        "hardware",
        *("preset", "rungs", "notes", "own", "source_rate", "margin_frames", "together", "late", "demuxer"),
        *(
            "flatten_alpha",
            "color_matrix",
            "color",
            "fields",
            "coded_size",
            "background",
            "premultiplied",
            "keeps_hue",
        ),
        *("tile_every", "tile_width", "tile_height", "decode_delay", "alpha_stream"),
    }
    assert stored["video"]["rungs"][0].keys() == {
        *("name", "width", "height", "quality", "maximum", "buffer", "aim", "codec", "own", "encoder"),
        *("expected_vmaf", "expected_bit_rate"),
    }
    assert stored["sounds"][0].keys() == {
        *(
            "name",
            "stream",
            "channels",
            "bit_rate",
            "language",
            "label",
            "frames",
            "segment_frames",
            "chunks",
        ),
        *("together", "late", "demuxer", "gain", "limited", "right", "downmix", "described"),
    }


def test_picture_and_sound_end_together() -> None:
    plan = make_plan(media(video(rate="24000/1001")), 1234.56, 1234.56, LADDER)
    assert abs(plan.picture.grid.duration - 1234.56) < 0.05
    assert 0 <= plan.sounds[0].frames * 1024 / 48000 - plan.picture.grid.duration < 1024 / 48000


@pytest.mark.parametrize("apart", [None, 5, 12])
def test_steps_encode_every_chunk_of_every_rung_exactly_once(apart: int | None) -> None:
    plan = make_plan(media(video()), 600.0, 600.0, LADDER)
    steps = [*first_steps(plan, level=False), *ladder_steps(plan.picture, apart)]
    made = [
        (step.params["chunk"], rung)
        for step in steps
        if step.kind.startswith("encode")
        for rung in step.params["rungs"]
    ]
    wanted = {(span.number, rung.name) for span in plan.picture.grid.chunks for rung in plan.picture.rungs}
    assert len(made) == len(set(made))
    assert set(made) == wanted
    assert steps[0].kind == "encode_first"
    assert steps[0].params == {"chunk": 0, "rungs": ["240p"], "sounds": ["audio"]}
    assert len({step.name for step in steps}) == len(steps)


def test_the_lowest_rung_comes_first_to_its_end_where_the_ladder_is_slower_than_who_watches() -> None:
    plan = make_plan(media(video(1920, 1080)), 600.0, 600.0, LADDER).picture
    apart = chunks_ahead(plan, Pace(2, 1.3, 5))
    encodes = [step.params["rungs"] for step in ladder_steps(plan, apart) if step.kind == "encode"]
    lowest = len(plan.grid.chunks) - plan.grid.head_chunks
    assert encodes[:lowest] == [["240p"]] * lowest
    assert all("240p" not in rungs for rungs in encodes[lowest:])


@pytest.mark.parametrize(
    ("pace", "seconds"),
    [
        (Pace(workers=2, cost=0.15, elapsed=4), 28),  # slides
        (Pace(workers=16, cost=1.2, elapsed=4), 124),  # a film where there are many workers
        (Pace(workers=2, cost=1.2, elapsed=4), 572),  # and where there are few: all but the last chunk
        (Pace(workers=2, cost=0.15, elapsed=40), 600),  # somebody watches who has caught up already
    ],
)
def test_the_lowest_rung_runs_ahead_as_far_as_the_measured_pace_demands(pace: Pace, seconds: int) -> None:
    plan = make_plan(media(video(1920, 1080)), 600.0, 600.0, LADDER).picture
    ahead = plan.grid.chunks[: chunks_ahead(plan, pace)]
    assert sum(span.count for span in ahead) / 25 == seconds


def test_of_what_was_not_measured_a_usual_pace_is_believed() -> None:
    plan = make_plan(media(video(1920, 1080)), 600.0, 600.0, LADDER).picture
    assert 1 < usual_cost(plan) < 2


@pytest.mark.parametrize("level", [False, True])
@pytest.mark.parametrize(("container", "start"), [("mov", 0.0), ("mpegts", 0.5)])
def test_every_chunk_of_every_sound_is_made_exactly_once_whoever_makes_the_first(
    container: str, start: float, level: bool
) -> None:
    sounds = (
        AudioStream(1, "aac", 2, 48000, "en", 0.0, None),
        AudioStream(2, "aac", 2, 48000, "zh", start, None),
    )
    plan = make_plan(replace(media(video(), container=container), sounds=sounds), 100.0, 100.0, LADDER)
    steps = first_steps(plan, level=level)
    for sound in plan.sounds:
        for span in sound.chunks:
            [maker] = [step for step in steps if encodes(step.params, sound.name, span.number)]
            together = container == "mov" and not level and span.number == 0
            assert (maker.kind == "encode_first") == together


@pytest.mark.parametrize(
    ("sound", "downloads", "names"),
    [
        (True, True, {"preview", "peaks", "slides", "download.mp4", "audio.m4a", "transcribe"}),
        (False, True, {"preview", "slides", "download.mp4"}),
        (True, False, {"preview", "peaks", "slides", "transcribe"}),
    ],
)
def test_extras_are_made_of_what_there_is_and_are_not_needed(
    sound: bool, downloads: bool, names: set[str]
) -> None:
    plan = make_plan(media(video(), sound=sound), 60.0, 60.0, LADDER)
    steps = extra_steps(plan, downloads=downloads, av1=False, slides=True, speech=True)
    assert {step.name for step in steps} == names
    assert all(step.optional for step in steps)
    assert not any(step.optional for step in [*first_steps(plan, level=False), *ladder_steps(plan.picture)])


def test_av1_has_the_same_rungs_cut_at_the_same_frames_and_may_fail() -> None:
    plan = make_plan(media(video()), 60.0, 60.0, LADDER)
    steps = [
        step
        for step in extra_steps(plan, downloads=False, av1=True, slides=False, speech=False)
        if step.kind in ("encode_av1", "publish_av1")
    ]
    assert all(step.optional for step in steps)
    *encodes, last = steps
    assert last.kind == "publish_av1"
    names = [f"{rung.name}-av1" for rung in plan.picture.rungs]
    assert [(step.params["chunk"], step.params["rungs"]) for step in encodes] == [
        (span.number, names) for span in plan.picture.grid.chunks
    ]
    twin = av1_plan(plan)
    assert twin.picture.grid.chunks == plan.picture.grid.chunks
    assert [(rung.width, rung.height) for rung in twin.picture.rungs] == [
        (rung.width, rung.height) for rung in plan.picture.rungs
    ]
    arguments = encode_video(
        Input("source", {}),
        twin.picture,
        plan.picture.grid.chunks[0],
        twin.picture.rungs,
        tiles=False,
        threads=1,
    )
    assert arguments.count("libsvtav1") == len(plan.picture.rungs)
    assert "libx264" not in arguments


def test_an_animation_is_one_chunk_without_sound_laid_on_a_colour() -> None:
    plan = make_plan(media(video(480, 270, "100/7", "bgra"), sound=False, container="gif"), 3.0, 3.0, LADDER)
    assert plan.kind == "animation"
    assert not plan.sounds
    assert plan.picture.treatment.flatten_alpha
    assert len(plan.picture.grid.chunks) == 1


def test_mono_stays_mono_and_surround_becomes_stereo() -> None:
    source = media(video())
    for channels, expected in ((1, 1), (2, 2), (6, 2)):
        sounds = (replace(source.sounds[0], channels=channels),)
        plan = make_plan(replace(source, sounds=sounds), 10.0, 10.0, LADDER)
        assert plan.sounds[0].channels == expected


def test_pixels_are_square_whichever_rung_a_chunk_begins_with() -> None:
    """Or chunks of one rendition would differ in their initialization segment."""
    plan = make_plan(media(video(1280, 720)), 60.0, 60.0, LADDER).picture
    for rungs in (plan.rungs, plan.rungs[-1:]):
        arguments = encode_video(
            Input("source", {}), plan, plan.grid.chunks[0], rungs, tiles=False, threads=1
        )
        graph = arguments[arguments.index("-filter_complex") + 1]
        assert graph.count("setsar=1") == graph.count("scale=") == len(rungs)


def test_each_language_is_a_rendition_and_the_default_comes_first() -> None:
    languages = (("en", None), ("zh", None), ("zh", None), ("zh", "解说"))
    sounds = tuple(
        AudioStream(1 + number, "aac", 2, 48000, language, 0.0, None, title)
        for number, (language, title) in enumerate(languages)
    )
    plan = make_plan(replace(media(video()), sounds=sounds), 60.0, 60.0, LADDER)
    assert [(sound.name, sound.stream, sound.language, sound.label) for sound in plan.sounds] == [
        ("audio", 1, "en", "English"),
        ("audio-1", 2, "zh", "中文"),
        ("audio-2", 3, "zh", "中文 2"),
        ("audio-3", 4, "zh", "解说"),
    ]


def sounds_of(*forms: tuple[str, int]) -> tuple[AudioStream, ...]:
    """Streams of these codecs and channels that nothing else tells apart."""
    return tuple(
        AudioStream(number, codec, channels, 48000, "zh", 0.0, None)
        for number, (codec, channels) in enumerate(forms, 1)
    )


@pytest.mark.parametrize("picture", [video(), None])
def test_two_mono_streams_that_are_alike_are_left_and_right(picture: VideoStream | None) -> None:
    source = replace(media(video()), video=picture, sounds=sounds_of(*[("pcm_s16le", 1)] * 4))
    plan = make_plan(source, 60.0, 60.0, LADDER)
    assert [sound.streams for sound in plan.sounds] == [(1, 2)] * (1 if picture else 2)
    assert {sound.channels for sound in plan.sounds} == {2}
    assert plan.notices[0] == Notice("sounds_joined", {"left": "1", "right": "2"})
    assert (plan.notices[1:] == (Notice("alike_sounds_left_out", {"numbers": "3, 4"}),)) == bool(picture)


def test_the_same_sound_in_another_quality_is_left_out_and_said() -> None:
    source = replace(media(video()), sounds=sounds_of(("aac", 2), ("ac3", 6)))
    plan = make_plan(source, 60.0, 60.0, LADDER)
    assert [sound.streams for sound in plan.sounds] == [(1,)]
    assert plan.notices == (Notice("alike_sounds_left_out", {"numbers": "2"}),)


@pytest.mark.parametrize("forms", [(("mp2", 2), ("ac3", 6)), (("mp2", 1), ("mp2", 1))])
def test_an_audio_description_is_neither_left_out_nor_the_right_of_its_programme(
    forms: tuple[tuple[str, int], ...],
) -> None:
    programme, description = sounds_of(*forms)
    description = replace(description, roles=("visual_impaired",))
    plan = make_plan(replace(media(video()), sounds=(programme, description)), 60.0, 60.0, LADDER)
    assert [(sound.streams, sound.label) for sound in plan.sounds] == [
        ((1,), "中文"),
        ((2,), "中文（口述影像）"),
    ]
    assert not plan.notices


@pytest.mark.parametrize(("rate", "seconds"), [("1", 12.45), ("1", 12.04), ("5", 3.09), ("25", 12.012)])
def test_sound_is_never_cut_and_has_a_picture(rate: str, seconds: float) -> None:
    plan = make_plan(media(video(rate=rate)), seconds, seconds, LADDER)
    assert plan.sounds[0].frames * 1024 / 48000 >= seconds
    assert plan.picture.grid.duration >= seconds - 0.02


def test_sound_alone_becomes_two_qualities_and_the_lower_one_is_made_first() -> None:
    plan = make_plan(replace(media(video()), video=None), 700.0, 0.0, LADDER)
    assert plan.kind == "audio"
    assert [(sound.name, sound.bit_rate) for sound in plan.sounds] == [("audio-128k", 128), ("audio-64k", 64)]
    steps = first_steps(plan, level=False)
    assert (steps[0].kind, steps[0].params) == ("audio_first", {"chunk": 0, "sound": "audio-64k"})
    assert {step.kind for step in steps} == {"audio_first", "audio", "images", "verify", "publish"}


def test_sounds_wait_until_it_is_known_how_loud_they_are_and_the_picture_does_not() -> None:
    plan = make_plan(media(video()), 600.0, 600.0, LADDER)
    steps = {step.name: step for step in first_steps(plan, level=True)}
    waiting = {name for name, step in steps.items() if "loudness" in step.after}
    assert steps["loudness"].after == ()
    assert waiting == {name for name, step in steps.items() if step.kind in ("audio_first", "audio")}
    silent = make_plan(media(video(), sound=False), 600.0, 600.0, LADDER)
    for kinds in (first_steps(plan, level=False), first_steps(silent, level=True)):
        assert "loudness" not in {step.kind for step in kinds}


def test_a_source_whose_time_starts_again_is_read_once_from_its_beginning() -> None:
    source = media(video(), container="mpegts")
    plan = make_plan(source, 3600.0, 3600.0, LADDER, findings=Findings(restarts=True))
    assert plan.picture.grid.chunks == (Span(0, 0, 90_000),)
    assert len(plan.sounds[0].chunks) == 1
    assert {step.kind for step in first_steps(plan, level=False)} == {
        "encode",
        "audio_first",
        "images",
        "verify",
        "publish",
    }
    for arguments in (
        encode_video(
            Input("source", {}),
            plan.picture,
            plan.picture.grid.chunks[0],
            plan.picture.rungs,
            tiles=False,
            threads=1,
        ),
        encode_audio(Input("source", {}), plan.sounds[0], plan.sounds[0].chunks[0]),
    ):
        assert arguments.count("-i") == 1
        assert "-ss" not in arguments
        assert "null" in arguments


def test_every_second_picture_of_doubled_ones_is_left_out() -> None:
    plan = make_plan(media(video(rate="60")), 60.0, 60.0, LADDER, findings=Findings(doubled=True))
    assert (plan.picture.grid.frame_rate, plan.picture.grid.frames) == (30, 1800)


@given(seconds=st.floats(1, 40_000))
def test_every_picture_of_the_storyboard_lies_in_a_chunk_that_makes_it(seconds: float) -> None:
    plan = make_plan(media(video()), seconds, seconds, LADDER).picture
    wanted = range(0, plan.grid.frames, plan.storyboard.tile_every)
    for span in plan.grid.chunks:
        there = [number for number in wanted if span.start <= number < span.start + span.count]
        assert plan.storyboard.has_tiles(span) == bool(there)


def test_the_graph_of_an_ordinary_source_has_nothing_more_than_it_needs() -> None:
    plan = make_plan(media(video(854, 480)), 60.0, 60.0, LADDER).picture
    graph = _graph(
        encode_video(Input("source", {}), plan, plan.grid.chunks[0], plan.rungs[:1], tiles=False, threads=1)
    )
    assert [part.partition("=")[0] for part in graph] == ["fps", "tpad", "trim", "scale", "setsar", "format"]


@pytest.mark.parametrize(("transfer", "name"), [("arib-std-b67", "hlg"), ("smpte2084", "pq")])
def test_light_is_mapped_once_and_thumbnails_look_like_the_video(transfer: str, name: str) -> None:
    picture = replace(video(pixel_format="yuv420p10le"), color_transfer=transfer)
    plan = make_plan(media(picture), 60.0, 60.0, LADDER, findings=Findings(fields="bff")).picture
    assert plan.treatment.color == name
    source = Input("source", {})
    for arguments in (
        encode_video(source, plan, plan.grid.chunks[1], plan.rungs, tiles=True, threads=1),
        extract_frame(source, plan, 7.5, (320, 180), "frame.jpg"),
    ):
        filters = [part.partition("=")[0] for part in _graph(arguments)]
        assert filters.count("tonemap") == filters.count("bwdif") == 1
        assert filters.index("bwdif") < filters.index("fps") < filters.index("tonemap")


def test_time_counts_from_the_start_of_the_source_whichever_stream_is_asked_for() -> None:
    """FFmpeg counts from the first stream that it is asked for in some containers."""
    source = media(replace(video(), start=0.7), container="mpegts")
    plan = make_plan(source, 60.0, 60.0, LADDER)
    first = encode_video(
        Input("source", {}),
        plan.picture,
        plan.picture.grid.chunks[0],
        plan.picture.rungs,
        tiles=False,
        threads=1,
    )
    assert first[first.index("-itsoffset") + 1] == "0.700000"
    assert "-itsoffset" not in encode_audio(Input("source", {}), plan.sounds[0], plan.sounds[0].chunks[0])
    assert make_plan(replace(source, container="mov"), 60.0, 60.0, LADDER).picture.entry.start_offset == 0.0


def _graph(arguments: list[str]) -> list[str]:
    """The filters of a command line, in order."""
    parts = arguments[arguments.index("-filter_complex") + 1].split(";")
    return [part.rpartition("]")[0].partition("]")[2].rpartition("[")[0].rpartition("]")[2] for part in parts]
