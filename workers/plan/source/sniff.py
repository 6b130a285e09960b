"""What the first bytes of a source give away, before any tool sees it."""

from __future__ import annotations

import codecs
import re
import struct
from typing import Final

from configs.words import FailureCode
from workers.plan.source.animated import is_sequence

SNIFF_BYTES = 4096
FLASH_NOT_SUPPORTED: Final = "flash_not_supported"

_PLAYLISTS = re.compile(
    r"#EXTM3U|ffconcat|\[playlist\]|v=0\r?\no=|\[Reference\]|RTSPtext|\[InternetShortcut\]|\[Desktop Entry\]|"
    # A list of addresses: .ram, .strm, or a link that somebody saved.
    r"(?:https?|rtspu?|rtmpe?|mmsh?|ftp|file|pnm)://|(?:magnet|ed2k|thunder):",
    re.IGNORECASE,
)
_XML_REFERENCES = re.compile(
    r"<(?:MPD|SmoothStreamingMedia|smil|asx|playlist)[\s>]|<key>URL</key>", re.IGNORECASE
)
_DRAWING = re.compile(r"<svg[\s>]", re.IGNORECASE)
_CAPTIONS = re.compile(
    r"WEBVTT|\d+\s*\n\d+:\d\d:\d\d[,.]\d+ *-->|\[Script Info\]|"
    r"\[(?:ti|ar|al|by|offset|\d\d:\d\d[.:]\d\d):?[^\]\n]*\]|"
    r"\{\d+\}\{\d+\}",
    re.IGNORECASE,
)
_XML_CAPTIONS = re.compile(r"<(?:SAMI|(?:tt:)?tt)[\s>]", re.IGNORECASE)
_PAGE = re.compile(r"<(?:!doctype )?html", re.IGNORECASE)

_SHORTCUT = b"L\0\0\0\x01\x14\x02\0"
"""Header of a Windows shortcut ([MS-SHLLINK] 2.1)."""

_MAGIC: tuple[tuple[int, bytes, FailureCode], ...] = (
    (0, b"FWS", FLASH_NOT_SUPPORTED),
    (0, b"CWS", FLASH_NOT_SUPPORTED),
    (0, b"ZWS", FLASH_NOT_SUPPORTED),
    (0, b"%PDF-", "source_is_document"),
    (0, b"{\\rtf", "source_is_document"),
    # Compound files: .doc, .ppt, .xls ([MS-CFB] 2.2).
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "source_is_document"),
    (0, b"\xff\xd8\xff", "source_is_image"),
    (0, b"BM", "source_is_image"),
    (0, b"II*\0", "source_is_image"),
    (0, b"MM\0*", "source_is_image"),
    (0, b"8BPS", "source_is_image"),
    (0, b"Rar!\x1a\x07", "source_is_archive"),
    (0, b"7z\xbc\xaf\x27\x1c", "source_is_archive"),
    (0, b"\x1f\x8b\x08", "source_is_archive"),
    (0, b"\xfd7zXZ\0", "source_is_archive"),
    (0, b"BZh", "source_is_archive"),
    (0, b"\x28\xb5\x2f\xfd", "source_is_archive"),
    (0, b"MSCF\0\0\0\0", "source_is_archive"),
    (0, b"\x7fELF", "source_is_program"),
    (0, _SHORTCUT, "source_is_reference"),
    (0, b"PK", "source_is_archive"),
    # Bare H.264 and HEVC (Annex B of ISO/IEC 14496-10 and 23008-2), of which nothing says when a picture is shown.
    (0, b"\0\0\0\1\x67", "format_not_supported"),
    (0, b"\0\0\0\1\x27", "format_not_supported"),
    (0, b"\0\0\0\1\x09", "format_not_supported"),
    (0, b"\0\0\0\1\x40\1", "format_not_supported"),
    (257, b"ustar", "source_is_archive"),
)
"""Where in the file it stands, what stands there, and what that gives away."""

_PROGRAM, _PROGRAM_TEXT = b"MZ", b"This program"
_PHOTO_BRANDS = (b"heic", b"heix", b"mif1", b"avif")
"""Major brands of still pictures in ISO files (ISO/IEC 23008-12, AVIF)."""

_CONTAINERS: tuple[tuple[int, bytes], ...] = (
    (4, b"ftyp"),
    (4, b"moov"),
    (0, b"\x1a\x45\xdf\xa3"),
    (8, b"AVI "),
    (0, b"FLV\x01"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11"),
    (0, b"OggS"),
    (0, b"\0\0\1\xba"),
    (0, b"\x06\x0e\x2b\x34\x02\x05\x01\x01"),
    (0, b".RMF"),
    (0, b"GIF8"),
    (0, b"caff"),
    (0, b"wvpk"),
    (0, b".snd"),
    (0, b"riff\x2e\x91\xcf\x11"),
)
"""Where what stands in files of well-known formats, however damaged the rest is."""

_DOCUMENT_PARTS = (b"[Content_Types].xml", b"_rels/.rels", b"docProps/", b"word/", b"ppt/", b"xl/")
_DOCUMENT_TYPES = (b"application/vnd.oasis", b"application/epub")


def sniff(head: bytes) -> FailureCode | None:
    """Return the failure code of a source that starts with ``head``, or None if it may be media.

    Playlists of any kind are refused here: a source is one file and refers to no other file or host. Files that
    are something else get the code whose sentence says what to do with them.
    """
    if not head:
        return "source_empty"
    text = _text(head)
    if text is not None:
        return _sniff_text(text)
    # A list behind which other bytes stand is still one.
    loose = head.removeprefix(b"\xef\xbb\xbf").lstrip().decode("latin-1")
    if _PLAYLISTS.match(loose) or (loose.startswith("<") and _XML_REFERENCES.search(loose)):
        return "source_is_reference"
    return _sniff_bytes(head)


def is_container(head: bytes) -> bool:
    """Return whether a source starts like a well-known media format. If no tool can read it, it is damaged."""
    return any(head.startswith(magic, at) for at, magic in _CONTAINERS)


def _sniff_text(text: str) -> FailureCode:
    """No media container starts with a page of plain text or markup."""
    text = text.lstrip("\ufeff \t\r\n\f").replace("\r\n", "\n")
    markup = text.startswith("<")
    if _PLAYLISTS.match(text) or (markup and _XML_REFERENCES.search(text)):
        return "source_is_reference"
    if _CAPTIONS.match(text) or (markup and _XML_CAPTIONS.search(text)):
        return "source_is_captions"
    if markup and _DRAWING.search(text[:1024]) and not _PAGE.match(text):
        return "source_is_image"
    if text.startswith(("{\\rtf", "%PDF-")) or _PAGE.match(text):
        return "source_is_document"
    return "source_not_media"


def _sniff_bytes(head: bytes) -> FailureCode | None:
    if head.startswith(b"PK\x03\x04"):
        return _sniff_zip(head)
    if _is_photo(head):
        return "source_is_image"
    if head.startswith(_PROGRAM) and _PROGRAM_TEXT in head:
        return "source_is_program"
    if head[4:8] in (b"ftyp", b"moov") and b"rmra" in head and b"rdrf" in head:
        return "source_is_reference"  # a QuickTime reference movie: a list of other files
    return next((code for at, magic, code in _MAGIC if head.startswith(magic, at)), None)


def _sniff_zip(head: bytes) -> FailureCode:
    names = head[30:]
    document = names.startswith(_DOCUMENT_PARTS) or any(kind in names[:100] for kind in _DOCUMENT_TYPES)
    return "source_is_document" if document else "source_is_archive"


def _is_photo(head: bytes) -> bool:
    """Return whether it is a still picture in a format that has moving ones too."""
    if head[4:8] == b"ftyp":
        return head[8:12] in _PHOTO_BRANDS and not is_sequence(head)
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        # Only the extended format can move, and says whether it does.
        return head[12:16] != b"VP8X" or not head[20:21] or not head[20] & 0x02
    return head.startswith(b"\x89PNG\r\n\x1a\n") and _still_png(head)


def _still_png(head: bytes) -> bool:
    """Return whether the picture's data begin before anything was said of an animation."""
    at = 8
    while at + 8 <= len(head):
        length, kind = struct.unpack_from(">I4s", head, at)
        if kind in (b"IDAT", b"acTL"):
            return bool(kind == b"IDAT")
        at += 12 + length
    return False


def _text(head: bytes) -> str | None:
    """All of it as text, if it is plain text or markup."""
    encodings = ("utf-16",) if head.startswith((b"\xff\xfe", b"\xfe\xff")) else ("utf-8", "gb18030")
    for encoding in encodings:
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            # Only in a longer file may a character be cut at the end.
            text = decoder.decode(head, final=len(head) < SNIFF_BYTES)
        except UnicodeDecodeError:
            continue
        if all(character.isprintable() or character in "\ufeff\t\r\n\f" for character in text):
            return text
    return None
