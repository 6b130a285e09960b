import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.plan.source.clock import WINDOW, WINDOWS, WRAP, clocks, goes_back, restarts, windows


def transport(ticks: int, stride: int = 188) -> bytes:
    """A packet of a transport stream that carries a clock reference, and one that carries none."""
    reference = (ticks << 15 | 0x3F << 9).to_bytes(6)
    with_clock = bytes([0x47, 0x01, 0x00, 0x30, 7, 0x10]) + reference
    without = bytes([0x47, 0x01, 0x01, 0x10])
    return b"".join(bytes(stride - 188) + packet.ljust(188, b"\xff") for packet in (with_clock, without))


def program(ticks: int) -> bytes:
    """A pack header of MPEG-2."""
    bits = 0b01 << 46 | (ticks >> 30) << 43 | 1 << 42 | (ticks >> 15 & 0x7FFF) << 27 | 1 << 26
    bits |= (ticks & 0x7FFF) << 11 | 1 << 10 | 1
    return b"\0\0\1\xba" + bits.to_bytes(6) + bytes(40)


def program_1(ticks: int) -> bytes:
    """A pack header of MPEG-1."""
    bits = 0b0010 << 36 | (ticks >> 30) << 33 | 1 << 32 | (ticks >> 15 & 0x7FFF) << 17 | 1 << 16
    bits |= (ticks & 0x7FFF) << 1 | 1
    return b"\0\0\1\xba" + bits.to_bytes(5) + bytes(40)


@given(st.lists(st.integers(0, WRAP - 1), min_size=4, max_size=8), st.sampled_from([188, 192, 204]))
def test_clocks_are_read(ticks: list[int], stride: int) -> None:
    assert clocks("mpegts", b"".join(transport(tick, stride) for tick in ticks)) == ticks
    assert clocks("mpegts", b"cut" + b"".join(transport(tick) for tick in ticks)) == ticks
    assert clocks("mpeg", b"".join(program(tick) for tick in ticks)) == ticks
    assert clocks("mpeg", b"".join(program_1(tick) for tick in ticks)) == ticks


@given(st.binary(max_size=2000))
def test_any_bytes_can_be_read(data: bytes) -> None:
    for container in ("mpegts", "mpeg"):
        clocks(container, data)
    for container in ("mpegts", "flv", "ogg", "mov"):
        leaps(container, data)


def test_only_going_back_is_a_restart() -> None:
    assert goes_back([0, 90_000, 5_000])
    assert not goes_back([0, 90_000, 89_000, 900_000_000])
    assert not goes_back([WRAP - 90_000, 0, 90_000])
    assert not goes_back([])


@given(st.integers(1, 10**11))
def test_windows_lie_inside_and_small_sources_are_read_whole(size: int) -> None:
    offsets = windows(size)
    assert len(offsets) <= WINDOWS
    assert all(0 <= offset < size for offset in offsets)
    if size <= WINDOW * WINDOWS:
        assert offsets == list(range(0, size, WINDOW))
    else:
        assert offsets[-1] + WINDOW == size


def tag(kind: int, seconds: float, size: int = 400, head: bytes = b"\x22\x01") -> bytes:
    """A tag of Flash Video."""
    time = round(seconds * 1000)
    data = head.ljust(size, b"\x55")
    stamp = (time & 0xFFFFFF).to_bytes(3) + bytes([time >> 24])
    return bytes([kind]) + size.to_bytes(3) + stamp + bytes(3) + data + (size + 11).to_bytes(4)


def flash(*times: tuple[int, float]) -> bytes:
    return b"FLV\1\5\0\0\0\x09\0\0\0\0" + b"".join(tag(kind, seconds) for kind, seconds in times)


def page(serial: int, position: int, first: bool = False) -> bytes:
    """An Ogg page with a packet of 40 bytes."""
    head = b"OggS\0" + bytes([2 * first]) + position.to_bytes(8, "little") + serial.to_bytes(4, "little")
    return head + bytes(8) + b"\x01\x28" + bytes(40)


def leaps(container: str, data: bytes) -> bool:
    return restarts(container, len(data), lambda offset, length: data[offset : offset + length])


STEADY = [(8 + number % 2, number / 20) for number in range(200)]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (flash(*STEADY), False),
        (flash(*STEADY, *STEADY), True),
        (flash(*STEADY, (8, 14_000.0), (9, 14_000.1)), True),
        (flash((9, 0.0), (8, 0.1), (9, 0.05), (8, 0.2)), False),
        (flash((9, 0.0), (9, 40.0), (9, 90.0)), False),
        (tag(9, 0, head=b"\x17\0") + tag(8, 0, head=b"\xaf\0") + flash((8, 5000.0), (9, 5000.1)), False),
        (flash(*STEADY)[:-7] + b"\x08\0\0\x99" + flash((8, 10.0), (9, 10.0)), False),
    ],
    ids=[
        "steady",
        "joined",
        "a break",
        "interleaved",
        "slides without sound",
        "headers at zero",
        "damaged bytes",
    ],
)
def test_leaps_of_flash_video(data: bytes, expected: bool) -> None:
    assert leaps("flv", data) is expected


def test_a_break_between_two_places_that_are_read_is_seen() -> None:
    def recording(start: float, seconds: int) -> bytes:
        return b"".join(tag(8 + number % 2, start + number / 20, 5000) for number in range(20 * seconds))

    assert len(recording(0, 80)) > WINDOW * WINDOWS
    assert not leaps("flv", recording(0, 160))
    assert leaps("flv", recording(0, 81) + recording(50_000, 79))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (page(1, 0, True) + page(2, 0, True) + page(1, 9) + page(2, 8) + page(1, WRAP), False),
        (page(1, 0, True) + page(1, 9) + page(1, (1 << 64) - 1) + page(1, 10), False),
        (page(1, 0, True) + page(1, 9) + page(2, 0, True) + page(2, 9), True),
        ((page(1, 0, True) + page(1, 9)) * 2, True),
    ],
    ids=["two streams", "a packet over pages", "another", "the same again"],
)
def test_chains_of_ogg(data: bytes, expected: bool) -> None:
    assert leaps("ogg", data) is expected
