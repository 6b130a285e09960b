"""A foreign learning platform registers, chooses, launches and is told scores: by HTTP, with its keys changed, its
services away and its messages sent twice."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import parse_qs, parse_qsl, quote, urlsplit

import jwt
import pytest
from house import PUBLIC_URL, SECRET_KEY, House, make_house
from learning_platform import DEPLOYMENT, LearningPlatform, learning_platform
from lesson import Lesson, add_lesson
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker
from support import RunningStack
from werkzeug.test import TestResponse

from storage.catalogue import study
from storage.catalogue.models import Asset, Collection, CollectionItem, LtiScore, StoredStudySession
from storage.ids import new_id
from storage.job_queue import connect_redis
from storage.once import Once
from storage.outbound.client import Outbound
from storage.strangers import networks
from workers.score_carrier import ScoreCarrier

pytestmark = pytest.mark.integration

ALLOWED = "127.0.0.0/8"


@pytest.fixture(scope="module")
def house(sessions: sessionmaker[Session], stack: RunningStack) -> House:
    once = Once(connect_redis(stack.environment["REDIS_URL"], retries=0))
    return make_house(sessions, take_once=once.take, OUTBOUND_ALLOWED_NETWORKS=ALLOWED)


@dataclass
class School:
    """An organization with a library of two lessons, one of them in a course, and a platform that knows it."""

    house: House
    lesson: Lesson
    second: Lesson
    course: str
    course_id: str
    admin: dict[str, str]
    platform: LearningPlatform

    def ask(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        answer = self.house.client.open(f"/v1/{path}", method=method, json=body, headers=self.admin)
        assert answer.status_code == status, answer.text
        return answer.json if answer.data else None

    def register(self) -> TestResponse:
        link = self.ask("POST", "lti/links", {}, 201)["url"].removeprefix(PUBLIC_URL)
        where = quote(f"{self.platform.base}/.well-known/openid-configuration", safe="")
        return self.house.get(f"{link}?openid_configuration={where}&registration_token=once")

    def begin(self, hint: str, **changed: Any) -> dict[str, str]:
        """A sign-in as far as the platform is asked; what it is asked."""
        url = self.platform.items[int(hint)]["url"] if hint.isdigit() else None
        query = dict(parse_qsl(urlsplit(self.platform.login_url(hint, url)).query))
        answer = self.house.client.post("/lti/login", data={**query, **changed})
        assert answer.status_code == 200, answer.text
        following = given(answer)["following"]
        assert following.startswith(f"{self.platform.base}/auth?")
        assert "Set-Cookie" not in answer.headers
        return dict(parse_qsl(urlsplit(following).query))

    def post(self, launch: dict[str, Any]) -> TestResponse:
        answer = self.house.client.post(urlsplit(launch.pop("launch_url")).path, data=launch)
        assert "Set-Cookie" not in answer.headers
        return answer

    def launch(self, hint: str, **claims: Any) -> str:
        """Where the browser goes on."""
        answer = self.post(self.platform.launch(self.begin(hint), **claims))
        assert answer.status_code == 200, answer.text
        return given(answer)["following"]


def given(answer: TestResponse) -> dict[str, str]:
    """What a page gives its script."""
    body = re.search("<body([^>]*)>", answer.text)
    assert body is not None
    return {name: unescape(value) for name, value in re.findall(r'data-(\w+)="([^"]*)"', body[1])}


def code_of(answer: TestResponse) -> str:
    found = re.search("<code>([a-z_]+)</code>", answer.text)
    assert found is not None, answer.text
    return found[1]


@pytest.fixture(scope="module")
def platform() -> Iterator[LearningPlatform]:
    with learning_platform() as running:
        running.tool = PUBLIC_URL
        yield running


@pytest.fixture(scope="module")
def school(house: House, platform: LearningPlatform) -> School:
    lesson, second = (add_lesson(house.sessions, house.objects) for _ in range(2))
    with house.sessions.begin() as session:
        for one, title in ((lesson, "八段锦 <b>第一式</b>"), (second, "书法入门")):
            asset = session.get_one(Asset, one.asset_id)
            asset.title, asset.organization_id, asset.duration = title, lesson.organization_id, 10.0
        course = Collection(organization_id=lesson.organization_id, title="养生课程")
        session.add(course)
        session.flush()
        session.add(CollectionItem(collection_id=course.id, asset_id=second.asset_id, position=0))
        session.flush()
        found = School(
            house,
            lesson,
            second,
            course.public_id,
            course.id,
            house.api_key(lesson.organization_id, "admin"),
            platform,
        )
    found.ask("PATCH", f"organizations/{lesson.organization_id}", {"library": True})
    answer = found.register()
    assert answer.status_code == 200, answer.text
    choose(found, "lesson:" + lesson.asset_id, "lesson:" + second.asset_id, "course:" + found.course)
    return found


def choose(school: School, *names: str, graded: bool = True) -> list[dict[str, Any]]:
    """A teacher chooses, and the platform gets it."""
    before = len(school.platform.items)
    following = school.launch("choose")
    answer = school.house.client.post(following, data={"chosen": [*names], "graded": "1" if graded else "0"})
    assert answer.status_code == 200, answer.text
    signed = re.search('name="JWT" value="([^"]+)"', answer.text)
    assert signed is not None
    keys = school.house.get("/lti/keys").json
    school.platform.registration.set_tool_key_set(keys)
    school.platform.items += school.platform.configuration.validate_deeplinking_resp({"JWT": signed[1]})
    said = jwt.decode(signed[1], options={"verify_signature": False})
    assert said["https://purl.imsglobal.org/spec/lti-dl/claim/data"] == "op-aque"
    assert (said["iss"], said["aud"]) == ("client-1", school.platform.base)
    return school.platform.items[before:]


def test_a_platform_registers_itself_by_one_link_and_once(school: School) -> None:
    said = school.platform.registrations[0]
    assert said["jwks_uri"] == f"{PUBLIC_URL}/lti/keys" and said["redirect_uris"] == [
        f"{PUBLIC_URL}/lti/launch"
    ]
    tool = said["https://purl.imsglobal.org/spec/lti-tool-configuration"]
    assert "name" not in tool["claims"] and "email" not in tool["claims"], "nothing of a person is asked for"
    listed = school.ask("GET", "lti/platforms")["platforms"]
    assert [(each["issuer"], each["client_id"], each["deployment_ids"]) for each in listed] == [
        (school.platform.base, "client-1", [DEPLOYMENT])
    ]
    made = school.ask("POST", "lti/links", {"hours": 1}, 201)
    link = made["url"].removeprefix(PUBLIC_URL)
    assert school.house.get(f"{link}?lang=zh").status_code == 200, "who opens it is told what it is for"
    where = f"{school.platform.base}/.well-known/openid-configuration"
    for wrong, code in (
        (f"{link}?openid_configuration={quote(where)}", "registration_failed"),  # no token: 401 there
        (f"{link}?openid_configuration=file:///etc/passwd", "registration_failed"),
        (f"{link}?openid_configuration=http://10.0.0.1/", "registration_failed"),
        (
            f"{link}?openid_configuration={quote(where.replace('127.0.0.1', 'localhost'))}",
            "registration_failed",
        ),
        ("/lti/register/none", "link_over"),
    ):
        assert code_of(school.house.get(wrong)) == code, wrong
    first = school.house.get(f"{link}?openid_configuration={quote(where)}&registration_token=once")
    again = school.house.get(f"{link}?openid_configuration={quote(where)}&registration_token=once")
    assert first.status_code == 200 and code_of(again) == "link_over"
    added = school.ask("GET", "lti/platforms")["platforms"][1]
    told = school.ask("GET", "audit-log?limit=20")["entries"]
    assert {"lti_link.create", "lti_platform.create"} <= {each["action"] for each in told}
    school.ask("DELETE", f"lti/platforms/{added['id']}", status=204)
    school.platform.know("client-1")


def test_a_teacher_finds_and_adds_several_at_once_or_one_with_one_click(school: School) -> None:
    following = school.launch(
        "choose", **{"https://purl.imsglobal.org/spec/lti/claim/launch_presentation": {"locale": "zh_CN"}}
    )
    page = school.house.get(following)
    assert "选择课程内容" in page.text and "八段锦 &lt;b&gt;" in page.text and "<b>第" not in page.text
    assert "0:10" in page.text and "养生课程" in page.text
    assert "frame-ancestors" not in page.headers["Content-Security-Policy"]
    found = school.house.get(f"{following}?q={quote('书法')}&chosen=lesson:{school.lesson.asset_id}&chosen=x")
    assert "八段锦" in found.text and "checked" in found.text, "what was ticked stays"
    assert found.text.count('class="entry"') == 1
    assert "请至少勾选一项" in school.house.client.post(following).text

    lesson, second, course = school.platform.items[:3]
    assert lesson["type"] == "ltiResourceLink" and lesson["title"] == "八段锦 <b>第一式</b>"
    assert lesson["url"] == f"{PUBLIC_URL}/lti/lessons/{school.lesson.asset_id}"
    assert lesson["custom"]["duration_seconds"] == "10" and "0:10" in lesson["text"]
    poster = school.house.get(lesson["thumbnail"]["url"].removeprefix(PUBLIC_URL))
    assert poster.status_code == 200 and poster.mimetype.startswith("image/")
    assert lesson["lineItem"]["scoreMaximum"] == 100 and second["lineItem"]["label"] == "书法入门"
    assert course["url"] == f"{PUBLIC_URL}/lti/courses/{school.course}"

    alone = school.house.client.post(following, data={"add": f"lesson:{school.second.asset_id}"})
    assert (
        'name="JWT"' in alone.text
        and f"form-action 'self' {school.platform.base}" in alone.headers["Content-Security-Policy"]
    )
    other = add_lesson(school.house.sessions, school.house.objects)
    for name in (f"lesson:{other.asset_id}", f"course:{new_id()}"):
        answer = school.house.client.post(following, data={"add": name})
        assert code_of(answer) == "lesson_unknown", "another's is not there"
    assert code_of(school.house.get("/lti/choose/forged")) == "session_over"


def test_a_learner_gets_a_token_with_a_name_that_says_nothing(school: School) -> None:
    seen = [parse_qs(urlsplit(school.launch("0")).query)["token"][0] for _ in range(2)]
    first, second = (jwt.decode(token, options={"verify_signature": False}) for token in seen)
    assert first["viewer"] == second["viewer"] and first["viewer"].startswith("lti-")
    assert "user-17" not in str(first) and "z@x.test" not in str(first)
    school.platform.user = "user-18"
    other = jwt.decode(
        parse_qs(urlsplit(school.launch("0")).query)["token"][0], options={"verify_signature": False}
    )
    school.platform.user = "user-17"
    assert other["viewer"] != first["viewer"]
    path = school.launch("0").removeprefix(PUBLIC_URL)
    page = school.house.get(path)
    assert page.status_code == 200 and "frame-ancestors *" in page.headers["Content-Security-Policy"]
    assert school.house.get(path.replace("?", "/status?")).json["study_url"], "its hours are counted"
    # In no course that is studied, so in the platform's own, which nobody else meets.
    own = school.ask("GET", "lti/platforms")["platforms"][0]["course_id"]
    assert first["course"] == own
    assert school.ask("GET", f"collections/{own}")["visibility"] == "private"
    assert school.ask("GET", f"collections/{own}/study")["mode"] == "free"


def test_a_message_counts_once_and_for_its_own_sign_in(school: School) -> None:
    asked = school.begin("0")
    launch = school.platform.launch(asked)
    assert school.post(dict(launch)).status_code == 200
    assert code_of(school.post(dict(launch))) == "state_unknown", "sent twice"
    mine, other = school.begin("0"), school.begin("0")
    mixed = {**school.platform.launch(mine), "state": other["state"]}
    assert code_of(school.post(mixed)) == "nonce_wrong"
    elsewhere = school.begin("0")
    fields = school.platform.launch({**elsewhere, "lti_message_hint": "1"})
    assert code_of(school.post(fields)) == "target_wrong"
    for state in ("", "forged", asked["state"][:-4] + "AAAA"):
        assert code_of(school.post({**launch, "state": state})) == "state_unknown"
    told = school.house.client.post(
        "/lti/launch",
        data={"state": school.begin("0")["state"], "error": "login_required", "error_description": "<x>"},
    )
    assert code_of(told) == "platform_refused" and "&lt;x&gt;" in told.text


def test_who_is_not_known_launches_nothing(school: School) -> None:
    query = dict(parse_qsl(urlsplit(school.platform.login_url("0")).query))
    for changed, code in (
        ({"iss": "https://other.example"}, "platform_unknown"),
        ({"client_id": "client-9"}, "platform_unknown"),
        ({"target_link_uri": "https://evil.example/lti/launch"}, "target_wrong"),
        ({"target_link_uri": f"{PUBLIC_URL}.evil.example/lti/launch"}, "target_wrong"),
        ({"login_hint": ""}, "message_invalid"),
        ({"login_hint": "x" * 9000}, "message_invalid"),
    ):
        answer = school.house.client.get("/lti/login", query_string={**query, **changed})
        assert code_of(answer) == code, changed
    wrong = {"https://purl.imsglobal.org/spec/lti/claim/deployment_id": "another"}
    launch = school.platform.launch(school.begin("0"), **wrong)
    assert code_of(school.post(launch)) == "deployment_unknown"
    known = school.ask("GET", "lti/platforms")["platforms"][0]["id"]
    begun = school.platform.launch(school.begin("0"))
    school.ask("PATCH", f"lti/platforms/{known}", {"enabled": False})
    assert code_of(school.post(begun)) == "platform_unknown"
    school.ask("PATCH", f"lti/platforms/{known}", {"enabled": True})
    stranger = school.house.api_key(
        add_lesson(school.house.sessions, school.house.objects).organization_id, "admin"
    )
    for method in ("GET", "PATCH", "DELETE"):
        answer = school.house.client.open(
            f"/v1/lti/platforms/{known}", method=method, json={}, headers=stranger
        )
        assert (answer.status_code, answer.json["code"]) == (404, "lti_platform_not_found")


def test_a_platform_may_change_its_key_at_any_time(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("media_service.lti.platform_keys.AGAIN_SECONDS", 0.0)
    school.launch("0")
    before = school.platform.asked_for_keys
    school.launch("0")
    assert school.platform.asked_for_keys == before, "known keys are not asked for again"
    school.platform.change_key()
    school.launch("0")
    assert school.platform.asked_for_keys == before + 1
    forged = LearningPlatform(base=school.platform.base, tool=PUBLIC_URL, items=school.platform.items)
    forged.know("client-1")
    assert code_of(school.post(forged.launch(school.begin("0")))) == "key_unknown"


def test_a_course_shows_how_far_its_learner_is(school: School) -> None:
    page = school.launch("2")
    shown = school.house.get(f"{page}?lang=en")
    assert "养生课程" in shown.text and "Not begun" in shown.text
    lesson = school.house.get(f"{page}/{school.second.asset_id}")
    assert lesson.status_code == 200 and "<iframe src=" in lesson.text
    assert code_of(school.house.get(f"{page}/{school.lesson.asset_id}")) == "lesson_unknown", (
        "not of this course"
    )
    assert code_of(school.house.get("/lti/study/forged")) == "session_over"


def study_of(school: School, hint: str, lesson: Lesson, seconds: int, course: bool = False) -> None:
    """A session in which so much was believed."""
    following = school.launch(hint)
    if course:
        page = school.house.get(f"{following}/{lesson.asset_id}")
        following = unescape(re.search('<iframe src="([^"]+)"', page.text)[1])  # type: ignore[index]
    token = parse_qs(urlsplit(following).query)["token"][0]
    playback_id = urlsplit(following).path.rsplit("/", 1)[-1]
    begun = school.house.client.post(
        f"/v/{playback_id}/study?token={token}", json={"play": new_id(), "clock": 0}
    )
    assert begun.status_code == 201, begun.text
    with school.house.sessions.begin() as session:
        row = session.get_one(StoredStudySession, begun.json["id"])
        row.believed, row.played_ms = [0, seconds * 1000], seconds * 1000
        session.flush()
        study.add_up(session, {(row.collection_id, row.portal_id, row.learner, row.asset_id, row.version_id)})


def until(is_so: Callable[[], Any], seconds: float = 30) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := is_so()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return found


@pytest.fixture
def carried(house: House, platform: LearningPlatform) -> Iterator[None]:
    stopping = threading.Event()
    carrier = ScoreCarrier(house.sessions, Outbound(networks([ALLOWED])), SECRET_KEY, "test", stopping)
    # The tool's keys are asked for by the platform: in these tests they are at hand.
    platform.configuration.get_registration().set_tool_key_set(house.get("/lti/keys").json)
    thread = threading.Thread(target=carrier.run)
    thread.start()
    yield
    stopping.set()
    thread.join()


def test_scores_say_what_was_studied_and_come_though_the_platform_was_away(
    school: School, carried: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.webhooks.SCHEDULE", (0, 1, 1, 1))
    school.platform.refuse_scores = 1
    study_of(school, "0", school.lesson, 4)
    name, first = until(lambda: school.platform.scores and school.platform.scores[0])
    assert name == "0" and school.platform.refuse_scores == 0, "it was refused once"
    needed = 0.7 + 0.25 / 60
    assert first["scoreGiven"] == pytest.approx(40 / needed, abs=0.1)
    assert (first["scoreMaximum"], first["userId"], first["activityProgress"]) == (
        100,
        "user-17",
        "InProgress",
    )
    assert first["gradingProgress"] == "FullyGraded"

    with school.house.sessions.begin() as session:  # half a minute later
        session.execute(select(LtiScore)).scalars().first().sent_at = None  # type: ignore[union-attr]
    study_of(school, "0", school.lesson, 10)
    last = until(lambda: [s for n, s in school.platform.scores if s["activityProgress"] == "Completed"])
    assert (last[0]["scoreGiven"], last[0]["userId"]) == (100, "user-17")

    study_of(school, "2", school.second, 10, course=True)
    until(lambda: [s for n, s in school.platform.scores if n == "2" and s["scoreGiven"] == 100])
    told = len(school.platform.scores)
    school.launch("0")
    time.sleep(2)
    assert len(school.platform.scores) == told, "what has not changed is not told again"
    page = school.house.get(f"{school.launch('2')}?lang=en")
    assert "You have completed this course." in page.text
    shown = school.ask("GET", "lti/platforms")["platforms"][0]
    assert (shown["scores_waiting"], shown["score_failure"]) == (0, None)


def test_an_administrator_adds_a_platform_by_hand(school: School) -> None:
    values = {"name": "旧平台", "client_id": "77", **school.platform.settings}
    made = school.ask("POST", "lti/platforms", values, 201)
    assert made["deployment_ids"] == [] and made["enabled"] is True
    assert school.ask("POST", "lti/platforms", values, 409)["code"] == "lti_platform_known"
    school.platform.know("77")
    school.launch("0")
    shown = school.ask("GET", f"lti/platforms/{made['id']}")
    assert shown["deployment_ids"] == [DEPLOYMENT], "the first that launched"
    for wrong in ({"issuer": "javascript:x"}, {"keys_url": "ftp://x"}, {"client_id": "a\nb"}, {"name": ""}):
        assert school.ask("POST", "lti/platforms", {**values, **wrong}, 422)
    school.ask("DELETE", f"lti/platforms/{made['id']}", status=204)
    school.platform.know("client-1")


def test_without_redis_nobody_is_let_in(sessions: sessionmaker[Session], school: School) -> None:
    away = make_house(sessions, take_once=Once(connect_redis("redis://127.0.0.1:1", retries=0)).take)
    answer = away.client.post("/lti/launch", data=school.platform.launch(school.begin("0")))
    assert (answer.status_code, code_of(answer)) == (503, "service_away")
