"""Find out how the version that plays lies to the one that is to take its place, by their sound."""

from __future__ import annotations

import logging
from array import array
from collections.abc import Sequence
from typing import Final

from sqlalchemy import update
from sqlalchemy.orm import Session

from storage.catalogue import renditions
from storage.catalogue.follows import follows_to_json
from storage.catalogue.models import Asset, Rendition, Version
from storage.object_slices import ObjectSlices
from workers.context import Publish, StepContext
from workers.plan.commands.fingerprint import FINGERPRINT, take_fingerprint
from workers.plan.decisions.following import decide
from workers.stored_chunks import whole

log = logging.getLogger(__name__)

SECONDS: Final = 600.0
_MOST_BYTES: Final = 4 * 1024 * 1024
"""Of the fingerprint of a sound: of twelve hours it has a third of that."""


def follow(context: StepContext) -> Publish:
    """Compare the sounds as they are heard, so that the offset is one of the versions' own time lines."""
    with context.sessions() as session:
        asset = session.get_one(Asset, context.version.asset_id)
        before = session.get(Version, asset.current_version_id) if asset.current_version_id else None
        if before is None or before.id == context.version.id:
            return lambda _session: None
        sounds = [_sound_of(session, version_id) for version_id in (before.id, context.version.id)]
    is_same = before.source_sha256 is not None and before.source_sha256 == context.version.source_sha256
    prints = None
    if not is_same and all(sounds):
        prints = [_fingerprint(context, sound) for sound in sounds if sound is not None]
    found = decide(before.id, is_same=is_same, prints=(prints[0], prints[1]) if prints else None)
    log.info("version %s follows %s: %s", context.version.id, before.id, found)

    def publish(session: Session) -> None:
        session.execute(
            update(Version).where(Version.id == context.version.id).values(follows=follows_to_json(found))
        )

    return publish


def _sound_of(session: Session, version_id: str) -> Rendition | None:
    made = renditions.renditions_of(session, version_id)
    return next((each for each in made if each.kind == "audio" and each.chunks), None)


def _fingerprint(context: StepContext, sound: Rendition) -> Sequence[int]:
    file = ObjectSlices(context.reader, whole(sorted(sound.chunks, key=lambda c: c.number)))
    with context.tools.file(file, context.outputs) as source:
        source.ffmpeg(take_fingerprint(source.input), seconds=SECONDS)
    written = context.outputs.read(FINGERPRINT, _MOST_BYTES)
    context.outputs.remove(FINGERPRINT)
    return array("I", written[: len(written) // 4 * 4])
