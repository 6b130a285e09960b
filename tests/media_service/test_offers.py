"""A city offers a lesson to its province: both platforms over real connections, which can be cut, each on a catalogue
of its own; keepers of both tell and copy."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv4Network
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from house import SECRET_KEY, served, walk
from lesson import add_lesson
from platforms import Platform, free_port, link_up, make_platform
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, sessionmaker
from support import settle

from media_service.exchange import serving
from storage.catalogue import offers
from storage.catalogue.models import Asset, Category, FollowedLesson, Offer, Organization
from storage.catalogue.organizations import create_organization
from storage.catalogue.recording import record
from storage.exchange.lessons import Station
from storage.exchange.offers import AT_ONCE, ToldAnswer, ToldOffer, ToldOffers, in_short
from storage.ids import new_id
from storage.outbound.client import Outbound
from workers.mirroring import Mirroring
from workers.offering import Offering

pytestmark = pytest.mark.integration

OUTBOUND = Outbound((IPv4Network("127.0.0.0/8"),))


@dataclass
class Line:
    """The way to a platform. ``lost``: answers to so many requests that tell of offers do not arrive, though the
    platform has done what was asked."""

    app: Any
    is_away: bool = False
    lost: int = 0

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if self.is_away:
            raise ConnectionError("away")
        answer = self.app(environ, start_response)
        if self.lost and environ["PATH_INFO"] == "/v1/exchange/offers":
            self.lost -= 1
            return self._cut(b"".join(answer))
        return answer  # type: ignore[no-any-return]

    def _cut(self, data: bytes) -> Iterator[bytes]:
        yield data[: len(data) // 2]
        raise ConnectionError("cut")


class Site:
    """A platform with its keeper, at an address that others ask."""

    def __init__(self, sessions: sessionmaker[Session], name: str) -> None:
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        self.platform: Platform = make_platform(sessions, url, name)
        settings = self.platform.house.app.extensions["lessonstream"]
        object.__setattr__(settings.settings, "outbound_allowed_networks", ("127.0.0.0/8",))
        object.__setattr__(settings, "outbound", OUTBOUND)
        self.sessions = sessions
        self.line = Line(self.platform.house.app)
        self._open = ExitStack()
        self._open.enter_context(served(self.line, port))
        self.offering = Offering(sessions, OUTBOUND, SECRET_KEY)
        self.mirroring = Mirroring(
            sessions,
            self.platform.house.objects,
            OUTBOUND,
            secret_key=SECRET_KEY,
            public_url=url,
            poll=0,
            time_zone=ZoneInfo("Asia/Shanghai"),
            kept=timedelta(days=30),
        )
        self.ask = self.platform.ask

    def stop(self) -> None:
        self._open.close()

    def keep(self) -> None:
        """What the keeper does, until nothing is left; what waits for another try need not wait."""
        serving._let_in.clear()
        serving._stored.clear()
        more = 1
        while more:
            with self.sessions.begin() as session:
                more = record(session)
        self.tell()
        self.mirroring.read_changes()
        for _ in range(50):
            with self.sessions.begin() as session:
                due = FollowedLesson.due_at.is_not(None)
                session.execute(update(FollowedLesson).where(due).values(due_at=FollowedLesson.created_at))
            if self.mirroring.copy().pause is None:
                break

    def tell(self) -> None:
        with self.sessions.begin() as session:
            waits = update(Offer).where(Offer.due_at.is_not(None))
            session.execute(waits.where(Offer.failure.is_not(None)).values(due_at=Offer.created_at))
        while self.offering.tell_all().pause is not None:
            pass

    def add(self, title: str = "剪纸", **values: Any) -> str:
        lesson = add_lesson(self.sessions, self.platform.house.objects)
        given = {
            "organization_id": self.platform.organization_id,
            "visibility": None,
            "title": title,
            **values,
        }
        with self.sessions.begin() as session:
            session.execute(update(Asset).where(Asset.id == lesson.asset_id).values(**given))
        return lesson.asset_id

    def offer(self, offer_id: str) -> Any:
        return self.ask("GET", f"/v1/offers/{offer_id}", 200)

    def step(self, offer_id: str, action: str, status: int = 200, **more: Any) -> Any:
        return self.ask("POST", f"/v1/offers/{offer_id}/steps", status, {"action": action, **more})

    def events(self, kind: str) -> list[Any]:
        settle(self.sessions)
        found = self.ask("GET", f"/v1/events?type={kind}&limit=200", 200)["events"]
        assert isinstance(found, list)
        return found

    def play(self, asset_id: str) -> int:
        house = self.platform.house
        issued = self.ask("POST", "/v1/playback-tokens", 201, {"asset_id": asset_id})
        asked = walk(house, f"/v/{issued['playback_id']}/master.m3u8?token={issued['token']}")
        for url, span in asked:
            assert house.get(url, **({"Range": span} if span else {})).status_code in (200, 206), url
        return len(asked)


@dataclass
class World:
    city: Site
    province: Site
    link_id: str

    def keep(self) -> None:
        for site in (self.city, self.province, self.city, self.province):
            site.keep()

    def make(self, asset_id: str, status: int = 201, note: str = "请收录") -> Any:
        body = {"asset_id": asset_id, "note": note}
        return self.city.ask("POST", f"/v1/platform-links/{self.link_id}/offers", status, body)

    def received(self, asset_id: str, **more: str) -> Any:
        """How the province has it."""
        query = "&".join(f"{name}={value}" for name, value in {"direction": "received", **more}.items())
        page = self.province.ask("GET", f"/v1/offers?{query}&limit=200", 200)["offers"]
        [found] = [each for each in page if each["stations"][0]["asset_id"] == asset_id]
        return found

    def told(self, offer_id: str | None = None, **more: Any) -> ToldOffer:
        """What a city says that may not be well-meaning."""
        station = Station(url="http://x.example", name="市", asset_id=new_id())
        said = {
            "id": offer_id or new_id(),
            "round": 1,
            "asset_id": new_id(),
            "is_withdrawn": False,
            "note": "",
            "by": "某人",
            "lesson": in_short(
                "课",
                "市",
                description="",
                kind="video",
                duration=1.0,
                language="zh",
                subject=None,
                tags=[],
                licence=None,
            ),
            "stations": [station],
        }
        return ToldOffer(**{**said, **more})

    def tell_province(self, body: bytes | ToldOffers, status: int = 200) -> Any:
        raw = body if isinstance(body, bytes) else body.model_dump_json().encode()
        sender, receiver = self.city.platform, self.province.platform
        answer = sender.call(
            receiver, self.link_id, "POST", "/v1/exchange/offers", raw, Content_Type="application/json"
        )
        assert answer.status_code == status, answer.text
        return answer.json


@pytest.fixture(scope="module")
def world(sessions: sessionmaker[Session], other_sessions: sessionmaker[Session]) -> Iterator[World]:
    city, province = Site(sessions, "市"), Site(other_sessions, "省")
    link_id = link_up(city.platform, province.platform)
    met = city.platform.call(province.platform, link_id, "POST", "/v1/exchange/contacts")
    assert met.status_code == 200
    yield World(city, province, link_id)
    city.stop()
    province.stop()


def test_a_lesson_is_offered_returned_amended_accepted_replaced_and_withdrawn(world: World) -> None:
    asset_id = world.city.add(description="第一课")
    made = world.make(asset_id)
    assert (made["state"], made["direction"], made["is_told"]) == ("offered", "sent", False)
    assert world.make(asset_id, 409)["code"] == "offer_stands"
    world.keep()
    there = world.received(asset_id, state="offered")
    assert (there["lesson"]["title"], there["said"][0]["note"]) == ("剪纸", "请收录")
    assert (there["said"][0]["by"], there["said"][0]["here"], there["asset_id"]) == ("test", False, None)
    assert world.city.offer(made["id"])["is_told"] is True
    [event] = [e for e in world.province.events("offer.received") if e["data"]["offer_id"] == there["id"]]
    assert event["data"]["title"] == "剪纸"

    # A look before deciding: all that is said of it, and a page of the city that plays it.
    seen = world.province.ask("GET", f"/v1/offers/{there['id']}/lesson", 200)
    assert (seen["metadata"]["description"], seen["duration"]) == ("第一课", 10.0)
    assert [each["name"] for each in seen["stations"]] == ["市"]
    page = seen["play_url"].removeprefix(world.city.platform.url)
    assert page.startswith("/embed/") and world.city.platform.house.get(page).status_code == 200

    # Returned with a note, amended, offered again.
    assert world.province.step(there["id"], "return", 422)["code"] == "invalid_request"
    world.province.step(there["id"], "return", note="标题请写全")
    world.keep()
    back = world.city.offer(made["id"])
    assert (back["state"], back["said"][-1]["note"], back["said"][-1]["here"]) == (
        "returned",
        "标题请写全",
        False,
    )
    [event] = [e for e in world.city.events("offer.answered") if e["data"]["offer_id"] == made["id"]]
    assert (event["asset_id"], event["data"]["offer_state"]) == (asset_id, "returned")
    world.city.ask("PATCH", f"/v1/assets/{asset_id}", 200, {"title": "剪纸（入门）"})
    world.city.step(made["id"], "offer", note="已改")
    world.keep()
    there = world.received(asset_id, state="offered")
    assert (there["round"], there["lesson"]["title"]) == (2, "剪纸（入门）")
    assert [each["action"] for each in there["said"]] == ["offer", "return", "offer"]

    # Accepted, to a place that is the province's own.
    with world.province.sessions.begin() as session:
        school = create_organization(session, "省馆", world.province.platform.organization_id).id
        category = Category(organization_id=school, code="手工", name_zh="手工", name_en="Crafts")
        session.add(category)
        session.flush()
        category_id = category.id
    course = world.province.ask("POST", "/v1/collections", 201, {"title": "非遗"})
    place = {
        "organization_id": school,
        "visibility": "public",
        "category_ids": [category_id],
        "collection_id": course["id"],
    }
    world.province.step(there["id"], "accept", **place)
    world.keep()
    copy_id = world.received(asset_id, state="accepted")["asset_id"]
    copy = world.province.ask("GET", f"/v1/assets/{copy_id}", 200)
    assert (copy["title"], copy["organization_id"], copy["visibility"]) == ("剪纸（入门）", school, "public")
    assert copy["category_ids"] == [category_id]
    # Where it came from is told wherever it is shown.
    assert [(each["name"], each["asset_id"]) for each in copy["stations"]] == [("市", asset_id)]
    assert world.city.ask("GET", f"/v1/assets/{asset_id}", 200)["stations"] == []
    for prefix in ("oai_dc", "lom"):
        record = f"verb=GetRecord&metadataPrefix={prefix}&identifier=oai:127.0.0.1:{copy_id}"
        told = world.province.platform.house.get(f"/oai?{record}", **world.province.platform.admin).text
        assert world.city.platform.url in told and "市" in told, prefix
    with world.province.sessions.begin() as session:
        session.get_one(Organization, world.province.platform.organization_id).library = True
    library = f"/library/{world.province.platform.organization_id}/lessons/{copy_id}"
    page = world.province.platform.house.get(library, Accept_Language="zh").text
    assert '<dt>来源平台</dt><dd dir="auto">市</dd>' in page
    items = world.province.ask("GET", f"/v1/collections/{course['id']}", 200)["items"]
    assert [each["asset_id"] for each in items] == [copy_id]
    assert world.city.offer(made["id"])["state"] == "accepted"
    world.city.line.is_away = True
    try:
        assert world.province.play(copy_id) > 10
    finally:
        world.city.line.is_away = False

    # What is said of it there is said here; the place stays the province's.
    world.city.ask("PATCH", f"/v1/assets/{asset_id}", 200, {"title": "剪纸（修订）"})
    world.keep()
    copy = world.province.ask("GET", f"/v1/assets/{copy_id}", 200)
    assert (copy["title"], copy["category_ids"]) == ("剪纸（修订）", [category_id])
    # Nothing else of the city is copied: that is no subscription.
    world.province.ask("GET", f"/v1/platform-links/{world.link_id}/subscription", 404)

    world.city.step(made["id"], "withdraw", note="版权到期")
    world.keep()
    assert world.received(asset_id)["state"] == "withdrawn"
    world.province.ask("GET", f"/v1/assets/{copy_id}", 404)
    [event] = [e for e in world.province.events("offer.withdrawn") if e["data"]["offer_id"] == there["id"]]
    assert event["data"]["note"] == "版权到期"
    assert world.city.step(made["id"], "withdraw", 409)["code"] == "offer_impossible"


def test_what_is_declined_is_not_shared_and_can_be_offered_anew(world: World) -> None:
    asset_id = world.city.add()
    made = world.make(asset_id)
    world.keep()
    there = world.received(asset_id)
    world.province.step(there["id"], "decline", note="重复")
    # The city does not know yet, and the province is not told what it has declined.
    assert world.province.ask("GET", f"/v1/offers/{there['id']}/lesson", 409)["code"] == "offer_over"
    world.keep()
    assert world.city.offer(made["id"])["state"] == "declined"
    target = f"/v1/exchange/assets/{asset_id}"
    asked = world.province.platform.call(world.city.platform, world.link_id, "GET", target)
    assert asked.status_code == 404
    assert world.city.step(made["id"], "offer", 409)["code"] == "offer_impossible"
    world.make(asset_id)


def test_an_offer_is_no_part_of_what_a_subscription_copies(world: World) -> None:
    link = f"/v1/platform-links/{world.link_id}"
    world.province.ask("PUT", f"{link}/subscription", 200, {})
    asset_id = world.city.add()
    world.make(asset_id)
    world.keep()
    lessons = world.province.ask("GET", f"{link}/lessons?limit=200", 200)["lessons"]
    assert asset_id not in [each["origin_id"] for each in lessons]
    world.province.ask("DELETE", f"{link}/subscription", 204)
    # What was accepted goes on being followed.
    world.province.step(world.received(asset_id)["id"], "accept")
    world.keep()
    copy_id = world.received(asset_id)["asset_id"]
    world.province.ask("PUT", f"{link}/subscription", 200, {})
    world.province.ask("DELETE", f"{link}/subscription", 204)
    world.city.ask("PATCH", f"/v1/assets/{asset_id}", 200, {"title": "改过"})
    world.keep()
    assert world.province.ask("GET", f"/v1/assets/{copy_id}", 200)["title"] == "改过"


def test_cuts_and_repeated_telling_count_once(world: World) -> None:
    asset_id = world.city.add()
    made = world.make(asset_id)
    world.province.line.is_away = True
    world.city.tell()
    shown = world.city.offer(made["id"])
    assert (shown["is_told"], shown["failure"]["code"]) == (False, "broken_off")
    world.province.line.is_away = False
    # The province has it, but the city is not told so.
    world.province.line.lost = 1
    world.city.tell()
    assert world.city.offer(made["id"])["is_told"] is False
    world.city.tell()
    assert world.city.offer(made["id"]) | {"updated_at": ""} == {
        **shown,
        "is_told": True,
        "failure": None,
        "updated_at": "",
    }
    there = world.received(asset_id)
    assert len(there["said"]) == 1
    received = [e for e in world.province.events("offer.received") if e["data"]["offer_id"] == there["id"]]
    assert len(received) == 1
    # Two keepers answer at once.
    world.province.step(there["id"], "return", note="再看")
    world.city.line.lost = 1
    with world.province.sessions() as session:
        part = offers.part_of(session.get_one(Offer, there["id"]))
    assert isinstance(part, ToldAnswer)
    for _ in range(2):
        answer = world.province.platform.call(
            world.city.platform,
            world.link_id,
            "POST",
            "/v1/exchange/offers",
            ToldOffers(answers=[part]).model_dump_json().encode(),
            Content_Type="application/json",
        )
        assert answer.json["taken"] == [made["id"]]
    world.province.tell()
    assert [each["action"] for each in world.city.offer(made["id"])["said"]] == ["offer", "return"]
    # What was said of the first round, and comes late, says nothing of the second.
    world.city.step(made["id"], "offer")
    world.province.platform.call(
        world.city.platform,
        world.link_id,
        "POST",
        "/v1/exchange/offers",
        ToldOffers(answers=[part]).model_dump_json().encode(),
        Content_Type="application/json",
    )
    assert world.city.offer(made["id"])["state"] == "offered"


def test_both_agree_when_one_accepts_what_the_other_takes_back(world: World) -> None:
    asset_id = world.city.add()
    made = world.make(asset_id)
    world.keep()
    there = world.received(asset_id)
    world.city.step(made["id"], "withdraw")
    world.province.step(there["id"], "accept")
    world.province.keep()
    assert world.city.offer(made["id"])["state"] == "withdrawn"
    world.keep()
    assert world.received(asset_id)["state"] == "withdrawn"
    lessons = world.province.ask("GET", f"/v1/platform-links/{world.link_id}/lessons?limit=200", 200)
    [came] = [each for each in lessons["lessons"] if each["origin_id"] == asset_id]
    assert (came["state"], came["asset_id"]) == ("gone", None)


def test_a_lesson_that_is_gone_for_good_is_taken_back(world: World) -> None:
    asset_id = world.city.add()
    made = world.make(asset_id)
    world.keep()
    world.city.ask("DELETE", f"/v1/assets/{asset_id}?permanently=true", 204)
    with world.city.sessions.begin() as session:
        session.execute(update(Offer).where(Offer.id == made["id"]).values(asset_id=None))
    world.keep()
    assert world.city.offer(made["id"])["state"] == "withdrawn"
    assert world.received(asset_id)["state"] == "withdrawn"


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"review_state": "draft"}, "asset_not_offerable"),
        ({"visibility": "private", "effective_visibility": "private"}, "asset_not_offerable"),
    ],
)
def test_only_what_viewers_may_see_is_offered(world: World, values: dict[str, Any], code: str) -> None:
    assert world.make(world.city.add(**values), 409)["code"] == code


def test_who_may_offer_and_who_may_answer(world: World) -> None:
    asset_id = world.city.add()
    city, province = world.city.platform, world.province.platform
    author = city.house.api_key(city.organization_id, "author")
    portal = city.house.api_key(city.organization_id, "portal")
    path = f"/v1/platform-links/{world.link_id}/offers"
    for headers, status in ((portal, 403), (author, 201)):
        answer = city.house.client.post(path, json={"asset_id": asset_id}, headers=headers)
        assert answer.status_code == status, answer.text
    world.keep()
    targets = city.house.client.get(f"/v1/assets/{asset_id}/offers", headers=author).json
    assert [each["state"] for each in targets["offers"]] == ["offered"] and targets["platforms"] == []
    there = world.received(asset_id)
    steps = f"/v1/offers/{there['id']}/steps"
    for role in ("author", "portal"):
        headers = province.house.api_key(province.organization_id, role)
        assert (
            province.house.client.post(steps, json={"action": "accept"}, headers=headers).status_code == 403
        )
    with world.province.sessions.begin() as session:
        stranger = create_organization(session, "陌生").id
    headers = province.house.api_key(stranger, "admin")
    assert province.house.client.post(steps, json={"action": "accept"}, headers=headers).status_code == 404
    assert province.house.client.get(f"/v1/offers/{there['id']}", headers=headers).status_code == 404
    assert province.house.client.get("/v1/offers", headers=headers).json["offers"] == []
    other = world.province.ask("POST", f"/v1/offers/{there['id']}/steps", 409, {"action": "withdraw"})
    assert other["code"] == "offer_impossible"


def test_what_strangers_say_is_judged(world: World) -> None:
    """Sizes, numbers, texts, and offers that are not theirs."""
    offer = world.told()
    whole = json.loads(ToldOffers(offers=[offer]).model_dump_json())
    for change in (
        {"note": "x" * 5001},
        {"round": 51},
        {"id": "../../etc"},
        {"asset_id": "x"},
        {"stations": []},
        {"by": "x" * 301},
    ):
        wrong = {**whole, "offers": [{**whole["offers"][0], **change}]}
        world.tell_province(json.dumps(wrong).encode(), 422)
    world.tell_province(json.dumps({"offers": whole["offers"] * (AT_ONCE + 1)}).encode(), 422)
    world.tell_province(b"x" * (1024 * 1024 + 1), 413)
    world.tell_province(b"[" * 100_000, 400)
    world.tell_province(b'{"offers": [{"id": "\\ud800"}]}', 422)

    turned = world.told(note="a\x00b\u202egpj\n\n\n\nc", by="\u202eevil\n\x07")
    assert world.tell_province(ToldOffers(offers=[turned]))["taken"] == [turned.id]
    page = world.province.ask("GET", "/v1/offers?direction=received&limit=200", 200)["offers"]
    [shown] = [each for each in page if each["stations"][0]["asset_id"] == turned.stations[0].asset_id]
    assert (shown["said"][0]["note"], shown["said"][0]["by"]) == ("abgpj\n\nc", "evil")

    # An answer to what was never offered, or to what the province was offered; an offer with another's ID.
    answer = ToldAnswer(id=turned.id, round=1, answer="accept", note="", by="")
    assert world.tell_province(ToldOffers(answers=[answer]))["unknown"] == [turned.id]
    own = world.province.add()
    path = f"/v1/platform-links/{world.link_id}/offers"
    mine = world.province.ask("POST", path, 201, {"asset_id": own})
    forged = world.told(mine["id"], asset_id=own, is_withdrawn=True)
    assert world.tell_province(ToldOffers(offers=[forged]))["unknown"] == [mine["id"]]
    assert world.province.offer(mine["id"])["state"] == "offered"
    # And a lesson that is another one by now.
    other = world.told(turned.id, round=2)
    assert world.tell_province(ToldOffers(offers=[other]))["unknown"] == [turned.id]


def test_there_is_an_end_to_what_is_open_and_to_what_is_kept(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def count(state: str) -> int:
        query = select(func.count()).where(Offer.direction == "received", Offer.state == state)
        with world.province.sessions() as session:
            return session.execute(query).scalar_one()

    monkeypatch.setattr(offers, "MOST_OPEN", count("offered") + count("returned") + 1)
    first, second = world.told(), world.told()
    taken = world.tell_province(ToldOffers(offers=[first, second]))
    assert (taken["taken"], taken["full"]) == ([first.id], [second.id])
    # Those that are over do not count, and the oldest of them are forgotten.
    monkeypatch.setattr(offers, "MOST_OVER", count("withdrawn") + count("declined") + 1)
    gone = first.model_copy(update={"is_withdrawn": True})
    assert world.tell_province(ToldOffers(offers=[gone]))["taken"] == [first.id]
    assert world.tell_province(ToldOffers(offers=[second]))["taken"] == [second.id]
    assert count("withdrawn") + count("declined") == 0

    # The city has as many open ones as it may, and is told so; the province's being full is waited for.
    asset_id = world.city.add()
    made = world.make(asset_id)
    world.city.tell()
    assert world.city.offer(made["id"])["failure"]["code"] == "offers_full"
    monkeypatch.setattr(offers, "MOST_OPEN", 1000)
    world.city.tell()
    assert world.city.offer(made["id"])["is_told"] is True
    monkeypatch.setattr(offers, "MOST_OPEN", 1)
    assert world.make(world.city.add(), 409)["code"] == "offer_limit"


def test_what_stands_is_told_again_to_who_has_forgotten_it(world: World) -> None:
    """An old backup was put back over there."""
    asset_id = world.city.add()
    made = world.make(asset_id)
    world.keep()
    there = world.received(asset_id)
    with world.province.sessions.begin() as session:
        session.delete(session.get_one(Offer, there["id"]))
    with world.city.sessions.begin() as session:
        kept = session.get_one(Offer, made["id"])
        assert kept.due_at is not None
        waits = kept.due_at - session.execute(select(func.now())).scalar_one()
        assert timedelta(hours=23) < waits <= timedelta(days=1)
        kept.due_at = kept.created_at
    world.city.tell()
    assert world.received(asset_id)["state"] == "offered"
