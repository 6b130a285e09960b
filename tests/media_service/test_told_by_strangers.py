"""A linked platform tells what no release of ours would: what is here is shown all the same, and other lessons come."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from lesson import add_lesson
from sqlalchemy import delete, func, select, update
from two_platforms import World, world

from storage.catalogue import mirrors
from storage.catalogue.models import Asset, FollowedLesson, Subscription, Version
from storage.ids import new_id

__all__ = ["world"]
pytestmark = pytest.mark.integration

Document = dict[str, Any]


class Retold:
    """What a platform answers, with its documents changed on their way."""

    def __init__(self, app: Any, path: str, change: Callable[[Document], None]) -> None:
        self._app = app
        self._path = path
        self._change = change

    def __call__(self, environ: Document, start_response: Callable[..., Any]) -> Iterable[bytes]:
        if not environ["PATH_INFO"].startswith(self._path):
            return self._app(environ, start_response)  # type: ignore[no-any-return]
        head: list[Any] = []
        data = b"".join(self._app(environ, lambda status, headers, *_: head.extend((status, headers))))
        document = json.loads(data)
        self._change(document)
        data = json.dumps(document).encode()
        others = [each for each in head[1] if each[0].lower() != "content-length"]
        start_response(head[0], [*others, ("Content-Length", str(len(data)))])
        return [data]


def saying(**metadata: Any) -> Callable[[Document], None]:
    return lambda document: document["metadata"].update(metadata)


def add(world: World) -> str:
    """A lesson of the province's own."""
    lesson = add_lesson(world.province.house.sessions, world.province.house.objects)
    values = {"organization_id": world.province.organization_id, "visibility": None}
    with world.province.house.sessions.begin() as session:
        session.execute(update(Asset).where(Asset.id == lesson.asset_id).values(**values))
    return lesson.asset_id


@pytest.fixture
def lesson(world: World) -> str:
    """One that is shared beside others."""
    return add(world)


@pytest.fixture(autouse=True)
def honest(world: World) -> Iterator[Any]:
    """The province, which tells the truth before and after."""
    app = world.line.app
    yield app
    world.line.app = app


def shown(world: World) -> set[str]:
    """Assets of the city, as a list has them."""
    return {each["id"] for each in world.city.ask("GET", "/v1/assets?limit=100", 200)["assets"]}


@pytest.mark.parametrize(
    "said",
    [
        {"published_at": "9999-12-31T23:59:59-12:00"},
        {"withdraw_at": "0001-01-01T00:00:00+14:00"},
    ],
    ids=lambda said: next(iter(said)),
)
def test_a_moment_that_nobody_could_read_is_not_kept(world: World, lesson: str, said: Document) -> None:
    world.line.app = Retold(world.line.app, f"/v1/exchange/assets/{lesson}", saying(**said))
    world.follow()
    assert world.copy_of(world.lesson.asset_id)["asset_id"] in shown(world)
    assert world.copy_of(lesson)["failure"]["code"] == "answer_invalid"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (
            {"licence": {"code": "CC-BY-4.0", "text": "mine", "url": "https://example.org/"}},
            {"licence": {"code": "CC-BY-4.0", "text": None, "url": None}},
        ),
        ({"licence": {"code": "custom"}}, {"licence": {"code": "custom", "text": None, "url": None}}),
        ({"contributors": [{"role": "author", "name": ""}]}, None),
        ({"contributors": [{"role": "author", "name": "长" * 300, "organization": " \u202e"}]}, None),
        ({"source_organization": {"name": "\u2028", "id": " x" * 120}}, None),
        ({"original_date": "2009-13-77"}, {"original_date": None}),
        ({"title": "abc\u202egpj.exe\n<b>"}, {"title": "abcgpj.exe <b>"}),
        ({"other_ids": {"isbn": "x" * 300}}, None),
    ],
)
def test_what_our_own_api_would_refuse_is_shown(
    world: World, lesson: str, said: Document, kept: Document | None
) -> None:
    world.line.app = Retold(world.line.app, f"/v1/exchange/assets/{lesson}", saying(**said))
    world.follow()
    copy_id = world.copy_of(lesson)["asset_id"]
    asset = world.city.ask("GET", f"/v1/assets/{copy_id}", 200)
    assert {name: asset[name] for name in kept or {}} == (kept or {})
    assert copy_id in shown(world)
    world.play(copy_id)


def test_a_course_that_cannot_be_kept_holds_up_no_other(world: World) -> None:
    bad, good = (
        world.province.ask("POST", "/v1/collections", 201, {"title": title, "asset_ids": []})["id"]
        for title in ("坏", "好")
    )
    too_late = saying(published_at="9999-12-31T23:59:59-12:00")
    world.line.app = Retold(world.line.app, f"/v1/exchange/courses/{bad}", too_late)
    world.follow()
    told = world.city.ask("GET", f"/v1/platform-links/{world.link_id}/courses", 200)["courses"]
    states = {
        each["origin_id"]: (each["state"], each["failure"] and each["failure"]["code"]) for each in told
    }
    assert states == {bad: ("waiting", "answer_invalid"), good: ("current", None)}


def test_changes_that_never_end_fill_no_catalogue(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.follow()
    monkeypatch.setattr(mirrors, "MOST_FOLLOWED", 30)
    number = 0

    def endless(document: Document) -> None:
        nonlocal number
        change = {"kind": "asset", "change": "created", "version_id": None, "at": "2026-12-01T00:00:00Z"}
        document["changes"] = [{**change, "id": f"0mx{number + each:021d}"} for each in range(20)]
        number += 20
        document |= {"next": f"abc.{number}", "more": True}

    world.line.app = Retold(world.line.app, "/v1/exchange/changes", endless)
    world.keeper.read_changes()
    with world.city.house.sessions.begin() as session:
        known = select(func.count()).where(FollowedLesson.link_id == world.link_id)
        assert session.execute(known).scalar_one() == 30
        session.get_one(Subscription, world.link_id).cursor = ""
        session.execute(delete(FollowedLesson).where(FollowedLesson.origin_id.startswith("0mx0000")))
    assert number == 20 * 20


def test_a_page_of_changes_leads_on(world: World, lesson: str) -> None:
    asked = 0

    def again(document: Document) -> None:
        nonlocal asked
        asked += 1
        document |= {"next": "abc.7", "more": True}

    world.line.app = Retold(world.line.app, "/v1/exchange/changes", again)
    world.follow()
    assert asked == 2
    assert world.copy_of(lesson)["state"] == "current"


def test_a_page_of_changes_is_bounded(world: World) -> None:
    world.follow()
    with world.city.house.sessions.begin() as session:
        session.get_one(Subscription, world.link_id).cursor = ""
    many = Retold(
        world.line.app,
        "/v1/exchange/changes",
        lambda document: document.update(changes=document["changes"] * 1001),
    )
    world.line.app = many
    world.keeper.read_changes()
    with world.city.house.sessions() as session:
        assert session.get_one(Subscription, world.link_id).cursor == ""


def test_a_platform_that_was_put_back_to_an_older_state_is_read_from_the_beginning(world: World) -> None:
    world.follow()
    with world.city.house.sessions.begin() as session:
        subscription = session.get_one(Subscription, world.link_id)
        epoch, _, number = subscription.cursor.rpartition(".")
        # As if lines had been read that the province has lost: a disk was put back, and the log goes on as it was.
        subscription.cursor = f"{epoch}.{int(number) + 1000}"
    lesson = add(world)
    world.work()
    world.play(world.copy_of(lesson)["asset_id"])


def test_our_own_lesson_does_not_come_back_though_this_platform_has_moved(world: World, lesson: str) -> None:
    ours = add_lesson(world.city.house.sessions, world.city.house.objects).asset_id
    before = [
        {"url": "https://the-city-before-it-moved.example", "name": "市", "asset_id": ours},
        {"url": world.province.url, "name": "省", "asset_id": lesson},
    ]
    path = f"/v1/exchange/assets/{lesson}"
    world.line.app = Retold(world.line.app, path, lambda document: document.update(stations=before))
    course = world.province.ask("POST", "/v1/collections", 201, {"title": "太极", "asset_ids": [lesson]})[
        "id"
    ]
    with world.city.house.sessions.begin() as session:
        session.get_one(Asset, ours).organization_id = world.city.organization_id
    world.follow()
    told = world.copy_of(lesson)
    assert (told["state"], told["asset_id"]) == ("elsewhere", None)
    [found] = [
        each
        for each in world.city.ask("GET", f"/v1/platform-links/{world.link_id}/courses", 200)["courses"]
        if each["origin_id"] == course
    ]
    page = world.city.ask("GET", f"/v1/collections/{found['collection_id']}", 200)
    assert [each["asset_id"] for each in page["items"]] == [ours]


def test_a_lesson_that_plays_there_from_elsewhere_says_why_it_does_not_come(
    world: World, lesson: str
) -> None:
    with world.province.house.sessions.begin() as session:
        version = session.get_one(Version, session.get_one(Asset, lesson).current_version_id)
        version.origin_link_id, version.origin_playback_id = world.link_id, new_id()
    world.follow()
    told = world.copy_of(lesson)
    assert (told["state"], told["failure"]["code"]) == ("waiting", "reference_there")
    assert told["failure"]["message"]["en"] and told["failure"]["message"]["zh"]
    with world.province.house.sessions.begin() as session:
        version = session.get_one(Version, session.get_one(Asset, lesson).current_version_id)
        version.origin_link_id = version.origin_playback_id = None
        session.get_one(Asset, lesson).title = "现在有副本"
    world.work()
    told = world.copy_of(lesson)
    assert (told["state"], told["failure"]) == ("current", None)
