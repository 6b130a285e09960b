"""What layers, views and the server tell each other of one request: one value in its WSGI environment (PEP 3333)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final, Protocol

from flask import Response

_KEY: Final = "lessonstream.request"

_TRACEPARENT: Final = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?"
)
"""Version, trace, span, flags (https://www.w3.org/TR/trace-context/)."""


class Stream(Protocol):
    """An answer without end."""

    async def run(self, receive: Any, send: Any) -> None:
        """Send pieces of its body (ASGI 3.0) until either side has enough."""


class RequestState:
    """The state of one request. It lives on when the application is called again because a body has arrived.

    ``must_not_wait``: it is tried in the event loop. ``is_asynchronous``: whoever calls the application receives bodies
    itself. ``resume`` goes on in the place of the view, once the body was received.

    ``id`` is told in ``X-Request-Id``; ``key_id`` is the API key's, once it is known. ``began`` is when the request was
    first looked at, in seconds by ``time.perf_counter``; ``route`` the template of its address, one of few; ``status``
    the status line of the answer.

    ``has_token_folder``: the playback token stood in the path.
    ``forwarded_for`` is the X-Forwarded-For of a trusted proxy. ``only_origin`` is set once the gate knows that not all
    pages may read the answer: the origin that may, or an empty text. ``partner_id`` is the partner whose viewer asks.
    ``stream`` goes on with the answer, in the event loop and without end, once what the view gave is sent.
    """

    # Defaults of the class: setting each anew would cost a playlist a twentieth of its time.
    must_not_wait: bool = False
    is_asynchronous: bool = False
    resume: Callable[[], Response] | None = None
    id: str = ""
    key_id: str = ""
    began: float | None = None
    route: str = "unknown"
    status: str = ""
    has_token_folder: bool = False
    forwarded_for: str | None = None
    only_origin: str | None = None
    partner_id: str | None = None
    stream: Stream | None = None


def state_of(environ: dict[str, Any]) -> RequestState:
    """Return the state of the request whose environment this is; a new one if nobody has asked for it yet."""
    try:
        return environ[_KEY]  # type: ignore[no-any-return]
    except KeyError:
        state = environ[_KEY] = RequestState()
        return state


def trace_of(environ: dict[str, Any]) -> str | None:
    """Return the trace that the client says the request belongs to (W3C Trace Context), if it says so properly."""
    found = _TRACEPARENT.fullmatch(environ.get("HTTP_TRACEPARENT", ""))
    return found[1] if found else None
