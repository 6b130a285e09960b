"""Who watches is told what happens, at once, of what may be seen; and goes on where a stream broke."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import func, update
from sqlalchemy.orm import Session, sessionmaker
from streams import Streams
from support import PATIENCE, RunningStack
from tus import Tus, sessions_of

from media_service.events import live
from media_service.events.hub import MOST_WAITING, Hub, Reader, Said
from storage.catalogue import assets
from storage.catalogue.models import Version
from storage.catalogue.organizations import Caller
from storage.ids import new_id
from storage.measures import Measures

NOBODYS = new_id()


@pytest.fixture(scope="module")
def streams(stack: RunningStack) -> Iterator[Streams]:
    with Streams(stack) as opened:
        yield opened


@pytest.fixture(scope="module")
def catalogue(stack: RunningStack) -> Iterator[sessionmaker[Session]]:
    sessions = sessions_of(stack)
    yield sessions
    sessions.kw["bind"].dispose()


@pytest.fixture
def county(stack: RunningStack) -> tuple[str, str]:
    """An organization of its own: its ID, and a key."""
    key = Tus(stack).other_key("admin", same_organization=False)
    return json.loads(stack.request("GET", "/v1/whoami", key=key).data)["organization"]["id"], key


def new_asset(catalogue: sessionmaker[Session], organization_id: str, title: str = "一") -> Version:
    """One that no worker touches."""
    with catalogue.begin() as session:
        return assets.create_asset(session, organization_id, title, "a.mp4", "public")


def feed(stack: RunningStack, key: str) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = json.loads(stack.request("GET", "/v1/events?limit=1000", key=key).data)[
        "events"
    ]
    return events


def test_what_happens_is_told_as_the_feed_tells_it(
    stack: RunningStack, streams: Streams, catalogue: sessionmaker[Session], county: tuple[str, str]
) -> None:
    own, above = streams.open(key=county[1])[0], streams.open()[0]
    stranger = streams.open(key=Tus(stack).other_key("admin", same_organization=False))[0]
    for stream in (own, above, stranger):
        stream.next("hello")
    version = new_asset(catalogue, county[0])
    for stream in (own, above):
        message = stream.next("asset.created")
        while message.data["asset_id"] != version.asset_id:  # the root organization sees more
            message = stream.next("asset.created")
        assert message.id == message.data["id"]
        assert message.data in feed(stack, county[1])
    with catalogue.begin() as session:
        session.execute(
            update(Version).where(Version.id == version.id).values(state="processing", queued_at=func.now())
        )
    assert own.next("version.processing").data["data"]["version_id"] == version.id
    with catalogue.begin() as session:
        session.execute(update(Version).where(Version.id == version.id).values(progress=0.42))
    progress = own.next("progress")
    while progress.data["percent"] == 0:
        progress = own.next("progress")
    assert progress.data == {
        "asset_id": version.asset_id,
        "version_id": version.id,
        "state": "processing",
        "percent": 42,
        "queue_position": None,
    }
    with catalogue.begin() as session:
        session.execute(update(Version).where(Version.id == version.id).values(state="failed"))
    assert stranger.messages.empty()


def test_operators_see_how_many_are_open(stack: RunningStack, streams: Streams) -> None:
    def told() -> float:
        families = text_string_to_metric_families(stack.request("GET", "/metrics", key=None).data.decode())
        return sum(
            sample.value
            for family in families
            if family.name == "lessonstream_live_streams"
            for sample in family.samples
        )

    # More than all that other tests hold open, and close, meanwhile.
    opened = streams.open(30)
    for stream in opened:
        stream.next("hello")
    deadline = time.monotonic() + PATIENCE
    while told() < len(opened):
        assert time.monotonic() < deadline
        time.sleep(0.5)
    for stream in opened:
        stream.leave()
    while told() >= len(opened):
        assert time.monotonic() < deadline
        time.sleep(0.5)


def test_who_comes_back_is_told_what_was_missed(
    stack: RunningStack, streams: Streams, catalogue: sessionmaker[Session], county: tuple[str, str]
) -> None:
    new_asset(catalogue, county[0], "first")
    first = streams.open(key=county[1])[0]
    first.next("hello")
    new_asset(catalogue, county[0], "seen")
    while (message := first.next("version.created")).data["data"]["title"] != "seen":
        pass  # what was there before may be told after hello
    last = message.id
    first.leave()
    new_asset(catalogue, county[0], "missed")
    back = streams.open(key=county[1], last=last)[0]
    new_asset(catalogue, county[0], "new")
    told = []
    while "new" not in told:
        told.append(back.next("asset.created").data["data"]["title"])
    assert told == ["missed", "new"]
    unknown = streams.open(key=county[1], last=NOBODYS)[0]
    unknown.next("reset")
    answer = stack.request("GET", "/v1/live?after=x.y", key=county[1])
    assert json.loads(answer.data)["code"] == "invalid_cursor"


def test_a_stream_ends_with_its_key(stack: RunningStack, streams: Streams, county: tuple[str, str]) -> None:
    made = json.loads(stack.request("POST", "/v1/api-keys", json={"role": "portal"}, key=county[1]).data)
    stream, other = streams.open(key=made["key"])[0], streams.open(key=county[1])[0]
    stream.next("hello")
    other.next("hello")
    assert stack.request("DELETE", f"/v1/api-keys/{made['id']}", key=county[1]).status == 204
    stream.rest()
    assert stream.is_over and not other.is_over


def test_who_may_not_read_may_not_watch(stack: RunningStack) -> None:
    assert stack.request("GET", "/v1/live", key=None).status == 401
    assert stack.request("GET", "/v1/live", key=Tus(stack).other_key("partner")).status == 403


def caller(organization_id: str = "city", person_id: str | None = None) -> Caller:
    role: Any = "author" if person_id else "portal"
    return Caller(key_id="k", organization_id=organization_id, role=role, person_id=person_id)


class Unasked(Hub):
    """A hub without a catalogue."""

    async def _run(self) -> None:
        self._looked.set()
        await asyncio.sleep(60)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Hub:
    monkeypatch.setattr(live, "BEAT_SECONDS", 0.05)
    monkeypatch.setattr(live, "SILENCE_SECONDS", 0.2)
    return Unasked(sessionmaker(), Measures())


def said(number: int = 0, owner_id: str | None = None) -> Said:
    return Said(b"%d\n\n" % number, "school", owner_id)


async def never() -> dict[str, Any]:
    await asyncio.sleep(60)
    return {}


def test_an_author_sees_what_is_their_own_and_nobody_looks_beyond_their_organizations(hub: Hub) -> None:
    async def watch() -> list[int]:
        hub._ways = {"school": frozenset({"school", "city"})}
        callers = [
            caller("city"),
            caller("school"),
            caller("other"),
            caller("school", "me"),
            caller("school", "you"),
        ]
        readers = [Reader(each) for each in callers]
        for reader in readers:
            await hub.join(reader)
        hub._tell(said(owner_id="me"))
        counts = [reader.waiting.qsize() for reader in readers]
        for reader in readers:
            hub.leave(reader)
        return counts

    assert asyncio.run(watch()) == [1, 1, 0, 1, 0]


def test_who_reads_nothing_is_cut_off_and_holds_up_nobody(hub: Hub) -> None:
    async def watch() -> tuple[bool, bool, int]:
        hub._ways = {"school": frozenset({"school", "city"})}
        sent: list[bytes] = []

        async def take(event: dict[str, Any]) -> None:
            sent.append(event["body"])

        async def take_nothing(_event: dict[str, Any]) -> None:
            await asyncio.sleep(60)

        slow = asyncio.ensure_future(live.LiveStream(hub, caller(), None).run(never, take_nothing))
        fast = asyncio.ensure_future(live.LiveStream(hub, caller(), None).run(never, take))
        await asyncio.sleep(0.01)
        for number in range(3 * MOST_WAITING):
            hub._tell(said(number))
            await asyncio.sleep(0)
            if number == MOST_WAITING + 50:
                waiting = max(r.waiting.qsize() for readers in hub._readers.values() for r in readers)
                assert waiting <= MOST_WAITING + 1
        await slow  # cut off by itself
        assert b"".join(sent).count(b"\n\n") >= 3 * MOST_WAITING
        await asyncio.sleep(0.12)
        beats = sent.count(b": \n\n")
        hub.close()
        await fast
        return slow.done(), beats > 0, hub.count

    assert asyncio.run(watch()) == (True, True, 0)


def test_a_process_that_stops_ends_its_streams(hub: Hub) -> None:
    async def watch() -> list[dict[str, Any]]:
        sent: list[dict[str, Any]] = []

        async def take(event: dict[str, Any]) -> None:
            sent.append(event)

        stream = asyncio.ensure_future(live.LiveStream(hub, caller(), None).run(never, take))
        await asyncio.sleep(0.01)
        hub.close()
        await stream
        return sent

    assert asyncio.run(watch())[-1] == {"type": "http.response.body", "body": b"", "more_body": False}
