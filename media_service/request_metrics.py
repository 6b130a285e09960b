"""Metrics of requests: how long each takes and how it ends, by route."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any, Final
from wsgiref.types import WSGIApplication

from flask import Flask, request

from storage.measures import Measures

ROUTE: Final = "lessonstream.route"
"""In the request's environment: the template of its address, which is one of few. A layer that answers before Flask
has looked sets it."""

STATUS: Final = "lessonstream.status"
"""In the request's environment: the status line of its answer."""

_BEGAN: Final = "lessonstream.began"
"""In the request's environment: when it was looked at first. Who waits for its body is looked at again."""

_UNKNOWN: Final = "unknown"
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def register(app: Flask) -> None:
    """Let every request say which route it took."""

    @app.before_request
    def name_route() -> None:
        if request.url_rule is not None:
            request.environ[ROUTE] = request.url_rule.rule


def measured(app: WSGIApplication, measures: Measures) -> WSGIApplication:
    """``app``, with every answer of it timed. ``app`` leaves its status in the environment (``STATUS``): one more layer
    around ``start_response`` would cost each request half as much again.
    """
    tell, clock = measures.time, time.perf_counter

    def timed(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if _BEGAN not in environ:
            environ[_BEGAN] = clock()
        answer = app(environ, start_response)
        method = environ["REQUEST_METHOD"]
        known = method if method in _METHODS else "other"  # clients may send any word
        name = ("http_seconds", environ.get(ROUTE, _UNKNOWN), known, environ[STATUS][:3])
        tell(name, clock() - environ[_BEGAN])
        return answer

    return timed
