"""Kinds of sources, told by their first bytes."""

from __future__ import annotations

import io
import zipfile

import pytest

from workers.plan.failure import MediaFailure
from workers.plan.source.animated import HEADER_BYTES
from workers.plan.source.kinds import (
    AnimatedImage,
    FlashMovie,
    HtmlPackage,
    LottieFile,
    VideoFile,
    bytes_wanted,
    kind_of,
)
from workers.plan.source.sniff import SNIFF_BYTES

GIF = b"GIF89a" + (10).to_bytes(2, "little") * 2 + bytes(3)
LOTTIE = b'{"fr": 30, "layers": []}'


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (GIF, AnimatedImage),
        (LOTTIE, LottieFile),
        (b"FWS\x08" + bytes(60), FlashMovie),
        (b"\0\0\0\x18ftypmp42" + bytes(60), VideoFile),
        (b"RIFF\0\0\0\0AVI " + bytes(60), VideoFile),
        (b"GIF8" + bytes(2), VideoFile),
    ],
    ids=["gif", "lottie", "flash", "mp4", "avi", "damaged gif"],
)
def test_each_kind_is_told_by_its_first_bytes(head: bytes, kind: type) -> None:
    assert type(kind_of(head)) is kind


@pytest.mark.parametrize(
    ("head", "code"), [(b"", "source_empty"), (b"%PDF-1.7\n\0", "source_is_document")], ids=["empty", "pdf"]
)
def test_what_is_no_media_is_refused(head: bytes, code: str) -> None:
    with pytest.raises(MediaFailure) as caught:
        kind_of(head)
    assert caught.value.code == code


def archive(*names: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as packed:
        for name in names:
            packed.writestr(name, "{}")
    return data.getvalue()


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        (("manifest.json", "animations/one.json"), LottieFile),
        (("a/one.json", "manifest.json"), LottieFile),
        (("data/one.json", "index.html"), HtmlPackage),
        (("manifest.json", "animations/one.json", "dist/index.html"), HtmlPackage),
        (("Media/one.js", "Index.html"), HtmlPackage),
    ],
)
def test_each_archive_is_told_by_what_is_in_it(names: tuple[str, ...], kind: type) -> None:
    data = archive(*names)
    assert type(kind_of(data, data)) is kind


def test_an_archive_of_files_is_refused_as_one() -> None:
    data = archive("media/one.jpg", "data/two.json")
    with pytest.raises(MediaFailure) as caught:
        kind_of(data, data)
    assert caught.value.code == "source_is_archive"


def test_only_animated_images_need_more_of_their_beginning() -> None:
    assert bytes_wanted(GIF) == HEADER_BYTES
    assert bytes_wanted(LOTTIE) == SNIFF_BYTES
