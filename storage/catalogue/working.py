"""How far a version is, as those are told who watch. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from configs.words import VersionState


@dataclass(frozen=True)
class Working:
    """How far the work on a version is. ``queue_position`` (1 is next) is of one that nobody works at."""

    asset_id: str
    version_id: str
    organization_id: str
    owner_id: str | None
    state: VersionState
    percent: int
    queue_position: int | None
