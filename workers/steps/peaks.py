"""Keep how loud a version's sound is from moment to moment, for those who edit its captions, and how it sounds."""

from __future__ import annotations

import hashlib
from typing import Final

from sqlalchemy.orm import Session

from storage.catalogue import fingerprints, renditions
from storage.catalogue.file_names import PEAKS_FILE
from storage.catalogue.models import File
from storage.fingerprints import Fingerprint
from storage.object_slices import ObjectSlices
from workers.context import Publish, StepContext
from workers.plan.commands.fingerprint import FINGERPRINT
from workers.plan.commands.waveform import PEAKS, measure_sound
from workers.plan.decisions.waveform import parse_peaks
from workers.stored_chunks import whole
from workers.stored_plan import plan_of

CONTENT_TYPE = "application/octet-stream"
SECONDS = 3600.0
_MOST_PRINT: Final = 64 * 1024
"""Bytes of the fingerprint, of which four minutes have 8,000."""


def peaks(context: StepContext) -> Publish:
    """Measured on the default sound as it is heard, so that it lies on the version's own time line."""
    with context.sessions() as session:
        made = renditions.renditions_of(session, context.version.id)
    sound = next(rendition for rendition in made if rendition.kind == "audio")
    file = ObjectSlices(context.reader, whole(sound.chunks))
    with context.tools.file(file, context.outputs) as source:
        source.ffmpeg(measure_sound(source.input), seconds=SECONDS)
    data = parse_peaks(context.outputs.read(PEAKS))
    # None of a sound that is shorter than what a number tells of.
    sounds_like = context.outputs.find(FINGERPRINT, _MOST_PRINT) or b""
    info = context.store(PEAKS_FILE, data, CONTENT_TYPE)
    row = File(
        version_id=context.version.id,
        name=PEAKS_FILE,
        object_key=info.key,
        content_type=CONTENT_TYPE,
        size=info.size,
        sha256=hashlib.sha256(data).hexdigest(),
    )

    def publish(session: Session) -> None:
        session.add(row)
        fingerprints.write(
            session, context.version.id, plan_of(context).duration, of=Fingerprint(sound=sounds_like)
        )

    return publish
