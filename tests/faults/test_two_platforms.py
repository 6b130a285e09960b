"""Two platforms on one machine, each its own Lessonstream: linked from the command line, what one shares plays on the
other, also while it is away; what it replaces and withdraws follows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from interrupted import make_lesson
from linked_sites import Pair, linked_pair, until

pytestmark = [pytest.mark.faults, pytest.mark.long]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    with linked_pair(tmp_path_factory.mktemp) as made:
        yield made


def test_a_lesson_of_one_platform_plays_on_the_other(pair: Pair, tmp_path: Path) -> None:
    for site in (pair.province, pair.city):
        until(
            lambda site=site: pair.link(site)["state"] == "linked" and pair.link(site)["reached_at"],
            "both to know that they are linked",
        )
        assert "linked" in site.run("links", "list")
    assert pair.link(pair.province)["fingerprint"] == pair.link(pair.city)["fingerprint"]
    organization_id = pair.link(pair.province)["organization_id"]
    path = f"/v1/platform-links/{pair.link_id}"
    pair.province.ask("PATCH", path, {"shares": [{"organization_id": organization_id, "with_source": True}]})
    pair.city.ask("PUT", f"{path}/subscription", {"visibility": "public", "with_source": True})

    origin = pair.province.stack.upload(make_lesson(tmp_path / "lesson.mp4", seconds=6), "太极拳")
    pair.province.stack.wait(origin, "ready")

    def copied() -> Any:
        found = pair.copies().get(origin)
        return found if found is not None and found["state"] == "current" else None

    copy = until(copied, "the lesson to be copied")
    asset = pair.city.ask("GET", f"/v1/assets/{copy['asset_id']}")
    assert (asset["title"], asset["state"]) == ("太极拳", "ready")
    assert [station["url"] for station in copy["stations"]] == [pair.province.stack.url]

    # PeerTube #6857: the origin is away.
    pair.province.stop()
    try:
        assert pair.play(copy["asset_id"]) > 10
        failing = until(lambda: pair.link(pair.city)["failure"], "the city to notice that nobody answers")
        assert failing["code"] in ("connect_failed", "broken_off")
        assert failing["code"] in pair.city.run("links", "list")
    finally:
        pair.province.start()
    until(lambda: pair.link(pair.city)["failure"] is None, "the city to notice that it is back")

    # It is replaced, and then withdrawn.
    other = make_lesson(tmp_path / "other.mp4", seconds=4)
    began = pair.copies()[origin]
    replaced = pair.province.stack.request(
        "POST",
        f"/v1/assets/{origin}/versions?filename=other.mp4",
        body=other.read_bytes(),
        headers={"Content-Type": "application/octet-stream"},
    )
    assert replaced.status == 201, replaced.data

    def is_shorter() -> bool:
        now = pair.city.ask("GET", f"/v1/assets/{began['asset_id']}")
        return now["duration"] is not None and now["duration"] < 5

    until(is_shorter, "the new version to be copied")
    pair.play(copy["asset_id"])
    pair.province.ask("PATCH", path, {"shares": []})
    until(lambda: pair.copies()[origin]["state"] == "gone", "the lesson to be withdrawn")
    assert pair.city.stack.request("GET", f"/v1/assets/{copy['asset_id']}").status == 404


def test_a_lesson_is_offered_upwards_and_accepted(pair: Pair, tmp_path: Path) -> None:
    """The whole story, with each side away when the other has something to say."""
    city, province = pair.city, pair.province
    asset_id = city.stack.upload(make_lesson(tmp_path / "offered.mp4", seconds=6), "剪纸")
    city.stack.wait(asset_id, "ready")

    def sent() -> Any:
        return city.ask("GET", f"/v1/offers/{offer_id}")

    def received(state: str) -> Any:
        found = province.ask("GET", f"/v1/offers?direction=received&state={state}")["offers"]
        return next((each for each in found if each["stations"][0]["asset_id"] == asset_id), None)

    province.stop()
    try:
        offer_id = city.run("offers", "make", pair.link_id, asset_id, "--note", "请收录")
        failing = until(lambda: sent()["failure"], "the city to notice that nobody answers")
        assert failing["code"] in ("connect_failed", "broken_off")
    finally:
        province.start()
    there = until(lambda: received("offered"), "the offer to arrive")
    assert (there["lesson"]["title"], there["said"][0]["note"], len(there["said"])) == ("剪纸", "请收录", 1)

    # It is looked at before anybody decides: a page of the city plays it.
    look = json.loads(province.run("offers", "look", there["id"]))
    page = city.stack.request("GET", look["play_url"], key=None)
    assert page.status == 200 and "剪纸".encode() in page.data

    # Given back while the city is away; amended, offered again, accepted.
    city.stop()
    try:
        assert province.run("offers", "return", there["id"], "--note", "标题请写全").endswith("returned")
    finally:
        city.start()
    until(lambda: sent()["state"] == "returned", "the answer to arrive")
    assert "标题请写全" in city.run("offers", "list", "--state", "returned")
    city.ask("PATCH", f"/v1/assets/{asset_id}", {"title": "剪纸（入门）"})
    city.run("offers", "again", offer_id)
    again = until(lambda: received("offered"), "the lesson to be offered again")
    assert (again["id"], again["round"], again["lesson"]["title"]) == (there["id"], 2, "剪纸（入门）")
    province.run("offers", "accept", there["id"], "--visibility", "public")

    def copied() -> Any:
        found = received("accepted")
        asset = province.ask("GET", f"/v1/assets/{found['asset_id']}") if found["asset_id"] else None
        return asset if asset is not None and asset["state"] == "ready" else None

    copy = until(copied, "the lesson to be copied")
    until(lambda: sent()["state"] == "accepted", "the city to know")
    assert [station["asset_id"] for station in copy["stations"]] == [asset_id]
    city.stop()
    try:
        assert pair.play(copy["id"], province) > 10
    finally:
        city.start()

    # Replaced, and withdrawn.
    other = make_lesson(tmp_path / "amended.mp4", seconds=4)
    replaced = city.stack.request(
        "POST",
        f"/v1/assets/{asset_id}/versions?filename=amended.mp4",
        body=other.read_bytes(),
        headers={"Content-Type": "application/octet-stream"},
    )
    assert replaced.status == 201, replaced.data

    def is_shorter() -> bool:
        now = province.ask("GET", f"/v1/assets/{copy['id']}")
        return now["duration"] is not None and now["duration"] < 5

    until(is_shorter, "the new version to be copied")
    assert pair.play(copy["id"], province) > 5
    assert city.run("offers", "withdraw", offer_id).endswith("withdrawn")
    until(lambda: received("withdrawn"), "the province to know")

    def is_gone() -> bool:
        return province.stack.request("GET", f"/v1/assets/{copy['id']}").status == 404

    until(is_gone, "the copy to leave")
