"""Study hours over HTTP: a learner's player, what the service believes, what portals get told, and cheats."""

from __future__ import annotations

import base64
import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from io import StringIO
from typing import Any
from urllib.parse import urljoin

import jwt
import m3u8
import pytest
from beat_taker import Taker
from house import House, make_house, token_of
from lesson import Lesson, add_lesson
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.test import TestResponse

from storage.ids import new_id
from storage.learning.beats import Beat, from_text
from storage.learning.proofs import chained, proof_of
from workers.studying import Studying

BROWSER = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
)


@pytest.fixture(scope="module")
def taker() -> Taker:
    return Taker()


@pytest.fixture(scope="module")
def house(sessions: sessionmaker[Session], taker: Taker) -> House:
    return make_house(sessions, beats=taker)


@dataclass
class Course:
    """A course of one lesson of ten seconds, and the portal's keys."""

    house: House
    lesson: Lesson
    id: str
    public_id: str
    portal: dict[str, str]
    author: dict[str, str]

    def ask(self, method: str, path: str, key: dict[str, str] | None = None, **more: Any) -> TestResponse:
        return self.house.client.open(f"/v1/{path}", method=method, headers=key or self.portal, **more)

    def put(self, **terms: Any) -> Any:
        answer = self.ask("PUT", f"collections/{self.id}/study", self.author, json=terms)
        assert answer.status_code == 200, answer.text
        return answer.json


@pytest.fixture(scope="module")
def course(house: House) -> Course:
    lesson = add_lesson(house.sessions, house.objects)
    author = house.api_key(lesson.organization_id, "author")
    made = house.client.post(
        "/v1/collections", json={"title": "书法入门", "asset_ids": [lesson.asset_id]}, headers=author
    ).json
    portal = house.api_key(lesson.organization_id)
    found = Course(house, lesson, made["id"], made["public_id"], portal, author)
    found.put(mode="sequential")
    return found


@dataclass
class Player:
    """What our player does, with a clock that tests move."""

    course: Course
    taker: Taker
    learner: str
    token: str = ""
    play: str = field(default_factory=new_id)
    sequence: int = 0
    now: int = 0
    segments: dict[int, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.token = self.token or token_of(
            self.course.house, self.course.lesson, viewer=self.learner, course=self.course.id
        )
        self.began = self.begin()
        assert self.began.status_code == 201, self.began.text
        self.session = self.began.json
        self.chain = self.session["nonce"]

    def url(self, name: str) -> str:
        return f"/v/{self.course.lesson.signed_id}/{name}?token={self.token}"

    def begin(self) -> TestResponse:
        asked = {"play": self.play, "clock": 0, "sequence": self.sequence}
        return self.course.house.client.post(self.url("study"), json=asked)

    def fetch(self) -> None:
        """Load the lowest rung, as its playlist says."""
        house, here = self.course.house, self.url("master.m3u8")
        master = m3u8.loads(house.get(here).text)
        media_url = urljoin(here, min(master.playlists, key=lambda each: each.stream_info.bandwidth).uri)
        self.rendition = media_url.partition("?")[0].rsplit("/", 1)[-1].removesuffix(".m3u8")
        for number, segment in enumerate(m3u8.loads(house.get(media_url).text).segments):
            length, _, start = segment.byterange.partition("@")
            span = f"bytes={start}-{int(start) + int(length) - 1}"
            self.segments[number] = house.get(urljoin(media_url, segment.uri), Range=span).data

    def watch(self, start: float, end: float, *, honest: bool = True, **more: Any) -> TestResponse:
        self.now += round((end - start) * 1000)
        numbers = range(int(start // 4), int(-(-end // 4)))
        proofs = [
            (self.rendition, n, proof_of(self.session["nonce"], self.segments[n] if honest else b""))
            for n in numbers
        ]
        beat = Beat(
            self.sequence, self.now, [(round(start * 1000), round(end * 1000))], fetched=tuple(proofs)
        )
        beat = replace(beat, **more)
        self.chain = chained(self.chain, beat)
        self.sequence += 1
        told = {
            "sequence": beat.sequence,
            "at": beat.at,
            "played": beat.played,
            "rate": beat.rate,
            "visible": beat.visible,
            "present": beat.present,
            "chain": self.chain,
            "fetched": proofs,
        }
        return self.send([told])

    def send(self, beats: list[dict[str, Any]], **more: Any) -> TestResponse:
        document = {
            "play": self.play,
            "tab": "t" * 24,
            "sent": self.now,
            "study": self.session["id"],
            "beats": beats,
        }
        return self.course.house.client.post(
            self.url("beats"),
            data=json.dumps({**document, **more}),
            headers={"Content-Type": "text/plain", "User-Agent": BROWSER},
        )

    def settle(self) -> None:
        """What was sent comes to the catalogue, at the time by the player's clock."""
        studying = Studying(self.course.house.objects, share=1.0)
        sendings = [from_text(text) for text in self.taker.texts]
        self.taker.texts.clear()
        later = [replace(s, told=replace(s.told, received=s.told.received + s.sent)) for s in sendings]
        false_proofs = studying.find_false(self.course.house.sessions, later)
        with self.course.house.sessions.begin() as session:
            studying.record(session, later, false_proofs)

    def standing(self) -> Any:
        return self.course.house.get(self.url(f"study/{self.session['id']}")).json

    def result(self) -> Any:
        found = self.course.ask("GET", f"study/learner?course={self.course.id}&learner={self.learner}")
        return found.json if found.status_code == 200 else None


@pytest.fixture
def names() -> Iterator[Iterator[str]]:
    yield (f"学员-{new_id()}" for _ in range(10))


def test_from_the_first_beat_to_a_certificate(course: Course, taker: Taker) -> None:
    learner = f"=学员 {new_id()}"
    player = Player(course, taker, learner.replace(" ", "%20").replace("%20", "-"))
    assert (player.session["mode"], player.session["speed_limit"], player.session["furthest"]) == (
        "sequential", 1.5, 0,
    )  # fmt: skip
    player.fetch()
    assert player.watch(0, 4).status_code == 200
    assert player.watch(4, 6).json["ended"] is None
    player.settle()
    assert player.standing()["studied"] == 6
    assert player.result()["completed"] is False
    player.watch(6, 10)
    player.settle()
    found = player.result()
    assert (found["completed"], found["studied_seconds"], found["lessons_completed"]) == (True, 10, 1)
    assert found["details"][0]["segments"] == [[0, 10]]
    assert found["details"][0]["needed"] == pytest.approx(0.7 + 0.25 / 60)

    signed = course.ask("GET", f"study/certificate?course={course.id}&learner={player.learner}").json
    keys = course.house.get("/v1/study/keys").json["keys"]
    header = jwt.get_unverified_header(signed["certificate"])
    key = jwt.PyJWK(next(each for each in keys if each["kid"] == header["kid"]))
    claims = jwt.decode(signed["certificate"], key, algorithms=["EdDSA"], issuer="https://media.example")
    assert claims == signed["claims"]
    assert (claims["sub"], claims["completed"], claims["studied_seconds"]) == (player.learner, True, 10)
    assert (
        course.house.get(
            f"/v/{course.lesson.signed_id}/master.m3u8?token={signed['certificate']}"
        ).status_code
        == 401
    )

    listed = course.ask("GET", f"study?course={course.id}&format=csv")
    assert listed.text.startswith("\ufeff")
    rows = list(csv.DictReader(StringIO(listed.text.removeprefix("\ufeff"))))
    assert next(row for row in rows if row["learner"] == "'" + player.learner)["studied_seconds"] == "10.0"
    retention = course.ask("GET", f"study/retention?course={course.id}&asset={course.lesson.asset_id}").json
    assert len(retention["retention"]) == 100 and min(retention["retention"]) >= 1


def test_lists_go_on_page_by_page_and_learners_are_forgotten(
    course: Course, taker: Taker, names: Iterator[str]
) -> None:
    players = [Player(course, taker, next(names)) for _ in range(3)]
    for player in players:
        player.fetch()
        player.watch(0, 4)
    players[0].settle()
    found, after = [], ""
    while after is not None:
        page = course.ask("GET", f"study?course={course.id}&limit=1{'&after=' + after if after else ''}").json
        assert len(page["learners"]) == 1
        found += [each["learner"] for each in page["learners"]]
        after = page["next"]
    assert len(found) == len(set(found)) and {player.learner for player in players} <= {*found}
    half = base64.urlsafe_b64encode(b'["o", "\\ud800"]').decode().rstrip("=")
    for wrong in ("x", half):
        assert course.ask("GET", f"study?course={course.id}&after={wrong}").json["code"] == "invalid_cursor"

    gone = course.ask("DELETE", f"study?learner={players[0].learner}")
    assert gone.json == {"lessons": 1}
    assert players[0].result() is None and players[1].result() is not None
    assert players[0].watch(4, 8).json["ended"] == "unknown"
    players[0].settle()
    assert players[0].result() is None, "what comes afterwards brings nothing back"
    assert course.ask("DELETE", f"study?learner={players[0].learner}").json == {"lessons": 0}


def test_a_second_player_takes_over_and_the_first_is_told(
    course: Course, taker: Taker, names: Iterator[str]
) -> None:
    first = Player(course, taker, next(names))
    first.fetch()
    first.watch(0, 4)
    first.settle()
    second = Player(course, taker, first.learner)
    assert second.session["furthest"] == 4
    assert first.watch(4, 8).json["ended"] == "taken_over"
    assert first.standing()["ended"] == "taken_over"
    first.settle()
    assert second.result()["studied_seconds"] <= 6, "the same moment of the clock counts once"


def test_attacks_over_http(course: Course, taker: Taker, names: Iterator[str]) -> None:
    victim, cheat = Player(course, taker, next(names)), Player(course, taker, next(names))
    for player in (victim, cheat):
        player.fetch()

    # Another learner's session, by its ID and even with its secret.
    own, own_chain = cheat.session, cheat.chain
    cheat.session, cheat.chain = victim.session, victim.session["nonce"]
    assert cheat.watch(0, 4).json["ended"] == "unknown"
    assert cheat.course.house.get(cheat.url(f"study/{victim.session['id']}")).status_code == 404
    cheat.session, cheat.chain, cheat.sequence, cheat.now = own, own_chain, 0, 0

    # No segments, an unknown rendition, numbers that are none, and more than one request may hold.
    told = {
        "sequence": 0,
        "at": 9_000,
        "played": [[0, 9_000]],
        "chain": chained(cheat.chain, Beat(0, 9_000, [(0, 9_000)])),
    }
    cheat.now = 9_000
    assert cheat.send([told]).status_code == 200
    for proof in (["../x", 0, "x" * 22], ["180p", -1, "x" * 22], ["180p", 0, "short"]):
        assert cheat.send([{**told, "fetched": [proof]}]).status_code == 422
    assert cheat.send([{**told, "chain": "z"}]).status_code == 422
    assert cheat.send([{**told, "fetched": [["180p", 0, "x" * 22]] * 101}]).status_code == 422
    cheat.settle()
    assert cheat.result()["studied_seconds"] == 0
    assert cheat.result()["details"][0]["refused"] == {"not_fetched": 9}
    assert victim.result() is None or victim.result()["studied_seconds"] == 0

    # Proofs that are made up.
    liar = Player(course, taker, next(names))
    liar.fetch()
    liar.watch(0, 2)
    for _ in range(3):
        liar.watch(2, 3, honest=False)
    liar.settle()
    assert (liar.result()["studied_seconds"], liar.standing()["ended"]) == (0, "forged")

    # The honest one is still believed.
    victim.watch(0, 4)
    victim.settle()
    assert victim.result()["studied_seconds"] == 4


def test_only_tokens_that_name_course_and_learner_study(
    course: Course, taker: Taker, names: Iterator[str]
) -> None:
    house, lesson = course.house, course.lesson
    asked = {"play": new_id(), "clock": 0}
    without = token_of(house, lesson, viewer="a")
    clip = token_of(house, lesson, viewer="a", course=course.public_id, start=2)
    for token in (without, clip):
        answer = house.client.post(f"/v/{lesson.signed_id}/study?token={token}", json=asked)
        assert (answer.status_code, answer.json["code"]) == (404, "study_not_asked")
    assert house.client.post(f"/v/{lesson.public_id}/study", json=asked).status_code == 404
    assert house.client.post(f"/v/{lesson.signed_id}/study", json=asked).status_code == 401
    key = course.portal
    wanted = {"playback_id": lesson.signed_id, "viewer": "a"}
    for wrong in ({"course": new_id()}, {"course": "no id"}, {"course": course.id, "viewer": None}):
        answer = house.client.post("/v1/playback-tokens", json={**wanted, **wrong}, headers=key)
        assert answer.status_code in (404, 422), answer.text
    page = house.get(f"/embed/{lesson.signed_id}/status?token={without}").json
    assert (page["study_url"], page["mark"]) == (None, None)
    marked = token_of(house, lesson, viewer="a", course=course.public_id, mark="张三 0571")
    page = house.get(f"/embed/{lesson.signed_id}/status?token={marked}").json
    assert page["mark"] == "张三 0571" and page["study_url"].endswith("/study?token=" + marked)
    too_long = {**wanted, "mark": "长" * 65}
    assert house.client.post("/v1/playback-tokens", json=too_long, headers=key).status_code == 422


def test_how_a_course_is_studied(course: Course, house: House) -> None:
    stranger = house.api_key(add_lesson(house.sessions, house.objects).organization_id, "admin")
    path = f"collections/{course.id}/study"
    assert course.ask("GET", path, stranger).status_code == 404
    assert course.ask("PUT", path, stranger, json={"mode": "free"}).status_code == 404
    assert course.ask("PUT", path, json={"mode": "free"}).status_code == 403, "portals only read"
    for wrong in ({}, {"mode": "hard"}, {"mode": "free", "speed_limit": 5}, {"mode": "free", "threshold": 0}):
        assert course.ask("PUT", path, course.author, json=wrong).status_code == 422
    asked = course.put(mode="supervised", presence_seconds=600, threshold=0.5, required_seconds=5)
    assert (asked["speed_limit"], asked["presence_seconds"], asked["threshold"]) == (1.0, 600, 0.5)
    assert course.ask("DELETE", path, course.author).status_code == 204
    assert course.ask("GET", path).json["code"] == "study_not_asked"
    assert course.ask("DELETE", path, course.author).status_code == 404
    course.put(mode="sequential")
    assert course.ask("GET", f"study?course={course.id}", stranger).json["code"] == "collection_not_found"
    assert (
        course.ask("GET", f"study/learner?course={course.id}&learner=nobody").json["code"]
        == "learner_not_found"
    )
    forgetting = course.ask("DELETE", "study?learner=nobody", stranger)
    assert forgetting.json == {"lessons": 0}
