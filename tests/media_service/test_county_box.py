"""A machine that copies at night and is often cut off: what is asked for comes first, what nobody could check stops,
and a platform that nobody reaches asks by itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from exchanging import ZONE, Site, World, three_platforms
from house import SECRET_KEY
from lesson import add_lesson
from platforms import free_port, make_platform
from sqlalchemy import func, update
from sqlalchemy.orm import Session, sessionmaker

from media_service.cli import county_box
from storage.catalogue import unchecked
from storage.catalogue.links import to_be_met
from storage.catalogue.models import Asset, Subscription
from storage.catalogue.recording import record
from workers.mirroring import Mirroring

pytestmark = pytest.mark.integration

MONTH = timedelta(days=30)


@pytest.fixture(scope="module")
def world(three_catalogues: list[sessionmaker[Session]]) -> Iterator[World]:
    with three_platforms(three_catalogues) as made:
        yield made


def make_lessons(site: Site, number: int) -> list[str]:
    found = []
    for _ in range(number):
        lesson = add_lesson(site.sessions, site.platform.house.objects)
        with site.sessions.begin() as session:
            values = {"organization_id": site.platform.organization_id, "visibility": None}
            session.execute(update(Asset).where(Asset.id == lesson.asset_id).values(**values))
        found.append(lesson.asset_id)
    more = 1
    while more:
        with site.sessions.begin() as session:
            more = record(session)
    return found


def box_of(city: Site, **more: Any) -> Mirroring:
    """A keeper of the city."""
    return Mirroring(
        city.sessions,
        city.platform.house.objects,
        city.mirroring._outbound,
        secret_key=SECRET_KEY,
        public_url=city.platform.url,
        poll=0,
        time_zone=ZONE,
        kept=MONTH,
        **more,
    )


def lessons_of(world: World) -> dict[str, dict[str, Any]]:
    path = f"/v1/platform-links/{world.upper}/lessons?limit=200"
    found = world.city.platform.ask("GET", path, 200)["lessons"]
    return {each["origin_id"]: each for each in found}


def window(world: World, *, is_open: bool) -> None:
    """Let it be night, or not."""
    now = datetime.now(ZONE)
    minute = now.hour * 60 + now.minute
    first, until = (minute - 60, minute + 60) if is_open else (minute + 120, minute + 180)
    wish = {"visibility": "public", "window_from": first % 1440, "window_until": until % 1440}
    world.city.platform.ask("PUT", f"/v1/platform-links/{world.upper}/subscription", 200, wish)


def playlist(world: World, asset_id: str) -> Any:
    """What a player is answered who opens a copy."""
    shown = world.city.platform.ask("GET", f"/v1/assets/{asset_id}", 200)
    playback_id = shown["playback_ids"][0]["id"]
    return world.city.platform.house.get(f"/v/{playback_id}/master.m3u8")


def test_all_is_listed_first_and_who_is_asked_for_is_copied_first(world: World) -> None:
    wanted = make_lessons(world.province, 4)
    window(world, is_open=True)
    by_night, by_day = box_of(world.city), box_of(world.city, asked_at_once=True)
    by_night.read_changes()
    for _ in wanted[1:]:
        assert by_night.copy().pause == 0
    listed = lessons_of(world)
    assert [listed[each]["title"] != "" for each in wanted].count(True) >= 3
    assert [listed[each]["bytes_done"] for each in wanted] == [0, 0, 0, 0]
    by_night.copy()  # the last one is known by now, and is copied
    asked = [each for each in wanted if lessons_of(world)[each]["state"] != "current"][-1]

    # By day nothing is copied, unless somebody asks.
    window(world, is_open=False)
    assert by_night.copy().pause is None and by_day.copy().pause is None
    refused = playlist(world, lessons_of(world)[asked]["asset_id"])
    assert (refused.status_code, refused.json["code"]) == (404, "not_playable_yet")
    assert by_night.copy().pause is None
    while by_day.copy().pause == 0:
        pass
    states = {each: lessons_of(world)[each]["state"] for each in wanted}
    assert states[asked] == "current"
    assert [*states.values()].count("current") == 2
    world.city.platform.house.parts.gate._playback_ids._known.clear()
    assert playlist(world, lessons_of(world)[asked]["asset_id"]).status_code == 200

    # By night the rest follows.
    window(world, is_open=True)
    while by_night.copy().pause == 0:
        pass
    assert {lessons_of(world)[each]["state"] for each in wanted} == {"current"}


def test_copies_that_nobody_could_check_stop_and_play_again_once_somebody_can(world: World) -> None:
    [kept, ending] = make_lessons(world.province, 2)
    ends = datetime(2031, 1, 1, tzinfo=ZONE)
    with world.province.sessions.begin() as session:
        session.get_one(Asset, ending).withdraw_at = ends
    world.city.follow(world.province, world.upper)
    here = {each: world.city.copy_of(world.upper, each) for each in (kept, ending)}
    path = f"/v1/platform-links/{world.upper}/subscription"

    def suspend(after: timedelta | None) -> list[str]:
        with world.city.sessions.begin() as session:
            return list(unchecked.suspend(session, after))

    def is_withdrawn(asset_id: str) -> bool:
        with world.city.sessions() as session:
            asset = session.get_one(Asset, asset_id)
            return asset.withdraw_at is not None and asset.withdraw_at <= datetime.now(ZONE)

    assert suspend(MONTH) == []
    with world.city.sessions.begin() as session:
        late = func.now() - MONTH - timedelta(hours=1)
        session.execute(update(Subscription).values(read_at=late))
    assert suspend(None) == []  # whoever wants no such limit
    assert suspend(MONTH) == [world.upper] and suspend(MONTH) == []
    assert is_withdrawn(here[kept]) and is_withdrawn(here[ending])
    assert world.city.platform.ask("GET", path, 200)["suspended_at"] is not None
    world.city.mirroring.read_changes()
    assert suspend(MONTH) == []
    assert world.city.platform.ask("GET", path, 200)["suspended_at"] is None
    assert not is_withdrawn(here[kept]) and not is_withdrawn(here[ending])
    with world.city.sessions() as session:
        assert session.get_one(Asset, here[kept]).withdraw_at is None
        assert session.get_one(Asset, here[ending]).withdraw_at == ends
    # Whoever follows no more plays on with what there is.
    with world.city.sessions.begin() as session:
        session.execute(update(Subscription).values(read_at=late))
    assert suspend(MONTH) == [world.upper]
    world.city.platform.ask("DELETE", path, 204)
    assert not is_withdrawn(here[kept])


def test_a_platform_that_cannot_be_asked_asks(
    sessions: sessionmaker[Session], other_sessions: sessionmaker[Session]
) -> None:
    province = make_platform(sessions, "https://province.example", "省")
    box = make_platform(other_sessions, f"http://192.168.7.9:{free_port()}", "县")
    offer = box.ask("POST", "/v1/platform-links", 201, {})
    refused = province.paste(offer["code"], 422)
    assert refused["code"] == "link_url_refused"
    answer = province.ask("POST", "/v1/platform-link-codes", 200, {"code": offer["code"], "asks_only": True})
    assert answer["asks_only"] and answer["url"] == box.url
    assert box.paste(answer["code"])["state"] == "linked"
    with province.house.sessions() as session:
        assert answer["id"] not in {link.id for link in to_be_met(session)}
    assert box.call(province, answer["id"], "POST", "/v1/exchange/contacts").status_code == 200
    met = province.ask("GET", f"/v1/platform-links/{answer['id']}", 200)
    assert (met["state"], met["failure"]) == ("linked", None) and met["heard_at"] is not None
    # An address that can be asked is asked from then on.
    url = {"url": "https://county.example"}
    assert province.ask("PATCH", f"/v1/platform-links/{answer['id']}", 200, url)["asks_only"] is False


def test_a_county_box_is_this_machine_with_other_settings() -> None:
    assert county_box.own_address().count(".") == 3
    assert county_box.COUNTY_BOX["MIRRORS_ASKED_FOR"] == "at_once"
