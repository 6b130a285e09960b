"""What operators and their machines ask: does it live, is it ready, how much waits."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Final

from flask import Blueprint, Response, current_app, jsonify
from flask.blueprints import BlueprintSetupState
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from configs.jobs import JOBS
from media_service.services import Services, services
from storage.catalogue.database import pending_migrations
from storage.catalogue.statistics import Statistics, gather

log = logging.getLogger(__name__)
blueprint = Blueprint("system", __name__)

READY_SECONDS: Final = 2.0
"""How long one process answers ``/readyz`` from memory: anyone may ask, and asking writes to the object storage."""

CHECK_SECONDS: Final = 4.0
"""How long a part may take to show that it works."""

_SILENT: Final = "does not answer"


@blueprint.get("/")
def front_door() -> Response:
    """Who opens the bare address is shown how it is used."""
    return _uncached(Response(status=302, headers={"Location": "/v1/docs"}))


@blueprint.get("/healthz")
def health() -> Response:
    """The process is alive; nothing else is asked."""
    return _uncached(jsonify(status="alive"))


@blueprint.get("/readyz")
def ready() -> tuple[Response, int]:
    """200 if every part answers, else 503; which part does not is in the answer, why is in the log."""
    parts = current_app.extensions["lessonstream_checks"].run(services())
    good = all(part == "ready" for part in parts.values())
    answer = jsonify(status="ready" if good else "unavailable", parts=parts)
    return _uncached(answer), 200 if good else 503


@blueprint.get("/metrics")
def metrics() -> Response:
    """Prometheus metrics, counted in the catalogue when asked, so that every process gives the same answer."""
    with services().sessions() as session:
        found = gather(session)
    registry = CollectorRegistry()
    registry.register(_Catalogue(found))
    return _uncached(Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST))


class _Catalogue(Collector):
    def __init__(self, found: Statistics) -> None:
        self._found = found

    def collect(self) -> Iterator[Metric]:
        found = self._found
        yield _by("lessonstream_assets", "Assets by state.", "state", found.assets)
        yield _by(
            "lessonstream_steps_queued", "Steps that wait for a worker.", "lane", _lanes(found.queued, sum)
        )
        yield _by(
            "lessonstream_steps_at_work", "Steps that a worker holds.", "lane", _lanes(found.at_work, sum)
        )
        yield _by(
            "lessonstream_oldest_queued_seconds",
            "How long the first in the queue has waited.",
            "lane",
            _lanes(found.oldest_queued, max),
        )
        yield GaugeMetricFamily("lessonstream_outbox_unsent", "Wake-ups not sent yet.", found.outbox)
        yield GaugeMetricFamily(
            "lessonstream_uploads_unfinished", "Uploads under way.", found.unfinished_uploads
        )


class _Checks:
    """The state of the parts, asked again when the last answer is older than ``READY_SECONDS``."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._parts: dict[str, str] = {}
        self._until = 0.0
        self._running: dict[str, Future[str]] = {}
        self._pool = ThreadPoolExecutor(3, "readiness")

    def run(self, clients: Services) -> dict[str, str]:
        with self._lock:
            if time.monotonic() >= self._until:
                self._parts = self._look(clients)
                self._until = time.monotonic() + READY_SECONDS
            return self._parts

    def _look(self, clients: Services) -> dict[str, str]:
        """All at once, so that one that says nothing does not hide the others; and one that is still being waited for
        is not asked a second time."""
        checks: dict[str, Callable[[], object]] = {
            "catalogue": lambda: _check_catalogue(clients),
            "objects": clients.objects.check,
            "queue": clients.check_queue,
        }
        for name, check in checks.items():
            if name not in self._running:
                self._running[name] = self._pool.submit(_state, name, check)
        wait(self._running.values(), CHECK_SECONDS)
        answered = {name: future.result() for name, future in self._running.items() if future.done()}
        self._running = {name: future for name, future in self._running.items() if name not in answered}
        return {name: answered.get(name, _SILENT) for name in checks}


@blueprint.record
def _keep_checks(state: BlueprintSetupState) -> None:
    state.app.extensions["lessonstream_checks"] = _Checks()


class _MigrationsPending(Exception):
    """The catalogue is older than this code."""


def _check_catalogue(clients: Services) -> None:
    with clients.sessions() as session:
        engine = session.get_bind().engine
    if pending_migrations(engine):
        raise _MigrationsPending


def _state(name: str, check: Callable[[], object]) -> str:
    try:
        check()
    except _MigrationsPending:
        return "needs migration: run `lessonstream migrate`"
    except Exception as error:
        log.warning("%s is not ready: %s", name, error)
        return _SILENT
    return "ready"


def _by(name: str, help_text: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, help_text, labels=[label])
    for key, value in sorted(values.items()):
        family.add_metric([key], value)
    return family


def _lanes(by_kind: Mapping[str, float], join: Callable[[list[float]], float]) -> dict[str, float]:
    """Values by kind of step, joined by the lane that each kind travels in."""
    values: dict[str, list[float]] = {}
    for kind, value in by_kind.items():
        values.setdefault(JOBS[kind].lane, []).append(float(value))
    return {lane: join(found) for lane, found in values.items()}


def _uncached(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response
