"""Kinds of sources, told by their first bytes."""

from __future__ import annotations

import pytest

from workers.plan.failure import MediaFailure
from workers.plan.source.animated import HEADER_BYTES
from workers.plan.source.kinds import (
    AnimatedImage,
    FlashMovie,
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


def test_only_animated_images_need_more_of_their_beginning() -> None:
    assert bytes_wanted(GIF) == HEADER_BYTES
    assert bytes_wanted(LOTTIE) == SNIFF_BYTES
