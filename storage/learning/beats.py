"""Beats: what a player tells of a play while it goes on. Pure.

A **sending** is what one request brings: some beats of one play in order, each told once or, where the answer was lost,
again. The service adds what it knows of who sent it (``Told``), and both travel as one JSON text through Redis.
Everything that learning is judged by comes from here: views, retention, study hours.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal

from storage.learning.ranges import Range

FORMAT: Final = 1

Source = Literal["player", "front_end"]
"""Who tells of a play: a player by beats, or a portal's server for its own one."""

Suspicion = Literal["crawler", "prefetch", "limited"]
"""What the request itself gives away."""


@dataclass(frozen=True)
class Quality:
    """How a stretch of playing went: what was new in it. ``startup_ms`` from the wish to play to the first picture;
    ``bitrate`` in kilobits per second and ``height`` in pixels are of the rendition at its end; ``bytes`` as loaded.
    """

    startup_ms: int | None = None
    stalls: int = 0
    stall_ms: int = 0
    errors: Mapping[str, int] = field(default_factory=dict)
    bitrate: int | None = None
    height: int | None = None
    frames: int = 0
    dropped: int = 0
    bytes: int = 0


Fetched = tuple[str, int, str]
"""Of a study session: the name of a rendition, the number of one of its segments, and what only somebody knows who has
the segment's bytes (``storage.learning.proofs``)."""


@dataclass(frozen=True)
class Beat:
    """A stretch of a play in which speed and attention stayed as they were.

    ``sequence`` counts from 0 in the play; ``at`` is the page's own clock at its end, in milliseconds since the play
    was opened, by a clock that nobody sets. ``played`` is media time. ``chain`` is the SHA-256 that ties it to the beat
    before, in hexadecimal, where a study session asks for it; else empty. Of one, too: ``fetched`` are segments that
    were loaded, ``present`` says that somebody answered when the player asked whether they are there.
    """

    sequence: int
    at: int
    played: Sequence[Range]
    rate: float = 1.0
    muted: bool = False
    visible: bool = True
    in_view: bool = True
    ended: bool = False
    quality: Quality = field(default_factory=Quality)
    chain: str = ""
    fetched: Sequence[Fetched] = ()
    present: bool = False

    @property
    def is_attended(self) -> bool:
        """Whether somebody may hear or see it."""
        return not self.muted or (self.visible and self.in_view)


@dataclass(frozen=True)
class Told:
    """What the service knows of a sending: ``received`` in milliseconds since 1970; ``viewer`` is a hash that lasts a
    day and ``viewer_before`` the same person's of the day before, told for an hour; ``learner`` is the token's name for
    them and ``portal`` the organization whose name it is, kept for study sessions alone. ``duration`` is the asset's,
    in milliseconds.
    """

    received: int
    playback_id: str
    asset_id: str
    organization_id: str
    version_id: str
    viewer: str
    viewer_before: str = ""
    partner_id: str = ""
    learner: str = ""
    portal: str = ""
    duration: int | None = None
    suspicion: Suspicion | None = None
    source: Source = "player"
    attendance: int = 1


@dataclass(frozen=True)
class Sending:
    """``sent`` is the page's clock when it was sent, as ``Beat.at``; ``study`` the study session that it belongs to."""

    play: str
    sent: int
    beats: Sequence[Beat]
    told: Told
    study: str = ""


def to_text(sending: Sending) -> str:
    """As it lies in Redis."""
    return json.dumps({"format": FORMAT, **asdict(sending)}, separators=(",", ":"))


def from_text(text: str) -> Sending:
    """What ``to_text`` wrote, by this release or another. Raises ``ValueError`` for what is none."""
    try:
        value = json.loads(text)
        beats = [beat_from_json(beat) for beat in value["beats"]]
        told = Told(**_known(Told, value["told"]))
        return Sending(value["play"], value["sent"], beats, told, value.get("study", ""))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"no beats: {error!r}") from error


def beat_to_json(beat: Beat) -> dict[str, Any]:
    """As a row keeps it."""
    return asdict(beat)


def beat_from_json(value: Mapping[str, Any]) -> Beat:
    """What ``beat_to_json`` wrote."""
    quality = Quality(**_known(Quality, value["quality"]))
    played = [(start, end) for start, end in value["played"]]
    fetched = tuple((name, number, proof) for name, number, proof in value.get("fetched", ()))
    return Beat(**{**_known(Beat, value), "played": played, "quality": quality, "fetched": fetched})


def _known(kind: type, value: Mapping[str, Any]) -> dict[str, Any]:
    """A newer release may have written more."""
    return {name: value[name] for name in value.keys() & kind.__dataclass_fields__.keys()}  # type: ignore[attr-defined]
