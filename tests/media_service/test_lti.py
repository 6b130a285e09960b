"""A foreign learning platform registers, chooses, launches and is told scores: by HTTP, with its keys changed, its
services away and its messages sent twice."""

from __future__ import annotations

import time
from collections.abc import Iterator
from urllib.parse import parse_qs, parse_qsl, quote, urlsplit

import jwt
import pytest
from house import PUBLIC_URL, House, make_house
from learning_platform import DEPLOYMENT, LearningPlatform, learning_platform
from lesson import add_lesson
from lti_school import ALLOWED, School, code_of, make_school, score_carrier, study_of, until
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker
from support import RunningStack

from storage.catalogue.models import LtiScore
from storage.ids import new_id
from storage.job_queue import connect_redis
from storage.once import Once

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def house(sessions: sessionmaker[Session], stack: RunningStack) -> House:
    once = Once(connect_redis(stack.environment["REDIS_URL"], retries=0))
    return make_house(sessions, take_once=once.take, OUTBOUND_ALLOWED_NETWORKS=ALLOWED)


@pytest.fixture(scope="module")
def platform() -> Iterator[LearningPlatform]:
    with learning_platform() as running:
        running.tool = PUBLIC_URL
        yield running


@pytest.fixture(scope="module")
def school(house: House, platform: LearningPlatform) -> School:
    return make_school(house, platform)


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


@pytest.fixture
def carried(school: School) -> Iterator[None]:
    with score_carrier(school):
        yield


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
