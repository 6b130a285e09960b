"""Keeps the event loop from waiting for a server: what would have to raises ``WouldWait`` and is called in a thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any, ParamSpec, TypeVar
from wsgiref.types import WSGIApplication

from sqlalchemy.orm import Session, sessionmaker

from media_service.request_state import state_of

P = ParamSpec("P")
R = TypeVar("R")


class WouldWait(Exception):
    """This needs a thread: it waits for a server."""


class ThreadSessions(sessionmaker[Session]):
    """Sessions of threads. In an event loop it raises ``WouldWait``."""

    def __call__(self, **kwargs: Any) -> Session:
        """A new session."""
        _require_thread()
        return super().__call__(**kwargs)


def in_thread_only(function: Callable[P, R]) -> Callable[P, R]:
    """``function``, which raises ``WouldWait`` in an event loop."""

    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        _require_thread()
        return function(*args, **kwargs)

    return guarded


def let_wait(app: WSGIApplication) -> WSGIApplication:
    """Keep ``app``, which may wait, out of the event loop."""

    def waiting(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if state_of(environ).must_not_wait:
            raise WouldWait
        return app(environ, start_response)

    return waiting


def _require_thread() -> None:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise WouldWait
