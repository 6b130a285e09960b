"""What players send while they play (docs/views.md). Pure."""

from __future__ import annotations

import itertools
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from storage.ids import ID_PATTERN
from storage.learning.beats import Beat, Quality
from storage.learning.proofs import PROOF_LENGTH

MOST_BYTES: Final = 32 * 1024
MOST_BEATS: Final = 20
_MOST_RANGES: Final = 50
_MOST_SEGMENTS: Final = 100
_LAST: Final = 100_000_000
"""Milliseconds: more than a day, which is more than any play has."""

Milliseconds = Annotated[int, Field(ge=0, le=_LAST)]
_Rendition = Annotated[str, Field(pattern="^[a-z0-9][a-z0-9_-]{0,63}$")]
_Number = Annotated[int, Field(ge=0, le=1_000_000)]
_Proof = Annotated[str, Field(pattern=f"^[A-Za-z0-9_-]{{{PROOF_LENGTH}}}$")]
Count = Annotated[int, Field(ge=0, le=1_000_000_000)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class QualityDocument(_Strict):
    """How it went since the beat before. ``errors`` are numbers by code."""

    startup_ms: Milliseconds | None = None
    stalls: Count = 0
    stall_ms: Milliseconds = 0
    errors: Annotated[
        dict[Annotated[str, Field(pattern="^[a-z][a-z0-9_]{0,39}$")], Count], Field(max_length=10)
    ] = {}
    bitrate: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    height: Annotated[int, Field(ge=0, le=100_000)] | None = None
    frames: Count = 0
    dropped: Count = 0
    bytes: Annotated[int, Field(ge=0, le=10**11)] = 0


class BeatDocument(_Strict):
    """A stretch of playing in which speed and attention stayed as they were (``storage.learning.beats.Beat``)."""

    sequence: Annotated[int, Field(ge=0, le=100_000)]
    at: Milliseconds
    played: Annotated[list[tuple[Milliseconds, Milliseconds]], Field(max_length=_MOST_RANGES)]
    rate: Annotated[float, Field(ge=0.0625, le=16)] = 1.0
    muted: bool = False
    visible: bool = True
    in_view: bool = True
    ended: bool = False
    quality: QualityDocument = QualityDocument()
    chain: Annotated[str, Field(pattern="^([0-9a-f]{64})?$")] = ""
    fetched: Annotated[list[tuple[_Rendition, _Number, _Proof]], Field(max_length=_MOST_SEGMENTS)] = []
    present: bool = False

    @model_validator(mode="after")
    def _check(self) -> Self:
        if any(start >= end for start, end in self.played):
            raise ValueError("played must be ranges that end after they start")
        return self

    def to_beat(self, origin: int) -> Beat:
        """As the service keeps it: ``origin`` is the millisecond of the version that the player calls 0."""
        return Beat(
            sequence=self.sequence,
            at=self.at,
            played=[(start + origin, end + origin) for start, end in self.played],
            rate=self.rate,
            muted=self.muted,
            visible=self.visible,
            in_view=self.in_view,
            ended=self.ended,
            quality=Quality(**self.quality.model_dump()),
            chain=self.chain,
            fetched=tuple(self.fetched),
            present=self.present,
        )


class SendingDocument(_Strict):
    """Beats of one play, in order. ``play`` and ``tab`` are random names that the page makes, of this opening of the
    lesson and of the tab; ``sent`` is the page's clock now, as ``at`` of a beat."""

    play: Annotated[str, Field(pattern=f"^{ID_PATTERN}$")]
    tab: Annotated[str, Field(pattern=f"^{ID_PATTERN}$")]
    sent: Milliseconds
    beats: Annotated[list[BeatDocument], Field(min_length=1, max_length=MOST_BEATS)]
    study: Annotated[str, Field(pattern=f"^({ID_PATTERN})?$")] = ""

    @model_validator(mode="after")
    def _check(self) -> Self:
        sequences = [beat.sequence for beat in self.beats]
        if any(later <= earlier for earlier, later in itertools.pairwise(sequences)):
            raise ValueError("beats must be in order, each once")
        if any(beat.at > self.sent for beat in self.beats):
            raise ValueError("no beat can end after it was sent")
        return self
