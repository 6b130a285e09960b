"""Who reads what others may follow, and what of it they see at this moment."""

from __future__ import annotations

from collections.abc import Collection as AnyOf
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from media_service import auth
from media_service.management.describing import describe_assets, describe_courses
from media_service.standards.described import Described
from storage.catalogue import collection_items
from storage.catalogue.models import Asset, Collection, Version
from storage.catalogue.recording import LIBRARY, PLAYABLE
from storage.catalogue.visibility import ANYBODY, SEEN_BY, Viewer, visible, words_of
from storage.descriptions import Part

_OTHERS: Final = SEEN_BY["public"] - {"owner", "manager"}
"""For which reasons something is shared: not that somebody keeps it."""


@dataclass(frozen=True)
class Reader:
    """Somebody who follows: as ``viewer``, and in the words of the log."""

    viewer: Viewer
    words: frozenset[str]


def reader(session: Session) -> Reader:
    """Who has shown a key; what they keep themselves, but share with nobody, does not belong to it."""
    known = auth.viewer()
    viewer = Viewer(organization_id=known.organization_id, partner_id=known.partner_id)
    return Reader(viewer, words_of(session, viewer))


KEYLESS: Final = Reader(ANYBODY, frozenset({LIBRARY}))
"""Who has none: sees what is public in libraries that are shown."""


def describe(
    session: Session, who: Reader, asset_ids: AnyOf[str], course_ids: AnyOf[str], public_url: str
) -> Mapping[str, Described]:
    """What is known of those of some records that the reader sees now, whatever the log has said so far: it is a moment
    behind, and what was hidden meanwhile is not told."""
    assets = session.execute(
        select(Asset)
        .join(Version, Version.id == Asset.current_version_id)
        .where(Asset.id.in_(asset_ids), Asset.deleted_at.is_(None), Version.shown_state.in_(PLAYABLE))
        .where(visible(who.viewer, Asset, only=_OTHERS))
    )
    courses = session.execute(
        select(Collection).where(Collection.id.in_(course_ids), visible(who.viewer, Collection, only=_OTHERS))
    )
    found = describe_assets(session, assets.scalars().all(), public_url) if asset_ids else []
    with_parts = [
        (
            course,
            [
                Part(item.asset_id, item.title)
                for item in collection_items.items_for(session, who.viewer, course.id).seen
                if item.shown_state in PLAYABLE
            ],
        )
        for course in (courses.scalars().all() if course_ids else ())
    ]
    return {each.id: each for each in (*found, *describe_courses(session, with_parts, public_url))}
