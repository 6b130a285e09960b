"""Foreign OAI-PMH repositories are harvested: their records stand here as references, stay as they are there, and play
nowhere. What is hostile, slow, forgetful or gone costs nothing but time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Network
from typing import Any

import pytest
from house import House, make_house, served
from lesson import add_lesson
from repositories import Repository, dublin_core
from sqlalchemy import select, update
from sqlalchemy.orm import Session, sessionmaker

from storage.catalogue import harvests
from storage.catalogue.models import (
    Asset,
    CatalogueChange,
    Category,
    HarvestedRecord,
    HarvestSource,
    Organization,
)
from storage.catalogue.organizations import create_organization
from storage.catalogue.recording import record
from storage.outbound.client import Outbound
from workers import harvesting
from workers.harvesting import Harvesting

pytestmark = pytest.mark.integration

OUTBOUND = Outbound((IPv4Network("127.0.0.0/8"),))


@dataclass
class World:
    """An organization that harvests a foreign repository."""

    house: House
    organization_id: str
    admin: dict[str, str]
    repository: Repository
    keeper: Harvesting
    made: list[str] = field(default_factory=list)

    def ask(self, method: str, path: str, status: int = 200, json: Any = None, **headers: str) -> Any:
        answer = self.house.client.open(path, method=method, json=json, headers={**self.admin, **headers})
        assert answer.status_code == status, (path, answer.status_code, answer.text)
        return answer.json if answer.data else None

    def add(self, **more: Any) -> str:
        wanted = {"url": f"{self.repository.url}/oai", "visibility": "public", **more}
        source_id = str(self.ask("POST", "/v1/harvest-sources", 201, wanted)["id"])
        self.made.append(source_id)
        return source_id

    def harvest(self, source_id: str, *, rounds: int = 50, now: bool = True) -> dict[str, Any]:
        """Until it is done or has failed."""
        with self.house.sessions.begin() as session:
            others = HarvestSource.id != source_id
            session.execute(update(HarvestSource).where(others).values(due_at=None))
            if now:
                session.execute(
                    update(HarvestSource)
                    .where(~others)
                    .values(due_at=HarvestSource.created_at, lease_until=None)
                )
        for _ in range(rounds):
            if self.keeper.harvest().pause is None:
                break
        return self.show(source_id)

    def show(self, source_id: str) -> dict[str, Any]:
        found = self.ask("GET", f"/v1/harvest-sources/{source_id}")
        assert isinstance(found, dict)
        return found

    def records(self, source_id: str) -> dict[str, dict[str, Any]]:
        """By what they are called after their repository's own part."""
        page = self.ask("GET", f"/v1/harvest-sources/{source_id}/records?limit=200")
        return {each["identifier"].rpartition(":")[2]: each for each in page["records"]}

    def asset(self, source_id: str, name: str, status: int = 200) -> Any:
        return self.ask("GET", f"/v1/assets/{self.records(source_id)[name]['asset_id']}", status)


@pytest.fixture
def world(sessions: sessionmaker[Session]) -> Iterator[World]:
    house = make_house(sessions, OUTBOUND_ALLOWED_NETWORKS="127.0.0.0/8")
    with sessions.begin() as session:
        made = create_organization(session, "采集的城市")
        made.library = True
        organization_id = made.id
    repository = Repository()
    keeper = Harvesting(sessions, OUTBOUND, public_url="https://media.example", kept=timedelta(days=30))
    with served(repository) as url:
        repository.url = url
        yield World(house, organization_id, house.api_key(organization_id, "admin"), repository, keeper)
    with sessions.begin() as session:
        session.execute(
            update(HarvestSource)
            .where(HarvestSource.organization_id == organization_id)
            .values(due_at=None, state="paused")
        )


def test_records_become_references_that_say_where_they_are(world: World) -> None:
    with world.house.sessions.begin() as session:
        category = Category(organization_id=world.organization_id, code="H", name_zh="健康", name_en="Health")
        session.add(category)
        session.flush()
        category_id = category.id
    for number in range(7):
        world.repository.put(f"n{number}", f"外地太极课 {number}", description="<p>养生</p>", subject="太极")
    world.repository.put("none", "无网址", url=None)
    source_id = world.add(category_ids=[category_id])
    told = world.harvest(source_id)
    assert told["records"] == {"current": 7, "gone": 0, "elsewhere": 0, "dropped": 0, "unusable": 1}
    assert (told["repository_name"], told["prefix"], told["under_way"]) == ("外地资源库", "oai_dc", False)
    assert (told["received"], told["expected"], told["failure"], told["tells_deletions"]) == (
        8,
        8,
        None,
        True,
    )
    asset = world.asset(source_id, "n3")
    assert (asset["state"], asset["title"], asset["description"]) == ("external", "外地太极课 3", "养生")
    assert (asset["category_ids"], asset["tags"], asset["playback_ids"]) == ([category_id], ["太极"], [])
    assert asset["external"] == {
        "source": "外地资源库",
        "url": "https://foreign.example/n3",
        "identifier": "oai:foreign.example:n3",
        "duration": None,
        "organization": None,
    }
    # Found where people look, with where it is; and opened there.
    library = f"/library/{world.organization_id}"
    page = world.house.get(f"{library}/search?q=外地太极课&lang=zh").text
    assert page.count('class="card"') == 7 and "来源：外地资源库" in page
    lesson = world.house.get(f"{library}/lessons/{asset['id']}")
    assert 'href="https://foreign.example/n3"' in lesson.text and "data-playback-id" not in lesson.text
    assert "VideoObject" not in lesson.text
    play = world.house.get(f"{library}/lessons/{asset['id']}/play")
    assert (play.status_code, play.headers["Content-Type"].partition(";")[0]) != (200, "")
    # Neither in feeds nor in sitemaps, nor told to portals unless they ask for it.
    assert asset["id"] not in world.house.get(f"{library}/feed.xml").text
    assert world.ask("GET", "/v1/search?q=外地太极课")["results"] == []
    found = world.ask("GET", "/v1/search?q=外地太极课&external=true")["results"]
    assert {each["asset"]["state"] for each in found} == {"external"} and len(found) == 7
    assert len(world.ask("GET", "/v1/assets?state=external&limit=50")["assets"]) == 7


def test_a_lessonstream_is_harvested_with_every_field(
    world: World, other_sessions: sessionmaker[Session]
) -> None:
    """By LOM all that is said of a lesson there is said here, to the letter; and what has no place in the catalogue of
    somebody who does not keep the lesson stands beside it."""
    category = {"code": "R1", "name_zh": "养生", "name_en": "Health"}
    world.ask("POST", "/v1/categories", 201, category)
    [here] = world.ask("GET", "/v1/categories")["categories"]
    house = make_house(other_sessions, PUBLIC_URL="https://province.example")
    with other_sessions.begin() as session:
        root = create_organization(session, "省平台; 甲, 乙")
        root.library = True
        # A repository is called after its first organization.
        root.created_at = datetime(2013, 1, 1, tzinfo=UTC)
        root_id = root.id
    there = house.api_key(root_id, "admin")
    lesson = add_lesson(other_sessions, house.objects)
    with other_sessions.begin() as session:
        session.execute(
            update(Asset).where(Asset.id == lesson.asset_id).values(organization_id=root_id, visibility=None)
        )
    made = house.client.post("/v1/categories", json=category, headers=there).json
    said: dict[str, Any] = {
        "title": "八段锦 <第一> & 二",
        "description": "强身 <b>健体</b>\n\n第二段 &amp; 更多",
        "language": "zh-CN",
        "subject": "健康",
        "tags": ["太极", "养生 操"],
        "category_ids": [made["id"]],
        "level": "senior",
        "audience": "六十岁以上",
        "contributors": [
            {"role": "presenter", "name": "李; 老师, 某", "organization": "老年大学"},
            {"role": "educational_validator", "name": "王", "organization": None},
        ],
        "licence": {"code": "custom", "text": "仅供教学\n第二行", "url": "https://example.org/terms"},
        "source_organization": {"name": "老年大学", "id": "123"},
        "published_at": "2026-11-02T00:00:00Z",
        "withdraw_at": "2036-11-02T00:00:00Z",
        "original_date": "2009-05",
        "other_ids": {"doi": "10.1000/182", "old-platform": "77"},
    }
    more = {"external_id": "A-1", "old_views": 5_000_000, "visibility": "public"}
    answer = house.client.patch(f"/v1/assets/{lesson.asset_id}", json=said | more, headers=there)
    assert answer.status_code == 200, answer.text
    origin = answer.json
    with other_sessions.begin() as session:
        while record(session):
            pass
    with served(house.app) as url:
        source_id = world.add(url=f"{url}/oai")
        told = world.harvest(source_id)
        assert (told["prefix"], told["failure"], told["repository_name"]) == ("lom", None, "省平台; 甲, 乙")
        assert told["tells_deletions"]
        asset = world.asset(source_id, lesson.asset_id)
        assert {name: asset[name] for name in said} == said | {"category_ids": [here["id"]]}
        with world.house.sessions() as session:
            kept = session.execute(
                select(HarvestedRecord).where(HarvestedRecord.asset_id == asset["id"])
            ).scalar_one()
        assert {
            name: kept.told[name] for name in ("origin_id", "external_id", "old_views", "organization")
        } == {
            "origin_id": lesson.asset_id,
            "external_id": "A-1",
            "old_views": 5_000_000,
            "organization": "省平台; 甲, 乙",
        }
        # To the second, as the protocol has times.
        assert kept.told["created_at"] == origin["created_at"].partition(".")[0] + "+00:00"
        assert (kept.told["duration"], kept.told["size"]) == (origin["duration"], origin["source"]["size"])
        assert kept.told["categories"] == [{"code": "R1", "names": {"zh": "养生", "en": "Health"}}]
        assert asset["kind"] == origin["kind"] and asset["external"]["duration"] == origin["duration"]
        assert asset["external"]["url"] == origin["playback_ids"][0]["embed_url"]
        # By Dublin Core what that can hold.
        other = world.add(url=f"{url}/oai", metadata_prefix="oai_dc", set=f"organization:{root_id}")
        with world.house.sessions.begin() as session:
            session.execute(
                update(HarvestedRecord).where(HarvestedRecord.source_id == source_id).values(state="gone")
            )
        world.harvest(other)
        plain = world.asset(other, lesson.asset_id)
        held = ("title", "language", "level", "published_at", "withdraw_at", "original_date", "licence")
        assert {name: plain[name] for name in held} == {name: said[name] for name in held}
        assert {*said["tags"], "健康", "养生", "Health"} == {*plain["tags"]}
        # What is hidden there goes here.
        hidden = {"visibility": "private"}
        assert (
            house.client.patch(f"/v1/assets/{lesson.asset_id}", json=hidden, headers=there).status_code == 200
        )
        with other_sessions.begin() as session:
            while record(session):
                pass
        assert world.harvest(other)["records"]["gone"] == 1


def test_nothing_of_it_plays_and_nothing_is_added_to_it(world: World) -> None:
    world.repository.put("one", "一")
    source_id = world.add()
    world.harvest(source_id)
    asset_id = world.asset(source_id, "one")["id"]
    for method, path, body in (
        ("POST", f"/v1/assets/{asset_id}/playback-ids", {"policy": "public"}),
        ("POST", "/v1/playback-tokens", {"asset_id": asset_id}),
    ):
        assert world.ask(method, path, 409, body)["code"] == "asset_external"
    answer = world.house.client.put(
        f"/v1/assets/{asset_id}/tracks/captions/en", data=b"WEBVTT\n", headers=world.admin
    )
    assert (answer.status_code, answer.json["code"]) == (409, "asset_external")
    answer = world.house.client.post(
        f"/v1/assets/{asset_id}/versions",
        data=b"x" * 100,
        headers={**world.admin, "Content-Type": "application/octet-stream"},
    )
    assert (answer.status_code, answer.json["code"]) == (409, "asset_external")
    assert world.house.get(f"/embed/{asset_id}").status_code == 404


def test_references_are_not_told_to_others_as_ours(world: World) -> None:
    world.repository.put("one", "不外传")
    source_id = world.add()
    world.harvest(source_id)
    asset_id = world.asset(source_id, "one")["id"]
    with world.house.sessions.begin() as session:
        while record(session):
            pass
        assert (
            session.execute(select(CatalogueChange).where(CatalogueChange.record_id == asset_id)).first()
            is None
        )
    listed = world.house.get("/oai?verb=ListIdentifiers&metadataPrefix=oai_dc").text
    assert asset_id not in listed


def test_only_what_has_changed_is_asked_for_and_what_is_deleted_there_goes(world: World) -> None:
    for number in range(4):
        world.repository.put(f"n{number}", f"课 {number}")
    source_id = world.add()
    world.harvest(source_id)
    asset_id = world.asset(source_id, "n1")["id"]
    assert "from" not in world.repository.lists()[0]
    world.repository.asked.clear()
    world.repository.put("n1", "课 1 改", at="2026-11-30T10:00:00Z")
    world.repository.delete("n2", at="2026-11-30T11:00:00Z")
    world.repository.delete("never", at="2026-11-30T11:00:00Z")
    world.repository.now = "2026-11-30T12:00:00Z"
    told = world.harvest(source_id)
    assert world.repository.lists() == [
        {"verb": "ListRecords", "metadataPrefix": "oai_dc", "from": "2026-11-30T00:00:00Z"}
    ]
    assert (told["received"], told["whole"]) == (3, False)
    assert world.asset(source_id, "n1")["title"] == "课 1 改"
    records = world.records(source_id)
    assert (records["n2"]["state"], records["n1"]["asset_id"]) == ("gone", asset_id)
    world.asset(source_id, "n2", 404)
    assert "never" not in records
    # It comes back as what it was.
    world.repository.put("n2", "课 2 回来", at="2026-11-30T13:00:00Z")
    world.harvest(source_id)
    assert world.asset(source_id, "n2")["title"] == "课 2 回来"
    assert world.records(source_id)["n2"]["asset_id"] == records["n2"]["asset_id"]


def test_days_are_asked_for_where_a_repository_knows_no_seconds(world: World) -> None:
    world.repository.granularity, world.repository.now = "YYYY-MM-DD", "2026-11-29T23:59:59Z"
    world.repository.put("one", "一", at="2026-11-01")
    source_id = world.add(set="video:1", metadata_prefix="oai_dc")
    world.harvest(source_id)
    world.harvest(source_id)
    asked = world.repository.lists()
    assert [each.get("from") for each in asked] == [None, "2026-11-29"]
    assert {each.get("set") for each in asked} == {"video:1"}


def test_a_harvest_goes_on_at_its_page_whoever_goes_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(10):
        world.repository.put(f"n{number}", f"课 {number}")
    source_id = world.add()
    monkeypatch.setattr(harvesting, "TURN_SECONDS", 0.0)
    # A turn of no time does nothing; so each of these is a keeper that dies after a page.
    for _ in range(3):
        with world.house.sessions.begin() as session:
            session.execute(update(HarvestSource).values(due_at=None))
            session.execute(
                update(HarvestSource)
                .where(HarvestSource.id == source_id)
                .values(due_at=HarvestSource.created_at)
            )
        [claimed] = _claimed(world)
        world.keeper._step(claimed)
        with world.house.sessions.begin() as session:
            session.execute(
                update(HarvestSource).where(HarvestSource.id == source_id).values(lease_until=None)
            )
    assert world.show(source_id)["received"] == 6
    monkeypatch.undo()
    before = len(world.repository.lists())
    told = world.harvest(source_id)
    assert told["records"]["current"] == told["received"] == 10
    assert [each.get("resumptionToken") for each in world.repository.lists()[before:]] == ["/6", "/9"]


def _claimed(world: World) -> list[harvests.Claim]:
    with world.house.sessions.begin() as session:
        return harvests.claim(session, 1)


def test_who_lost_the_lease_writes_nothing_more(world: World) -> None:
    world.repository.put("one", "一")
    source_id = world.add()
    with world.house.sessions.begin() as session:
        session.execute(update(HarvestSource).where(HarvestSource.id != source_id).values(due_at=None))
    [claimed] = _claimed(world)
    world.keeper._step(claimed)
    world.ask("PATCH", f"/v1/harvest-sources/{source_id}", json={"set": "other"})
    with pytest.raises(harvests.LeaseLost):
        world.keeper._step(claimed)
    assert world.records(source_id) == {}


def test_a_list_that_is_forgotten_begins_anew(world: World) -> None:
    for number in range(8):
        world.repository.put(f"n{number}", f"课 {number}")
    source_id = world.add()
    world.repository.forgets = 2
    told = world.harvest(source_id)
    assert (told["records"]["current"], told["received"], told["failure"]) == (8, 8, None)
    # One that never remembers is told of.
    world.repository.forgets = 1000
    world.ask("POST", f"/v1/harvest-sources/{source_id}/harvests", 202, {"from_the_beginning": True})
    told = world.harvest(source_id)
    assert told["failure"]["code"] == "token_refused" and told["records"]["current"] == 8


def test_a_repository_that_is_busy_is_left_alone_for_as_long_as_it_asks(world: World) -> None:
    for number in range(5):
        world.repository.put(f"n{number}", f"课 {number}")
    source_id = world.add()
    world.harvest(source_id)
    world.repository.put("n9", "课 9", at="2026-11-30T01:00:00Z")
    world.repository.answers = [(503, {"Retry-After": "3600"}, b"busy")]
    told = world.harvest(source_id)
    assert (told["failure"]["code"], told["failure"]["since"] is not None) == ("repository_in_trouble", True)
    wait = datetime.fromisoformat(told["next_at"]) - datetime.now(UTC)
    assert timedelta(minutes=55) < wait < timedelta(minutes=65)
    told = world.harvest(source_id)
    assert (told["failure"], told["records"]["current"]) == (None, 6)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((200, {}, b"<html><body>Welcome</body>"), "no_repository"),
        ((404, {}, b"not here"), "no_repository"),
        ((200, {}, b'<!DOCTYPE x [<!ENTITY a "b">]><OAI-PMH>&a;</OAI-PMH>'), "no_repository"),
        ((500, {}, b""), "repository_in_trouble"),
        ((302, {"Location": "http://169.254.169.254/latest"}, b""), "address_refused"),
        ((200, {}, b"<OAI-PMH><error code='badArgument'>set</error></OAI-PMH>"), "repository_refused"),
        ((200, {"Content-Encoding": "gzip"}, b"\x1f\x8b"), "answer_invalid"),
        ((200, {}, b"<OAI-PMH>" + b" " * harvesting.MOST_BYTES), "answer_too_large"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_what_is_wrong_is_said_by_a_code(world: World, answer: Any, code: str) -> None:
    world.repository.answers = [answer]
    source_id = world.add()
    told = world.harvest(source_id)
    assert told["failure"]["code"] == code
    assert told["failure"]["message"]["zh"] and told["records"]["current"] == 0


def test_formats_that_nobody_reads_and_lists_that_go_round(world: World) -> None:
    world.repository.formats = ("marc21",)
    source_id = world.add()
    assert world.harvest(source_id)["failure"]["code"] == "format_unknown"
    for number in range(3):
        world.repository.put(f"n{number}", f"课 {number}")
    world.repository.formats, world.repository.is_stuck = ("oai_dc",), True
    assert world.harvest(source_id)["failure"]["code"] == "list_goes_round"
    assert len(world.repository.lists()) < 5


def test_what_vanishes_without_a_word_is_found_missing(world: World) -> None:
    """Of repositories that tell no deletions everything is harvested now and then."""
    world.repository.deletes = "no"
    for number in range(30):
        world.repository.put(f"n{number}", f"课 {number}")
    world.repository.page = 10
    source_id = world.add()
    world.harvest(source_id)
    del world.repository.records["oai:foreign.example:n1"]
    told = world.harvest(source_id)
    assert (told["whole"], told["records"]["gone"]) == (False, 0)
    with world.house.sessions.begin() as session:
        week = datetime.now(UTC) - timedelta(days=8)
        session.execute(update(HarvestSource).where(HarvestSource.id == source_id).values(whole_at=week))
    told = world.harvest(source_id)
    assert (told["whole"], told["records"]["gone"], told["records"]["current"]) == (True, 1, 29)
    # That most of it is missing is believed when it is seen twice.
    for number in range(2, 25):
        del world.repository.records[f"oai:foreign.example:n{number}"]
    world.ask("POST", f"/v1/harvest-sources/{source_id}/harvests", 202, {"from_the_beginning": True})
    assert world.harvest(source_id)["records"]["current"] == 29
    assert world.harvest(source_id)["records"]["current"] == 6


def test_what_somebody_deleted_here_does_not_come_again(world: World) -> None:
    world.repository.put("one", "一")
    source_id = world.add()
    world.harvest(source_id)
    world.ask("DELETE", f"/v1/assets/{world.asset(source_id, 'one')['id']}", 204)
    world.repository.put("one", "一 改", at="2026-11-30T10:00:00Z")
    assert world.harvest(source_id)["records"] == {
        "current": 0,
        "gone": 0,
        "elsewhere": 0,
        "dropped": 1,
        "unusable": 0,
    }


def test_the_same_record_by_two_ways_and_our_own_are_there_once(world: World) -> None:
    world.repository.put("one", "一")
    world.repository.records["oai:media.example:0mx3n6end1oimsyvcqdy47ut"] = (
        "2026-11-01T00:00:00Z",
        dublin_core("我们的", "https://media.example/x"),
    )
    first, second = world.add(), world.add(set="all")
    assert world.harvest(first)["records"] | {"current": 1, "elsewhere": 1} == world.show(first)["records"]
    assert world.harvest(second)["records"]["elsewhere"] == 2


def test_what_was_here_by_another_way_comes_when_that_leaves(world: World) -> None:
    world.repository.put("one", "一")
    world.repository.put("two", "二")
    first, second = world.add(), world.add()
    world.harvest(first)
    assert world.harvest(second)["records"]["elsewhere"] == 2
    told = world.harvest(second)
    assert (told["whole"], told["records"]["elsewhere"]) == (False, 2)
    world.ask("DELETE", f"/v1/harvest-sources/{first}", 204)
    with world.house.sessions.begin() as session:
        session.execute(
            update(HarvestSource).where(HarvestSource.id == first).values(due_at=HarvestSource.created_at)
        )
    while world.keeper.harvest().pause is not None:
        pass
    told = world.harvest(second)
    assert (told["whole"], told["records"]["current"], told["records"]["elsewhere"]) == (True, 2, 0)
    assert world.harvest(second)["whole"] is False


def test_our_own_are_known_by_their_name_when_we_have_moved(world: World) -> None:
    own = add_lesson(world.house.sessions, world.house.objects).asset_id
    world.repository.records[f"oai:where-we-were-before.example:{own}"] = (
        "2026-11-01T00:00:00Z",
        dublin_core("我们的", "https://where-we-were-before.example/x"),
    )
    told = world.harvest(world.add())["records"]
    assert (told["current"], told["elsewhere"]) == (0, 1)


def test_hostile_records_do_no_harm(world: World) -> None:
    hostile = "]]><script>alert(1)</script>" + "\u202e" + "x" * 5000
    world.repository.put(
        "a", hostile, description=hostile * 10, subject="y" * 5000, language="no such language"
    )
    world.repository.put("b", "b", url="javascript:alert(1)")
    world.repository.put("c", "c", url="https://foreign.example/<script>")
    world.repository.put("d", "d", rights="https://creativecommons.org/licenses/by/2.0/", date="0000-99-99")
    world.repository.records["x" * 5000] = ("2026-11-01", dublin_core("long", "https://foreign.example/x"))
    source_id = world.add()
    told = world.harvest(source_id)
    assert (told["records"]["current"], told["records"]["unusable"], told["skipped"]) == (2, 2, 1)
    asset = world.asset(source_id, "a")
    assert len(asset["title"]) <= 255 and "<script>" not in asset["title"] and "\u202e" not in asset["title"]
    page = world.house.get(f"/library/{world.organization_id}/lessons/{asset['id']}").text
    assert "<script>alert" not in page
    assert world.asset(source_id, "d")["licence"]["code"] == "custom"


def test_a_source_is_changed_paused_and_ended(world: World) -> None:
    for number in range(4):
        world.repository.put(f"n{number}", f"课 {number}")
    source_id = world.add(name="省图书馆")
    world.harvest(source_id)
    asset_id = world.asset(source_id, "n0")["id"]
    assert world.asset(source_id, "n0")["external"]["source"] == "省图书馆"
    told = world.ask("PATCH", f"/v1/harvest-sources/{source_id}", json={"state": "paused", "name": None})
    assert (told["state"], told["name"], told["next_at"]) == ("paused", "", None)
    assert (
        world.ask("POST", f"/v1/harvest-sources/{source_id}/harvests", 409, {})["code"]
        == "harvest_source_paused"
    )
    assert world.keeper.harvest().pause is None
    world.ask("DELETE", f"/v1/harvest-sources/{source_id}", 204)
    world.ask("GET", f"/v1/harvest-sources/{source_id}", 404)
    with world.house.sessions.begin() as session:
        session.execute(update(HarvestSource).where(HarvestSource.id != source_id).values(due_at=None))
    while world.keeper.harvest().pause is not None:
        pass
    world.ask("GET", f"/v1/assets/{asset_id}", 404)
    with world.house.sessions() as session:
        assert session.get(HarvestSource, source_id) is None
        assert (
            session.execute(select(HarvestedRecord.id).where(HarvestedRecord.source_id == source_id)).first()
            is None
        )
        found = session.get_one(Asset, asset_id)
        assert found.deleted_at is not None and found.purge_at is not None


def test_whose_it_is_nobody_else_sees(world: World) -> None:
    source_id = world.add()
    with world.house.sessions.begin() as session:
        other = create_organization(session, "别的城市").id
    others = world.house.api_key(other, "admin")
    for method, path in (
        ("GET", ""),
        ("PATCH", ""),
        ("DELETE", ""),
        ("POST", "/harvests"),
        ("GET", "/records"),
    ):
        answer = world.house.client.open(
            f"/v1/harvest-sources/{source_id}{path}", method=method, json={}, headers=others
        )
        assert (answer.status_code, answer.json["code"]) == (404, "harvest_source_not_found")
    answer = world.house.client.get("/v1/harvest-sources", headers=others)
    assert answer.json["harvest_sources"] == []
    refused = world.house.client.post(
        "/v1/harvest-sources",
        json={"url": "https://foreign.example/oai"},
        headers=world.house.api_key(world.organization_id, "author"),
    )
    assert refused.status_code == 403
    for url in ("http://10.0.0.1/oai", "ftp://foreign.example/", "http://localhost:22/"):
        assert world.ask("POST", "/v1/harvest-sources", 422, {"url": url})["code"] == "harvest_url_refused"
    with world.house.sessions() as session:
        assert session.get_one(Organization, world.organization_id).name == "采集的城市"
