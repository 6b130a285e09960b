"""Launches as strangers might forge them, and what a true one says."""

from __future__ import annotations

import base64
import hmac
import json
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from learning_platform import new_pair

from configs.words import LtiRefusal
from media_service.lti.id_tokens import LtiRefused, is_web_address, key_id_of, read, verify
from media_service.lti.platform_keys import read_keys
from media_service.lti.playing import read_target
from storage.lti.keys import to_jwk
from storage.lti.scores import address, read_token

ISSUER, CLIENT, NONCE, KEY = "https://lms.example", "client-1", "n-1", "key-1"
OURS = "https://media.example"
TARGET = f"{OURS}/lti/lessons/{'a' * 24}"
NOW = 1_800_000_000
LTI = "https://purl.imsglobal.org/spec/lti/claim/"
AGS = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
DEEP = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"
SCORE = "https://purl.imsglobal.org/spec/lti-ags/scope/score"

PRIVATE, PUBLIC = new_pair()
OTHER_PRIVATE, OTHER_PUBLIC = new_pair()
GONE = object()


def claims(**changed: Any) -> dict[str, Any]:
    """A true launch, with changes; names of LTI's own claims are short."""
    said: dict[str, Any] = {
        "iss": ISSUER,
        "aud": CLIENT,
        "azp": CLIENT,
        "sub": "user-1",
        "nonce": NONCE,
        "iat": NOW - 3,
        "exp": NOW + 300,
        f"{LTI}deployment_id": "d-1",
        f"{LTI}message_type": "LtiResourceLinkRequest",
        f"{LTI}version": "1.3.0",
        f"{LTI}target_link_uri": TARGET,
        f"{LTI}resource_link": {"id": "link-1"},
        f"{LTI}roles": [],
    }
    for name, value in changed.items():
        full = name if name in ("iss", "aud", "azp", "sub", "nonce", "iat", "exp", "nbf") else f"{LTI}{name}"
        said.pop(full, None)
        if value is not GONE:
            said[full] = value
    return said


def sign(said: dict[str, Any], key: str = PRIVATE, **headers: Any) -> str:
    return jwt.encode(said, key, "RS256", headers={"kid": KEY, **headers})


def believe(token: str) -> Any:
    key_id_of(token)
    key = load_pem_public_key(PUBLIC.encode())
    found = verify(token, key, issuer=ISSUER, client_id=CLIENT, nonce=NONCE, now=NOW)
    return read(found, target=TARGET, begins=f"{OURS}/lti/")


def test_a_true_launch_is_believed() -> None:
    endpoint = {"scope": [SCORE], "lineitem": "https://lms.example/items/1?x=2"}
    message = believe(sign({**claims(aud=[CLIENT], launch_presentation={"locale": "zh_CN"}), AGS: endpoint}))
    assert (message.deployment_id, message.user_id, message.target) == ("d-1", "user-1", TARGET)
    assert (message.line_item, message.locale) == ("https://lms.example/items/1?x=2", "zh_CN")
    assert believe(sign(claims(sub=GONE, azp=GONE))).user_id is None, "nobody need be named"
    assert believe(sign({**claims(), AGS: {**endpoint, "scope": []}})).line_item is None
    assert believe(sign({**claims(), AGS: {**endpoint, "lineitem": "javascript:alert(1)"}})).line_item is None


FORGED: list[tuple[dict[str, Any], LtiRefusal]] = [
    ({"iss": "https://evil.example"}, "issuer_wrong"),
    ({"iss": f"{ISSUER}/"}, "issuer_wrong"),
    ({"aud": "client-2"}, "audience_wrong"),
    ({"aud": []}, "audience_wrong"),
    ({"aud": [CLIENT, "client-2"]}, "audience_wrong"),
    ({"aud": {"client": CLIENT}}, "audience_wrong"),
    ({"azp": "client-2"}, "audience_wrong"),
    ({"azp": None}, "audience_wrong"),
    ({"nonce": "n-2"}, "nonce_wrong"),
    ({"nonce": GONE}, "message_invalid"),
    ({"exp": NOW - 61}, "message_expired"),
    ({"exp": str(NOW + 300)}, "message_invalid"),
    ({"exp": True}, "message_invalid"),
    ({"exp": GONE}, "message_invalid"),
    ({"iat": NOW + 120}, "issued_wrong"),
    ({"iat": NOW - 7200}, "issued_wrong"),
    ({"iat": GONE}, "message_invalid"),
    ({"nbf": NOW + 120}, "issued_wrong"),
    ({"deployment_id": GONE}, "message_invalid"),
    ({"deployment_id": 7}, "message_invalid"),
    ({"deployment_id": "d" * 256}, "message_invalid"),
    ({"message_type": "LtiSubmissionReviewRequest"}, "message_unknown"),
    ({"message_type": GONE}, "message_unknown"),
    ({"version": "1.1"}, "version_wrong"),
    ({"version": GONE}, "version_wrong"),
    ({"target_link_uri": "https://evil.example/lti/lessons/x"}, "target_wrong"),
    ({"target_link_uri": f"{OURS}/lti/lessons/{'b' * 24}"}, "target_wrong"),
    ({"target_link_uri": GONE}, "target_wrong"),
    ({"resource_link": GONE}, "message_invalid"),
    ({"resource_link": {"id": ""}}, "message_invalid"),
    ({"sub": 5}, "message_invalid"),
    ({"sub": "a\0"}, "message_invalid"),
    ({"sub": "\ud800"}, "message_invalid"),
    ({"deployment_id": "\udfff"}, "message_invalid"),
    ({"sub": "s" * 256}, "message_invalid"),
    ({"roles": "Learner"}, "message_invalid"),
]


@pytest.mark.parametrize(("changed", "code"), FORGED, ids=[f"{c}-{n}" for n, (_, c) in enumerate(FORGED)])
def test_a_forged_claim_is_refused(changed: dict[str, Any], code: LtiRefusal) -> None:
    # PyJWT's own encoder refuses some of these, so they are signed by hand.
    said = claims(**changed)
    token = _by_hand(said)
    with pytest.raises(LtiRefused) as refused:
        believe(token)
    assert refused.value.code == code


def _by_hand(said: dict[str, Any], *, alg: str = "RS256") -> str:
    method = jwt.get_algorithm_by_name("RS256")
    parts = b".".join(_encoded(each) for each in ({"alg": alg, "kid": KEY}, said))
    return (parts + b"." + _plain(method.sign(parts, method.prepare_key(PRIVATE)))).decode()


def _encoded(value: object) -> bytes:
    return _plain(json.dumps(value).encode())


def _plain(value: bytes) -> bytes:
    return base64.urlsafe_b64encode(value).rstrip(b"=")


def test_a_signature_is_by_the_platforms_key_and_by_rs256_alone() -> None:
    own = {"jwk": to_jwk("key-1", OTHER_PUBLIC), "jku": "https://evil.example/keys"}
    unsigned = b".".join((_encoded({"alg": "none", "kid": KEY}), _encoded(claims()), b"")).decode()
    # The old trick: the public key as a secret that both know.
    shared = jwt.encode(claims(), "s" * 32, "HS256", headers={"kid": KEY})
    forged = b".".join((_encoded({"alg": "HS256", "kid": KEY}), _encoded(claims())))
    by_public = (forged + b"." + _plain(hmac.digest(PUBLIC.encode(), forged, "sha256"))).decode()
    true = sign(claims())
    head, body, signature = true.split(".")
    tampered = f"{head}.{_encoded(claims(sub='user-2')).decode()}.{signature}"
    for token, code in (
        (sign(claims(), OTHER_PRIVATE), "signature_wrong"),
        (sign(claims(), OTHER_PRIVATE, **own), "signature_wrong"),
        (tampered, "signature_wrong"),
        (f"{head}.{body}.", "signature_wrong"),
        (unsigned, "message_invalid"),
        (shared, "message_invalid"),
        (by_public, "message_invalid"),
        (_by_hand(claims(), alg="PS256"), "message_invalid"),
        (sign(claims(), kid=""), "message_invalid"),
        (jwt.encode(claims(), PRIVATE, "RS256"), "message_invalid"),
        (sign(claims(), crit=["x"], x=1), "message_invalid"),
        (_by_hand([]), "message_invalid"),  # type: ignore[arg-type]
        ("a.b", "message_invalid"),
        ("", "message_invalid"),
        ("." * 70_000, "message_invalid"),
        (f"{_plain(b'[' * 5000).decode()}.e30.x", "message_invalid"),
    ):
        with pytest.raises(LtiRefused) as refused:
            believe(token)
        assert refused.value.code == code, token[:60]


def test_a_picker_returns_only_to_where_a_browser_may_go() -> None:
    settings = {
        "deep_link_return_url": "https://lms.example/return?a=b",
        "accept_types": ["ltiResourceLink"],
        "accept_multiple": True,
        "data": "x",
    }

    def asked(**changed: Any) -> Any:
        said = {
            **claims(message_type="LtiDeepLinkingRequest", resource_link=GONE),
            DEEP: {**settings, **changed},
        }
        return believe(sign(said)).settings

    assert (asked().return_url, asked().multiple, asked().data) == (
        settings["deep_link_return_url"],
        True,
        "x",
    )
    assert asked(accept_multiple="yes").multiple is False and asked(data=None).data is None
    for changed in (
        {"deep_link_return_url": "javascript:alert(1)"},
        {"deep_link_return_url": "//lms.example"},
        {"deep_link_return_url": "https://a@lms.example/"},
        {"deep_link_return_url": "https://lms.example/;form-action *\r\nX: y"},
        {"accept_types": ["link"]},
        {"data": {"a": 1}},
        {"data": "x" * 5000},
    ):
        with pytest.raises(LtiRefused):
            asked(**changed)


def test_keys_of_platforms_are_rsa_keys_for_signatures() -> None:
    good = to_jwk("good", PUBLIC)
    listed = [
        good,
        {**good, "kid": "encrypts", "use": "enc"},
        {**good, "kid": "other", "alg": "RS512"},
        {"kty": "oct", "kid": "secret", "k": "c2VjcmV0"},
        {"kty": "EC", "kid": "curve"},
        {**good, "kid": "slow", "e": "AQAAAAAB"},
        {**good, "kid": "huge", "n": "_" * 200_000},
    ]
    assert read_keys(json.dumps({"keys": listed}).encode()).keys() == {"good"}
    for body in (
        b"",
        b"[]",
        b'{"keys": 1}',
        b'{"keys": [{"kty": "RSA", "kid": "x", "n": "!", "e": "AQAB"}]}',
        b"[" * 9000,
    ):
        with pytest.raises(LtiRefused) as refused:
            read_keys(body)
        assert refused.value.code == "platform_away"


def test_what_links_launch() -> None:
    asset, course = "a" * 24, "c" * 22
    found = read_target(f"{OURS}/lti/lessons/{asset}?course={course}", OURS)
    assert found is not None and (found.asset_id, found.course) == (asset, course)
    found = read_target(f"{OURS}/lti/courses/{course}", OURS)
    assert found is not None and (found.asset_id, found.course) == (None, course)
    for other in (
        "/lti/launch",
        f"/lti/lessons/{asset}/x",
        "/lti/lessons/..",
        f"/library/lessons/{asset}",
        "",
    ):
        assert read_target(OURS + other, OURS) is None


def test_where_scores_go_and_by_which_token() -> None:
    assert address("https://lms.example/a/7?type_id=1#x") == "https://lms.example/a/7/scores?type_id=1"
    assert read_token(b'{"access_token": "t", "expires_in": 3600}') == ("t", 3600)
    assert read_token(b'{"access_token": "t", "expires_in": "soon"}') == ("t", 60)
    for body in (b"", b"[]", b'{"access_token": "a\\r\\nX: y"}', b'{"access_token": 5}', b"[" * 9000):
        assert read_token(body) is None
    assert is_web_address("http://10.0.0.5/moodle") and not is_web_address("https://x\\@y/")


def test_reading_what_strangers_send_takes_no_time() -> None:
    began = time.monotonic()
    for token in ("e30." * 10_000, "a" * 60_000, f"{_plain(b'{' * 40_000).decode()}.e30.x"):
        with pytest.raises(LtiRefused):
            key_id_of(token)
    assert time.monotonic() - began < 1
