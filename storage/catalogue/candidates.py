"""What a search chooses from: at most 1,000 assets that hold the words, the most clicked ones or the newest.

No search may cost more than so much, however common its words are and however few of those that hold them are the
caller's. Each way of looking has its end, therefore: the next rows of a list in its order, where what is common is soon
found, and what an index has, where what is rare is all of it. ``more`` tells that an end was met.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, NamedTuple

from sqlalchemy import ColumnElement, Select
from sqlalchemy.orm import Session

from configs.words import AssetKind
from storage.catalogue import asset_lists, candidate_queries, narrowed
from storage.catalogue.asset_lists import Asked, AssetFilter
from storage.catalogue.models import Asset
from storage.catalogue.pages import Order
from storage.catalogue.reach import Reach
from storage.search_words import Piece, query_of

MOST: Final = 1000
"""Candidates; where counting ends, too."""

COMMON: Final = 24
"""Of the first rows of a list (``narrowed.FIRST_ROWS``): so many tell that going on fills the candidates soonest."""

MOST_WALKED: Final = 5000
"""Rows of a list that are looked at, at most."""

MOST_INDEXED: Final = 5000
"""Rows that are taken from the index of words."""

MOST_PASSAGES: Final = 1000
"""The same of passages, whose rows are longer."""

LISTENED: Final = 100
"""Assets that are looked for by their own passages, where nearly all of everybody's hold a word."""

SearchOrder = Literal["relevance", "clicks", "-created_at"]
"""By what results may be ordered: how well they fit, and those that fit equally by clicks."""

_BY_CLICKS: Final = Order((Asset.clicks, Asset.id), descending=True)
_ORDERS: Final[dict[SearchOrder, Order]] = {
    "relevance": _BY_CLICKS,
    "clicks": _BY_CLICKS,
    "-created_at": asset_lists.ORDERS["-created_at"],
}


@dataclass(frozen=True)
class Audience:
    """For whom is searched: assets within ``reach`` of which ``where`` is true, and collections of which ``courses``
    is. A public library has the reach of its organization and conditions that let in what everybody may see."""

    reach: Reach
    where: tuple[ColumnElement[bool], ...] = ()
    courses: tuple[ColumnElement[bool], ...] = ()


@dataclass(frozen=True)
class Wanted:
    """What is looked for: ``chunks`` of words (``search_words.chunks_of``), none where there are none; ``text`` as it
    was typed. Durations in seconds, the longest one left out. ``with_external``: also references to pages of other
    sites, which do not play here."""

    text: str
    chunks: Sequence[Sequence[Piece]]
    narrowed_to: AssetFilter = AssetFilter()
    kinds: Sequence[AssetKind] = ()
    shortest: float | None = None
    longest: float | None = None
    with_external: bool = False

    @property
    def has_words(self) -> bool:
        """Whether anything was typed: what has no word in it finds nothing."""
        return bool(self.text.strip())

    @property
    def title(self) -> str:
        """What a title would be that is just this, without what no title holds."""
        return "".join(filter(str.isprintable, self.text)).strip().lower()

    @property
    def values(self) -> dict[str, Any]:
        """What statements leave open that are made once for all words."""
        if not self.chunks:
            return {}
        weighed = {f"words_{weights}": query_of(self.chunks, weights) for weights in ("", "A", "AB")}
        return {**weighed, "typed": self.title}


class Candidate(NamedTuple):
    """An asset as far as it is chosen by."""

    id: str
    fit: int
    clicks: int


@dataclass(frozen=True)
class Candidates:
    """``more``: there are others, which the search did not reach."""

    found: Sequence[Candidate]
    more: bool

    @property
    def ids(self) -> list[str]:
        """Their IDs."""
        return [one.id for one in self.found]


def candidates(
    session: Session, audience: Audience, wanted: Wanted, order: SearchOrder = "relevance"
) -> Candidates:
    """Assets that play and hold the words, in no order."""
    some = named(session, audience, wanted, _ORDERS[order], MOST)
    if not wanted.chunks or len(some.found) == MOST:
        return some
    heard = _heard(session, audience, wanted, _ORDERS[order])
    return _cut([*some.found, *heard.found], MOST, more=some.more or heard.more)


def named(
    session: Session, audience: Audience, wanted: Wanted, order: Order = _BY_CLICKS, most: int = MOST
) -> Candidates:
    """Those whose title, keywords or description hold the words."""
    if wanted.has_words and not wanted.chunks:
        return Candidates([], more=False)
    listed, narrowing, values = _asked(audience, wanted, query_of(wanted.chunks) or None)
    told = candidate_queries.told(bool(wanted.chunks))

    def walk(rows: int, limit: int = most + 1) -> tuple[list[Candidate], bool]:
        walked = narrowed.walk(
            session,
            audience.reach,
            listed,
            narrowing,
            order=order,
            rows=rows,
            limit=limit,
            cursor=None,
            values=values,
            tell=told,
        )
        return [Candidate(*row) for row in walked.rows], walked.is_over

    # Everybody's rows are gone through one by one, so that those of a common word end soon.
    enough = COMMON if audience.reach.is_wide(session) and most > COMMON else most + 1
    found, is_over = walk(narrowed.FIRST_ROWS, enough)
    if len(found) > most or (is_over and len(found) < enough):
        return _cut(found, most)
    if len(found) >= COMMON or not narrowing.indexed:
        rows = narrowed.FIRST_ROWS * most * 5 // 4 // max(1, len(found))
        found, is_over = walk(min(MOST_WALKED, rows))
        return _cut(found, most, more=not is_over)
    query = candidate_queries.indexed(audience.reach.shape, listed, narrowing, order, told)
    asked = {**values, **audience.reach.values, "limit": most + 1, "seen": MOST_INDEXED + 1}
    indexed = _read(session, query, asked, most_seen=MOST_INDEXED)
    if not indexed.more:
        return _cut(indexed.found, most)
    # Common, but not among the caller's own, or not where else is said what is wanted.
    found, is_over = walk(MOST_WALKED)
    return _cut(found, most) if is_over else _cut([*found, *indexed.found], most, more=True)


def _cut(found: Sequence[Candidate], most: int, *, more: bool = False) -> Candidates:
    """Each of them once."""
    each = list({one.id: one for one in reversed(found)}.values())[::-1]
    return Candidates(each[:most], more=more or len(each) > most)


def _asked(audience: Audience, wanted: Wanted, search: str | None) -> Asked:
    """The assets among which is looked, and all values that fill in what is asked of them."""
    of = asset_lists.asked(replace(wanted.narrowed_to, search=search))
    further = {"kinds_wanted": list(wanted.kinds), "shortest": wanted.shortest, "longest": wanted.longest}
    given = {name: value for name, value in further.items() if value not in ([], None)}
    extent = [candidate_queries.WITH_EXTERNAL] if wanted.with_external else []
    listed = candidate_queries.that_play(of.listed, audience.where, frozenset([*given, *extent]))
    return Asked(listed, of.narrowing, {**of.values, **given, **wanted.values})


def _heard(session: Session, audience: Audience, wanted: Wanted, order: Order) -> Candidates:
    """Those in which the words are said, or a chapter called so: of the version that plays."""
    listed, narrowing, values = _asked(audience, wanted, None)
    reach, told = audience.reach, candidate_queries.told(bool(wanted.chunks))
    query = candidate_queries.said(reach.shape, listed, narrowing, order, told)
    asked = {**values, **reach.values, "limit": MOST, "seen": MOST_PASSAGES + 1}
    some = _read(session, query, asked, most_seen=MOST_PASSAGES)
    if not some.more:
        return some
    # Nearly everybody's: so the caller's best ones are asked, too.
    with_captions = replace(wanted, narrowed_to=replace(wanted.narrowed_to, has_captions=True))
    listed, narrowing, values = _asked(audience, with_captions, None)
    own = narrowed.walk(
        session,
        reach,
        listed,
        candidate_queries.with_passages(narrowing),
        order=order,
        rows=narrowed.FIRST_ROWS,
        limit=LISTENED,
        cursor=None,
        values=values,
        tell=told,
    )
    return Candidates([*(Candidate(*row) for row in own.rows), *some.found], more=True)


def _read(session: Session, query: Select[Any], values: Mapping[str, Any], *, most_seen: int) -> Candidates:
    """``more`` if more was seen than is looked at."""
    count, ids, rest = narrowed.read_one_row(session, query, values)
    return Candidates([*map(Candidate, ids, *rest)], more=count is not None and count > most_seen)
