"""A sentence for people, which always comes in two languages."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Message:
    """One sentence for people, in English and in Chinese."""

    en: str
    zh: str

    def to_json(self) -> dict[str, str]:
        """Return it as answers and pages have it, by language."""
        return asdict(self)
