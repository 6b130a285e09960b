"""Range headers, storyboards and thumbnail wishes: pure parts of playback."""

from __future__ import annotations

import pytest

from media_service.playback.access.playback_ids import Picture
from media_service.playback.manifests.storyboard import Sheet, storyboard_vtt
from media_service.playback.pictures.thumbnails import choose
from media_service.problems import ApiError
from storage.byte_ranges import ByteRange, RangeNotSatisfiable, parse_range


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, None),
        ("", None),
        ("bytes=0-99", ByteRange(0, 100)),
        ("bytes=10-", ByteRange(10, 990)),
        ("bytes=-10", ByteRange(990, 10)),
        ("bytes=-5000", ByteRange(0, 1000)),
        ("bytes=999-5000", ByteRange(999, 1)),
        ("Bytes=0-0", ByteRange(0, 1)),
        ("bytes= 0-0 ", ByteRange(0, 1)),
        ("bytes=-", None),
        ("bytes=5-4", None),
        ("bytes=a-b", None),
        ("items=0-1", None),
        ("bytes=0-1,5-6", None),
        ("bytes=" + ",".join(["0-"] * 1000), None),
        ("bytes=" + "9" * 400 + "-", None),
        ("bytes=0-1\n", None),
    ],
)
def test_range_header(header: str | None, expected: ByteRange | None) -> None:
    assert parse_range(header, 1000) == expected


@pytest.mark.parametrize("header", ["bytes=1000-", "bytes=5000-6000", "bytes=-0"])
def test_range_outside_the_object(header: str) -> None:
    with pytest.raises(RangeNotSatisfiable):
        parse_range(header, 1000)


def test_nothing_of_an_empty_object_can_be_had() -> None:
    for header in ("bytes=0-", "bytes=-1"):
        with pytest.raises(RangeNotSatisfiable):
            parse_range(header, 0)


def test_storyboard_covers_the_whole_version_without_a_gap() -> None:
    text = storyboard_vtt(
        Sheet(columns=2, tile_width=160, tile_height=90, seconds=2.5, count=3), 7.9, "s.jpg?token=x"
    )
    assert text == (
        "WEBVTT\n\n"
        "00:00:00.000 --> 00:00:02.500\ns.jpg?token=x#xywh=0,0,160,90\n\n"
        "00:00:02.500 --> 00:00:05.000\ns.jpg?token=x#xywh=160,0,160,90\n\n"
        "00:00:05.000 --> 00:00:07.900\ns.jpg?token=x#xywh=0,90,160,90\n"
    )


def test_storyboard_of_a_long_version_has_hours() -> None:
    sheet = Sheet(columns=10, tile_width=160, tile_height=90, seconds=3600.25, count=2)
    assert "01:00:00.250 --> 02:00:00.500" in storyboard_vtt(sheet, 7200.5, "s.jpg")


def _wishes(**wishes: str | None) -> dict[str, str]:
    return {name: value for name, value in wishes.items() if value is not None}


PICTURE = Picture(width=1276, height=720, frame_rate=25.0, duration=10.0)


@pytest.mark.parametrize(
    ("time", "width", "milliseconds", "pixels"),
    [
        (None, None, 0, 640),
        ("1", "320", 1000, 320),
        ("1.05", "321", 1040, 336),
        ("1.039999", "1", 1040, 16),
        ("-3", "-3", 0, 16),
        ("1e9", "1e9", 9960, 1276),
        ("10", "1270", 9960, 1276),
    ],
)
def test_thumbnail_wishes_are_snapped(
    time: str | None, width: str | None, milliseconds: int, pixels: int
) -> None:
    chosen = choose(PICTURE, _wishes(time=time, width=width), "jpg")
    assert (chosen.time, chosen.width) == (milliseconds / 1000, pixels)
    assert chosen.image == f"thumbnail-{milliseconds}-{pixels}"


def test_time_of_a_frame_rounded_to_milliseconds_finds_that_frame() -> None:
    picture = Picture(640, 360, 30000 / 1001, 600.0)
    for frame in range(0, 17_000, 7):
        milliseconds = round(1000 * frame / picture.frame_rate)
        assert choose(picture, {"time": str(milliseconds / 1000)}, "jpg").time == milliseconds / 1000


@pytest.mark.parametrize("value", ["", "abc", "nan", "inf", "0x10"])
def test_thumbnail_wishes_must_be_numbers(value: str) -> None:
    for time, width in ((value, None), (None, value)):
        with pytest.raises(ApiError) as refused:
            choose(PICTURE, _wishes(time=time, width=width), "jpg")
        assert refused.value.code == "invalid_request"


@pytest.mark.parametrize(
    ("wishes", "name"),
    [
        ({"width": "320", "height": "90"}, "160"),
        ({"height": "360"}, "640"),
        ({"width": "200", "height": "200", "fit": "crop"}, "208x208-crop"),
        ({"width": "9999", "height": "9999", "fit": "pad"}, "1276x720-pad"),
    ],
)
def test_shapes_are_snapped(wishes: dict[str, str], name: str) -> None:
    assert choose(PICTURE, wishes, "jpg").image == f"thumbnail-0-{name}"
    assert choose(PICTURE, wishes, "avif").image == f"thumbnail-0-{name}-avif"
