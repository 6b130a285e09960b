"""Entries are judged by number alone: by criteria, by judges who see nothing of each other, until judging is closed."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from contest import Contest
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker
from support import RunningStack
from tus import noise, sessions_of

pytestmark = pytest.mark.integration

CRITERIA = [
    {"name": "idea", "label": "创意"},
    {"name": "craft", "label": "制作", "greatest": 20, "weight": 0.5},
]


@pytest.fixture(scope="module")
def sessions(stack: RunningStack) -> Iterator[sessionmaker[Session]]:
    made = sessions_of(stack)
    yield made
    made.kw["bind"].dispose()


class Judge:
    """Somebody with a secret."""

    def __init__(self, contest: Contest, name: str) -> None:
        self.contest = contest
        self.told = contest.manage("POST", "/judges", {"name": name})
        self.secret = self.told["secret"]

    def sees(self) -> Any:
        return self.contest.ask("GET", "/v1/judges/current", self.secret)

    def gives(self, number: int | str, idea: Any = None, craft: Any = None, comment: str = "") -> Any:
        body = {"scores": {"idea": idea, "craft": craft}, "comment": comment}
        return self.contest.ask("PUT", f"/v1/judges/current/entries/{number}", self.secret, body)

    def plays(self, number: int) -> Any:
        return self.contest.ask("GET", f"/v1/judges/current/entries/{number}/playback", self.secret)


def begun(stack: RunningStack, sessions: sessionmaker[Session], entries: int = 3) -> Contest:
    """A closed contest that is about to be judged."""
    contest = Contest(stack, sessions)
    for number in range(entries):
        contest.enter(noise(10), answers={"school": f"=一中{number}"})
    assert contest.manage("PUT", "/judging", {"criteria": CRITERIA})["state"] == "waiting"
    contest.pass_time(3700)
    return contest


def test_from_the_first_score_to_the_final_results(
    stack: RunningStack, sessions: sessionmaker[Session]
) -> None:
    contest = Contest(stack, sessions)
    for number in range(3):
        contest.enter(noise(10), answers={"school": f"=一中{number}"})
    early = Judge(contest, "张")
    assert early.sees()["state"] == "waiting" and early.sees()["entries"] == []
    assert early.gives(1, 1)["code"] == early.plays(1)["code"] == "judging_not_open"
    contest.pass_time(3700)
    assert early.gives(1, 1)["code"] == "judging_not_open", "there are no criteria yet"
    assert contest.manage("POST", "/judging/close")["code"] == "judging_not_open"
    described = contest.manage("PUT", "/judging", {"criteria": CRITERIA})
    assert (described["state"], described["entries"], described["closed_at"]) == ("open", 3, None)
    assert described["criteria"][0] == {"name": "idea", "label": "创意", "greatest": 10, "weight": 1.0}

    one, two = early, Judge(contest, "=李")
    assert one.told["page_url"] == f"{stack.url}/j/{one.secret}"
    seen = one.sees()
    assert [entry["number"] for entry in seen["entries"]] == [1, 2, 3]
    assert not [
        word for word in ("一中", "课", "asset", "县教育局") if word in json.dumps(seen, ensure_ascii=False)
    ]
    assert one.gives(1, 10, 4, "好")["is_complete"] is True
    assert one.gives(2, 7)["is_complete"] is False
    for wrong in ({"idea": 11}, {"idea": -1}, {"idea": 1.5}, {"other": 1}):
        refused = contest.ask("PUT", "/v1/judges/current/entries/1", one.secret, {"scores": wrong})
        assert refused["code"] == "invalid_request", wrong
    for unknown in (4, 0, "x", 10**8):
        assert one.gives(unknown, 1)["code"] == "entry_not_found"
    assert contest.manage("PUT", "/judging", {"criteria": CRITERIA})["code"] == "judging_begun"

    # Nobody sees what another gave, nor is anything of the one in what the other is told.
    assert [entry["scores"] for entry in two.sees()["entries"]] == [{}, {}, {}]
    assert "张" not in json.dumps(two.sees(), ensure_ascii=False)
    two.gives(1, 5, 10)
    two.gives(2, 5, 20)
    assert [entry["scores"] for entry in one.sees()["entries"]] == [{"idea": 10, "craft": 4}, {"idea": 7}, {}]
    progress = contest.manage("GET", "/judges")["judges"]
    assert [(judge["name"], judge["judged"], judge["entries"]) for judge in progress] == [
        ("张", 1, 3),
        ("=李", 2, 3),
    ]

    results = contest.manage("GET", "/results")
    assert results["closed_at"] is None
    ranked = [(each["rank"], each["number"], each["judges"], each["total"]) for each in results["results"]]
    assert ranked == [(1, 2, 1, 15.0), (2, 1, 2, 11.0), (None, 3, 0, None)]
    assert results["results"][1]["means"] == {"idea": 7.5, "craft": 7.0}
    assert results["results"][1]["sheets"][0]["comment"] == "好"

    # A lost secret is replaced and the scores stay; who is revoked counts for nothing.
    renewed = contest.manage("POST", f"/judges/{one.told['id']}/secret")["secret"]
    assert one.sees()["code"] == "judge_not_found"
    one.secret = renewed
    assert one.sees()["judged"] == 1
    assert contest.manage("DELETE", f"/judges/{two.told['id']}")["status"] == 204
    assert two.sees()["code"] == two.gives(1, 1)["code"] == two.plays(1)["code"] == "judge_not_found"
    assert contest.manage("GET", "/results")["results"][0]["number"] == 1

    closed = contest.manage("POST", "/judging/close")
    assert closed["state"] == "closed" and closed["closed_at"]
    assert one.gives(3, 1, 1)["code"] == "judging_closed" and one.sees()["state"] == "closed"
    for method, path, body in (
        ("POST", "/judging/close", None),
        ("PUT", "/judging", {"criteria": CRITERIA}),
        ("POST", "/judges", {"name": "x"}),
        ("POST", f"/judges/{one.told['id']}/secret", None),
        ("DELETE", f"/judges/{one.told['id']}", None),
    ):
        assert contest.manage(method, path, body)["code"] == "judging_closed", path
    assert contest.manage("GET", "/results")["closed_at"] == closed["closed_at"]

    answer = stack.request("GET", f"/v1/upload-links/{contest.id}/results.csv", key=contest.key)
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert [(row["rank"], row["number"], row["学校"], row["张: 制作"]) for row in rows] == [
        ("1", "1", "'=一中0", "4"),
        ("", "2", "'=一中1", ""),
        ("", "3", "'=一中2", ""),
    ]
    assert rows[0]["closed"][:19] == closed["closed_at"][:19]
    with sessions() as session:
        told = session.execute(
            text(
                "SELECT action FROM audit_entries WHERE action LIKE 'judg%' AND details::text || target_id LIKE :id"
            ),
            {"id": f"%{contest.id}%"},
        )
        assert set(told.scalars()) == {
            *(f"judge.{word}" for word in ("create", "renew", "revoke", "score")),
            *("judging.change", "judging.close"),
        }
        kept = str(session.execute(text("SELECT judges::text FROM judges")).all())
        assert one.secret not in kept and one.told["secret"] not in kept


def test_what_was_saved_before_closing_counts_and_nothing_after(
    stack: RunningStack, sessions: sessionmaker[Session]
) -> None:
    contest = begun(stack, sessions)
    judges = [Judge(contest, f"评委{number}") for number in range(6)]
    with ThreadPoolExecutor(7) as pool:
        scored = [pool.submit(judge.gives, number, 5, 5) for number in (1, 2) for judge in judges]
        closing = pool.submit(contest.manage, "POST", "/judging/close")
        scored += [pool.submit(judge.gives, 3, 5, 5) for judge in judges]
        assert closing.result()["state"] == "closed"
        answers = [each.result() for each in scored]
    taken = [answer for answer in answers if "is_complete" in answer]
    assert {answer["code"] for answer in answers if answer not in taken} <= {"judging_closed"}
    results = contest.manage("GET", "/results")["results"]
    assert sum(each["judges"] for each in results) == len(taken)


def test_a_link_that_never_ends_can_be_shown_to_judges(
    stack: RunningStack, sessions: sessionmaker[Session]
) -> None:
    contest = Contest(stack, sessions, closes_at="9999-12-31T23:59:59Z", grace_seconds=604_800)
    judge = Judge(contest, "评委")
    assert (judge.sees()["state"], judge.sees()["begins_at"][:10]) == ("waiting", "9999-12-31")
    assert stack.request("GET", f"/j/{judge.secret}", key=None).status == 200
    assert contest.manage("PATCH", "", {"grace_seconds": 604_799})["grace_seconds"] == 604_799


def test_judges_are_few_and_of_one_link(stack: RunningStack, sessions: sessionmaker[Session]) -> None:
    contest, other = begun(stack, sessions, entries=1), Contest(stack, sessions)
    judges = [Judge(contest, f"评委{number}") for number in range(16)]
    full = contest.manage("POST", "/judges", {"name": "多"})
    assert full["code"] == "judges_full" and "16" in full["message"]["en"]
    contest.manage("DELETE", f"/judges/{judges[0].told['id']}")
    assert contest.manage("POST", "/judges", {"name": "多"})["secret"]
    for criteria in ([], [CRITERIA[0]] * 2, [{"name": f"c{n}", "label": "x"} for n in range(13)]):
        assert contest.manage("PUT", "/judging", {"criteria": criteria})["code"] == "invalid_request"
    # Whoever organizes another contest, or judges this one, does nothing else.
    for path in ("/judging", "/judges", "/results", "/results.csv"):
        for key in (other.key, judges[1].secret, contest.secret):
            refused = other.ask("GET", f"/v1/upload-links/{contest.id}{path}", key)
            assert refused["code"] in ("upload_link_not_found", "key_invalid"), path
    path = f"/judges/{judges[1].told['id']}"
    assert other.manage("DELETE", path)["code"] == "judge_not_found"
    for secret in (contest.secret, contest.key, ""):
        assert contest.ask("GET", "/v1/judges/current", secret)["code"] == "judge_not_found"
    assert contest.ask("GET", "/v1/assets", judges[1].secret)["code"] == "key_invalid"


def test_an_entry_that_is_taken_down_is_known_by_its_number_and_judged_no_more(
    stack: RunningStack, sessions: sessionmaker[Session]
) -> None:
    contest = begun(stack, sessions)
    judge = Judge(contest, "张")
    for number in (1, 2, 3):
        judge.gives(number, 10 - number, 1)
    down = {"reason": "侵权"}
    assert contest.manage("POST", "/entries/1/takedown", down)["code"] == "role_not_allowed"
    told = contest.ask("POST", f"/v1/upload-links/{contest.id}/entries/1/takedown", "", down)
    assert told["state"] == "taken_down"
    seen = judge.sees()
    assert seen["entries"][0] == {
        "number": 1,
        "state": "taken_down",
        "scores": {},
        "comment": "",
        "is_complete": False,
    }
    assert seen["judged"] == 2 and "侵权" not in json.dumps(seen, ensure_ascii=False)
    assert judge.gives(1, 1, 1)["code"] == judge.plays(1)["code"] == "entry_taken_down"
    assert contest.manage("GET", "/judging")["entries"] == 2
    progress = contest.manage("GET", "/judges")["judges"][0]
    assert (progress["judged"], progress["entries"]) == (2, 2)
    # Also after judging was closed.
    contest.manage("POST", "/judging/close")
    contest.ask("POST", f"/v1/upload-links/{contest.id}/entries/3/takedown", "", down)
    results = contest.manage("GET", "/results")["results"]
    assert [(each["rank"], each["number"]) for each in results] == [(1, 2)]
    answer = stack.request("GET", f"/v1/upload-links/{contest.id}/results.csv", key=contest.key)
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert [(row["number"], row["张: 制作"]) for row in rows] == [("2", "1")]
