"""Whoever edits a thing as a whole may say which state of it was seen: ``ETag`` and ``If-Match`` (RFC 9110).

A tag is made of what can be edited, and not of what changes by itself, such as how far a lesson is. Where people wait
for that, it follows behind a hyphen, for those who ask with ``If-None-Match`` whether anything is new.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from flask import request
from pydantic_core import to_jsonable_python

from media_service.openapi import Header
from media_service.problems import ApiError, wrong_value

HEADER: Final = "If-Match"

IF_MATCH: Final = Header(
    HEADER,
    "Entity tag of the state that you have seen: what somebody else has changed meanwhile stays (412).",
)
"""For the description of an operation that calls ``require_match``."""

IF_NONE_MATCH: Final = Header(
    "If-None-Match", "`*`: only if there is none yet (412 otherwise).", pattern=r"\*"
)
"""For the description of an operation that calls ``require_state``, beside ``IF_MATCH``."""


def tag_of(*edited: Any) -> str:
    """The part of something's entity tag that is made of the values that can be edited, as a tag."""
    # Members of objects have no order.
    text = json.dumps(edited, ensure_ascii=False, separators=(",", ":"), sort_keys=True, default=_plain)
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:24]}"'


def _plain(value: Any) -> Any:
    return to_jsonable_python(value.astimezone(UTC) if isinstance(value, datetime) else value)


def require_match(tag: Callable[[], str]) -> None:
    """Go on if the client has seen the state that ``tag`` is of, or says nothing. Raises ``changed_meanwhile``, and
    what ``require_understood`` does."""
    require_understood()
    only_if_none = request.if_none_match.star_tag
    if HEADER not in request.headers and not only_if_none:
        return
    current = tag()
    if only_if_none:
        raise ApiError("changed_meanwhile", headers={"ETag": current})
    wanted = request.if_match
    # Weak tags match nothing here (RFC 9110, section 13.1.1).
    # Werkzeug takes an empty tag among others for None.
    seen = {each.partition("-")[0] for each in wanted.as_set() if each}
    if not wanted.star_tag and current.strip('"') not in seen:
        raise ApiError("changed_meanwhile", headers={"ETag": current})


def require_state(tag: str | None) -> None:
    """As ``require_match``, of what may not be there: then ``tag`` is None, and whoever has seen a state is told that
    it is gone. ``If-None-Match: *`` of the client wants it not to be there (RFC 9110, section 13.1.2).
    """
    if tag is not None:
        require_match(lambda: tag)
        return
    require_understood()
    if HEADER in request.headers:
        raise ApiError("changed_meanwhile")


def require_understood() -> None:
    """Refuse (``invalid_request``) whatever ``If-None-Match`` says but ``*``: it would be carried out unheard. For
    those who may find that there is nothing to be changed."""
    if request.headers.get("If-None-Match", "*").strip() != "*":
        raise wrong_value("may only be `*` here", parameter="If-None-Match")
