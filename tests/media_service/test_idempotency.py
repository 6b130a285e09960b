"""What is sent again with the same Idempotency-Key is done once."""

from __future__ import annotations

import hashlib
import threading
from base64 import b64encode
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from house import House, house, lesson
from lesson import Lesson
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from storage.catalogue import collections as catalogue
from storage.catalogue import upload_locks
from storage.catalogue.models import Asset, KeptAnswer, Upload
from storage.catalogue.organizations import create_organization
from storage.ids import new_id

__all__ = ["house", "lesson"]
pytestmark = pytest.mark.integration

Post = Callable[..., TestResponse]
TUS = {"Tus-Resumable": "1.0.0"}


@pytest.fixture(scope="module")
def organization_id(house: House) -> str:
    with house.sessions.begin() as session:
        return create_organization(session, "市").id


@pytest.fixture(scope="module")
def post(house: House, organization_id: str) -> Post:
    """POST with the key of an administrator, which is always the same."""
    authorization = house.api_key(organization_id, "admin")

    def post(path: str, key: str, json: Any = None, **more: Any) -> TestResponse:
        headers = {**authorization, "Idempotency-Key": key, **more.pop("headers", {})}
        return house.client.post(path, json=json, headers=headers, **more)

    return post


def code(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, answer.json["code"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/collections", {"title": "课"}),
        ("/v1/partners", {"name": "站"}),
        ("/v1/organizations", {"name": "校"}),
        ("/v1/api-keys", {"role": "author"}),
    ],
)
def test_the_same_request_is_carried_out_once(house: House, post: Post, path: str, body: Any) -> None:
    key = new_id()
    first, again = post(path, key, body), post(path, f'"{key}"', body)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json == first.json
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.headers["Location"] == first.headers["Location"]
    assert post(path, new_id(), body).json["id"] != first.json["id"]
    other = post(path, key, {**body, next(iter(body)): "portal"})
    assert code(other) == (422, "idempotency_key_used")
    with house.sessions() as session:
        kept = session.execute(select(KeptAnswer.body)).scalars().all()
    secret = first.json.get("key", first.json["id"])
    assert not any(secret.encode() in body for body in kept)


def test_each_caller_has_keys_of_its_own(house: House, organization_id: str, post: Post) -> None:
    key = new_id()
    first = post("/v1/collections", key, {"title": "课"})
    headers = {**house.api_key(organization_id, "author"), "Idempotency-Key": key}
    other = house.client.post("/v1/collections", json={"title": "另一课"}, headers=headers)
    assert other.status_code == 201 and other.json["id"] != first.json["id"]


def test_what_failed_is_tried_again(post: Post) -> None:
    key = new_id()
    assert code(post("/v1/collections", key, {"title": ""})) == (422, "invalid_request")
    assert post("/v1/collections", key, {"title": "课"}).status_code == 201


@pytest.mark.parametrize("key", ["", " ", "课".encode().decode("latin-1"), "x" * 256, "two words"])
def test_keys_that_are_none(post: Post, key: str) -> None:
    assert code(post("/v1/collections", key, {"title": "课"})) == (400, "bad_request")


def test_after_a_day_the_key_is_free(house: House, post: Post) -> None:
    key = new_id()
    first = post("/v1/collections", key, {"title": "课"})
    with house.sessions.begin() as session:
        session.execute(update(KeptAnswer).values(expires_at=KeptAnswer.expires_at - timedelta(days=1)))
    assert post("/v1/collections", key, {"title": "课"}).json["id"] != first.json["id"]


def test_while_the_first_is_under_way_others_are_told_so(
    house: House, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, may_end = threading.Event(), threading.Event()
    create = catalogue.create_collection

    def slow(*arguments: Any, **named: Any) -> Any:
        begun.set()
        assert may_end.wait(60)
        return create(*arguments, **named)

    monkeypatch.setattr(catalogue, "create_collection", slow)
    key, answers = new_id(), []
    thread = threading.Thread(target=lambda: answers.append(post("/v1/collections", key, {"title": "课"})))
    thread.start()
    assert begun.wait(60)
    busy = post("/v1/collections", key, {"title": "课"})
    may_end.set()
    thread.join(60)
    assert code(busy) == (409, "idempotency_key_busy") and busy.headers["Retry-After"]
    assert post("/v1/collections", key, {"title": "课"}).json == answers[0].json


def test_an_upload_whose_answer_was_lost_goes_on(house: House, post: Post) -> None:
    external_id = new_id()
    wishes = {"Upload-Metadata": f"external_id {b64encode(external_id.encode()).decode()}"}
    key, headers = new_id(), {**TUS, "Upload-Length": "6", **wishes}
    first = post("/v1/uploads", key, headers=headers)
    again = post("/v1/uploads", key, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["Location"] == first.headers["Location"]
    # Without such a key the refusal leads there.
    taken = post("/v1/uploads", new_id(), headers=headers)
    assert code(taken) == (409, "external_id_taken")
    assert taken.headers["Location"] == first.headers["Location"]
    assert taken.headers["Lessonstream-Asset"] == first.headers["Lessonstream-Asset"]
    assert code(post("/v1/uploads", key, headers={**headers, "Upload-Length": "7"})) == (
        422,
        "idempotency_key_used",
    )


def test_the_first_bytes_that_came_with_an_upload_are_not_lost(post: Post) -> None:
    key = new_id()
    sent = {
        "headers": {**TUS, "Upload-Length": "10", "Content-Type": "application/offset+octet-stream"},
        "data": b"first ",
    }
    first, again = post("/v1/uploads", key, **sent), post("/v1/uploads", key, **sent)
    assert again.headers["Location"] == first.headers["Location"]
    assert (again.status_code, again.headers["Upload-Offset"]) == (201, "6")


def test_a_file_that_is_sent_again_makes_no_second_asset(house: House, post: Post) -> None:
    key, sent = new_id(), {"data": b"no video", "headers": {"Content-Type": "video/mp4"}}
    first, again = post("/v1/assets?title=a", key, **sent), post("/v1/assets?title=a", key, **sent)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json["id"] == first.json["id"]
    assert again.headers["Location"] == f"/v1/assets/{first.json['id']}"
    assert code(post("/v1/assets?title=b", key, **sent)) == (422, "idempotency_key_used")


def test_a_file_that_broke_off_is_sent_again(house: House, post: Post) -> None:
    key = new_id()
    path = f"/v1/assets?sha256={hashlib.sha256(b'whole').hexdigest()}&external_id={key}"
    broken = post(path, key, data=b"wrong", headers={"Content-Type": "video/mp4"})
    assert code(broken) == (460, "checksum_mismatch")
    whole = post(path, key, data=b"whole", headers={"Content-Type": "video/mp4"})
    assert (whole.status_code, whole.json["external_id"]) == (201, key)


def test_a_file_whose_request_died_is_sent_again(
    house: House, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = new_id()
    path = f"/v1/assets?external_id={key}"
    sent = {"data": b"whole", "headers": {"Content-Type": "video/mp4"}}
    # What a process leaves behind that is killed while the bytes arrive: nobody takes the upload away.
    monkeypatch.setattr("media_service.uploads.at_once.drop_upload", lambda _: None)
    cut = post(path, key, **{**sent, "data": b"who"}, environ_overrides={"CONTENT_LENGTH": "5"})
    assert code(cut) == (400, "upload_interrupted")
    monkeypatch.undo()
    with house.sessions.begin() as session:
        upload_id = session.execute(
            select(Upload.id)
            .join(Asset, Asset.current_version_id == Upload.version_id)
            .filter_by(external_id=key)
        ).scalar_one()
        upload_locks.seize(session, upload_id, "another request")
    busy = post(path, key, **sent)
    assert code(busy) == (409, "idempotency_key_busy")
    assert busy.headers["Location"] == f"/v1/uploads/{upload_id}"
    with house.sessions.begin() as session:
        upload_locks.release(session, upload_id, "another request")
    whole = post(path, key, **sent)
    assert (whole.status_code, whole.json["external_id"]) == (201, key)
    assert post(path, key, **sent).json["id"] == whole.json["id"]


def test_a_secret_is_stored_nowhere_on_its_way(house: House, lesson: Lesson) -> None:
    headers = house.api_key(lesson.organization_id)
    issued = house.client.post("/v1/playback-tokens", json={"asset_id": lesson.asset_id}, headers=headers)
    assert issued.headers["Location"] == issued.json["manifest_url"]
    unknown = {"items": [{"asset_id": new_id()}]}
    none = house.client.post("/v1/playback-tokens", json=unknown, headers=headers)
    assert (none.status_code, none.headers["Location"]) == (201, "/v1/playback-tokens")
    pack = house.client.post("/v1/offline-packs", json={"asset_id": lesson.asset_id}, headers=headers)
    assert {answer.headers["Cache-Control"] for answer in (issued, none, pack)} == {"no-store"}
    shown = house.client.get(f"/v1/assets/{lesson.asset_id}", headers=headers)
    assert shown.headers["Cache-Control"] == "private, no-cache"
