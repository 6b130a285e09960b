"""What must hold of a stack at rest, whatever happened to it before."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session
from support import RunningStack

from storage.catalogue import database
from storage.catalogue.models import File, Image, OutboxEntry, Rendition, Step, Version
from storage.catalogue.renditions import renditions_of
from workers.plan.model.serialization import plan_from_json
from workers.plan.timing import Span

EXTRAS_SECONDS = 90
"""Time enough to try an extra again that was hit by a fault."""


@dataclass(frozen=True)
class StepRecord:
    """One row of the step ledger. ``at`` is when it was read, by the database's clock."""

    id: str
    name: str
    kind: str
    state: str
    attempts: int
    interruptions: int
    fence: int
    owner: str | None
    error: str | None
    queued_at: datetime | None
    finished_at: datetime | None
    at: datetime


@contextmanager
def catalogue_of(stack: RunningStack) -> Iterator[Session]:
    """The stack's catalogue, by a connection that is not kept: its server may be killed next."""
    engine = _engine(stack.environment["DATABASE_URL"])
    with Session(engine) as session:
        yield session
    engine.dispose()


@cache
def _engine(url: str) -> Engine:
    """It knows the statements that are asked over and over."""
    return database.connect(url, pool_size=1)


def ledger_of(stack: RunningStack, asset_id: str) -> dict[str, StepRecord]:
    """The steps of an asset by name."""
    with catalogue_of(stack) as session:
        rows = session.execute(
            select(Step, func.clock_timestamp())
            .join(Version, Version.id == Step.version_id)
            .where(Version.asset_id == asset_id)
            .order_by(Step.position)
        ).all()
        return {
            step.name: StepRecord(
                step.id,
                step.name,
                step.kind,
                step.state,
                step.attempts,
                step.interruptions,
                step.fence,
                step.lease_owner,
                step.last_error,
                step.queued_at,
                step.finished_at,
                at,
            )
            for step, at in rows
        }


def check_invariants(stack: RunningStack) -> None:
    """Nothing waits, and all that is ready is whole: every row has its object and every chunk exists once.

    Waits for what is made of a ready version."""
    _await_extras(stack)
    with catalogue_of(stack) as session:
        unsent = session.execute(select(OutboxEntry.id).where(OutboxEntry.sent_at.is_(None))).all()
        assert not unsent, f"the outbox still holds {unsent}"
        unfinished = session.execute(select(Step.name, Step.state).where(Step.state != "done")).all()
        assert not unfinished, f"steps that are not done: {unfinished}"
        versions = session.execute(select(Version)).scalars().all()
        assert [version.state for version in versions] == ["ready"] * len(versions)
        for version in versions:
            _check_version(stack, session, version)
    assert not list((stack.data / "work").glob("step-*")), "a step left its work folder behind"


def _await_extras(stack: RunningStack) -> None:
    deadline = time.monotonic() + EXTRAS_SECONDS
    unfinished = select(Step.id).where(Step.optional, Step.state.in_(("waiting", "queued", "leased")))
    with catalogue_of(stack) as session:
        while time.monotonic() < deadline and session.execute(unfinished).first():
            session.rollback()
            time.sleep(0.25)


def _check_version(stack: RunningStack, session: Session, version: Version) -> None:
    plan = plan_from_json(version.plan or {})
    numbered = session.execute(select(Step.id, Step.fence).where(Step.version_id == version.id))
    fences = {row.id: row.fence for row in numbered}
    made = renditions_of(session, version.id)
    planned = {sound.name: sound.chunks for sound in plan.sounds}
    if plan.video:
        planned |= {rung.name: plan.video.grid.chunks for rung in plan.video.rungs}
    assert sorted(rendition.name for rendition in made) == sorted(planned)
    for rendition in made:
        _check_chunks(stack, rendition, planned[rendition.name], fences)
    for image in session.execute(select(Image).where(Image.version_id == version.id)).scalars():
        assert digest_of(stack, image.object_key) == (image.size, image.sha256), image.name
    for file in session.execute(select(File).where(File.version_id == version.id)).scalars():
        assert digest_of(stack, file.object_key) == (file.size, file.sha256), file.name
    assert version.source_key is not None
    assert digest_of(stack, version.source_key) == (version.source_size, version.source_sha256)


def _check_chunks(
    stack: RunningStack, rendition: Rendition, spans: tuple[Span, ...], fences: Mapping[str, int]
) -> None:
    found = [(chunk.number, chunk.frames) for chunk in rendition.chunks]
    assert found == [(span.number, span.count) for span in spans], rendition.name
    for chunk in rendition.chunks:
        assert digest_of(stack, chunk.object_key) == (chunk.size, chunk.sha256), chunk.object_key
        *_, step_id, fence, _name = chunk.object_key.split("/")
        assert int(fence) == fences[step_id], f"{chunk.object_key} is not from the step's last attempt"


def digest_of(stack: RunningStack, key: str) -> tuple[int, str]:
    """Size and SHA-256 of a stored object."""
    digest, size = hashlib.sha256(), 0
    for piece in stack.objects.stream(key):
        digest.update(piece)
        size += len(piece)
    return size, digest.hexdigest()
