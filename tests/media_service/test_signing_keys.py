"""Keys of portals: registered, listed, revoked; what they open, and the signers of docs/signers."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa, x25519
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from forgery import b64
from house import SECRET_KEY, House, house, make_house
from lesson import Lesson, add_lesson
from sqlalchemy import update
from sqlalchemy.orm import Session

from media_service.cache import StaleIfError
from media_service.playback.access.signing import SigningKeys
from storage.catalogue.models import Asset
from storage.catalogue.organizations import create_organization
from storage.ids import new_id

__all__ = ["house"]

SIGNERS = Path(__file__).parents[2] / "docs" / "signers"
COMMANDS = {
    "sign_token.py": [sys.executable],
    "sign-token.mjs": ["node"],
    "sign_token.php": ["php"],
    "SignToken.java": ["java"],
}


@dataclass
class Tree:
    """A province, a city and a school below it, another city; one lesson of each by name."""

    organizations: dict[str, str]
    lessons: dict[str, Lesson]


@pytest.fixture
def tree(house: House) -> Tree:
    ids: dict[str, str] = {}
    lessons = {}
    with house.sessions.begin() as session:
        for name, above in (
            ("province", None),
            ("city", "province"),
            ("school", "city"),
            ("other", "province"),
        ):
            ids[name] = create_organization(session, name, ids[above] if above else None).id
    for name, organization_id in ids.items():
        lessons[name] = add_lesson(house.sessions, house.objects)
        with house.sessions.begin() as session:
            asset = update(Asset).where(Asset.id == lessons[name].asset_id)
            session.execute(asset.values(organization_id=organization_id))
    return Tree(ids, lessons)


def public_pem(key: Any) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def private_pem(key: Any) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def register(house: House, owner: str, public_key: object, role: str = "portal", **more: object) -> Any:
    return house.client.post(
        "/v1/signing-keys",
        json={"public_key": public_key, **more},
        headers=house.api_key(owner, role),
    )


def registered(house: House, organization_id: str, key: Any) -> str:
    answer = register(house, organization_id, public_pem(key))
    assert answer.status_code == 201, answer.text
    return str(answer.json["id"])


def claims(lesson: Lesson, **changes: object) -> dict[str, Any]:
    return {"sub": lesson.signed_id, "aud": "video", "exp": int(time.time()) + 600, **changes}


def signed(key: Any, kid: str, lesson: Lesson, algorithm: str = "EdDSA", **changes: object) -> str:
    return jwt.encode(claims(lesson, **changes), key, algorithm, headers={"kid": kid})


def status(house: House, lesson: Lesson, token: str) -> int:
    return house.get(f"/v/{lesson.signed_id}/master.m3u8?token={token}").status_code


def test_a_key_opens_its_organization_and_those_below(house: House, tree: Tree) -> None:
    key = ed25519.Ed25519PrivateKey.generate()
    kid = registered(house, tree.organizations["city"], key)
    opened = {name: status(house, lesson, signed(key, kid, lesson)) for name, lesson in tree.lessons.items()}
    assert opened == {"province": 403, "city": 200, "school": 200, "other": 403}
    refused = house.get(
        f"/v/{tree.lessons['province'].signed_id}/master.m3u8?token="
        + signed(key, kid, tree.lessons["province"])
    )
    assert refused.json["code"] == "token_not_allowed"


def test_whoever_registers_ones_key_first_takes_nothing_away(house: House, tree: Tree) -> None:
    """A key is its organization's own by its ID, which the signature covers: with another's nothing opens here."""
    key = ed25519.Ed25519PrivateKey.generate()
    copied = registered(house, tree.organizations["other"], key)
    own = registered(house, tree.organizations["city"], key)
    city, other = tree.lessons["city"], tree.lessons["other"]
    assert status(house, city, signed(key, own, city)) == 200
    assert status(house, city, signed(key, copied, city)) == 403
    revoked = house.client.delete(
        f"/v1/signing-keys/{copied}", headers=house.api_key(tree.organizations["other"], "portal")
    )
    assert revoked.status_code == 204
    assert status(house, city, signed(key, own, city)) == 200
    assert status(house, other, signed(key, own, other)) == 403


def test_an_organization_that_is_added_later_is_known_soon(
    house: House, tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = ed25519.Ed25519PrivateKey.generate()
    kid = registered(house, tree.organizations["city"], key)
    late = add_lesson(house.sessions, house.objects)
    assert status(house, late, signed(key, kid, late)) == 403
    with house.sessions.begin() as session:
        below = create_organization(session, "late", tree.organizations["school"]).id
        session.execute(update(Asset).where(Asset.id == late.asset_id).values(organization_id=below))
    monkeypatch.setattr("media_service.playback.access.signing.REFRESH_SECONDS", 0.0)
    time.sleep(1.05)
    assert status(house, late, signed(key, kid, late)) == 200


def test_rotation_and_revocation(house: House, tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    lesson, city = tree.lessons["city"], tree.organizations["city"]
    other = make_house(house.sessions)
    old, new = ed25519.Ed25519PrivateKey.generate(), rsa.generate_private_key(65537, 2048)
    old_id, new_id = registered(house, city, old), registered(house, city, new)
    tokens = [signed(old, old_id, lesson), signed(new, new_id, lesson, "RS256")]
    for place in (house, other):
        assert [status(place, lesson, token) for token in tokens] == [200, 200]
    for owner, wanted in (("school", 404), ("other", 404), ("province", 404), ("city", 204), ("city", 404)):
        key = house.api_key(tree.organizations[owner])
        assert house.client.delete(f"/v1/signing-keys/{old_id}", headers=key).status_code == wanted
    assert [status(house, lesson, token) for token in tokens] == [401, 200]
    monkeypatch.setattr("media_service.playback.access.signing.REFRESH_SECONDS", 0.0)
    assert [status(other, lesson, token) for token in tokens] == [401, 200]
    again = register(house, city, public_pem(old))
    assert (again.status_code, again.json["code"]) == (409, "signing_key_known")
    listed = house.client.get("/v1/signing-keys", headers=house.api_key(city)).json["signing_keys"]
    by_id = {entry["id"]: entry for entry in listed}
    assert by_id[old_id]["revoked_at"] and not by_id[new_id]["revoked_at"]
    der = new.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert by_id[new_id]["fingerprint"] == hashlib.sha256(der).hexdigest()


def test_administrators_manage_keys_below(house: House, tree: Tree) -> None:
    province, school = tree.organizations["province"], tree.organizations["school"]
    pem = public_pem(ed25519.Ed25519PrivateKey.generate())
    assert register(house, province, pem, organization_id=school).status_code == 404
    assert register(house, school, pem, "admin", organization_id=province).status_code == 404
    made = register(house, province, pem, "admin", organization_id=school, label="门户")
    assert made.status_code == 201 and (made.json["organization_id"], made.json["label"]) == (school, "门户")
    admin = house.api_key(province, "admin")
    listed = house.client.get("/v1/signing-keys", headers=admin).json["signing_keys"]
    assert made.json["id"] in [entry["id"] for entry in listed]
    assert house.client.delete(f"/v1/signing-keys/{made.json['id']}", headers=admin).status_code == 204
    for role in ("author", "partner"):
        assert register(house, school, pem, role).status_code == 403


def test_there_are_not_too_many(house: House) -> None:
    with house.sessions.begin() as session:
        organization_id = create_organization(session, "busy").id
    answers = [
        register(house, organization_id, public_pem(ed25519.Ed25519PrivateKey.generate())) for _ in range(11)
    ]
    assert [answer.status_code for answer in answers] == [201] * 10 + [409]
    assert answers[-1].json["code"] == "signing_key_limit"


def _jwk(key: Any) -> dict[str, Any]:
    kind = (
        jwt.algorithms.OKPAlgorithm
        if isinstance(key, ed25519.Ed25519PrivateKey)
        else jwt.algorithms.RSAAlgorithm
    )
    return dict(json.loads(kind.to_jwk(key.public_key())))


def test_one_key_in_several_forms(house: House, tree: Tree) -> None:
    for key in (ed25519.Ed25519PrivateKey.generate(), rsa.generate_private_key(65537, 2048)):
        made = register(house, tree.organizations["city"], _jwk(key))
        assert made.status_code == 201 and made.json["public_key"] == public_pem(key)
        assert register(house, tree.organizations["city"], public_pem(key)).status_code == 409
        assert register(house, tree.organizations["other"], f"\n{public_pem(key)}\n").status_code == 201


def _ssh() -> str:
    key = ed25519.Ed25519PrivateKey.generate().public_key()
    return key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


_RSA = rsa.generate_private_key(65537, 2048)
_ED = ed25519.Ed25519PrivateKey.generate()
REFUSED: dict[str, tuple[str, Callable[[], object]]] = {
    "RSA of 1024 bits": ("invalid", lambda: public_pem(rsa.generate_private_key(65537, 1024))),
    "RSA with exponent 3": ("invalid", lambda: public_pem(rsa.generate_private_key(3, 2048))),
    "P-256": ("invalid", lambda: public_pem(ec.generate_private_key(ec.SECP256R1()))),
    "Ed448": ("invalid", lambda: public_pem(ed448.Ed448PrivateKey.generate())),
    "X25519": ("invalid", lambda: public_pem(x25519.X25519PrivateKey.generate())),
    "DSA": ("invalid", lambda: public_pem(dsa.generate_private_key(2048))),
    "SSH": ("invalid", _ssh),
    "certificate": ("invalid", lambda: "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"),
    "text": ("invalid", lambda: "hello"),
    "nothing": ("invalid", lambda: ""),
    "half a key": ("invalid", lambda: public_pem(_RSA)[:200]),
    "empty JWK": ("invalid", dict),
    "JWK of a curve": ("invalid", lambda: {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}),
    "JWK of 31 bytes": ("invalid", lambda: {"kty": "OKP", "crv": "Ed25519", "x": b64(b"x" * 31)}),
    "JWK with numbers": ("invalid", lambda: {"kty": "RSA", "n": 7, "e": 3}),
    "JWK of a small key": ("invalid", lambda: {"kty": "RSA", "n": b64(b"\xc1" * 128), "e": "AQAB"}),
    "JWK of an even modulus": ("invalid", lambda: {"kty": "RSA", "n": b64(b"\xc2" * 256), "e": "AQAB"}),
    "JWK of zero": ("invalid", lambda: {"kty": "RSA", "n": "AA", "e": "AA"}),
    "JWK for another algorithm": ("invalid", lambda: {**_jwk(_RSA), "alg": "HS256"}),
    "private Ed25519": ("private", lambda: private_pem(_ED)),
    "private RSA": ("private", lambda: private_pem(_RSA)),
    "both halves": ("private", lambda: public_pem(_RSA) + private_pem(_RSA)),
    "old private RSA": (
        "private",
        lambda: _RSA.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode(),
    ),
    "private JWK": ("private", lambda: json.loads(jwt.algorithms.OKPAlgorithm.to_jwk(_ED))),
    "shared secret": ("private", lambda: {"kty": "oct", "k": "AAAA"}),
}


@pytest.mark.parametrize(("kind", "make"), REFUSED.values(), ids=REFUSED)
def test_keys_that_are_refused(house: House, tree: Tree, kind: str, make: Callable[[], object]) -> None:
    answer = register(house, tree.organizations["city"], make())
    assert (answer.status_code, answer.json["code"]) == (422, f"signing_key_{kind}")


def test_forgeries_with_registered_keys_are_refused_alike(house: House, tree: Tree) -> None:
    lesson, city, other = tree.lessons["city"], tree.organizations["city"], tree.organizations["other"]
    ed, rs, theirs = (
        ed25519.Ed25519PrivateKey.generate(),
        rsa.generate_private_key(65537, 2048),
        ed25519.Ed25519PrivateKey.generate(),
    )
    ed_id, rs_id = registered(house, city, ed), registered(house, city, rs)
    their_id = registered(house, other, theirs)
    assert status(house, lesson, signed(ed, ed_id, lesson)) == 200
    assert status(house, lesson, signed(rs, rs_id, lesson, "RS256")) == 200

    def shared(secret: bytes) -> str:
        message = f"{b64({'alg': 'HS256', 'kid': rs_id})}.{b64(claims(lesson))}"
        return f"{message}.{b64(hmac.new(secret, message.encode(), hashlib.sha256).digest())}"

    jwk = _jwk(theirs)
    invalid = [
        shared(public_pem(rs).encode()),
        shared(public_pem(rs).strip().encode()),
        shared(rs.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)),
        shared(rs.public_key().public_bytes(Encoding.PEM, PublicFormat.PKCS1)),
        signed(theirs, ed_id, lesson),
        signed(ed, their_id, lesson),
        signed(ed, rs_id, lesson),
        signed(rs, ed_id, lesson, "RS256"),
        signed(rs, rs_id, lesson, "PS256"),
        signed(rs, rs_id, lesson, "RS512"),
        signed(ed, ed_id.upper(), lesson),
        jwt.encode(claims(lesson), theirs, "EdDSA", headers={"kid": ed_id, "jwk": jwk}),
        signed(ed, ed_id, lesson, exp=int(time.time()) + 25 * 3600),
        signed(ed, ed_id, lesson, start=9, end=3),
        signed(ed, ed_id, lesson, plays=1),
        signed(ed, ed_id, lesson, max_height="360"),
    ]
    foreign = [
        signed(theirs, their_id, lesson),
        signed(theirs, their_id, lesson, iss=city, organization_id=city, partner=city),
        signed(ed, ed_id, lesson, aud="image"),
        signed(ed, ed_id, lesson, sub="*"),
    ]
    bodies = []
    for tokens, wanted in ((invalid, 401), (foreign, 403)):
        answers = [house.get(f"/v/{lesson.signed_id}/master.m3u8?token={token}") for token in tokens]
        assert [answer.status_code for answer in answers] == [wanted] * len(tokens)
        bodies.append({answer.data for answer in answers})
    assert [len(found) for found in bodies] == [1, 1]


@pytest.mark.parametrize("kind", ["EdDSA", "RS256"])
@pytest.mark.parametrize("signer", COMMANDS)
def test_reference_signers(house: House, tree: Tree, tmp_path: Path, signer: str, kind: str) -> None:
    key: Any = (
        ed25519.Ed25519PrivateKey.generate() if kind == "EdDSA" else rsa.generate_private_key(65537, 2048)
    )
    kid, lesson = registered(house, tree.organizations["city"], key), tree.lessons["school"]
    pem = tmp_path / "private.pem"
    pem.write_text(private_pem(key))
    more = '"viewer": "学员 7", "max_height": 180'
    command = [*COMMANDS[signer], str(SIGNERS / signer), str(pem), kid, lesson.signed_id]
    command.append(more if signer.endswith(".java") else f"{{{more}}}")
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    token = done.stdout.strip()
    master = house.get(f"/v/{lesson.signed_id}/master.m3u8?token={token}")
    assert master.status_code == 200 and "180p" in master.text and "360p" not in master.text
    grant = house.gate._grants.find(token)
    assert grant is not None and grant.viewer == "学员 7" and grant.kinds == {"video", "image", "storyboard"}
    assert base64.urlsafe_b64decode(token.partition(".")[0] + "==")


@pytest.mark.parametrize("signer", COMMANDS)
def test_a_signer_called_wrongly_says_how_it_is_called(tmp_path: Path, signer: str) -> None:
    no_key = tmp_path / "no.pem"
    no_key.write_text("no key")
    for arguments in ([], [str(no_key), "key", "lesson"]):
        command = [*COMMANDS[signer], str(SIGNERS / signer), *arguments]
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stdout) == (1, "")
        lines = done.stderr.splitlines()
        assert len(lines) <= 2 and lines[-1].startswith("usage: ") and signer in lines[-1]


def test_another_process_knows_a_key_that_was_registered_a_moment_ago(house: House, tree: Tree) -> None:
    reads = 0

    def sessions() -> Session:
        nonlocal reads
        reads += 1
        return house.sessions()

    other = SigningKeys(sessions, SECRET_KEY, StaleIfError(time.monotonic))  # type: ignore[arg-type]
    other.verifying()
    for _ in range(3):
        key_id = registered(house, tree.organizations["city"], ed25519.Ed25519PrivateKey.generate())
        assert key_id in other.verifying(key_id)
    reads = 0
    for _ in range(100):
        other.verifying(new_id())
    assert 0 < reads <= 10
