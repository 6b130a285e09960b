"""Two people link their platforms, each by pasting one code; and nobody else speaks for either of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from platforms import CITY, PROVINCE, Platform, link_up, make_platform
from sqlalchemy.orm import Session, sessionmaker

from storage.catalogue.models import PlatformLink
from storage.exchange.codes import LinkCode, read_code, write_code
from storage.exchange.requests import ALGORITHM, TYPE, body_hash
from storage.ids import new_id
from storage.once import OnceUnknown

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def province(sessions: sessionmaker[Session]) -> Platform:
    return make_platform(sessions, PROVINCE, "浙江省社区教育")


@pytest.fixture(scope="module")
def city(other_sessions: sessionmaker[Session]) -> Platform:
    return make_platform(other_sessions, CITY, "宁波市民大学")


def test_each_pastes_one_code_and_both_see_the_same_fingerprint(province: Platform, city: Platform) -> None:
    offer = province.ask("POST", "/v1/platform-links", 201, {"own_name": "省平台"})
    assert (offer["state"], offer["url"], offer["fingerprint"]) == ("waiting", None, None)
    # As a chat shows it.
    folded = (
        "\u200b" + "\n ".join(offer["code"][start : start + 40] for start in range(0, 400, 40)) + "  \r\n"
    )
    answer = city.paste(folded)
    assert (answer["state"], answer["name"], answer["url"]) == ("waiting", "省平台", PROVINCE)
    linked = province.paste(answer["code"])
    assert (linked["id"], linked["state"], linked["name"], linked["url"]) == (
        *(offer["id"], "linked", "宁波市民大学", CITY),
    )
    assert linked["code"] is None
    assert linked["fingerprint"] == answer["fingerprint"] and len(linked["fingerprint"].split()) == 6

    # Who has answered learns by the first request that it was understood.
    path = f"/v1/platform-links/{linked['id']}"
    assert province.call(city, linked["id"], "POST", "/v1/exchange/contacts").status_code == 200
    there = city.ask("GET", path, 200)
    assert (there["state"], there["heard_at"] is not None) == ("linked", True)
    assert abs(there["clock_ahead"]) < 10
    told = city.call(province, linked["id"], "POST", "/v1/exchange/contacts").json
    assert (told["name"], told["protocol"]) == ("省平台", 1)


@pytest.fixture(scope="module")
def offered(province: Platform) -> str:
    return str(province.ask("POST", "/v1/platform-links", 201, {})["code"])


def altered(code: str, **changes: Any) -> str:
    return write_code(LinkCode(**{**vars(read_code(code)), **changes}))


WRONG: dict[str, tuple[Callable[[str], str], int, str]] = {
    "no code": (lambda _: "hello, here is my key", 422, "link_code_invalid"),
    "nothing": (lambda _: "", 422, "link_code_invalid"),
    "half of it": (lambda code: code[: len(code) // 2], 422, "link_code_damaged"),
    "a letter changed": (
        lambda code: code[:40] + ("x" if code[40] != "x" else "y") + code[41:],
        422,
        "link_code_damaged",
    ),
    "in capitals": (lambda code: code.upper(), 422, "link_code_damaged"),
    "of a later release": (lambda code: code.replace("LSL1.", "LSL2."), 422, "link_code_version"),
    "of no web address": (lambda code: altered(code, url="ftp://a.example"), 422, "link_url_refused"),
    "of an address within": (
        lambda code: altered(code, url="http://169.254.169.254"),
        422,
        "link_url_refused",
    ),
    "without encryption": (lambda code: altered(code, url="http://a.example"), 422, "link_url_refused"),
    "with a path": (lambda code: altered(code, url="https://a.example/x"), 422, "link_url_refused"),
    "with a query": (lambda code: altered(code, url="https://a.example?x"), 422, "link_url_refused"),
    "with a fragment": (lambda code: altered(code, url="https://a.example/#x"), 422, "link_url_refused"),
    "an answer to nothing": (lambda code: altered(code, step="answer"), 422, "link_code_unknown"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_no_code_is_told_in_both_languages(city: Platform, offered: str, case: str) -> None:
    spoil, status, code = WRONG[case]
    told = city.paste(spoil(offered), status)
    assert told["code"] == code, told
    assert told["message"]["en"] and told["message"]["zh"] != told["message"]["en"]


def test_a_platform_knows_its_own_code_however_it_is_spelt(province: Platform, offered: str) -> None:
    spelt = altered(offered, url=f"{PROVINCE.replace('province', 'PROVINCE')}:443/")
    assert province.paste(spelt, 422)["code"] == "link_code_own"


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "https://a.example/\x1b[31m", "https://a b", "https://a.example/;x", "a"]
)
def test_also_of_who_is_never_asked_the_address_is_one(city: Platform, offered: str, url: str) -> None:
    body = {"code": altered(offered, url=url), "asks_only": True}
    assert city.ask("POST", "/v1/platform-link-codes", 422, body)["code"] == "link_url_refused"


def test_an_address_is_kept_as_browsers_write_it(city: Platform, offered: str) -> None:
    told = city.paste(altered(offered, url="HTTPS://Province.Example:443/", link_id=new_id()))
    assert told["url"] == "https://province.example"


def test_a_code_counts_once_and_not_at_home(province: Platform, city: Platform, offered: str) -> None:
    assert province.paste(offered, 422)["code"] == "link_code_own"
    answer = city.paste(offered)["code"]
    assert city.paste(offered, 409)["code"] == "link_code_used"
    assert city.paste(answer, 422)["code"] == "link_code_own"
    assert province.paste(altered(answer, link_id=new_id()), 422)["code"] == "link_code_unknown"
    province.paste(answer)
    assert province.paste(answer, 409)["code"] == "link_code_used"


def test_a_link_is_seen_by_those_who_administer_it(province: Platform, offered: str) -> None:
    link_id = read_code(offered).link_id
    elsewhere = make_platform(province.house.sessions, PROVINCE, "别的机构")
    elsewhere.ask("GET", f"/v1/platform-links/{link_id}", 404)
    elsewhere.ask("DELETE", f"/v1/platform-links/{link_id}", 404)
    assert elsewhere.ask("GET", "/v1/platform-links", 200)["platform_links"] == []
    portal = province.house.api_key(province.organization_id, "portal")
    assert province.house.client.get("/v1/platform-links", headers=portal).status_code == 403


def test_a_link_that_nobody_answered_is_forgotten(province: Platform) -> None:
    made = province.ask("POST", "/v1/platform-links", 201, {})
    path = f"/v1/platform-links/{made['id']}"
    assert province.ask("PATCH", path, 409, {"state": "paused"})["code"] == "platform_link_unanswered"
    province.ask("DELETE", path, 204)
    province.ask("GET", path, 404)


@dataclass
class Forgery:
    """A request to ``/v1/exchange/contacts`` in the name of the city, and how it is forged."""

    province: Platform
    link_id: str
    key: Ed25519PrivateKey
    other_link_id: str
    other_key: Ed25519PrivateKey

    def token(self, key: Any = None, algorithm: str = ALGORITHM, typ: str = TYPE, **changes: Any) -> str:
        now = int(time.time())
        claims = {
            "iss": self.link_id,
            "aud": PROVINCE,
            "iat": now,
            "exp": now + 60,
            "jti": new_id(),
            "htm": "POST",
            "htu": "/v1/exchange/contacts",
            "htb": body_hash(b"{}"),
            **changes,
        }
        told = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(told, self.key if key is None else key, algorithm, headers={"typ": typ})

    def send(self, token: str, body: bytes = b"{}") -> tuple[int, str]:
        answer = self.province.house.client.post(
            "/v1/exchange/contacts", data=body, headers={"Authorization": f"Bearer {token}"}
        )
        return answer.status_code, answer.json.get("code", "")

    def public(self) -> bytes:
        """What everybody may know."""
        return self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


@pytest.fixture(scope="module")
def forgery(province: Platform, city: Platform) -> Forgery:
    link_id, other = link_up(province, city), link_up(province, city)
    return Forgery(province, link_id, city.key_of(link_id), other, city.key_of(other))


NOW = int(time.time())
FORGED: dict[str, Callable[[Forgery], str]] = {
    "no token": lambda _: "",
    "an API key": lambda forge: forge.province.admin["Authorization"].removeprefix("Bearer "),
    "unsigned": lambda forge: forge.token("", "none"),
    "signed with the public key": lambda forge: forge.token(forge.public(), "HS256"),
    "another signature": lambda forge: forge.token()[:-8] + "AAAAAAAA",
    "another link's key": lambda forge: forge.token(forge.other_key),
    "a stranger's key": lambda forge: forge.token(Ed25519PrivateKey.generate()),
    "the province's own key": lambda forge: forge.token(forge.province.key_of(forge.link_id)),
    "of another link": lambda forge: forge.token(iss=forge.other_link_id),
    "of no link": lambda forge: forge.token(iss=new_id()),
    "without a link": lambda forge: forge.token(iss=None),
    "for another platform": lambda forge: forge.token(aud="https://else.example"),
    "for several platforms": lambda forge: forge.token(aud=[PROVINCE, "https://else.example"]),
    "for another method": lambda forge: forge.token(htm="GET"),
    "for another path": lambda forge: forge.token(htu="/v1/exchange/assets/x"),
    "with a query": lambda forge: forge.token(htu="/v1/exchange/contacts?x=1"),
    "for another body": lambda forge: forge.token(htb=body_hash(b'{"a":1}')),
    "without a body's hash": lambda forge: forge.token(htb=None),
    "without a name": lambda forge: forge.token(jti=None),
    "with an empty name": lambda forge: forge.token(jti=""),
    "for an hour": lambda forge: forge.token(exp=int(time.time()) + 3600),
    "without an end": lambda forge: forge.token(exp=None),
    "of another type": lambda forge: forge.token(typ="JWT"),
    "with an end that is no number": lambda forge: forge.token(exp="tomorrow"),
}


@pytest.mark.parametrize("case", FORGED)
def test_nobody_else_speaks_for_a_platform(forgery: Forgery, case: str) -> None:
    assert forgery.send(FORGED[case](forgery)) == (401, "link_token_invalid")


def test_a_good_request_counts_once(forgery: Forgery) -> None:
    token = forgery.token()
    assert forgery.send(token) == (200, "")
    assert forgery.send(token) == (401, "link_token_used")


def test_where_nobody_can_tell_what_came_before_nothing_is_taken(
    forgery: Forgery, sessions: sessionmaker[Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_name: str, _seconds: int) -> bool:
        raise OnceUnknown("connection refused")

    services = forgery.province.house.app.extensions["lessonstream"]
    monkeypatch.setitem(vars(services), "take_once", away)
    assert forgery.send(forgery.token()) == (503, "service_unavailable")


@pytest.mark.parametrize(("seconds", "status"), [(-280, 200), (-400, 401), (280, 200), (400, 401)], ids=str)
def test_clocks_may_differ_by_five_minutes(forgery: Forgery, seconds: int, status: int) -> None:
    then = int(time.time()) + seconds
    answered = forgery.send(forgery.token(iat=then, exp=then + 60))
    assert answered == (status, "" if status == 200 else "link_clocks_apart")


def test_platforms_are_let_in_nowhere_else(forgery: Forgery) -> None:
    for path in ("/v1/assets", "/v1/platform-links", "/v1/whoami", "/v1/events"):
        token = forgery.token(htm="GET", htu=path, htb=body_hash(b""))
        answer = forgery.province.house.client.get(path, headers={"Authorization": f"Bearer {token}"})
        assert (answer.status_code, answer.json["code"]) == (401, "key_invalid")


def test_a_link_is_paused_and_ended(province: Platform, city: Platform) -> None:
    link_id = link_up(province, city)
    path = f"/v1/platform-links/{link_id}"

    def call() -> tuple[int, str]:
        answer = city.call(province, link_id, "POST", "/v1/exchange/contacts")
        return answer.status_code, answer.json.get("code", "")

    province.ask("PATCH", path, 200, {"state": "paused"})
    assert call() == (403, "link_paused")
    province.ask("PATCH", path, 200, {"state": "linked", "name": "宁波"})
    assert call() == (200, "")
    province.ask("DELETE", path, 204)
    assert call() == (403, "link_ended")
    assert province.ask("PATCH", path, 409, {"name": "x"})["code"] == "platform_link_over"
    ended = province.ask("GET", path, 200)
    assert (ended["state"], ended["name"]) == ("ended", "宁波")
    assert province.house.sessions().get_one(PlatformLink, link_id).private_key is None
    actions = [
        entry["action"] for entry in province.ask("GET", f"/v1/audit-log?target_id={link_id}", 200)["entries"]
    ]
    assert sorted(set(actions)) == [
        "platform_link.change",
        "platform_link.complete",
        "platform_link.create",
        "platform_link.end",
    ]
