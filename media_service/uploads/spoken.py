"""What a server that speaks tus 1.0 says of itself, and with every answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from media_service.uploads import protocol
from media_service.uploads.checksum import ALGORITHMS

_METHODS: Final = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
"""What ``X-HTTP-Method-Override`` may name."""

_ASKED_WITH: Final = (
    "Authorization",
    "Content-Type",
    "Tus-Resumable",
    "Upload-Length",
    "Upload-Defer-Length",
    "Upload-Checksum",
    "Upload-Concat",
    "Upload-Metadata",
    "Upload-Offset",
    "X-HTTP-Method-Override",
    "X-Requested-With",
    "Idempotency-Key",
    "X-Request-Id",
    "traceparent",
)
_TOLD: Final = (
    "Location",
    "Upload-Offset",
    "Upload-Length",
    "Upload-Defer-Length",
    "Upload-Concat",
    "Upload-Metadata",
    "Upload-Expires",
    "Tus-Version",
    "Tus-Resumable",
    "Tus-Max-Size",
    "Tus-Extension",
    "Tus-Checksum-Algorithm",
    "Lessonstream-Asset",
    "Lessonstream-Version",
    "Retry-After",
    "X-Request-Id",
    "Idempotency-Replayed",
)
"""What pages of other origins may send, and what they may read."""

_ON_EVERY_ANSWER: Final = [
    ("Tus-Resumable", protocol.VERSION),
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Expose-Headers", ", ".join(_TOLD)),
]


def abilities(max_size: int) -> dict[str, str]:
    """What ``OPTIONS`` is answered; ``max_size`` is of a file, in bytes."""
    return {
        "Tus-Version": protocol.VERSION,
        "Tus-Extension": protocol.EXTENSIONS,
        "Tus-Checksum-Algorithm": ALGORITHMS,
        "Tus-Max-Size": str(max_size),
        "Access-Control-Allow-Methods": "GET, POST, HEAD, PATCH, DELETE, OPTIONS",
        "Access-Control-Allow-Headers": ", ".join(_ASKED_WITH),
        "Access-Control-Max-Age": "86400",
    }


def speak_tus(application: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    """``application``, speaking tus 1.0 under ``/v1/uploads``: ``X-HTTP-Method-Override`` counts instead of the method,
    for clients that cannot send PATCH, and every answer, also where no view is, has the headers of the protocol.
    """

    def speaking(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if not protocol.is_tus(environ.get("PATH_INFO", "")):
            return application(environ, start_response)
        wanted = environ.get("HTTP_X_HTTP_METHOD_OVERRIDE", "").upper()
        if wanted in _METHODS:
            environ["REQUEST_METHOD"] = wanted

        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            return start_response(status, headers + _ON_EVERY_ANSWER, *error)

        return application(environ, start)

    return speaking
