"""Totals of lessons flow back: from a school over a city to the province that they came from, each play counted once.

The platforms speak to each other over real connections; each has a catalogue of its own.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from exchanging import ZONE, World, three_platforms
from platforms import link_up
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.orm import Session, sessionmaker

from storage.catalogue import plays, view_days, view_partitions
from storage.catalogue.models import (
    Asset,
    FollowedLesson,
    HandedOutLesson,
    OwedDay,
    StoredPlay,
    StoredStudySession,
    StudyRecord,
    TotalsExchange,
)
from storage.ids import new_id
from storage.learning.plays import MOST

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def world(three_catalogues: list[sessionmaker[Session]]) -> Iterator[World]:
    with three_platforms(three_catalogues) as made:
        yield made


def told(lesson: str, copy_id: str, day: date, revision: int = 1, *parts: dict[str, Any]) -> bytes:
    """A request that tells one day."""
    document = {"lesson": lesson, "copy_id": copy_id, "day": str(day), "revision": revision, "parts": parts}
    return json.dumps({"days": [document]}).encode()


def part(url: str, views: int, **more: Any) -> dict[str, Any]:
    return {
        "url": url,
        "name": "别处",
        "time_zone": "Asia/Shanghai",
        "rule": 1,
        "views": views,
        "plays": views,
        "attendance": views,
        **more,
    }


def tell(world: World, body: bytes) -> dict[str, Any]:
    """What the province answers the city."""
    answer = world.city.platform.call(
        world.province.platform,
        world.upper,
        "POST",
        "/v1/exchange/totals",
        body,
        Content_Type="application/json",
    )
    assert answer.status_code == 200, answer.text
    [day] = answer.json["days"]
    assert isinstance(day, dict)
    return day


def today() -> date:
    return datetime.now(ZONE).date()


def test_totals_go_up_hop_by_hop_and_each_play_counts_once(world: World) -> None:
    lesson, in_city, at_school = world.add_lesson()
    world.province.watch(lesson, 5)
    world.city.watch(in_city, 7, seconds=30)
    world.school.watch(at_school, 11)
    for _ in range(3):  # again and again changes nothing
        world.school.tell()
        world.city.tell()
    school, city, province = (site.platform.url for site in (world.school, world.city, world.province))
    assert world.school.parts(at_school) == {school: 11}
    assert world.city.parts(in_city) == {city: 7, school: 11}
    assert world.province.parts(lesson) == {province: 5, city: 7, school: 11}
    total = world.province.views(lesson, by="day")
    assert (total["total"]["views"], total["total"]["views_elsewhere"]) == (23, 18)
    assert total["total"]["watched_seconds"] == 5 * 60 + 7 * 30 + 11 * 60
    assert total["total"]["watched_seconds_elsewhere"] == 7 * 30 + 11 * 60
    assert total["total"]["viewers"] == 23 and total["days"][-1]["views_elsewhere"] == 18
    assert total["all_time"]["total"] == 23
    with world.province.sessions() as session:
        assert session.get_one(Asset, lesson).clicks == 23
    # More of it, and only that is told.
    world.school.watch(at_school, 2)
    world.school.tell()
    assert world.province.parts(lesson)[school] == 11
    world.city.tell()
    assert world.province.parts(lesson) == {province: 5, city: 7, school: 13}


def test_all_sums_of_the_province_are_the_sums_of_their_parts(world: World) -> None:
    lesson, in_city, _ = world.add_lesson()
    world.province.watch(lesson, 3)
    world.city.watch(in_city, 4)
    world.city.tell()
    world.province.add_up()
    ask = world.province.platform.ask
    total = ask("GET", "/v1/views", 200)["total"]
    platforms = ask("GET", "/v1/views/platforms", 200)["platforms"]
    organizations = ask("GET", "/v1/views/organizations", 200)["organizations"]
    for name in ("views", "viewers", "plays", "attendance", "played_seconds", "watched_seconds", "completed"):
        assert total[name] == sum(each[name] for each in platforms), name
        assert total[name] == sum(each[name] for each in organizations), name
    assert total["views_elsewhere"] == sum(each["views"] for each in platforms if each["platform_id"])
    assets = ask("GET", "/v1/views/assets", 200)["assets"]
    [mine] = [each for each in assets if each["asset_id"] == lesson]
    assert (mine["views"], mine["views_elsewhere"]) == (7, 4)
    partners = ask("GET", "/v1/views/partners", 200)["partners"]
    assert sum(each["views"] for each in partners) == total["views"] - total["views_elsewhere"]
    assert [each["partner_id"] for each in partners] == [None]
    # The same as tables, and of quality nothing is told.
    address = f"/v1/views/platforms?asset={lesson}&format=csv"
    table = world.province.platform.house.client.get(address, headers=world.province.platform.admin).text
    names, *lines = csv.reader(io.StringIO(table.removeprefix("\ufeff")))
    views = [(line[names.index("url")], line[names.index("views")]) for line in lines]
    assert views == [(world.province.platform.url, "3"), (world.city.platform.url, "4")]
    assert [each["startup_seconds"] for each in platforms if each["platform_id"]] == [None] * (
        len(platforms) - 1
    )


def test_explain_tells_own_plays_and_what_others_told(world: World) -> None:
    lesson, in_city, at_school = world.add_lesson()
    world.province.watch(lesson, 1)
    world.city.watch(in_city, 2)
    world.school.watch(at_school, 3)
    world.school.tell()
    world.city.tell()
    world.province.add_up()
    found = world.province.platform.ask("GET", f"/v1/views/explain?asset={lesson}&day={today()}", 200)
    assert len(found["plays"]) == 1 and found["total"]["views"] == 6
    assert [(each["url"], each["views"], each["counted"], each["rule"]) for each in found["elsewhere"]] == [
        (world.school.platform.url, 3, True, 1),
        (world.city.platform.url, 2, True, 1),
    ]
    assert {each["copy_id"] for each in found["elsewhere"]} == {in_city}
    assert all(each["revision"] >= 1 and each["told_at"] for each in found["elsewhere"])


def test_what_is_taken_back_is_subtracted(world: World) -> None:
    lesson, in_city, _ = world.add_lesson()
    names = world.city.watch(in_city, 4)
    world.city.tell()
    assert world.province.views(lesson)["total"]["views"] == 4
    with world.city.sessions.begin() as session:
        session.execute(delete(StoredPlay).where(StoredPlay.id.in_(names[:3])))
        asset = session.get_one(Asset, in_city)
        plays.mark_stale(session, {(today(), in_city): asset.organization_id})
    world.city.tell()
    assert world.province.views(lesson)["total"]["views"] == 1
    with world.city.sessions.begin() as session:
        session.execute(delete(StoredPlay).where(StoredPlay.id.in_(names)))
        plays.mark_stale(session, {(today(), in_city): asset.organization_id})
    world.city.tell()
    assert world.province.views(lesson)["total"]["views"] == 0
    assert world.province.parts(lesson) == {world.province.platform.url: 0}


def test_cuts_lose_nothing_and_count_nothing_twice(world: World) -> None:
    lesson, in_city, _ = world.add_lesson()
    world.city.watch(in_city, 2)
    line = world.province.line
    line.is_away = True
    try:
        world.city.tell()
        standing = world.city.platform.ask("GET", f"/v1/platform-links/{world.upper}/totals", 200)
        assert standing["owed"] == 1 and standing["failure"]["code"] in ("broken_off", "connect_failed")
        assert standing["failure"]["since"] and standing["owed_since"]
        line.is_away, line.loses_answers = False, True
        world.city.tell()  # it was heard, but nobody knows
        assert world.province.views(lesson)["total"]["views"] == 2
        world.city.watch(in_city, 3)
        world.city.tell()
    finally:
        line.is_away = line.loses_answers = False
    world.city.tell()
    assert world.province.views(lesson)["total"]["views"] == 5
    standing = world.city.platform.ask("GET", f"/v1/platform-links/{world.upper}/totals", 200)
    assert (standing["owed"], standing["failure"], standing["refused"]) == (0, None, [])
    heard = world.province.platform.ask("GET", f"/v1/platform-links/{world.upper}/totals", 200)
    assert heard["heard_at"] and {each["url"] for each in heard["platforms"]} >= {world.city.platform.url}


def test_a_city_whose_backup_was_put_back_is_believed_again(world: World) -> None:
    lesson, in_city, _ = world.add_lesson()
    for _ in range(3):
        world.city.watch(in_city, 1)
        world.city.tell()
    with world.city.sessions.begin() as session:
        where = OwedDay.asset_id == in_city
        session.execute(update(OwedDay).where(where).values(revision=1, told_revision=0))
    world.city.tell()
    world.city.watch(in_city, 1)
    world.city.tell()
    assert world.province.views(lesson)["total"]["views"] == 4


def test_a_province_whose_backup_was_put_back_is_told_anew(world: World) -> None:
    lesson, in_city, _ = world.add_lesson()
    world.city.watch(in_city, 3)
    world.city.tell()
    with world.province.sessions.begin() as session:
        for table in ("told_parts", "told_days"):
            session.execute(text(f"DELETE FROM {table} WHERE asset_id = :asset"), {"asset": lesson})
        session.execute(text("UPDATE change_log SET epoch = 'anew'"))
        asset = session.get_one(Asset, lesson)
        plays.mark_stale(session, {(today(), lesson): asset.organization_id})
    assert world.province.views(lesson)["total"]["views"] == 0
    world.province.platform.house.app.extensions.pop("lessonstream_change_log", None)
    world.city.follow(world.province, world.upper)
    world.city.tell()
    assert world.province.views(lesson)["total"]["views"] == 3


def test_a_hostile_platform_is_not_believed(world: World) -> None:
    lesson, _, _ = world.add_lesson()
    url = "https://evil.example"
    bad = {
        "totals_out_of_bounds": [
            told(lesson, new_id(), today(), 1, part(url, 1_000_001)),
            told(lesson, new_id(), today(), 1, part(url, 5, plays=4)),
            told(lesson, new_id(), today(), 1, part(url, 5, viewers=6)),
            told(lesson, new_id(), today(), 1, part(url, 5, watched_ms=10**12 + 1)),
            told(lesson, new_id(), today(), 1, part(url, 5), part(url, 5)),
        ],
        "day_not_over_there": [told(lesson, new_id(), today() + timedelta(days=2), 1, part(url, 1))],
        "day_before_lesson": [told(lesson, new_id(), today() - timedelta(days=2), 1, part(url, 1))],
        "lesson_not_followed": [told(new_id(), new_id(), today(), 1, part(url, 1))],
    }
    for refusal, bodies in bad.items():
        for body in bodies:
            assert tell(world, body) == {"outcome": "refused", "revision": 0, "refusal": refusal}, body
    assert world.province.views(lesson)["total"]["views"] == 0
    # What was watched at the province is counted there, whoever tells of it; a copy stays of its lesson.
    own = part(world.province.platform.url, 1000)
    assert tell(world, told(lesson, "c" * 24, today(), 3, own, part(url, 9)))["outcome"] == "taken"
    assert world.province.views(lesson)["total"]["views"] == 9
    assert tell(world, told(lesson, "c" * 24, today(), 2, part(url, 1)))["outcome"] == "older"
    assert tell(world, told(lesson, "c" * 24, today(), 3, part(url, 1)))["outcome"] == "older"
    other, _, _ = world.add_lesson()
    assert tell(world, told(other, "c" * 24, today(), 4, part(url, 1)))["refusal"] == "lesson_not_followed"
    for body in (
        b"{}",
        b"[]",
        b'{"days": 5}',
        told(lesson, "../../etc", today(), 1),
        told(lesson, new_id(), today(), 0),
    ):
        answer = world.city.platform.call(
            world.province.platform,
            world.upper,
            "POST",
            "/v1/exchange/totals",
            body,
            Content_Type="application/json",
        )
        assert answer.status_code in (400, 422), answer.text
    unsigned = world.province.platform.house.client.post("/v1/exchange/totals", json={"days": []})
    assert unsigned.status_code == 401
    # The largest numbers that are taken break no sum.
    largest = part(url, 1_000_000, played_ms=10**12, watched_ms=10**12, attendance=10**8)
    assert tell(world, told(lesson, "c" * 24, today(), 9, largest))["outcome"] == "taken"
    assert world.province.views(lesson)["total"]["views"] == 1_000_000
    assert MOST > 10**12


def test_copies_of_a_lesson_are_bounded_together_as_one_is(world: World) -> None:
    lesson, _, _ = world.add_lesson()
    url, other_url = "https://many.example", "https://few.example"
    first, second = new_id(), new_id()
    most: dict[str, Any] = {"plays": 10**7, "attendance": 10**8, "played_ms": 10**12, "watched_ms": 10**12}
    most |= {"studied_ms": 10**12, "learners": 10**6, "lessons_completed": 10**6, "completed": 10**7}
    assert tell(world, told(lesson, first, today(), 1, part(url, 600_000)))["outcome"] == "taken"
    for figures in (
        part(url, 400_001),
        *(part(url, 1, **{"plays": 10**7, name: number}) for name, number in most.items()),
    ):
        assert tell(world, told(lesson, second, today(), 1, part(other_url, 1), part(url, 0)))["outcome"] in (
            "taken",
            "known",
        )
        full = told(lesson, first, today(), 2, part(url, 600_000, **most))
        assert tell(world, full)["outcome"] in ("taken", "known")
        refused = tell(world, told(lesson, second, today(), 9, figures))
        assert refused == {"outcome": "refused", "revision": 1, "refusal": "totals_out_of_bounds"}, figures
    assert world.province.parts(lesson)[url] == 600_000
    # A copy that was thrown away and made again on the same day is one that a platform can have; dozens are not.
    assert tell(world, told(lesson, second, today(), 9, part(other_url, 5)))["outcome"] == "taken"
    answers = [tell(world, told(lesson, new_id(), today(), 1, part(other_url, 1))) for _ in range(9)]
    assert [each["outcome"] for each in answers] == ["taken"] * 3 + ["refused"] * 6
    assert world.province.parts(lesson)[other_url] == 5 + 3
    # What is corrected makes room.
    assert tell(world, told(lesson, first, today(), 3, part(url, 1)))["outcome"] == "taken"
    assert tell(world, told(lesson, second, today(), 10, part(url, 999_999)))["outcome"] == "taken"
    assert world.province.parts(lesson)[url] == 1_000_000


def test_a_copy_is_of_one_lesson_and_none_of_ours(world: World) -> None:
    (one, _, _), (two, _, _) = world.add_lesson(), world.add_lesson()
    copy_id, yesterday = new_id(), today() - timedelta(days=1)
    assert tell(world, told(one, copy_id, today(), 1, part("https://a.example", 1)))["outcome"] == "taken"
    stranger = tell(world, told(two, copy_id, yesterday, 1, part("https://a.example", 1)))
    ours = tell(world, told(two, one, today(), 1, part("https://a.example", 1)))
    assert stranger["refusal"] == ours["refusal"] == "lesson_not_followed"
    at_once = {"days": [json.loads(told(lesson, copy, day, 1, part("https://a.example", 1)))["days"][0]
                        for copy in [new_id()] for lesson in (one, two) for day in (today(), yesterday)]}  # fmt: skip
    answer = world.city.platform.call(
        world.province.platform,
        world.upper,
        "POST",
        "/v1/exchange/totals",
        json.dumps(at_once).encode(),
        Content_Type="application/json",
    )
    assert [each["outcome"] for each in answer.json["days"]] == ["taken", "taken", "refused", "refused"]
    assert world.province.views(two)["total"]["views"] == 0


def test_what_others_claim_does_not_keep_a_platform_from_telling_its_own(world: World) -> None:
    lesson, in_city, _ = world.add_lesson()
    city, school = world.city.platform, world.school.platform
    # Two links, by each of which as much is claimed as is believed, of a platform that is behind both.
    links = [link_up(city, school) for _ in range(2)]
    url = "https://loud.example"
    shares = [{"organization_id": city.organization_id}]
    for link_id in links:
        assert city.call(school, link_id, "POST", "/v1/exchange/contacts").status_code == 200
        city.ask("PATCH", f"/v1/platform-links/{link_id}", 200, {"shares": shares})
        handed = school.call(city, link_id, "GET", f"/v1/exchange/assets/{in_city}")
        assert handed.status_code == 200, handed.text
        body = told(in_city, new_id(), today(), 1, part(url, 10**6, completed=10**6, learners=10**6))
        answer = school.call(
            city, link_id, "POST", "/v1/exchange/totals", body, Content_Type="application/json"
        )
        assert answer.json["days"][0]["outcome"] == "taken", answer.text
    world.city.watch(in_city, 4)
    world.city.tell()
    assert world.province.parts(lesson) == {world.province.platform.url: 0, city.url: 4, url: 10**6}


def test_a_revision_without_a_next_one_holds_up_no_other_lesson(world: World) -> None:
    lesson, in_city, _ = world.add_lesson()
    other, other_copy, _ = world.add_lesson()
    # As a platform answers that wants no more to be told.
    assert tell(world, told(lesson, in_city, today(), 2**53))["outcome"] == "taken"
    world.city.watch(in_city, 1)
    world.city.tell()
    world.city.watch(in_city, 1)
    world.city.watch(other_copy, 3)
    world.city.tell()
    assert world.province.views(other)["total"]["views"] == 3
    with world.city.sessions.begin() as session:
        session.execute(delete(OwedDay).where(OwedDay.asset_id == in_city))


def test_nobody_tells_more_than_is_kept_of_a_link(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    lesson, _, _ = world.add_lesson()
    with world.province.sessions() as session:
        rows = session.get_one(TotalsExchange, world.upper).rows
    monkeypatch.setattr("storage.catalogue.told_totals.MOST_ROWS", rows + 1)
    assert (
        tell(world, told(lesson, new_id(), today(), 1, part("https://one.example", 1)))["outcome"] == "taken"
    )
    more = told(lesson, new_id(), today(), 1, part("https://two.example", 1))
    assert tell(world, more)["refusal"] == "too_many_totals"
    monkeypatch.setattr("storage.catalogue.told_totals.MOST_PLATFORMS", 1)
    assert tell(world, more)["refusal"] == "too_many_platforms"


def test_an_administrator_leaves_a_platform_out(world: World) -> None:
    lesson, in_city, at_school = world.add_lesson()
    world.city.watch(in_city, 2)
    world.school.watch(at_school, 5)
    world.school.tell()
    world.city.tell()
    assert world.province.views(lesson)["total"]["views"] == 7
    path = f"/v1/platform-links/{world.lower}/totals"
    known = world.city.platform.ask("GET", path, 200)["platforms"]
    [school] = [each for each in known if each["url"] == world.school.platform.url]
    assert school["views"] >= 5 and school["last"] == str(today())
    left_out = world.city.platform.ask("PUT", f"{path}/{school['id']}", 200, {"counted": False})
    assert [each["counted"] for each in left_out["platforms"]] == [False]
    assert world.city.views(in_city)["total"]["views"] == 2
    world.city.tell()  # who is not believed is not told on
    assert world.province.views(lesson)["total"]["views"] == 2
    explained = world.city.platform.ask("GET", f"/v1/views/explain?asset={in_city}&day={today()}", 200)
    assert [each["counted"] for each in explained["elsewhere"]] == [False]
    world.city.platform.ask("PUT", f"{path}/{school['id']}", 200, {"counted": True})
    world.city.tell()
    assert world.province.views(lesson)["total"]["views"] == 7
    world.city.platform.ask("PUT", f"{path}/{new_id()}", 404, {"counted": True})
    entries = world.city.platform.ask("GET", "/v1/audit-log?limit=5", 200)["entries"]
    assert entries[0]["action"] == "platform_link.count"


def test_days_whose_plays_are_gone_keep_their_sums_and_take_what_is_told(world: World) -> None:
    lesson, in_city, _ = world.add_lesson()
    then = datetime.now(ZONE) - timedelta(days=3)
    world.province.watch(lesson, 4, at=then)
    with world.province.sessions.begin() as session:
        # The city has had it for long.
        session.execute(
            update(HandedOutLesson)
            .where(HandedOutLesson.asset_id == lesson)
            .values(at=func.now() - timedelta(days=9))
        )
    world.province.add_up()
    with world.province.sessions.begin() as session:
        view_partitions.drop_before(session, "plays", then.date() + timedelta(days=1))
    body = told(lesson, in_city, then.date(), 1, part(world.city.platform.url, 6))
    assert tell(world, body)["outcome"] == "taken"
    total = world.province.views(lesson)
    assert (total["total"]["views"], total["total"]["views_elsewhere"]) == (10, 6)
    later = told(lesson, in_city, then.date(), 2, part(world.city.platform.url, 1))
    assert tell(world, later)["outcome"] == "taken"
    assert world.province.views(lesson)["total"]["views"] == 5
    with world.province.sessions.begin() as session:
        view_days.roll_up_day(session, then.date())
    assert world.province.views(lesson)["total"]["views"] == 5


def test_study_hours_flow_back_as_sums(world: World) -> None:
    lesson, in_city, _ = world.add_lesson()
    [play] = world.city.watch(in_city, 1)
    now = datetime.now(ZONE)
    with world.city.sessions.begin() as session:
        asset = session.get_one(Asset, in_city)
        common: dict[str, Any] = {
            "portal_id": asset.organization_id,
            "collection_id": new_id(),
            "asset_id": in_city,
            "version_id": asset.current_version_id,
        }
        for learner in ("甲", "乙"):
            study = StoredStudySession(
                id=new_id(),
                learner=learner,
                play_id=play,
                nonce="n",
                mode="free",
                speed_limit=2,
                clock=0,
                opened_at=now,
                ended_at=now,
                state={},
                furthest=0,
                forged=False,
                believed=[0, 3000, 5000, 9000],
                played_ms=9000,
                refused={},
                **common,
            )
            session.add(study)
        done = StudyRecord(
            learner="甲",
            duration=10_000,
            believed=[0, 7000],
            believed_ms=7000,
            played_ms=9000,
            sessions=1,
            refused={},
            completed_at=now,
            first_at=now,
            last_at=now,
            **common,
        )
        session.add(done)
    world.city.tell()
    world.province.add_up()
    path = f"/v1/views/platforms?asset={{}}&from={today()}"
    here = world.city.platform.ask("GET", path.format(in_city), 200)["platforms"][0]
    [mine, theirs] = world.province.platform.ask("GET", path.format(lesson), 200)["platforms"]
    for each in (here, theirs):
        assert (each["studied_seconds"], each["learners"], each["lessons_completed"]) == (14, 2, 1)
    assert (mine["studied_seconds"], mine["learners"]) == (0, 0)
    # A learner who is forgotten leaves the sums.
    world.city.platform.ask("DELETE", "/v1/study?learner=甲", 200)
    world.city.tell()
    [_, theirs] = world.province.platform.ask("GET", path.format(lesson), 200)["platforms"]
    assert (theirs["studied_seconds"], theirs["learners"], theirs["lessons_completed"]) == (7, 1, 0)


def test_what_was_adopted_is_told_no_more(world: World) -> None:
    lesson, in_city, _ = world.add_lesson()
    world.city.watch(in_city, 2)
    world.city.tell()
    with world.city.sessions() as session:
        followed = session.execute(
            select(FollowedLesson.id).where(FollowedLesson.asset_id == in_city)
        ).scalar_one()
    world.city.platform.ask("POST", f"/v1/platform-links/{world.upper}/lessons/{followed}/adopt", 200)
    world.city.watch(in_city, 3)
    world.city.tell()
    assert world.province.views(lesson)["total"]["views"] == 2
    assert world.city.views(in_city)["total"]["views"] == 5
