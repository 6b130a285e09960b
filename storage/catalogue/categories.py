"""Categories: a tree of each organization, used by it and by all organizations below.

What an asset or a course stands in are categories of its organization or of those above. There are a few hundred in a
tree, so trees are read whole.
"""

from __future__ import annotations

from collections.abc import Collection as AnyOf
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ARRAY, Select, Text, cast, exists, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from storage.catalogue.models import Asset, Category, Collection
from storage.catalogue.reach import Reach, above

MOST: Final = 2000
"""Categories of one organization."""

_CODE: Final = "uq_categories_organization_id_code"


class CategoryUnknown(Exception):
    """Named in the message: not a category that may be used there."""


class CategoryCodeTaken(Exception):
    """Another category of the organization has this code."""


class CategoryInUse(Exception):
    """Something stands in it, or below it."""


class CategoryCircle(Exception):
    """A category cannot stand below itself."""


class CategoriesFull(Exception):
    """The organization has as many as it may."""


def usable(session: Session, organization_id: str) -> Sequence[Category]:
    """All that may be used in an organization: its own and those of all above it, by place and code."""
    query = select(Category).where(Category.organization_id.in_(above(organization_id)))
    return session.execute(query.order_by(Category.position, Category.code, Category.id)).scalars().all()


def find(session: Session, category_id: str, reach: Reach, *, for_update: bool = False) -> Category | None:
    """The category, if it belongs to an organization in ``reach``."""
    query = select(Category).where(Category.id == category_id)
    return reach.find(session, query, for_update=for_update)


def require_usable(session: Session, organization_id: str, category_ids: AnyOf[str]) -> None:
    """Have all of these stay usable in the organization until the end of the transaction. Raises
    ``CategoryUnknown``."""
    if not category_ids:
        return
    found = session.execute(
        select(Category.id)
        .where(Category.id.in_(category_ids), Category.organization_id.in_(above(organization_id)))
        .order_by(Category.id)
        .with_for_update(read=True, key_share=True)
    )
    if unknown := {*category_ids} - {*found.scalars()}:
        raise CategoryUnknown(min(unknown))


def with_those_below(session: Session, category_ids: AnyOf[str]) -> list[str]:
    """Some categories and all that stand below them."""
    tree = select(Category.id).where(Category.id.in_(category_ids)).cte("categories_below", recursive=True)
    tree = tree.union(select(Category.id).where(Category.parent_id == tree.c.id))
    return sorted({*category_ids, *session.execute(select(tree.c.id)).scalars()})


def create(session: Session, organization_id: str, **values: Any) -> Category:
    """A new one. Raises ``CategoryUnknown`` of its parent, ``CategoryCodeTaken`` and ``CategoriesFull``."""
    own = select(func.count()).select_from(Category).where(Category.organization_id == organization_id)
    if session.execute(own).scalar_one() >= MOST:
        raise CategoriesFull
    made = Category(organization_id=organization_id, **values)
    _require_parent(session, made)
    _write(session, made)
    return made


def change(session: Session, category: Category, **values: Any) -> None:
    """Set some columns. Raises as ``create`` and ``CategoryCircle``."""
    with session.no_autoflush:
        for name, value in values.items():
            setattr(category, name, value)
        _require_parent(session, category)
        if "parent_id" in values and category.parent_id in with_those_below(session, [category.id]):
            raise CategoryCircle
    _write(session, category)


def delete(session: Session, category: Category) -> None:
    """Take a category away in which nothing stands; what lies in the trash leaves it. Raises ``CategoryInUse``."""
    # Who puts something into it meanwhile waits (``require_usable``), and finds it gone.
    session.execute(select(Category.id).where(Category.id == category.id).with_for_update())
    this = cast([category.id], ARRAY(Text))
    stands = Asset.category_ids.bool_op("@>")(this)
    is_used = or_(
        exists().where(Category.parent_id == category.id),
        exists().where(Asset.deleted_at.is_(None), stands),
        exists().where(Collection.category_ids.bool_op("@>")(this)),
    )
    if session.execute(select(is_used)).scalar_one():
        raise CategoryInUse
    session.execute(
        update(Asset)
        .where(Asset.deleted_at.is_not(None), stands)
        .values(category_ids=func.array_remove(Asset.category_ids, category.id), updated_at=Asset.updated_at)
    )
    session.delete(category)
    session.flush()


def used_from_above(organization_ids: AnyOf[str], kept: AnyOf[str]) -> Select[str]:
    """Categories that assets or courses of some organizations stand in, or categories of theirs, and that belong
    neither to these nor to those that are ``kept`` above them."""
    foreign = Category.organization_id.not_in({*organization_ids, *kept})
    below = Category.__table__.alias("below")
    foreign_ids = func.array(select(Category.id).where(foreign).scalar_subquery())
    used = select(func.unnest(Asset.category_ids)).where(
        Asset.organization_id.in_(organization_ids),
        Asset.deleted_at.is_(None),
        Asset.category_ids.bool_op("&&")(foreign_ids),
    )
    of_courses = select(func.unnest(Collection.category_ids)).where(
        Collection.organization_id.in_(organization_ids)
    )
    parents = select(below.c.parent_id).where(below.c.organization_id.in_(organization_ids))
    return (
        select(Category.id)
        .where(foreign, or_(*(Category.id.in_(those) for those in (used, of_courses, parents))))
        .limit(1)
    )


def _require_parent(session: Session, category: Category) -> None:
    if category.parent_id is not None:
        require_usable(session, category.organization_id, [category.parent_id])


def _write(session: Session, category: Category) -> None:
    code = category.code  # afterwards it cannot be asked for: the transaction is over
    try:
        with session.begin_nested():
            session.add(category)
            session.flush()
    except IntegrityError as error:
        if _CODE in str(error.orig):
            raise CategoryCodeTaken(code) from None
        raise
