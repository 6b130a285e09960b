"""What the player page of a course shows beside the lesson: the list of lessons."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from media_service.playback.serving.links import Links
from media_service.problems import ApiError
from storage.catalogue import collections, playback
from storage.ids import is_id

SHOWN_STATES = ("playable", "ready")


def course_data(session: Session, public_id: str, lesson: str | None) -> dict[str, Any]:
    """The course and which of its lessons is played: the one with playback ID ``lesson``, else the first.

    Lessons that cannot be played yet, or have no playback ID, are left out. A signed one stands in the list under its
    signed playback ID, which plays nothing without a token. The page goes on to another lesson by what its
    ``status_url`` says. Raises ``collection_not_found`` and, for a course without
    lessons or without that one, ``playback_not_found``.
    """
    found = collections.find_public_collection(session, public_id) if is_id(public_id) else None
    if found is None:
        raise ApiError("collection_not_found")
    items = [item for item in collections.items_of(session, found.id) if item.shown_state in SHOWN_STATES]
    ids = playback.preferred_playback_ids(session, [item.asset_id for item in items])
    lessons = [
        {
            "playback_id": ids[item.asset_id].id,
            "title": item.title,
            "duration": item.duration,
            "signed": ids[item.asset_id].policy == "signed",
            "status_url": Links("", ids[item.asset_id].id).status,
        }
        for item in items
        if item.asset_id in ids
    ]
    names = [str(entry["playback_id"]) for entry in lessons]
    playing = lesson or next(iter(names), None)
    if playing not in names:
        raise ApiError("playback_not_found")
    return {"id": public_id, "title": found.title, "index": names.index(playing), "lessons": lessons}
