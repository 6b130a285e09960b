"""Words of assets and courses whose names others wrote than this release: by a release before, in its own way too, or
when there were none."""

from __future__ import annotations

from typing import Final

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from storage.catalogue.models import COURSE_WORDS_MISSING, WORDS_MISSING, Asset, Collection
from storage.search_words import search_vector

AT_A_TIME: Final = 500
"""Assets of one round."""


def write_missing(session: Session) -> bool:
    """Write words of some assets and courses that have none of today's format; returns whether there may be more."""
    # Both are looked after in every round.
    return _write_missing_of_assets(session) | _write_missing_of_courses(session)


def _write_missing_of_courses(session: Session) -> bool:
    missing = (
        select(Collection.id, Collection.title, Collection.tags, Collection.description)
        .where(text(COURSE_WORDS_MISSING))
        .order_by(Collection.id)
        .limit(AT_A_TIME)
        .with_for_update(skip_locked=True)
    )
    found = session.execute(missing).all()
    for row in found:
        words = search_vector(row.title, row.tags, row.description)
        session.execute(
            update(Collection)
            .where(Collection.id == row.id)
            .values(search_words=words, updated_at=Collection.updated_at)
            .execution_options(synchronize_session=False)
        )
    return len(found) == AT_A_TIME


def _write_missing_of_assets(session: Session) -> bool:
    missing = (
        select(Asset.id, Asset.title, Asset.tags, Asset.description)
        .where(text(WORDS_MISSING))
        .order_by(Asset.id)
        .limit(AT_A_TIME)
        .with_for_update(skip_locked=True)
    )
    found = session.execute(missing).all()
    for row in found:
        words = search_vector(row.title, row.tags, row.description)
        # Nobody has changed it.
        session.execute(
            update(Asset)
            .where(Asset.id == row.id)
            .values(search_words=words, updated_at=Asset.updated_at)
            .execution_options(synchronize_session=False)
        )
    return len(found) == AT_A_TIME
