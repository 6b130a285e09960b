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
    return _write_missing_of(session, Asset, WORDS_MISSING) | _write_missing_of(
        session, Collection, COURSE_WORDS_MISSING
    )


def _write_missing_of(session: Session, model: type[Asset | Collection], missing: str) -> bool:
    found = session.execute(
        select(model.id, model.title, model.tags, model.description)
        .where(text(missing))
        .order_by(model.id)
        .limit(AT_A_TIME)
        .with_for_update(skip_locked=True)
    ).all()
    for row in found:
        words = search_vector(row.title, row.tags, row.description)
        # Nobody has changed it.
        session.execute(
            update(model)
            .where(model.id == row.id)
            .values(search_words=words, updated_at=model.updated_at)
            .execution_options(synchronize_session=False)
        )
    return len(found) == AT_A_TIME
