"""What is sent by upload links: without an account, within limits, numbered, replaced until closing, then sealed."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from contest import Contest, moment
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from lesson import FACTS
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker
from support import RunningStack
from tus import Tus, noise, sessions_of

from media_service.management.entry_documents import entry_state
from media_service.uploads.entering import MOST_BYTES_COMING, MOST_COMING, is_too_much
from storage.catalogue.models import UploadLink
from storage.catalogue.quotas import Limits

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def sessions(stack: RunningStack) -> Iterator[sessionmaker[Session]]:
    made = sessions_of(stack)
    yield made
    made.kw["bind"].dispose()


def keys_of(contest: Contest) -> dict[str, str]:
    return {key["id"]: key["public_key"] for key in contest.ask("GET", "/v1/receipt-keys", "")["keys"]}


def check_offline(signed: dict[str, str], public_keys: dict[str, str]) -> Any:
    """As docs/api.md says: nothing but the keys that were kept, and ``cryptography``."""
    key = load_pem_public_key(public_keys[signed["key_id"]].encode())
    key.verify(base64.b64decode(signed["signature"]), signed["text"].encode())  # type: ignore[union-attr, call-arg]
    return json.loads(signed["text"])


def test_a_contest_from_the_first_entry_to_the_manifest(
    stack: RunningStack, sessions: sessionmaker[Session]
) -> None:
    contest = Contest(stack, sessions, grace_seconds=600)
    first, second = noise(50), noise(60)
    terms = contest.ask("GET", "/v1/upload-links/current", contest.secret)
    assert (terms["state"], terms["licence"], len(terms["fields"])) == ("open", "CC BY 4.0", 2)
    one = contest.begin(len(first))
    waiting = contest.own(one["token"])
    assert (waiting["number"], waiting["state"], waiting["receipt"]) == (None, "awaited", None)
    two = contest.enter(second)
    # Interrupted and gone on with: tus as it is.
    tus = Tus(stack, one["token"])
    assert contest.send(one["token"], one["upload"], first[:20]) == 204
    assert tus.offset(contest.own(one["token"])["upload"]) == 20
    assert contest.send(one["token"], one["upload"], first[20:], 20) == 204
    # Numbers are those of arrival, without gaps.
    assert [contest.own(token)["number"] for token in (two, one["token"])] == [1, 2]

    keys = keys_of(contest)
    mine = contest.own(two)
    told = check_offline(mine["receipt"], keys)
    assert told["type"] == "lessonstream-receipt/1" and told["link"] == contest.id
    assert told["entry"]["sha256"] == hashlib.sha256(second).hexdigest() == mine["sha256"]
    assert (told["entry"]["number"], told["entry"]["size"], told["entry"]["late"]) == (1, 60, False)
    arrived = datetime.fromisoformat(told["entry"]["received_at"])
    assert abs(datetime.now(UTC) - arrived) < timedelta(minutes=1)
    forged = {**mine["receipt"], "text": mine["receipt"]["text"].replace('"number":1', '"number":7')}
    with pytest.raises(InvalidSignature):
        check_offline(forged, keys)

    # Replaced, late: the number stays, the file before goes. The organizer cannot take it away before.
    before = contest.listed()[0]["asset_id"]
    assert contest.ask("DELETE", f"/v1/assets/{before}", contest.key)["code"] == "asset_is_entry"
    assert contest.manifest()["code"] == "upload_link_open"
    contest.pass_time(3700)
    better = noise(70)
    begun = contest.again(two, len(better))
    assert begun["token"] is None and contest.own(two)["sha256"] == mine["sha256"]
    assert contest.send(two, begun["upload"], better) == 204
    now = contest.own(two)
    assert (now["number"], now["is_late"], now["size"]) == (1, True, 70)
    assert contest.ask("GET", f"/v1/assets/{before}", contest.key)["code"] == "asset_not_found"
    entries = contest.listed()
    assert [(entry["number"], entry["is_late"]) for entry in entries] == [(1, True), (2, False)]
    assert entries[1]["answers"] == {"school": "一中"} and entries[1]["licence_at"] is not None

    # A file that is under way when the link closes does not count, to its last byte.
    under_way = contest.again(two, 10)
    contest.pass_time(600)
    assert contest.send(two, under_way["upload"], noise(10)) == 401
    assert contest.own(two)["can_be_replaced"] is False
    assert contest.again(two, 10)["code"] == "upload_link_over"
    assert contest.begin(10)["code"] == "upload_link_over"
    asset_id = entries[1]["asset_id"]
    assert contest.ask("DELETE", f"/v1/assets/{asset_id}", contest.key)["code"] == "asset_is_entry"
    replaced = stack.request(
        "POST", f"/v1/assets/{asset_id}/versions?filename=a.mp4", key=contest.key, body=b"x" * 9,
        headers={"Content-Type": "application/octet-stream"},
    )  # fmt: skip
    assert json.loads(replaced.data)["code"] == "asset_is_entry"
    assert contest.ask("DELETE", f"/v1/upload-links/{contest.id}", contest.key)["code"] == "upload_link_used"

    signed = contest.manifest()
    told = check_offline(signed, keys)
    assert told["type"] == "lessonstream-manifest/1"
    assert [entry["sha256"] for entry in told["entries"]] == [
        hashlib.sha256(data).hexdigest() for data in (better, first)
    ]
    assert contest.manifest() == signed


def test_an_administrator_takes_entries_down_before_and_after_closing(
    stack: RunningStack, sessions: sessionmaker[Session]
) -> None:
    contest, content = Contest(stack, sessions), noise(10)
    first, second = contest.enter(content), contest.enter(noise(20))
    keys, under_way = keys_of(contest), contest.again(first, 30)
    before = contest.listed()
    playing = [
        contest.ask("GET", f"/v1/assets/{entry['asset_id']}", contest.key)["playback_ids"][0]["id"]
        for entry in before
    ]

    def take_down(number: int | str, reason: str = " 含他人隐私 ", key: str = "") -> Any:
        path = f"/v1/upload-links/{contest.id}/entries/{number}/takedown"
        return contest.ask("POST", path, key, {"reason": reason})

    assert take_down(1, key=contest.key)["code"] == "role_not_allowed"
    assert take_down(1, key=first)["code"] == "key_invalid"
    assert take_down(1, " ")["code"] == "invalid_request"
    assert take_down(3)["code"] == take_down("x")["code"] == "entry_not_found"
    told = take_down(1)
    assert told == {**before[0], "state": "taken_down", "taken_down": told["taken_down"]}
    assert (told["taken_down"]["reason"], bool(told["taken_down"]["by"])) == ("含他人隐私", True)
    assert take_down(1)["code"] == "entry_taken_down"
    assert contest.listed()[0] == told

    # Nothing of it is there but for administrators, who may throw it away for good.
    asset = f"/v1/assets/{told['asset_id']}"
    assert contest.ask("GET", asset, contest.key)["code"] == "asset_not_found"
    assert stack.request("GET", f"/embed/{playing[0]}", key=None).status == 404
    assert stack.request("GET", f"/embed/{playing[1]}", key=None).status == 401, "it has to have its token"
    assert contest.ask("POST", f"{asset}/restore", contest.key)["code"] == "role_not_allowed"

    # Whoever sent it reads why; what they began to send instead goes nowhere.
    own = contest.own(first)
    assert (own["state"], own["can_be_replaced"], own["upload"]) == ("taken_down", False, None)
    assert own["taken_down"].keys() == {"at", "reason"} and own["taken_down"]["reason"] == "含他人隐私"
    assert check_offline(own["receipt"], keys)["entry"]["sha256"] == hashlib.sha256(content).hexdigest()
    assert contest.again(first, 5)["code"] == "entry_taken_down"
    assert contest.send(first, under_way["upload"], noise(30)) == 404

    contest.pass_time(3700)
    with sessions.begin() as session:  # what happened before closing did so longer ago, too
        moved = (
            "UPDATE link_entries SET taken_down_at = taken_down_at - interval '3700 s' WHERE link_id = :id"
        )
        session.execute(text(moved + " AND number = 1"), {"id": contest.id})
    sealed = contest.manifest()
    lines = check_offline(sealed, keys)["entries"]
    assert lines[0]["sha256"] == hashlib.sha256(content).hexdigest()
    assert lines[0]["taken_down"]["reason"] == "含他人隐私" and lines[0]["taken_down"]["by"]
    assert "taken_down" not in lines[1] and [each["number"] for each in sealed["taken_down"]] == [1]

    # What was signed stays as it is, and is told beside.
    late = take_down(2, "侵权")
    assert contest.ask("GET", f"/v1/assets/{late['asset_id']}", contest.key)["code"] == "asset_not_found"
    again = contest.manifest()
    assert {**again, "taken_down": sealed["taken_down"]} == sealed
    assert again["taken_down"][1] == {"number": 2, **late["taken_down"]}
    assert contest.own(second)["state"] == "taken_down"
    assert contest.ask("DELETE", f"{asset}?permanently=true", "")["status"] == 204
    assert contest.ask("POST", f"{asset}/restore", "")["code"] == "asset_not_found"
    assert contest.ask("POST", f"/v1/assets/{late['asset_id']}/restore", "")["id"] == late["asset_id"]
    assert contest.listed()[1]["state"] == "taken_down"
    with sessions() as session:
        query = text(
            "SELECT details FROM audit_entries WHERE action = 'entry.take_down' AND target_id = :id ORDER BY at"
        )
        noted = session.execute(query, {"id": contest.id}).scalars().all()
    assert [(each["entry_number"], each["reason"]) for each in noted] == [(1, "含他人隐私"), (2, "侵权")]


def test_a_last_byte_after_closing_counts_for_nothing(
    stack: RunningStack, sessions: sessionmaker[Session]
) -> None:
    contest, data = Contest(stack, sessions), noise(10)
    begun = contest.begin(len(data))
    sending = Tus(stack, begun["token"]).begin(begun["upload"], 0, len(data), data[:5])
    upload_id = begun["upload"].rpartition("/")[2]
    with sessions() as session:
        held = text("SELECT lock_owner FROM uploads WHERE id = :id")
        while session.execute(held, {"id": upload_id}).scalar_one() is None:
            session.rollback()
    contest.pass_time(3700)
    sending.sendall(data[5:])
    assert sending.recv(1000)
    sending.close()
    own = contest.own(begun["token"])
    assert (own["number"], own["state"], own["upload"], own["receipt"]) == (None, "awaited", None, None)
    assert contest.listed() == check_offline(contest.manifest(), keys_of(contest))["entries"] == []
    assert contest.ask("GET", "/v1/assets", contest.key)["assets"] == []


def test_a_link_that_is_closed_early_closes_after_all_that_has_come_in(
    stack: RunningStack, sessions: sessionmaker[Session]
) -> None:
    contest = Contest(stack, sessions, grace_seconds=600, opens_at=moment(-7200))
    contest.enter(noise(10))
    changed = contest.ask(
        "PATCH", f"/v1/upload-links/{contest.id}", contest.key, {"closes_at": moment(-3600)}
    )
    assert (changed["state"], changed["grace_seconds"]) == ("closed", 0)
    told = check_offline(contest.manifest(), keys_of(contest))
    assert told["entries"][0]["received_at"] < told["closed_at"]


def test_whoever_has_the_link_does_nothing_else(stack: RunningStack, sessions: sessionmaker[Session]) -> None:
    contest = Contest(stack, sessions)
    one, two = contest.begin(10), contest.begin(10)
    for secret in (contest.secret, one["token"]):
        for method, path in (
            ("GET", "/v1/assets"),
            ("GET", "/v1/uploads"),
            ("GET", "/v1/whoami"),
            ("GET", f"/v1/upload-links/{contest.id}"),
            ("GET", f"/v1/upload-links/{contest.id}/entries"),
            ("DELETE", one["upload"]),
        ):
            assert contest.ask(method, path, secret)["code"] == "key_invalid", path
        assert Tus(stack, secret).send("POST", "/v1/uploads", Upload_Length="5").status == 401
    assert Tus(stack, contest.secret).send("HEAD", one["upload"]).status == 401
    # Nobody meets what others send.
    assert contest.send(two["token"], one["upload"], noise(10)) == 404
    for forged in (one["token"][:-1], "lse_" + "x" * 43, contest.secret, ""):
        assert contest.own(forged)["code"] == "entry_not_found"
    assert contest.send("lse_" + "x" * 43, one["upload"], noise(10)) == 401
    for forged in (contest.secret[:-1], one["token"], ""):
        body = {"file_name": "a.mp4", "size": 1}
        refused = contest.ask("POST", "/v1/upload-links/current/entries", forged, body)
        assert refused["code"] == "upload_link_not_found"
    stranger = Contest(stack, sessions)
    assert stranger.ask("GET", f"/v1/upload-links/{contest.id}/entries", stranger.key)["code"] == (
        "upload_link_not_found"
    )


def test_what_is_too_much_is_refused_before_its_first_byte(
    stack: RunningStack, sessions: sessionmaker[Session]
) -> None:
    contest = Contest(stack, sessions, max_bytes=100, max_seconds=60, max_entries=1, opens_at=moment(600))
    assert contest.begin(10)["code"] == "upload_link_upcoming"
    contest.pass_time(700)
    assert contest.begin(101)["code"] == "entry_too_large"
    assert contest.begin(10, duration=61)["code"] == "entry_too_long"
    assert contest.begin(10, type="application/pdf")["code"] == "file_type_refused"
    for wrong, place in (
        ({"answers": {}}, "#/answers/school"),
        ({"answers": {"school": " "}}, "#/answers/school"),
        ({"answers": {"school": "一", "x": "y"}}, "#/answers/x"),
        ({"agrees": False}, "#/agrees"),
    ):
        assert contest.begin(10, **wrong)["errors"][0]["pointer"] == place
    begun = contest.begin(10)
    assert contest.begin(10)["code"] == "upload_link_full"
    assert contest.send(begun["token"], begun["upload"], noise(10)) == 204
    assert contest.begin(10)["code"] == "upload_link_full"
    assert contest.again(begun["token"], 10)["upload"]


def test_who_begins_and_never_sends_keeps_no_room_from_others(
    stack: RunningStack, sessions: sessionmaker[Session]
) -> None:
    contest = Contest(stack, sessions)
    organization = contest.ask("GET", f"/v1/upload-links/{contest.id}", contest.key)["organization_id"]
    quota = {"bytes": 1000, "minutes": None, "uploads": None}
    stack.request("PUT", f"/v1/organizations/{organization}/quota", json=quota)
    alone = contest.begin(600)
    refused = contest.begin(1)
    assert (refused["code"], refused["status"]) == ("upload_link_busy", 429)
    # Whoever sends another file instead gives the room of the first one back.
    again = contest.again(alone["token"], 300)
    begun = contest.begin(200)
    assert contest.begin(1)["code"] == "upload_link_busy"
    assert contest.send(alone["token"], again["upload"], noise(300)) == 204
    assert contest.send(begun["token"], begun["upload"], noise(200)) == 204
    assert contest.begin(500)["upload"], "what has arrived is not on its way any more"


@pytest.mark.parametrize(
    ("count", "coming", "size", "limits", "too_much"),
    [
        (0, 0, 10**15, [], False),
        (MOST_COMING - 1, 0, 1, [], False),
        (MOST_COMING, 0, 1, [], True),
        (1, MOST_BYTES_COMING - 1, 1, [], False),
        (1, MOST_BYTES_COMING, 1, [], True),
        (1, 40, 10, [Limits(bytes=100), Limits(bytes=300)], False),
        (1, 41, 10, [Limits(bytes=300), Limits(bytes=100)], True),
        (0, 0, 90, [Limits(bytes=100)], False),
        (5, 0, 1, [Limits(uploads=10)], True),
        (4, 0, 1, [Limits(uploads=10)], False),
    ],
)
def test_how_much_may_be_on_its_way(
    count: int, coming: int, size: int, limits: list[Limits], too_much: bool
) -> None:
    assert is_too_much(count, coming, size, limits) is too_much


def test_of_two_who_replace_at_once_one_file_counts(
    stack: RunningStack, sessions: sessionmaker[Session]
) -> None:
    contest = Contest(stack, sessions)
    token = contest.enter(noise(10))
    with ThreadPoolExecutor(4) as pool:
        begun = list(pool.map(lambda size: contest.again(token, size), range(20, 24)))
        statuses = list(
            pool.map(
                lambda place, size: contest.send(token, place["upload"], noise(size)), begun, range(20, 24)
            )
        )
    assert statuses.count(204) == 1, statuses
    own = contest.own(token)
    assert own["size"] == 20 + statuses.index(204) and own["upload"] is None
    assert [entry["size"] for entry in contest.listed()] == [own["size"]]
    with sessions() as session:
        left = session.execute(
            text(
                "SELECT count(*) FROM assets JOIN upload_links l ON l.organization_id = assets.organization_id "
                "WHERE l.id = :id AND deleted_at IS NULL"
            ),
            {"id": contest.id},
        ).scalar_one()
    assert left == 1


def test_numbers_of_many_who_arrive_at_once_have_no_gaps(
    stack: RunningStack, sessions: sessionmaker[Session]
) -> None:
    contest = Contest(stack, sessions)
    with ThreadPoolExecutor(6) as pool:
        tokens = list(pool.map(lambda _: contest.enter(noise(10)), range(12)))
    assert sorted(contest.own(token)["number"] for token in tokens) == list(range(1, 13))


@pytest.mark.parametrize(
    ("version", "kind", "seconds", "state"),
    [
        (None, None, None, "awaited"),
        ("queued", None, None, "processing"),
        ("processing", "video", 60, "processing"),
        ("processing", "video", 60.1, "too_long"),
        ("ready", "audio", 10, "wrong_kind"),
        ("playable", "video", 10, "accepted"),
        ("failed", None, None, "failed"),
    ],
)
def test_what_was_found_in_a_file_counts_too(version: Any, kind: Any, seconds: Any, state: str) -> None:
    link = UploadLink(kinds=["video"], max_seconds=60)
    facts = None if seconds is None else replace(FACTS, duration=seconds)
    assert entry_state(link, version, kind, facts) == state
    assert entry_state(link, version, kind, facts, is_taken_down=True) == "taken_down"
