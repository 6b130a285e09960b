"""Lists of uploads: what one browser began and another goes on with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, and_, case, false, func, select
from sqlalchemy.orm import Session

from configs.words import UploadState
from storage.catalogue import pages
from storage.catalogue.models import Asset, Import, Person, Upload, Version
from storage.catalogue.pages import Listed, Order
from storage.catalogue.reach import Reach

_NEWEST_FIRST: Final = Order((Upload.id,), descending=True)

_STATES: Final[dict[UploadState, ColumnElement[bool]]] = {
    "open": and_(Upload.finished_at.is_(None), Upload.expires_at > func.now()),
    "finished": Upload.finished_at.is_not(None),
    "expired": and_(Upload.finished_at.is_(None), Upload.expires_at <= func.now()),
}


@dataclass(frozen=True)
class ListedUpload:
    """An upload with the asset and the version that it is to fill, and the person who began it; ``receiving`` while a
    request holds its lock."""

    upload: Upload
    asset: Asset
    version: Version
    state: UploadState
    receiving: bool
    owner: Person | None

    @property
    def id(self) -> str:
        """The upload's ID, by which lists are ordered."""
        return self.upload.id


def list_uploads(
    session: Session,
    reach: Reach,
    *,
    limit: int,
    after: str | None = None,
    state: UploadState | None = None,
    api_key_id: str | None = None,
    owner_id: str | None = None,
) -> list[ListedUpload]:
    """Uploads of ``reach``, newest first, whose assets were not deleted; with ``api_key_id``, those that this key has
    begun, with ``owner_id`` those that this person has. ``after`` is the last ID of the page before. What we fetch
    ourselves is not among them: nobody else can go on with it.
    """
    deleted = select(Version.id).join(Asset, Asset.id == Version.asset_id)
    where = [~deleted.where(Version.id == Upload.version_id, Asset.deleted_at.is_not(None)).exists()]
    where.append(Upload.version_id.is_not(None))
    where.append(~select(Import.version_id).where(Import.version_id == Upload.version_id).exists())
    if state is not None:
        where.append(_STATES[state])
    if api_key_id is not None:
        where.append(Upload.api_key_id == api_key_id)
    if owner_id is not None:
        where.append(Upload.owner_id == owner_id)
    listed = Listed(Upload.organization_id, where, person=Upload.owner_id)
    cursor = None if after is None else [after]
    ids = pages.page(session, reach, listed, order=_NEWEST_FIRST, limit=limit, cursor=cursor)
    shown = case(*((condition, name) for name, condition in _STATES.items()))
    rows = session.execute(
        select(Upload, Asset, Version, shown, func.coalesce(Upload.lock_until > func.now(), false()), Person)
        .join(Version, Version.id == Upload.version_id)
        .join(Asset, Asset.id == Version.asset_id)
        .outerjoin(Person, Person.id == Upload.owner_id)
        .where(Upload.id.in_(ids))
        .order_by(Upload.id.desc())
    )
    return [ListedUpload(*row) for row in rows]
