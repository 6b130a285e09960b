"""How far a version is: what the API and the player page both say."""

from __future__ import annotations

from typing import Final, cast

from flask import Flask, current_app
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from media_service.forecast import Situation, eta_seconds
from media_service.queue_snapshot import QueueSnapshot
from media_service.services import Services
from storage.catalogue import assets
from storage.catalogue.models import Version
from storage.catalogue.uploads import Transfer

_SNAPSHOT: Final = "lessonstream_queue_snapshot"


class ProgressDocument(BaseModel):
    """How far the work is. ``percent`` never falls, but that it counts the file's bytes while ``uploading`` and the
    work afterwards. ``stage`` is the kind of step at work; ``queue_position`` 1 is next. ``eta_seconds`` until it is
    ready is null until the file was looked at."""

    percent: int = Field(ge=0, le=100)
    stage: str | None
    eta_seconds: int | None
    queue_position: int | None


def register(app: Flask, services: Services) -> None:
    """Keep what forecasts are made from."""
    app.extensions[_SNAPSHOT] = QueueSnapshot(services.sessions, services.count_workers)


def describe_progress(session: Session, version: Version, transfer: Transfer | None) -> ProgressDocument:
    """How far a version is; while it is ``uploading``, how much of the file has arrived."""
    progress = assets.progress(session, version)
    percent = progress.percent
    if version.state == "uploading" and transfer is not None and transfer.length:
        percent = 100 * transfer.received // transfer.length
    left = progress.left
    return ProgressDocument(
        percent=percent,
        stage=progress.stage,
        eta_seconds=None if left is None else eta_seconds(left, situation()),
        queue_position=progress.queue_position,
    )


def situation() -> Situation:
    """The queue as it was some seconds ago. Raises what the catalogue raises if nobody has looked yet."""
    return cast("QueueSnapshot", current_app.extensions[_SNAPSHOT]).situation()
