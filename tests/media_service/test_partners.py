"""Partners over HTTP: who may embed and read what, on which terms, and that changes count soon."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from deals import SITE, STRANGER, Deal, at_once, deal, make_deal, own_house
from house import PUBLIC_URL, House, house, make_house, walk
from lesson import add_lesson
from redis import Redis
from support import RunningStack
from werkzeug.test import TestResponse

from media_service.playback.access import partner_terms
from media_service.playback.access.rate_limits import RateLimits
from storage.catalogue.assets import create_asset
from storage.catalogue.organizations import create_organization
from storage.counters import Counters
from storage.ids import new_id

__all__ = ["at_once", "deal", "house", "own_house"]
pytestmark = pytest.mark.integration

UNKNOWN = "0mwweeu53jy63fifmmyuzmf0"
"""Well formed, and of nothing."""


def code(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, str(answer.json["code"])


def test_a_partner_is_made_shown_changed_and_deleted(deal: Deal) -> None:
    path = f"/v1/partners/{deal.id}"
    shown = deal.ask("GET", path).json
    assert shown["origins"] == [SITE, "https://*.school.edu.cn"] and shown["enabled"]
    assert shown["collection_ids"] == [deal.collection_id]
    changed = deal.ask(
        "PATCH", path, {"name": "新", "origins": ["HTTPS://学习.中国"], "bytes_per_day": 7}
    ).json
    assert (changed["name"], changed["origins"]) == ("新", ["https://xn--vjq503a.xn--fiqs8s"])
    assert changed["updated_at"] > shown.pop("updated_at")
    told = {
        "name": "新",
        "origins": changed["origins"],
        "bytes_per_day": 7,
        "updated_at": changed["updated_at"],
    }
    assert changed == {**shown, **told}
    assert deal.ask("GET", "/v1/partners").json["partners"] == [changed]
    assert deal.ask("DELETE", path).status_code == 204
    assert code(deal.ask("GET", path)) == (404, "partner_not_found")
    assert code(deal.issue()) == (401, "key_invalid")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, "invalid_request"),
        ({"name": "x", "origins": ["*"]}, "invalid_request"),
        ({"name": "x", "origins": ["https://*.edu.cn"]}, "invalid_request"),
        ({"name": "x", "origins": [f"https://a{n}.example.com" for n in range(51)]}, "invalid_request"),
        ({"name": "x", "bytes_per_day": 0}, "invalid_request"),
        ({"name": "x", "requests_per_second": 10**16}, "invalid_request"),
        ({"name": "x", "collection_ids": ["../x"]}, "collection_not_found"),
        ({"name": "x", "collection_ids": [UNKNOWN]}, "collection_not_found"),
        ({"name": "x", "organization_id": UNKNOWN}, "organization_not_found"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_refused(deal: Deal, body: Any, expected: str) -> None:
    assert code(deal.ask("POST", "/v1/partners", body))[1] == expected


def test_what_others_have_does_not_exist(deal: Deal) -> None:
    foreign = {"headers": deal.house.api_key(deal.other.organization_id, "admin")}
    client = deal.house.client
    assert code(client.get(f"/v1/partners/{deal.id}", **foreign)) == (404, "partner_not_found")
    assert code(client.delete(f"/v1/partners/{deal.id}", **foreign)) == (404, "partner_not_found")
    body = {"role": "partner", "partner_id": deal.id}
    assert code(client.post("/v1/api-keys", json=body, **foreign)) == (404, "partner_not_found")
    body = {"name": "x", "collection_ids": [deal.collection_id]}
    assert code(client.post("/v1/partners", json=body, **foreign)) == (404, "collection_not_found")
    for wrong in ({"role": "author"}, {"role": "partner", "organization_id": deal.lesson.organization_id}):
        answer = deal.ask("POST", "/v1/api-keys", {**wrong, "partner_id": deal.id})
        assert code(answer) == (422, "invalid_request")
    # A school's partner gets nothing of the city above it.
    with deal.house.sessions.begin() as session:
        school = create_organization(session, "校", deal.lesson.organization_id).id
    body = {"name": "x", "organization_id": school, "collection_ids": [deal.collection_id]}
    assert code(deal.ask("POST", "/v1/partners", body)) == (404, "collection_not_found")


def test_a_partner_issues_tokens_for_what_is_shared_alone(deal: Deal) -> None:
    with deal.house.sessions.begin() as session:
        unshared = create_asset(session, deal.lesson.organization_id, "课", "a.mp4", "signed").asset_id
    assert deal.issue().status_code == 201
    for body in ({"asset_id": unshared}, {"asset_id": deal.other.asset_id}):
        answer = deal.house.client.post("/v1/playback-tokens", json=body, headers=deal.key)
        assert code(answer) == (404, "playback_not_found")
    portal = deal.house.api_key(deal.lesson.organization_id)
    body = {"asset_id": unshared}
    assert deal.house.client.post("/v1/playback-tokens", json=body, headers=portal).status_code == 201
    grant = deal.house.gate._grant(deal.token())
    assert grant.partner == deal.id


def test_everything_a_partners_token_opens_is_for_its_pages(deal: Deal) -> None:
    urls = [url for url, _ in walk(deal.house, deal.master)]
    urls += [
        deal.master.replace("master.m3u8", name)
        for name in ("poster.jpg", "storyboard.vtt", "storyboard.jpg")
    ]
    query = deal.master.partition("?")[2]
    urls.append(
        f"/v/{deal.lesson.signed_id}/{deal.lesson.version_id}/tracks/{deal.lesson.track_id}.vtt?{query}"
    )
    refusals = set()
    for url in urls:
        for origin in (SITE, "https://a.b.school.edu.cn", PUBLIC_URL):
            answer = deal.house.get(url, Origin=origin)
            assert answer.status_code == 200, url
            assert answer.headers["Access-Control-Allow-Origin"] == origin
            assert answer.headers.getlist("Vary") == ["Origin, Referer"]
            assert "Access-Control-Allow-Credentials" not in answer.headers
            assert answer.headers["Cache-Control"].startswith("private, max-age=")
        for origin in (
            STRANGER,
            "null",
            "https://school.edu.cn",
            SITE + ":8443",
            SITE.replace("https", "http"),
        ):
            refused = deal.house.get(url, Origin=origin)
            assert code(refused) == (403, "origin_not_allowed"), (url, origin)
            assert "Access-Control-Allow-Origin" not in refused.headers
            assert (refused.headers["Vary"], refused.headers["Cache-Control"]) == (
                "Origin, Referer",
                "no-store",
            )
            refusals.add(refused.data)
    assert len(refusals) == 1


def test_requests_that_name_no_origin(deal: Deal) -> None:
    """Programs and the service's own pages come in by the token alone; elements of a stranger's page do not."""
    answer = deal.house.get(deal.master)
    assert answer.status_code == 200 and "Access-Control-Allow-Origin" not in answer.headers
    assert answer.headers["Vary"] == "Origin, Referer"
    for site in ("same-origin", "none"):
        assert deal.house.get(deal.master, Sec_Fetch_Site=site).status_code == 200
    for referer, status in ((f"{SITE}/course", 200), (f"{STRANGER}/x", 403), ("", 403)):
        answer = deal.house.get(deal.master, Sec_Fetch_Site="cross-site", Referer=referer)
        assert answer.status_code == status
        assert "Access-Control-Allow-Origin" not in answer.headers


def test_refusals_are_read_by_the_partners_pages_alone(deal: Deal, monkeypatch: pytest.MonkeyPatch) -> None:
    master = deal.issue(expires_in=1).json["manifest_url"].removeprefix(PUBLIC_URL)
    later = time.time() + 60
    monkeypatch.setattr("media_service.playback.access.gate.time", SimpleNamespace(time=lambda: later))
    for address in (master, master.replace("/v/", "/embed/").replace("master.m3u8", "status")):
        for origin, named in ((SITE, SITE), (STRANGER, None), ("null", None)):
            answer = deal.house.get(address, Origin=origin)
            assert code(answer) == (401, "token_expired")
            assert answer.headers.get("Access-Control-Allow-Origin") == named


def test_preflights_are_answered_for_the_partner(deal: Deal) -> None:
    for path in ("/v/", "/v/x", "/v//", f"/v/{deal.lesson.signed_id}/master.m3u8?token=a.b.c"):
        assert deal.house.client.options(path).status_code < 500
    ask = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "range"}
    for origin, named in ((SITE, SITE), (STRANGER, None), ("null", None)):
        answer = deal.house.client.options(deal.master, headers={"Origin": origin, **ask})
        assert answer.headers.get("Access-Control-Allow-Origin") == named
        assert answer.headers["Vary"] == "Origin, Referer"
        assert int(answer.headers["Access-Control-Max-Age"]) <= 60


def test_the_player_may_be_framed_by_the_partner_alone(deal: Deal) -> None:
    def framed_by(url: str) -> str:
        answer = deal.house.get(url)
        assert answer.status_code == 200
        return answer.headers["Content-Security-Policy"].rpartition("frame-ancestors ")[2]

    assert (
        framed_by(deal.issue().json["embed_url"].removeprefix(PUBLIC_URL))
        == f"'self' {SITE} https://*.school.edu.cn"
    )
    assert framed_by(f"/embed/{deal.lesson.public_id}") == "*"
    deal.change(origins=[])
    assert framed_by(deal.issue().json["embed_url"].removeprefix(PUBLIC_URL)) == "'self'"


def test_public_ids_for_partners_alone(deal: Deal) -> None:
    path = f"/v1/assets/{deal.lesson.asset_id}/playback-ids"
    assert code(deal.ask("POST", path, {"policy": "signed", "origins": "partners"})) == (
        422,
        "invalid_request",
    )
    restricted = deal.ask("POST", path, {"policy": "public", "origins": "partners"}).json
    assert restricted["origins"] == "partners"
    url = f"/v/{restricted['id']}/master.m3u8"
    allowed = deal.house.get(url, Origin=SITE)
    assert allowed.status_code == 200 and allowed.headers["Access-Control-Allow-Origin"] == SITE
    assert allowed.headers["Cache-Control"].startswith("private"), "no cache may answer a stranger with it"
    assert code(deal.house.get(url, Origin=STRANGER)) == (403, "origin_not_allowed")
    assert deal.house.get(url).status_code == 200
    policy = deal.house.get(f"/embed/{restricted['id']}").headers["Content-Security-Policy"]
    assert policy.endswith(f"frame-ancestors 'self' https://*.school.edu.cn {SITE}")
    deal.change(enabled=False)
    assert deal.house.get(url, Origin=SITE).status_code == 403
    usual = deal.house.get(f"/v/{deal.lesson.public_id}/master.m3u8", Origin=STRANGER)
    assert usual.headers["Access-Control-Allow-Origin"] == "*" and "Vary" not in usual.headers


@pytest.mark.parametrize("what", ["origin", "disabled", "not shared", "item gone", "deleted"])
def test_changes_count_for_tokens_that_were_issued_before(deal: Deal, what: str) -> None:
    master = deal.master
    page = master.replace("/v/", "/embed/").replace("/master.m3u8", "")
    chunk = master.replace("master.m3u8", f"{deal.lesson.version_id}/180p/0.mp4")
    assert deal.house.get(master, Origin=SITE).status_code == 200
    if what == "origin":
        deal.change(origins=["https://new.example.cn"])
        assert code(deal.house.get(master, Origin=SITE)) == (403, "origin_not_allowed")
        assert SITE not in deal.house.get(page).headers["Content-Security-Policy"]
        return
    if what == "disabled":
        deal.change(enabled=False)
        assert code(deal.issue()) == (403, "partner_disabled")
    elif what == "not shared":
        deal.change(collection_ids=[])
    elif what == "item gone":
        deal.ask("PATCH", f"/v1/collections/{deal.collection_id}", {"asset_ids": []})
    else:
        deal.ask("DELETE", f"/v1/partners/{deal.id}")
    for url in (master, chunk):
        refused = deal.house.get(url, Origin=SITE)
        assert code(refused) == (403, "token_not_allowed")
        assert "Access-Control-Allow-Origin" not in refused.headers
    assert deal.house.get(page).status_code == 403


def test_a_process_knows_within_seconds(own_house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partner_terms, "FRESH_SECONDS", 1.0)
    fresh = make_house(own_house.sessions)
    lesson = add_lesson(own_house.sessions, fresh.objects)
    deal = make_deal(fresh, lesson, lesson)
    master = deal.master
    assert fresh.get(master, Origin=SITE).status_code == 200
    deal.change(origins=[])
    time.sleep(1.1)
    assert fresh.get(master, Origin=SITE).status_code == 403
    monkeypatch.undo()
    assert partner_terms.FRESH_SECONDS <= 30


def test_a_partner_that_takes_too_much_waits(deal: Deal, monkeypatch: pytest.MonkeyPatch) -> None:
    _stop_the_clock(monkeypatch)
    deal.change(requests_per_second=1)
    statuses = [deal.house.get(deal.master, Origin=SITE).status_code for _ in range(11)]
    assert statuses == [200] * 10 + [429]
    refused = deal.house.get(deal.master, Origin=SITE)
    assert code(refused) == (429, "rate_limited") and 1 <= int(refused.headers["Retry-After"]) <= 11
    assert refused.headers["Access-Control-Allow-Origin"] == SITE, "its player must see why"
    assert deal.house.get(f"/v/{deal.lesson.public_id}/master.m3u8").status_code == 200


@pytest.mark.parametrize(
    ("limit", "expected"), [("bytes_per_second", "rate_limited"), ("bytes_per_day", "quota_spent")]
)
def test_a_partners_bytes_are_counted(
    deal: Deal, monkeypatch: pytest.MonkeyPatch, limit: str, expected: str
) -> None:
    _stop_the_clock(monkeypatch)
    chunk = deal.master.replace("master.m3u8", f"{deal.lesson.version_id}/180p/0.mp4")
    deal.change(**{limit: 100 if limit == "bytes_per_second" else 1000})
    for _ in range(2):
        assert deal.house.get(chunk, Range="bytes=0-499").status_code == 206
    refused = deal.house.get(chunk, Range="bytes=0-499")
    assert code(refused) == (429, expected) and int(refused.headers["Retry-After"]) >= 1


def test_a_scraper_is_slowed_and_its_neighbour_is_not(deal: Deal, monkeypatch: pytest.MonkeyPatch) -> None:
    _stop_the_clock(monkeypatch)
    monkeypatch.setattr(
        deal.house.gate, "_rate_limits", RateLimits(Counters(), viewer_limit=2, address_limit=3)
    )
    scraper = deal.master
    neighbour = f"{scraper.partition('=')[0]}={deal.issue(viewer='another').json['token']}"
    assert [deal.house.get(scraper).status_code for _ in range(21)] == [200] * 20 + [429]
    assert deal.house.get(neighbour).status_code == 200
    public = f"/v/{deal.lesson.public_id}/{deal.lesson.version_id}/180p.m3u8"
    assert [deal.house.get(public).status_code for _ in range(31)] == [200] * 30 + [429]
    elsewhere = deal.house.get(public, X_Forwarded_For="198.51.100.7")
    assert elsewhere.status_code == 200
    poster = f"/v/{deal.lesson.public_id}/poster.jpg"
    assert deal.house.get(poster).status_code == 200, "a page of posters is no scraper"


def test_what_cannot_be_played_counts_once(deal: Deal, monkeypatch: pytest.MonkeyPatch) -> None:
    _stop_the_clock(monkeypatch)
    monkeypatch.setattr(
        deal.house.gate, "_rate_limits", RateLimits(Counters(), viewer_limit=2, address_limit=3)
    )
    absent = deal.master.replace("master.m3u8", f"{deal.lesson.version_id}/9999p.m3u8")
    assert [deal.house.get(absent).status_code for _ in range(21)] == [404] * 20 + [429]


def _stop_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """All requests of a test fall into one window."""
    now = time.time()
    monkeypatch.setattr("media_service.playback.access.rate_limits.time", SimpleNamespace(time=lambda: now))


@pytest.fixture
def redis(stack: RunningStack) -> Iterator[Redis]:
    client = Redis.from_url(stack.environment["REDIS_URL"])
    yield client
    client.close()


def test_processes_count_together(redis: Redis) -> None:
    one, two, name = Counters(redis), Counters(redis), new_id()
    assert one.add(name, 3, 60) == 3
    assert two.add(name, 4, 60) == 4
    for counters in (one, two, one):
        counters.exchange()
        counters.add(name, 0, 60)
    assert one.total(name) == two.total(name) == 7
    one.add(name, 1, 60)
    assert (one.ask(name), Counters(redis).ask(name)) == (8, 7)
    assert 0 < redis.ttl(f"lessonstream:count:{name}") <= 60


def test_counts_outlive_an_absent_redis() -> None:
    counters = Counters(Redis(port=1, socket_connect_timeout=0.1))
    counters.add("x", 3, 60)
    counters.exchange()
    assert counters.add("x", 1, 60) == 4
    counters.exchange()
    assert counters.total("x") == counters.ask("x") == 4


def test_whole_files_are_for_partners_that_may_have_them(deal: Deal) -> None:
    file = f"/v/{deal.lesson.signed_id}/download.mp4?token={deal.token()}"
    assert deal.ask("GET", f"/v1/partners/{deal.id}").json["downloads"] is True, (
        "as before there was a switch"
    )
    assert deal.house.get(file).json["code"] != "token_not_allowed"
    deal.change(downloads=False)
    assert code(deal.issue(kinds=["video", "download"])) == (403, "partner_downloads")
    assert code(deal.house.get(file)) == (403, "token_not_allowed"), "counts for tokens that are out already"
    assert deal.issue(kinds=["video"]).status_code == 201


def test_a_partner_sees_what_is_shared_with_it_and_nothing_else(deal: Deal) -> None:
    other = deal.ask("POST", "/v1/collections", {"title": "别的课"}).json

    def ask(path: str) -> TestResponse:
        return deal.house.client.get(path, headers=deal.key)

    listed = ask("/v1/collections").json
    assert ([entry["id"] for entry in listed["collections"]], listed["next"]) == ([deal.collection_id], None)
    [item] = ask(f"/v1/collections/{deal.collection_id}").json["items"]
    assert item["asset_id"] == deal.lesson.asset_id
    assert code(ask(f"/v1/collections/{other['id']}")) == (404, "collection_not_found")
    deal.change(collection_ids=[deal.collection_id, other["id"]])
    page = ask("/v1/collections?limit=1").json
    rest = ask(f"/v1/collections?limit=1&after={page['next']}").json
    assert [entry["id"] for entry in page["collections"] + rest["collections"]] == [
        other["id"],
        deal.collection_id,
    ]
    assert code(ask(f"/v1/assets/{deal.lesson.asset_id}")) == (403, "role_not_allowed")
    told = ask("/v1/whoami").json
    assert told["partner"] == {"id": deal.id, "name": "学习网", "enabled": True}
    deal.change(enabled=False)
    assert code(ask("/v1/collections")) == (403, "partner_disabled")


def test_a_partner_sees_its_terms_and_what_of_its_allowance_is_spent(deal: Deal) -> None:
    def ask(path: str) -> TestResponse:
        return deal.house.client.get(path, headers=deal.key)

    assert ask(f"/v1/partners/{deal.id}").json == deal.ask("GET", f"/v1/partners/{deal.id}").json
    neighbour = deal.ask("POST", "/v1/partners", {"name": "邻居"}).json["id"]
    for path in (f"/v1/partners/{neighbour}", f"/v1/partners/{neighbour}/usage"):
        assert code(ask(path)) == (404, "partner_not_found")
    assert ask(f"/v1/partners/{deal.id}/usage").json["bytes_today"] == 0
    sent = deal.house.get(deal.master, Origin=SITE)
    assert sent.status_code == 200
    usage = ask(f"/v1/partners/{deal.id}/usage").json
    assert usage["bytes_today"] == len(sent.data)
    assert usage["bytes_per_day"] == 1_000_000_000_000
    assert datetime.fromisoformat(usage["resets_at"]) > datetime.now(UTC)
