"""How often a playlist was fetched that a play begins with, by players of any kind. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from configs.words import StartKind


@dataclass(frozen=True)
class StartCount:
    """What one process counted of one asset for about a second: ``at`` is in milliseconds since 1970, ``batch`` the
    name of the count, so that it counts once however often it is brought."""

    batch: str
    at: int
    asset_id: str
    organization_id: str
    partner_id: str
    kind: StartKind
    number: int


def to_text(counts: Sequence[StartCount]) -> str:
    """As they lie in Redis, beside beats."""
    return json.dumps({"starts": [asdict(count) for count in counts]}, separators=(",", ":"))


def from_text(text: str) -> list[StartCount] | None:
    """What ``to_text`` wrote; None if it is something else. Raises ``ValueError`` for what is no JSON."""
    value = json.loads(text)
    if not isinstance(value, dict) or "starts" not in value:
        return None
    try:
        return [StartCount(**count) for count in value["starts"]]
    except (TypeError, AttributeError) as error:
        raise ValueError(f"no starts: {error!r}") from error
