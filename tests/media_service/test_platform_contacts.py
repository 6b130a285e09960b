"""Keepers meet the other platforms of all links, and say what is wrong where they cannot."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import IPv4Network
from typing import Any

import pytest
from house import SECRET_KEY, served
from platforms import CITY, Platform, free_port, link_up, make_platform
from sqlalchemy import update
from sqlalchemy.orm import Session, sessionmaker

from storage.catalogue.models import PlatformLink
from storage.exchange import requests
from storage.outbound.client import Outbound
from storage.outbound.linked import LinkedPlatform
from workers.linking import Linking

pytestmark = pytest.mark.integration

OUTBOUND = Outbound((IPv4Network("127.0.0.0/8"),))


@dataclass
class World:
    """The province answers at its own address, and the city's keeper asks there."""

    province: Platform
    city: Platform
    keeper: Linking

    def meet(self, link_id: str) -> Any:
        """What the city sees of a link after its keeper has spoken to the other side."""
        with self.city.house.sessions() as session:
            link = session.get_one(PlatformLink, link_id)
        self.keeper.meet(link)
        return self.city.ask("GET", f"/v1/platform-links/{link_id}", 200)

    def move(self, link_id: str, url: str) -> None:
        with self.city.house.sessions.begin() as session:
            session.execute(update(PlatformLink).where(PlatformLink.id == link_id).values(peer_url=url))


@pytest.fixture(scope="module")
def world(sessions: sessionmaker[Session], other_sessions: sessionmaker[Session]) -> Iterator[World]:
    port = free_port()
    province = make_platform(sessions, f"http://127.0.0.1:{port}", "省")
    city = make_platform(other_sessions, CITY, "市")
    for platform in (province, city):
        services = platform.house.app.extensions["lessonstream"]
        vars(services)["settings"] = allowing(services.settings)
    with served(province.house.app, port):
        yield World(province, city, Linking(other_sessions, OUTBOUND, SECRET_KEY, 60))


def allowing(settings: Any) -> Any:
    object.__setattr__(settings, "outbound_allowed_networks", ("127.0.0.0/8",))
    return settings


def test_both_learn_that_they_are_linked(world: World) -> None:
    offer = world.province.ask("POST", "/v1/platform-links", 201, {})
    answer = world.city.paste(offer["code"])
    # Nothing has failed: the province has not pasted the answer yet.
    waiting = world.meet(offer["id"])
    assert (waiting["state"], waiting["failure"]["code"]) == ("waiting", "link_not_answered")
    world.province.paste(answer["code"])
    linked = world.meet(offer["id"])
    assert (linked["state"], linked["failure"]) == ("linked", None)
    assert linked["reached_at"] is not None and abs(linked["clock_ahead"]) < 5
    assert world.province.ask("GET", f"/v1/platform-links/{offer['id']}", 200)["heard_at"] is not None


def test_all_that_are_due_are_met(world: World) -> None:
    ids = {link_up(world.province, world.city) for _ in range(3)}
    world.keeper.meet_all()
    met = world.city.ask("GET", "/v1/platform-links?limit=200", 200)["platform_links"]
    times = {link["id"]: link["reached_at"] for link in met if link["id"] in ids}
    assert len(times) == 3 and None not in times.values()
    world.keeper.meet_all()
    again = world.city.ask("GET", "/v1/platform-links?limit=200", 200)["platform_links"]
    assert {link["id"]: link["reached_at"] for link in again if link["id"] in ids} == times


def test_what_goes_wrong_with_one_keeps_no_other_from_being_met(world: World) -> None:
    """A row that no code expects, as of another release or a half restored backup."""
    ids = [link_up(world.province, world.city) for _ in range(3)]
    with world.city.house.sessions.begin() as session:
        session.get_one(PlatformLink, ids[1]).peer_url = "http://127.0.0.1:1\N{LATIN SMALL LETTER LONG S}"
        session.execute(update(PlatformLink).where(PlatformLink.id == ids[1]).values(private_key=b"?"))
    world.keeper.meet_all()
    found = world.city.ask("GET", "/v1/platform-links?limit=200", 200)["platform_links"]
    reached = {link["id"]: link["reached_at"] is not None for link in found}
    assert [reached[each] for each in ids] == [True, False, True]


@pytest.mark.parametrize("time", ["Infinity", "NaN", "1e400", "1e308", "-1e300"])
def test_a_time_that_is_none_is_no_answer(world: World, time: str) -> None:
    class Clock(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"protocol": 1, "time": %s}' % time.encode())

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    link_id = link_up(world.province, world.city)
    with HTTPServer(("127.0.0.1", 0), Clock) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        world.move(link_id, f"http://127.0.0.1:{server.server_address[1]}")
        met = world.meet(link_id)
        thread.join()
    assert (met["failure"]["code"], met["clock_ahead"]) == ("no_lessonstream", None)


class _Page(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.send_response(404)
        self.end_headers()
        self.wfile.write(b"<h1>no such page</h1>")

    def log_message(self, *_: Any) -> None:
        """Nothing."""


def test_what_is_wrong_is_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    link_id = link_up(world.province, world.city)
    path = f"/v1/platform-links/{link_id}"

    def failure() -> str:
        told = world.meet(link_id)["failure"]
        assert told["message"]["en"] and told["message"]["zh"] and told["since"]
        return str(told["code"])

    world.province.ask("PATCH", path, 200, {"state": "paused"})
    assert failure() == "link_paused_there"
    world.province.ask("PATCH", path, 200, {"state": "linked"})
    assert world.meet(link_id)["failure"] is None

    world.move(link_id, f"http://127.0.0.1:{free_port()}")
    assert failure() == "connect_failed"
    world.move(link_id, "http://169.254.169.254")
    assert failure() == "address_refused"
    page = HTTPServer(("127.0.0.1", 0), _Page)
    threading.Thread(target=page.serve_forever, daemon=True).start()
    world.move(link_id, f"http://127.0.0.1:{page.server_port}")
    assert failure() == "no_lessonstream"
    page.shutdown()
    world.move(link_id, world.province.url)

    with monkeypatch.context() as patch:
        patch.setattr(requests, "CLOCKS_APART", -3600)
        assert failure() == "clocks_apart"
    assert world.meet(link_id)["failure"] is None

    other = link_up(world.province, world.city)
    with world.city.house.sessions() as session:
        link = session.get_one(PlatformLink, link_id)
    stranger = LinkedPlatform(OUTBOUND, world.province.url, link_id, world.city.key_of(other))
    with pytest.raises(Exception, match="link_token_invalid"):
        stranger.meet()

    world.province.ask("DELETE", path, 204)
    assert failure() == "link_ended_there"
    wrong = Linking(world.city.house.sessions, OUTBOUND, "another secret key, of 32 and more", 60)
    wrong.meet(link)
    assert world.city.ask("GET", path, 200)["failure"]["code"] == "key_sealed_otherwise"
