"""Keeps the event loop from waiting for a server: what would have to raises ``WouldWait`` and is called in a thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any, Final, ParamSpec, TypeVar
from wsgiref.types import WSGIApplication

from sqlalchemy.orm import Session, sessionmaker

MUST_NOT_WAIT: Final = "lessonstream.must_not_wait"
"""In the environment of a request that is answered in the event loop, if it can be."""

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
    """``app``, which may wait, kept out of the event loop."""

    def waiting(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if MUST_NOT_WAIT in environ:
            raise WouldWait
        return app(environ, start_response)

    return waiting


def _require_thread() -> None:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise WouldWait
