"""Pages of long lists, whose rows belong to the organizations of a tree.

However many rows there are and however few are the caller's, a page costs one look into an index for each of the
caller's organizations, and as many entries of it as the page has. PostgreSQL does not find that way by itself: it
either sorts all the caller's rows or walks through everybody's in the order of the page.

For a province that is a thousand looks, and nearly all rows are its own anyway. So who has that many organizations
first takes a glance at everybody's next rows, and looks on only where that does not tell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    and_,
    any_,
    false,
    func,
    literal,
    select,
    tuple_,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from storage.catalogue.reach import Reach

MOST_COUNTED: Final = 10_000
"""Where counting ends."""

GLANCE: Final = 6
"""How many of everybody's rows are looked at for each row of a page."""


Columns = Sequence[ColumnElement[Any]] | Sequence[InstrumentedAttribute[Any]]


@dataclass(frozen=True)
class Order:
    """``columns`` end with the ID, and some index has them after the organization and what is filtered by."""

    columns: tuple[InstrumentedAttribute[Any], ...]
    descending: bool = False

    def after(self, cursor: Sequence[Any], columns: Columns) -> ColumnElement[bool]:
        """Whether a row comes after the one with these values."""
        row, last = tuple_(*columns), tuple_(*(_as_value(value) for value in cursor))
        return row < last if self.descending else row > last

    def by(self, columns: Columns) -> list[ColumnElement[Any]]:
        """What to order by."""
        return [column.desc() if self.descending else column.asc() for column in columns]


@dataclass(frozen=True, eq=False)
class Listed:
    """Rows of a table that ``owner`` gives to organizations, as far as ``where`` says so. ``branches`` is an array of
    values of which a row has to have one: an index has ``branch`` right after the owner. ``indexed`` is what
    these indexes are limited to; ``of_everybody`` says that there are such without the owner, too. ``person`` is who
    brought or made a row; without it nobody sees any who sees only what is their own."""

    owner: InstrumentedAttribute[str]
    where: Sequence[ColumnElement[bool]] = ()
    branch: InstrumentedAttribute[Any] | None = None
    branches: Any = None
    indexed: Sequence[ColumnElement[bool]] = ()
    of_everybody: bool = False
    person: InstrumentedAttribute[Any] | None = None


def page(
    session: Session,
    reach: Reach,
    listed: Listed,
    *,
    order: Order,
    limit: int,
    cursor: Sequence[Any] | None,
    values: Mapping[str, Any] | None = None,
) -> list[Any]:
    """IDs of the next ``limit`` rows after ``cursor``, the values of the last row's ``order``; ``values`` fill in what
    ``listed`` leaves open."""
    if listed.of_everybody and reach.is_wide(session):
        following = _glance_query(reach, listed, order=order, limit=limit, cursor=cursor)
        glance = session.execute(following, values).all()
        found = [row.id for row in glance if row.id is not None]
        if len(found) == limit or glance[0].seen < GLANCE * limit:
            return found
    query = page_query(reach, listed, order=order, limit=limit, cursor=cursor)
    return list(session.execute(query, values).scalars())


def page_query(
    reach: Reach, listed: Listed, *, order: Order, limit: Any, cursor: Sequence[Any] | None
) -> Select[Any]:
    """What ``page`` asks; ``limit`` and ``cursor`` may be left open. The rows of a page belong to the organizations
    whose first rows come first, to no more of them than it has rows, and the n-th of these can have no more than is
    left after the first rows of those before.
    """
    own = _branches(reach, listed)

    def rows(of: Any, count: Any) -> FromClause:
        query = select(*order.columns).where(*_conditions(reach, listed, of))
        if cursor is not None:
            query = query.where(order.after(cursor, order.columns))
        return query.order_by(*order.by(order.columns)).limit(count).lateral()

    first = rows(own, 1)
    keys = [first.c[column.key] for column in order.columns]
    rank = func.row_number().over(order_by=order.by(keys)).label("rank")
    heads = select(*own.c, rank).select_from(own.join(first, literal(True))).order_by(*order.by(keys))
    heads_found = heads.limit(limit).subquery("heads")
    most = limit - heads_found.c.rank + 1
    found = rows(heads_found, most)
    keys = [found.c[column.key] for column in order.columns]
    return (
        select(keys[-1])
        .select_from(heads_found.join(found, literal(True)))
        .order_by(*order.by(keys))
        .limit(limit)
    )


def count(session: Session, reach: Reach, listed: Listed, values: Mapping[str, Any] | None = None) -> int:
    """How many rows there are; ``MOST_COUNTED`` + 1 if there are more than that."""
    if listed.of_everybody and reach.is_wide(session):
        seen, own_rows = session.execute(_glance_count(reach, listed), values).one()
        if seen <= MOST_COUNTED:
            return int(own_rows)
    own = _branches(reach, listed)
    # An offset keeps the server from turning this into a join for which it would read the whole table.
    rows = select(literal(1).label("one")).where(*_conditions(reach, listed, own)).offset(0).lateral()
    some = select(rows.c.one).select_from(own.join(rows, literal(True))).limit(MOST_COUNTED + 1).subquery()
    found: int = session.execute(select(func.count()).select_from(some), values).scalar_one()
    return found


def _glance_query(
    reach: Reach, listed: Listed, *, order: Order, limit: int, cursor: Sequence[Any] | None
) -> Select[Any]:
    """The caller's ones of everybody's next rows, each beside how many of everybody's there are."""
    following = _everybody(listed, order.columns)
    if cursor is not None:
        following = following.where(order.after(cursor, order.columns))
    following = following.order_by(*order.by(order.columns)).limit(GLANCE * limit)
    if listed.branch is not None:
        branch = _values(listed)
        each = following.where(listed.branch == branch.c.branch).lateral()
        by = order.by([each.c[column.key] for column in order.columns])
        following = select(each).select_from(branch.join(each, literal(True)))
        following = following.order_by(*by).limit(GLANCE * limit)
    rows = following.cte("rows")
    keys = [rows.c[column.key] for column in order.columns]
    own = select(*keys).where(rows.c.is_wanted, rows.c.owner.in_(reach.select()))
    found = own.order_by(*order.by(keys)).limit(limit).subquery("found")
    seen = select(func.count().label("seen")).select_from(rows).subquery("seen")
    return (
        select(seen.c.seen, found.c.id)
        .select_from(seen.outerjoin(found, literal(True)))
        .order_by(*order.by([found.c[column.key] for column in order.columns]))
    )


def _glance_count(reach: Reach, listed: Listed) -> Select[Any, Any]:
    """How many of everybody's rows there are, as far as is counted, and how many of these are the caller's."""
    rows = _everybody(listed, ())
    if listed.branch is not None:
        rows = rows.where(listed.branch == any_(listed.branches))
    some = rows.limit(MOST_COUNTED + 1).subquery("rows")
    is_own = some.c.is_wanted & some.c.owner.in_(reach.select())
    return select(func.count(), func.count().filter(is_own)).select_from(some)


def _everybody(listed: Listed, columns: Sequence[InstrumentedAttribute[Any]]) -> Select[Any]:
    is_wanted = and_(literal(True), *listed.where).label("is_wanted")
    return select(*columns, listed.owner.label("owner"), is_wanted).where(*listed.indexed)


def _branches(reach: Reach, listed: Listed) -> Any:
    own = reach.select().subquery("own")
    if listed.branch is None:
        return own
    column = _values(listed)
    return select(own.c.id, column.c.branch).select_from(own.join(column, literal(True))).subquery("own")


def _values(listed: Listed) -> Any:
    return func.unnest(listed.branches).table_valued("branch").render_derived()


def _as_value(value: Any) -> ColumnElement[Any]:
    return value if isinstance(value, ColumnElement) else literal(value)


def _conditions(reach: Reach, listed: Listed, of: Any) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [listed.owner == of.c.id, *listed.indexed, *listed.where]
    if reach.owner_id is not None:
        found.append(reach.owned(listed.person) if listed.person is not None else false())
    if listed.branch is not None:
        found.append(listed.branch == of.c.branch)
    return found
