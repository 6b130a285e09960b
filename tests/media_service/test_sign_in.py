"""Signing in to Studio: by a link, by a portal, by an API key; and every way not to get in by it."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, urlsplit

import pytest
from house import PUBLIC_URL, House, house
from signed_in import COOKIE, OURS, Browser, come_in, make_code
from sqlalchemy import select, text, update
from werkzeug.test import TestResponse

from media_service.cli.studio_link import make_link
from storage.catalogue.models import AuditEntry, SignInCode, StudioSession
from storage.catalogue.organizations import create_api_key, create_organization, revoke_api_key

__all__ = ["house"]

EVIL = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
NEIGHBOUR = {"Origin": "https://evil.media.example", "Sec-Fetch-Site": "same-site"}


Browsers = Callable[[], Browser]


@pytest.fixture
def browser(house: House) -> Browsers:
    return lambda: Browser(house.app.test_client())


@pytest.fixture(scope="module")
def school(house: House) -> str:
    with house.sessions.begin() as session:
        return create_organization(session, "第一中学").id


def problem(answer: TestResponse) -> str:
    return str(answer.json["code"])


def test_a_link_signs_in_once_and_says_as_whom(house: House, browser: Browsers, school: str) -> None:
    made = make_code(house, school, return_to="/studio/lessons?sort=title")
    address = urlsplit(made["url"])
    assert f"{address.scheme}://{address.netloc}" == PUBLIC_URL
    mine, other = browser(), browser()
    for _ in range(3):  # chat programs look at links
        shown = mine.open(f"{address.path}?{address.query}")
        assert shown.status_code == 200
        assert "王老师" in shown.text and "第一中学" in shown.text
        assert shown.headers["Cache-Control"] == "no-store"
        assert "script" not in shown.text and "unsafe-inline" not in shown.headers["Content-Security-Policy"]
    [code] = re.findall(r'name="code" value="([^"]+)"', shown.text)
    came = come_in(mine, html.unescape(code))
    assert (came.status_code, came.headers["Location"]) == (303, "/studio/lessons?sort=title")
    assert come_in(other, made["code"]).status_code == 404
    assert other.open(f"{address.path}?{address.query}").status_code == 404
    who = mine.who()
    assert who["person"]["name"] == "王老师" and who["role"] == "author" and who["api_key"] is None
    assert who["organization"]["id"] == school


def test_the_cookie_is_for_this_host_alone_and_for_no_script(
    house: House, browser: Browsers, school: str
) -> None:
    came = come_in(browser(), make_code(house, school)["code"])
    [cookie] = [text for text in came.headers.getlist("Set-Cookie") if text.startswith(COOKIE)]
    assert cookie.startswith("__Host-")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


def test_only_digests_are_kept(house: House, browser: Browsers, school: str) -> None:
    made, mine = make_code(house, school), browser()
    come_in(mine, made["code"])
    with house.sessions() as session:
        for table in ("people", "studio_sessions", "sign_in_codes", "audit_entries"):
            rows = session.execute(text(f"SELECT * FROM {table}")).all()
            for secret in (made["code"], mine.secret):
                assert secret and secret not in str(rows)


def test_of_two_browsers_with_one_code_one_gets_in(house: House, browser: Browsers, school: str) -> None:
    code = make_code(house, school)["code"]
    browsers = [browser() for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda each: come_in(each, code).status_code, browsers))
    assert sorted(answers) == [303] + [404] * 7


def test_a_session_takes_a_new_secret_at_each_sign_in(house: House, browser: Browsers, school: str) -> None:
    victim, attacker = browser(), browser()
    come_in(attacker, make_code(house, school, subject="attacker")["code"])
    planted = attacker.secret
    assert planted
    victim.client.set_cookie(COOKIE, planted, domain="media.example", secure=True)
    come_in(victim, make_code(house, school, subject="victim")["code"])
    assert victim.secret != planted
    assert attacker.open("/v1/whoami").status_code == 401
    forged = browser()
    forged.client.set_cookie(COOKIE, "chosen-by-the-attacker", domain="media.example", secure=True)
    come_in(forged, make_code(house, school, subject="victim")["code"])
    assert forged.secret != "chosen-by-the-attacker"


@pytest.mark.parametrize(
    "headers", [EVIL, NEIGHBOUR, {"Origin": "null"}, {}, {"Origin": "https://evil.example"}]
)
def test_forms_of_other_sites_sign_nobody_in_or_out(
    house: House, browser: Browsers, school: str, headers: dict[str, str]
) -> None:
    mine, code = browser(), make_code(house, school)["code"]
    refused = mine.submit("/studio/sign-in", headers, code=code)
    assert refused.status_code == 403 and mine.secret is None
    come_in(mine, code)
    assert mine.submit("/studio/sign-out", headers).status_code == 403
    assert mine.who()["person"]


@pytest.mark.parametrize(
    "return_to",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/studio/../v1",
        "/studio//evil.example",
        "/studiolo",
        "/v1/whoami",
        "javascript:alert(1)",
        "/studio/sign-out",
        "/studio\r\nX: y",
    ],
)
def test_nobody_is_sent_elsewhere(house: House, browser: Browsers, school: str, return_to: str) -> None:
    refused = house.client.post(
        "/v1/sign-in-codes",
        json={"subject": "u", "name": "n", "return_to": return_to},
        headers=house.api_key(school, "admin"),
    )
    assert refused.status_code == 422
    mine = browser()
    came = mine.submit("/studio/sign-in", code=make_code(house, school)["code"], return_to=return_to)
    assert came.headers["Location"] == "/studio"


def test_what_changes_something_needs_the_token_and_our_own_page(
    house: House, browser: Browsers, school: str
) -> None:
    mine, other = browser(), browser()
    come_in(mine, make_code(house, school)["code"])
    come_in(other, make_code(house, school, subject="u-2")["code"])
    token = mine.who()["csrf_token"]
    body = {"title": "课程"}
    for headers in (
        OURS,
        {**OURS, "X-CSRF-Token": ""},
        {**OURS, "X-CSRF-Token": other.who()["csrf_token"]},
        {**EVIL, "X-CSRF-Token": token},
        {**NEIGHBOUR, "X-CSRF-Token": token},
        {"Origin": "null", "X-CSRF-Token": token},
        {"Origin": PUBLIC_URL + ".evil.example", "X-CSRF-Token": token},
    ):
        refused = mine.open("/v1/collections", "POST", json=body, headers=headers)
        assert (refused.status_code, problem(refused)) == (403, "csrf_invalid"), headers
    for method in ("PATCH", "DELETE", "PUT"):
        refused = mine.open("/v1/assets/" + "a" * 24, method, json=body, headers=OURS)
        assert problem(refused) == "csrf_invalid"
    assert (
        mine.open("/v1/collections", "POST", json=body, headers={**OURS, "X-CSRF-Token": token}).status_code
        == 201
    )
    assert mine.open("/v1/collections", "POST", json=body, headers={"X-CSRF-Token": token}).status_code == 201


def test_uploads_need_the_token_too(house: House, browser: Browsers, school: str) -> None:
    mine = browser()
    come_in(mine, make_code(house, school)["code"])
    tus = {"Tus-Resumable": "1.0.0", "Upload-Length": "10", "Upload-Metadata": "filename bGVzc29uLm1wNA=="}
    refused = mine.open("/v1/uploads", "POST", headers={**tus, **OURS})
    assert problem(refused) == "csrf_invalid"
    begun = mine.change("/v1/uploads", headers=tus)
    assert begun.status_code == 201, begun.text
    patch = {
        "Tus-Resumable": "1.0.0",
        "Upload-Offset": "0",
        "Content-Type": "application/offset+octet-stream",
    }
    place = begun.headers["Location"]
    assert problem(mine.open(place, "PATCH", headers={**patch, **OURS}, data=b"x" * 5)) == "csrf_invalid"
    overridden = {**patch, **OURS, "X-HTTP-Method-Override": "DELETE"}
    assert problem(mine.open(place, "POST", headers=overridden)) == "csrf_invalid"
    assert mine.change(place, "PATCH", headers=patch, data=b"x" * 5).status_code == 204
    asset = mine.open(f"/v1/assets/{begun.headers['Lessonstream-Asset']}").json
    assert asset["owner"] == {"id": mine.who()["person"]["id"], "name": "王老师"}


def test_no_other_site_reads_by_the_cookie(house: House, browser: Browsers, school: str) -> None:
    mine = browser()
    come_in(mine, make_code(house, school)["code"])
    for headers in (EVIL, NEIGHBOUR):
        assert problem(mine.open("/v1/whoami", headers=headers)) == "key_missing"
    answer = mine.open("/v1/assets", headers=OURS)
    assert answer.status_code == 200
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert "private" in answer.headers["Cache-Control"] and "Cookie" in answer.headers["Vary"]
    assert mine.open("/v1/whoami").headers["Cache-Control"] == "no-store"


def test_a_key_that_is_sent_counts_and_no_cookie_beside_it(
    house: House, browser: Browsers, school: str
) -> None:
    mine = browser()
    come_in(mine, make_code(house, school)["code"])
    key = house.api_key(school, "portal")
    who = mine.open("/v1/whoami", headers=key).json
    assert who["person"] is None and who["role"] == "portal" and who["csrf_token"] is None
    wrong = mine.open("/v1/whoami", headers={"Authorization": "Bearer ls_wrong"})
    assert problem(wrong) == "key_invalid"
    assert problem(mine.open("/v1/whoami", headers={"Authorization": ""})) == "key_missing"
    assert (
        problem(mine.open("/v1/whoami", headers={"Authorization": f"Bearer {mine.secret}"})) == "key_invalid"
    )


def test_what_is_no_session(house: House, browser: Browsers, school: str) -> None:
    with house.sessions.begin() as session:
        key = create_api_key(session, school, "admin", "k")[1]
    token = house.client.post(
        "/v1/sign-in-codes/exchange", json={"code": make_code(house, school)["code"]}
    ).json["token"]
    for cookie in ("x", "' OR 1=1 --", "x" * 4000, key, token):
        mine = browser()
        mine.client.set_cookie(COOKIE, cookie, domain="media.example", secure=True)
        refused = mine.open("/v1/whoami")
        assert (refused.status_code, problem(refused)) == (401, "session_over"), cookie


def test_sign_out_ends_it(house: House, browser: Browsers, school: str) -> None:
    mine, thief = browser(), browser()
    come_in(mine, make_code(house, school)["code"])
    secret = mine.secret
    assert secret
    out = mine.submit("/studio/sign-out")
    assert out.status_code == 303 and mine.secret in (None, "")
    thief.client.set_cookie(COOKIE, secret, domain="media.example", secure=True)
    assert problem(thief.open("/v1/whoami")) == "session_over"


def test_sessions_are_listed_and_ended_from_elsewhere(house: House, browser: Browsers, school: str) -> None:
    phone, laptop, colleague = browser(), browser(), browser()
    for each, subject in ((phone, "li"), (laptop, "li"), (colleague, "zhao")):
        come_in(each, make_code(house, school, subject=subject, name=subject)["code"])
    listed = laptop.open("/v1/sessions").json["sessions"]
    assert [entry["current"] for entry in listed] == [True, False]
    assert {entry["person"]["name"] for entry in listed} == {"li"}
    gone = laptop.change(f"/v1/sessions/{listed[1]['id']}", "DELETE")
    assert gone.status_code == 204
    assert problem(phone.open("/v1/whoami")) == "session_over"
    [theirs] = colleague.open("/v1/sessions").json["sessions"]
    assert problem(laptop.change(f"/v1/sessions/{theirs['id']}", "DELETE")) == "session_not_found"
    admin = house.api_key(school, "admin")
    seen = house.client.get("/v1/sessions", headers=admin, query_string={"person_id": theirs["person"]["id"]})
    assert [entry["id"] for entry in seen.json["sessions"]] == [theirs["id"]]
    assert house.client.delete(f"/v1/sessions/{theirs['id']}", headers=admin).status_code == 204
    assert problem(colleague.open("/v1/whoami")) == "session_over"


def test_a_session_ends_by_itself(house: House, browser: Browsers, school: str) -> None:
    mine = browser()
    come_in(mine, make_code(house, school)["code"])
    session_id = mine.who()["session_id"]

    def shift(**hours: int) -> None:
        values = {name: text(f"{name} - interval '{count} hours'") for name, count in hours.items()}
        with house.sessions.begin() as session:
            session.execute(update(StudioSession).where(StudioSession.id == session_id).values(values))
        house.app.extensions["lessonstream_keys"].clear()

    # After two days without use it lasts for three more, but not beyond its end.
    shift(last_used_at=48, expires_at=48)
    mine.who()
    with house.sessions() as session:
        row = session.get_one(StudioSession, session_id)
        assert (row.expires_at - row.last_used_at).total_seconds() == pytest.approx(72 * 3600, abs=5)
    shift(last_used_at=24 * 29, ends_at=24 * 29)
    mine.who()
    with house.sessions() as session:
        row = session.get_one(StudioSession, session_id)
        assert row.expires_at == row.ends_at
    shift(expires_at=24, ends_at=24)
    assert problem(mine.open("/v1/whoami")) == "session_over"


def test_who_is_disabled_is_out_and_stays_out(house: House, browser: Browsers, school: str) -> None:
    mine, admin = browser(), house.api_key(school, "admin")
    come_in(mine, make_code(house, school, subject="qian")["code"])
    waiting = make_code(house, school, subject="qian")["code"]
    person = mine.who()["person"]["id"]
    [listed] = house.client.get("/v1/people?subject=qian", headers=admin).json["people"]
    for part, is_found in ((listed["name"][1:], True), ("%", False), ("nobody", False)):
        found = house.client.get("/v1/people", query_string={"q": part}, headers=admin).json["people"]
        assert (listed in found) == is_found, part
    assert listed["id"] == person and listed["signed_in_at"]
    house.client.patch(f"/v1/people/{person}", json={"disabled": True}, headers=admin)
    assert problem(mine.open("/v1/whoami")) == "session_over"
    assert come_in(browser(), waiting).status_code == 403
    refused = house.client.post("/v1/sign-in-codes", json={"subject": "qian", "name": "q"}, headers=admin)
    assert problem(refused) == "person_disabled"
    enabled = house.client.patch(f"/v1/people/{person}", json={"disabled": False}, headers=admin)
    assert enabled.json["disabled_at"] is None
    assert problem(mine.open("/v1/whoami")) == "session_over"
    assert come_in(browser(), make_code(house, school, subject="qian")["code"]).status_code == 303


def test_nobody_works_in_a_closed_organization(house: House, browser: Browsers) -> None:
    with house.sessions.begin() as session:
        city = create_organization(session, "市").id
        closing = create_organization(session, "学校", city).id
    mine, above = browser(), house.api_key(city, "admin")
    come_in(mine, make_code(house, closing)["code"])
    waiting = make_code(house, closing)["code"]
    assert (
        house.client.patch(f"/v1/organizations/{closing}", json={"closed": True}, headers=above).status_code
        == 200
    )
    assert problem(mine.open("/v1/whoami")) == "organization_closed"
    assert come_in(browser(), waiting).status_code == 404
    refused = house.client.post(
        "/v1/sign-in-codes", json={"subject": "u", "name": "n", "organization_id": closing}, headers=above
    )
    assert problem(refused) == "organization_closed"


def test_a_code_dies_with_its_key_and_with_time(house: House, browser: Browsers, school: str) -> None:
    with house.sessions.begin() as session:
        row, key = create_api_key(session, school, "portal", "portal")
    made = [
        house.client.post(
            "/v1/sign-in-codes",
            json={"subject": "u", "name": "n"},
            headers={"Authorization": f"Bearer {key}"},
        ).json["code"]
        for _ in range(2)
    ]
    assert come_in(browser(), made[0]).status_code == 303
    with house.sessions.begin() as session:
        revoke_api_key(session, row.id)
    assert come_in(browser(), made[1]).status_code == 404
    late = make_code(house, school)["code"]
    with house.sessions.begin() as session:
        session.execute(update(SignInCode).values(expires_at=text("now() - interval '1 second'")))
    assert come_in(browser(), late).status_code == 404


def test_a_link_that_names_nobody_is_for_one_person_in_the_language_of_the_machine(
    house: House, browser: Browsers, school: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = []
    for language in ("en_US", "zh_CN"):
        monkeypatch.setattr("locale.getlocale", lambda language=language: (language, "UTF-8"))
        with house.sessions.begin() as session:
            link = make_link(session, "http://localhost", school, name=None, role="admin")
        mine = browser()
        come_in(mine, parse_qs(urlsplit(link).query)["code"][0])
        people.append(mine.who()["person"])
    assert [each["name"] for each in people] == ["Platform administrator", "平台管理员"]
    assert people[0]["id"] == people[1]["id"]


def test_an_api_key_signs_in_as_itself(house: House, browser: Browsers, school: str) -> None:
    with house.sessions.begin() as session:
        row, key = create_api_key(session, school, "author", "Studio of the school", scopes=["read"])
        portal = create_api_key(session, school, "portal", "p")[1]
    mine = browser()
    assert mine.submit("/studio/sign-in", api_key=portal).status_code == 403
    assert mine.submit("/studio/sign-in", api_key="ls_wrong").status_code == 401
    assert mine.submit("/studio/sign-in", api_key="").status_code == 401
    assert mine.secret is None
    assert mine.submit("/studio/sign-in", api_key=f" {key} ").status_code == 303
    who = mine.who()
    assert who["person"] is None and who["api_key"]["id"] == row.id and who["role"] == "author"
    assert mine.open("/v1/assets").status_code == 200
    assert problem(mine.change("/v1/collections", json={"title": "t"})) == "scope_not_allowed"
    assert problem(mine.open("/v1/people")) == "role_not_allowed"
    with house.sessions.begin() as session:
        revoke_api_key(session, row.id)
    house.app.extensions["lessonstream_keys"].clear()
    assert problem(mine.open("/v1/whoami")) == "session_over"


def test_who_may_let_in_whom(house: House, school: str) -> None:
    with house.sessions.begin() as session:
        child = create_organization(session, "分校", school).id
        stranger = create_organization(session, "别校").id
        scoped = create_api_key(session, school, "portal", "s", scopes=["sign_in"])[1]
        narrow = create_api_key(session, school, "admin", "n", scopes=["manage"])[1]

    def ask(headers: dict[str, str], **body: str) -> str | int:
        answer = house.client.post(
            "/v1/sign-in-codes", json={"subject": "s", "name": "n", **body}, headers=headers
        )
        return 201 if answer.status_code == 201 else problem(answer)

    portal, admin = house.api_key(school, "portal"), house.api_key(school, "admin")
    assert ask(portal) == ask(portal, organization_id=child) == ask(admin, role="admin") == 201
    assert ask(portal, role="admin") == "role_not_allowed"
    assert ask({"Authorization": f"Bearer {scoped}"}, role="admin") == 201
    assert ask({"Authorization": f"Bearer {narrow}"}) == "scope_not_allowed"
    assert ask(house.api_key(school, "author")) == "role_not_allowed"
    assert ask(house.api_key(school, "partner")) == "role_not_allowed"
    assert ask(admin, organization_id=stranger) == "organization_not_found"


def test_a_portals_page_uploads_with_a_token_of_its_author(house: House, school: str) -> None:
    made = make_code(house, school, "portal", subject="sun", name="孙老师")
    first = house.client.post("/v1/sign-in-codes/exchange", json={"code": made["code"]})
    assert first.status_code == 201 and first.headers["Cache-Control"] == "no-store"
    again = house.client.post(
        "/v1/sign-in-codes/exchange", json={"code": made["code"]}, headers={"Idempotency-Key": "a"}
    )
    assert problem(again) == "sign_in_code_not_found"
    bearer = {"Authorization": f"Bearer {first.json['token']}"}
    who = house.client.get("/v1/whoami", headers=bearer).json
    assert who["person"]["name"] == "孙老师" and who["csrf_token"] is None
    tus = {"Tus-Resumable": "1.0.0", "Upload-Length": "10", "Upload-Metadata": "filename bGVzc29uLm1wNA=="}
    begun = house.client.post("/v1/uploads", headers={**bearer, **tus, **EVIL})
    assert begun.status_code == 201 and begun.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in begun.headers
    asset_id = begun.headers["Lessonstream-Asset"]
    assert house.client.get(f"/v1/assets/{asset_id}", headers=bearer).json["owner"]["name"] == "孙老师"
    assert house.client.delete(f"/v1/sessions/{first.json['session_id']}", headers=bearer).status_code == 204
    assert problem(house.client.get("/v1/whoami", headers=bearer)) == "session_over"


def test_the_audit_log_names_the_person(house: House, browser: Browsers, school: str) -> None:
    mine = browser()
    come_in(mine, make_code(house, school, subject="zhou", name="周老师")["code"])
    made = mine.change("/v1/collections", json={"title": "课"}).json["id"]
    with house.sessions() as session:
        [entry] = session.execute(select(AuditEntry).where(AuditEntry.target_id == made)).scalars()
    assert (entry.person_name, entry.key_id, entry.key_label, entry.role) == ("周老师", None, "", "author")
    admin = house.api_key(school, "admin")
    log = house.client.get(f"/v1/audit-log?person_id={entry.person_id}", headers=admin).json["entries"]
    assert [line["action"] for line in log] == ["collection.create", "session.create"]
    assert {line["person_name"] for line in log} == {"周老师"}


def test_an_idempotency_key_is_each_persons_own(house: House, browser: Browsers, school: str) -> None:
    made = []
    for subject in ("a", "b"):
        mine = browser()
        come_in(mine, make_code(house, school, subject=subject)["code"])
        answer = mine.change("/v1/collections", json={"title": "课"}, headers={"Idempotency-Key": "same"})
        made.append(answer.json["id"])
    assert made[0] != made[1]


class TestByPortal:
    """Single sign-on: Studio sends the browser away, the portal sends it back."""

    @pytest.fixture
    def portal(self, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
        settings = house.app.extensions["lessonstream"].settings
        object.__setattr__(settings, "studio_sign_in_url", "https://portal.example/login?app=studio")
        monkeypatch.setattr(type(settings), "__hash__", object.__hash__, raising=False)
        yield
        object.__setattr__(settings, "studio_sign_in_url", "")

    def test_there_and_back(self, portal: None, house: House, browser: Browsers, school: str) -> None:
        mine, thief = browser(), browser()
        away = mine.open("/studio/sign-in?return_to=/studio/lessons")
        asked = urlsplit(away.headers["Location"])
        sent = {name: values[0] for name, values in parse_qs(asked.query).items()}
        assert asked.netloc == "portal.example" and sent["app"] == "studio"
        assert sent["return_to"] == "/studio/lessons"
        made = make_code(
            house, school, "portal", subject="sso", return_to=sent["return_to"], state=sent["state"]
        )
        back = urlsplit(made["url"])
        place = f"{back.path}?{back.query}"
        # Whoever else has the link gets nothing by it, whatever they do, and burns nothing.
        assert thief.open(place).status_code == 404
        assert come_in(thief, made["code"]).status_code == 404
        exchanged = house.client.post("/v1/sign-in-codes/exchange", json={"code": made["code"]})
        assert problem(exchanged) == "sign_in_code_not_found"
        came = mine.open(place, headers={"Sec-Fetch-Site": "cross-site"})
        assert (came.status_code, came.headers["Location"]) == (303, sent["return_to"])
        assert mine.who()["person"]["subject"] == "sso"
        assert mine.open(place).status_code == 404
        # Who signs out is not sent to the portal, which would sign in again at once: it is offered, before all else.
        out = mine.open(mine.submit("/studio/sign-out").headers["Location"]).text
        assert out.index("Sign in by your platform") < out.index("<details>") < out.index("API key")
