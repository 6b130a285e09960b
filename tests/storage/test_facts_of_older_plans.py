"""Versions that an older release planned get their facts: by the migration, or later by the keeper."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from alembic import command
from ledger import new_lesson
from sqlalchemy import Engine, create_engine, text, update
from sqlalchemy.orm import Session, sessionmaker
from support import RunningStack

from configs.ladder import load_ladder
from storage.catalogue import database
from storage.catalogue.facts import VersionFacts
from storage.catalogue.models import Version
from storage.ids import new_id
from workers.plan.facts import facts_of
from workers.plan.planning import make_plan
from workers.plan.serialization import plan_to_json
from workers.plan.source.probe import AudioStream, MediaInfo, VideoStream
from workers.replan import write_missing_facts

pytestmark = pytest.mark.integration

PICTURE = VideoStream(
    index=0,
    codec="h264",
    width=2560,
    height=1440,
    pixel_format="yuv420p",
    nominal_rate=Fraction(30_000, 1001),
    average_rate=Fraction(30_000, 1001),
    start=0.0,
    duration=None,
)
SOUNDS = tuple(
    AudioStream(index, "aac", 2, 44_100, name, 0.0, None) for index, name in ((1, "chi"), (2, "eng"))
)
SOURCE = MediaInfo(container="mov", start=0.0, duration=900.0, streams=3, video=PICTURE, sounds=SOUNDS)
SIZE = {"width": 2560, "height": 1440}
SOUND_ALONE = {"width": None, "height": None}

PLAN = make_plan(SOURCE, 900.0, 900.0, load_ladder())
PLAN = replace(PLAN, notes=("a",), video=replace(PLAN.picture, notes=("b", "c")))
SILENT = make_plan(replace(SOURCE, sounds=()), 900.0, 900.0, load_ladder())
HEARD = make_plan(replace(SOURCE, video=None), 900.0, 0.0, load_ladder())


@contextmanager
def database_at(stack: RunningStack, revision: str) -> Iterator[tuple[str, Engine]]:
    base, _, _ = stack.environment["DATABASE_URL"].rpartition("/")
    name = f"test_{new_id()}"
    server = create_engine(
        f"{base}/postgres".replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT"
    )
    with server.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    url = f"{base}/{name}"
    engine = database.connect(url)
    command.upgrade(database.alembic_config(url), revision)
    try:
        yield url, engine
    finally:
        engine.dispose()
        with server.connect() as connection:
            connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
        server.dispose()


def add_older(engine: Engine, kind: str | None, plan: Any, media_info: Any) -> str:
    """A version as release 0017 of the catalogue has it."""
    version_id = new_id()
    with engine.begin() as connection:
        connection.execute(
            text(
                "WITH o AS (INSERT INTO organizations (id, name) VALUES (:id, 'school')), "
                "a AS (INSERT INTO assets (id, organization_id, title) VALUES (:id, :id, 'lesson')) "
                "INSERT INTO versions (id, asset_id, state, kind, file_name, plan, media_info) "
                "VALUES (:id, :id, 'ready', :kind, 'lesson.mp4', cast(:plan AS jsonb), cast(:info AS jsonb))"
            ),
            {
                "id": version_id,
                "kind": kind,
                "plan": plan and json.dumps(plan),
                "info": media_info and json.dumps(media_info),
            },
        )
    return version_id


def without(document: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name not in names}


def test_the_migration_takes_facts_from_stored_plans(stack: RunningStack) -> None:
    stored = plan_to_json(PLAN)
    older = {**without(stored, "format", "loop", "notes"), "video": without(stored["video"], "notes")}
    rows: list[tuple[str | None, Any, Any, VersionFacts | None]] = [
        ("video", stored, SIZE, facts_of(PLAN, SIZE)),
        ("video", plan_to_json(SILENT), SIZE, facts_of(SILENT, SIZE)),
        ("audio", plan_to_json(HEARD), SOUND_ALONE, facts_of(HEARD, SOUND_ALONE)),
        ("animation", older, SIZE, replace(facts_of(PLAN, SIZE), loop=True, decisions=())),
        ("video", {**stored, "segment_seconds": None}, SIZE, None),
        ("video", {"nothing": "of use"}, SIZE, None),
        (None, None, None, None),
    ]
    with database_at(stack, "0017") as (url, engine):
        expected = {add_older(engine, kind, plan, info): facts for kind, plan, info, facts in rows}
        database.migrate(url)
        with Session(engine) as session:
            found = {version_id: session.get_one(Version, version_id).facts for version_id in expected}
    assert found == expected


def test_the_keeper_writes_what_an_older_worker_left_out(sessions: sessionmaker[Session]) -> None:
    forgotten, damaged, kept = (new_lesson(sessions) for _ in range(3))
    known = facts_of(SILENT, SIZE)
    with sessions.begin() as session:
        for version_id, plan, facts in (
            (forgotten, plan_to_json(PLAN), None),
            (damaged, {"format": -1}, None),
            (kept, plan_to_json(PLAN), known),
        ):
            values = {"plan": plan, "media_info": SIZE, "facts": facts}
            session.execute(update(Version).where(Version.id == version_id).values(values))
    assert write_missing_facts(sessions, "").pause is None
    with sessions() as session:
        assert session.get_one(Version, forgotten).facts == facts_of(PLAN, SIZE)
        assert session.get_one(Version, damaged).facts is None
        assert session.get_one(Version, kept).facts == known
