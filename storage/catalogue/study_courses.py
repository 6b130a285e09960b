"""Which courses are studied, how, and by whose learners."""

from __future__ import annotations

from sqlalchemy import delete, exists, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from configs.words import StudyMode
from storage.catalogue.models import Collection, CollectionItem, StudyCourse
from storage.catalogue.reach import Reach
from storage.ids import is_id


def find_studied(
    session: Session, name: str, portal_id: str, asset_id: str | None = None
) -> tuple[Collection, StudyCourse] | None:
    """A course by its ID or public ID, if learners of ``portal_id`` may study it and it asks for that; with
    ``asset_id``, only if that stands in it. Courses are studied by whom they belong to, above and below.
    """
    if not is_id(name):
        return None
    query = (
        select(Collection, StudyCourse)
        .join(StudyCourse, StudyCourse.collection_id == Collection.id)
        .where(or_(Collection.id == name, Collection.public_id == name))
    )
    if asset_id is not None:
        item = exists().where(
            CollectionItem.collection_id == Collection.id, CollectionItem.asset_id == asset_id
        )
        query = query.where(item)
    found = session.execute(query).one_or_none()
    if found is None or not _are_kin(session, portal_id, found[0].organization_id):
        return None
    return found[0], found[1]


def put_course(
    session: Session,
    collection_id: str,
    *,
    mode: StudyMode,
    speed_limit: float | None,
    presence_seconds: int | None,
    threshold: float | None,
    required_seconds: int | None,
) -> None:
    """Say how a collection is studied, from the next session on."""
    values = {
        "mode": mode,
        "speed_limit": speed_limit,
        "presence_seconds": presence_seconds,
        "threshold": threshold,
        "required_seconds": required_seconds,
    }
    writing = insert(StudyCourse).values(collection_id=collection_id, **values)
    session.execute(
        writing.on_conflict_do_update(
            index_elements=[StudyCourse.collection_id], set_=values
        ).execution_options(populate_existing=True)
    )
    session.expire_all()


def delete_course(session: Session, collection_id: str) -> bool:
    """Let a collection be watched as any other; what was studied stays. False if it was so."""
    gone = delete(StudyCourse).where(StudyCourse.collection_id == collection_id)
    return session.execute(gone.returning(StudyCourse.collection_id)).scalar_one_or_none() is not None


def _are_kin(session: Session, one: str, other: str) -> bool:
    return Reach(one).includes(session, other) or Reach(other).includes(session, one)
