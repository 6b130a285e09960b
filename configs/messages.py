"""A sentence for people, which always comes in two languages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final

UNKNOWN: Final = "…"
"""Stands where a sentence has a place for which nobody gave a word."""

_PLACE: Final = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Message:
    """One sentence for people, in English and in Chinese. ``{name}`` is a place for a word."""

    en: str
    zh: str

    def to_json(self) -> dict[str, str]:
        """Return it as answers and pages have it, by language."""
        return asdict(self)

    def filled(self, words: Mapping[str, str]) -> Message:
        """Return the sentence with ``words`` in the places that are called like them."""

        def fill(sentence: str) -> str:
            return _PLACE.sub(lambda place: str(words.get(place[1], UNKNOWN)), sentence)

        return Message(fill(self.en), fill(self.zh))
