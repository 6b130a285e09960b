"""What the headers of tus 1.0 say (https://tus.io/protocols/resumable-upload): pure functions, no I/O.

Names that a client sends are data. They are cleaned for showing and never become a path, a key or an argument.
"""

from __future__ import annotations

import base64
import binascii
import mimetypes
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any, Final

from werkzeug.datastructures import Headers

from configs.words import POLICIES, VISIBILITIES, Policy, Visibility
from media_service.problems import ApiError, wrong_value
from storage.shown_text import printable

VERSION: Final = "1.0.0"
EXTENSIONS: Final = (
    "creation,creation-with-upload,creation-defer-length,checksum,concatenation,termination,expiration"
)
PATCH_TYPE: Final = "application/offset+octet-stream"

MEBIBYTE: Final = 1024 * 1024
USUAL_PART_SIZE: Final = 8 * MEBIBYTE
MOST_PARTS: Final = 10_000
"""S3's limit on the parts of one object."""

MAX_METADATA: Final = 8192
MAX_NAME: Final = 255
LONGEST_NOTE: Final = 1000
LONGEST_EXTERNAL_ID: Final = 200
LONGEST_PATH: Final = 1000
_LOOKED_AT: Final = 8
"""How many times as long as what is kept a text may be: bringing it into Unicode's normal form takes the square of its
length."""

_BREAKS: Final = re.compile(r"[\t-\r\x85\u2028\u2029]+")
EXTERNAL_ID_RULE: Final = (
    f"must be 1 to {LONGEST_EXTERNAL_ID} printable characters without white space around them"
)
_TUS: Final = re.compile(r"/v1/uploads(/|$)")
_SOURCE: Final = re.compile(r"/v1/assets(/[^/]*)?|/v1/assets/[^/]+/versions")
MOST_PARTIALS: Final = 1000
_ADDRESS: Final = re.compile(r"(?:https?://[^/\s]+)?/v1/uploads/([0-9a-z]+)/?")
_NUMBER: Final = re.compile(r"[0-9]{1,30}")
_SECONDS: Final = re.compile(r"[0-9]{1,7}(\.[0-9]{1,9})?")
SHA256_PATTERN: Final = "[0-9a-fA-F]{64}"
COLOUR_PATTERN: Final = "#([0-9a-fA-F]{6})"
_SHA256: Final = re.compile(SHA256_PATTERN)
_COLOUR: Final = re.compile(COLOUR_PATTERN)
WHITE: Final = "#ffffff"

_EXTENSION: Final = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9]{1,5}")
"""What follows the last dot of a name and is not a number or the end of a sentence."""

_TYPES: Final = mimetypes.MimeTypes()
"""Python's own table, whatever the machine's says."""

_REFUSED_TYPES: Final = re.compile(
    r"text/(?!vnd\.|texmacs|x-)"  # browsers call MPEG-TS files text/vnd.trolltech.linguist and text/texmacs
    r"|image/(svg\+xml|jpeg|tiff|bmp)"
    r"|application/(pdf|xhtml\+xml|xml|javascript|msword|vnd\.(ms-|openxmlformats|oasis\.|apple\.mpegurl)|x-mpegurl"
    r"|dash\+xml|sdp|x-sh|x-msdownload)"
    r"|audio/(x-)?mpegurl",
    re.IGNORECASE,
)


def is_tus(path: str) -> bool:
    """Whether a path is spoken tus at."""
    return _TUS.match(path) is not None


def is_upload(environ: Mapping[str, Any]) -> bool:
    """Whether a WSGI request (PEP 3333) is one of tus, or brings a source in its body."""
    path: str = environ["PATH_INFO"]
    return is_tus(path) or (
        environ["REQUEST_METHOD"] in ("POST", "PUT") and _SOURCE.fullmatch(path) is not None
    )


@dataclass(frozen=True)
class Replacement:
    """That a file becomes a new version of an asset that is there: at once when it is ready, or with ``awaited`` False
    when somebody chooses it. ``background`` as 0xRRGGBB, None for that of the current version; ``note`` says why."""

    asset_id: str
    note: str
    awaited: bool
    background: int | None


@dataclass(frozen=True)
class Concat:
    """``Upload-Concat``: that an upload is partial, without ``partial_ids``, or joins those."""

    text: str
    partial_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Intake:
    """What the client declares about a file before it sends it. ``length`` in bytes, None if it is told later;
    ``background`` as 0xRRGGBB. Of a ``replacement`` title, policy and external ID count for nothing: they are the
    asset's."""

    length: int | None
    file_name: str
    title: str
    policy: Policy
    sha256: str | None
    metadata: str
    background: int
    external_id: str | None = None
    visibility: Visibility | None = None
    """Who may find and play the lesson; None as its playback ID says."""
    relative_path: str | None = None
    head_tail_sha256: str | None = None
    concat: Concat | None = None
    seconds: float | None = None
    """How long the lesson is, as the client says."""
    replacement: Replacement | None = None
    organization_id: str | None = None
    """Whose the asset is to be; the caller's own organization if None."""


def part_size(length: int) -> int:
    """Bytes of each S3 part, but for the last, of an object of ``length`` bytes: whole MiB, at most 10,000 parts."""
    needed = -(-length // MOST_PARTS)
    return max(USUAL_PART_SIZE, -(-needed // MEBIBYTE) * MEBIBYTE)


def parse_number(text: str) -> int | None:
    """A non-negative whole number, or None if it is anything else."""
    return int(text) if _NUMBER.fullmatch(text) else None


def parse_metadata(header: str) -> dict[str, str]:
    """The pairs of an ``Upload-Metadata`` header. Raises ``upload_metadata_invalid``."""
    if len(header) > MAX_METADATA:
        raise ApiError("upload_metadata_invalid", f"Upload-Metadata may have {MAX_METADATA} bytes.")
    pairs: dict[str, str] = {}
    for pair in header.split(",") if header.strip() else ():
        key, _, encoded = pair.strip().partition(" ")
        if not key or not key.isascii() or key in pairs:
            raise ApiError("upload_metadata_invalid", "Each key must be there once, in ASCII, not empty.")
        try:
            pairs[key] = base64.b64decode(encoded.strip(), validate=True).decode()
        except (binascii.Error, ValueError):
            raise ApiError("upload_metadata_invalid", f"The value of {key} is not UTF-8 in base64.") from None
    return pairs


def announced_length(headers: Headers) -> int | None:
    """The length that a creation request announces, in bytes; None if it is to be told later. Raises
    ``upload_length_missing`` for a request that says neither, or both.
    """
    deferred, given = headers.get("Upload-Defer-Length"), headers.get("Upload-Length")
    length = parse_number(given or "")
    if (length is None) == (deferred is None) or (deferred is not None and (deferred != "1" or given)):
        raise ApiError("upload_length_missing")
    return length


def length_told(headers: Headers) -> int | None:
    """The length that a ``PATCH`` tells, in bytes, if it does. Raises ``upload_length_invalid``."""
    given = headers.get("Upload-Length")
    if given is None:
        return None
    length = parse_number(given)
    if length is None:
        raise ApiError("upload_length_invalid")
    return length


def require_size(length: int, maximum: int) -> None:
    """Go on if a file may have so many bytes. Raises ``file_too_large`` and ``file_empty``."""
    if length > maximum:
        raise ApiError("file_too_large", f"The file has {length} bytes; at most {maximum} are accepted.")
    if length == 0:
        raise ApiError("file_empty")


def concat_from_headers(headers: Headers) -> Concat | None:
    """What a creation request says of parts and the whole. Raises ``upload_concat_invalid``."""
    given = headers.get("Upload-Concat")
    if given is None or given == "partial":
        return None if given is None else Concat(given)
    word, semicolon, addresses = given.partition(";")
    found = [_ADDRESS.fullmatch(address) for address in addresses.split(" ") if address]
    if word != "final" or not semicolon or not found or len(found) > MOST_PARTIALS:
        raise ApiError(
            "upload_concat_invalid", "It must be partial, or final; with the addresses of partial uploads."
        )
    if "Upload-Length" in headers or "Upload-Defer-Length" in headers:
        raise ApiError("upload_concat_invalid", "The length of a final upload follows from its parts.")
    ids = tuple(match[1] for match in found if match)
    if len(ids) != len(found):
        raise ApiError("upload_concat_invalid", "Not every address is that of an upload here.")
    return Concat(given, ids)


def intake_from_headers(
    headers: Headers, default_policy: Policy, maximum: int, joined: int | None = None
) -> Intake:
    """The file that a tus creation request announces; ``joined`` is the length of one whose parts are there already.
    Raises the upload codes of ``media_service.problems``.
    """
    length = announced_length(headers) if joined is None else joined
    metadata = headers.get("Upload-Metadata", "")
    pairs = parse_metadata(metadata)
    intake = make_intake(
        length,
        maximum,
        file_name=pairs.get("filename") or pairs.get("name", ""),
        title=pairs.get("title", ""),
        policy=pairs.get("policy") or default_policy,
        sha256=pairs.get("sha256") or None,
        content_type=pairs.get("filetype") or pairs.get("type", ""),
        metadata=metadata,
        background=pairs.get("background") or WHITE,
        external_id=pairs.get("external_id") or None,
        visibility=pairs.get("visibility") or None,
        replacement=_replacement(pairs),
    )
    return replace(
        intake,
        relative_path=clean_path(pairs.get("relative_path") or pairs.get("relativePath", "")),
        head_tail_sha256=_checked_sha256(pairs.get("head_tail_sha256") or None, "head_tail_sha256"),
        seconds=_seconds(pairs.get("duration", "")),
        organization_id=pairs.get("organization_id") or None,
    )


def _seconds(text: str) -> float | None:
    if not text:
        return None
    if not _SECONDS.fullmatch(text):
        raise wrong_value("duration must be seconds, as 61.5.", parameter="duration")
    return float(text)


def _replacement(pairs: Mapping[str, str]) -> Replacement | None:
    if not (asset_id := pairs.get("replaces")):
        return None
    if pairs.get("external_id"):
        raise wrong_value("What replaces a file keeps its asset's external_id.", parameter="external_id")
    return make_replacement(
        asset_id, pairs.get("note", ""), pairs.get("activate") or "ready", pairs.get("background", "")
    )


def make_replacement(asset_id: str, note: str, activate: str, background: str) -> Replacement:
    """Check what is declared of a new version. Raises ``invalid_request``."""
    if activate not in ("ready", "manual"):
        raise wrong_value("activate must be ready or manual.", parameter="activate")
    return Replacement(
        asset_id,
        clean_name(note, LONGEST_NOTE),
        activate == "ready",
        _colour(background) if background else None,
    )


def _colour(text: str) -> int:
    found = _COLOUR.fullmatch(text)
    if found is None:
        raise wrong_value("background must be a colour as #rrggbb.", parameter="background")
    return int(found[1], 16)


def make_intake(
    length: int | None,
    maximum: int,
    *,
    file_name: str,
    title: str,
    policy: str,
    sha256: str | None,
    content_type: str,
    metadata: str = "",
    background: str = WHITE,
    external_id: str | None = None,
    visibility: str | None = None,
    replacement: Replacement | None = None,
) -> Intake:
    """Check what is declared, before any byte is sent. The title defaults to the file's name.

    Raises ``file_too_large``, ``file_empty``, ``file_type_refused``, ``checksum_malformed`` and ``invalid_request``.
    """
    if length is not None:
        require_size(length, maximum)
    if is_refused_type(content_type):
        raise ApiError("file_type_refused")
    if policy not in POLICIES:
        raise wrong_value("policy must be public or signed.", parameter="policy")
    if visibility is not None and visibility not in VISIBILITIES:
        raise wrong_value(f"visibility must be one of {', '.join(VISIBILITIES)}.", parameter="visibility")
    sha256 = _checked_sha256(sha256, "sha256")
    colour = _colour(background)
    if external_id is not None and (external_id := clean_external_id(external_id)) is None:
        raise wrong_value(f"external_id {EXTERNAL_ID_RULE}.", parameter="external_id")
    name = clean_name(file_name)
    return Intake(
        length=length,
        file_name=name,
        title=clean_name(title) or title_of(name) or "untitled",
        policy=policy,
        sha256=sha256,
        metadata=metadata,
        background=colour,
        external_id=external_id,
        visibility=visibility,
        replacement=replacement,
    )


def _checked_sha256(text: str | None, name: str) -> str | None:
    if text is not None and not _SHA256.fullmatch(text):
        raise ApiError("checksum_malformed", f"{name} must be 64 hexadecimal digits.")
    return text.lower() if text else None


def type_by_extension(file_name: str) -> str:
    """What a file seems to be whose client does not say it, as curl; empty for picture, sound and the unknown."""
    guessed = _TYPES.guess_type(PurePath(file_name.strip()).name)[0] or ""
    return "" if guessed.startswith(("video/", "audio/")) else guessed


def is_refused_type(content_type: str) -> bool:
    """Whether nothing of this type can be a lesson, whatever its bytes are."""
    return _REFUSED_TYPES.match(content_type.strip()) is not None


def title_of(file_name: str) -> str:
    """What a file is called when nobody gave it a title: its name without the extension."""
    stem, dot, extension = file_name.rpartition(".")
    return stem.strip() if dot and stem.strip() and _EXTENSION.fullmatch(extension) else file_name


def clean_path(text: str) -> str | None:
    """Where a file lay in the folder that was chosen, as it is shown: names between slashes, each cleaned; None if it
    lay in none. Browsers may begin such a path with a slash, and Uppy writes ``null`` of a file by itself. Raises
    ``invalid_request`` for what leads out of the folder or is too long.
    """
    names = [clean_name(name) for name in text.split("/")]
    shown = "/".join(name for name in names if name not in ("", "."))
    if ".." in names or len(text) > LONGEST_PATH:
        raise wrong_value(
            f"relative_path may have {LONGEST_PATH} characters and must not lead out of its folder.",
            parameter="relative_path",
        )
    return None if text == "null" else shown or None


def clean_external_id(text: str) -> str | None:
    """The ID in its one spelling (Unicode NFC); None if it is not what ``EXTERNAL_ID_RULE`` says."""
    normal = unicodedata.normalize("NFC", text[: _LOOKED_AT * LONGEST_EXTERNAL_ID])
    return normal if 0 < len(normal) <= LONGEST_EXTERNAL_ID and clean_name(normal) == normal else None


def clean_name(text: str, longest: int = MAX_NAME) -> str:
    """A name as it is shown: one line of at most ``longest`` characters, without control characters and without those
    that turn the direction of what stands after them. Between what stood in several lines or columns is a space.
    """
    one_line = _BREAKS.sub(" ", unicodedata.normalize("NFC", text[: _LOOKED_AT * longest]))
    return printable(one_line).strip()[:longest].strip()
