"""How long requests take and how they end, by route: the layer that measures them all."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any, Final

from flask import Flask, request

from storage.measures import Measures

ROUTE: Final = "lessonstream.route"
"""In the request's environment: the template of its address, which is one of few. A layer that answers before Flask
has looked sets it."""

_BEGAN: Final = "lessonstream.began"
"""In the request's environment: when it was looked at first. Who waits for its body is looked at again."""

_UNKNOWN: Final = "unknown"
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

WsgiApp = Callable[..., Iterable[bytes]]


def register(app: Flask) -> None:
    """Let every request say which route it took."""

    @app.before_request
    def name_route() -> None:
        if request.url_rule is not None:
            request.environ[ROUTE] = request.url_rule.rule


def measured(app: WsgiApp, measures: Measures) -> WsgiApp:
    """``app``, with every answer of it timed."""

    def timed(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        began = environ.setdefault(_BEGAN, time.perf_counter())
        status = ""

        def start(line: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            nonlocal status
            status = line[:3]
            return start_response(line, headers, *error)

        answer = app(environ, start)
        if status:
            name = ("http_seconds", environ.get(ROUTE, _UNKNOWN), _known(environ["REQUEST_METHOD"]), status)
            measures.time(name, time.perf_counter() - began)
        return answer

    return timed


def _known(method: str) -> str:
    """Clients may send any word."""
    return method if method in _METHODS else "other"
