"""The files that were uploaded go when their organization does not want to keep them, and what needs them says so."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from house import House, house
from lesson import Lesson, add_lesson
from sqlalchemy import func, update
from sqlalchemy.orm import Session

from storage import keys
from storage.catalogue.models import Organization, Step, Version
from storage.catalogue.organizations import create_organization
from workers.dropped_sources import drop_sources

__all__ = ["house"]


@pytest.fixture
def lesson(house: House) -> Lesson:
    """One that is ready since ten days, in an organization below another."""
    lesson = add_lesson(house.sessions, house.objects)
    key = keys.source_key(lesson.asset_id, lesson.version_id)
    house.objects.put(key, b"a film")
    with house.sessions.begin() as session:
        above = create_organization(session, "市")
        session.execute(
            update(Organization).where(Organization.id == lesson.organization_id).values(parent_id=above.id)
        )
        session.execute(
            update(Version)
            .where(Version.id == lesson.version_id)
            .values(
                source_key=key,
                source_size=6,
                source_sha256="0" * 64,
                ready_at=func.now() - timedelta(days=10),
            )
        )
    return lesson


def above(session: Session, lesson: Lesson) -> str:
    found = session.get_one(Organization, lesson.organization_id).parent_id
    assert found is not None
    return found


def wish(house: House, organization_id: str, days: int | None) -> Any:
    answer = house.client.patch(
        f"/v1/organizations/{organization_id}",
        json={"source_days": days},
        headers=house.api_key(organization_id, "admin"),
    )
    assert answer.status_code == 200, answer.text
    return answer.json


def has_source(house: House, lesson: Lesson) -> bool:
    return bool(list(house.objects.list(keys.source_key(lesson.asset_id, lesson.version_id))))


def test_they_are_kept_until_somebody_wishes_otherwise(house: House, lesson: Lesson) -> None:
    with house.sessions() as session:
        city = above(session, lesson)
    drop_sources(house.sessions, house.objects)
    assert has_source(house, lesson)
    assert wish(house, city, 11)["source_days"] == 11
    drop_sources(house.sessions, house.objects)
    assert has_source(house, lesson)
    wish(house, city, 9)
    wish(house, lesson.organization_id, 0)
    drop_sources(house.sessions, house.objects)
    assert has_source(house, lesson), "the school keeps what its city does not"
    wish(house, lesson.organization_id, None)
    with house.sessions.begin() as session:
        session.add(Step(version_id=lesson.version_id, name="encode_av1", kind="encode_av1", state="queued"))
    drop_sources(house.sessions, house.objects)
    assert has_source(house, lesson), "something is still made of it"


def test_what_needs_them_says_that_they_are_gone(house: House, lesson: Lesson) -> None:
    author = house.api_key(lesson.organization_id, "author")
    wish(house, lesson.organization_id, 9)
    with house.sessions.begin() as session:
        for kind, name in (("encode_av1", "av1"), ("preview", "preview")):
            session.add(
                Step(version_id=lesson.version_id, name=name, kind=kind, state="failed", optional=True)
            )
    drop_sources(house.sessions, house.objects)
    assert not has_source(house, lesson)
    address = f"/v1/assets/{lesson.asset_id}"
    asset = house.client.get(address, headers=author).json
    assert asset["source"]["dropped_at"] and asset["state"] == "ready"
    again = house.client.post(f"{address}/versions", json={"reprocess": True}, headers=author)
    assert (again.status_code, again.json["code"]) == (409, "source_gone")
    picture = house.get(f"/v/{lesson.public_id}/thumbnail.jpg?time=7")
    assert (picture.status_code, picture.json["code"]) == (404, "image_source_gone")
    assert house.get(f"/v/{lesson.public_id}/poster.jpg").status_code == 200
    # What can be made without them is tried again, and nothing else.
    assert house.client.post(f"{address}/retry", headers=author).status_code == 202
    with house.sessions() as session:
        states = {s.name: s.state for s in session.query(Step).where(Step.version_id == lesson.version_id)}
    assert states == {"av1": "failed", "preview": "queued"}


def test_one_that_another_version_is_made_of_stays_for_that(house: House, lesson: Lesson) -> None:
    author = house.api_key(lesson.organization_id, "author")
    again = house.client.post(
        f"/v1/assets/{lesson.asset_id}/versions", json={"reprocess": True}, headers=author
    )
    assert again.status_code == 201
    wish(house, lesson.organization_id, 9)
    drop_sources(house.sessions, house.objects)
    assert has_source(house, lesson)
    with house.sessions.begin() as session:
        assert session.get_one(Version, lesson.version_id).source_dropped_at is not None
        session.execute(
            update(Version)
            .where(Version.id == again.json["id"])
            .values(state="ready", ready_at=func.now() - timedelta(days=10))
        )
        session.execute(update(Step).where(Step.version_id == again.json["id"]).values(state="done"))
    drop_sources(house.sessions, house.objects)
    assert not has_source(house, lesson)
