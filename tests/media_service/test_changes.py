"""``GET /v1/changes``: each caller follows all that is theirs to see, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from house import house
from shared_lessons import Province, province, version_of

from storage.catalogue import change_log, recording

__all__ = ["house", "province"]
pytestmark = pytest.mark.integration


def read(of: Province, who: str, query: str = "") -> dict[str, Any]:
    of.write()
    answer = of.house.client.get(f"/v1/changes?{query}", headers=of.keys[who])
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json
    return page


def end(of: Province, who: str) -> str:
    """Where somebody goes on who has read all there is."""
    page = read(of, who, "limit=500")
    while page["more"]:
        page = read(of, who, f"limit=500&after={page['next']}")
    return str(page["next"])


def told(page: dict[str, Any]) -> list[tuple[str, str, list[str]]]:
    return [(each["id"], each["change"], each["changed"]) for each in page["changes"]]


def test_who_follows_reads_on_and_is_told_the_same_again(province: Province) -> None:
    begin = end(province, "portal")
    lessons = [province.add(f"第 {number} 课", tags=["健康"], description="说明") for number in range(3)]
    page = read(province, "portal", f"after={begin}&limit=2&include=record")
    assert told(page) == [(each, "created", []) for each in lessons[:2]] and page["more"]
    first = page["changes"][0]
    assert first["version_id"] == version_of(province, lessons[0])
    assert (first["kind"], first["organization_id"]) == ("asset", province.school)
    assert (first["record"]["title"], first["record"]["tags"], first["record"]["organization"]) == (
        "第 0 课",
        ["健康"],
        "校",
    )
    rest = read(province, "portal", f"after={page['next']}&limit=2")
    assert told(rest) == [(lessons[2], "created", [])] and not rest["more"]
    assert rest["changes"][0]["record"] is None
    again = read(province, "portal", f"after={page['next']}&limit=2")
    assert again == rest
    province.say(lessons[0], title="新")
    later = read(province, "portal", f"after={rest['next']}&include=record")
    assert told(later) == [(lessons[0], "updated", ["metadata"])]
    assert later["changes"][0]["record"]["title"] == "新"
    # What is said of it stands where it was changed last, and only there.
    whole = read(province, "portal", f"after={begin}&include=record")
    assert [each["record"]["title"] if each["record"] else None for each in whole["changes"]] == [
        None,
        "第 1 课",
        "第 2 课",
        "新",
    ]
    assert read(province, "portal", f"after={later['next']}") == {
        "changes": [],
        "next": later["next"],
        "more": False,
    }


def test_what_is_hidden_ends_for_those_who_saw_it_alone(province: Province) -> None:
    begin = end(province, "stranger")
    secret = province.add("密", "private")
    lesson = province.add("课", "public")
    for who in province.keys:
        assert told(read(province, who, f"after={begin}")) == [(lesson, "created", [])], who
    begin = end(province, "stranger")
    province.show(lesson, "organization")
    hidden = {who: told(read(province, who, f"after={begin}")) for who in province.keys}
    assert hidden == {
        "admin": [(lesson, "updated", ["visibility"])],
        "portal": [(lesson, "updated", ["visibility"])],
        "stranger": [(lesson, "deleted", [])],
        "partner": [(lesson, "deleted", [])],
    }
    begin = end(province, "stranger")
    province.say(lesson, title="内部")
    province.show(secret, "public")
    assert told(read(province, "stranger", f"after={begin}")) == [(secret, "created", [])]
    gone = end(province, "admin")
    province.remove(lesson)
    assert told(read(province, "admin", f"after={gone}")) == [(lesson, "deleted", [])]
    assert told(read(province, "partner", f"after={gone}")) == []


def test_what_was_hidden_a_moment_ago_is_not_described(province: Province) -> None:
    begin = end(province, "stranger")
    lesson = province.add("将隐藏")
    province.write()
    province.show(lesson, "private")
    answer = province.house.client.get(
        f"/v1/changes?after={begin}&include=record", headers=province.keys["stranger"]
    )
    assert told(answer.json) == [(lesson, "created", [])]
    assert answer.json["changes"][0]["record"] is None


def test_a_course_tells_of_lessons_that_the_reader_sees(province: Province) -> None:
    begin = end(province, "stranger")
    seen, unseen = province.add("公开"), province.add("内部", "organization")
    made = province.house.client.post(
        "/v1/collections",
        json={"title": "课程", "asset_ids": [seen, unseen], "visibility": "public"},
        headers=province.keys["admin"],
    )
    assert made.status_code == 201, made.text
    for who, parts in (("stranger", ["公开"]), ("portal", ["公开", "内部"])):
        changes = read(province, who, f"after={begin}&include=record")["changes"]
        courses = [each for each in changes if each["kind"] == "course"]
        assert [each["id"] for each in courses] == [made.json["id"]]
        assert [part["title"] for part in courses[0]["record"]["parts"]] == parts
        assert courses[0]["version_id"] is None


def test_much_that_is_nothing_for_a_caller_is_passed_in_steps(
    province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = end(province, "stranger")
    for _ in range(5):
        province.add(word="organization")
    last = province.add()
    monkeypatch.setattr(change_log, "WINDOW", 2)
    found: list[str] = []
    pages, more, after = 0, True, begin
    while more:
        page = read(province, "stranger", f"after={after}")
        found += [each["id"] for each in page["changes"]]
        pages, more, after = pages + 1, page["more"], page["next"]
    assert (found, pages) == ([last], 3)


def test_cursors_of_nobody_and_of_another_time_are_refused(province: Province) -> None:
    begin = end(province, "portal")

    def code(cursor: str) -> tuple[int, str]:
        answer = province.house.client.get(f"/v1/changes?after={cursor}", headers=province.keys["portal"])
        return answer.status_code, answer.json.get("code", "")

    for nonsense in ("x", "1-2", begin + "0" * 20, f"{begin}x"):
        assert code(nonsense) == (400, "invalid_cursor")
    epoch, _, number = begin.partition("-")
    assert code(f"{epoch}-{int(number) + 1}") == (410, "cursor_forgotten")
    with province.house.sessions.begin() as session:
        recording.begin_anew(session)
    province.write()
    assert code(begin) == (410, "cursor_forgotten")
