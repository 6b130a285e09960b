"""The codes by which two people link their platforms: text to be pasted, made for chats and mails. Pure.

``LSL1.PAYLOAD.CHECKSUM``: the number is that of this shape, the payload JSON in base64url, the checksum the first bytes
of its SHA-256. Nothing in it is secret; whoever exchanges a code on its way shows in the fingerprint.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
import unicodedata
from dataclasses import dataclass
from typing import Any, Final, Literal

from storage.exchange.keys import read_public_key
from storage.ids import is_id

VERSION: Final = 1
LONGEST: Final = 4096
LONGEST_URL: Final = 500
LONGEST_NAME: Final = 255

Step = Literal["offer", "answer"]
"""The first code, or the one that answers it."""

Fault = Literal["link_code_invalid", "link_code_damaged", "link_code_version"]

_CHECKSUM: Final = 10
_SHAPE: Final = re.compile(r"LSL([0-9]{1,4})\.([A-Za-z0-9_-]+)\.([A-Za-z0-9]+)")
_SEEMS: Final = re.compile(r"LSL[0-9]")


class CodeError(Exception):
    """A text is no code of a link; ``code`` says why."""

    def __init__(self, code: Fault) -> None:
        self.code: Fault = code
        super().__init__(code)


@dataclass(frozen=True)
class LinkCode:
    """What a platform tells of itself: which ``step`` this is, the ``link_id`` that both use, its base ``url`` without
    a slash at its end, its ``name`` for people, and the link's ``public_key`` there."""

    step: Step
    link_id: str
    url: str
    name: str
    public_key: str


def write_code(code: LinkCode) -> str:
    """The code as text."""
    content = [code.step[0], code.link_id, code.url, code.name, code.public_key]
    raw = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    payload = base64.urlsafe_b64encode(raw).decode().rstrip("=")
    return f"LSL{VERSION}.{payload}.{_checksum(payload)}"


def read_code(text: str) -> LinkCode:
    """The inverse, whatever blanks and line breaks a chat has put into it. Raises ``CodeError``."""
    bare = "".join(sign for sign in text if unicodedata.category(sign) not in ("Cc", "Cf", "Zs", "Zl", "Zp"))
    found = _SHAPE.fullmatch(bare) if len(bare) <= LONGEST else None
    if found is None:
        raise CodeError("link_code_damaged" if _SEEMS.match(bare) else "link_code_invalid")
    version, payload, checksum = found.groups()
    if checksum != _checksum(payload):
        raise CodeError("link_code_damaged")
    if int(version) != VERSION:
        raise CodeError("link_code_version")
    return _read(_decoded(payload))


def _decoded(payload: str) -> Any:
    try:
        return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        raise CodeError("link_code_damaged") from None


def _read(content: Any) -> LinkCode:
    steps: dict[str, Step] = {"o": "offer", "a": "answer"}
    is_whole = (
        isinstance(content, list) and len(content) == 5 and all(isinstance(each, str) for each in content)
    )
    if not is_whole or content[0] not in steps or not is_id(content[1]):
        raise CodeError("link_code_damaged")
    step, link_id, url, name, public_key = content
    try:
        read_public_key(public_key)
    except ValueError:
        raise CodeError("link_code_damaged") from None
    if not 0 < len(url) <= LONGEST_URL or not 0 < len(name) <= LONGEST_NAME:
        raise CodeError("link_code_damaged")
    return LinkCode(steps[step], link_id, url, name, public_key)


def _checksum(payload: str) -> str:
    return hashlib.sha256(payload.encode()).hexdigest()[:_CHECKSUM]
