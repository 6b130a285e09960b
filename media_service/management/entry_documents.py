"""What the API says of entries, to those who send them and to those who asked for them."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from configs.words import AssetKind, EntryState, UploadLinkState, VersionState
from media_service.uploads.protocol import SHA256_PATTERN
from storage.catalogue.facts import VersionFacts
from storage.catalogue.models import UploadLink

_LONGEST_ANSWER: Final = 1000
_LONGEST_REASON: Final = 1000

_NUMBER: Final = re.compile("[1-9][0-9]{0,8}")

FileName = Annotated[str, Field(min_length=1, max_length=255)]


class EntryFile(BaseModel):
    """A file that is about to be sent: ``size`` in bytes, ``type`` its media type, ``duration`` in seconds if it is
    known, ``sha256`` to have it checked."""

    model_config = ConfigDict(extra="forbid")

    file_name: FileName
    size: int = Field(ge=0, le=2**53 - 1)
    type: str = Field("", max_length=255)
    duration: float | None = Field(None, gt=0, le=10**9)
    sha256: Annotated[str, Field(pattern=f"^{SHA256_PATTERN}$")] | None = None


class NewEntry(EntryFile):
    """An entry: its file, ``answers`` to the fields of the link by their names, and whether its licence is agreed
    to."""

    answers: dict[str, Annotated[str, Field(max_length=_LONGEST_ANSWER)]] = Field({}, max_length=50)
    agrees: bool = False


class BegunEntry(BaseModel):
    """Where the file goes: tus ``HEAD`` and ``PATCH`` at ``upload``, with ``token`` as the bearer token. The token is
    told this once, null of an entry that was there; with it the entry is seen and replaced."""

    token: str | None
    upload: str


class NewTakedown(BaseModel):
    """Why an entry is taken down. Whoever sent it reads the reason, and so does whoever has the manifest."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=_LONGEST_REASON)]


class OwnTakedown(BaseModel):
    """When an entry was taken down, and why."""

    at: datetime
    reason: str


class Takedown(OwnTakedown):
    """When an entry was taken down, by whom (the name of a person or an API key), and why."""

    by: str


class NumberedTakedown(Takedown):
    """Which entry was taken down, when, by whom, and why."""

    number: int


class SignedText(BaseModel):
    """A text and its signature: Ed25519 (RFC 8032) over the bytes of ``text`` in UTF-8, in base64; ``public_key`` is
    PEM, one of ``GET /v1/receipt-keys``."""

    text: str
    signature: str
    key_id: str
    public_key: str


class Manifest(SignedText):
    """What a link had when it was closed, signed: that text stays as it is. ``taken_down`` are the entries that were
    taken down: before, which the text tells, too, and since, which it does not."""

    taken_down: list[NumberedTakedown]


class OwnEntry(BaseModel):
    """An entry as whoever sent it sees it. ``number``, size, SHA-256, time and ``receipt`` are null until a file has
    arrived; ``upload`` is where one is still to come. ``can_be_replaced`` until the link is closed, unless the
    entry was ``taken_down``, for a reason that is told."""

    number: int | None
    state: EntryState
    link_name: str
    link_state: UploadLinkState
    can_be_replaced: bool
    file_name: str
    size: int | None
    sha256: str | None
    received_at: datetime | None
    is_late: bool
    answers: dict[str, str]
    licence_at: datetime | None
    upload: str | None
    receipt: SignedText | None
    taken_down: OwnTakedown | None


class EntryDocument(BaseModel):
    """An entry as whoever made the link sees it."""

    number: int
    asset_id: str | None
    state: EntryState
    file_name: str
    size: int
    sha256: str
    received_at: datetime
    is_late: bool
    answers: dict[str, str]
    licence_at: datetime | None
    taken_down: Takedown | None


class EntryPage(BaseModel):
    """Entries by their numbers. ``next`` goes into ``after`` for the next page; null at the end."""

    entries: list[EntryDocument]
    next: int | None


class EntryQuery(BaseModel):
    """Which page of the entries."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(50, ge=1, le=200, description="Most entries of the page.")
    after: int = Field(0, ge=0, le=2**31 - 1, description="The `next` of the page before.")


class ReceiptKey(BaseModel):
    """A public key that receipts and manifests are signed with. ``revoked_at``: from then on it counts for nothing."""

    id: str
    public_key: str
    revoked_at: datetime | None


class ReceiptKeys(BaseModel):
    """All of them, former ones too."""

    keys: list[ReceiptKey]


def entry_number(text: str) -> int:
    """The number of an entry as an address has it; 0, which none has, if it is no number."""
    return int(text) if _NUMBER.fullmatch(text) else 0


def entry_state(
    link: UploadLink,
    version: VersionState | None,
    kind: AssetKind | None,
    facts: VersionFacts | None,
    *,
    is_taken_down: bool = False,
) -> EntryState:
    """What has become of an entry whose file's version is so far; ``version`` is None if no file has arrived, or it is
    gone. Pure."""
    if is_taken_down:
        return "taken_down"
    if version is None:
        return "awaited"
    if version == "failed":
        return "failed"
    if kind is not None and link.kinds and kind not in link.kinds:
        return "wrong_kind"
    if facts is not None and link.max_seconds is not None and facts.duration > link.max_seconds:
        return "too_long"
    return "accepted" if version in ("playable", "ready") else "processing"
