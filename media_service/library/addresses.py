"""Addresses of a library's pages. What a reader has chosen, language and large print, goes along in each. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlencode

from media_service.reference_text import Language

LARGE: Final = "large"


@dataclass(frozen=True)
class Addresses:
    """Those of the library that is called ``name``; ``language`` is None where the reader has chosen none, ``large``
    is whether they want large print. ``public_url`` begins addresses that stand outside of pages."""

    name: str
    public_url: str = ""
    language: Language | None = None
    large: bool = False

    @property
    def bare(self) -> Addresses:
        """As anybody else may follow them: without what this reader has chosen."""
        return Addresses(self.name, self.public_url)

    def in_language(self, language: Language) -> Addresses:
        """The same pages in this language."""
        return replace(self, language=language)

    def to(self, path: str = "", **query: str | float | None) -> str:
        """A page of the library below its home, with these parameters as far as they say anything."""
        chosen = {"lang": self.language, "print": LARGE if self.large else None}
        said = with_query({**query, **chosen})
        return f"/library/{self.name}{path and f'/{path}'}{said}"

    def home(self) -> str:
        """The first page."""
        return self.to()

    def search(self, **query: str | float | None) -> str:
        """Search results."""
        return self.to("search", **query)

    def subject(self, category_id: str, **query: str | float | None) -> str:
        """What stands in a category."""
        return self.to(f"subjects/{category_id}", **query)

    def course(self, public_id: str) -> str:
        """A course."""
        return self.to(f"courses/{public_id}")

    def lesson(self, asset_id: str, **query: str | float | None) -> str:
        """A lesson; ``t`` are the seconds at which it begins, ``find`` are words to be marked, ``course`` is the public
        ID of the course that it is watched in."""
        return self.to(f"lessons/{asset_id}", **query)

    def here(self, **query: str | float | None) -> str:
        """The page that is shown, with these parameters: short, for a page may have a thousand such links."""
        return f"?{self.to('', **query).partition('?')[2]}"

    def play(self, asset_id: str, **query: str | float | None) -> str:
        """The player alone, for whoever runs no script here."""
        return self.to(f"lessons/{asset_id}/play", **query)

    def poster(self, asset_id: str, width: int, stamp: str = "") -> str:
        """The picture that stands for a lesson; ``stamp`` changes with it."""
        query = f"?{urlencode({'v': stamp})}" if stamp else ""
        return f"/library/{self.name}/lessons/{asset_id}/poster-{width}.webp{query}"


def with_query(query: Mapping[str, str | float | None]) -> str:
    """The parameters as an address ends with them, but for those that say nothing."""
    said = {name: _written(value) for name, value in query.items() if value not in (None, "")}
    return f"?{urlencode(said)}" if said else ""


def _written(value: str | float | None) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
