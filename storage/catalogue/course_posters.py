"""What stands for a course: a picture that somebody sent, the poster of one of its lessons, or that of the first one.

The poster of a lesson is shown to those alone who may see the lesson, and as it is now: what is hidden later is not
shown any more.
"""

from __future__ import annotations

from sqlalchemy import func
from sqlalchemy.orm import Session

from storage.catalogue import collection_items, renditions
from storage.catalogue.models import Collection, CollectionPicture, Image, Version
from storage.catalogue.visibility import Viewer
from storage.picture_files import PictureFile

MOST_LOOKED_AT = 5
"""Lessons of which the first poster is taken."""


def put_picture(session: Session, collection: Collection, picture: PictureFile) -> None:
    """Let a picture stand for a collection that is held for update."""
    session.merge(
        CollectionPicture(
            collection_id=collection.id,
            content_type=picture.type,
            width=picture.width,
            height=picture.height,
            sha256=picture.sha256,
            data=picture.data,
        )
    )
    _point(session, collection, picture_sha256=picture.sha256)


def take_from(session: Session, viewer: Viewer, collection: Collection, asset_id: str) -> bool:
    """Let the poster of a lesson of the collection stand for it; False if ``viewer`` sees no such lesson in it."""
    items = collection_items.items_for(session, viewer, collection.id).seen
    if asset_id not in [item.asset_id for item in items]:
        return False
    clear(session, collection)
    _point(session, collection, asset_id=asset_id)
    return True


def clear(session: Session, collection: Collection) -> None:
    """Let its lessons stand for it."""
    found = session.get(CollectionPicture, collection.id)
    if found is not None:
        session.delete(found)
    _point(session, collection)


def find(session: Session, viewer: Viewer, collection: Collection) -> CollectionPicture | Image | None:
    """What ``viewer`` is shown of a collection that they may see; None where there is nothing."""
    if collection.picture_sha256 is not None:
        return session.get(CollectionPicture, collection.id)
    items = collection_items.items_for(session, viewer, collection.id).seen
    # One that was chosen, and has left the course or is hidden, does not stand for it.
    first = sorted(items, key=lambda item: item.asset_id != collection.poster_asset_id)
    for item in first[:MOST_LOOKED_AT]:
        version = session.get(Version, item.version_id)
        image = renditions.find_image(session, version.id, version.poster) if version else None
        if image is not None:
            return image
    return None


def _point(
    session: Session,
    collection: Collection,
    *,
    picture_sha256: str | None = None,
    asset_id: str | None = None,
) -> None:
    collection.picture_sha256 = picture_sha256
    collection.poster_asset_id = asset_id
    collection.updated_at = func.now()
    session.flush()
    session.refresh(collection)
