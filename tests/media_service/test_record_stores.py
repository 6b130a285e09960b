"""Statements of study: what they say, by a foreign validator and by the profile's own words; that they come, once."""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

import pytest
from flask import Flask, Response, request
from house import SECRET_KEY, House, make_house, served
from lesson import add_lesson
from ralph.models.selector import ModelSelector
from ralph.models.validator import Validator
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from storage.catalogue import statements, study, study_results
from storage.catalogue.models import RecordStore, Statement, StoredStudySession
from storage.catalogue.reach import Reach
from storage.embedded.data_folder import free_port
from storage.ids import new_id
from storage.learning.statements import VERBS, Watched, progress, segments, statement
from storage.outbound.client import Outbound
from storage.strangers import networks
from workers.statement_carrier import StatementCarrier

ALLOWED = "127.0.0.0/8"
HOME = "https://media.example"
EXTENSIONS = "https://w3id.org/xapi/video/extensions/"
NAME, PASSWORD = "lessonstream", "geheim 密码"


def watched(**changed: Any) -> Watched:
    values: dict[str, Any] = {
        "session_id": new_id(),
        "home": HOME,
        "portal_id": new_id(),
        "learner": "学员-7",
        "asset_id": new_id(),
        "title": "八段锦 <b>",
        "language": "zh",
        "course_id": new_id(),
        "course_title": "养生",
        "duration": 80_000,
        "needed": 0.7333,
        "opened_at": datetime.now(UTC) - timedelta(seconds=90),
        "believed": [(0, 46_613), (60_000, 80_000)],
    }
    return Watched(**{**values, **changed})


def validated(said: dict[str, Any]) -> str:
    """The model of the foreign validator that it fits."""
    return type(_validator().get_first_valid_model(said)).__name__


@cache
def _validator() -> Validator:
    """Its models take a second to be read."""
    return Validator(ModelSelector(module="ralph.models.xapi"))


def test_segments_are_written_as_the_profile_says() -> None:
    assert segments([(0, 46_613), (60_000, 80_000)]) == "0[.]46.613[,]60[.]80"
    assert segments([]) == "" and segments([(1, 2)]) == "0.001[.]0.002"
    assert (progress([(0, 46_613), (60_000, 80_000)], 80_000), progress([], 80_000)) == (0.833, 0.0)
    assert progress([(0, 5)], None) == 0.0 and progress([(0, 99_000)], 80_000) == 1.0


@pytest.mark.parametrize("kind", VERBS)
@pytest.mark.parametrize("changed", [{}, {"language": "und", "believed": [], "course_title": ""}])
def test_a_foreign_validator_and_the_profile_agree(kind: Any, changed: dict[str, Any]) -> None:
    name = "8b9f4f5e-0b3a-4b8e-9a63-6a3e9d1b2c10"
    said = json.loads(json.dumps(statement(kind, name, datetime.now(UTC), watched(**changed))))
    assert validated(said) == f"Video{kind.capitalize()}"
    # What the profile's templates demand, two of which the validator lets pass.
    context = said["context"]
    assert UUID(context["extensions"][f"{EXTENSIONS}session-id"])
    assert context["extensions"][f"{EXTENSIONS}length"] == 80
    assert context["extensions"][f"{EXTENSIONS}completion-threshold"] == 0.733
    assert [each["id"] for each in context["contextActivities"]["category"]] == [
        "https://w3id.org/xapi/video"
    ]
    assert said["object"]["definition"]["type"] == "https://w3id.org/xapi/video/activity-type/video"
    assert "name" not in said["actor"] and said["actor"]["account"]["name"] == "学员-7", "a pseudonym alone"
    if kind == "initialized":
        assert "result" not in said
        return
    result = said["result"]
    assert f"{EXTENSIONS}time" in result["extensions"] and f"{EXTENSIONS}progress" in result["extensions"]
    played = result["extensions"][f"{EXTENSIONS}played-segments"]
    assert re.fullmatch(r"(\d+(\.\d{1,3})?\[\.\]\d+(\.\d{1,3})?(\[,\])?)*", played)
    if kind == "completed":
        assert result["completion"] is True and re.fullmatch(r"PT\d+S", result["duration"])
    else:
        assert "completion" not in result


@dataclass
class Store:
    """A record store, as far as its protocol goes: Basic credentials, versions, batches that fail as a whole, IDs that
    count once."""

    url: str = ""
    kept: dict[str, dict[str, Any]] = field(default_factory=dict)
    requests: list[int] = field(default_factory=list)
    away: int = 0
    away_status: int = 503
    retry_after: str = ""
    poison: str = ""

    def take(self) -> Response:
        pair = base64.b64encode(f"{NAME}:{PASSWORD}".encode()).decode()
        if request.headers.get("Authorization") != f"Basic {pair}":
            return Response("wrong credentials", 401)
        if not request.headers.get("X-Experience-API-Version", "").startswith("1.0."):
            return Response(status=400)
        if self.away:
            self.away -= 1
            told = {"Retry-After": self.retry_after} if self.retry_after else {}
            return Response("later", self.away_status, headers=told)
        if request.method == "GET":
            assert request.args["limit"] == "1"
            return Response(json.dumps({"statements": [], "more": ""}), mimetype="application/json")
        said = request.get_json()
        self.requests.append(len(said))
        for one in said:
            validated(one)
            if self.poison and self.poison in json.dumps(one):
                return Response("I do not like it", 400)
        if any(self.kept.get(one["id"], one) != one for one in said):
            return Response(status=409)
        self.kept |= {one["id"]: one for one in said}
        return Response(json.dumps([one["id"] for one in said]), mimetype="application/json")

    def verbs(self) -> list[str]:
        return sorted(each["verb"]["display"]["en-US"] for each in self.kept.values())


@pytest.fixture
def store() -> Iterator[Store]:
    _validator()
    found, app = Store(), Flask(__name__)
    app.add_url_rule("/xapi/statements", view_func=found.take, methods=["GET", "POST"])
    with served(app) as address:
        found.url = f"{address}/xapi"
        yield found


@pytest.fixture(scope="module")
def house(sessions: sessionmaker[Session]) -> House:
    return make_house(sessions, OUTBOUND_ALLOWED_NETWORKS=ALLOWED)


@dataclass
class School:
    """An organization that is told to a store."""

    house: House
    id: str
    asset_id: str
    version_id: str
    admin: dict[str, str]
    carrier: StatementCarrier

    def ask(self, method: str, body: Any = None, status: int = 200) -> Any:
        url = f"/v1/organizations/{self.id}/record-store"
        answer = self.house.client.open(url, method=method, json=body, headers=self.admin)
        assert answer.status_code == status, answer.text
        return answer.json if answer.data else None

    def study(self, learner: str, seconds: int, *, name: str | None = None, times: int = 1) -> str:
        """A session in which so much is believed, told as often."""
        now = datetime.now(UTC)
        with self.house.sessions.begin() as session:
            row = session.get(StoredStudySession, name) if name else None
            if row is None:
                row = StoredStudySession(
                    id=new_id(), portal_id=self.id, learner=learner, collection_id="c" * 24, play_id=new_id(),
                    asset_id=self.asset_id, version_id=self.version_id, nonce="n", mode="free", speed_limit=2.0,
                    duration=10_000, clock=0, opened_at=now - timedelta(seconds=20), state={}, furthest=0,
                    forged=False, believed=[], played_ms=0, refused={},
                )  # fmt: skip
                others = select(StoredStudySession).where(
                    StoredStudySession.learner == learner, StoredStudySession.ended_at.is_(None)
                )
                for other in session.scalars(others):
                    other.ended_at, other.end_reason = now, "taken_over"
                session.flush()
                session.add(row)
            row.believed, row.played_ms, row.heard_at = [0, seconds * 1000], seconds * 1000, now
            session.flush()
            key = (row.collection_id, self.id, learner, self.asset_id, self.version_id)
            for _ in range(times):
                study.add_up(session, {key})
                statements.tell(session, HOME, {row.id})
            return row.id

    def carry(self) -> None:
        while self.carrier.look():
            pass

    def hurry(self) -> None:
        """The time until the next attempt is over."""
        with self.house.sessions.begin() as session:
            session.get_one(RecordStore, self.id).next_at = datetime.now(UTC) - timedelta(seconds=1)


@pytest.fixture
def school(house: House, store: Store) -> School:
    lesson = add_lesson(house.sessions, house.objects)
    outbound = Outbound(networks([ALLOWED]))
    carrier = StatementCarrier(house.sessions, outbound, SECRET_KEY, HOME, threading.Event())
    admin = house.api_key(lesson.organization_id, "admin")
    found = School(house, lesson.organization_id, lesson.asset_id, lesson.version_id, admin, carrier)
    made = found.ask("PUT", {"url": store.url, "username": NAME, "password": PASSWORD})
    assert "password" not in made and made["waiting"] == 0
    return found


@pytest.mark.integration
def test_what_is_studied_is_told_once(school: School, store: Store) -> None:
    session_id = school.study("a", 4, times=3)
    school.carry()
    assert store.verbs() == ["initialized"]
    school.study("a", 10, name=session_id, times=3)
    school.carry()
    assert store.verbs() == ["completed", "initialized"]
    school.study("a", 10, times=2)  # another session of the same lesson, which ends the first
    school.carrier.tell_of_ends()
    school.carrier.tell_of_ends()
    school.carry()
    assert store.verbs() == ["completed", "initialized", "initialized", "terminated"], "completed but once"
    ended = next(s for s in store.kept.values() if s["verb"]["display"]["en-US"] == "terminated")
    assert ended["result"]["extensions"][f"{EXTENSIONS}played-segments"] == "0[.]10"
    assert ended["result"]["extensions"][f"{EXTENSIONS}progress"] == 1.0
    shown = school.ask("GET")
    assert (shown["waiting"], shown["refused"], shown["failing_since"]) == (0, 0, None)


@pytest.mark.integration
def test_a_store_that_is_away_loses_nothing_and_gets_batches(school: School, store: Store) -> None:
    store.away = 1
    for number in range(60):
        school.study(f"l{number}", 4)
    school.carry()
    shown = school.ask("GET")
    assert shown["waiting"] == 60 and shown["failing_since"] and shown["failure"].startswith("503")
    assert not school.carrier.look(), "it is spared for a while"
    school.hurry()
    school.carry()
    assert len(store.kept) == 60 and store.requests == [50, 10]
    assert school.ask("GET")["failing_since"] is None


@pytest.mark.integration
def test_what_was_sent_and_not_written_down_is_there_once(school: School, store: Store) -> None:
    school.study("a", 4)
    school.carry()
    with school.house.sessions.begin() as session:  # as if the carrier had died after the answer
        session.scalars(select(Statement).where(Statement.organization_id == school.id)).one().sent_at = None
    school.carry()
    assert len(store.kept) == 1 and store.requests == [1, 1]


@pytest.mark.integration
def test_one_statement_that_is_refused_holds_up_no_other(school: School, store: Store) -> None:
    store.poison = "bad-learner"
    for learner in ("a", "bad-learner", "b"):
        school.study(learner, 4)
    school.carry()
    assert len(store.kept) == 2
    assert (school.ask("GET")["waiting"], school.ask("GET")["refused"]) == (0, 1)


@pytest.mark.integration
def test_credentials_are_sealed_changed_and_those_of_others_unseen(school: School, store: Store) -> None:
    with school.house.sessions() as session:
        sealed = session.get_one(RecordStore, school.id).password
    assert PASSWORD.encode() not in sealed
    school.ask("PUT", {"url": store.url, "username": NAME, "password": "wrong"})
    school.study("a", 4)
    school.carry()
    assert school.ask("GET")["failure"].startswith("401")
    school.ask("PUT", {"url": store.url, "username": NAME, "password": PASSWORD})
    school.carry()
    assert len(store.kept) == 1, "it goes on at once"
    for wrong in ({"url": "http://10.0.0.1/"}, {"url": "file:///x"}, {"username": "a:b"}, {"password": ""}):
        school.ask("PUT", {"url": store.url, "username": NAME, "password": PASSWORD, **wrong}, 422)
    stranger = school.house.api_key(
        add_lesson(school.house.sessions, school.house.objects).organization_id, "admin"
    )
    answer = school.house.client.get(f"/v1/organizations/{school.id}/record-store", headers=stranger)
    assert (answer.status_code, answer.json["code"]) == (404, "organization_not_found")


@pytest.mark.integration
def test_an_address_that_is_none_loses_nothing_and_a_store_says_when(school: School, store: Store) -> None:
    store.away, store.away_status = 1, 404
    for learner in "ab":
        school.study(learner, 4)
    school.carry()
    shown = school.ask("GET")
    assert (shown["waiting"], shown["refused"]) == (2, 0) and shown["failure"].startswith("404")
    store.away, store.away_status, store.retry_after = 1, 429, "7200"
    school.hurry()
    school.carry()
    with school.house.sessions() as session:
        wait = session.get_one(RecordStore, school.id).next_at - datetime.now(UTC)
    assert timedelta(hours=1.9) < wait < timedelta(hours=2.3)
    school.hurry()
    school.carry()
    shown = school.ask("GET")
    assert (shown["waiting"], shown["sent"], shown["failing_since"]) == (0, 2, None) and shown["sent_at"]


@pytest.mark.integration
def test_an_administrator_tests_pauses_and_sends_again(school: School, store: Store) -> None:
    url = f"/v1/organizations/{school.id}/record-store"

    def act(action: str) -> Any:
        answer = school.house.client.post(f"{url}/{action}", headers=school.admin)
        assert answer.status_code == 200, answer.text
        return answer.json

    assert act("test") == {"outcome": "works", "detail": "200"} and store.kept == {}
    store.away = 1
    assert act("test") == {"outcome": "away", "detail": "503 later"}
    store.away, store.away_status = 1, 404
    assert act("test")["outcome"] == "no_store"
    school.ask("PUT", {"url": store.url, "username": NAME, "password": "wrong"})
    assert act("test") == {"outcome": "credentials_refused", "detail": "401 wrong credentials"}
    school.ask("PUT", {"url": f"http://127.0.0.1:{free_port()}/xapi", "username": NAME, "password": PASSWORD})
    assert act("test")["outcome"] == "away" and "geheim" not in str(act("test"))
    school.ask("PUT", {"url": store.url, "username": NAME, "password": PASSWORD})

    school.study("a", 4)
    assert school.ask("PATCH", {"enabled": False})["enabled"] is False
    school.study("b", 4)  # of nobody's while it is off
    school.carry()
    assert store.kept == {} and school.ask("GET")["waiting"] == 1
    school.ask("PATCH", {"enabled": True})
    school.carry()
    assert len(store.kept) == 1

    store.poison = "bad-learner"
    school.study("bad-learner", 4)
    school.carry()
    shown = school.ask("GET")
    assert (shown["refused"], shown["refusal"], shown["sent"]) == (1, "400: I do not like it", 1)
    store.poison = ""
    assert (act("resend")["waiting"], school.ask("GET")["refusal"]) == (1, None)
    school.carry()
    assert len(store.kept) == 2
    done = school.house.client.get("/v1/audit-log?limit=20", headers=school.admin).json["entries"]
    assert {"record_store.test", "record_store.resend"} <= {each["action"] for each in done}


@pytest.mark.integration
def test_a_store_that_is_slow_with_each_holds_up_no_other(
    school: School, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.statement_carrier.TURN_SECONDS", 0.0)
    store.poison = "bad-learner"
    for learner in ("bad-learner", "a", "b"):
        school.study(learner, 4)
    assert school.carrier.look()
    assert school.ask("GET")["waiting"] == 3, "its turn is over, and the rest waits"
    monkeypatch.undo()
    school.carry()
    assert len(store.kept) == 2 and school.ask("GET")["refused"] == 1


@pytest.mark.integration
def test_who_is_forgotten_is_told_of_no_more(school: School, store: Store) -> None:
    school.study("a", 4)
    with school.house.sessions.begin() as session:
        study_results.forget(session, "a", Reach(school.id))
    school.carry()
    assert store.kept == {}
    school.ask("DELETE", status=204)
    school.ask("GET", status=404)
