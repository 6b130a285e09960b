"""Figures of views by the API: sums, days, explanations, and plays that a front end tells of."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from beat_taker import Taker
from house import House, make_house
from lesson import Lesson, add_lesson
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.test import TestResponse

from storage.catalogue import plays, view_days
from storage.catalogue.models import Collection, CollectionItem
from storage.catalogue.organizations import create_organization
from storage.ids import new_id
from storage.learning.beats import Beat, Quality, Sending, Told, from_text

ZONE = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 6, 10, 12, tzinfo=ZONE)
DAY = "2026-06-10"


@pytest.fixture(scope="module")
def taker() -> Taker:
    return Taker()


@pytest.fixture(scope="module")
def house(sessions: sessionmaker[Session], taker: Taker) -> House:
    return make_house(sessions, beats=taker)


@pytest.fixture(scope="module")
def lesson(house: House) -> Lesson:
    """Of ten seconds: seen whole by three, one of them twice, and by one for two seconds; the day after by one."""
    made = add_lesson(house.sessions, house.objects)

    def told(viewer: str, end: int, minute: int = 0, day: int = 0, **more: Any) -> Sending:
        at = NOON + timedelta(days=day, minutes=minute)
        facts = Told(
            int(at.timestamp() * 1000),
            made.public_id,
            made.asset_id,
            made.organization_id,
            made.version_id,
            viewer,
            duration=10_000,
            **more,
        )
        quality = Quality(startup_ms=500, stalls=1, stall_ms=250, bitrate=800, bytes=1_000)
        return Sending(new_id(), end + 500, [Beat(0, end + 500, [(0, end)], quality=quality)], facts)

    with house.sessions.begin() as session:
        plays.record(
            session,
            [
                *(told(f"{number:032x}", 10_000) for number in range(3)),
                told(f"{0:032x}", 10_000, minute=5),
                told("f" * 32, 2_000),
                told("e" * 32, 9_000, suspicion="crawler"),
                told("d" * 32, 10_000, day=1),
            ],
            ZONE,
        )
        view_days.roll_up_stale(session, 100)
    return made


@pytest.fixture(scope="module")
def key(house: House, lesson: Lesson) -> dict[str, str]:
    return house.api_key(lesson.organization_id)


def ask(house: House, key: dict[str, str], address: str) -> TestResponse:
    return house.client.get(f"/v1/views{address}", headers=key)


def test_sums_of_an_asset(house: House, lesson: Lesson, key: dict[str, str]) -> None:
    found = ask(house, key, f"?asset={lesson.asset_id}&from={DAY}&to={DAY}").json
    total = found["total"]
    assert (total["views"], total["viewers"], total["plays"]) == (3, 3, 5)
    assert total["refused"] == {"crawler": 1, "repeated": 1, "too_short": 1}
    assert (total["watched_seconds"], total["completed"]) == (42.0, 4)
    assert (total["completion"], total["startup_seconds"], total["bitrate"]) == (0.84, 0.5, 800.0)
    assert (total["stalls"], total["stall_seconds"], total["traffic_bytes"]) == (5, 1.25, 5_000)
    assert (found["rules"], found["time_zone"], found["imported"]) == ([1], "Asia/Shanghai", 0)
    assert (found["retention"][0], found["retention"][99]) == (5, 4)
    assert found["days"] is None


def test_days_add_up_and_a_day_without_views_is_one(
    house: House, lesson: Lesson, key: dict[str, str]
) -> None:
    address = f"?asset={lesson.asset_id}&from=2026-06-09&to=2026-06-11"
    found = ask(house, key, f"{address}&by=day").json
    assert [(day["day"], day["views"]) for day in found["days"]] == [
        ("2026-06-09", 0),
        (DAY, 3),
        ("2026-06-11", 1),
    ]
    assert found["total"]["views"] == 4
    told = ask(house, key, f"{address}&format=csv")
    assert told.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert told.data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(told.data.decode("utf-8-sig"))))
    assert [(row["day"], row["views"], row["refused"]) for row in rows] == [
        ("2026-06-09", "0", "0"),
        (DAY, "3", "3"),
        ("2026-06-11", "1", "0"),
    ]


def test_courses_and_organizations_have_the_sums_of_what_they_hold(
    house: House, lesson: Lesson, key: dict[str, str]
) -> None:
    with house.sessions.begin() as session:
        course = Collection(organization_id=lesson.organization_id, title="课程")
        session.add(course)
        session.flush()
        session.add(CollectionItem(collection_id=course.id, asset_id=lesson.asset_id, position=0))
        empty = Collection(organization_id=lesson.organization_id, title="空")
        session.add(empty)
        session.flush()
    days = "&from=2026-06-10&to=2026-06-11"
    for scope, views in ((f"collection={course.id}", 4), (f"collection={empty.id}", 0), ("", 4)):
        assert ask(house, key, f"?{scope}{days}").json["total"]["views"] == views, scope
    own = ask(house, key, f"?organization={lesson.organization_id}{days}").json
    assert (own["total"]["views"], own["total"]["refused"]["repeated"]) == (4, 1)


def test_the_asset_and_its_page_tell_the_sum(house: House, lesson: Lesson, key: dict[str, str]) -> None:
    shown = house.client.get(f"/v1/assets/{lesson.asset_id}", headers=key).json
    assert shown["views"] == {"total": 4, "counted": 4, "imported": 0}
    assert house.get(f"/v/{lesson.public_id}/views").json == {"views": 4}


def test_views_of_a_platform_before_are_a_figure_of_their_own_in_the_sum(
    house: House, lesson: Lesson, key: dict[str, str]
) -> None:
    path, writer = f"/v1/assets/{lesson.asset_id}", house.api_key(lesson.organization_id, "author")
    for old_views in (5_000_000, 7, None):
        house.client.patch(path, json={"old_views": old_views}, headers=writer)
        # Adding the day up again brings it to the same.
        for _ in range(2):
            imported = old_views or 0
            shown = house.client.get(path, headers=key).json["views"]
            assert shown == {"total": 4 + imported, "counted": 4, "imported": imported}
            with house.sessions.begin() as session:
                view_days.roll_up_day(session, date.fromisoformat(DAY))
        assert ask(house, key, f"?asset={lesson.asset_id}").json["imported"] == imported


def test_every_play_is_explained(house: House, lesson: Lesson, key: dict[str, str]) -> None:
    found, after = [], ""
    while after is not None:
        address = f"/explain?asset={lesson.asset_id}&day={DAY}&limit=4"
        page = ask(house, key, address + (f"&after={after}" if after else "")).json
        found += page["plays"]
        after = page["next"]
    assert sorted(play["outcome"] for play in found) == [
        *["counted"] * 3,
        "crawler",
        "repeated",
        "too_short",
    ]
    assert page["total"]["views"] == sum(play["outcome"] == "counted" for play in found)
    assert {len(play["viewer"]) for play in found} == {12}
    assert len({play["id"] for play in found}) == 6
    assert ask(house, key, f"/explain?asset={lesson.asset_id}&day=2026-06-08").json["plays"] == []
    assert ask(house, key, f"/explain?asset={lesson.asset_id}&day={DAY}&after=!").status_code == 400


@pytest.mark.parametrize(
    "query",
    [
        "from=2026-06-11&to=2026-06-10",
        "from=2020-01-01&to=2026-06-10",
        "from=20260610",
        "to=0001-01-01",
        "from=9999-12-31&to=9999-12-31",
        "by=year",
        "day=1",
        "asset=a&collection=b",
    ],
)
def test_questions_that_make_no_sense_are_refused(house: House, key: dict[str, str], query: str) -> None:
    assert ask(house, key, f"?{query}").status_code == 422


def test_strangers_see_nothing(house: House, lesson: Lesson) -> None:
    with house.sessions.begin() as session:
        other = create_organization(session, "别处").id
    stranger = house.api_key(other)
    assert ask(house, stranger, f"?asset={lesson.asset_id}").status_code == 404
    assert ask(house, stranger, f"/explain?asset={lesson.asset_id}&day={DAY}").status_code == 404
    assert ask(house, stranger, f"?organization={lesson.organization_id}").status_code == 404
    assert ask(house, stranger, f"?from={DAY}&to={DAY}").json["total"]["views"] == 0
    told = {"id": "1", "playback_id": lesson.public_id, "seconds": 30}
    assert house.client.post("/v1/views", json=told, headers=stranger).status_code == 404
    partner = house.api_key(lesson.organization_id, "author")
    assert house.client.post("/v1/views", json=told, headers=partner).status_code == 403


def test_a_front_end_tells_of_a_play_and_of_a_class_before_one_screen(
    house: House, lesson: Lesson, key: dict[str, str], taker: Taker
) -> None:
    told = {"id": "room 7, 10 June", "playback_id": lesson.signed_id, "seconds": 10, "attendance": 40}
    first, second = (house.client.post("/v1/views", json=told, headers=key) for _ in range(2))
    assert (first.status_code, first.json) == (202, second.json)
    named = house.client.post("/v1/views", json={**told, "id": "2", "viewer": "pupil"}, headers=key)
    sent = [from_text(text) for text in taker.texts]
    assert [each.play for each in sent] == [first.json["play"], first.json["play"], named.json["play"]]
    assert "pupil" not in taker.texts[-1]
    with house.sessions.begin() as session:
        plays.record(session, sent, ZONE)
        view_days.roll_up_stale(session, 100)
    today = date.fromisoformat(ask(house, key, "").json["last"])
    found = ask(house, key, f"/explain?asset={lesson.asset_id}&day={today}").json
    assert sorted((play["outcome"], play["attendance"], play["source"]) for play in found["plays"]) == [
        ("counted", 40, "front_end"),
        ("counted", 40, "front_end"),
    ]
    assert (found["total"]["views"], found["total"]["attendance"]) == (2, 80)
    taker.away = True
    assert house.client.post("/v1/views", json=told, headers=key).status_code == 503
    taker.away = False
