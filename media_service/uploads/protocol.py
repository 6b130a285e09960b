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
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Final

from werkzeug.datastructures import Headers

from configs.words import POLICIES, Policy
from media_service.problems import ApiError, wrong_value

VERSION: Final = "1.0.0"
EXTENSIONS: Final = "creation,creation-with-upload,termination,expiration"
PATCH_TYPE: Final = "application/offset+octet-stream"

MEBIBYTE: Final = 1024 * 1024
USUAL_PART_SIZE: Final = 8 * MEBIBYTE
MOST_PARTS: Final = 10_000
"""S3's limit on the parts of one object."""

MAX_METADATA: Final = 8192
MAX_NAME: Final = 255
LONGEST_EXTERNAL_ID: Final = 200
_LOOKED_AT: Final = 8
_BREAKS: Final = re.compile(r"[\t-\r\x85\u2028\u2029]+")
"""How many times as long as what is kept a text may be: bringing it into Unicode's normal form takes the square of its
length."""

EXTERNAL_ID_RULE: Final = (
    f"must be 1 to {LONGEST_EXTERNAL_ID} printable characters without white space around them"
)
_TUS: Final = re.compile(r"/v1/uploads(/|$)")
_SOURCE: Final = re.compile(r"/v1/assets(/[^/]*)?")
_NUMBER: Final = re.compile(r"[0-9]{1,30}")
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
class Intake:
    """What the client declares about a file before it sends it. ``length`` in bytes, ``background`` as 0xRRGGBB."""

    length: int
    file_name: str
    title: str
    policy: Policy
    sha256: str | None
    metadata: str
    background: int
    external_id: str | None = None


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


def intake_from_headers(headers: Headers, default_policy: Policy, maximum: int) -> Intake:
    """The file that a tus creation request announces. Raises the upload codes of ``media_service.problems``."""
    if "Upload-Defer-Length" in headers:
        raise ApiError("upload_length_deferred")
    if "Upload-Concat" in headers:
        raise ApiError("upload_concat_unsupported")
    length = parse_number(headers.get("Upload-Length", ""))
    if length is None:
        raise ApiError("upload_length_missing")
    metadata = headers.get("Upload-Metadata", "")
    pairs = parse_metadata(metadata)
    return make_intake(
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
    )


def make_intake(
    length: int,
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
) -> Intake:
    """Check what is declared, before any byte is sent. The title defaults to the file's name.

    Raises ``file_too_large``, ``file_empty``, ``file_type_refused``, ``checksum_malformed`` and ``invalid_request``.
    """
    if length > maximum:
        raise ApiError("file_too_large", f"The file has {length} bytes; at most {maximum} are accepted.")
    if length == 0:
        raise ApiError("file_empty")
    if _REFUSED_TYPES.match(content_type.strip()):
        raise ApiError("file_type_refused")
    if policy not in POLICIES:
        raise wrong_value("policy must be public or signed.", parameter="policy")
    if sha256 is not None and not _SHA256.fullmatch(sha256):
        raise ApiError("checksum_malformed", "sha256 must be 64 hexadecimal digits.")
    colour = _COLOUR.fullmatch(background)
    if colour is None:
        raise wrong_value("background must be a colour as #rrggbb.", parameter="background")
    if external_id is not None and (external_id := clean_external_id(external_id)) is None:
        raise wrong_value(f"external_id {EXTERNAL_ID_RULE}.", parameter="external_id")
    name = clean_name(file_name)
    return Intake(
        length=length,
        file_name=name,
        title=clean_name(title) or title_of(name) or "untitled",
        policy=policy,
        sha256=sha256.lower() if sha256 else None,
        metadata=metadata,
        background=int(colour[1], 16),
        external_id=external_id,
    )


def type_by_extension(file_name: str) -> str:
    """What a file seems to be whose client does not say it, as curl; empty for picture, sound and the unknown."""
    guessed = _TYPES.guess_type(PurePath(file_name.strip()).name)[0] or ""
    return "" if guessed.startswith(("video/", "audio/")) else guessed


def title_of(file_name: str) -> str:
    """What a file is called when nobody gave it a title: its name without the extension."""
    stem, dot, extension = file_name.rpartition(".")
    return stem.strip() if dot and stem.strip() and _EXTENSION.fullmatch(extension) else file_name


def clean_external_id(text: str) -> str | None:
    """The ID in its one spelling (Unicode NFC); None if it is not what ``EXTERNAL_ID_RULE`` says."""
    normal = unicodedata.normalize("NFC", text[: _LOOKED_AT * LONGEST_EXTERNAL_ID])
    return normal if 0 < len(normal) <= LONGEST_EXTERNAL_ID and clean_name(normal) == normal else None


def clean_name(text: str) -> str:
    """A name as it is shown: one line of at most 255 characters, without control characters. Between what stood in
    several lines or columns is a space.
    """
    one_line = _BREAKS.sub(" ", unicodedata.normalize("NFC", text[: _LOOKED_AT * MAX_NAME]))
    shown = "".join(
        character for character in one_line if unicodedata.category(character) not in ("Cc", "Cs", "Co", "Cn")
    )
    return shown.strip()[:MAX_NAME].strip()
