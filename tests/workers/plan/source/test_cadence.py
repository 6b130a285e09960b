from dataclasses import replace
from fractions import Fraction

import pytest

from workers.plan.source.cadence import (
    FieldCounts,
    decide_doubled,
    decide_fields,
    parse_fields,
    parse_pictures,
    suspect_doubled,
    suspect_fields,
)
from workers.plan.source.probe import MediaInfo, VideoStream

PICTURE = VideoStream(
    index=0,
    codec="mpeg2video",
    width=1024,
    height=576,
    pixel_format="yuv420p",
    nominal_rate=Fraction(25),
    average_rate=Fraction(25),
    start=0.0,
    duration=60.0,
    field_order="tt",
    coded_size=(720, 576),
)


def media(**changes: object) -> MediaInfo:
    picture = replace(PICTURE, **changes)  # type: ignore[arg-type]
    return MediaInfo(container="mpeg", start=0.0, duration=60.0, streams=1, video=picture, sounds=())


@pytest.mark.parametrize(
    ("changes", "suspect"),
    [
        ({}, True),
        ({"field_order": "bb", "codec": "h264"}, True),
        ({"field_order": "progressive"}, False),
        ({"width": 576, "height": 1024}, False),  # turned: fields would be columns
        ({"field_order": "unknown"}, True),
        ({"field_order": "unknown", "codec": "h264"}, False),
        ({"field_order": "unknown", "coded_size": (1280, 720)}, False),
    ],
)
def test_only_what_may_be_television_is_looked_at(changes: dict[str, object], suspect: bool) -> None:
    assert suspect_fields(media(**changes)) == suspect


@pytest.mark.parametrize(
    ("nominal", "average", "suspect"), [(60, 60, True), (30, 30, False), (60, 31, False), (50, 50, True)]
)
def test_only_constant_high_rates_are_looked_at(nominal: int, average: int, suspect: bool) -> None:
    found = media(nominal_rate=Fraction(nominal), average_rate=Fraction(average))
    assert suspect_doubled(found) == suspect


@pytest.mark.parametrize(
    ("declared", "counts", "fields"),
    [
        ("tt", (60, 0, 3), "tff"),
        ("tt", (0, 60, 3), "bff"),  # the header names the wrong field
        ("bb", (0, 50, 20), "bff"),
        ("tt", (1, 1, 60), "progressive"),  # whole pictures, flagged as fields
        ("tt", (0, 0, 2), "tff"),  # nothing moves: the header is believed
        ("tt", (6, 9, 10), "tff"),  # the pictures contradict each other
        ("unknown", (0, 0, 2), "progressive"),
        ("unknown", (2, 50, 10), "bff"),
        ("unknown", (5, 5, 50), "progressive"),
    ],
)
def test_fields(declared: str, counts: tuple[int, int, int], fields: str) -> None:
    assert decide_fields(replace(PICTURE, field_order=declared), [FieldCounts(*counts)]) == fields


@pytest.mark.parametrize(
    ("pieces", "doubled"),
    [
        ([list(range(0, 24, 2))] * 3, True),
        ([list(range(1, 24, 2))] * 3, True),
        ([list(range(24))] * 3, False),
        ([[0, 2, 5, 7, 10, 12, 15, 17, 20, 22]] * 3, False),  # film: two and three of each
        ([[0, 2, 4], [0], [0]], False),  # too little moves to tell
        ([list(range(0, 24, 2)), list(range(24)), [0]], False),  # here it is real
        ([[0, 2, 4, 8, 14, 16, 18, 20, 22]] * 2, True),
        ([[]], False),
    ],
)
def test_doubled(pieces: list[list[int]], doubled: bool) -> None:
    assert decide_doubled(pieces) == doubled


def test_what_filters_print_is_read() -> None:
    printed = """frame:0    pts:0       pts_time:0
lavfi.idet.multiple.tff=0.000000
lavfi.idet.multiple.progressive=1.000000
frame:1    pts:1       pts_time:0.04
lavfi.idet.repeated.top=0.000000
lavfi.idet.multiple.current_frame=tff
lavfi.idet.multiple.tff=22.000000
lavfi.idet.multiple.bff=1.000000
lavfi.idet.multiple.progressive=2.000000
lavfi.idet.multiple.undetermined=4.000000
"""
    assert parse_fields(printed) == FieldCounts(tff=22, bff=1, progressive=2)
    assert parse_fields("") == FieldCounts()
    lines = "#software: Lavf\n#tb 0: 1/1000\n0, 0, 0, 1, 115200, 0xdf5c6903\n0, 2, 2, 1, 115200, 0x25d26850\n"
    assert parse_pictures(lines) == [0, 2]
