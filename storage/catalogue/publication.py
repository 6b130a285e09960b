"""Whether viewers may meet something yet, and still: for rows and, the same, as a condition on models."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final, Protocol

from sqlalchemy import ColumnElement, and_, func, or_

from configs.words import ReviewState

_PUBLISHED: Final[ReviewState] = "published"


class Publishable(Protocol):
    """A row with what decides on it."""

    @property
    def review_state(self) -> Any:
        """How far its review is."""

    @property
    def published_at(self) -> Any:
        """From when on viewers meet it."""

    @property
    def withdraw_at(self) -> Any:
        """From when on they do not."""


def is_published(row: Publishable, now: datetime | None = None) -> bool:
    """Whether viewers may meet it ``now``, whoever they are."""
    moment = now or datetime.now(UTC)
    return (
        row.review_state == _PUBLISHED
        and (row.published_at is None or row.published_at <= moment)
        and (row.withdraw_at is None or row.withdraw_at > moment)
    )


def published(of: Any) -> ColumnElement[bool]:
    """``is_published`` as a condition on the model ``of``."""
    return and_(
        of.review_state == _PUBLISHED,
        or_(of.published_at.is_(None), of.published_at <= func.now()),
        or_(of.withdraw_at.is_(None), of.withdraw_at > func.now()),
    )
