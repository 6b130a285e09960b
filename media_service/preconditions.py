"""Whoever edits a thing as a whole may say which state of it was seen: ``ETag`` and ``If-Match`` (RFC 9110).

A tag is made of what can be edited, and not of what changes by itself, such as how far a lesson is.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any, Final

from flask import request

from media_service.openapi import Header
from media_service.problems import ApiError

HEADER: Final = "If-Match"

IF_MATCH: Final = Header(
    HEADER,
    "Entity tag of the state that you have seen: what somebody else has changed meanwhile stays (412).",
)
"""For the description of an operation that calls ``require_match``."""


def tag_of(*edited: Any) -> str:
    """The entity tag of something, from the values that can be edited."""
    text = json.dumps(edited, ensure_ascii=False, separators=(",", ":"))
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:24]}"'


def require_match(tag: Callable[[], str]) -> None:
    """Go on if the client has seen the state that ``tag`` is of, or says nothing. Raises ``changed_meanwhile``."""
    if HEADER not in request.headers:
        return
    wanted, current = request.if_match, tag()
    # Weak tags match nothing here (RFC 9110, section 13.1.1).
    if not wanted.star_tag and not wanted.contains(current.strip('"')):
        raise ApiError("changed_meanwhile", headers={"ETag": current})
