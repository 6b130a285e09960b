"""``GET /v1/operations``: how the installation does, for people who look after it: what waits, who works, and when the
disk will be full. Programs read ``/metrics``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Final, cast

from flask import Blueprint, current_app
from pydantic import BaseModel
from sqlalchemy.orm import Session

from configs.failures import failure_message
from configs.jobs import LANES
from configs.keeping import KEEPING
from configs.words import VersionState
from media_service import auth
from media_service.learning.dashboards import StoredDocument
from media_service.metrics import Metrics, Standing, by_lane
from media_service.openapi import MessageDocument, operation
from media_service.problems import ApiError
from media_service.progress import situation
from media_service.services import services
from media_service.storage_forecast import full_on, growth_of
from storage.catalogue import view_tables
from storage.catalogue.models import Organization
from storage.catalogue.statistics import Statistics
from storage.measures import Name

blueprint = Blueprint("operations", __name__, url_prefix="/v1/operations")

TAG: Final = "Organizations"
_DAYS: Final = 90


class LaneDocument(BaseModel):
    """A lane of the queue: steps that wait for a worker, that one holds, and of these that it has held for too long;
    since when the first one waits; and how many workers take from it, null if the queue does not say."""

    lane: str
    queued: int
    leased: int
    overdue: int
    oldest_seconds: float
    workers: int | None


class QueueDocument(BaseModel):
    """What is to be done. ``seconds_left``: about how long all of it takes with the workers that there are, null
    without any. ``uploads`` are under way; ``late_tasks`` are those of the keeper that it should have done by now."""

    lanes: list[LaneDocument]
    seconds_left: int | None
    uploads: int
    wake_ups: int
    late_tasks: list[str]
    failing_webhooks: int


class FailedVersions(BaseModel):
    """Lessons that failed, by why."""

    code: str
    message: MessageDocument
    count: int


class DiskDocument(BaseModel):
    """Where objects are stored, if that is a disk of ours: what is free, and what of it uploads have to leave. At
    ``full_on`` nothing more is taken, if storage goes on growing as it did lately; null if that is not in sight."""

    free_bytes: int
    reserve_bytes: int
    full_on: date | None


class OperationsDocument(BaseModel):
    """How the installation does. What a server does not say that is away is null. ``lessons`` are counted every few
    minutes, by state; ``stored`` are the days of the last 90 on which was measured, ``bytes_per_day`` by how much it
    grew lately. ``beats_waiting``: what players told and nobody has added up yet."""

    time: datetime
    queue: QueueDocument | None
    failed: list[FailedVersions] | None
    lessons: dict[VersionState, int] | None
    beats_waiting: int | None
    disk: DiskDocument | None
    stored: list[StoredDocument]
    bytes_per_day: int | None


@blueprint.get("")
@auth.require("admin", scope="manage")
@operation("Show how the installation does", tag=TAG, answer=OperationsDocument, errors=("role_not_allowed",))
def show() -> OperationsDocument:
    """Queue, workers, failures and disk of the whole installation. For administrators of an organization that has none
    above it."""
    settings = services().settings
    now = datetime.now(settings.time_zone)
    with services().sessions() as session:
        _require_root(session)
        stored = view_tables.storage_by_day(session, None, now.date() - timedelta(days=_DAYS), now.date())
    standing = cast("Metrics", current_app.extensions["lessonstream_metrics"]).standing()
    growth = growth_of([(each.day, each.bytes) for each in stored])
    measured = standing.measures
    return OperationsDocument(
        time=now,
        queue=_queue(standing) if standing.catalogue else None,
        failed=_failed(standing.catalogue) if standing.catalogue else None,
        lessons=_lessons(measured) if measured is not None else None,
        beats_waiting=int(measured.get(("beats_waiting",), 0)) if measured is not None else None,
        disk=_disk(growth, now.date()),
        stored=[StoredDocument(day=each.day, assets=each.assets, bytes=each.bytes) for each in stored],
        bytes_per_day=growth,
    )


def _require_root(session: Session) -> None:
    if session.get_one(Organization, auth.caller().organization_id).parent_id is not None:
        raise ApiError(
            "role_not_allowed", "This is for administrators of an organization with none above it."
        )


def _queue(standing: Standing) -> QueueDocument:
    found = cast("Statistics", standing.catalogue)
    queued, leased, overdue = (by_lane(each, sum) for each in (found.queued, found.leased, found.overdue))
    oldest = by_lane(found.oldest_queued, max)
    known = {trace.task: trace for trace in found.keeper}
    now = situation()
    return QueueDocument(
        lanes=[
            LaneDocument(
                lane=lane,
                queued=int(queued[lane]),
                leased=int(leased[lane]),
                overdue=int(overdue[lane]),
                oldest_seconds=oldest[lane],
                workers=standing.workers.get(lane, 0) if standing.workers is not None else None,
            )
            for lane in LANES
        ],
        seconds_left=round(now.queue.seconds / now.workers) if now.workers else None,
        uploads=found.uploads,
        wake_ups=sum(found.unsent.values()),
        late_tasks=[task for task in KEEPING if task not in known or known[task].late],
        failing_webhooks=found.failing_endpoints,
    )


def _failed(found: Statistics) -> list[FailedVersions]:
    return [
        FailedVersions(
            code=code,
            message=MessageDocument(**failure_message(code, None).to_json()),
            count=count,
        )
        for code, count in sorted(found.failed.items(), key=lambda each: (-each[1], each[0]))
    ]


def _lessons(measured: Mapping[Name, float]) -> dict[VersionState, int]:
    return {
        cast("VersionState", name[1]): int(value) for name, value in measured.items() if name[0] == "versions"
    }


def _disk(growth: int | None, today: date) -> DiskDocument | None:
    free, reserve = services().objects.room(), services().settings.disk_reserve_bytes
    if free is None:
        return None
    return DiskDocument(
        free_bytes=free, reserve_bytes=reserve, full_on=full_on(free - reserve, growth, today)
    )
