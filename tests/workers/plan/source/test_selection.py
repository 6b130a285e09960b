from __future__ import annotations

from typing import Any

import pytest

from configs.notices import notice_message
from workers.plan.failure import MediaFailure
from workers.plan.source.selection import Selection, select_streams


def select(streams: list[dict[str, Any]], **more: Any) -> Selection:
    return select_streams({"streams": streams, **more})


def stream(index: int, kind: str, codec: str | None, **more: Any) -> dict[str, Any]:
    shape = {"width": 160, "height": 90} if kind == "video" else {"channels": 2} if kind == "audio" else {}
    named = {"codec_name": codec, "codec_long_name": f"{codec}, in full"} if codec else {}
    return {"index": index, "codec_type": kind, **named, **shape, **more}


APAC = {"codec_tag_string": "apac", "codec_long_name": "unknown"}
"""Positional sound of new iPhones, as ffprobe 8.1 tells of it."""


@pytest.mark.parametrize("default", [0, 1])
def test_a_sound_that_cannot_be_decoded_is_left_out_and_its_author_told(default: int) -> None:
    picture, aac = stream(0, "video", "h264"), stream(1, "audio", "aac")
    apac = stream(2, "audio", None, disposition={"default": default}, **APAC)
    chosen = select([picture, apac, aac])
    assert (chosen.picture, chosen.sounds) == (picture, (aac,))
    [notice] = chosen.notices
    told = notice_message(notice.code, notice.words)
    assert told is not None
    assert "Sound track 1 was left out" in told.en
    assert "Apple Positional Audio Codec (APAC)" in told.zh


def test_the_picture_that_is_not_shown_and_captions_that_are_pictures_are_told_of() -> None:
    film, odd = stream(0, "video", "h264"), stream(1, "video", "magicyuv")
    drawn, text = stream(2, "subtitle", "hdmv_pgs_subtitle"), stream(3, "subtitle", "subrip")
    chosen = select([film, odd, drawn, text])
    assert chosen.picture == film
    assert [(notice.code, notice.words["number"]) for notice in chosen.notices] == [
        ("picture_left_out", "2"),
        ("captions_left_out", "1"),
    ]


def test_transparency_that_is_not_read_is_told_of() -> None:
    chosen = select([stream(0, "video", "vp9", tags={"alpha_mode": "1"})])
    assert [notice.code for notice in chosen.notices] == ["transparency_left_out"]


def test_a_cover_of_whatever_kind_is_no_picture() -> None:
    cover = stream(1, "video", "tiff", disposition={"attached_pic": 1})
    chosen = select([stream(0, "audio", "mp3"), cover])
    assert (chosen.picture, len(chosen.sounds), chosen.notices) == (None, 1, ())


@pytest.mark.parametrize(
    ("streams", "codec"),
    [
        ([stream(0, "video", "magicyuv"), stream(1, "audio", "aac")], "magicyuv, in full"),
        ([stream(0, "video", "h264"), stream(1, "audio", None, codec_tag_string="ac-4")], "Dolby AC-4"),
        ([stream(0, "audio", None, codec_tag_string="wxyz")], "wxyz"),
        ([stream(0, "audio", None, codec_tag_string="<b>[0]")], "unknown"),
    ],
)
def test_nobody_gets_half_a_lesson_without_being_told(streams: list[dict[str, Any]], codec: str) -> None:
    with pytest.raises(MediaFailure) as failure:
        select(streams)
    assert (failure.value.code, failure.value.words) == ("codec_not_supported", {"codec": codec})


def test_a_track_that_is_declared_and_empty_is_as_if_it_were_not_there() -> None:
    sound = stream(0, "audio", "mp2")
    empty = {**stream(1, "video", "h264"), "width": 0}
    assert select([sound, empty]).sounds == (sound,)


@pytest.mark.parametrize(
    ("first", "shown", "number"),
    [("video", [0, 1], "1"), ("audio", [2, 3], "2")],
    ids=["television", "radio"],
)
def test_of_several_programmes_one_is_shown(first: str, shown: list[int], number: str) -> None:
    kinds = [
        (first, "mp2" if first == "audio" else "h264"),
        ("audio", "mp2"),
        ("video", "h264"),
        ("audio", "mp2"),
    ]
    streams = [stream(index, kind, codec) for index, (kind, codec) in enumerate(kinds)]
    empty = {"streams": [{"index": 9}]}
    chosen = select(streams, programs=[{"streams": streams[:2]}, empty, {"streams": streams[2:]}])
    assert [found["index"] for found in (chosen.picture, *chosen.sounds) if found] == shown
    assert [(notice.code, notice.words) for notice in chosen.notices] == [
        ("programmes_left_out", {"number": number, "count": "2"})
    ]


def test_streams_of_one_programme_are_all_there_is() -> None:
    streams = [stream(0, "video", "h264"), stream(1, "audio", "aac")]
    chosen = select(streams, programs=[{"streams": streams[:1]}, {"streams": []}])
    assert (chosen.programmes, len(chosen.sounds), chosen.notices) == (1, 1, ())
