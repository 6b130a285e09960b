"""Receipts of entries and manifests of all of a link: texts that are signed, and checked without asking anybody.

What is signed is the text itself, JSON in UTF-8 that begins with its type, so that no signature of one kind of text,
nor of a token (base64url, RFC 7515), is one of another.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

RECEIPT: Final = "lessonstream-receipt/1"
MANIFEST: Final = "lessonstream-manifest/1"


def entry_line(
    number: int, sha256: str, size: int, received_at: datetime, *, is_late: bool
) -> dict[str, Any]:
    """What receipts and manifests say of an entry."""
    return {
        "number": number,
        "sha256": sha256,
        "size": size,
        "received_at": _written(received_at),
        "late": is_late,
    }


def takedown_line(at: datetime, by: str, reason: str) -> dict[str, Any]:
    """What manifests say, too, of an entry that was taken down before its link was closed."""
    return {"taken_down": {"at": _written(at), "by": by, "reason": reason}}


def receipt_text(link_id: str, entry: dict[str, Any]) -> str:
    """That this file has arrived as this entry."""
    return _text({"type": RECEIPT, "link": link_id, "entry": entry})


def manifest_text(link_id: str, closed_at: datetime, entries: Sequence[dict[str, Any]]) -> str:
    """That these are all the entries of a link that is closed."""
    return _text(
        {"type": MANIFEST, "link": link_id, "closed_at": _written(closed_at), "entries": list(entries)}
    )


def sign(text: str, private_key: Ed25519PrivateKey) -> tuple[str, str]:
    """The signature of a text, in base64, and the public key as PEM."""
    public = private_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(private_key.sign(text.encode())).decode(), public.decode()


def _text(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
