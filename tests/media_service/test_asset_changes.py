"""Many assets changed in one request, and that taken back, on a running stack."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support import RunningStack
from tus import Tus


def make(stack: RunningStack, title: str) -> str:
    answer = stack.request("POST", f"/v1/assets?filename=a.mp4&title={title}", body=b"not a video")
    return str(json.loads(answer.data)["id"])


def send(stack: RunningStack, *changes: tuple[str, dict[str, Any]]) -> Any:
    body = {"changes": [{"asset_id": asset_id, "set": values} for asset_id, values in changes]}
    answer = stack.request("POST", "/v1/asset-changes", json=body)
    assert answer.status == 201, answer.data
    return json.loads(answer.data)


def take_back(stack: RunningStack, made: Any) -> Any:
    return stack.request("POST", f"/v1/asset-changes/{made['id']}/undo")


def show(stack: RunningStack, asset_id: str, *names: str) -> list[Any]:
    asset = json.loads(stack.request("GET", f"/v1/assets/{asset_id}").data)
    return [asset[name] for name in names]


def outcomes(document: Any) -> list[str]:
    return [row["outcome"] for row in document["rows"]]


def test_many_are_changed_and_taken_back(stack: RunningStack) -> None:
    first, second = make(stack, "one"), make(stack, "two")
    made = send(stack, (first, {"title": "一", "tags": ["a"]}), (second, {"language": "zh"}))
    assert outcomes(made) == ["changed", "changed"]
    assert show(stack, first, "title", "tags") == ["一", ["a"]]
    assert show(stack, second, "title", "language") == ["two", "zh"]

    back = take_back(stack, made)
    assert outcomes(json.loads(back.data)) == ["changed", "changed"]
    assert show(stack, first, "title", "tags") == ["one", []]
    assert show(stack, second, "language") == [None]
    assert json.loads(take_back(stack, made).data)["code"] == "undo_over"


def test_a_row_that_cannot_be_changed_keeps_no_other_from_it(stack: RunningStack) -> None:
    first, second, third = (make(stack, title) for title in "123")
    send(stack, (first, {"external_id": f"taken-{first}"}))
    made = send(
        stack,
        ("nothing-of-that-name", {"title": "x"}),
        (second, {"title": "never", "external_id": f"taken-{first}"}),
        (third, {"title": "done"}),
        (first, {"external_id": f"taken-{first}"}),
    )
    assert outcomes(made) == ["asset_not_found", "external_id_taken", "changed", "unchanged"]
    assert made["rows"][1]["message"]["zh"] and made["rows"][2]["message"] is None
    assert show(stack, second, "title", "external_id") == ["2", None]
    assert show(stack, third, "title") == ["done"]


def test_what_was_changed_since_stays(stack: RunningStack) -> None:
    first, second, gone = (make(stack, title) for title in "123")
    changes = {"title": "all", "subject": "s"}
    made = send(stack, (first, changes), (second, changes), (gone, changes))
    stack.request("PATCH", f"/v1/assets/{first}", json={"title": "mine"})
    stack.request("DELETE", f"/v1/assets/{gone}")
    back = json.loads(take_back(stack, made).data)
    assert outcomes(back) == ["changed_meanwhile", "changed", "asset_not_found"]
    assert show(stack, first, "title", "subject") == ["mine", None]
    log = stack.client.get(f"/v1/audit-log?target_id={first}&action=asset.change")["entries"]
    assert {"undone_change_set": made["id"], "subject": None} in [entry["details"] for entry in log]
    assert show(stack, second, "title", "subject") == ["2", None]


def test_three_hundred_at_once(stack: RunningStack) -> None:
    asset_id = make(stack, "a")
    more = [(f"no-such-asset-{number}", {"description": "x" * 2000}) for number in range(299)]
    made = send(stack, (asset_id, {"title": "b"}), *more)
    assert outcomes(made) == ["changed", *["asset_not_found"] * 299]


def test_strangers_rows_are_not_there(stack: RunningStack) -> None:
    asset_id = make(stack, "mine")
    stranger = Tus(stack).other_key("admin", same_organization=False)
    body = {"changes": [{"asset_id": asset_id, "set": {"title": "stolen"}}]}
    answer = json.loads(stack.request("POST", "/v1/asset-changes", json=body, key=stranger).data)
    assert outcomes(answer) == ["asset_not_found"]
    mine = send(stack, (asset_id, {"title": "new"}))
    refused = stack.request("POST", f"/v1/asset-changes/{mine['id']}/undo", key=stranger)
    assert json.loads(refused.data)["code"] == "change_not_found"
    assert show(stack, asset_id, "title") == ["new"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"changes": []},
        {"changes": [{"asset_id": "a", "set": {"title": ""}}]},
        {"changes": [{"asset_id": "a", "set": {"state": "ready"}}]},
        {"changes": [{"asset_id": "a", "set": {}}, {"asset_id": "a", "set": {}}]},
        {"changes": [{"asset_id": str(number), "set": {}} for number in range(301)]},
    ],
)
def test_bad_bodies(stack: RunningStack, body: Any) -> None:
    assert json.loads(stack.request("POST", "/v1/asset-changes", json=body).data)["code"] == "invalid_request"
