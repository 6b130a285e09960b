"""One worker in this process, on the tests' catalogue and objects in memory: every step by the ledger and the
workers' own code, without service, queue and forked children. It costs a quarter of a lesson on a stack."""

from __future__ import annotations

import hashlib
import signal
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from rehearsal import ENVIRONMENT
from sqlalchemy import case, func, select, update
from sqlalchemy.orm import Session, selectinload, sessionmaker

from configs.jobs import CONTROL, DRAW, EXTRAS, FIRST, LADDER
from configs.ladder import load_ladder
from configs.settings import load_settings
from storage.catalogue import assets, claims, organizations, versions
from storage.catalogue.facts import VersionFacts
from storage.catalogue.models import Asset, Image, Rendition, Step, Version
from storage.ids import new_id
from storage.measures import Measures
from storage.memory import MemoryObjectStore
from workers import jobs
from workers.media import MediaTools
from workers.resources import Resources

OWNER = "tests"


@dataclass(frozen=True)
class Made:
    """What became of a source; ``renditions`` with their chunks, the lowest first."""

    version: Version
    renditions: list[Rendition]
    images: dict[str, Image]

    @property
    def facts(self) -> VersionFacts:
        """What everybody may know of it."""
        assert self.version.facts is not None, (self.version.failure_code, self.version.failure_detail)
        return self.version.facts


class OneWorker:
    """Takes steps one after another, of what it was given to make alone; those of the lane ``extras`` only if told to.
    What waits for another attempt need not wait. ``variables`` are settings, ``objects`` what another one stored."""

    def __init__(
        self,
        sessions: sessionmaker[Session],
        folder: Path,
        *,
        extras: bool = False,
        objects: MemoryObjectStore | None = None,
        **variables: str,
    ) -> None:
        lanes = (CONTROL, FIRST, LADDER, DRAW, *((EXTRAS,) if extras else ()))
        settings = load_settings({**ENVIRONMENT, **variables})
        self.objects = MemoryObjectStore() if objects is None else objects
        self._versions: list[str] = []
        self._sessions = sessions
        self._lanes = [jobs.LANE_LINES[lane] for lane in lanes]
        self._shared = Resources(
            lanes=lanes,
            settings=settings,
            ladder=load_ladder(),
            engine=sessions.kw["bind"],
            sessions=sessions,
            objects=self.objects,
            tools=MediaTools.find(settings),
            work_folder=folder,
            wake=lambda: None,
            measures=Measures(),
        )

    def make(self, source: bytes, file_name: str = "lesson.mp4", background: int = assets.WHITE) -> Made:
        """Do everything that a new version of ``source`` wants, until it is ready or has failed."""
        key = f"sources/{new_id()}"
        self.objects.put(key, source)
        with self._sessions.begin() as session:
            organization = organizations.create_organization(session, "省社区教育")
            version = assets.create_asset(
                session, organization.id, file_name, file_name, "public", background=background
            )
            digest = hashlib.sha256(source).hexdigest()
            assets.begin_processing(session, version.id, key, len(source), digest)
        self._work(version.id)
        return self._made(version.id)

    def replace(self, made: Made, source: bytes) -> Made:
        """The same for another version of the same asset, which takes the current one's place once it is ready."""
        key = f"sources/{new_id()}"
        self.objects.put(key, source)
        with self._sessions.begin() as session:
            asset = session.get_one(Asset, made.version.asset_id)
            version = versions.add(
                session,
                asset,
                file_name="replaced",
                background=None,
                by=versions.Author(None, ""),
                note="",
                awaited=True,
            )
            digest = hashlib.sha256(source).hexdigest()
            assets.begin_processing(session, version.id, key, len(source), digest)
        self._work(version.id)
        return self._made(version.id)

    def go_on(self, made: Made) -> Made:
        """Do what there is to do of a version by now."""
        self._work(made.version.id)
        return self._made(made.version.id)

    def lose_hardware(self) -> None:
        """Go on as a worker in which no graphics hardware works."""
        self._shared = replace(self._shared, tools=replace(self._shared.tools, hardware=None))

    def _work(self, version_id: str) -> None:
        self._versions.append(version_id)
        claim = self._claim()
        while claim is not None:
            claim = jobs.carry(self._shared, claim) or self._claim()
        signal.alarm(0)

    def _claim(self) -> claims.Claim | None:
        with self._sessions.begin() as session:
            session.execute(
                update(Step)
                .where(Step.state == "queued")
                .values(
                    queued_at=case(
                        (Step.version_id.in_(self._versions), func.now()),
                        else_=func.now() + timedelta(days=1),  # what other tests have left
                    )
                )
            )
            return claims.claim_in_turn(session, self._lanes, OWNER)

    def _made(self, version_id: str) -> Made:
        with self._sessions() as session:
            renditions = (
                select(Rendition)
                .where(Rendition.version_id == version_id)
                .order_by(Rendition.kind.desc(), Rendition.position)
                .options(selectinload(Rendition.chunks))
            )
            images = session.execute(select(Image).where(Image.version_id == version_id)).scalars()
            return Made(
                session.get_one(Version, version_id),
                list(session.execute(renditions).scalars()),
                {image.name: image for image in images},
            )

    def stream(self, rendition: Rendition) -> bytes:
        """What a player puts together of a rendition: its initialization segment and all segments."""
        first = rendition.chunks[0]
        pieces = [self.objects.get(first.object_key, 0, first.init_length)]
        for chunk in rendition.chunks:
            pieces += [
                self.objects.get(chunk.object_key, start, length) for _s, start, length in chunk.segments
            ]
        return b"".join(pieces)
