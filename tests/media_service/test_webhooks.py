"""Events reach those who asked for them, signed, once it is said that they arrived; nothing is lost."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import Message
from email.parser import BytesParser
from pathlib import Path
from typing import Any

import pytest
from house import SECRET_KEY, House, make_house
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session, sessionmaker
from standardwebhooks import Webhook
from strangers import Stranger, stranger
from support import settle

from storage import webhooks
from storage.catalogue import webhook_deliveries, webhook_endpoints
from storage.catalogue.models import Event, WebhookDelivery, WebhookEndpoint
from storage.catalogue.organizations import create_organization
from storage.catalogue.statistics import gather
from storage.embedded.data_folder import free_port
from storage.measures import Measures
from storage.outbound.client import Outbound
from storage.strangers import networks
from workers.courier import ANSWER_SECONDS, AT_ONCE, Courier

pytestmark = pytest.mark.integration

RECEIVERS = Path(__file__).parents[2] / "docs" / "webhooks"
ALLOWED = "127.0.0.0/8"


@pytest.fixture(scope="module")
def house(sessions: sessionmaker[Session]) -> House:
    return make_house(sessions, OUTBOUND_ALLOWED_NETWORKS=ALLOWED)


@pytest.fixture
def measures() -> Measures:
    return Measures()


@pytest.fixture
def courier(house: House, measures: Measures) -> Courier:
    outbound = Outbound(allowed=networks([ALLOWED]))
    return Courier(house.sessions, outbound, SECRET_KEY, "test", threading.Event(), measures=measures)


@dataclass
class Receiver:
    """A server that answers as it is told."""

    server: Stranger
    answers: list[bytes] = field(default_factory=list)

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(request.partition(b"\r\n\r\n")[2]) for request in self.server.requests]

    @property
    def types(self) -> list[str]:
        return [event["type"] for event in self.events]

    def heads(self) -> list[Message]:
        return [BytesParser().parsebytes(each.partition(b"\r\n")[2]) for each in self.server.requests]

    def forget(self) -> None:
        self.server.requests.clear()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    answers: list[bytes] = []

    def answer(connection: socket.socket, _request: bytes) -> None:
        status = answers.pop(0) if answers else b"204 No Content"
        connection.sendall(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n")

    with stranger(answer) as server:
        yield Receiver(server, answers)


@dataclass
class Portal:
    """An organization with an endpoint."""

    house: House
    admin: dict[str, str]
    organization_id: str
    endpoint: dict[str, Any]

    def ask(self, method: str, path: str = "", json: Any = None, status: int = 200) -> Any:
        url = f"/v1/webhook-endpoints/{self.endpoint['id']}{path}"
        answer = self.house.client.open(url, method=method, json=json, headers=self.admin)
        assert answer.status_code == status, answer.text
        return answer.json if answer.data else None

    def upload(self, title: str = "一") -> str:
        answer = self.house.client.post(
            f"/v1/assets?filename=a.mp4&title={title}", data=b"x", headers=self.admin
        )
        return str(answer.json["id"])

    def deliveries(self, query: str = "") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ask("GET", f"/deliveries?{query}")["deliveries"]
        return found


def new_portal(house: House, url: str, **wishes: Any) -> Portal:
    with house.sessions.begin() as session:
        organization = create_organization(session, "市").id
    admin = house.api_key(organization, "admin")
    answer = house.client.post("/v1/webhook-endpoints", json={"url": url, **wishes}, headers=admin)
    assert answer.status_code == 201, answer.text
    return Portal(house, admin, organization, answer.json)


@pytest.fixture
def portal(house: House, receiver: Receiver) -> Portal:
    return new_portal(house, f"{receiver.server.url}/hook")


def carry(house: House, courier: Courier) -> None:
    """Until nothing is due that was not tried."""
    settle(house.sessions)
    for _ in range(1000):
        busy = courier.look()
        if not busy and not courier.under_way:
            with house.sessions() as session:
                if not session.execute(webhook_deliveries.CLAIM, {"most": 1, "room": 1}).first():
                    return
        time.sleep(0.01)
    raise AssertionError("there is no end to it")


def let_pass(house: House, seconds: float) -> None:
    """As if so much time had gone by."""
    gone = timedelta(seconds=seconds)
    with house.sessions.begin() as session:
        session.execute(update(WebhookDelivery).values(next_at=WebhookDelivery.next_at - gone))
        session.execute(
            update(WebhookEndpoint).values(
                paused_until=WebhookEndpoint.paused_until - gone,
                failing_since=WebhookEndpoint.failing_since - gone,
            )
        )


def test_a_receiver_with_the_standards_own_library_is_told_what_the_feed_tells(
    house: House, courier: Courier, portal: Portal, receiver: Receiver
) -> None:
    asset = portal.upload()
    carry(house, courier)
    assert "ping" in receiver.types and len(receiver.types) == 6
    judge = Webhook(portal.endpoint["secret"])
    told = {}
    for request, head in zip(receiver.server.requests, receiver.heads(), strict=True):
        assert request.startswith(b"POST /hook HTTP/1.1\r\n")
        body = request.partition(b"\r\n\r\n")[2]
        event = judge.verify(body, dict(head.items()))
        assert event["id"] == head["webhook-id"] and "." not in event["id"]
        told[event["id"]] = body
    feed = house.client.get("/v1/events?limit=1000", headers=portal.admin)
    assert sorted(event["id"] for event in feed.json["events"]) == sorted(told)
    assert all(body in feed.data for body in told.values())  # byte for byte
    assert {event["asset_id"] for event in feed.json["events"]} == {asset, None}
    assert [each["state"] for each in portal.deliveries()] == ["delivered"] * 6
    carry(house, courier)
    assert len(receiver.types) == 6


@pytest.mark.parametrize("signing", ["hmac", "ed25519"])
@pytest.mark.parametrize("name", ["receive_webhook.py", "receive-webhook.mjs", "receive_webhook.php"])
def test_the_receivers_of_the_documentation(house: House, courier: Courier, name: str, signing: str) -> None:
    port = free_port()
    portal = new_portal(house, f"http://127.0.0.1:{port}/", signing=signing)
    commands = {
        "py": [sys.executable, str(RECEIVERS / name), str(port)],
        "mjs": ["node", str(RECEIVERS / name), str(port)],
        "php": ["php", "-S", f"127.0.0.1:{port}", str(RECEIVERS / name)],
    }
    environment = {"PATH": os.environ["PATH"], "WEBHOOK_SECRET": portal.endpoint["secret"]}
    command = commands[name.rpartition(".")[2]]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as running:
        try:
            for _ in range(200):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.05)
            carry(house, courier)
            [delivery] = portal.deliveries()
            assert [each["status"] for each in delivery["attempts"]] == [204]
            with house.sessions.begin() as session:  # a stranger signs
                session.execute(
                    text("DELETE FROM webhook_secrets WHERE endpoint_id = :id"), {"id": portal.endpoint["id"]}
                )
                made = webhooks.new_secret(SECRET_KEY, "forged0000000000000000", signing)
                session.execute(
                    text(
                        "INSERT INTO webhook_secrets (id, endpoint_id, signing, sealed) VALUES (:i, :e, :s, :c)"
                    ),
                    {
                        "i": "forged0000000000000000",
                        "e": portal.endpoint["id"],
                        "s": signing,
                        "c": made.sealed,
                    },
                )
            portal.ask("POST", f"/deliveries/{delivery['id']}/resend", status=204)
            carry(house, courier)
            assert [each["status"] for each in portal.deliveries()[0]["attempts"]] == [204, 400]
        finally:
            running.terminate()
            with house.sessions.begin() as session:
                session.execute(text("DELETE FROM webhook_secrets WHERE id = 'forged0000000000000000'"))


def test_what_fails_is_tried_by_the_schedule_and_then_no_more(
    house: House, courier: Courier, portal: Portal, receiver: Receiver
) -> None:
    answers = [b"500 X", b"302 X\r\nLocation: http://127.0.0.2/", b"404 X", b"199 X", *[b"500 X"] * 6]
    receiver.answers.extend(answers)
    waited = []
    for _ in webhooks.SCHEDULE:
        carry(house, courier)
        [delivery] = portal.deliveries()
        if delivery["next_at"]:
            waited.append(datetime.fromisoformat(delivery["next_at"]) - datetime.now(UTC))
        let_pass(house, 100_000)
    assert delivery["state"] == "failed" and len(delivery["attempts"]) == 10
    for found, wanted in zip(waited, webhooks.SCHEDULE[1:], strict=True):
        assert wanted * 0.9 <= found.total_seconds() + 5 <= wanted * 1.1 + 5
    ids = {head["webhook-id"] for head in receiver.heads()}
    assert len(receiver.heads()) == 10 and len(ids) == 1
    portal.ask("POST", f"/deliveries/{delivery['id']}/resend", status=204)
    carry(house, courier)
    assert portal.deliveries()[0]["state"] == "delivered"
    assert {head["webhook-id"] for head in receiver.heads()} == ids


@pytest.mark.parametrize("status", [b"429", b"502", b"504"])
def test_who_asks_to_be_spared_is(
    house: House, courier: Courier, portal: Portal, receiver: Receiver, status: bytes
) -> None:
    receiver.answers.append(status + b" X\r\nRetry-After: 600")
    carry(house, courier)
    assert receiver.types == ["ping"]
    portal.upload()
    carry(house, courier)
    let_pass(house, 500)
    carry(house, courier)
    assert receiver.types == ["ping"]
    let_pass(house, 200)
    carry(house, courier)
    assert len(receiver.types) == 1 + 6


def test_410_disables_and_loses_nothing(
    house: House, courier: Courier, portal: Portal, receiver: Receiver
) -> None:
    receiver.answers.append(b"410 Gone")
    carry(house, courier)
    shown = portal.ask("GET")
    assert shown["enabled"] is False and shown["gone_at"]
    portal.upload("meanwhile")
    let_pass(house, 1000)
    carry(house, courier)
    assert receiver.types == ["ping"]
    portal.ask("PATCH", json={"enabled": True})
    carry(house, courier)
    assert sorted(receiver.types[1:]) == sorted(
        [
            "ping",
            "webhook_endpoint.disabled",
            "asset.created",
            "version.created",
            "upload.created",
            "upload.finished",
            "version.queued",
        ]
    )
    assert portal.ask("GET")["gone_at"] is None


def test_somebody_is_warned_before_it_is_too_late(
    house: House, courier: Courier, portal: Portal, receiver: Receiver
) -> None:
    receiver.answers.append(b"500 X")
    carry(house, courier)
    assert portal.ask("GET")["failing_since"]
    warned = []
    for hours in (23, 25, 30, 73, 80):
        with house.sessions.begin() as session:
            session.get_one(WebhookEndpoint, portal.endpoint["id"]).failing_since = datetime.now(
                UTC
            ) - timedelta(hours=hours)
        with house.sessions.begin() as session:
            own = [found for found in webhook_endpoints.warn(session) if found[0].id == portal.endpoint["id"]]
        warned.append([hours for _, hours in own])
    assert warned == [[], [24], [], [72], []]
    settle(house.sessions)
    feed = house.client.get("/v1/events?type=webhook_endpoint.failing", headers=portal.admin).json["events"]
    assert [event["data"]["hours"] for event in feed] == [24, 72]
    let_pass(house, 1000)
    carry(house, courier)
    assert portal.ask("GET")["failing_since"] is None


def test_secrets_rotate_with_an_overlap(
    house: House, courier: Courier, portal: Portal, receiver: Receiver
) -> None:
    old = portal.endpoint["secret"]
    new = portal.ask("POST", "/rotate", {"overlap_hours": 1})
    asymmetric = portal.ask("POST", "/rotate", {"signing": "ed25519"})
    assert [each["signing"] for each in asymmetric["secrets"]] == ["ed25519", "hmac", "hmac"]
    assert "secret" not in portal.ask("GET")
    carry(house, courier)
    [head] = receiver.heads()
    assert [each[:3] for each in head["webhook-signature"].split()] == ["v1a", "v1,", "v1,"]
    body = receiver.server.requests[0].partition(b"\r\n\r\n")[2]
    for secret in (old, new["secret"]):
        assert Webhook(secret).verify(body, dict(head.items()))["type"] == "ping"
    with house.sessions.begin() as session:
        session.execute(text("UPDATE webhook_secrets SET expires_at = now() WHERE expires_at IS NOT NULL"))
    portal.ask("POST", "/ping", status=204)
    carry(house, courier)
    assert len(receiver.heads()[-1]["webhook-signature"].split()) == 1


def test_everything_since_a_moment_is_sent_again(
    house: House, courier: Courier, portal: Portal, receiver: Receiver
) -> None:
    portal.upload("早")
    carry(house, courier)
    moment = datetime.now(UTC)
    portal.upload("晚")
    carry(house, courier)
    before = {event["id"] for event in receiver.events if event["data"].get("title") == "晚"}
    receiver.forget()
    portal.ask("POST", "/replay", {"since": moment.isoformat()}, status=204)
    carry(house, courier)
    assert {event["id"] for event in receiver.events} == before
    receiver.forget()
    portal.ask("POST", "/replay", {"since": "2020-01-01T00:00:00Z"}, status=204)
    carry(house, courier)
    assert len(receiver.events) == 11  # of this organization, and no other


def test_only_what_was_asked_for_is_told_and_only_to_whom_it_belongs(
    house: House, courier: Courier, receiver: Receiver
) -> None:
    portal = new_portal(house, receiver.server.url, event_types=["version.queued"])
    with stranger(lambda connection, _: connection.sendall(b"HTTP/1.1 204 X\r\n\r\n"), "127.0.0.3") as other:
        stranger_portal = new_portal(house, other.url)
        portal.upload()
        carry(house, courier)
        assert sorted(receiver.types) == ["ping", "version.queued"]  # they are under way together
        assert len(other.requests) == 1
        assert stranger_portal.deliveries()[0]["event_type"] == "ping"


def test_a_slow_receiver_holds_up_nobody_else(
    house: House, courier: Courier, portal: Portal, receiver: Receiver
) -> None:
    held = threading.Event()
    with stranger(lambda *_: held.wait(2 * ANSWER_SECONDS) and None, "127.0.0.3") as slow:
        busy = [new_portal(house, slow.url) for _ in range(3)]
        for each in busy:
            each.upload()
        settle(house.sessions)
        while slow.connections < 3 * webhook_deliveries.AT_A_TIME:
            courier.look()
            time.sleep(0.01)
        portal.upload()
        settle(house.sessions)
        began = time.monotonic()
        while len(receiver.types) < 6:
            courier.look()
            time.sleep(0.01)
            assert time.monotonic() - began < ANSWER_SECONDS
        assert slow.connections <= 3 * webhook_deliveries.AT_A_TIME  # each its share, not more
        held.set()
        for each in busy:
            each.ask("DELETE", status=204)
    while courier.under_way:
        time.sleep(0.01)


def test_two_couriers_carry_nothing_twice_and_who_comes_late_writes_nothing(
    house: House, portal: Portal, receiver: Receiver
) -> None:
    settle(house.sessions)
    with house.sessions.begin() as session:
        webhook_deliveries.spread(session)

    def claim(session: Session, owner: str) -> list[webhook_deliveries.Errand]:
        claimed = webhook_deliveries.claim(session, owner, AT_ONCE)
        return [errand for errand in claimed if errand.endpoint_id == portal.endpoint["id"]]

    with house.sessions.begin() as session, house.sessions.begin() as other:
        [errand] = claim(session, "a")
        assert claim(other, "b") == []
    with house.sessions.begin() as session:
        session.execute(update(WebhookDelivery).values(lease_until=func.now() - timedelta(seconds=1)))
    with house.sessions.begin() as session:
        [again] = claim(session, "b")
        assert again.event_id == errand.event_id
        done = webhook_deliveries.Outcome(200, None, 1)
        assert not webhook_deliveries.settle(session, errand, done)
        assert webhook_deliveries.settle(session, again, done)


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.1/",
        "https://192.168.0.1/x",
        "https://[::1]/",
        "ftp://a.example/",
        "https://u@a.example/",
        "x",
    ],
)
def test_private_addresses_are_refused_from_the_start(house: House, portal: Portal, url: str) -> None:
    answer = house.client.post("/v1/webhook-endpoints", json={"url": url}, headers=portal.admin)
    assert (answer.status_code, answer.json["code"]) == (422, "webhook_url_refused")
    portal.ask("PATCH", json={"url": url}, status=422)


def test_nothing_of_an_endpoint_is_anybody_elses_business(house: House, portal: Portal) -> None:
    with house.sessions.begin() as session:
        stranger_admin = create_organization(session, "外").id
        sealed = session.execute(text("SELECT sealed FROM webhook_secrets")).scalars().all()
        assert session.execute(select(Event).where(Event.type == "ping").limit(1)).first()
    assert not [each for each in sealed if portal.endpoint["secret"].encode() in bytes(each)]
    headers = house.api_key(stranger_admin, "admin")
    for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/deliveries"), ("POST", "/ping")):
        url = f"/v1/webhook-endpoints/{portal.endpoint['id']}{path}"
        assert house.client.open(url, method=method, headers=headers).status_code == 404
    listed = house.client.get("/v1/webhook-endpoints", headers=headers).json["webhook_endpoints"]
    assert listed == []


def test_operators_see_what_becomes_of_deliveries(
    house: House, courier: Courier, portal: Portal, receiver: Receiver, measures: Measures
) -> None:
    with house.sessions.begin() as session:  # those of other tests
        others = WebhookEndpoint.id != portal.endpoint["id"]
        session.execute(update(WebhookEndpoint).where(others).values(enabled=False))
    carry(house, courier)  # the ping

    def attempts() -> dict[str, float]:
        return {name[1]: count for name, count in measures.totals().items() if name[0] == "webhook_attempts"}

    def delays() -> float:
        told = measures.totals().items()
        return sum(count for name, count in told if name[:2] == ("webhook_seconds", "bucket"))

    assert attempts() == {"delivered": 1} and delays() == 1
    receiver.answers += [b"500 No"]
    portal.ask("POST", "/ping", status=204)
    with house.sessions() as session:
        before = gather(session)
    carry(house, courier)
    assert attempts() == {"delivered": 1, "retried": 1}
    let_pass(house, 3700)
    with house.sessions() as session:
        failing = gather(session)
    assert failing.failing_endpoints == before.failing_endpoints + 1
    assert failing.failing_longest >= 3700
    carry(house, courier)
    # Taken at the second attempt it is not a delay of ours.
    assert attempts() == {"delivered": 2, "retried": 1} and delays() == 1
    with house.sessions() as session:
        assert gather(session).failing_endpoints == before.failing_endpoints
