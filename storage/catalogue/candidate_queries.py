"""What searches ask: statements that are made once for each way of looking and filled in with words and limits
(``candidates``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache, lru_cache
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Integer,
    Select,
    Text,
    and_,
    any_,
    bindparam,
    case,
    cast,
    false,
    func,
    literal,
    not_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import TSQUERY

from configs.words import VersionState
from storage.catalogue import narrowed
from storage.catalogue.models import Asset, Passage
from storage.catalogue.narrowed import Narrowing
from storage.catalogue.pages import Listed, Order
from storage.catalogue.reach import Reach

_PLAYS: Final[tuple[VersionState, ...]] = ("playable", "ready")

WITH_EXTERNAL: Final = "with external"

TITLE_ITSELF, TITLE, KEYWORDS, DESCRIPTION, PASSAGES = range(5)
"""Where all words of a search stand, the best first."""


# Statements and what they are made of are kept, for making them takes as long as asking.
@lru_cache(maxsize=128)
def that_play(listed: Listed, where: tuple[ColumnElement[bool], ...], given: frozenset[str]) -> Listed:
    """Those that play, as far as ``where`` says so and what is ``given`` beside words and filters;
    ``WITH_EXTERNAL``: and references to pages of other sites."""
    states = (*_PLAYS, *(("external",) if WITH_EXTERNAL in given else ()))
    conditions = [*listed.where, *where, Asset.state.in_(states)]
    if "kinds_wanted" in given:
        conditions.append(Asset.kind == any_(bindparam("kinds_wanted", type_=ARRAY(Text))))
    if "shortest" in given:
        conditions.append(Asset.duration >= bindparam("shortest"))
    if "longest" in given:
        conditions.append(Asset.duration < bindparam("longest"))
    return replace(listed, where=conditions, of_everybody=True)


@cache
def told(has_words: bool) -> tuple[ColumnElement[Any], ...]:
    """What makes a row a ``Candidate``, beside its ID."""
    return fit(Asset, has_words=has_words).label("fit"), Asset.clicks.label("told_clicks")


@lru_cache(maxsize=128)
def indexed(
    reach: Reach, listed: Listed, narrowing: Narrowing, order: Order, told: tuple[ColumnElement[Any], ...]
) -> Select[Any]:
    """The caller's ones of everybody's rows that the index finds."""
    found = (
        _judged(reach, listed, order, listed.where, told)
        .where(*listed.indexed, *narrowing.indexed)
        .limit(bindparam("seen", type_=Integer))
        .cte("found")
    )
    return _best(found, order)


@lru_cache(maxsize=128)
def said(
    reach: Reach, listed: Listed, narrowing: Narrowing, order: Order, told: tuple[ColumnElement[Any], ...]
) -> Select[Any]:
    """Those in which the words are said: of the version that plays."""
    holding = select(Passage.asset_id, Passage.version_id).where(_HOLDS)
    some = holding.limit(bindparam("seen", type_=Integer)).cte("said")
    each = select(some.c.asset_id, some.c.version_id).distinct().subquery("each")
    # An offset keeps the server from reading all assets for it.
    one = (
        _judged(reach, listed, order, [*listed.where, *narrowing.plain], told)
        .where(Asset.id == each.c.asset_id, Asset.current_version_id == each.c.version_id, *listed.indexed)
        .offset(0)
        .lateral("one")
    )
    found = select(one).select_from(each.join(one, literal(True))).cte("found")
    return _best(found, order, seen=some)


@lru_cache(maxsize=128)
def with_passages(narrowing: Narrowing) -> Narrowing:
    """Only those with a passage that holds the words."""
    # An offset keeps the server from looking for everybody's.
    own_passage = (
        select(Passage.asset_id)
        .where(Passage.asset_id == Asset.id, Passage.version_id == Asset.current_version_id, _HOLDS)
        .offset(0)
        .exists()
    )
    return replace(narrowing, plain=[*narrowing.plain, own_passage])


def _judged(
    reach: Reach,
    listed: Listed,
    order: Order,
    where: Sequence[ColumnElement[bool]],
    told: tuple[ColumnElement[Any], ...],
) -> Select[Any]:
    """Rows with whether they are the caller's and wanted."""
    return select(
        *order.columns,
        narrowed.own(reach, listed).label("is_own"),
        and_(true(), *where).label("fits"),
        *told,
    )


def _best(found: Any, order: Order, *, seen: Any = None) -> Select[Any]:
    """The first in order of what was ``found``, as far as it is wanted, and how much was ``seen``."""
    keys = [found.c[column.key] for column in order.columns]
    best = select(*keys, found.c.fit, found.c.told_clicks).where(found.c.is_own, found.c.fits)
    some = best.order_by(*order.by(keys)).limit(bindparam("limit", type_=Integer)).subquery("best")
    return narrowed.in_one_row(some, order, found if seen is None else seen, ["fit", "told_clicks"])


def _query(weights: str = "") -> ColumnElement[Any]:
    return cast(bindparam(f"words_{weights}"), TSQUERY)


_HOLDS: Final = Passage.words.bool_op("@@")(_query())
"""Whether the words are said in a passage."""


def fit(of: Any, *, has_words: bool) -> ColumnElement[int]:
    """Where all words stand in a row of the model ``of``, asked with ``Wanted.values``."""
    if not has_words:
        return literal(TITLE_ITSELF)

    def holds(weights: str) -> ColumnElement[bool]:
        found: ColumnElement[bool] = of.search_words.bool_op("@@")(_query(weights))
        return found

    # Of most rows that are looked at nothing else is asked.
    return case(
        (not_(func.coalesce(holds(""), false())), PASSAGES),
        (func.lower(of.title) == bindparam("typed"), TITLE_ITSELF),
        (holds("A"), TITLE),
        (holds("AB"), KEYWORDS),
        else_=DESCRIPTION,
    )
