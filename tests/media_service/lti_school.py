"""An organization whose lessons a foreign learning platform launches, and its launches step by step."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import parse_qs, parse_qsl, quote, urlsplit

import jwt
from house import PUBLIC_URL, SECRET_KEY, House
from learning_platform import LearningPlatform
from lesson import Lesson, add_lesson
from werkzeug.test import TestResponse

from storage.catalogue import study
from storage.catalogue.models import Asset, Collection, CollectionItem, StoredStudySession
from storage.ids import new_id
from storage.outbound.client import Outbound
from storage.strangers import networks
from workers.score_carrier import ScoreCarrier

ALLOWED = "127.0.0.0/8"


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


def make_school(house: House, platform: LearningPlatform) -> School:
    """A new one, whose platform has registered and knows both lessons and the course."""
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


@contextmanager
def score_carrier(school: School) -> Iterator[ScoreCarrier]:
    """Scores go out for as long as this is open."""
    stopping = threading.Event()
    outbound = Outbound(networks([ALLOWED]))
    carrier = ScoreCarrier(school.house.sessions, outbound, SECRET_KEY, "test", stopping)
    # The tool's keys are asked for by the platform: in these tests they are at hand.
    registration = school.platform.configuration.get_registration()
    registration.set_tool_key_set(school.house.get("/lti/keys").json)
    thread = threading.Thread(target=carrier.run)
    thread.start()
    yield carrier
    stopping.set()
    thread.join()
