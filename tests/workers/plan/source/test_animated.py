import struct
from fractions import Fraction
from itertools import accumulate, pairwise

import pytest

from workers.plan.failure import MediaFailure
from workers.plan.source.animated import Header, Pictures, parse_frames, read_header, timing_of
from workers.plan.source.limits import MAX_ANIMATION_DECODED_PIXELS
from workers.plan.source.lottie import check_size, may_be_lottie, parse_facts, plan_drawing


def pictures(*delays: str | Fraction) -> Pictures:
    durations = tuple(Fraction(delay) for delay in delays)
    starts = tuple(accumulate(durations[:-1], initial=Fraction(0)))
    return Pictures(64, 48, starts, durations)


def ticks(rate: Fraction, count: int) -> Pictures:
    """As FFmpeg reads an APNG: each delay rounded to 10 microseconds."""
    return pictures(*[Fraction(round(100_000 / rate), 100_000)] * count)


@pytest.mark.parametrize(
    ("delays", "rate"),
    [
        (("0.1", "0.1", "0.1"), "10"),
        (("0.07", "0.07"), "100/7"),
        (("0.03", "0.03", "0.03"), "100/3"),
        (("0.1", "0.1", "0.25"), "20"),
        (("0.1", "0.04", "0.26"), "50"),
        (("2", "1"), "10"),
        (("5", "5", "5"), "10"),
        (("0.7",), "10"),
    ],
)
def test_every_delay_is_a_whole_number_of_frames(delays: tuple[str, ...], rate: str) -> None:
    found = timing_of(pictures(*delays))
    assert found.rate == Fraction(rate)
    assert all((Fraction(delay) * found.rate).denominator == 1 for delay in delays)


@pytest.mark.parametrize("rate", ["30", "30000/1001", "24", "25", "60", "24000/1001"])
def test_rounded_timestamps_do_not_drift(rate: str) -> None:
    found = timing_of(ticks(Fraction(rate), 500))
    assert (found.rate, found.source_rate) == (Fraction(rate), Fraction(rate))


def test_delays_without_a_common_rate_are_met_as_nearly_as_60_frames_can() -> None:
    source = pictures("0.1", "0.03", "0.25", "0.07", "0.02", "0.03")
    rate = timing_of(source).rate
    assert 10 <= rate <= 60
    assert all(abs(start * rate - round(start * rate)) <= Fraction(1, 2) for start in source.starts)


@pytest.mark.parametrize("rate", [12, 15, 24, 30])
def test_a_gif_gets_the_rate_back_that_its_hundredths_rounded(rate: int) -> None:
    times = [Fraction(round(100 * Fraction(number, rate)), 100) for number in range(46)]
    assert timing_of(pictures(*[after - before for before, after in pairwise(times)])).rate == rate


def test_a_last_delay_that_was_cut_off_changes_nothing() -> None:
    rounded = [after - before for before, after in pairwise(round(100 * n / 15) for n in range(46))]
    delays = [Fraction(delay, 100) for delay in (*rounded[:-1], rounded[-1] - 1)]
    assert timing_of(pictures(*delays)).rate == 15


def test_what_is_faster_than_60_is_halved() -> None:
    assert timing_of(ticks(Fraction(80), 100)).rate == 40


def gif(extensions: bytes = b"", table: bool = True) -> bytes:
    head = b"GIF89a" + struct.pack("<HHBBB", 64, 48, 0x80 if table else 0, 0, 0)
    return head + (b"\0" * 6 if table else b"") + extensions + b"\x2c"


def netscape(repeats: int) -> bytes:
    return b"\x21\xff\x0bNETSCAPE2.0\x03\x01" + struct.pack("<H", repeats) + b"\0"


def apng(plays: int, before: bytes = b"") -> bytes:
    start = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sIIBBBBB", 13, b"IHDR", 64, 48, 8, 6, 0, 0, 0) + b"\0" * 4
    return start + before + struct.pack(">I4sII", 8, b"acTL", 3, plays) + b"\0" * 4


def webp(plays: int, flags: int = 2) -> bytes:
    extended = struct.pack("<4sIB3x3s3s", b"VP8X", 10, flags, b"\x3f\0\0", b"\x2f\0\0")
    return (
        b"RIFF" + struct.pack("<I", 1000) + b"WEBP" + extended + struct.pack("<4sIIH", b"ANIM", 6, 0, plays)
    )


COMMENT = b"\x21\xfe\x03abc\0"
PROFILE = struct.pack(">I4s", 5000, b"iCCP") + b"\0" * 5004


@pytest.mark.parametrize(
    ("head", "header"),
    [
        (gif(), Header("gif", 64, 48, 1)),
        (gif(netscape(0)), Header("gif", 64, 48, 0)),
        (gif(COMMENT + netscape(0), table=False), Header("gif", 64, 48, 0)),
        (gif(netscape(2)), Header("gif", 64, 48, 3)),
        (apng(0), Header("apng", 64, 48, 0, frames=3)),
        (apng(1, PROFILE), Header("apng", 64, 48, 1, frames=3)),
        (webp(0), Header("webp_anim", 64, 48, 0, size=1008)),
        (webp(1), Header("webp_anim", 64, 48, 1, size=1008)),
        (webp(1, flags=0), None),
        (b"\x89PNG\r\n\x1a\n" + b"\0\0\0\x0dIHDR" + b"\0" * 17 + b"\0\0\0\x01IDAT" + b"\0" * 5, None),
        (b"GIF89a", None),
        (gif(netscape(0))[:-8], Header("gif", 64, 48, 1)),
        (apng(0)[:40], None),
        (webp(0)[:22], None),
        (b"\x1aE\xdf\xa3\x01\x00\x00\x00", None),
    ],
)
def test_headers(head: bytes, header: Header | None) -> None:
    assert read_header(head) == header


def test_any_bytes_are_read_to_an_end() -> None:
    for whole in (gif(COMMENT * 3 + netscape(0)), apng(0, PROFILE), webp(0)):
        for end in range(len(whole)):
            read_header(whole[:end])


def test_a_listing_of_frames() -> None:
    listing = (
        "#software: Lavf63.1.102\n#tb 0: 1/100\n#dimensions 0: 64x48\n"
        "0,          5,          5,       10,     1945, 0xa0b07db3\n"
        "0,         15,         15,       25,       55, 0xffc60bb7, F=0x0\n"
    )
    found = parse_frames(listing)
    assert found == pictures("0.1", "0.25")
    assert found is not None
    assert found.duration == Fraction("0.35")
    assert parse_frames("#tb 0: 1/100\n") is None


def facts(**changes: object) -> dict[str, object]:
    return {"width": 400, "height": 310, "rate": 24, "frames": 427, "loop": True, **changes}


@pytest.mark.parametrize(
    ("changes", "size", "frames", "delay"),
    [
        ({}, (1280, 992), 427, (1, 24)),
        ({"width": 1920, "height": 1080}, (1920, 1080), 427, (1, 24)),
        ({"width": 2, "height": 1}, (1280, 640), 427, (1, 24)),
        ({"rate": 29.97}, (1280, 992), 427, (1001, 30000)),
        ({"rate": 120, "frames": 61}, (1280, 992), 31, (1, 60)),
        ({"frames": 0.5}, (1280, 992), 1, (1, 24)),
    ],
)
def test_drawings(
    changes: dict[str, object], size: tuple[int, int], frames: int, delay: tuple[int, int]
) -> None:
    drawing = plan_drawing(parse_facts(facts(**changes)))
    assert ((drawing.width, drawing.height), drawing.frames, drawing.delay) == (size, frames, delay)


def test_a_long_drawing_is_smaller() -> None:
    drawing = plan_drawing(parse_facts(facts(frames=18_000)))
    assert drawing.width * drawing.height * drawing.frames <= MAX_ANIMATION_DECODED_PIXELS
    assert drawing.width / drawing.height == pytest.approx(400 / 310, rel=0.01)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"width": 9000, "height": 9000}, "animation_too_large"),
        ({"width": 0}, "lottie_invalid"),
        ({"frames": 0}, "lottie_invalid"),
        ({"frames": 1e8}, "duration_too_long"),
        ({"rate": 60, "frames": 30_000}, "too_many_frames"),
    ],
)
def test_lottie_bounds(changes: dict[str, object], code: str) -> None:
    with pytest.raises(MediaFailure) as failure:
        plan_drawing(parse_facts(facts(**changes)))
    assert failure.value.code == code


def test_what_is_worth_a_look() -> None:
    assert may_be_lottie(b'\xef\xbb\xbf {"v":"5.7","fr":25,')
    assert may_be_lottie(b"PK\x03\x04" + bytes(26) + b"manifest.json")
    assert not may_be_lottie(b'{"a":1}')
    assert not may_be_lottie(b"PK\x03\x04" + bytes(26) + b"word/document.xml")
    assert not may_be_lottie(b"PK\x03\x04" + bytes(26) + b"media/picture.jpg")
    with pytest.raises(MediaFailure) as failure:
        check_size(b'{"fr":25', 6_000_000)
    assert failure.value.code == "lottie_too_large"
