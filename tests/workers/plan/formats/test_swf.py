"""Flash movies of hand-made tags: what only wraps a video gives it, whatever else there is is refused."""

from __future__ import annotations

import lzma
import struct
import zlib
from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workers.plan.failure import MediaFailure
from workers.plan.formats.swf import movie as movie_module
from workers.plan.formats.swf.wrapper import Picture, Sound, wrapped_video

RATE = 12
SPARK, VP6, VP6_ALPHA = 2, 4, 5
MP3_MONO_22 = 0x2A


def tag(code: int, body: bytes = b"", *, claimed: int | None = None) -> bytes:
    size = len(body) if claimed is None else claimed
    return struct.pack("<HI", code << 6 | 0x3F, size) + body


def define(identity: int = 1, codec: int = SPARK, size: tuple[int, int] = (100, 50)) -> bytes:
    return tag(60, struct.pack("<HHHHBB", identity, 3, *size, 0, codec))


def place(
    character: int | None = None, ratio: int | None = None, depth: int = 1, matrix: bytes = b""
) -> bytes:
    flags = (2 if character is not None else 1) | (16 if ratio is not None else 0) | (4 if matrix else 0)
    body = struct.pack("<BH", flags, depth)
    body += b"" if character is None else struct.pack("<H", character)
    return tag(26, body + matrix + (b"" if ratio is None else struct.pack("<H", ratio)))


def frame(number: int, data: bytes = b"data", identity: int = 1) -> bytes:
    return tag(61, struct.pack("<HH", identity, number) + data)


SHOW, END = tag(1), b"\0\0"
SOUND_HEAD = tag(18, struct.pack("<BBHh", MP3_MONO_22, MP3_MONO_22, 1838, 0))
SCRIPT, STOP = tag(12, b"\x96\x02\0\0"), tag(12, b"\x07\0")
START = define() + place(1, 0)
HARMLESS = tag(69, bytes(4)) + tag(77, b"<xml/>\0") + tag(9, b"\xff\xff\xff") + tag(43, b"start\0") + STOP


def block(samples: int = 576, skipped: int = 0, data: bytes = b"mp3") -> bytes:
    return tag(19, struct.pack("<Hh", samples, skipped) + data)


def swf(*tags: bytes, rate: int = RATE * 256, end: bytes = END) -> bytes:
    body = b"\x08\0" + struct.pack("<HH", rate, 3) + b"".join(tags) + end
    return b"FWS\x06" + struct.pack("<I", 8 + len(body)) + body


def plain(data: bytes) -> bytes:
    return data


def deflated(data: bytes) -> bytes:
    return b"C" + data[1:8] + zlib.compress(data[8:])


def lzma_packed(data: bytes) -> bytes:
    packed = lzma.compress(data[8:], lzma.FORMAT_ALONE)
    return b"Z" + data[1:8] + struct.pack("<I", len(packed) - 13) + packed[:5] + packed[13:]


def in_pieces(data: bytes, size: int = 7) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def taken(data: bytes) -> tuple[list[Picture], list[Sound]]:
    samples = list(wrapped_video(in_pieces(data)))
    pictures = [sample for sample in samples if isinstance(sample, Picture)]
    return pictures, [sample for sample in samples if isinstance(sample, Sound)]


def refusal(data: bytes) -> str:
    with pytest.raises(MediaFailure) as caught:
        taken(data)
    return caught.value.code


def film(*between: bytes) -> bytes:
    return swf(HARMLESS, START, frame(0), SHOW, *between, place(ratio=1), frame(1), SHOW)


@pytest.mark.parametrize("pack", [plain, deflated, lzma_packed])
def test_a_video_is_taken_in_time(pack: Callable[[bytes], bytes]) -> None:
    first, second = (START, frame(0, b"a"), block(1152), SHOW, SHOW), (place(ratio=4), frame(4, b"b"), SHOW)
    data = swf(SOUND_HEAD, HARMLESS, *first, *second)
    pictures, sounds = taken(pack(data))
    assert [(picture.time, picture.data) for picture in pictures] == [(0, b"a"), (Fraction(2, RATE), b"b")]
    assert [(sound.time, sound.end, sound.data, sound.form) for sound in sounds] == [
        (0, Fraction(1152, 22050), b"mp3", MP3_MONO_22)
    ]


def test_pictures_are_shown_when_they_are_placed() -> None:
    """The first frame brings three, of which the last two are shown together."""
    pictures, _ = taken(swf(START, frame(0), frame(1), frame(2), frame(3), SHOW, place(ratio=2), SHOW))
    assert [picture.time * RATE for picture in pictures] == [0, 1, 1]


def test_sound_goes_on_without_gaps_until_there_is_a_pause() -> None:
    frames = [block(1152) + SHOW, SHOW, block(2304, 700) + SHOW, SHOW * 9, block() + SHOW]
    _, sounds = taken(swf(SOUND_HEAD, START, frame(0), *frames))
    assert [sound.time for sound in sounds] == [0, Fraction(1152, 22050), Fraction(12, RATE)]


def test_what_a_decoder_gives_before_the_movie_begins_delays_the_picture() -> None:
    head = tag(45, struct.pack("<BBHh", MP3_MONO_22, MP3_MONO_22, 1838, 1105))
    pictures, sounds = taken(swf(head, START, frame(0), block(1152, 1105), SHOW))
    assert sounds[0].time == 0
    assert pictures[0].time == Fraction(1105, 22050)


@pytest.mark.parametrize(
    ("form", "data", "seconds"),
    [
        (0x3F, bytes(4 * 441), Fraction(1, 100)),
        (0x3A, bytes(2 * 441), Fraction(441, 22050)),
        (0x16, bytes([0, *bytes(2 + 12)]), Fraction(49, 11025)),
        (0x62, bytes(128), Fraction(512, 5512)),
        (0x52, bytes(128), Fraction(512, 8000)),
    ],
)
def test_how_long_other_sounds_last(form: int, data: bytes, seconds: Fraction) -> None:
    head = tag(45, struct.pack("<BBH", form, form, 0))
    _, sounds = taken(swf(head, START, frame(0), tag(19, data), tag(19, data), SHOW))
    assert [sound.end for sound in sounds] == [seconds, 2 * seconds]


@pytest.mark.parametrize(
    ("codec", "data", "written", "key"),
    [
        (SPARK, bytes.fromhex("0000840402919e72"), "0000840402919e72", True),
        (SPARK, bytes.fromhex("00008406b1829e5d"), "00008406b1829e5d", False),
        (VP6, b"\x78\x01", "ce7801", True),
        (VP6, b"\xf8\x01", "cef801", False),
        (VP6_ALPHA, b"\0\0\2\x78\x01\x02", "ce000002780102", True),
        (3, b"\x10", "10", True),
    ],
)
def test_pictures_as_flash_video_has_them(codec: int, data: bytes, written: str, key: bool) -> None:
    pictures, _ = taken(swf(define(codec=codec), place(1), frame(0, data), SHOW))
    assert [(picture.data.hex(), picture.key, picture.codec) for picture in pictures] == [
        (written, key, codec)
    ]


@pytest.mark.parametrize(
    "data",
    [
        swf(),
        swf(START, SHOW),
        swf(define(), frame(0), SHOW),
        film(SCRIPT),
        film(tag(82, b"script")),
        film(tag(2, b"shape")),
        film(tag(39, b"sprite")),
        film(tag(34, b"button")),
        film(tag(14, b"sound")),
        film(define(2)),
        film(place(2)),
        film(place(1, 0, depth=2)),
        film(place(ratio=0, matrix=b"\x11\x20\x40")),
        film(frame(7, identity=9)),
        swf(START, frame(0), SHOW, place(ratio=3), frame(3), SHOW, place(ratio=1), SHOW),
        swf(define(), tag(26, struct.pack("<BHH", 0x0A, 1, 1)), frame(0), SHOW),
        swf(define(), tag(70, struct.pack("<BBHH", 2, 1, 1, 1)), frame(0), SHOW),
    ],
    ids=lambda data: f"{zlib.crc32(data):08x}",
)
@pytest.mark.parametrize("pack", [plain, deflated])
def test_a_real_movie_is_refused(data: bytes, pack: Callable[[bytes], bytes]) -> None:
    assert refusal(pack(data)) == "flash_not_supported"


def test_a_codec_that_flash_video_does_not_have() -> None:
    assert refusal(swf(define(codec=9), place(1), frame(0), SHOW)) == "codec_not_supported"


def test_a_video_that_is_cut_off() -> None:
    data = film()
    for size in range(len(data)):
        shown = size > data.index(SHOW) + len(SHOW) - 1
        assert refusal(data[:size]) == ("source_truncated" if shown else "flash_not_supported")


@pytest.mark.parametrize(
    ("claimed", "code"),
    [(5, "source_truncated"), (0xFFFF, "source_truncated"), (0xFFFFFFFF, "source_damaged")],
)
def test_lengths_that_lie(claimed: int, code: str) -> None:
    body = struct.pack("<HH", 1, 1)
    assert refusal(swf(START, frame(0), SHOW, tag(61, body, claimed=claimed), end=b"")) == code


def test_pictures_out_of_order() -> None:
    assert refusal(swf(START, frame(0), SHOW, place(ratio=9), frame(5), frame(3), SHOW)) == "source_damaged"


def test_a_video_may_be_larger_or_smaller_than_its_place() -> None:
    # Scales of 13 bits, 0.0390625 each, and no shift.
    half = (0b1_01101_0101000000000_0101000000000_0_00000 << 2).to_bytes(5)
    pictures, _ = taken(
        swf(define(), place(1, 0, matrix=half), frame(0), SHOW, place(None, 1, matrix=half), frame(1), SHOW)
    )
    assert len(pictures) == 2


@pytest.mark.parametrize("pack", [deflated, lzma_packed])
def test_bombs_are_not_unpacked(pack: Callable[[bytes], bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(movie_module, "MAX_BYTES", 4_000_000)
    bomb = pack(swf(START, frame(0), SHOW, tag(77, bytes(8_000_000))))
    assert len(bomb) < 20_000
    assert refusal(bomb) == "flash_too_large"


def test_a_movie_of_nothing_but_frames_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(movie_module, "MAX_TAGS", 1000)
    assert refusal(swf(START, frame(0), *[SHOW] * 2000)) == "too_many_frames"


def test_a_dictionary_larger_than_memory_is_refused() -> None:
    data = bytearray(lzma_packed(film()))
    data[13:17] = b"\xff\xff\xff\x7f"
    assert refusal(bytes(data)) == "flash_not_supported"


@settings(max_examples=300)
@given(st.data())
def test_damage_is_refused_or_harmless(data: st.DataObject) -> None:
    good = swf(SOUND_HEAD, HARMLESS, START, frame(0), block(), SHOW, place(ratio=1), frame(1), SHOW)
    pack = data.draw(st.sampled_from([plain, deflated, lzma_packed]))
    damaged = bytearray(pack(good))
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(3, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    try:
        taken(bytes(damaged))
    except MediaFailure as failure:
        assert failure.code in {
            "flash_not_supported",
            "source_truncated",
            "source_damaged",
            "codec_not_supported",
            "flash_too_large",
        }
