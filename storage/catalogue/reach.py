"""Whose rows a caller may see: those of an organization and of all below it.

Who looks at a few rows asks upwards, from the row's organization to the caller's; who looks at many joins the tree
below. So no request reads or sends the IDs of a whole province.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeVar

from sqlalchemy import ARRAY, Select, Text, any_, bindparam, select
from sqlalchemy.orm import Session, aliased

from storage.catalogue.models import Organization


class Owned(Protocol):
    """A row that belongs to an organization, or to none."""

    @property
    def organization_id(self) -> Any:
        """Its owner."""


Row = TypeVar("Row", bound=Owned)


@dataclass(frozen=True)
class Reach:
    """The organization ``root`` and, unless ``alone``, all below it."""

    root: str
    alone: bool = False

    def includes(self, session: Session, organization_id: str | None) -> bool:
        """Whether what the organization owns may be seen."""
        return organization_id is not None and bool(self.among(session, {organization_id}))

    def among(self, session: Session, organization_ids: Collection[str]) -> set[str]:
        """Those of some organizations whose rows may be seen."""
        own = {self.root} & {*organization_ids}
        others = sorted({*organization_ids} - own)
        if not others or self.alone:
            return own
        above = session.execute(_ABOVE, {"organizations": others, "root": self.root})
        return own | set(above.scalars())

    def find(self, session: Session, query: Select[Row], *, for_update: bool = False) -> Row | None:
        """The one row of ``query``, if its owner is within reach; with ``for_update``, others wait with their changes.
        No row of a stranger is locked.
        """
        found = session.execute(query).scalar_one_or_none()
        if found is None or not self.includes(session, found.organization_id):
            return None
        if for_update:
            locked = query.with_for_update().execution_options(populate_existing=True)
            found = session.execute(locked).scalar_one_or_none()
        return found

    def select(self) -> Select[Any]:
        """The IDs of all organizations whose rows may be seen, to be joined or for ``in_``."""
        if self.alone:
            return select(Organization.id).where(Organization.id == self.root)
        tree = select(Organization.id).where(Organization.id == self.root).cte("below", recursive=True)
        tree = tree.union_all(select(Organization.id).where(Organization.parent_id == tree.c.id))
        return select(tree.c.id)


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


_ABOVE: Final = _select_above()
"""Written once: asked with every request, and making it takes as long as asking."""
