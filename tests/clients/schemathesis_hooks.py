"""Bytes are sent as they are, whatever their protocol calls them; who is told to ask again later does; and most
requests are about things that there are."""

from __future__ import annotations

import json
import os
import time
import zlib
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

import requests
import schemathesis
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation import GenerationMode

schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")

_PATIENCE: Final = 120.0
"""Seconds after which a server that is away counts as broken: on a busy machine PostgreSQL may be slow to answer."""

THINGS: Final = "LESSONSTREAM_THINGS"
"""The variable with IDs by the name of their parameter, as JSON. What is deleted is one of those after the first."""

_SOME_OF: Final = 4
"""Of so many requests one goes on asking for what there is not."""

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

_things: Final[Mapping[str, Sequence[str]]] = json.loads(os.environ.get(THINGS, "{}"))


@schemathesis.hook
def before_call(_context: Any, case: Any, _kwargs: Any) -> None:
    """Ask for what there is, but where the request is wrong on purpose."""
    for location, values in (
        (ParameterLocation.PATH, case.path_parameters),
        (ParameterLocation.QUERY, case.query),
    ):
        made = case.meta.components.get(location) if case.meta is not None else None
        if not values or made is None or made.mode is not GenerationMode.POSITIVE:
            continue
        for name in values.keys() & _things.keys():
            drawn = zlib.crc32(str(values[name]).encode("utf-8", "replace"))
            if drawn % _SOME_OF:
                known = _things[name]
                values[name] = known[
                    drawn % len(known[1:]) + 1 if case.method == "DELETE" and known[1:] else 0
                ]
