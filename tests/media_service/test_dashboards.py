"""Dashboards: lessons, organizations and partners side by side, storage by day, and how the installation does."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from house import House, house
from signed_in import Browser, signed_in
from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.catalogue import organization_tree, plays, storage_days, view_days
from storage.catalogue.models import (
    Asset,
    BranchViewDay,
    Collection,
    CollectionItem,
    Organization,
    Partner,
    StorageDay,
    Version,
)
from storage.catalogue.organizations import create_organization
from storage.ids import new_id
from storage.learning.beats import Beat, Quality, Sending, Told

__all__ = ["house"]

ZONE = ZoneInfo("Asia/Shanghai")
DAYS = [date(2026, 3, 31), date(2026, 4, 15), date(2026, 5, 1), date(2026, 6, 10), date(2026, 6, 11)]
STRETCHES = [
    ("2026-03-31", "2026-06-11"),
    ("2026-04-01", "2026-05-31"),
    ("2026-04-02", "2026-06-10"),
    ("2026-06-10", "2026-06-10"),
    ("2026-04-16", "2026-05-02"),
]


@dataclass
class County:
    """A province with a city, and below that a school, each with a lesson; a partner shows the school's one."""

    province: str
    city: str
    school: str
    partner: str
    lessons: dict[str, str]
    key: dict[str, str]
    author: Browser


def _asset(session: Session, organization_id: str, title: str, **more: Any) -> Asset:
    made = Asset(organization_id=organization_id, title=title, **more)
    session.add(made)
    session.flush()
    version = Version(asset_id=made.id, file_name="l.mp4", state="ready", kind="video", source_size=1_000)
    session.add(version)
    session.flush()
    made.current_version_id = version.id
    return made


def _play(asset: Asset, day: date, viewer: str, partner_id: str | None = None) -> Sending:
    at = datetime(day.year, day.month, day.day, 12, tzinfo=ZONE)
    told = Told(
        int(at.timestamp() * 1000),
        "playback",
        asset.id,
        asset.organization_id,
        "version",
        viewer,
        duration=20_000,
        **({"partner_id": partner_id} if partner_id else {}),
    )
    quality = Quality(startup_ms=500, stalls=1, stall_ms=250, bitrate=800, bytes=1_000)
    return Sending(new_id(), 10_500, [Beat(0, 10_500, [(0, 10_000)], quality=quality)], told)


@pytest.fixture(scope="module")
def county(house: House) -> County:
    with house.sessions.begin() as session:
        province = create_organization(session, "省")
        city = create_organization(session, "市", province.id)
        school = create_organization(session, "=学校", city.id)
    author = signed_in(house, school.id, "王老师")
    with house.sessions.begin() as session:
        partner = Partner(
            organization_id=province.id,
            name="学习强国",
            origins=[],
            requests_per_second=1,
            bytes_per_second=1,
            bytes_per_day=1,
        )
        session.add(partner)
        lessons = {
            "school": _asset(session, school.id, "=HYPERLINK(1)", owner_id=author.who()["person"]["id"]),
            "city": _asset(session, city.id, "太极", old_views=70),
            "province": _asset(session, province.id, "水墨"),
        }
        told = []
        for number, day in enumerate(DAYS):
            told += [_play(lessons["school"], day, f"{each:032x}", partner.id) for each in range(number)]
            told += [_play(lessons["city"], day, f"{each:032x}") for each in range(2)]
        told.append(_play(lessons["province"], DAYS[-1], "a" * 32))
        plays.record(session, told, ZONE)
        while view_days.roll_up_stale(session, 100):
            pass
        storage_days.measure(session, DAYS[-1])
        session.flush()
        ids = {name: asset.id for name, asset in lessons.items()}
    return County(
        province.id, city.id, school.id, partner.id, ids, house.api_key(province.id, "admin"), author
    )


def ask(house: House, county: County, path: str, *, status: int = 200, **key: str) -> Any:
    answer = house.client.get(path, headers=key or county.key)
    assert answer.status_code == status, answer.text
    return answer.json


def views(house: House, county: County, query: str) -> Any:
    return ask(house, county, f"/v1/views?{query}")


@pytest.mark.parametrize(("first", "last"), STRETCHES)
def test_every_table_adds_up_to_the_sum_of_the_days(
    house: House, county: County, first: str, last: str
) -> None:
    days = f"from={first}&to={last}"
    total = views(house, county, days)["total"]
    for table in ("assets", "organizations", "partners"):
        rows = ask(house, county, f"/v1/views/{table}?{days}")[table]
        for figure in ("views", "viewers", "plays", "watched_seconds", "stalls", "traffic_bytes"):
            assert sum(row[figure] for row in rows) == total[figure], (table, figure)
    for by in ("day", "week", "month"):
        told = views(house, county, f"{days}&by={by}")["days"]
        assert sum(each["views"] for each in told) == total["views"]
        assert (told[0]["day"], told[-1]["last"]) == (first, last)


def test_an_organization_stands_for_all_below_it(house: House, county: County) -> None:
    days = "from=2026-03-31&to=2026-06-11"
    assert views(house, county, f"{days}&organization={county.city}")["total"]["views"] == 20
    rows = ask(house, county, f"/v1/views/organizations?{days}")["organizations"]
    told = [(row["name"], row["alone"], row["has_below"], row["views"], row["imported"]) for row in rows]
    assert told == [("省", True, True, 1, 0), ("市", False, True, 20, 70)]
    assert [row["storage_bytes"] for row in rows] == [1_000, 2_000]
    below = ask(house, county, f"/v1/views/organizations?{days}&organization={county.city}")["organizations"]
    assert [(row["name"], row["views"]) for row in below] == [("市", 10), ("=学校", 10)]
    text = house.client.get(
        f"/v1/views/organizations?{days}&organization={county.city}&format=csv", headers=county.key
    )
    assert text.data.startswith(b"\xef\xbb\xbf")
    assert [row["name"] for row in csv.DictReader(io.StringIO(text.data.decode("utf-8-sig")))] == [
        "市",
        "'=学校",
    ]


def test_lessons_are_compared_by_what_one_asks(house: House, county: County) -> None:
    days = "from=2026-04-01&to=2026-06-30"
    rows = ask(house, county, f"/v1/views/assets?{days}&limit=2")["assets"]
    assert [(row["asset_id"], row["views"], row["imported"]) for row in rows] == [
        (county.lessons["school"], 10, 0),
        (county.lessons["city"], 8, 70),
    ]
    assert (rows[0]["startup_seconds"], rows[0]["bitrate"], rows[0]["completion"]) == (0.5, 800.0, 0.5)
    by_partner = ask(house, county, f"/v1/views/assets?{days}&partner={county.partner}&sort=traffic_bytes")
    assert [(row["asset_id"], row["traffic_bytes"]) for row in by_partner["assets"]] == [
        (county.lessons["school"], 10_000)
    ]
    text = house.client.get(f"/v1/views/assets?{days}&format=csv", headers=county.key).data.decode(
        "utf-8-sig"
    )
    assert next(csv.DictReader(io.StringIO(text)))["title"] == "'=HYPERLINK(1)"


def test_partners_stand_beside_what_nobody_embedded(house: House, county: County) -> None:
    days = "from=2026-03-31&to=2026-06-11"
    rows = ask(house, county, f"/v1/views/partners?{days}")["partners"]
    assert [(row["name"], row["views"]) for row in rows] == [(None, 11), ("学习强国", 10)]
    of_one = f"{days}&asset={county.lessons['school']}"
    assert [row["views"] for row in ask(house, county, f"/v1/views/partners?{of_one}")["partners"]] == [10]
    assert views(house, county, f"{of_one}&partner={county.partner}")["total"]["views"] == 10
    assert views(house, county, f"{days}&partner={county.partner}")["imported"] == 0


def test_imported_views_are_of_all_time_and_a_figure_of_their_own(house: House, county: County) -> None:
    told = views(house, county, "from=2026-06-10&to=2026-06-10")
    assert (told["total"]["views"], told["all_time"]) == (5, {"total": 91, "counted": 21, "imported": 70})
    one = views(house, county, f"from=2026-06-10&to=2026-06-10&asset={county.lessons['city']}")
    assert one["all_time"] == {"total": 80, "counted": 10, "imported": 70}
    assert views(house, county, f"asset={county.lessons['province']}")["imported"] == 0


def test_an_author_sees_their_own_and_no_tree(house: House, county: County) -> None:
    days = "from=2026-03-31&to=2026-06-11"
    told = county.author.open(f"/v1/views?{days}").json
    assert (told["total"]["views"], told["storage_bytes"]) == (10, 1_000)
    assets = county.author.open(f"/v1/views/assets?{days}").json["assets"]
    assert [row["asset_id"] for row in assets] == [county.lessons["school"]]
    partners = county.author.open(f"/v1/views/partners?{days}").json["partners"]
    assert [(row["name"], row["views"]) for row in partners] == [("学习强国", 10)]
    for path in ("/v1/views/organizations", "/v1/views/storage", "/v1/operations"):
        assert county.author.open(path).status_code == 403
    other = county.lessons["city"]
    assert county.author.open(f"/v1/views?asset={other}").status_code == 404


def test_storage_is_told_of_lessons_courses_partners_and_days(house: House, county: County) -> None:
    with house.sessions.begin() as session:
        course = Collection(organization_id=county.province, title="课程")
        session.add(course)
        session.flush()
        for number, name in enumerate(("school", "city")):
            item = CollectionItem(collection_id=course.id, asset_id=county.lessons[name], position=number)
            session.add(item)
        asset = session.get_one(Asset, county.lessons["province"])
        asset.visibility = asset.effective_visibility = "shared"
        asset.shared_partner_ids = [county.partner]
        for number in range(10):
            day = DAYS[-1] - timedelta(days=10 - number)
            row = StorageDay(organization_id=county.school, day=day, assets=1, bytes=100 * number)
            session.add(row)
        emptied = create_organization(session, "校", county.city)
        session.add(
            StorageDay(organization_id=emptied.id, day=DAYS[-1] - timedelta(days=5), assets=1, bytes=700)
        )
    for scope, size in (
        (f"asset={county.lessons['city']}", 1_000),
        (f"collection={course.id}", 2_000),
        (f"partner={county.partner}", 1_000),
        ("to=2026-06-11", 3_000),
        ("from=2026-01-01&to=2026-01-02", None),
    ):
        assert views(house, county, scope)["storage_bytes"] == size, scope
    school = f"/v1/views/storage?organization={county.school}&from=2026-05-01&to=2026-06-11"
    told = ask(house, county, school)
    assert (told["days"][3], told["bytes_per_day"]) == ({"day": "2026-06-04", "assets": 1, "bytes": 300}, 100)
    assert b"2026-06-04,1,300" in house.client.get(f"{school}&format=csv", headers=county.key).data


def test_strangers_see_nothing(house: House, county: County) -> None:
    stranger = house.api_key(county.city, "admin")
    for table in ("assets", "organizations", "partners", "storage"):
        path = f"/v1/views/{table}?organization={county.province}"
        ask(house, county, path, status=404, **stranger)
    ask(house, county, f"/v1/views/assets?partner={county.partner}", status=404, **stranger)
    rows = ask(house, county, "/v1/views/assets?from=2026-03-31&to=2026-06-11", **stranger)["assets"]
    assert county.lessons["province"] not in [row["asset_id"] for row in rows]
    ask(house, county, "/v1/views/organizations", status=403, **house.api_key(county.province, "author"))


def test_the_installation_is_for_those_at_the_top(house: House, county: County) -> None:
    told = ask(house, county, "/v1/operations")
    lanes = {each["lane"]: each for each in told["queue"]["lanes"]}
    assert {"first", "ladder", "control"} <= lanes.keys()
    assert all(lane["queued"] >= 0 for lane in lanes.values())
    assert told["disk"] is None  # objects lie in memory here
    assert told["stored"] == [] or told["stored"][-1]["assets"] >= 0
    ask(house, county, "/v1/operations", status=403, **house.api_key(county.city, "admin"))
    ask(house, county, "/v1/operations", status=403, **house.api_key(county.province, "portal"))


def test_what_is_moved_in_the_tree_counts_where_it_stands_now(house: House, county: County) -> None:
    days = "from=2026-03-31&to=2026-06-11"
    with house.sessions.begin() as session:
        elsewhere = create_organization(session, "另一市", county.province)
        # One of which nothing was ever watched.
        view_days.mark_branches(session, create_organization(session, "空").id)
    with house.sessions.begin() as session:
        organization_tree.lock(session)
        school = session.get_one(Organization, county.school)
        organization_tree.move(session, school, session.get_one(Organization, elsewhere.id))
    while True:
        with house.sessions.begin() as session:
            if not view_days.roll_up_moved(session):
                break
    for organization, number in ((county.province, 21), (county.city, 10), (elsewhere.id, 10)):
        assert views(house, county, f"{days}&organization={organization}")["total"]["views"] == number
    # Plays of a day of long ago are added up where the school stands by now.
    with house.sessions.begin() as session:
        view_days.roll_up_day(session, DAYS[3])
        rows = select(BranchViewDay.views).where(
            BranchViewDay.organization_id == elsewhere.id, BranchViewDay.day == DAYS[3]
        )
        assert sorted(session.scalars(rows)) == [3, 3]
