"""What an upload would hold of its organization's quotas, and how its author is told that it is too much."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy.orm import Session

from configs.settings import Settings
from configs.words import QuotaUnit
from media_service import auth
from media_service.problems import ApiError, ErrorCode
from media_service.services import services
from media_service.uploads.protocol import Intake
from storage.catalogue import quotas
from storage.catalogue.quotas import Amounts, Holder, Limits, QuotaExceeded

_CODES: Final[dict[QuotaUnit, ErrorCode]] = {
    "bytes": "quota_exceeded",
    "seconds": "quota_minutes_exceeded",
    "uploads": "quota_uploads_exceeded",
}
QUOTA_ERRORS: Final[tuple[ErrorCode, ...]] = tuple(_CODES.values())

_SCALE: Final = (("TB", 10**12), ("GB", 10**9), ("MB", 10**6), ("kB", 10**3))


def default_limits(settings: Settings) -> Limits:
    """The quota of organizations for which none was set."""
    minutes = settings.quota_minutes
    return Limits(settings.quota_bytes, None if minutes is None else 60 * minutes, settings.quota_uploads)


def holder(organization_id: str, person_id: str | None) -> Holder:
    """Whose quotas count."""
    return Holder(organization_id, person_id, default_limits(services().settings))


def reserve(session: Session, organization_id: str, intake: Intake) -> None:
    """Keep room for an upload, in the transaction that makes it. Raises ``QUOTA_ERRORS``."""
    wanted = Amounts(intake.length or 0, intake.seconds or 0, 1)
    with refusing():
        quotas.reserve(session, holder(organization_id, auth.caller().person_id), wanted)


@contextmanager
def refusing() -> Iterator[None]:
    """Tell authors, in sentences that can be shown to them, what is left."""
    try:
        yield
    except QuotaExceeded as exceeded:
        unit, standing = exceeded.unit, exceeded.standing
        left, limit = max(0, standing.left(unit) or 0), standing.limits.of(unit) or 0
        words = {
            "wanted": _shown(unit, exceeded.wanted),
            "left": _shown(unit, left),
            "limit": _shown(unit, limit),
        }
        headers = {"Retry-After": "30"} if unit == "uploads" else None
        raise ApiError(_CODES[unit], headers=headers, words=words) from None


def _shown(unit: QuotaUnit, amount: float) -> str:
    if unit == "bytes":
        return size_shown(int(amount))
    return str(int(amount // 60) if unit == "seconds" else int(amount))


def size_shown(size: int) -> str:
    """A number of bytes as people read it in either language: ``1.4 GB``, never more than there are."""
    for name, unit in _SCALE:
        if size >= unit:
            return f"{size * 10 // unit / 10:g} {name}"
    return f"{size} B"
