"""Values as clients send them: none is turned into another, and each fault is told with its place."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest
from pydantic import BaseModel
from werkzeug.datastructures import MultiDict

from media_service.cataloguing.changes import AssetChanges
from media_service.management.asset_queries import AssetQuery
from media_service.management.categories import NewCategory
from media_service.management.collection_documents import CollectionChanges, NewCollection
from media_service.management.organizations import NewApiKey
from media_service.management.paging import PageQuery
from media_service.management.partners import NewPartner, PartnerChanges
from media_service.management.playback_tokens import TokenRequest, _items
from media_service.management.signing_keys import NewSigningKey
from media_service.problems import ApiError
from media_service.strict_values import read_document, read_query
from media_service.uploads.protocol import make_intake


def faults(model: type[BaseModel], body: str) -> dict[str, str]:
    """Pointers and what is said of each."""
    with pytest.raises(ApiError) as refused:
        read_document(model, body.encode())
    assert refused.value.code == "invalid_request"
    told = [fault.to_json() for fault in refused.value.errors]
    return {fault["pointer"]: fault["detail"] for fault in told}


@pytest.mark.parametrize(
    ("model", "body", "pointer"),
    [
        (NewPartner, '{"name": "x", "enabled": "no"}', "#/enabled"),
        (NewPartner, '{"name": "x", "enabled": 0}', "#/enabled"),
        (NewPartner, '{"name": "x", "bytes_per_day": "7"}', "#/bytes_per_day"),
        (NewPartner, '{"name": "x", "bytes_per_day": 7.0}', "#/bytes_per_day"),
        (NewPartner, '{"name": "x", "bytes_per_day": true}', "#/bytes_per_day"),
        (TokenRequest, '{"expires_in": true}', "#/expires_in"),
        (TokenRequest, '{"start": "1"}', "#/start"),
        (TokenRequest, '{"items": [{"asset_id": "a"}, {"asset_id": 5}]}', "#/items/1/asset_id"),
        (NewCollection, '{"title": "x", "a/b~": 1}', "#/a~1b~0"),
        (NewCollection, '{"title": "x", "课": 1}', "#/%E8%AF%BE"),
        (NewCollection, "{}", "#/title"),
        (NewCollection, "[]", "#"),
        (NewSigningKey, '{"public_key": 5}', "#/public_key"),
        (NewCollection, r'{"title": "a\u0000b", "asset_ids": ["a", "b\u0000"]}', "#/asset_ids/1"),
        (NewCategory, r'{"code": "a", "name_zh": "b", "name_en": "c", "parent_id": "\u0000"}', "#/parent_id"),
    ],
)
def test_a_wrong_value_is_refused_where_it_stands(model: type[BaseModel], body: str, pointer: str) -> None:
    assert faults(model, body).keys() == {pointer}


def test_all_faults_are_told_but_not_thousands() -> None:
    assert faults(NewPartner, '{"enabled": 1, "origins": ["*"]}').keys() == {
        "#/name",
        "#/enabled",
        "#/origins/0",
    }
    assert len(faults(NewCollection, json.dumps({"title": "x", "asset_ids": [1] * 900}))) == 20


@pytest.mark.parametrize(
    "body",
    [
        b'{"role": "author", "role": "admin"}',
        b'{"role": "author", "label": {"a": 1, "a": 1}}',
        '{"role": "author"}'.encode("utf-16"),
        b'{"role": NaN}',
        b'{"role": Infinity}',
        b"",
        b"'role'",
        b"[" * 30_000,
    ],
)
def test_what_is_no_json_or_says_two_things(body: bytes) -> None:
    with pytest.raises(ApiError) as refused:
        read_document(NewApiKey, body)
    assert refused.value.code == "bad_request"


@pytest.mark.parametrize(
    ("model", "body", "given"),
    [
        (AssetChanges, {}, {}),
        (CollectionChanges, {}, {}),
        (PartnerChanges, {}, {}),
        (AssetChanges, {"external_id": None}, {"external_id": None}),
        (AssetChanges, {"title": "x"}, {"title": "x"}),
        (CollectionChanges, {"asset_ids": []}, {"asset_ids": []}),
        (PartnerChanges, {"enabled": False}, {"enabled": False}),
    ],
)
def test_a_patch_changes_what_it_names(model: Any, body: dict[str, Any], given: dict[str, Any]) -> None:
    assert read_document(model, json.dumps(body).encode()).given() == given


def may_be_null(annotation: Any) -> bool:
    return type(None) in get_args(annotation)


@pytest.mark.parametrize("model", [AssetChanges, CollectionChanges, PartnerChanges])
def test_null_takes_away_only_what_may_be_missing(model: type[BaseModel]) -> None:
    for name in {name for name, field in model.model_fields.items() if not may_be_null(field.annotation)}:
        assert faults(model, json.dumps({name: None})).keys() == {f"#/{name}"}
    assert not any("default" in field for field in model.model_json_schema()["properties"].values())


@pytest.mark.parametrize(
    "written",
    [
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "2999-01-01T00:00:00 08:00",
        "2999-01-01 00:00:00Z",
        "2999-01-01",
        "2999-01-01T00:00:00",
    ],
)
def test_a_moment_is_one_that_can_be_kept(written: str) -> None:
    body = json.dumps({"role": "author", "expires_at": written})
    assert faults(NewApiKey, body).keys() == {"#/expires_at"}
    with pytest.raises(ApiError) as refused:
        read_query(AssetQuery, MultiDict([("created_since", written)]))
    assert [fault.to_json()["parameter"] for fault in refused.value.errors] == ["created_since"]


def test_a_key_ends_later_than_now() -> None:
    told = faults(NewApiKey, '{"role": "author", "expires_at": "2020-01-01T00:00:00Z"}')
    assert told == {"#/expires_at": "must be in the future"}


@pytest.mark.parametrize("wish", ["policy", "background", "external_id"])
def test_what_is_said_of_a_file_is_told_by_its_name(wish: str) -> None:
    wishes = {"policy": "public", "background": "#ffffff", "external_id": "7", wish: "\n"}
    with pytest.raises(ApiError) as refused:
        make_intake(1, 1, file_name="a.mp4", title="", sha256=None, content_type="", **wishes)
    assert [fault.to_json()["parameter"] for fault in refused.value.errors] == [wish]


def test_the_wrong_one_of_many_videos_is_pointed_at() -> None:
    asked = read_document(TokenRequest, b'{"items": [{"asset_id": "a"}, {}]}')
    with pytest.raises(ApiError) as refused:
        _items(asked)
    assert [fault.to_json()["pointer"] for fault in refused.value.errors] == ["#/items/1"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *(("limit", text) for text in ("1_0", "5.0", " 5", "+5", "", "9" * 99)),
        *(("count", text) for text in ("yes", "1", "True", "")),
    ],
)
def test_numbers_and_truths_are_written_as_in_json(name: str, text: str) -> None:
    with pytest.raises(ApiError) as refused:
        read_query(AssetQuery, MultiDict([(name, text)]))
    assert [fault.to_json()["parameter"] for fault in refused.value.errors] == [name]


def test_a_parameter_is_given_once_and_named_where_it_is_wrong() -> None:
    for query in (MultiDict([("limit", "1"), ("limit", "2")]), MultiDict([("limit", "x")])):
        with pytest.raises(ApiError) as refused:
            read_query(PageQuery, query)
        assert [fault.to_json()["parameter"] for fault in refused.value.errors] == ["limit"]
