"""What operators and their machines ask: does it live, is it ready, how much waits."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Final

from flask import Blueprint, Response, current_app, jsonify, request
from flask.blueprints import BlueprintSetupState

from media_service.metrics import CONTENT_TYPE, Metrics
from media_service.problems import ApiError
from media_service.proxies import is_near
from media_service.services import Services, services
from storage.catalogue.database import pending_migrations

log = logging.getLogger(__name__)
blueprint = Blueprint("system", __name__)

_OF_PROXIES: Final = ("X-Forwarded-For", "Forwarded")

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
    # Not a part that is needed: without room, plays go on, and deletions, which make some.
    answer = jsonify(status="ready" if good else "unavailable", parts={**parts, "disk": _disk(services())})
    return _uncached(answer), 200 if good else 503


@blueprint.get("/metrics")
def metrics() -> Response:
    """Prometheus metrics of the whole installation; every process gives the same answer."""
    _admit_reader(services().settings.metrics_token)
    told = current_app.extensions["lessonstream_metrics"].render()
    return _uncached(Response(told, content_type=CONTENT_TYPE))


def _admit_reader(token: str) -> None:
    """Whoever has the token; without one whoever asks from a private network, if it is no proxy that asks for somebody
    else. Others are told that there is nothing.
    """
    if token:
        scheme, _, shown = request.headers.get("Authorization", "").partition(" ")
        admitted = scheme.lower() == "bearer" and secrets.compare_digest(
            shown.strip().encode(), token.encode()
        )
    else:
        for_others = any(name in request.headers for name in _OF_PROXIES)
        admitted = not for_others and is_near(request.environ.get("REMOTE_ADDR", ""))
    if not admitted:
        raise ApiError("not_found")


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
def _keep_what_is_asked_again(state: BlueprintSetupState) -> None:
    state.app.extensions["lessonstream_checks"] = _Checks()
    state.app.extensions["lessonstream_metrics"] = Metrics(state.app.extensions["lessonstream"])


class _MigrationsPending(Exception):
    """The catalogue is older than this code."""


def _check_catalogue(clients: Services) -> None:
    with clients.sessions() as session:
        engine = session.get_bind().engine
    if pending_migrations(engine):
        raise _MigrationsPending


def _disk(clients: Services) -> str:
    room = clients.objects.room()
    return "full" if room is not None and room < clients.settings.disk_reserve_bytes else "ready"


def _state(name: str, check: Callable[[], object]) -> str:
    try:
        check()
    except _MigrationsPending:
        return "needs migration: run `lessonstream migrate`"
    except Exception as error:
        log.warning("%s is not ready: %s", name, error)
        return _SILENT
    return "ready"


def _uncached(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response
