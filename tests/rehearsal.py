"""A worker's first steps on one source, by the worker's own code and sandbox, without a stack around them."""

from __future__ import annotations

import resource
import time
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import sessionmaker

from configs.ladder import load_ladder
from configs.settings import load_settings
from storage.catalogue.models import Version
from storage.catalogue.steps import Claim
from storage.ids import new_id
from storage.memory import MemoryObjectStore
from workers.block_cache import BlockCache, CachedReader
from workers.context import Heartbeat, StepContext
from workers.ffmpeg import ToolFailed
from workers.inspection.examine import Examined, examine
from workers.media import MediaTools
from workers.plan.failure import MediaFailure
from workers.plan.model.serialization import plan_to_json
from workers.plan.model.treatment import WHITE
from workers.retries import Reads, RetryingReader
from workers.steps.encode import encode_audio, encode_video
from workers.verify import OutputRejected
from workers.work_folder import private_folder

ENVIRONMENT = {
    "DATABASE_URL": "postgresql://catalogue/name",
    "REDIS_URL": "redis://queue/0",
    "S3_ENDPOINT": "http://storage",
    "S3_ACCESS_KEY": "a",
    "S3_SECRET_KEY": "b",
    "SECRET_KEY": "0" * 32,
}
SOURCE = "source"


@dataclass(frozen=True)
class Outcome:
    """How a rehearsal ended. ``code`` is "playable", a failure code, or the name of the error that an author would
    see as ``processing_failed``; ``foreseen`` is whether the error is one that the steps are written for.
    ``peak_bytes`` is the resident memory of the largest tool of this process so far."""

    code: str
    detail: str
    foreseen: bool
    seconds: float
    peak_bytes: int


def examined(folder: Path, data: bytes, background: int = WHITE, *, by_browser: bool = False) -> Examined:
    """What becomes of a source of these bytes, for whose transparent parts a colour (0xRRGGBB) is wanted."""
    objects = MemoryObjectStore()
    objects.put(SOURCE, data)
    version = Version(
        id=new_id(), asset_id=new_id(), source_key=SOURCE, source_size=len(data), background=background
    )
    work = folder / "work"
    work.mkdir(exist_ok=True)
    return examine(Rehearsal(folder).context("inspect", {}, version, objects, work), by_browser=by_browser)


class Rehearsal:
    """Inspects sources and encodes their first chunk, of every rung and of the sound."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._settings = load_settings(ENVIRONMENT)
        self._tools = MediaTools.find(self._settings)
        self._ladder = load_ladder()

    def play(self, data: bytes) -> Outcome:
        """All that happens to ``data`` until a viewer could see something."""
        began = time.monotonic()
        code, detail, foreseen = "playable", "", True
        try:
            self._play(data)
        except MediaFailure as failure:
            code, detail = failure.code, failure.detail
        except (ToolFailed, OutputRejected) as error:
            code, detail = type(error).__name__, str(error)
        except Exception as error:
            code, detail, foreseen = type(error).__name__, str(error), False
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
        return Outcome(code, detail, foreseen, time.monotonic() - began, peak)

    def _play(self, data: bytes) -> None:
        objects = MemoryObjectStore()
        objects.put(SOURCE, data)
        version = Version(
            id=new_id(),
            asset_id=new_id(),
            source_key=SOURCE,
            source_size=len(data),
            background=WHITE,
        )
        with private_folder(self._folder) as folder:
            plan = examine(self.context("inspect", {}, version, objects, folder)).plan
            version.plan = plan_to_json(plan)
            if plan.video:
                rungs = {"chunk": 0, "rungs": [rung.name for rung in plan.video.rungs]}
                encode_video(self.context("encode_first", rungs, version, objects, folder))
            for sound in plan.sounds[:1]:
                chunk = {"chunk": 0, "sound": sound.name}
                encode_audio(self.context("audio_first", chunk, version, objects, folder))

    def context(
        self,
        kind: str,
        params: dict[str, object],
        version: Version,
        objects: MemoryObjectStore,
        folder: Path,
    ) -> StepContext:
        """A step of ``kind`` at work in ``folder``."""
        claim = Claim(new_id(), version.id, kind, params, fence=1, attempt=1, owner="rehearsal")
        nowhere = sessionmaker()
        return StepContext(
            claim=claim,
            version=version,
            settings=self._settings,
            sessions=nowhere,
            objects=objects,
            reader=CachedReader(RetryingReader(objects), BlockCache(folder, 0), Reads()),
            tools=self._tools,
            ladder=self._ladder,
            folder=folder,
            heartbeat=Heartbeat(nowhere, claim),
        )
