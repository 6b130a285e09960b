"""Versions that an older release planned get their facts: by the migration, or later by the keeper."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ledger import new_lesson
from revisions import database_at
from sqlalchemy import Engine, text, update
from sqlalchemy.orm import Session, sessionmaker
from support import RunningStack

from storage.catalogue import migrate
from storage.catalogue.facts import PlannedSound, VersionFacts
from storage.catalogue.models import Version
from storage.ids import new_id
from workers.replan import write_missing_facts

pytestmark = pytest.mark.integration

STORED: dict[str, Any] = json.loads(Path(__file__).with_name("plans_of_0017.json").read_text())
"""Plans as they were stored then: the migration reads these for ever, whatever plans become."""

SIZE = {"width": 2560, "height": 1440}
SOUND_ALONE = {"width": None, "height": None}

WITH_SOUND = VersionFacts(
    duration=19.986633333333334,
    width=1920,
    height=1080,
    source_width=2560,
    source_height=1440,
    frame_rate=30_000 / 1001,
    loop=False,
    longest_segment=188 * 1024 / 48_000,
    picture_chunks=3,
    sounds=(PlannedSound("audio", 2), PlannedSound("audio-1", 2)),
    decisions=("a", "b", "c"),
)
SILENT = replace(WITH_SOUND, longest_segment=4.004, sounds=(), decisions=())
HEARD = VersionFacts(
    duration=20.0,
    width=1280,
    height=720,
    source_width=None,
    source_height=None,
    frame_rate=None,
    loop=False,
    longest_segment=188 * 1024 / 48_000,
    picture_chunks=None,
    sounds=(PlannedSound("audio-128k", 2), PlannedSound("audio-64k", 2)),
)


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
    video, silent, sound = (STORED[name] for name in ("video", "silent", "sound"))
    before_formats = {**without(video, "format", "loop", "notes"), "video": without(video["video"], "notes")}
    damaged = {**video, "segment_seconds": None}
    rows: list[tuple[str | None, Any, Any, VersionFacts | None]] = [
        ("video", video, SIZE, WITH_SOUND),
        ("video", silent, SIZE, SILENT),
        ("audio", sound, SOUND_ALONE, HEARD),
        ("animation", before_formats, SIZE, replace(WITH_SOUND, loop=True, decisions=())),
        ("video", damaged, SIZE, None),
        ("video", {"nothing": "of use"}, SIZE, None),
        (None, None, None, None),
    ]
    with database_at(stack, "0017") as (url, engine):
        expected = {add_older(engine, kind, plan, info): facts for kind, plan, info, facts in rows}
        migrate.migrate(url)
        with Session(engine) as session:
            found = {version_id: session.get_one(Version, version_id).facts for version_id in expected}
    assert found == expected


def test_the_keeper_writes_what_an_older_worker_left_out(sessions: sessionmaker[Session]) -> None:
    forgotten, damaged, kept = (new_lesson(sessions) for _ in range(3))
    with sessions.begin() as session:
        for version_id, plan, facts in (
            (forgotten, STORED["video"], None),
            (damaged, {"format": -1}, None),
            (kept, STORED["video"], SILENT),
        ):
            values = {"plan": plan, "media_info": SIZE, "facts": facts}
            session.execute(update(Version).where(Version.id == version_id).values(values))
    assert write_missing_facts(sessions, "").pause is None
    with sessions() as session:
        assert session.get_one(Version, forgotten).facts == WITH_SOUND
        assert session.get_one(Version, damaged).facts is None
        assert session.get_one(Version, kept).facts == SILENT
