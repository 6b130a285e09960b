"""Kinds of sources that are looked at in different ways, told by their first bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from workers.plan.failure import MediaFailure
from workers.plan.formats.jpeg_xl import is_jpeg_xl
from workers.plan.source import animated
from workers.plan.source.lottie import may_be_lottie
from workers.plan.source.sniff import FLASH_NOT_SUPPORTED, SNIFF_BYTES, sniff

PAGE_BYTES: Final = 256 * 1024
"""Of the end of an archive: its directory, if it has not thousands of files."""

_PAGE: Final = b"index.html"
_IMAGES: Final = (b"GIF8", b"\x89PNG", b"RIFF")


@dataclass(frozen=True)
class VideoFile:
    """Video or sound that FFmpeg may read; it starts with ``head``."""

    head: bytes


@dataclass(frozen=True)
class AnimatedImage:
    """A GIF, APNG, animated WebP, AVIF or JPEG XL."""

    header: animated.Header


@dataclass(frozen=True)
class LottieFile:
    """What may be a Lottie animation; it starts with ``head``."""

    head: bytes


@dataclass(frozen=True)
class FlashMovie:
    """An SWF file."""


@dataclass(frozen=True)
class HtmlPackage:
    """A ZIP with a page that runs by itself."""


Kind = VideoFile | AnimatedImage | LottieFile | FlashMovie | HtmlPackage


def bytes_wanted(head: bytes) -> int:
    """Return how many bytes ``kind_of`` needs of a source that starts with ``head``."""
    wanted = head.startswith(_IMAGES) or animated.is_sequence(head) or is_jpeg_xl(head)
    return animated.HEADER_BYTES if wanted else SNIFF_BYTES


def may_hold_page(head: bytes) -> bool:
    """Return whether it begins an archive whose end says whether there is a page in it."""
    return sniff(head[:SNIFF_BYTES]) == "source_is_archive" and head.startswith(b"PK\x03\x04")


def kind_of(head: bytes, tail: bytes = b"") -> Kind:
    """Return the kind of a source that starts with ``head``; ``tail`` is the end of one that ``may_hold_page``. Raises
    ``MediaFailure`` if it cannot be a lesson."""
    # First: pages that are installed as programs have a manifest, too.
    if _PAGE in tail.lower() and may_hold_page(head):
        return HtmlPackage()
    if may_be_lottie(head):
        return LottieFile(head)
    return _kind_of(head)


def _kind_of(head: bytes) -> Kind:
    code = sniff(head[:SNIFF_BYTES])
    if code == FLASH_NOT_SUPPORTED:
        return FlashMovie()
    if code:
        raise MediaFailure(code, f"starts with {head[:40]!r}")
    header = animated.read_header(head)
    if header is None and animated.is_sequence(head):
        raise MediaFailure("source_is_image", "a sequence of pictures without a track")
    if header is None and is_jpeg_xl(head):
        raise MediaFailure("source_is_image", "a JPEG XL that does not move")
    return AnimatedImage(header) if header else VideoFile(head)
