"""Forged playback tokens, and legal ones of every shape. Used against the verifier and against the running views."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from media_service.playback.access.tokens import MAX_LENGTH

Claims = dict[str, Any]


@dataclass
class Forge:
    """Two service keys (``ed`` and ``rs``) that verify, a revoked one, and a stranger's keys that nobody trusts."""

    now: int
    playback_id: str
    ed: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    rs: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))
    stranger: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    stranger_rs: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))
    ed_id: str = "ed-key"
    rs_id: str = "rs-key"
    revoked_id: str = "revoked-key"

    def claims(self, **changes: Any) -> Claims:
        """Good claims for the video, with ``changes``; None takes a claim away."""
        good = {"sub": self.playback_id, "aud": "video", "exp": self.now + 600}
        return {name: value for name, value in {**good, **changes}.items() if value is not None}

    def signed(
        self,
        claims: Claims,
        key: Any = None,
        algorithm: str = "EdDSA",
        kid: str | None = None,
        **headers: Any,
    ) -> str:
        """A token that is signed well, with whatever it says."""
        header = {"kid": kid or (self.ed_id if algorithm == "EdDSA" else self.rs_id), **headers}
        payload = json.dumps(claims).encode()
        chosen = key or (self.ed if algorithm == "EdDSA" else self.rs)
        return jwt.api_jws.PyJWS().encode(payload, chosen, algorithm, headers=header)

    def public_pem(self, format_: PublicFormat = PublicFormat.SubjectPublicKeyInfo) -> bytes:
        """The RSA key's public half, which everybody may know."""
        return self.rs.public_key().public_bytes(Encoding.PEM, format_)


def b64(data: bytes | dict[str, Any]) -> str:
    """base64url without padding, of bytes or of JSON."""
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unsigned(header: dict[str, Any], claims: Claims, signature: bytes = b"") -> str:
    """A token put together by hand."""
    return f"{b64(header)}.{b64(claims)}.{b64(signature)}"


def hmac_signed(forge: Forge, kid: str, secret: bytes) -> str:
    """HS256 keyed with something public: the classic confusion of key types."""
    message = f"{b64({'alg': 'HS256', 'typ': 'JWT', 'kid': kid})}.{b64(forge.claims())}"
    return f"{message}.{b64(hmac.new(secret, message.encode(), hashlib.sha256).digest())}"


def _flip(token: str, part: int) -> str:
    pieces = token.split(".")
    raw = bytearray(base64.urlsafe_b64decode(pieces[part] + "=" * (-len(pieces[part]) % 4)))
    raw[len(raw) // 2] ^= 1
    pieces[part] = b64(bytes(raw))
    return ".".join(pieces)


def _nested(forge: Forge, depth: int) -> str:
    payload = b'{"sub":' + b"[" * depth + b"]" * depth + b"}"
    return jwt.api_jws.PyJWS().encode(payload, forge.ed, "EdDSA", headers={"kid": forge.ed_id})


INVALID: dict[str, Callable[[Forge], str]] = {
    **{
        f"alg {alg}": lambda f, alg=alg: unsigned({"alg": alg, "kid": f.ed_id}, f.claims())  # type: ignore[misc]
        for alg in ("none", "None", "nOnE", "NONE", "")
    },
    "no alg": lambda f: unsigned({"kid": f.ed_id}, f.claims()),
    "alg is a list": lambda f: unsigned({"alg": ["EdDSA"], "kid": f.ed_id}, f.claims()),
    "alg none with a signature": lambda f: unsigned({"alg": "none", "kid": f.ed_id}, f.claims(), b"x" * 64),
    "HS256 with the public PEM": lambda f: hmac_signed(f, f.rs_id, f.public_pem()),
    "HS256 with the PKCS1 PEM": lambda f: hmac_signed(f, f.rs_id, f.public_pem(PublicFormat.PKCS1)),
    "HS256 with an empty key": lambda f: hmac_signed(f, f.rs_id, b""),
    "HS256 with the Ed25519 public bytes": lambda f: hmac_signed(
        f, f.ed_id, f.ed.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    ),
    "stripped signature": lambda f: f.signed(f.claims()).rpartition(".")[0] + ".",
    "no third part": lambda f: f.signed(f.claims()).rpartition(".")[0],
    "signature of another token": lambda f: (
        f.signed(f.claims()).rpartition(".")[0] + "." + f.signed(f.claims(viewer="x")).rpartition(".")[2]
    ),
    "flipped bit in the header": lambda f: _flip(f.signed(f.claims()), 0),
    "flipped bit in the payload": lambda f: _flip(f.signed(f.claims()), 1),
    "flipped bit in the signature": lambda f: _flip(f.signed(f.claims()), 2),
    "flipped bit in an RSA signature": lambda f: _flip(f.signed(f.claims(), algorithm="RS256"), 2),
    "another key under our kid": lambda f: f.signed(f.claims(), key=f.stranger),
    "another RSA key under our kid": lambda f: f.signed(f.claims(), key=f.stranger_rs, algorithm="RS256"),
    "RS512 for an RS256 key": lambda f: f.signed(f.claims(), algorithm="RS512"),
    "PS256 for an RS256 key": lambda f: f.signed(f.claims(), algorithm="PS256"),
    "RSA key's kid with EdDSA": lambda f: f.signed(f.claims(), kid=f.rs_id),
    "unknown kid": lambda f: f.signed(f.claims(), kid="nobody"),
    "kid is a path": lambda f: f.signed(f.claims(), kid="../../../../dev/null"),
    "kid is SQL": lambda f: f.signed(f.claims(), kid="x' UNION SELECT 'key' --"),
    "no kid": lambda f: jwt.encode(f.claims(), f.ed, "EdDSA"),
    "kid is a number": lambda f: unsigned({"alg": "EdDSA", "kid": 1}, f.claims(), b"x" * 64),
    "revoked key": lambda f: f.signed(f.claims(), kid=f.revoked_id),
    "embedded jwk": lambda f: f.signed(
        f.claims(),
        key=f.stranger,
        jwk=json.loads(jwt.algorithms.OKPAlgorithm.to_jwk(f.stranger.public_key())),
    ),
    "jku elsewhere": lambda f: f.signed(
        f.claims(), key=f.stranger, kid="theirs", jku="http://127.0.0.1:9/jwks"
    ),
    "x5u elsewhere": lambda f: f.signed(
        f.claims(), key=f.stranger, kid="theirs", x5u="http://127.0.0.1:9/x.pem"
    ),
    "unknown crit": lambda f: f.signed(f.claims(), crit=["exp"]),
    "unencoded payload option": lambda f: unsigned(
        {"alg": "EdDSA", "kid": f.ed_id, "b64": False, "crit": ["b64"]}, f.claims(), b"x" * 64
    ),
    "no exp": lambda f: f.signed(f.claims(exp=None)),
    "exp in ten years": lambda f: f.signed(f.claims(exp=f.now + 315_360_000)),
    "exp in 25 hours": lambda f: f.signed(f.claims(exp=f.now + 25 * 3600)),
    "exp is a text": lambda f: f.signed(f.claims(exp=str(f.now + 600))),
    "exp is true": lambda f: f.signed(f.claims(exp=True)),
    "exp is NaN": lambda f: f.signed(f.claims(exp=float("nan"))),
    "exp is infinite": lambda f: f.signed(f.claims(exp=float("inf"))),
    "exp is negative": lambda f: f.signed(f.claims(exp=-1)),
    "nbf ahead": lambda f: f.signed(f.claims(nbf=f.now + 60)),
    "nbf is a text": lambda f: f.signed(f.claims(nbf="0")),
    "foreign aud": lambda f: f.signed(f.claims(aud="https://elsewhere.example")),
    "foreign aud in a list": lambda f: f.signed(f.claims(aud=["video", "https://elsewhere.example"])),
    "empty aud list": lambda f: f.signed(f.claims(aud=[])),
    "aud is an object": lambda f: f.signed(f.claims(aud={"video": 1})),
    "no aud": lambda f: f.signed(f.claims(aud=None)),
    "no sub": lambda f: f.signed(f.claims(sub=None)),
    "sub is a list": lambda f: f.signed(f.claims(sub=[f.playback_id])),
    "viewer is an object": lambda f: f.signed(f.claims(viewer={"a": 1})),
    **{
        f"{name} is {value!r}": lambda f, name=name, value=value: f.signed(
            f.claims(**{"viewer": "v", name: value})
        )
        for name, value in (
            ("max_height", "360"),
            ("max_height", 0),
            ("max_height", -1),
            ("max_height", 360.5),
            ("max_height", True),
            ("max_height", [360]),
            ("max_height", 10**9),
            ("start", "1"),
            ("start", -1),
            ("start", True),
            ("start", float("nan")),
            ("start", [0]),
            ("start", 10**400),
            ("end", "9"),
            ("end", 0),
            ("end", float("inf")),
            ("end", {}),
            ("plays", 0),
            ("plays", -1),
            ("plays", "1"),
            ("plays", 1.5),
            ("plays", True),
            ("plays", 101),
            ("plays", []),
        )
    },
    "clip ends before it begins": lambda f: f.signed(f.claims(start=6, end=4)),
    "clip of no length": lambda f: f.signed(f.claims(start=4, end=4)),
    "plays without a viewer": lambda f: f.signed(f.claims(plays=1)),
    "plays of an empty viewer": lambda f: f.signed(f.claims(plays=1, viewer="")),
    "viewer is a number": lambda f: f.signed(f.claims(viewer=7)),
    "viewer is too long": lambda f: f.signed(f.claims(viewer="v" * 201)),
    "partner is a list": lambda f: f.signed(f.claims(partner=["p"])),
    **{
        f"{name} holds {told}": lambda f, name=name, text=text: f.signed(f.claims(**{name: text}))  # type: ignore[misc]
        for name in ("viewer", "course", "mark", "partner", "alias")
        for told, text in (("U+0000", "a\0"), ("half a surrogate pair", "\ud800"))
    },
    "claims are a list": lambda f: f.signed([f.claims()]),  # type: ignore[arg-type]
    "letters": lambda f: "a.b.c",
    "an extra dot": lambda f: f.signed(f.claims()) + ".",
    "an extra part": lambda f: f.signed(f.claims()) + ".e30",
    "only dots": lambda f: "..",
    "padding": lambda f: f.signed(f.claims()) + "==",
    "white space": lambda f: f.signed(f.claims()) + " ",
    "not ASCII": lambda f: f.signed(f.claims()) + "é",
    "too long": lambda f: f.signed(f.claims(note="x" * MAX_LENGTH)),
    "deep JSON": lambda f: _nested(f, 1400),
}
"""Refused with 401: nobody we trust has said this."""

EXPIRED: dict[str, Callable[[Forge], str]] = {
    "expired a minute ago": lambda f: f.signed(f.claims(exp=f.now - 60)),
    "expired just past the leeway": lambda f: f.signed(f.claims(exp=f.now - 12)),
    "expired long ago": lambda f: f.signed(f.claims(exp=1)),
}

FOREIGN: dict[str, Callable[[Forge], str]] = {
    "image token": lambda f: f.signed(f.claims(aud="image")),
    "image and storyboard token": lambda f: f.signed(f.claims(aud=["image", "storyboard"])),
    "other playback ID": lambda f: f.signed(f.claims(sub="y" * 22)),
    "prefix of the playback ID": lambda f: f.signed(f.claims(sub=f.playback_id[:-1])),
    "star": lambda f: f.signed(f.claims(sub="*")),
    "empty sub": lambda f: f.signed(f.claims(sub="")),
    "upper case": lambda f: f.signed(f.claims(sub=f.playback_id.upper())),
}
"""Refused with 403: good, but for something else."""

LEGAL: dict[str, Callable[[Forge], str]] = {
    "EdDSA": lambda f: f.signed(f.claims()),
    "RS256": lambda f: f.signed(f.claims(), algorithm="RS256"),
    "all kinds": lambda f: f.signed(f.claims(aud=["image", "storyboard", "video"])),
    "list of one kind": lambda f: f.signed(f.claims(aud=["video"])),
    "nbf in the past": lambda f: f.signed(f.claims(nbf=f.now - 60)),
    "nbf within the leeway": lambda f: f.signed(f.claims(nbf=f.now + 8)),
    "exp within the leeway": lambda f: f.signed(f.claims(exp=f.now - 8)),
    "exp with a fraction": lambda f: f.signed(f.claims(exp=f.now + 60.5)),
    "exp in 24 hours": lambda f: f.signed(f.claims(exp=f.now + 24 * 3600)),
    "viewer": lambda f: f.signed(f.claims(viewer="学员 7")),
    "claims that are not ours": lambda f: f.signed(f.claims(iss="portal", iat=f.now, jti="1", course="水墨")),
    "a height": lambda f: f.signed(f.claims(max_height=360)),
    "a clip": lambda f: f.signed(f.claims(start=4.5, end=8)),
    "a clip to the end": lambda f: f.signed(f.claims(start=8)),
    "plays": lambda f: f.signed(f.claims(plays=2, viewer="学员 7")),
    "no typ": lambda f: f.signed(f.claims(), typ=None),
    "other typ": lambda f: f.signed(f.claims(), typ="at+jwt"),
}
