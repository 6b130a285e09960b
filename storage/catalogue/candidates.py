"""What a search chooses from: at most 1,000 assets that hold the words, the most clicked ones or the newest.

No search may cost more than so much, however common its words are and however few of those that hold them are the
caller's. Each way of looking has its end, therefore: the next rows of a list in its order, where what is common is soon
found, and what an index has, where what is rare is all of it. ``more`` tells that an end was met.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, case, cast, false, func, literal, not_, select, true
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import Session

from configs.words import AssetKind, VersionState
from storage.catalogue import asset_lists, narrowed
from storage.catalogue.asset_lists import AssetFilter
from storage.catalogue.models import Asset, Passage
from storage.catalogue.narrowed import Narrowing
from storage.catalogue.pages import Listed, Order
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
_PLAYS: Final[tuple[VersionState, ...]] = ("playable", "ready")

TITLE_ITSELF, TITLE, KEYWORDS, DESCRIPTION, PASSAGES = range(5)
"""Where all words of a search stand, the best first."""


@dataclass(frozen=True)
class Audience:
    """For whom is searched: assets within ``reach`` of which ``where`` is true, and collections of which ``courses``
    is. A public library has the reach of its organization and conditions that let in what everybody may see."""

    reach: Reach
    where: Sequence[ColumnElement[bool]] = ()
    courses: Sequence[ColumnElement[bool]] = ()


@dataclass(frozen=True)
class Wanted:
    """What is looked for: ``chunks`` of words (``search_words.chunks_of``), none where there are none; ``text`` as it
    was typed. Durations in seconds, the longest one left out."""

    text: str
    chunks: Sequence[Sequence[Piece]]
    narrowed_to: AssetFilter = AssetFilter()
    kinds: Sequence[AssetKind] = ()
    shortest: float | None = None
    longest: float | None = None

    @property
    def has_words(self) -> bool:
        """Whether anything was typed: what has no word in it finds nothing."""
        return bool(self.text.strip())

    @property
    def title(self) -> str:
        """What a title would be that is just this, without what no title holds."""
        return "".join(filter(str.isprintable, self.text)).strip().lower()


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
    search = query_of(wanted.chunks) if wanted.chunks else None
    listed, narrowing = _conditions(audience, wanted, search)

    told = _told(wanted)

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
    indexed = _indexed(session, audience.reach, wanted, listed, narrowing, order=order, limit=most + 1)
    if not indexed.more:
        return _cut(indexed.found, most)
    # Common, but not among the caller's own, or not where else is said what is wanted.
    found, is_over = walk(MOST_WALKED)
    return _cut(found, most) if is_over else _cut([*found, *indexed.found], most, more=True)


def _cut(found: Sequence[Candidate], most: int, *, more: bool = False) -> Candidates:
    """Each of them once."""
    each = list({one.id: one for one in reversed(found)}.values())[::-1]
    return Candidates(each[:most], more=more or len(each) > most)


def _told(wanted: Wanted) -> list[Any]:
    """What makes a row a ``Candidate``, beside its ID."""
    return [fit(wanted, Asset).label("fit"), Asset.clicks.label("told_clicks")]


def _conditions(audience: Audience, wanted: Wanted, search: str | None) -> tuple[Listed, Narrowing]:
    listed, narrowing = asset_lists.conditions(replace(wanted.narrowed_to, search=search))
    where = [*listed.where, *audience.where, Asset.state.in_(_PLAYS)]
    if wanted.kinds:
        where.append(Asset.kind.in_(wanted.kinds))
    if wanted.shortest is not None:
        where.append(Asset.duration >= wanted.shortest)
    if wanted.longest is not None:
        where.append(Asset.duration < wanted.longest)
    return replace(listed, where=where, of_everybody=True), narrowing


def _indexed(
    session: Session,
    reach: Reach,
    wanted: Wanted,
    listed: Listed,
    narrowing: Narrowing,
    *,
    order: Order,
    limit: int,
) -> Candidates:
    """The caller's ones of everybody's rows that the index finds, ``more`` if it finds too many."""
    found = (
        _judged(reach, wanted, listed, order, listed.where)
        .where(*listed.indexed, *narrowing.indexed)
        .limit(MOST_INDEXED + 1)
        .cte("found")
    )
    return _best(session, found, order, limit, most_seen=MOST_INDEXED)


def _heard(session: Session, audience: Audience, wanted: Wanted, order: Order) -> Candidates:
    """Those in which the words are said, or a chapter called so: of the version that plays."""
    holds = Passage.words.bool_op("@@")(cast(literal(query_of(wanted.chunks)), TSQUERY))
    listed, narrowing = _conditions(audience, wanted, None)
    said = select(Passage.asset_id, Passage.version_id).where(holds).limit(MOST_PASSAGES + 1).cte("said")
    each = select(said.c.asset_id, said.c.version_id).distinct().subquery("each")
    # An offset keeps the server from reading all assets for it.
    one = (
        _judged(audience.reach, wanted, listed, order, [*listed.where, *narrowing.plain])
        .where(Asset.id == each.c.asset_id, Asset.current_version_id == each.c.version_id, *listed.indexed)
        .offset(0)
        .lateral("one")
    )
    found = select(one).select_from(each.join(one, literal(True))).cte("found")
    some = _best(session, found, order, MOST, most_seen=MOST_PASSAGES, seen=said)
    if not some.more:
        return some
    # Nearly everybody's: so the caller's best ones are asked, too.
    listed, narrowing = _conditions(
        audience, replace(wanted, narrowed_to=replace(wanted.narrowed_to, has_captions=True)), None
    )
    # An offset keeps the server from looking for everybody's.
    own_passage = (
        select(Passage.asset_id)
        .where(Passage.asset_id == Asset.id, Passage.version_id == Asset.current_version_id, holds)
        .offset(0)
        .exists()
    )
    asked = narrowed.walk(
        session,
        audience.reach,
        listed,
        replace(narrowing, plain=[*narrowing.plain, own_passage]),
        order=order,
        rows=narrowed.FIRST_ROWS,
        limit=LISTENED,
        cursor=None,
        tell=_told(wanted),
    )
    return Candidates([*(Candidate(*row) for row in asked.rows), *some.found], more=True)


def _judged(
    reach: Reach, wanted: Wanted, listed: Listed, order: Order, where: Sequence[ColumnElement[bool]]
) -> Select[Any]:
    """Rows with whether they are the caller's and wanted."""
    return select(
        *order.columns,
        narrowed.own(reach, listed).label("is_own"),
        and_(true(), *where).label("fits"),
        *_told(wanted),
    )


def _best(
    session: Session, found: Any, order: Order, limit: int, *, most_seen: int, seen: Any = None
) -> Candidates:
    """The first in order of what was found, as far as it is wanted; ``more`` if more was ``seen`` than is looked at."""
    keys = [found.c[column.key] for column in order.columns]
    best = select(*keys, found.c.fit, found.c.told_clicks).where(found.c.is_own, found.c.fits)
    some = best.order_by(*order.by(keys)).limit(limit).subquery("best")
    count, ids, rest = narrowed.in_one_row(
        session, some, order, found if seen is None else seen, ["fit", "told_clicks"]
    )
    return Candidates([*map(Candidate, ids, *rest)], more=count > most_seen)


def fit(wanted: Wanted, of: Any) -> ColumnElement[int]:
    """Where all words stand in a row of the model ``of``."""
    if not wanted.chunks:
        return literal(TITLE_ITSELF)

    def holds(weights: str) -> ColumnElement[bool]:
        found: ColumnElement[bool] = of.search_words.bool_op("@@")(
            cast(literal(query_of(wanted.chunks, weights)), TSQUERY)
        )
        return found

    # Of most rows that are looked at nothing else is asked.
    return case(
        (not_(func.coalesce(holds(""), false())), PASSAGES),
        (func.lower(of.title) == wanted.title, TITLE_ITSELF),
        (holds("A"), TITLE),
        (holds("AB"), KEYWORDS),
        else_=DESCRIPTION,
    )
