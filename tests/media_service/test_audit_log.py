"""Who changed what is written down with the change, and found by administrators."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any, get_args

import pytest
from house import House, house
from sqlalchemy import func, select, text, update

from configs.words import AuditAction
from storage.catalogue.models import AuditEntry, KeptAnswer
from storage.catalogue.organizations import create_organization
from storage.ids import new_id
from workers.keeper import forget_old

__all__ = ["house"]
pytestmark = pytest.mark.integration

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SRT = b"1\n00:00:00,000 --> 00:00:01,000\nhello\n"
PUBLIC_KEY = {"kty": "OKP", "crv": "Ed25519", "x": "BLgpIeyuBGRPERv110sgNm7vvg5eegW2KwrU3aNUD64"}
TUS = {"Tus-Resumable": "1.0.0"}


@pytest.fixture(scope="module")
def city(house: House) -> str:
    with house.sessions.begin() as session:
        return create_organization(session, "市").id


def entries(house: House, headers: dict[str, str], query: str = "") -> list[dict[str, Any]]:
    answer = house.client.get(f"/v1/audit-log?limit=200{query}", headers=headers)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json["entries"]
    return found


def test_every_kind_of_change_leaves_its_entry(house: House, city: str) -> None:
    admin = house.api_key(city, "admin")

    def ask(method: str, path: str, status: int, json: Any = None, **more: Any) -> Any:
        headers = {**admin, **more.pop("headers", {})}
        answer = house.client.open(path, method=method, json=json, headers=headers, **more)
        assert answer.status_code == status, (path, answer.text)
        if status == 201:
            assert answer.headers["Location"]
        return answer.json if answer.data else answer.headers

    asset = ask("POST", "/v1/assets?filename=a.mp4", 201, data=b"x")["id"]
    ask("PATCH", f"/v1/assets/{asset}", 200, {"title": "新"})
    playback_id = ask("POST", f"/v1/assets/{asset}/playback-ids", 201, {"policy": "signed"})["id"]
    ask("DELETE", f"/v1/assets/{asset}/playback-ids/{playback_id}", 204)
    ask("POST", f"/v1/assets/{asset}/reviews", 200, {"action": "withdraw"})
    ask("PUT", f"/v1/assets/{asset}/tracks/captions/en", 200, data=SRT)
    ask("DELETE", f"/v1/assets/{asset}/tracks/captions/en", 204)
    collection = ask("POST", "/v1/collections", 201, {"title": "课", "asset_ids": [asset]})["id"]
    ask("PATCH", f"/v1/collections/{collection}", 200, {"title": "课程"})
    partner = ask("POST", "/v1/partners", 201, {"name": "站", "collection_ids": [collection]})["id"]
    ask("PATCH", f"/v1/partners/{partner}", 200, {"bytes_per_day": 7})
    ask("DELETE", f"/v1/partners/{partner}", 204)
    ask("DELETE", f"/v1/collections/{collection}", 204)
    ask("DELETE", f"/v1/assets/{asset}", 204)
    ask("POST", f"/v1/assets/{asset}/restore", 200)
    school = ask("POST", "/v1/organizations", 201, {"name": "校"})["id"]
    ask("PATCH", f"/v1/organizations/{school}", 200, {"name": "小学"})
    key = ask("POST", "/v1/api-keys", 201, {"role": "author", "label": "工作站"})
    ask("DELETE", f"/v1/api-keys/{key['id']}", 204)
    signing = ask("POST", "/v1/signing-keys", 201, {"public_key": PUBLIC_KEY})["id"]
    ask("DELETE", f"/v1/signing-keys/{signing}", 204)
    upload = ask("POST", "/v1/uploads", 201, headers={**TUS, "Upload-Length": "5"})["Location"]
    ask("DELETE", upload, 204, headers=TUS)

    written = entries(house, admin)
    words = {entry["action"] for entry in written}
    matters = {word.partition(".")[0] for word in words}
    # That every view records what it changes is seen by tests/test_architecture.py.
    expected = {word for word in get_args(AuditAction) if word.partition(".")[0] in matters}
    assert words == expected - {"asset.retry", "track.accept"} and len(matters) == 9
    assert key["key"] not in str(written)
    [changed] = entries(house, admin, f"&action=asset.change&target_id={asset}")
    assert changed["details"] == {"title": "新"} and changed["organization_id"] == city


def test_an_entry_says_who_from_where_and_in_which_request(
    house: House, city: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    admin, author = house.api_key(city, "admin"), house.api_key(city, "author")
    request_id = new_id()
    headers = {**author, "X-Request-Id": request_id, "traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
    made = house.client.post("/v1/collections", json={"title": "课"}, headers=headers)
    assert made.headers["X-Request-Id"] == request_id
    [entry] = entries(house, admin, f"&target_id={made.json['id']}")
    assert (entry["request_id"], entry["trace_id"], entry["address"]) == (request_id, TRACE, "127.0.0.1")
    assert (entry["role"], entry["key_label"]) == ("author", "test") and entry["key_id"]
    lines = [record.getMessage() for record in caplog.records if request_id in record.getMessage()]
    assert any(
        f"collection.create {made.json['id']} by {entry['key_id']}, request " in line for line in lines
    )
    [access] = [line for line in lines if line.startswith("POST /v1/collections 201 in ")]
    assert f"trace {TRACE}" in access and f"key {entry['key_id']}" in access


@pytest.mark.parametrize("given", ["short", "a b c d e f g h", "x" * 200, "12345678\x0b"])
def test_an_id_that_does_not_fit_into_a_log_is_replaced(house: House, given: str) -> None:
    answer = house.client.get("/healthz", headers={"X-Request-Id": given})
    assert answer.headers["X-Request-Id"] not in ("", given)


def test_what_was_not_changed_is_not_written_down(house: House, city: str) -> None:
    admin = house.api_key(city, "admin")
    before = entries(house, admin)
    assert house.client.delete(f"/v1/assets/{new_id()}", headers=admin).status_code == 404
    with house.sessions.begin() as session:
        session.execute(text("ALTER TABLE audit_entries ADD CONSTRAINT full_up CHECK (id < 0) NOT VALID"))
    try:
        assert house.client.post("/v1/collections", json={"title": "没"}, headers=admin).status_code == 500
    finally:
        with house.sessions.begin() as session:
            session.execute(text("ALTER TABLE audit_entries DROP CONSTRAINT full_up"))
    assert entries(house, admin) == before
    found = house.client.get("/v1/collections", headers=admin).json["collections"]
    assert "没" not in [collection["title"] for collection in found]


def test_each_sees_what_is_its_own_and_pages_through_it(house: House, city: str) -> None:
    with house.sessions.begin() as session:
        school = create_organization(session, "校", city).id
    headers = house.api_key(school, "admin")
    made = [
        house.client.post("/v1/collections", json={"title": title}, headers=headers).json["id"]
        for title in "甲乙丙"
    ]
    assert [entry["target_id"] for entry in entries(house, headers)] == made[::-1]
    page = house.client.get("/v1/audit-log?limit=2", headers=headers).json
    rest = house.client.get(f"/v1/audit-log?limit=2&after={page['next']}", headers=headers).json
    assert [entry["target_id"] for entry in page["entries"] + rest["entries"]] == made[::-1]
    assert rest["next"] is None
    admin = house.api_key(city, "admin")
    assert {*made} <= {entry["target_id"] for entry in entries(house, admin)}
    of_school = entries(house, admin, f"&organization_id={school}")
    assert [entry["target_id"] for entry in of_school] == made[::-1]
    at = [entry["at"].replace("+", "%2B") for entry in of_school]
    between = entries(house, admin, f"&organization_id={school}&since={at[1]}&before={at[0]}")
    assert [entry["target_id"] for entry in between] == made[1:2]
    strange = house.client.get(f"/v1/audit-log?organization_id={city}", headers=headers)
    assert strange.json["code"] == "organization_not_found"
    assert house.client.get("/v1/audit-log", headers=house.api_key(city, "author")).status_code == 403
    assert house.client.get("/v1/audit-log?after=x", headers=headers).json["code"] == "invalid_cursor"


def test_the_log_is_kept_for_as_long_as_said(house: House, city: str) -> None:
    admin = house.api_key(city, "admin")
    path, kept = "/v1/collections", {**admin, "Idempotency-Key": new_id()}
    old, new = (
        house.client.post(path, json={"title": "课"}, headers=kept).json["id"] for kept in (admin, kept)
    )
    with house.sessions.begin() as session:
        long_ago = func.now() - timedelta(days=31)
        session.execute(update(AuditEntry).where(AuditEntry.target_id == old).values(at=long_ago))
        session.execute(update(KeptAnswer).values(expires_at=func.now() - timedelta(seconds=1)))
    forget_old(house.sessions, 30, 30)
    assert not entries(house, admin, f"&target_id={old}")
    assert entries(house, admin, f"&target_id={new}")
    with house.sessions() as session:
        assert session.execute(select(func.count()).select_from(KeptAnswer)).scalar_one() == 0
