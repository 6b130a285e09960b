"""What a lesson of 30 minutes takes in the catalogue once all is made of it and its steps have gone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from fractions import Fraction
from functools import partial
from pathlib import Path
from random import Random
from typing import Final

from sqlalchemy import Engine, create_engine, delete, select, text, update
from sqlalchemy.orm import Session, sessionmaker, undefer

from benchmarks.figure import Figure
from benchmarks.lessons import pack_all
from benchmarks.stack import MeasuredStack, measured_stack
from configs.ladder import load_ladder
from storage import keys
from storage.catalogue import (
    assets,
    claims,
    database,
    fingerprints,
    missing_words,
    organizations,
    recording,
    renditions,
    steps,
)
from storage.catalogue.migrate import migrate
from storage.catalogue.models import Chunk, File, Image, OutboxEntry, Rendition, Step, Version
from storage.catalogue.steps import Claim
from storage.fingerprints import MOST_TILES, SOUND_SECONDS, TILE, Fingerprint
from workers.plan.decisions.facts import facts_of
from workers.plan.decisions.planning import make_plan
from workers.plan.decisions.schedule import chunks_of, extra_steps, first_steps, ladder_steps
from workers.plan.formats.cmaf import FREE_BOX
from workers.plan.model.plan import Plan
from workers.plan.model.serialization import plan_to_json
from workers.plan.source.probe import AudioStream, MediaInfo, VideoStream
from workers.plan.timing import AAC_FRAME, SAMPLE_RATE
from workers.planned_renditions import renew_renditions

LESSONS = 120
AT_ONCE = 20
"""Lessons that are made before the server and the keeper come round."""
COUNTED: Final = 60
"""The last ones: what the first leave free is used again by them."""
SECONDS: Final = 1800.0
GOAL_KB = 80.0

_SIZES = text("""
SELECT relname, pg_table_size(oid), pg_indexes_size(oid) FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
""")


def measure(folder: Path) -> Sequence[Figure]:
    """How much the catalogue grows by, by the lesson."""
    with measured_stack(folder, WORKERS="1") as stack, _catalogue_of_its_own(stack) as engine:
        sessions = sessionmaker(engine, expire_on_commit=False)
        maker = LessonMaker(sessions)
        before: Mapping[str, int] = {}
        for number in range(0, LESSONS, AT_ONCE):
            if number == LESSONS - COUNTED:
                before = _sizes(engine)
            for _ in range(AT_ONCE):
                maker.make()
            _settle(engine, sessions)
        after = _sizes(engine)
    grown = {name: (size - before.get(name, 0)) / COUNTED for name, size in after.items()}
    largest = sorted(grown.items(), key=lambda item: -item[1])[:8]
    note = "; ".join(f"{name} {size / 1000:.1f}" for name, size in largest)
    return [Figure("catalogue of 30 minutes", sum(grown.values()) / 1000, GOAL_KB, "kB", 1, note=note)]


@contextmanager
def _catalogue_of_its_own(stack: MeasuredStack) -> Iterator[Engine]:
    """One beside the stack's, whose steps no worker takes."""
    base, _, _ = stack.environment["DATABASE_URL"].rpartition("/")
    server = create_engine(database.with_driver(f"{base}/postgres"), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text("CREATE DATABASE bytes"))
    migrate(f"{base}/bytes")
    engine = database.connect(f"{base}/bytes")
    try:
        yield engine
    finally:
        engine.dispose()
        server.dispose()


def _sizes(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        return {row[0]: row[1] + row[2] for row in connection.execute(_SIZES)}


def _settle(engine: Engine, sessions: sessionmaker[Session]) -> None:
    """As a month later: the keeper has been there, and the server has cleaned up, both as they do by themselves."""
    with sessions.begin() as session:
        while recording.record(session):
            pass
        while missing_words.write_missing(session):
            pass
        session.execute(update(Step).values(finished_at=Step.finished_at - steps.DONE_KEPT))
    with sessions.begin() as session:
        while steps.forget_done(session):
            pass
    pack_all(engine)


class LessonMaker:
    """Makes lessons of one organization as workers do, but for the media: by the real plan of 1080p with sound, step by
    step through the ledger."""

    def __init__(self, sessions: sessionmaker[Session]) -> None:
        self._sessions = sessions
        self._random = Random(1)
        self._number = 0
        picture = VideoStream(0, "h264", 1920, 1080, "yuv420p", Fraction(25), Fraction(25), 0.0, SECONDS)
        sound = AudioStream(1, "aac", 2, 44100, "chi", 0.0, SECONDS)
        media = MediaInfo("mov", 0.0, SECONDS, 2, picture, (sound,))
        self._plan: Plan = make_plan(media, SECONDS, SECONDS, load_ladder())
        self._media_info = {"duration": SECONDS, "source_duration": SECONDS, "container": "mov"}
        with sessions.begin() as session:
            self._organization = organizations.create_organization(session, "第一小学").id

    def make(self) -> str:
        """Return the ID of the version of a lesson that is ready, with all that is made of it."""
        self._number += 1
        with self._sessions.begin() as session:
            title = f"社区教育讲座 第{self._number}课 健康养生"
            version = assets.create_asset(session, self._organization, title, "讲座.mp4", "public")
            key = keys.source_key(version.asset_id, version.id)
            assets.begin_processing(session, version.id, key, 900_000_000, self._hash())
            while self._carry(session, version.id, version.asset_id):
                pass
            session.execute(delete(OutboxEntry))
            undone = select(Step.name).where(Step.version_id == version.id, Step.state != "done")
            left = session.execute(undone).scalars().all()
        if left:
            raise RuntimeError(f"not all of a lesson was made: {left}")
        return version.id

    def _carry(self, session: Session, version_id: str, asset_id: str) -> bool:
        """Carry the steps that are queued; False if there is none."""
        queued = select(Step.id).where(Step.version_id == version_id, Step.state == "queued")
        taken = [
            claim
            for step_id in session.execute(queued).scalars().all()
            if (claim := claims.claim(session, step_id, "bench"))
        ]
        for claim in taken:
            self._write(session, claim, asset_id)
            steps.complete(session, claim)
        return bool(taken)

    def _write(self, session: Session, claim: Claim, asset_id: str) -> None:
        version_id, plan, kind = claim.version_id, self._plan, claim.kind
        key = partial(keys.step_key, asset_id, version_id, claim.step_id, claim.fence)
        version = session.get_one(Version, version_id, options=[undefer(Version.plan)])
        if kind == "inspect":
            version.kind, version.media_info = plan.kind, self._media_info
            version.plan, version.facts = plan_to_json(plan), facts_of(plan, self._media_info)
            renew_renditions(session, version_id, plan)
            steps.add_steps(session, version_id, first_steps(plan, level=False))
        elif kind == "analyse":
            steps.add_steps(session, version_id, ladder_steps(plan.picture))
        elif made := chunks_of(claim.params):
            rows = session.execute(select(Rendition).where(Rendition.version_id == version_id)).scalars()
            named = {row.name: row for row in rows}
            for name, number in sorted(made):
                chunk = self._chunk(named[name], number, key(f"{name}-{number}.mp4"))
                renditions.add_chunk(session, chunk, "avc1.640028" if name != "audio" else "mp4a.40.2")
            if plan.picture.rungs[-1].name in claim.params.get("rungs", ()):
                number = claim.params["chunk"]
                tiles = f"tiles-{number}"
                session.add(self._image(version_id, tiles, key(f"{tiles}.mjpeg"), {"count": 16}))
            renditions.mark_playable(session, version_id)
        elif kind == "images":
            session.add(
                self._image(version_id, "storyboard", key("storyboard.jpg"), {"columns": 10, "rows": 18})
            )
            session.add(self._image(version_id, "poster", key("poster.jpg"), {}))
            pictures = self._random.randbytes(MOST_TILES * TILE[0] * TILE[1])
            fingerprints.write(session, version_id, SECONDS, of=Fingerprint(pictures, 10.0))
        elif kind == "publish":
            version.state, version.ready_at = "ready", text("now()")
            added = extra_steps(plan, downloads=True, av1=False, slides=False, speech=False)
            steps.add_steps(session, version_id, added)
        elif kind == "preview":
            session.add(self._image(version_id, "preview", key("preview.webp"), {"pieces": [[1.0, 2.0]] * 4}))
        elif kind in ("peaks", "download"):
            session.add(self._file(version_id, claim.params.get("file", "peaks"), key(f"{kind}.bin")))
            if kind == "peaks":
                sound = self._random.randbytes(SOUND_SECONDS * 8 * 4)
                fingerprints.write(session, version_id, SECONDS, of=Fingerprint(sound=sound))

    def _chunk(self, rendition: Rendition, number: int, key: str) -> Chunk:
        if rendition.kind == "video":
            grid = self._plan.picture.grid
            span, length, rate = grid.chunks[number], grid.segment_frames, float(grid.frame_rate)
        else:
            sound = self._plan.sounds[0]
            span, length, rate = sound.chunks[number], sound.segment_frames, SAMPLE_RATE / AAC_FRAME
        at, segments = 812, []
        for begin in range(0, span.count, length):
            seconds = min(length, span.count - begin) / rate
            size = int(seconds * rendition.planned_bandwidth / 8 * self._random.uniform(0.3, 0.9))
            segments.append([seconds, at, size])
            at += size + len(FREE_BOX)
        return Chunk(
            rendition_id=rendition.id,
            number=number,
            object_key=key,
            size=at,
            sha256=self._hash(),
            init_length=812,
            init_sha256=rendition.id.encode().hex().ljust(64, "0")[:64],
            frames=span.count,
            segments=segments,
        )

    def _image(self, version_id: str, name: str, key: str, details: dict[str, object]) -> Image:
        kind = "image/jpeg"
        shape = {"width": 160, "height": 90, "size": self._random.randrange(100_000), "sha256": self._hash()}
        return Image(
            version_id=version_id, name=name, object_key=key, content_type=kind, details=details, **shape
        )

    def _file(self, version_id: str, name: str, key: str) -> File:
        size = self._random.randrange(100_000)
        return File(
            version_id=version_id,
            name=name,
            object_key=key,
            content_type="video/mp4",
            size=size,
            sha256=self._hash(),
        )

    def _hash(self) -> str:
        return self._random.randbytes(32).hex()
