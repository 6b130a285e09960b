"""Whose rows a caller may see: those of an organization and of all below it, or of one person alone.

Who looks at a few rows asks upwards, from the row's organization to the caller's; who looks at many joins the tree
below. So no request reads or sends the IDs of a whole province.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Protocol, TypeVar

from sqlalchemy import ARRAY, ColumnElement, Select, Text, any_, bindparam, func, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from storage.catalogue.models import Organization

WIDE: Final = 200
"""Organizations that are looked at one by one as fast as a glance is taken at everybody's rows."""


class Owned(Protocol):
    """A row that belongs to an organization, or to none."""

    @property
    def organization_id(self) -> Any:
        """Its owner."""


Row = TypeVar("Row", bound=Owned)


@dataclass(frozen=True)
class Reach:
    """The organization ``root`` and, unless ``alone``, all below it; with ``owner_id`` only what that person brought or
    made: nothing that has no owner."""

    root: str
    alone: bool = False
    owner_id: str | None = None

    def includes(self, session: Session, organization_id: str | None) -> bool:
        """Whether the organization is one of those; of its rows ``holds`` tells."""
        return organization_id is not None and bool(self.among(session, {organization_id}))

    def holds(self, session: Session, row: Owned) -> bool:
        """Whether the row may be seen."""
        return self.is_owner(getattr(row, "owner_id", None)) and self.includes(session, row.organization_id)

    def is_owner(self, owner_id: str | None) -> bool:
        """Whether what this person brought or made may be seen, as far as the organization is right."""
        return self.owner_id is None or self.owner_id == owner_id

    def owned(self, column: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
        """``is_owner`` as a condition."""
        return true() if self.owner_id is None else column == self.owner_id

    def among(self, session: Session, organization_ids: Collection[str]) -> set[str]:
        """Those of some organizations that are within reach."""
        own = {self.root} & {*organization_ids}
        others = sorted({*organization_ids} - own)
        if not others or self.alone:
            return own
        above = session.execute(_ABOVE, {"organizations": others, "root": self.root})
        return own | set(above.scalars())

    def find(self, session: Session, query: Select[Row], *, for_update: bool = False) -> Row | None:
        """The one row of ``query``, if it may be seen; with ``for_update``, others wait with their changes.
        No row of a stranger is locked.
        """
        found = session.execute(query).scalar_one_or_none()
        if found is None or not self.holds(session, found):
            return None
        if for_update:
            locked = query.with_for_update().execution_options(populate_existing=True)
            found = session.execute(locked).scalar_one_or_none()
        return found

    def is_wide(self, session: Session) -> bool:
        """Whether these are more organizations than are best looked at one by one. A session asks once: this says
        which way is shorter, not what is found."""
        if self.alone:
            return False
        known: dict[str, bool] = session.info.setdefault("is_wide", {})
        if self.root not in known:
            known[self.root] = session.execute(_SOME_BELOW, {"root": self.root}).scalar_one() > WIDE
        return known[self.root]

    @property
    def shape(self) -> Reach:
        """The same of anybody, for statements that are made once and asked with ``values``."""
        return _SHAPES[self.alone, self.owner_id is not None]

    @property
    def values(self) -> dict[str, Any]:
        """What fills in ``shape``."""
        return {"reach_root": self.root, "reach_owner": self.owner_id}

    def select(self) -> Select[Any]:
        """The IDs of all organizations within reach, to be joined or for ``in_``."""
        if self.alone:
            return select(Organization.id).where(Organization.id == self.root)
        return _select_below(self.root)


def above(organization_id: str) -> Select[Any]:
    """The IDs of an organization and of all above it, for ``in_``."""
    return above_all([organization_id])


def above_all(organization_ids: Collection[str]) -> Select[Any]:
    """The IDs of some organizations and of all above them, each once."""
    way = select(Organization.id, Organization.parent_id).where(Organization.id.in_(organization_ids))
    tree = way.cte("with_those_above", recursive=True)
    tree = tree.union(
        select(Organization.id, Organization.parent_id).join(tree, Organization.id == tree.c.parent_id)
    )
    return select(tree.c.id)


# Without a name of its own, so that one statement may ask for several trees.
# Kept, for making it takes nearly as long as asking; of many organizations those that ask now.
@lru_cache(maxsize=256)
def _select_below(root: Any) -> Select[Any]:
    tree = select(Organization.id).where(Organization.id == root).cte(recursive=True)
    tree = tree.union_all(select(Organization.id).join(tree, Organization.parent_id == tree.c.id))
    return select(tree.c.id)


def _shape(*, alone: bool, is_owned: bool) -> Reach:
    root: Any = bindparam("reach_root", type_=Text)
    owner: Any = bindparam("reach_owner", type_=Text) if is_owned else None
    return Reach(root, alone, owner)


_SHAPES: Final = {
    (alone, is_owned): _shape(alone=alone, is_owned=is_owned)
    for alone in (False, True)
    for is_owned in (False, True)
}


def _select_above() -> Select[Any]:
    asked = any_(bindparam("organizations", type_=ARRAY(Text)))
    way = select(Organization.id.label("first"), Organization.parent_id).where(Organization.id == asked)
    above = way.cte("above", recursive=True)
    parent = aliased(Organization)
    above = above.union_all(
        select(above.c.first, parent.parent_id).where(
            parent.id == above.c.parent_id, above.c.parent_id != bindparam("root")
        )
    )
    return select(above.c.first).where(above.c.parent_id == bindparam("root"))


# Written once: asked with every request, and making them takes as long as asking.
_ABOVE: Final = _select_above()
_SOME_BELOW: Final = select(func.count()).select_from(
    _select_below(bindparam("root")).limit(WIDE + 1).subquery()
)
