"""Bytes are sent as they are, whatever their protocol calls them; and who is told to ask again later does."""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import Any, Final

import requests
import schemathesis

schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")

_PATIENCE: Final = 120.0
"""Seconds after which a server that is away counts as broken: on a busy machine PostgreSQL may be slow to answer."""

_send = requests.Session.send


def _send_until_answered(self: requests.Session, request: Any, **kwargs: Any) -> requests.Response:
    began = time.monotonic()
    while True:
        answer = _send(self, request, **kwargs)
        later = answer.headers.get("Retry-After")
        if answer.status_code != HTTPStatus.SERVICE_UNAVAILABLE or later is None:
            return answer
        if time.monotonic() + float(later) - began > _PATIENCE:
            return answer
        answer.close()
        time.sleep(float(later))


requests.Session.send = _send_until_answered  # type: ignore[method-assign]
