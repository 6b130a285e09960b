"""The streamed sound of a Flash movie, and when each block of it is heard (SWF specification 19, chapter 11)."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from workers.plan.failure import MediaFailure
from workers.plan.formats.swf.movie import BrokenSwf

PCM, ADPCM, MP3, PCM_LITTLE, NELLYMOSER, SPEEX = 0, 1, 2, 3, (4, 5, 6), 11
"""Codecs, numbered alike in Flash Video."""

_NELLYMOSER_RATES: Final = {4: 16000, 5: 8000}
_SPEEX_RATE: Final = 16000
_NELLYMOSER_BLOCK, _NELLYMOSER_SAMPLES = 64, 256
_ADPCM_PACKET: Final = 4096

_PAUSE: Final = Fraction(1, 4)
"""Seconds by which sound must come late until that is a pause, and not the way it was cut into blocks."""


class StreamSound:
    """Blocks follow each other without a gap, unless there is a pause. ``form`` is codec, rate, size and channels in
    one byte; ``lead`` the seconds of sound that a decoder gives before the movie begins.
    """

    def __init__(self, form: int, latency: int) -> None:
        self.form = form
        self.codec = form >> 4
        self.begun = False
        self._channels = 1 + (form & 1)
        self._bytes = 1 + (form >> 1 & 1)
        self._rate = _NELLYMOSER_RATES.get(self.codec, 44100 >> (3 - (form >> 2 & 3)))
        self._rate = _SPEEX_RATE if self.codec == SPEEX else self._rate
        self.lead = Fraction(max(0, latency), self._rate)
        self._next = Fraction(0)

    @classmethod
    def read(cls, body: bytes) -> StreamSound:
        """Return what a SoundStreamHead says. Raises ``BrokenSwf``."""
        if len(body) < 4:
            raise BrokenSwf("a stream of sound without its facts")
        latency = int.from_bytes(body[4:6], "little", signed=True) if body[1] >> 4 == MP3 else 0
        return cls(body[1], latency)

    def block(
        self, body: bytes, time: Fraction, frame_rate: Fraction
    ) -> tuple[Fraction, Fraction, bytes] | None:
        """From when to when a block is heard that the movie has at ``time`` (all in seconds), and its sound; None if it
        has none. Raises ``MediaFailure``.
        """
        if self.codec not in (PCM, ADPCM, MP3, PCM_LITTLE, *NELLYMOSER, SPEEX):
            raise MediaFailure("codec_not_supported", f"sound codec {self.codec} of Flash")
        samples, skipped, data = self._samples(body)
        if not data:
            return None
        at = max(Fraction(0), time - Fraction(skipped, self._rate))
        if not self.begun or at - self._next > max(_PAUSE, 2 / frame_rate) or not samples:
            self._next = max(self._next, at)
        self.begun = True
        start = self._next
        self._next += Fraction(samples, self._rate)
        return start, self._next, data

    def _samples(self, body: bytes) -> tuple[int, int, bytes]:
        """Return how many samples a block has, how many of them lie before its frame, and its sound."""
        if self.codec == MP3:
            skipped = int.from_bytes(body[2:4], "little", signed=True)
            return int.from_bytes(body[:2], "little"), skipped, body[4:]
        if self.codec in (PCM, PCM_LITTLE):
            return len(body) // (self._bytes * self._channels), 0, body
        if self.codec == ADPCM:
            return self._adpcm_samples(body), 0, body
        if self.codec in NELLYMOSER:
            return len(body) // _NELLYMOSER_BLOCK * _NELLYMOSER_SAMPLES, 0, body
        return 0, 0, body

    def _adpcm_samples(self, body: bytes) -> int:
        """Packets of a first sample and of 4095 differences of 2 to 5 bits."""
        if not body:
            return 0
        difference = (2 + (body[0] >> 6)) * self._channels
        first = 22 * self._channels
        packet = first + (_ADPCM_PACKET - 1) * difference
        packets, left = divmod(8 * len(body) - 2, packet)
        return packets * _ADPCM_PACKET + (1 + (left - first) // difference if left >= first else 0)
