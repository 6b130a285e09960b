"""Pages of what a list is narrowed to by words or facets, which an index finds, but in no order.

A common word is nearly everywhere: who goes through the list in its order has soon filled a page. A rare one an index
finds at once. Which of the two it is, the next rows of the list tell; the server itself judges by figures of single
words, which say little of phrases, and nothing of words that only old lessons have.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    and_,
    any_,
    bindparam,
    case,
    func,
    literal,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session

from storage.catalogue import pages
from storage.catalogue.database import PLANNED_ANEW
from storage.catalogue.pages import Listed, Order
from storage.catalogue.reach import Reach

FIRST_ROWS: Final = 600
"""Rows of the list that are looked at first."""

ENOUGH: Final = 6
"""So many of these tell that looking at more of them fills the page sooner than the index does."""

MOST_ROWS: Final = 8000
"""Rows of the list that are looked at, at most."""

MOST_COUNTED: Final = 1000
"""Where counting ends."""


@dataclass(frozen=True, eq=False)
class Narrowing:
    """The same twice: ``indexed`` as the index has it, ``plain`` so that no index is used for it."""

    indexed: Sequence[ColumnElement[bool]]
    plain: Sequence[ColumnElement[bool]]


@dataclass(frozen=True)
class Walk:
    """A list's next ``rows`` that are wanted, their IDs first, and whether there are no others."""

    rows: Sequence[Sequence[Any]]
    is_over: bool

    @property
    def ids(self) -> list[Any]:
        """Their IDs alone."""
        return [row[0] for row in self.rows]


def page(
    session: Session,
    reach: Reach,
    listed: Listed,
    narrowing: Narrowing,
    *,
    order: Order,
    limit: int,
    cursor: Sequence[Any] | None,
    values: Mapping[str, Any],
) -> list[Any]:
    """As ``pages.page``."""
    rows = FIRST_ROWS
    while rows:
        walked = walk(
            session,
            reach,
            listed,
            narrowing,
            order=order,
            rows=rows,
            limit=limit,
            cursor=cursor,
            values=values,
        )
        if walked.is_over or len(walked.rows) == limit:
            return walked.ids
        is_common = rows == FIRST_ROWS and len(walked.rows) >= ENOUGH
        rows = min(MOST_ROWS, 2 * rows * limit // len(walked.rows)) if is_common else 0
    found = _found(reach, listed, narrowing, order.columns).cte("found")
    keys = [found.c[column.key] for column in order.columns]
    query = select(keys[-1]).order_by(*order.by(keys)).limit(limit)
    if cursor is not None:
        query = query.where(order.after(cursor, keys))
    return list(session.execute(query, values).scalars())


def count(
    session: Session,
    reach: Reach,
    listed: Listed,
    narrowing: Narrowing,
    *,
    order: Order,
    values: Mapping[str, Any],
) -> int:
    """How many rows there are; ``MOST_COUNTED`` + 1 if there are more than that."""
    most = MOST_COUNTED + 1
    walked = walk(
        session,
        reach,
        listed,
        narrowing,
        order=order,
        rows=2 * most,
        limit=most,
        cursor=None,
        values=values,
    )
    if walked.is_over or len(walked.rows) == most:
        return len(walked.rows)
    found = _found(reach, listed, narrowing, order.columns).cte("found")
    some = select(literal(1)).select_from(found).limit(most).subquery()
    counted: int = session.execute(select(func.count()).select_from(some), values).scalar_one()
    return counted


def walk(
    session: Session,
    reach: Reach,
    listed: Listed,
    narrowing: Narrowing,
    *,
    order: Order,
    rows: int,
    limit: int,
    cursor: Sequence[Any] | None,
    values: Mapping[str, Any],
    tell: tuple[ColumnElement[Any], ...] = (),
) -> Walk:
    """The first ``limit`` wanted ones among the next ``rows`` rows of the list, each with what is to be told of it.
    That may be made for any that is looked at. ``values`` fill in what the conditions leave open."""
    is_wide = reach.is_wide(session)
    if is_wide and not listed.of_everybody:
        # What no index has in this order is not gone through a hundred times.
        return Walk([], is_over=False)
    query = _walk_query(
        reach.shape,
        listed,
        narrowing,
        order,
        tell,
        of_everybody=is_wide and listed.branch is None,
        goes_on=cursor is not None,
    )
    after = {f"after_{number}": value for number, value in enumerate(cursor or ())}
    asked = {**values, **after, **reach.values, "rows": rows, "limit": limit}
    seen, ids, rest = read_one_row(session, query, asked)
    return Walk(list(zip(ids, *rest, strict=True)), is_over=seen is not None and seen < rows)


# Kept, for making it takes as long as asking: once for each list that is asked for in another way.
@lru_cache(maxsize=128)
def _walk_query(
    reach: Reach,
    listed: Listed,
    narrowing: Narrowing,
    order: Order,
    tell: tuple[ColumnElement[Any], ...],
    *,
    of_everybody: bool,
    goes_on: bool,
) -> Select[Any]:
    told = [column.label(f"told_{number}") for number, column in enumerate(tell)]
    rows = bindparam("rows", type_=Integer)
    cursor = [bindparam(f"after_{number}", type_=each.type) for number, each in enumerate(order.columns)]
    if of_everybody:
        following = select(*order.columns).where(*listed.indexed)
        if goes_on:
            following = following.where(order.after(cursor, order.columns))
        following = following.order_by(*order.by(order.columns)).limit(rows)
        # Gone through no further than to the last one that is wanted. So counting is for the index alone.
        counted: Any = following.subquery("counted")
        wanted = and_(*listed.where, *narrowing.plain).label("is_wanted")
        looked: Any = following.add_columns(wanted, own(reach, listed).label("is_own"), *told).subquery()
        found = select(*looked.c).where(looked.c.is_wanted, looked.c.is_own)
    else:
        page_query = pages.page_query(
            reach, listed, order=order, limit=rows, cursor=cursor if goes_on else None
        )
        counted = page_query.cte("looked")
        key = order.columns[-1]
        found = select(*order.columns, *told).where(key.in_(select(counted.c[key.key])), *narrowing.plain)
    selected = [found.selected_columns[column.key] for column in order.columns]
    limit = bindparam("limit", type_=Integer)
    some = found.order_by(*order.by(selected)).limit(limit).subquery("found")
    return in_one_row(some, order, counted, [column.key for column in told], limit)


def in_one_row(some: Any, order: Order, counted: Any, told: Sequence[str], limit: Any = None) -> Select[Any]:
    """How many rows ``counted`` has, the IDs of ``some`` in order, and its columns that are ``told``. As arrays, for a
    thousand rows take longer to make than to find. Where ``some`` has its ``limit``, nothing is counted: NULL.
    """
    by = order.by([some.c[column.key] for column in order.columns])
    seen: Any = select(func.count()).select_from(counted).scalar_subquery()
    if limit is not None:
        seen = case((func.count() < limit, seen))
    columns = [some.c[order.columns[-1].key], *(some.c[name] for name in told)]
    arrays = [
        func.coalesce(func.array_agg(aggregate_order_by(each, *by)), literal_column("'{}'"))
        for each in columns
    ]
    return select(seen, *arrays).execution_options(**PLANNED_ANEW)


def read_one_row(
    session: Session, query: Select[Any], values: Mapping[str, Any]
) -> tuple[int | None, Sequence[Any], Sequence[Sequence[Any]]]:
    """What ``in_one_row`` asks for."""
    count, ids, *rest = session.execute(query, values).one()
    return count, ids, rest


def _found(reach: Reach, listed: Listed, narrowing: Narrowing, columns: Sequence[Any]) -> Select[Any]:
    """The caller's ones of everybody's rows that the index finds; an offset keeps the server from doing otherwise."""
    branch = [listed.branch == any_(listed.branches)] if listed.branch is not None else []
    return (
        select(*columns)
        .where(*listed.indexed, *narrowing.indexed, *listed.where, *branch, own(reach, listed))
        .offset(0)
    )


def own(reach: Reach, listed: Listed) -> ColumnElement[bool]:
    """Whether a row is one of the caller's."""
    within: ColumnElement[bool] = listed.owner.in_(reach.select())
    if reach.owner_id is None or listed.person is None:
        return within
    return and_(within, listed.person == reach.owner_id)
