"""Scores as learning platforms take them: Assignment and Grade Services 2.0. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode, urlsplit, urlunsplit

from storage.learning.study_results import Course, Learner

SCOPE: Final = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
SCORE_TYPE: Final = "application/vnd.ims.lis.v1.score+json"

MOST: Final = 100
"""The best score."""


@dataclass(frozen=True)
class Standing:
    """How far a learner has come: ``permille`` of what the link asks for, 1000 only of what is completed."""

    permille: int
    is_completed: bool


def standing(course: Course, result: Learner | None, asset_id: str | None) -> Standing:
    """Of one lesson of the course, or of all of them. It is what reports of study hours say, in one number.

    A course's is the mean of its lessons' or, where it asks for hours, the part of those.
    """
    if result is None:
        return Standing(0, False)
    lessons = [each for each in result.lessons if asset_id in (None, each.asset_id)]
    if asset_id is None and course.required_ms is not None:
        return _standing(result.studied_ms / course.required_ms, result.completed)
    asked = [each for each in lessons if each.asset_id in course.lessons]
    if not asked:
        return Standing(0, False)
    parts = [
        1.0
        if each.completed
        else min(1.0, each.studied_ms / (each.duration * each.needed))
        if each.duration and each.needed
        else 0.0
        for each in asked
    ]
    return _standing(sum(parts) / len(parts), all(each.completed for each in asked))


def _standing(part: float, is_completed: bool) -> Standing:
    return Standing(1000, True) if is_completed else Standing(min(999, round(part * 1000)), False)


def document(user_id: str, found: Standing, at: datetime) -> bytes:
    """The body of a score (section 3.4)."""
    said: dict[str, Any] = {
        "userId": user_id,
        "scoreGiven": found.permille * MOST / 1000,
        "scoreMaximum": MOST,
        "activityProgress": "Completed" if found.is_completed else "InProgress",
        "gradingProgress": "FullyGraded",
        "timestamp": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }
    return json.dumps(said).encode()


def address(line_item: str) -> str:
    """Where scores of a line item are posted: ``/scores`` comes before the query that some platforms have."""
    parts = urlsplit(line_item)
    return urlunsplit(parts._replace(path=f"{parts.path}/scores", fragment=""))


def token_request(assertion: str) -> bytes:
    """The body that asks for an access token for scores (security framework 1.0, section 4.1)."""
    return urlencode(
        {
            "grant_type": "client_credentials",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": assertion,
            "scope": SCOPE,
        }
    ).encode()


def assertion(client_id: str, audience: str, now: int, name: str) -> dict[str, Any]:
    """The claims by which we show a platform's token server who we are; ``name`` is never used twice."""
    return {
        "iss": client_id,
        "sub": client_id,
        "aud": audience,
        "iat": now - 5,
        "exp": now + 60,
        "jti": name,
    }


def read_token(body: bytes) -> tuple[str, int] | None:
    """An access token and the seconds for which it counts; None if the answer is none."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return None
    token = said.get("access_token") if isinstance(said, dict) else None
    if not isinstance(token, str) or not token.isascii() or not token.isprintable() or len(token) > 8192:
        return None
    seconds = said.get("expires_in")
    is_number = isinstance(seconds, int | float) and not isinstance(seconds, bool) and 0 < seconds < 86_400
    return token, int(seconds) if is_number else 60
