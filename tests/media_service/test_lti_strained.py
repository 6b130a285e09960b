"""Learning platforms that are slow, busy or malicious; lessons that are taken back; learners who are forgotten."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import jwt
import pytest
from house import PUBLIC_URL, House, make_house
from learning_platform import DEPLOYMENT, LearningPlatform, learning_platform
from lesson import add_lesson
from lti_school import (
    ALLOWED,
    School,
    choose,
    code_of,
    given,
    make_school,
    score_carrier,
    study_of,
    until,
)
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker
from support import RunningStack

from storage.catalogue import lti_scores
from storage.catalogue.models import LtiPlatform, LtiScore
from storage.ids import new_id
from storage.job_queue import connect_redis
from storage.once import Once

pytestmark = pytest.mark.integration

LTI = "https://purl.imsglobal.org/spec/lti/claim/"


@pytest.fixture
def house(sessions: sessionmaker[Session], stack: RunningStack) -> House:
    """A new process each time, which knows no keys of anybody."""
    once = Once(connect_redis(stack.environment["REDIS_URL"], retries=0))
    return make_house(sessions, take_once=once.take, OUTBOUND_ALLOWED_NETWORKS=ALLOWED)


@pytest.fixture
def platform() -> Iterator[LearningPlatform]:
    with learning_platform() as running:
        running.tool = PUBLIC_URL
        yield running


@pytest.fixture
def school(house: House, platform: LearningPlatform) -> School:
    return make_school(house, platform)


def another_process(school: School, sessions: sessionmaker[Session], stack: RunningStack) -> None:
    once = Once(connect_redis(stack.environment["REDIS_URL"], retries=0))
    school.house = make_house(sessions, take_once=once.take, OUTBOUND_ALLOWED_NETWORKS=ALLOWED)


def test_a_class_that_opens_its_lesson_together_gets_it(
    school: School, sessions: sessionmaker[Session], stack: RunningStack
) -> None:
    another_process(school, sessions, stack)
    before = school.platform.asked_for_keys
    school.platform.keys_seconds = 0.7
    asked = [school.begin("0") for _ in range(7)]
    with ThreadPoolExecutor(7) as pool:
        answers = list(pool.map(lambda each: school.post(school.platform.launch(each)), asked))
    assert [answer.status_code for answer in answers] == [200] * 7
    assert school.platform.asked_for_keys == before + 1, "one asks for all"


def test_a_platform_whose_keys_do_not_come_holds_nobody_up_for_long(
    school: School, sessions: sessionmaker[Session], stack: RunningStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("media_service.lti.platform_keys.WAIT_SECONDS", 0.3)
    monkeypatch.setattr("media_service.lti.platform_keys.MOST_WAITING", 2)
    another_process(school, sessions, stack)
    school.platform.keys_seconds = 3.0
    asked = [school.begin("0") for _ in range(5)]
    began = time.monotonic()
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda each: school.post(school.platform.launch(each)), asked))
    assert time.monotonic() - began < 2.5
    assert {(answer.status_code, code_of(answer)) for answer in answers} == {(503, "platform_away")}
    school.platform.keys_seconds = 0.0
    until(lambda: school.post(school.platform.launch(school.begin("0"))).status_code == 200)


def test_what_is_no_text_is_refused_and_breaks_nothing(school: School) -> None:
    query = dict(parse_qsl(urlsplit(school.platform.login_url("0")).query))
    for name in ("iss", "client_id", "lti_deployment_id", "login_hint", "lti_message_hint"):
        answer = school.house.client.post("/lti/login", data={**query, name: "a\0b"})
        assert code_of(answer) == "message_invalid", name
    for claim, value in (
        ("sub", "\ud800"),
        ("sub", "a\0"),
        (f"{LTI}deployment_id", "\udfff"),
        (f"{LTI}resource_link", {"id": "\0"}),
        ("exp", float("inf")),
        ("iat", 10**400),
    ):
        launch = school.platform.launch(school.begin("0"))
        said = jwt.decode(launch["id_token"], options={"verify_signature": False})
        key = school.platform.registration.get_platform_private_key()
        kid = jwt.get_unverified_header(launch["id_token"])["kid"]
        launch["id_token"] = jwt.encode({**said, claim: value}, key, "RS256", headers={"kid": kid})
        answer = school.post(launch)
        assert (answer.status_code, code_of(answer)) == (403, "message_invalid"), claim
    for field in ("id_token", "state"):
        answer = school.post({**school.platform.launch(school.begin("0")), field: "x" * 200_000})
        assert answer.status_code in (403, 413)


def test_two_registrations_of_one_issuer_are_told_apart(school: School) -> None:
    values = {
        "name": "第二租户",
        "client_id": "tenant-2",
        "deployment_ids": ["d-2"],
        **school.platform.settings,
    }
    second = school.ask("POST", "lti/platforms", values, 201)
    query = dict(parse_qsl(urlsplit(school.platform.login_url("0")).query))
    for name in ("client_id", "lti_deployment_id"):
        query.pop(name, None)
    asked = school.house.client.post("/lti/login", data=query)
    assert code_of(asked) == "platform_unknown", "which of the two, nobody said"
    for deployment, client in ((DEPLOYMENT, "client-1"), ("d-2", "tenant-2")):
        answer = school.house.client.post("/lti/login", data={**query, "lti_deployment_id": deployment})
        following = dict(parse_qsl(urlsplit(given(answer)["following"]).query))
        assert following["client_id"] == client
    # A message for one of them is none for the other, nor is its deployment.
    of_second = dict(parse_qsl(urlsplit(given(answer)["following"]).query))
    assert (
        code_of(school.post(school.platform.launch({**of_second, "client_id": "client-1"})))
        == "audience_wrong"
    )
    school.platform.know("tenant-2")
    asked_again = school.begin("0")
    assert code_of(school.post(school.platform.launch(asked_again))) == "deployment_unknown"
    named = {f"{LTI}deployment_id": "d-2"}
    mine = parse_qs(urlsplit(school.launch("0", **named)).query)["token"][0]
    school.platform.know("client-1")
    other = parse_qs(urlsplit(school.launch("0")).query)["token"][0]
    seen = [jwt.decode(token, options={"verify_signature": False})["viewer"] for token in (mine, other)]
    assert seen[0] != seen[1], "the same number there is another learner"
    school.ask("DELETE", f"lti/platforms/{second['id']}", status=204)


def test_a_lesson_that_is_taken_back_is_launched_no_more(school: School) -> None:
    asset, now = school.lesson.asset_id, datetime.now(UTC)
    for taken, given_back in (
        ({"visibility": "private"}, {"visibility": "organization"}),
        ({"withdraw_at": (now - timedelta(minutes=1)).isoformat()}, {"withdraw_at": None}),
    ):
        school.launch("0")
        school.ask("PATCH", f"assets/{asset}", taken)
        answer = school.post(school.platform.launch(school.begin("0")))
        assert (answer.status_code, code_of(answer)) == (404, "lesson_unknown"), taken
        school.ask("PATCH", f"assets/{asset}", given_back)
    # In a course it is left out of the page, of its addresses and of the package.
    course = school.launch("2")
    assert school.second.asset_id in school.house.get(course).text
    school.ask("PATCH", f"assets/{school.second.asset_id}", {"visibility": "private"})
    assert school.second.asset_id not in school.house.get(course).text
    assert code_of(school.house.get(f"{course}/{school.second.asset_id}")) == "lesson_unknown"
    package = school.house.client.get(f"/v1/collections/{school.course_id}/cartridge", headers=school.admin)
    assert package.status_code == 200 and school.second.asset_id.encode() not in package.data
    school.ask("DELETE", f"assets/{asset}", status=204)
    assert code_of(school.post(school.platform.launch(school.begin("0")))) == "lesson_unknown"


def rows_of(school: School) -> list[LtiScore]:
    with school.house.sessions() as session:
        found = select(LtiScore).join(LtiPlatform, LtiPlatform.id == LtiScore.platform_id)
        mine = found.where(LtiPlatform.organization_id == school.lesson.organization_id)
        return list(session.scalars(mine.order_by(LtiScore.created_at)))


def test_who_is_forgotten_has_no_score_left(school: School) -> None:
    study_of(school, "0", school.lesson, 4)
    school.platform.user = "user-18"
    study_of(school, "0", school.lesson, 5)
    [first, second] = rows_of(school)
    assert (first.user_id, second.user_id) == ("user-17", "user-18")
    stranger = stranger_of(school)
    gone = school.house.client.delete(f"/v1/study?learner={first.learner}", headers=stranger)
    assert gone.status_code == 200 and len(rows_of(school)) == 2, "another's learner is none of ours"
    school.ask("DELETE", f"study?learner={first.learner}")
    assert [row.user_id for row in rows_of(school)] == ["user-18"]
    with score_carrier(school):
        until(lambda: school.platform.scores)
        time.sleep(1.5)
    assert {score["userId"] for _, score in school.platform.scores} == {"user-18"}


def stranger_of(school: School) -> dict[str, str]:
    other = add_lesson(school.house.sessions, school.house.objects)
    return school.house.api_key(other.organization_id, "admin")


def test_a_busy_platform_is_asked_again_when_it_says(school: School) -> None:
    school.platform.refuse_scores, school.platform.retry_after = 1, "600"
    study_of(school, "0", school.lesson, 4)
    school.platform.user = "user-18"
    with score_carrier(school):
        until(lambda: rows_of(school)[0].failure)
        study_of(school, "0", school.lesson, 5)
        time.sleep(3)
        assert school.platform.scores == [], "nobody's score comes meanwhile"
        [first, second] = rows_of(school)
        now = datetime.now(UTC)
        assert first.due_at is not None and first.failing_since is not None
        assert timedelta(minutes=9) < first.due_at - now < timedelta(minutes=12)
        assert second.attempts == 0 and second.due_at is not None
        with school.house.sessions.begin() as session:
            known = session.get_one(LtiPlatform, first.platform_id)
            assert known.spared_until is not None and known.spared_until - now > timedelta(minutes=9)
            known.spared_until = None
            session.get_one(LtiScore, first.id).due_at = now
        until(lambda: len(school.platform.scores) == 2)
    until(lambda: all(row.failing_since is None for row in rows_of(school)))
    shown = school.ask("GET", "lti/platforms")["platforms"][0]
    assert (shown["scores_waiting"], shown["score_failure"]) == (0, None)


def test_a_platform_that_answers_nothing_holds_up_no_other(
    school: School, sessions: sessionmaker[Session]
) -> None:
    for number in range(6):
        school.platform.user = f"user-{number}"
        study_of(school, "0", school.lesson, 4)
    mine = {row.id for row in rows_of(school)}
    with sessions.begin() as session:
        for each in session.scalars(select(LtiScore).where(LtiScore.id.in_(mine))):
            each.due_at = datetime.now(UTC) - timedelta(days=1)
    taken: list[Any] = []
    for _ in range(3):
        with sessions.begin() as session:
            taken += [each for each in lti_scores.claim(session, new_id(), 8) if each.score_id in mine]
    assert len(taken) == lti_scores.OF_ONE, "two at a time, whoever looks"
    with sessions.begin() as session:
        assert lti_scores.settle(session, taken[0], None, None)
    with sessions.begin() as session:
        more = [each for each in lti_scores.claim(session, new_id(), 8) if each.score_id in mine]
    assert len(more) == 1
    with sessions.begin() as session:
        for each in session.scalars(select(LtiScore).where(LtiScore.id.in_(mine))):
            session.delete(each)


def test_names_of_platforms_are_text(school: School) -> None:
    name = "<img src=x onerror=alert(1)>\"'"
    known = school.ask("GET", "lti/platforms")["platforms"][0]["id"]
    school.ask("PATCH", f"lti/platforms/{known}", {"name": name})
    answer = school.register()
    assert answer.status_code == 200 and "<img" not in answer.text
    for title in (name, "</script><script>alert(1)</script>"):
        school.ask("PATCH", f"assets/{school.lesson.asset_id}", {"title": title})
        page = school.house.get(school.launch("choose"))
        assert "<img src=x" not in page.text and "<script>alert" not in page.text
        assert "unsafe" not in page.headers["Content-Security-Policy"]


def test_addresses_of_platforms_reach_nothing_inside(school: School, sessions: sessionmaker[Session]) -> None:
    """A service whose operator allows nothing: neither keys nor tokens nor statements leave for its own network."""
    strict = make_house(sessions, take_once=lambda _name, _seconds: True)
    launch = school.platform.launch(school.begin("0"))
    answer = strict.client.post("/lti/launch", data={k: v for k, v in launch.items() if k != "launch_url"})
    assert (answer.status_code, code_of(answer)) == (503, "platform_away")
    assert "address_refused" in answer.text
    link = school.ask("POST", "lti/links", {}, 201)["url"].removeprefix(PUBLIC_URL)
    for where in (
        "http://169.254.169.254/latest",
        f"{school.platform.base}/x",
        "http://[::1]/",
        "http://2130706433/",
    ):
        answer = strict.client.get(link, query_string={"openid_configuration": where})
        assert code_of(answer) == "registration_failed", where


def test_choose_returns_to_the_platform_alone(school: School) -> None:
    """Whatever a form says, what was chosen goes where the signed message said."""
    following = school.launch("choose")
    body = {
        "add": f"lesson:{school.lesson.asset_id}",
        "return_url": "https://evil.example/",
        "deep_link_return_url": "x",
    }
    answer = school.house.client.post(following, data=body)
    assert f'action="{school.platform.base}/return"' in answer.text and "evil.example" not in answer.text
    policy = answer.headers["Content-Security-Policy"]
    assert policy.endswith(f"form-action 'self' {school.platform.base}")
    assert choose(school, f"lesson:{school.lesson.asset_id}")
