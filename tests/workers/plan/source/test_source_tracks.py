"""What is used of the captions and chapters that ffprobe finds in a source."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from storage.tracks.cue import Cue
from workers.plan.commands.lines import Input
from workers.plan.commands.reading import extract_texts
from workers.plan.source.tracks import (
    Chapter,
    Embedded,
    chapter_cues,
    embedded_from_json,
    parse_embedded,
    track_steps,
)


def text(
    index: int, language: str = "", title: str = "", codec: str = "subrip", forced: int = 0
) -> dict[str, Any]:
    tags = {"language": language, "title": title} if language else {}
    return {
        "index": index, "codec_type": "subtitle", "codec_name": codec, "tags": tags, "disposition": {"forced": forced},
    }  # fmt: skip


def test_text_streams_become_one_track_for_each_language() -> None:
    streams = [
        text(2, "eng", forced=1),
        text(3, "chi", "简体中文"),
        text(4, "chi", "繁體"),
        text(5, "eng"),
        text(6, "eng", "English\n<b>SDH", "ass"),
        text(7, "fre", codec="hdmv_pgs_subtitle"),
        text(8, "ger", forced=1),
        text(9),
    ]
    found = parse_embedded({"streams": streams}, 0.0).texts
    assert [(each.index, each.language, each.label) for each in found] == [
        (3, "zh-Hans", "简体中文"), (4, "zh-Hant", "繁體"), (5, "en", "English"), (6, "en-x-2", "English <b>SDH"),
        (9, "und", "字幕 Captions"), (8, "de", "Deutsch"),
    ]  # fmt: skip


def test_chapters_count_from_the_start_of_the_source() -> None:
    chapters = [
        {"start_time": "11.5", "end_time": "20.0", "tags": {"title": "二"}},
        {"start_time": "10.0", "end_time": "11.5"},
        {"start_time": "20.0", "end_time": "20.0", "tags": {"title": "nothing"}},
        {"start_time": "x", "end_time": "inf"},
    ]
    found = parse_embedded({"chapters": chapters}, 10.0)
    assert found.chapters[0] == Chapter(1500, 10_000, "二")
    assert chapter_cues(found.chapters) == (Cue(0, 1500, "2"), Cue(1500, 10_000, "二"))


def test_there_is_a_step_only_for_something() -> None:
    assert track_steps(Embedded()) == []
    found = parse_embedded({"streams": [text(2, "eng")]}, 0.0)
    [step] = track_steps(found)
    assert embedded_from_json(step.params) == found


def test_all_texts_are_taken_out_in_one_pass() -> None:
    arguments = extract_texts(Input("http://source/", {"max_streams": 33}), {2: "2.srt", 5: "5.srt"}, 1000)
    assert arguments[:4] == ["-max_streams", "33", "-i", "http://source/"]
    assert [value for name, value in pairwise(arguments) if name == "-map"] == [
        "0:2",
        "0:5",
    ]
    assert arguments.count("-fs") == 2
    assert arguments[-1] == "5.srt"
