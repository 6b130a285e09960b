"""A city, a province that copies its lessons, and a county box that copies those of the province: each is stopped, each
line is cut, clocks are wrong. In the end catalogues, objects and totals agree."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import urllib3
from clocks import wrong_clock
from cut_network import Wire
from interrupted import make_lesson
from linked_sites import Site, until
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from media_service.cli.manifest_check import ManifestCheck
from storage.catalogue.models import Asset, Image
from storage.catalogue.renditions import renditions_of
from storage.embedded.data_folder import free_port
from storage.ids import new_id

pytestmark = [pytest.mark.faults, pytest.mark.long]

PLAYERS = 40
PICTURES = ("poster", "storyboard", "preview")
POOL = urllib3.PoolManager(maxsize=PLAYERS)


@dataclass
class Three:
    """The sites, the lines to the city and to the province, and the links (the upper one is the box's)."""

    city: Site
    province: Site
    box: Site
    to_city: Wire
    to_province: Wire
    lower: str
    upper: str

    def copies(self, site: Site) -> dict[str, Any]:
        link_id = self.lower if site is self.province else self.upper
        found = site.ask("GET", f"/v1/platform-links/{link_id}/lessons?limit=200")["lessons"]
        return {each["origin_id"]: each for each in found}

    def copied(self, site: Site, origin_id: str) -> Any:
        """The asset that a lesson has become, once it is here whole."""
        found = self.copies(site).get(origin_id)
        return found["asset_id"] if found is not None and found["state"] == "current" else None

    def follow(self, site: Site, **wish: Any) -> None:
        link_id = self.lower if site is self.province else self.upper
        site.ask("PUT", f"/v1/platform-links/{link_id}/subscription", {"visibility": "public", **wish})


def link(asking: Site, other: Site, *, asks_only: bool = False) -> str:
    """``asking`` copies what ``other`` shares, which is everything."""
    known = {each["id"] for each in other.ask("GET", "/v1/platform-links")["platform_links"]}
    offer = asking.run("links", "begin")
    answer = other.run("links", "paste", *(["--asks-only"] if asks_only else []), offer)
    asking.run("links", "paste", answer)
    [made] = [
        each for each in other.ask("GET", "/v1/platform-links")["platform_links"] if each["id"] not in known
    ]
    shares = [{"organization_id": made["organization_id"]}]
    other.ask("PATCH", f"/v1/platform-links/{made['id']}", {"shares": shares})
    return str(made["id"])


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Three]:
    ports = [free_port() for _ in range(3)]
    wires = [Wire("127.0.0.1", port) for port in ports[:2]]
    sites: list[Site] = []
    try:
        for number, name in enumerate(("city", "province", "box")):
            known = {"PUBLIC_URL": f"http://127.0.0.1:{wires[number].port}"} if number < 2 else {}
            more = {"MIRRORS_ASKED_FOR": "at_once"} if name == "box" else {}
            folder = tmp_path_factory.mktemp(name) / "data"
            sites.append(Site(folder, ports[number], **known, **more))
        city, province, box = sites
        lower, upper = link(province, city), link(box, province, asks_only=True)
        yield Three(city, province, box, *wires, lower, upper)
    finally:
        for site in sites:
            site.stop()
        for wire in wires:
            wire.close()


def playback_of(site: Site, asset_id: str) -> str:
    return str(site.ask("GET", f"/v1/assets/{asset_id}")["playback_ids"][0]["id"])


def view(site: Site, asset_id: str, number: int, seconds: int = 4) -> None:
    """So many views, each of somebody else, who watches so long."""
    playback_id = playback_of(site, asset_id)
    for _ in range(number):
        name = new_id()
        at = seconds * 1000 + 500
        beat = {"sequence": 0, "at": at, "played": [[0, seconds * 1000]]}
        answer = POOL.request(
            "POST",
            f"{site.stack.url}/v/{playback_id}/beats",
            json={"play": name, "tab": name, "sent": at, "beats": [beat]},
            timeout=60,
        )
        assert answer.status == 204, answer.data


def parts(site: Site, asset_id: str) -> list[int]:
    """Views here, and on each other platform, most first."""
    found = site.ask("GET", f"/v1/views/platforms?asset={asset_id}")["platforms"]
    return [each["views"] for each in found]


def objects_of(site: Site, asset_id: str) -> dict[str, str]:
    """SHA-256 of all that the current version plays by, of the very bytes that are stored."""
    url = site.stack.environment["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://")
    engine = create_engine(url)
    with Session(engine) as session:
        version_id = session.get_one(Asset, asset_id).current_version_id
        keys = {
            f"{made.name}/{chunk.number}": chunk.object_key
            for made in renditions_of(session, version_id or "")
            for chunk in made.chunks
        }
        images = select(Image.name, Image.object_key).where(Image.version_id == version_id)
        keys |= {name: key for name, key in session.execute(images) if name.startswith(PICTURES)}
    engine.dispose()
    return {name: hashlib.sha256(site.stack.objects.get(key)).hexdigest() for name, key in keys.items()}


def play(site: Site, asset_id: str) -> int:
    """Play it to its last byte; how many requests that took."""
    check = ManifestCheck(urllib3.PoolManager())
    check.manifest(f"{site.stack.url}/v/{playback_of(site, asset_id)}/master.m3u8")
    assert check.problems == []
    return check.checked


def test_a_mirror_that_is_cut_at_30_60_and_90_percent_goes_on_and_all_agree(
    three: Three, tmp_path: Path
) -> None:
    city, province, box = three.city, three.province, three.box
    lesson = city.stack.upload(make_lesson(tmp_path / "lesson.mp4", seconds=40, size="640x360"), "太极拳")
    city.stack.wait(lesson, "ready")
    before = three.to_city.answered
    three.follow(province, bytes_per_second=150_000)

    def reached(part: float) -> Any:
        found = three.copies(province).get(lesson)
        return found and found["bytes_total"] and found["bytes_done"] >= part * found["bytes_total"]

    until(lambda: reached(0.3), "30 % to be copied")
    three.to_city.cut()
    time.sleep(3)
    three.to_city.break_off()
    until(lambda: reached(0.6), "60 % to be copied")
    province.stop()
    province.start()
    until(lambda: reached(0.9), "90 % to be copied")
    city.stop()
    time.sleep(2)
    city.start()
    in_province = until(lambda: three.copied(province, lesson), "the lesson to be copied")
    total = three.copies(province)[lesson]["bytes_total"]
    assert total > 1_000_000
    # What was on its way when something stopped is sent again, and no more than that.
    assert three.to_city.answered - before < 1.6 * total

    three.follow(box)
    in_box = until(lambda: three.copied(box, in_province), "the lesson to come to the box")
    for site, asset_id in ((province, in_province), (box, in_box)):
        # Pictures and previews follow, when they are made.
        until(
            lambda at=site, of=asset_id: objects_of(at, of) == objects_of(city, lesson),
            "all objects to agree",
        )
    assert len(objects_of(box, in_box)) > 5
    for site, asset_id in ((province, in_province), (box, in_box)):
        there, here = city.ask("GET", f"/v1/assets/{lesson}"), site.ask("GET", f"/v1/assets/{asset_id}")
        for name in ("title", "duration", "width", "height", "state"):
            assert here[name] == there[name], name
    assert play(box, in_box) > 5


def test_totals_agree_after_each_was_stopped_and_each_line_was_cut(three: Three, tmp_path: Path) -> None:
    city, province, box = three.city, three.province, three.box
    lesson = city.stack.upload(make_lesson(tmp_path / "counted.mp4", seconds=6, size="160x90"), "剪纸")
    city.stack.wait(lesson, "ready")
    three.follow(province)
    three.follow(box)
    in_province = until(lambda: three.copied(province, lesson), "the lesson to be copied")
    in_box = until(lambda: three.copied(box, in_province), "the lesson to come to the box")

    view(city, lesson, 3)
    view(province, in_province, 4)
    view(box, in_box, 5)
    until(lambda: parts(city, lesson) == [3, 5, 4], "the first views to be told")
    city.stop()
    view(province, in_province, 2)
    view(box, in_box, 1)
    three.to_province.cut()
    view(box, in_box, 3)
    city.start()
    province.stop()
    three.to_province.break_off()
    view(box, in_box, 1)
    province.start()
    box.stop()
    box.start()
    view(city, lesson, 2)
    until(lambda: parts(city, lesson) == [5, 10, 6], "all views to be told")
    assert parts(province, in_province) == [6, 10] and parts(box, in_box) == [10]
    total = city.ask("GET", f"/v1/views?asset={lesson}")["total"]
    assert (total["views"], total["views_elsewhere"]) == (21, 16)
    for site, link_id in ((province, three.lower), (box, three.upper)):
        standing = json.loads(site.run("links", "totals", link_id, "--json"))
        assert (standing["owed"], standing["failure"], standing["refused"]) == (0, None, [])


def test_wrong_clocks_hold_totals_up_and_lose_none(three: Three, tmp_path: Path) -> None:
    province, box = three.province, three.box
    lesson = province.stack.upload(make_lesson(tmp_path / "clocks.mp4", seconds=6, size="160x90"), "书法")
    province.stack.wait(lesson, "ready")
    three.follow(box)
    in_box = until(lambda: three.copied(box, lesson), "the lesson to come to the box")

    def told(number: int) -> Any:
        return lambda: parts(province, lesson)[1:] == [number]

    box.stop()
    box.start(**wrong_clock(tmp_path / "ahead", 240))
    view(box, in_box, 2)
    until(told(2), "four minutes to harm nothing")
    box.stop()
    box.start(**wrong_clock(tmp_path / "far", 900))
    view(box, in_box, 3)

    def trouble() -> Any:
        failure = box.ask("GET", f"/v1/platform-links/{three.upper}/totals")["failure"]
        return failure is not None and failure["code"] == "clocks_apart"

    until(trouble, "the box to say that clocks are apart")
    assert parts(province, lesson)[1:] == [2]
    box.stop()
    box.start()
    until(told(5), "what waited to be told")


def test_forty_players_cost_the_line_once_and_no_view_is_lost_while_it_is_cut(
    three: Three, tmp_path: Path
) -> None:
    province, box = three.province, three.box
    lesson = province.stack.upload(make_lesson(tmp_path / "class.mp4", seconds=20), "合唱")
    province.stack.wait(lesson, "ready")
    three.follow(box)
    begun = three.to_province.answered
    in_box = until(lambda: three.copied(box, lesson), "the lesson to come to the box")
    size = three.copies(box)[lesson]["bytes_total"]
    cost = three.to_province.answered - begun
    assert cost < 1.3 * size + 100_000

    def watched() -> None:
        with ThreadPoolExecutor(PLAYERS) as pool:
            assert min(pool.map(lambda _: play(box, in_box), range(PLAYERS))) > 3

    at_first = three.to_province.answered
    watched()
    view(box, in_box, PLAYERS, seconds=11)
    polls = three.to_province.answered - at_first
    assert polls < size / 4, (polls, size)
    until(lambda: parts(province, lesson)[1:] == [PLAYERS], "the class to be told of")

    three.to_province.cut()
    watched()
    view(box, in_box, PLAYERS, seconds=11)
    until(lambda: parts(box, in_box) == [2 * PLAYERS], "the box to count while it is cut off")
    owed = until(
        lambda: box.ask("GET", f"/v1/platform-links/{three.upper}/totals")["failure"],
        "the box to say that it is cut off",
    )
    assert owed["code"] in ("timed_out", "broken_off", "connect_failed")
    three.to_province.break_off()
    until(lambda: parts(province, lesson)[1:] == [2 * PLAYERS], "all views to be told")
    print(f"lesson {size} B, line {cost} B for the copy, {polls} B while {PLAYERS} watched")
