from hypothesis import given
from hypothesis import strategies as st

from workers.plan.clock import WINDOW, WINDOWS, WRAP, clocks, restarts, windows


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


def test_only_going_back_is_a_restart() -> None:
    assert restarts([0, 90_000, 5_000])
    assert not restarts([0, 90_000, 89_000, 900_000_000])
    assert not restarts([WRAP - 90_000, 0, 90_000])
    assert not restarts([])


@given(st.integers(1, 10**11))
def test_windows_lie_inside_and_small_sources_are_read_whole(size: int) -> None:
    offsets = windows(size)
    assert len(offsets) <= WINDOWS
    assert all(0 <= offset < size for offset in offsets)
    if size <= WINDOW * WINDOWS:
        assert offsets == list(range(0, size, WINDOW))
    else:
        assert offsets[-1] + WINDOW == size
