"""Bits of Flash's records, most significant first."""

from __future__ import annotations


class Bits:
    """Reads numbers from ``data``; past its end there are zeros."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0

    def unsigned(self, count: int) -> int:
        """Return the next ``count`` bits."""
        start, end = self.at // 8, (self.at + count + 7) // 8
        window = self._data[start:end].ljust(end - start, b"\0")
        value = int.from_bytes(window) >> (8 * end - self.at - count)
        self.at += count
        return value & ((1 << count) - 1)

    def signed(self, count: int) -> int:
        """Return the next ``count`` bits as a number in two's complement."""
        value = self.unsigned(count)
        return value - (1 << count) if count and value >> (count - 1) else value

    def whole_bytes(self) -> int:
        """Return how many bytes have been begun."""
        return (self.at + 7) // 8
