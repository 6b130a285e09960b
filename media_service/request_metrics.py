"""Metrics of requests: how long each takes and how it ends, by route."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from typing import Any, Final
from wsgiref.types import WSGIApplication

from flask import Flask, request

from media_service.proxies import full_address
from media_service.request_state import state_of, trace_of
from storage.measures import Measures

log = logging.getLogger(__name__)

_MANAGEMENT: Final = "/v1/"
"""Routes whose requests are logged one by one; those of players are too many, and the edge has them."""

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def register(app: Flask) -> None:
    """Let every request say which route it took."""

    @app.before_request
    def name_route() -> None:
        if request.url_rule is not None:
            state_of(request.environ).route = request.url_rule.rule


def measured(app: WSGIApplication, measures: Measures) -> WSGIApplication:
    """Time every answer of ``app``, and log those of the management API. ``app`` leaves its status in the request's
    state: one more layer around ``start_response`` would cost each request half as much again.
    """
    tell, clock = measures.time, time.perf_counter

    def timed(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        state = state_of(environ)
        began = state.began
        if began is None:  # who waits for its body is looked at again
            began = state.began = clock()
        answer = app(environ, start_response)
        method = environ["REQUEST_METHOD"]
        known = method if method in _METHODS else "other"  # clients may send any word
        took = clock() - began
        tell(("http_seconds", state.route, known, state.status[:3]), took)
        if state.route.startswith(_MANAGEMENT):
            _log(environ, known, took)
        return answer

    return timed


def _log(environ: dict[str, Any], method: str, seconds: float) -> None:
    state, trace = state_of(environ), trace_of(environ)
    log.info(
        "%s %s %s in %.0f ms, key %s, from %s, request %s%s",
        method,
        state.route,
        state.status[:3],
        1000 * seconds,
        state.key_id or "none",
        full_address(environ),
        state.id,
        f", trace {trace}" if trace else "",
    )
