"""Links by which lessons are sent without an account: their terms, whose they are, and when they are open."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asking import Ask, asking, tree
from house import PUBLIC_URL, House, house
from signed_in import signed_in
from sqlalchemy import text

from storage.catalogue import upload_links

__all__ = ["house", "tree"]
pytestmark = pytest.mark.integration

RESOURCE = "/v1/upload-links"

TERMS = {
    "name": "微课大赛",
    "language": "zh",
    "max_bytes": 1000,
    "max_seconds": 600,
    "max_entries": 2,
    "kinds": ["video"],
    "grace_seconds": 60,
    "fields": [{"name": "school", "label": "学校", "required": True}],
    "licence": "我同意",
}


def moment(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


@pytest.fixture(scope="module")
def ask(house: House, tree: tuple[str, str, str]) -> Ask:
    return asking(house, RESOURCE, tree[0], "admin")


def move(house: House, link_id: str, seconds: int) -> None:
    """Let so much time pass for a link."""
    with house.sessions.begin() as session:
        session.execute(
            text(
                "UPDATE upload_links SET opens_at = opens_at - make_interval(secs => :s), "
                "closes_at = closes_at - make_interval(secs => :s) WHERE id = :id"
            ),
            {"s": seconds, "id": link_id},
        )


def test_terms_are_kept_and_changed_by_one_at_a_time(
    house: House, tree: tuple[str, str, str], ask: Ask
) -> None:
    made = ask("POST", "", {**TERMS, "closes_at": moment(3600)})
    assert made.status_code == 201, made.text
    assert made.headers["Cache-Control"] == "no-store"
    link = made.json
    secret = link.pop("secret")
    assert link.pop("page_url") == f"{PUBLIC_URL}/u/{secret}"
    assert link.pop("qr_code_url") == f"{PUBLIC_URL}/u/{secret}/qr.svg"
    shown = ask("GET", f"/{link['id']}")
    assert shown.json == link and link["state"] == "open" and link["organization_id"] == tree[0]
    assert {name: link[name] for name in TERMS} == TERMS
    with house.sessions() as session:
        found = upload_links.find_by_secret(session, secret)
        assert found is not None and found.id == link["id"]
        assert secret not in str(session.execute(text("SELECT upload_links::text FROM upload_links")).all())

    tag = shown.headers["ETag"]
    changed = ask("PATCH", f"/{link['id']}", {"max_entries": None, "name": "大赛"}, If_Match=tag)
    assert (changed.json["max_entries"], changed.json["name"]) == (None, "大赛")
    refused = ask("PATCH", f"/{link['id']}", {"name": "别的"}, If_Match=tag)
    assert (refused.status_code, refused.json["code"]) == (412, "changed_meanwhile")
    renewed = ask("POST", f"/{link['id']}/secret").json["secret"]
    with house.sessions() as session:
        assert upload_links.find_by_secret(session, secret) is None
        assert upload_links.find_by_secret(session, renewed) is not None
    assert ask("DELETE", f"/{link['id']}").status_code == 204
    assert ask("GET", f"/{link['id']}").json["code"] == "upload_link_not_found"
    with house.sessions() as session:
        rows = session.execute(
            text("SELECT action FROM audit_entries WHERE target_id = :id ORDER BY id"), {"id": link["id"]}
        )
        told = ["create", "change", "renew", "delete"]
        assert list(rows.scalars()) == [f"upload_link.{word}" for word in told]


def test_the_database_says_when_it_is_open(house: House, ask: Ask) -> None:
    body = {**TERMS, "opens_at": moment(1800), "closes_at": moment(3600)}
    link_id = ask("POST", "", body).json["id"]

    def state() -> str:
        return str(ask("GET", f"/{link_id}").json["state"])

    assert state() == "upcoming"
    move(house, link_id, 2000)
    assert state() == "open"
    move(house, link_id, 1630)
    assert state() == "late"
    assert ask("PATCH", f"/{link_id}", {"grace_seconds": 90}).json["state"] == "late"
    move(house, link_id, 90)
    assert state() == "closed"
    for late in ({"closes_at": moment(3600)}, {"grace_seconds": 600}, {"max_bytes": 1}, {"fields": []}):
        refused = ask("PATCH", f"/{link_id}", late)
        assert (refused.status_code, refused.json["code"]) == (409, "upload_link_closed"), late
    assert ask("PATCH", f"/{link_id}", {"name": "往届"}).json["state"] == "closed"


def test_any_moment_in_the_past_closes_now(house: House, ask: Ask) -> None:
    made = ask("POST", "", {**TERMS, "closes_at": moment(3600)}).json
    closed = ask("PATCH", f"/{made['id']}", {"closes_at": "2000-01-01T00:00:00Z", "grace_seconds": 0})
    assert (closed.status_code, closed.json["state"]) == (200, "closed"), closed.text
    assert closed.json["closes_at"] > made["opens_at"]
    later = ask("POST", "", {**TERMS, "opens_at": moment(1800), "closes_at": moment(3600)}).json
    refused = ask("PATCH", f"/{later['id']}", {"closes_at": moment(60)})
    assert (refused.status_code, refused.json["code"]) == (422, "invalid_request")


def test_strangers_and_other_authors_see_none_of_it(
    house: House, tree: tuple[str, str, str], ask: Ask
) -> None:
    body = {**TERMS, "closes_at": moment(3600)}
    below = ask("POST", "", {**body, "organization_id": tree[1]}).json
    assert below["organization_id"] == tree[1]
    assert ask("POST", "", {**body, "organization_id": tree[2]}).json["code"] == "organization_not_found"
    own = signed_in(house, tree[1], "u-1")
    mine = own.change("/v1/upload-links", json=body).json
    assert mine["owner_id"] == own.who()["person"]["id"]
    assert [link["id"] for link in own.open("/v1/upload-links").json["upload_links"]] == [mine["id"]]
    assert {mine["id"], below["id"]} <= {link["id"] for link in ask("GET").json["upload_links"]}
    for other in (
        asking(house, RESOURCE, tree[2], "admin"),
        lambda *a: signed_in(house, tree[1], "u-2").open(f"/v1/upload-links{a[1]}"),
    ):
        assert other("GET", f"/{mine['id']}").json["code"] == "upload_link_not_found"
        assert other("GET", "").json["upload_links"] == []
    portal = asking(house, RESOURCE, tree[0], "portal")
    assert portal("GET").json["code"] == portal("POST", "", body).json["code"] == "role_not_allowed"


@pytest.mark.parametrize(
    "wrong",
    [
        {"closes_at": moment(-1)},
        {"opens_at": moment(7200)},
        {"max_bytes": 0},
        {"kinds": ["book"]},
        {"fields": [{"name": "a", "label": "甲"}, {"name": "a", "label": "乙"}]},
        {"fields": [{"name": "A b", "label": "甲"}]},
        {"grace_seconds": 10**7},
        {"secret": "lsu_chosen"},
    ],
)
def test_terms_that_make_no_sense_are_refused(ask: Ask, wrong: dict[str, Any]) -> None:
    refused = ask("POST", "", {**TERMS, "closes_at": moment(3600), **wrong})
    assert (refused.status_code, refused.json["code"]) == (422, "invalid_request")
