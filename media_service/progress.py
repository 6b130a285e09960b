"""How far a version is: what the API and the player page both say."""

from __future__ import annotations

from pydantic import BaseModel, Field

from storage.catalogue.assets import Progress
from storage.catalogue.models import Version
from storage.catalogue.uploads import Transfer


class ProgressDocument(BaseModel):
    """How far the work is. ``stage`` is the kind of step at work; ``queue_position`` 1 is next."""

    percent: int = Field(ge=0, le=100)
    stage: str | None
    eta_seconds: int | None
    queue_position: int | None


def progress_document(progress: Progress, version: Version, transfer: Transfer | None) -> ProgressDocument:
    """How far a version is; while it is ``uploading``, how much of the file has arrived."""
    percent = progress.percent
    if version.state == "uploading" and transfer is not None and transfer.length:
        percent = 100 * transfer.received // transfer.length
    return ProgressDocument(
        percent=percent,
        stage=progress.stage,
        eta_seconds=progress.eta_seconds,
        queue_position=progress.queue_position,
    )
