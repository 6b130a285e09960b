"""What is said of lessons and courses names only what there is: categories that may be used, others to share with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.catalogue import categories
from storage.catalogue.categories import CategoryUnknown
from storage.catalogue.models import Asset, Collection, Organization, Partner


class ChangeRefused(Exception):
    """Something cannot be changed so; ``code`` says why."""

    code: ClassVar[Literal["external_id_taken", "category_not_found", "shared_with_unknown"]]


class CategoryNotFound(ChangeRefused):
    """Named in the message: not a category that the organization may use."""

    code = "category_not_found"


class SharedWithUnknown(ChangeRefused):
    """Named in the message: no organization or partner."""

    code = "shared_with_unknown"


_SHARED_WITH: Final = {"shared_organization_ids": Organization.id, "shared_partner_ids": Partner.id}


def require_known(session: Session, row: Asset | Collection, changes: Mapping[str, Any]) -> None:
    """Go on if all that ``changes`` of the row name is there. Raises ``CategoryNotFound`` and ``SharedWithUnknown``."""
    try:
        categories.require_usable(session, row.organization_id, changes.get("category_ids", ()))
    except CategoryUnknown as error:
        raise CategoryNotFound(str(error)) from None
    for name, column in _SHARED_WITH.items():
        # Whoever is gone since may stay. A new row has not got its defaults yet.
        new = {*changes.get(name, ())} - {*(getattr(row, name) or ())}
        if unknown := new - {*session.execute(select(column).where(column.in_(new))).scalars()}:
            raise SharedWithUnknown(min(unknown))
