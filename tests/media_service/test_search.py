"""Assets searched and narrowed by HTTP, on a running stack."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from house import House, house, lesson
from lesson import Lesson
from support import RunningStack

from storage.catalogue import passages
from storage.catalogue.models import Asset
from storage.ids import new_id
from storage.search_passages import passages_of
from storage.tracks.cue import Cue

__all__ = ["house", "lesson"]


def find(stack: RunningStack, **asked: str) -> list[str]:
    answer = stack.request("GET", f"/v1/assets?{urlencode({**asked, 'count': 'true'})}")
    assert answer.status == 200, answer.data
    page: Any = json.loads(answer.data)
    assert page["total"] == {"count": len(page["assets"]), "exact": True}
    return [asset["title"] for asset in page["assets"]]


def test_a_lesson_is_found_by_what_is_said_of_it(stack: RunningStack) -> None:
    # A word that nothing else on the stack has.
    own = new_id()
    titles = f"{own} 太极拳入门", f"{own} Tai chi 101"
    ids = []
    for title in titles:
        made = stack.request(
            "POST", f"/v1/assets?{urlencode({'title': title, 'filename': 'a.mp4'})}", body=b"no"
        )
        ids.append(json.loads(made.data)["id"])
    assert find(stack, q=own) == [*reversed(titles)]
    assert find(stack, q=f"{own} 极拳") == find(stack, q=f"极拳 {own[:20]}") == [titles[0]]
    assert find(stack, q=f"{own} ＣＨＩ") == [titles[1]]
    assert find(stack, q=f"{own} 拳极") == find(stack, q=f"{own} 武术") == find(stack, q="？！") == []

    change = {"tags": ["武术", own], "language": "zh-CN", "subject": own, "description": "强身健体"}
    answer = stack.request("PATCH", f"/v1/assets/{ids[0]}", json=change)
    assert answer.status == 200, answer.data
    assert find(stack, q=f"武术 {own}") == find(stack, q=f"{own} 健体") == [titles[0]]
    assert (
        find(stack, tag=own) == find(stack, subject=own) == find(stack, q=own, language="zh") == [titles[0]]
    )
    assert find(stack, q=own, language="und", has_captions="false") == [titles[1]]
    assert find(stack, q=own, has_captions="true") == find(stack, q=own, language="fr") == []

    undone = stack.request(
        "POST", "/v1/asset-changes", json={"changes": [{"asset_id": ids[1], "set": {"title": own}}]}
    )
    assert find(stack, q=f"{own} chi") == []
    stack.request("POST", f"/v1/asset-changes/{json.loads(undone.data)['id']}/undo")
    assert find(stack, q=f"{own} chi") == [titles[1]]


def test_a_language_that_is_none_is_refused(stack: RunningStack) -> None:
    answer = stack.request("GET", "/v1/assets?language=klingon1")
    assert (answer.status, json.loads(answer.data)["code"]) == (422, "invalid_request")


def test_a_search_shows_where_it_is_said(house: House, lesson: Lesson) -> None:
    with house.sessions.begin() as session:
        asset = session.get_one(Asset, lesson.asset_id)
        asset.title, asset.clicks = "社区教育概论", 12
        cues = [Cue(0, 4000, "大家好"), Cue(61_000, 64_500, "現在講社區教育")]
        passages.write(session, lesson.track_id, passages_of(cues, "captions"))
    key = house.api_key(lesson.organization_id)

    def search(path: str = "", **asked: Any) -> Any:
        answer = house.get(f"/v1/search{path}?{urlencode(asked)}", **key)
        assert answer.status_code == 200, answer.text
        return answer.json

    found = search(q="社區教育", facets="true")
    [result] = [each for each in found["results"] if each["asset"]["id"] == lesson.asset_id]
    assert result["title_matches"] == [{"start": 0, "end": 4}]
    assert (result["found_in"], result["clicks"]) == ("title", 12)
    [hit] = result["hits"]
    assert (hit["start"], hit["end"], hit["language"], hit["kind"]) == (61.0, 64.5, "zh", "captions")
    [place] = hit["matches"]
    assert hit["text"][place["start"] : place["end"]] == "社區教育"
    assert {"value": "true", "count": 1, "more": False} in found["facets"]["has_captions"]
    assert found["total"]["more"] is False and found["total"]["count"] == len(found["results"])
    assert search("/suggestions", q="社区")["suggestions"] == ["社区教育概论"]
    assert search(q="社" * 10_000)["results"] == search(q="'|!():*")["results"] == []
    assert house.get("/v1/search?q=%ED%A0%80%00", **key).status_code == 422
    for cursor in ("x", "WyIxIiwgIngiLCAieSJd"):
        refused = house.get(f"/v1/search?after={cursor}", **key)
        assert (refused.status_code, refused.json["code"]) == (400, "invalid_cursor"), refused.text
    assert house.get("/v1/search?q=x").status_code == 401

    # What is not for portals is not found by them either; whoever makes lessons finds it.
    with house.sessions.begin() as session:
        hidden = session.get_one(Asset, lesson.asset_id)
        hidden.visibility = hidden.effective_visibility = "private"
    assert search(q="社區教育")["results"] == search("/suggestions", q="社区")["suggestions"] == []
    key = house.api_key(lesson.organization_id, "author")
    assert [each["asset"]["id"] for each in search(q="社區教育")["results"]] == [lesson.asset_id]
    assert search("/suggestions", q="社区")["suggestions"] == ["社区教育概论"]
