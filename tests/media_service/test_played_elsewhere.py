"""Lessons that are played from the platform they came from: of them a poster is here, and nothing else."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from house import walk
from lesson import FACTS, Lesson, add_lesson
from platforms import CITY
from sqlalchemy import func, select, update
from two_platforms import World, world
from werkzeug.test import TestResponse

from media_service.playback.access import tokens
from media_service.problems import ApiError
from storage.catalogue.facts import Notice
from storage.catalogue.models import Asset, Chunk, File, Image, Rendition, Version

__all__ = ["world"]

pytestmark = pytest.mark.integration

REFERENCE = {"visibility": "subtree", "mode": "reference"}


MOVIE = b"CWS\x0a what a school made in 2014"
INTERACTIVE = {
    "facts": replace(FACTS, notices=(Notice("flash_interactive"),)),
    "source_key": "the-movie",
    "source_size": len(MOVIE),
    "source_sha256": hashlib.sha256(MOVIE).hexdigest(),
}


@pytest.fixture
def lesson(world: World, request: pytest.FixtureRequest) -> Iterator[Lesson]:
    """One of the province's own, which is shared alone and followed as a reference; its version as a test says."""
    made = add_lesson(world.province.house.sessions, world.province.house.objects)
    with world.province.house.sessions.begin() as session:
        if changes := getattr(request, "param", None):
            session.execute(update(Version).where(Version.id == made.version_id).values(changes))
        session.execute(
            update(Asset)
            .where(Asset.id == made.asset_id)
            .values(organization_id=world.province.organization_id, visibility=None, title="书法")
        )
    world.share({"asset_id": made.asset_id})
    world.wish = REFERENCE
    world.follow()
    yield made
    world.wish = {"visibility": "subtree"}
    forget(world)


def forget(world: World) -> None:
    """What processes know for some seconds."""
    for platform in (world.province, world.city):
        parts = platform.house.parts
        gate = parts.gate
        for cache in (gate._shared_by_links._known, gate._playback_ids._known, parts.references._links):
            cache.clear()
        parts.keys.forget()


def issue(world: World, lesson: Lesson, **more: Any) -> Any:
    """A token of the city for its reference."""
    forget(world)
    here = world.copy_of(lesson.asset_id)["asset_id"]
    return world.city.ask("POST", "/v1/playback-tokens", 201, {"asset_id": here, **more})


def there(world: World, address: str, **headers: str) -> TestResponse:
    """What the province answers at an address of its own."""
    assert address.startswith(world.province.url + "/"), address
    return world.province.house.get(address.removeprefix(world.province.url), **headers)


def page_of(world: World, issued: Any) -> tuple[TestResponse, dict[str, Any]]:
    """The city's player page, and its data."""
    answer = world.city.house.get(issued["embed_url"].removeprefix(CITY))
    found = re.search(r'id="page-data"[^>]*>(.*?)</script>', answer.text, re.DOTALL)
    assert found is not None, answer.text[:300]
    return answer, json.loads(found[1])


def code_of(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, (answer.json or {}).get("code", "")


def test_a_reference_has_a_poster_here_and_plays_there(world: World, lesson: Lesson) -> None:
    told = world.copy_of(lesson.asset_id)
    assert (told["state"], told["mode"], told["failure"]) == ("current", "reference", None)
    assert [path for path in world.line.sent if lesson.version_id in path] == [
        f"/v1/exchange/objects/{lesson.version_id}/images/poster"
    ]
    asset = world.city.ask("GET", f"/v1/assets/{told['asset_id']}", 200)
    assert (asset["title"], asset["state"], asset["renditions"]) == ("书法", "ready", [])
    assert asset["duration"] > 0
    issued = issue(world, lesson)
    # Its poster is the city's, its media are the province's.
    assert world.city.house.get(issued["poster_url"].removeprefix(CITY)).status_code == 200
    address = issued["manifest_url"].removeprefix(world.province.url)
    for url, span in walk(world.province.house, address):
        answer = world.province.house.get(url, **({"Range": span} if span else {}))
        assert answer.status_code in (200, 206), (url, answer.text[:200])
    assert there(world, issued["storyboard_url"]).status_code == 200
    listed = world.city.ask("GET", f"/v1/platform-links/{world.link_id}/subscription", 200)
    assert listed["mode"] == "reference" and listed["references"] >= 1


def test_who_asks_here_for_its_media_is_led_there_and_nothing_is_counted_here(
    world: World, lesson: Lesson
) -> None:
    issued = issue(world, lesson, viewer="张三")
    here = f"/v/{issued['playback_id']}"
    query = f"?token={issued['token']}"
    for name in ("master.m3u8", "manifest.mpd", "storyboard.vtt"):
        answer = world.city.house.get(f"{here}/{name}{query}")
        assert code_of(answer) == (302, "played_at_origin"), answer.text
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        there_ = there(world, answer.headers["Location"])
        assert there_.status_code == 200, there_.text
    for name in ("beats", "study"):
        answer = world.city.house.client.post(f"{here}/{name}{query}", data="{}")
        assert code_of(answer) == (409, "not_for_references")
    assert code_of(world.city.house.get(f"{here}/thumbnail.jpg{query}")) == (404, "image_not_found")
    # There, the play is the link's, and the viewer somebody without a name.
    address = urlsplit(world.city.house.get(f"{here}/master.m3u8{query}").headers["Location"])
    [token] = parse_qs(address.query)["token"]
    grant = world.province.house.gate.admit(address.path.split("/")[2], "video", token).grant
    assert grant is not None and grant.pages_of == f"platform:{world.link_id}"
    assert grant.viewer is not None and re.fullmatch("[0-9a-f]{32}", grant.viewer)
    assert (grant.partner, grant.course, grant.person, grant.preview) == (None, None, None, False)


@pytest.mark.parametrize("lesson", [INTERACTIVE], indirect=True, ids=["interactive"])
def test_a_movie_is_had_from_where_its_lesson_plays(world: World, lesson: Lesson) -> None:
    world.province.house.objects.put("the-movie", MOVIE)
    here = world.copy_of(lesson.asset_id)["asset_id"]
    assert world.city.ask("GET", f"/v1/assets/{here}", 200)["interactive"] is True
    _, data = page_of(world, issue(world, lesson))
    assert (data["interactive"], data["movie_url"]) == (True, None)
    told = there(world, data["reference"]["status_url"]).json
    answer = there(world, world.province.url + told["movie_url"], Origin=CITY)
    assert (answer.status_code, answer.data) == (200, MOVIE)
    assert answer.headers["Access-Control-Allow-Origin"] == CITY
    strange = there(world, world.province.url + told["movie_url"], Origin="https://stranger.example")
    assert code_of(strange) == (403, "origin_not_allowed")


def test_the_page_asks_its_origin_and_nobody_else(world: World, lesson: Lesson) -> None:
    answer, data = page_of(world, issue(world, lesson))
    policy = answer.headers["Content-Security-Policy"]
    for directive in ("connect-src", "media-src", "img-src"):
        assert f"{directive} 'self' {world.province.url}" in policy
    assert 'rel="preload"' not in answer.text
    assert (
        data["reference"]["name"] == world.city.ask("GET", f"/v1/platform-links/{world.link_id}", 200)["name"]
    )
    address = data["reference"]["status_url"]
    told = there(world, address, Origin=CITY)
    assert told.status_code == 200 and told.headers["Access-Control-Allow-Origin"] == CITY
    assert (told.json or {})["state"] == "ready"
    refused = there(
        world,
        address.replace("/embed/", "/v/").replace("/status", "/master.m3u8"),
        Origin="https://evil.example",
    )
    assert code_of(refused) == (403, "origin_not_allowed")
    assert "Access-Control-Allow-Origin" not in refused.headers


def test_what_is_not_shared_is_refused_whoever_signs(world: World, lesson: Lesson) -> None:
    issued = issue(world, lesson)
    assert there(world, issued["manifest_url"]).status_code == 200
    world.share()
    forget(world)
    assert code_of(there(world, issued["manifest_url"])) == (403, "token_not_allowed")
    # Signed by the city itself for a lesson that it only knows the name of.
    playback_id = urlsplit(issued["manifest_url"]).path.split("/")[2]

    def forged(key: Ed25519PrivateKey, **claims: Any) -> tuple[int, str]:
        token = tokens.sign(
            key_id=tokens.platform_key_id(world.link_id),
            algorithm="EdDSA",
            private_key=key,
            playback_id=playback_id,
            kinds=("video",),
            now=time.time(),
            lifetime=600,
            claims=claims,
        )
        return code_of(world.province.house.get(f"/v/{playback_id}/master.m3u8?token={token}"))

    own = world.city.key_of(world.link_id)
    assert forged(own, preview=True, organization=world.province.organization_id) == (
        403,
        "token_not_allowed",
    )
    assert forged(Ed25519PrivateKey.generate()) == (401, "token_invalid")
    assert forged(own, origins=["https://a.example; script-src *"]) == (401, "token_invalid")
    # That everybody may see it makes it no lesson of the link.
    with world.province.house.sessions.begin() as session:
        session.execute(
            update(Asset)
            .where(Asset.id == lesson.asset_id)
            .values(visibility="public", effective_visibility="public")
        )
    forget(world)
    assert forged(own) == (403, "token_not_allowed")
    world.follow()
    assert world.copy_of(lesson.asset_id)["state"] == "gone"
    forget(world)
    assert world.city.house.get(issued["embed_url"].removeprefix(CITY)).status_code == 404


@pytest.mark.parametrize("where", ["here", "there"])
def test_a_paused_link_plays_nothing(world: World, lesson: Lesson, where: str) -> None:
    issued = issue(world, lesson)
    path = f"/v1/platform-links/{world.link_id}"
    pausing = world.city if where == "here" else world.province
    pausing.ask("PATCH", path, 200, {"state": "paused"})
    try:
        forget(world)
        if where == "there":
            assert code_of(there(world, issued["manifest_url"]))[0] in (401, 403)
            return
        for language, words in (("en", "plays from another platform"), ("zh", "该视频由其他平台播放")):
            address = issued["embed_url"].removeprefix(CITY)
            answer = world.city.house.get(f"{address}&lang={language}")
            assert answer.status_code == 403 and "reference_unlinked" in answer.text
            assert words in answer.text
        with pytest.raises(ApiError) as refused:
            world.city.house.parts.references.origin(
                world.city.house.gate._playback_ids.find(issued["playback_id"]).played_there  # type: ignore[union-attr, arg-type]
            )
        assert refused.value.code == "reference_unlinked"
    finally:
        pausing.ask("PATCH", path, 200, {"state": "linked"})
        forget(world)


def test_a_reference_becomes_a_copy_and_back_only_if_that_is_wanted(world: World, lesson: Lesson) -> None:
    asset_id = world.copy_of(lesson.asset_id)["asset_id"]
    path = f"/v1/platform-links/{world.link_id}/lessons/{world.copy_of(lesson.asset_id)['id']}/adopt"
    assert world.city.ask("POST", path, 409)["code"] == "not_for_references"
    world.wish = {"visibility": "subtree", "mode": "mirror"}
    world.follow()
    told = world.copy_of(lesson.asset_id)
    assert (told["mode"], told["asset_id"]) == ("mirror", asset_id)
    forget(world)
    assert world.play(asset_id) > 10
    world.wish = REFERENCE
    world.follow()
    assert world.copy_of(lesson.asset_id)["mode"] == "mirror"
    world.wish = {**REFERENCE, "keep_copies": False}
    world.follow()
    assert world.copy_of(lesson.asset_id)["mode"] == "reference"
    issued = issue(world, lesson)
    assert there(world, issued["manifest_url"]).status_code == 200
    with world.city.house.sessions() as session:
        current = session.get_one(Asset, asset_id).current_version_id
        for model in (Rendition, File):
            rows = select(func.count()).select_from(model).where(model.version_id == current)
            assert session.execute(rows).scalar_one() == 0
        images = session.execute(select(Image.name).where(Image.version_id == current)).scalars()
        assert list(images) == ["poster"]


def test_what_is_played_from_elsewhere_is_not_shared_on(world: World, lesson: Lesson) -> None:
    here = world.copy_of(lesson.asset_id)["asset_id"]
    world.city.ask("PATCH", f"/v1/platform-links/{world.link_id}", 200, {"shares": [{"asset_id": here}]})
    try:
        answer = world.province.call(world.city, world.link_id, "GET", f"/v1/exchange/assets/{here}")
        assert answer.status_code == 200 and (answer.json or {})["version"] is None
    finally:
        world.city.ask("PATCH", f"/v1/platform-links/{world.link_id}", 200, {"shares": []})


def test_lessons_beyond_what_may_be_stored_wait(world: World, lesson: Lesson) -> None:
    subscription = f"/v1/platform-links/{world.link_id}/subscription"
    stored = world.city.ask("GET", subscription, 200)["bytes_stored"]
    world.wish = {"visibility": "subtree", "most_bytes": stored + 10}
    world.follow()
    told = world.copy_of(lesson.asset_id)
    assert (told["mode"], told["failure"]["code"]) == ("reference", "link_full")
    assert told["failure"]["message"]["zh"]
    world.wish = {"visibility": "subtree", "most_bytes": 10**9}
    world.follow()
    told = world.copy_of(lesson.asset_id)
    assert (told["mode"], told["failure"]) == ("mirror", None)


def test_a_subscription_that_ends_leaves_nothing_half_copied(world: World) -> None:
    """One lesson is new here, of the other one new captions are on their way."""
    fresh = add_lesson(world.province.house.sessions, world.province.house.objects)
    with world.province.house.sessions.begin() as session:
        session.execute(
            update(Asset)
            .where(Asset.id == fresh.asset_id)
            .values(organization_id=world.province.organization_id, visibility=None, title="国画")
        )
    world.share({"asset_id": world.lesson.asset_id})
    world.follow()
    before = world.copy_of(world.lesson.asset_id)
    assert before["state"] == "current"
    world.province.ask(
        "PUT",
        f"/v1/assets/{world.lesson.asset_id}/tracks/captions/fr",
        200,
        data=b"WEBVTT\n\n00:00.000 --> 00:02.000\nbonjour\n",
        headers={"Content-Type": "text/vtt"},
    )
    with world.province.house.sessions() as session:
        key = session.execute(
            select(Chunk.object_key)
            .join(Rendition, Rendition.id == Chunk.rendition_id)
            .where(Rendition.version_id == fresh.version_id, Rendition.name == "audio")
        ).scalar_one()
    whole = world.province.house.objects.get(key)
    world.province.house.objects.put(key, whole[:-1] + bytes([whole[-1] ^ 1]))
    world.share({"asset_id": world.lesson.asset_id}, {"asset_id": fresh.asset_id})
    real = world.keeper._objects.put

    def no_captions(key: str, data: bytes, content_type: str = "") -> Any:
        if b"bonjour" in data:
            raise KeyboardInterrupt("killed")
        return real(key, data, content_type)

    world.keeper._objects.put = no_captions  # type: ignore[method-assign, assignment]
    try:
        for _ in range(4):
            try:
                world.follow()
            except KeyboardInterrupt:
                continue
    finally:
        world.keeper._objects.put = real  # type: ignore[method-assign]
        world.province.house.objects.put(key, whole)
    half, updated = world.copy_of(fresh.asset_id), world.copy_of(world.lesson.asset_id)
    assert (half["state"], updated["state"]) == ("copying", "copying")
    world.city.ask("DELETE", f"/v1/platform-links/{world.link_id}/subscription", 204)
    world.city.ask("GET", f"/v1/assets/{half['asset_id']}", 404)
    lessons = world.city.ask("GET", f"/v1/platform-links/{world.link_id}/lessons?limit=200", 200)["lessons"]
    assert fresh.asset_id not in [each["origin_id"] for each in lessons]
    with world.city.house.sessions() as session:
        left = session.get_one(Asset, half["asset_id"])
        assert left.deleted_at is not None and left.purge_at is None
        states = session.execute(
            select(Version.state, Version.discarded_at).where(Version.asset_id == updated["asset_id"])
        ).all()
    assert all(row.state == "ready" or row.discarded_at is not None for row in states)
    assert world.city.ask("GET", f"/v1/assets/{updated['asset_id']}", 200)["state"] == "ready"
    forget(world)
    assert world.play(updated["asset_id"]) > 10
    # Followed again, both come whole.
    world.follow()
    assert world.copy_of(fresh.asset_id)["state"] == "current"
    assert world.copy_of(world.lesson.asset_id)["state"] == "current"
