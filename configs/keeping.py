"""What the keeper does, and how often."""

from __future__ import annotations

from typing import Final

KEEPING: Final[dict[str, float]] = {
    "relay": 1,
    "reap": 5,
    "lost wake-ups": 10,
    "stranded uploads": 5,
    "expired uploads": 300,
    "deleted assets": 30,
    "awaited versions": 10,
    "retired versions": 60,
    "unwanted sources": 600,
    "orphaned objects": 3600,
    "missing facts": 10,
    "finished chunks": 30,
    "missing words": 10,
    "missing passages": 3,
    "catalogue changes": 1,
    "withdrawals": 60,
    "count": 300,
    "old records": 600,
    "beats": 1,
    "view days": 1,
    "view partitions": 3600,
    "storage days": 3600,
    "linked platforms": 1,
    "subscriptions": 1,
    "mirrors": 1,
    "unchecked mirrors": 10,
    "totals": 1,
    "harvests": 2,
    "offers": 1,
    "followed courses": 1,
}
"""Tasks by name, and the seconds between two rounds of each."""
