"""Who tells of a play: a name for a day that leads back to nobody, and what gives a machine away."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Any, Final

from crawleruseragents import is_crawler

from storage.learning.beats import Suspicion

_HASH_LENGTH: Final = 32
_AFTER_MIDNIGHT: Final = timedelta(hours=1)

Salt = Callable[[str], bytes]
"""The secret of a day, given as ISO 8601 writes it."""


@dataclass(frozen=True)
class Viewer:
    """Hashes of a day, and of the day before for the hour in which a view of that one still counts."""

    today: str
    before: str


def name_viewer(identity: str, now: datetime, zone: tzinfo, salt: Salt) -> Viewer:
    """A viewer's names on this day: ``identity`` cannot be found again from them once the salts are gone."""
    local = now.astimezone(zone)
    is_early = timedelta(hours=local.hour, minutes=local.minute) < _AFTER_MIDNIGHT
    yesterday = local.date() - timedelta(days=1)
    return Viewer(
        _hash(identity, salt(local.date().isoformat())),
        _hash(identity, salt(yesterday.isoformat())) if is_early else "",
    )


def identity_of_person(viewers_of: str, viewer: str) -> str:
    """Of whom a token names: a pseudonym of the portal ``viewers_of``."""
    return f"person\n{viewers_of}\n{viewer}"


def identity_of_tab(address: str, tab: str) -> str:
    """Of whom nobody names: a tab of a browser at an address, so that a class behind one address is many."""
    return f"tab\n{address}\n{tab}"


def suspicion_of(environ: dict[str, Any]) -> Suspicion | None:
    """What the headers of a request give away."""
    purpose = (
        environ.get("HTTP_SEC_PURPOSE") or environ.get("HTTP_PURPOSE") or environ.get("HTTP_X_MOZ") or ""
    )
    if "prefetch" in purpose.lower() or "preview" in purpose.lower():
        return "prefetch"
    return "crawler" if _is_crawler(environ.get("HTTP_USER_AGENT", "")[:500]) else None


@lru_cache(maxsize=5_000)
def _is_crawler(user_agent: str) -> bool:
    """By the list of monperrus/crawler-user-agents; who says nothing of themselves is none of those."""
    return bool(is_crawler(user_agent))


def _hash(identity: str, salt: bytes) -> str:
    return hmac.new(salt, identity.encode("utf-8", "surrogateescape"), hashlib.sha256).hexdigest()[
        :_HASH_LENGTH
    ]
