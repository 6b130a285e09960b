"""Keep how loud a version's sound is from moment to moment, for those who edit its captions."""

from __future__ import annotations

import hashlib

from storage.catalogue import renditions
from storage.catalogue.file_names import PEAKS_FILE
from storage.catalogue.models import File
from workers.context import Publish, StepContext
from workers.object_slices import ObjectSlices
from workers.plan.commands.waveform import PEAKS, measure_peaks
from workers.plan.decisions.waveform import parse_peaks
from workers.retries import RetryingReader
from workers.stored_chunks import whole

CONTENT_TYPE = "application/octet-stream"
SECONDS = 3600.0


def peaks(context: StepContext) -> Publish:
    """Measured on the default sound as it is heard, so that it lies on the version's own time line."""
    with context.sessions() as session:
        made = renditions.renditions_of(session, context.version.id)
    sound = next(rendition for rendition in made if rendition.kind == "audio")
    file = ObjectSlices(RetryingReader(context.objects), whole(sound.chunks))
    with context.tools.file(file, context.outputs) as source:
        source.ffmpeg(measure_peaks(source.input), seconds=SECONDS)
    data = parse_peaks(context.outputs.read(PEAKS))
    info = context.store(PEAKS_FILE, data, CONTENT_TYPE)
    row = File(
        version_id=context.version.id,
        name=PEAKS_FILE,
        object_key=info.key,
        content_type=CONTENT_TYPE,
        size=info.size,
        sha256=hashlib.sha256(data).hexdigest(),
    )
    return lambda session: session.add(row)
