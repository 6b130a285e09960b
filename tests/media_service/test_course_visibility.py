"""Who finds which course, and who learns of its lessons: lists, pages, search, feeds and packs obey the one table."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

import pytest
from house import PUBLIC_URL, house
from signed_in import signed_in
from sqlalchemy import delete, select, update
from viewers import PEOPLE, WORDS, World, world

from configs.words import Visibility
from storage.catalogue import missing_words, visibility
from storage.catalogue.models import Asset, Collection, PlaybackId
from storage.catalogue.organizations import create_organization

__all__ = ["house", "world"]

SECRET: Final = "机密八段锦"
"""Title of the lesson."""

COURSE: Final = "内部养生课"

NOT_BY_TOKEN: Final = ("the author", "another author")
"""Who has no API key."""

SHOWN: Final = {"published_at": None, "withdraw_at": None}


def by_page(who: str, word: Visibility) -> bool:
    """Who sees a course on its page: a token says of which organization somebody is, not that they administer it."""
    sees = PEOPLE[who][WORDS.index(word)] == "x"
    return sees and word != "private"


def token_of(world: World, who: str) -> str | None:
    """A token of the open lesson's signed playback ID, as the table's people get it; who gets none is nobody."""
    if who not in world.keys:
        return None
    asked = {"playback_id": world.open_lesson.signed_id}
    answer = world.house.client.post("/v1/playback-tokens", json=asked, headers=world.keys[who])
    assert answer.status_code in (201, 404), answer.text
    return answer.json["token"] if answer.status_code == 201 else None


@pytest.fixture(scope="module")
def public_id(world: World) -> str:
    """Of the course. Its first lesson is open to everybody, and plays with a token alone, so that there are tokens."""
    world.say(title=SECRET, tags=["秘传"], description="密")
    world.say_of(world.course_id, title=COURSE)
    with world.house.sessions.begin() as session:
        session.execute(delete(PlaybackId).where(PlaybackId.id == world.open_lesson.public_id))
        missing_words.write_missing(session)
        public_id = session.get_one(Collection, world.course_id).public_id
    say_of_the_first(world, visibility="public", effective_visibility="public")
    return public_id


def say_of_the_first(world: World, **values: Any) -> None:
    with world.house.sessions.begin() as session:
        session.execute(update(Asset).where(Asset.id == world.open_lesson.asset_id).values(**values))


@pytest.mark.parametrize("word", WORDS)
def test_who_sees_a_course(world: World, public_id: str, word: Visibility) -> None:
    expected = {who: sees[WORDS.index(word)] == "x" for who, sees in PEOPLE.items()}
    world.say_of(world.course_id, visibility=word, **SHOWN)
    world.say_of(world.other_id, visibility=word, **SHOWN)
    with world.house.sessions() as session:
        course, other = (session.get_one(Collection, each) for each in (world.course_id, world.other_id))
        for who, viewer in world.viewers.items():
            found = session.execute(
                select(Collection.id).where(visibility.visible(viewer, Collection))
            ).scalars()
            seen = visibility.seen(session, viewer, [course, other])
            assert {*found} & {course.id, other.id} == seen, who
            assert (course.id in seen) == expected[who], who
            # Nobody was given this one.
            assert (other.id in seen) == (expected[who] and not _by_gift(who, word)), who

    def lists(who: str, path: str, name: str) -> bool:
        answer = world.house.client.get(path, headers=world.keys[who])
        assert answer.status_code in (200, 403), answer.text
        return world.course_id in [each["id"] for each in answer.json.get(name, [])]

    for who in world.keys:
        one = world.house.client.get(f"/v1/collections/{world.course_id}", headers=world.keys[who])
        within = expected[who] and who in REACHES
        assert one.status_code == (200 if within else 404), who
        assert lists(who, "/v1/collections?limit=200", "collections") == within, who
        if "partner" not in who:
            assert lists(who, f"/v1/search?q={COURSE}", "courses") == within, who
            assert lists(who, "/v1/search?kinds=course&limit=50", "courses") == within, who
            told = world.house.client.get(f"/v1/search/suggestions?q={COURSE}", headers=world.keys[who]).json
            assert (COURSE in told["suggestions"]) == within, who

    for who in PEOPLE:
        if who in NOT_BY_TOKEN:
            continue
        token = token_of(world, who)
        query = f"?token={token}" if token else ""
        page = world.house.get(f"/embed/courses/{public_id}{query}")
        sees = by_page(who if token else "nobody", word)
        # Without a token it is the lesson that is refused: it has a signed playback ID alone.
        assert (COURSE in page.text) == (sees and token is not None), who
        assert page.status_code == (
            404 if word == "private" else 200 if sees and token else 403 if token else 401
        )
        poster = world.house.get(f"/embed/courses/{public_id}/poster{query}")
        assert poster.status_code == (200 if sees else 404), who
        url = quote(f"{PUBLIC_URL}/embed/courses/{public_id}{query}", safe="")
        assert (COURSE in world.house.get(f"/oembed?url={url}").text) == (sees and token is not None), who


def test_who_looks_after_a_hidden_course_previews_it(world: World, public_id: str) -> None:
    world.say_of(world.course_id, visibility="private", **SHOWN)
    with world.house.sessions.begin() as session:
        own = session.get_one(Collection, world.course_id).organization_id
        other = create_organization(session, "别处").id
    token = token_of(world, "its administrator")
    asked = f"/embed/courses/{public_id}?preview=1&token={token}"
    for organization_id, role, expected in ((own, "author", 404), (other, "admin", 404), (own, "admin", 200)):
        page = signed_in(world.house, organization_id, f"{role} who looks", role).open(asked)
        assert (page.status_code, COURSE in page.text) == (expected, expected == 200), role
    admin = signed_in(world.house, own, "admin who looks", "admin")
    assert admin.open(asked).headers["Cache-Control"] == "no-store"
    assert admin.open(asked, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 404
    assert admin.open(asked.replace("preview=1&", "")).status_code == 404


REACHES = {
    *("its administrator", "its portal", "its authors' key", "the portal above", "the administrator above"),
    *("a named partner", "a partner with a course"),
}
"""Whose API keys list the course, if they see it: lists are of one's own, and of what partners share."""


def _by_gift(who: str, word: Visibility) -> bool:
    return who in ("a partner with a course", "a platform with a course") and word != "public"


@pytest.mark.parametrize(
    "hidden",
    [
        {"published_at": datetime.now(UTC) + timedelta(hours=1)},
        {"withdraw_at": datetime.now(UTC) - timedelta(hours=1)},
    ],
    ids=["not yet", "not any more"],
)
def test_a_course_that_is_not_published_is_nowhere(
    world: World, public_id: str, hidden: dict[str, Any]
) -> None:
    world.say_of(world.course_id, visibility="public", **{**SHOWN, **hidden})
    for who in ("its portal", "the portal above", "a named partner", "a partner with a course"):
        path = f"/v1/collections/{world.course_id}"
        assert world.house.client.get(path, headers=world.keys[who]).status_code == 404
        page = world.house.get(f"/embed/courses/{public_id}?token={token_of(world, who)}")
        assert page.status_code == 404 and COURSE not in page.text
    assert (
        world.house.client.get(
            f"/v1/collections/{world.course_id}", headers=world.keys["its administrator"]
        ).status_code
        == 200
    )
    world.say_of(world.course_id, **SHOWN)


def _text(world: World, who: str, path: str) -> str:
    answer = world.house.client.get(path, headers=world.keys.get(who, {}))
    assert answer.status_code < 500, answer.text
    return answer.text


def plain(text: str) -> str:
    """As people read it, without escapes of JSON."""
    return re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), text)


PLACES: dict[str, Callable[[World, str, str], str]] = {
    "course": lambda world, who, _: _text(world, who, f"/v1/collections/{world.course_id}"),
    "courses": lambda world, who, _: _text(world, who, "/v1/collections?limit=200"),
    "assets": lambda world, who, _: _text(world, who, "/v1/assets?limit=200"),
    "asset": lambda world, who, _: _text(world, who, f"/v1/assets/{world.lesson.asset_id}"),
    "search": lambda world, who, _: _text(world, who, f"/v1/search?q={SECRET}"),
    "suggestions": lambda world, who, _: _text(world, who, f"/v1/search/suggestions?q={SECRET[:2]}"),
    "events": lambda world, who, _: _text(world, who, "/v1/events?limit=1000"),
    "whoami": lambda world, who, _: _text(world, who, "/v1/whoami"),
    "page": lambda world, who, public_id: _text(
        world, "", f"/embed/courses/{public_id}?token={token_of(world, who) or ''}"
    ),
    "page of another lesson": lambda world, who, _: _text(
        world, "", f"/embed/{world.open_lesson.signed_id}?token={token_of(world, who) or ''}"
    ),
}
TOLD_WITHIN = ("course", "assets", "asset", "search", "suggestions", "events")
"""Places that tell titles of lessons to those who reach them."""


@pytest.mark.parametrize("word", WORDS)
def test_nobody_learns_the_title_of_a_lesson_that_they_may_not_see(
    world: World, public_id: str, word: Visibility
) -> None:
    world.say_of(world.course_id, visibility="public", **SHOWN)
    world.say(visibility=word, effective_visibility=word, external_id="secret-1")
    for who in world.keys:
        sees = PEOPLE[who][WORDS.index(word)] == "x"
        for place, ask in PLACES.items():
            told = SECRET in re.sub(
                r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), ask(world, who, public_id)
            )
            assert not told or sees, (who, place)
            if (
                sees
                and place in TOLD_WITHIN
                and who in REACHES
                and "partner" not in who
                and place != "events"
            ):
                assert told, (who, place)
            if place == "page" and token_of(world, who):
                assert told == by_page(who, word), who
        holding = world.house.client.get("/v1/collections?external_id=secret-1", headers=world.keys[who]).json
        assert sees or not holding.get("collections"), who
    anonymous = world.house.get(f"/embed/courses/{public_id}?lesson={world.lesson.public_id}")
    assert (SECRET in anonymous.text) == (word == "public")


def test_a_course_follows_its_lessons_until_somebody_says_something(world: World) -> None:
    """As its page did before there were such words."""
    world.say_of(world.course_id, visibility=None, **SHOWN)

    def effective() -> str:
        answer = world.house.client.get(
            f"/v1/collections/{world.course_id}", headers=world.keys["its administrator"]
        )
        return str(answer.json["effective_visibility"])

    say_of_the_first(world, visibility=None, effective_visibility="organization")
    world.say(visibility=None, effective_visibility="organization")
    assert effective() == "organization"
    world.say(effective_visibility="public")
    assert effective() == "public"
    world.say(published_at=datetime.now(UTC) + timedelta(hours=1))
    assert effective() == "organization"
    world.say(published_at=None, review_state="draft")
    assert effective() == "organization"
    world.say(review_state="published")
    world.say_of(world.course_id, visibility="private")
    assert effective() == "private"
