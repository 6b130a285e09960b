"""What pages of the library are made of, without a page: colours, logos, transcripts, addresses, feeds, JSON-LD."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, get_args
from xml.etree import ElementTree

import pytest
from drawn import jpeg, png

from configs.words import ContributorRole, Level
from media_service.library import colours, dates, feeds, finding, structured, transcripts
from media_service.library.addresses import Addresses
from media_service.library.logos import NoLogo, type_of
from media_service.library.subjects import subjects_of
from media_service.library.texts import LEVELS, ROLES, TEXTS, speaker
from media_service.script_json import to_script_json
from storage.catalogue.libraries import Counted
from storage.search_words import chunks_of
from storage.tracks.cue import Cue

NOW = datetime(2026, 11, 30, 8, tzinfo=UTC)
HOSTILE = "</script><script>alert(1)</script> & \"'\x01\ufffe"

ENTRY = feeds.Entry(
    title=HOSTILE * 9,
    url="https://media.example/library/a/lessons/1?a=1&b=2",
    player_url="https://media.example/library/a/lessons/1/play",
    thumbnail_url="https://media.example/p.webp",
    published_at=NOW,
    changed_at=NOW,
    description="ns0: 社区教育 " + HOSTILE,
    duration=90_000.4,
    expires=NOW,
    views=3,
    tags=["武术", "<b>"],
)


@pytest.mark.parametrize("accent", ["#c8102e", "#1c5fd0", "#0a7d3e", "#000000", "#5b2a86"])
def test_a_colour_that_is_taken_can_be_read_in_light_and_dark(accent: str) -> None:
    colours.require_readable(accent, dark=False)
    dark = colours.for_dark(accent)
    for ground in (*colours.GROUNDS_DARK, colours.tint(dark, dark=True), colours.ON_DARK):
        assert colours.contrast(dark, ground) >= 4.5
    header = colours.mix(accent, "#ffffff", 0.5)
    assert colours.contrast(header, colours.ink_on(header)) >= 4.5


def test_a_pale_colour_is_refused_with_its_contrast() -> None:
    with pytest.raises(colours.ContrastTooLow, match=r"#00a0e9 has a contrast of 2\.91:1 to #ffffff; 4\.5:1"):
        colours.require_readable("#00a0e9", dark=False)
    with pytest.raises(colours.ContrastTooLow):
        colours.require_readable("#1c5fd0", dark=True)
    assert colours.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert colours.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)
    assert colours.style(None, None, None) == ""


def test_a_logo_is_a_picture_of_bounded_size() -> None:
    assert (type_of(png(64, 32)), type_of(jpeg(64, 32))) == ("image/png", "image/jpeg")
    for data, told in (
        (b"<svg onload=alert(1)>", "neither"),
        (b"GIF89a", "neither"),
        (png(4096, 1), "4096 x 1"),
        (jpeg(1, 4096), "1 x 4096"),
        (png(64, 32)[:40], "damaged"),
        (png(0, 32), "damaged"),
        (b"\xff\xd8\xff\xe0\0\0", "damaged"),
    ):
        with pytest.raises(NoLogo, match=told):
            type_of(data)


def test_lines_of_a_transcript_are_marked_and_the_one_that_is_said_is_told() -> None:
    cues = [
        Cue(0, 4000, "大家好"),
        Cue(61_500, 64_000, "現在講社區教育\n的意义"),
        Cue(70_000, 72_000, "社区教育！"),
    ]
    part = transcripts.part_of(cues, chunks_of("社区教育"), 62, None)
    assert part.current == 61.5
    assert part.found == 2
    assert [bit for line in part.lines for bit in line.bits if bit[1]] == [
        ("社區教育", True),
        ("社区教育", True),
    ]
    assert transcripts.part_of(cues, [], None, None).current is None
    assert transcripts.part_of([], [], 3, 9) == transcripts.Part([], 1, 1, 0, None)
    assert [transcripts.clock(value) for value in (0, 192.9, 3723)] == ["0:00", "3:12", "1:02:03"]


def test_a_transcript_of_a_day_is_shown_in_parts() -> None:
    cues = [Cue(1000 * at, 1000 * at + 900, f"line{at} end") for at in range(4000)]
    part = transcripts.part_of(cues, [], 3500, None)
    assert (part.number, part.count, part.lines[0].start) == (3, 3, 3000)
    assert transcripts.part_of(cues, chunks_of("line1600"), None, None).number == 2
    assert transcripts.part_of(cues, [], 3500, 1).lines[0].start == 0
    assert transcripts.part_of(cues, [], None, 99).number == 3


def test_an_excerpt_shows_the_words_with_some_around() -> None:
    text = "前" * 100 + "社区\n教育" + "后" * 100
    bits = transcripts.excerpt(text, [(100, 105)])
    assert "".join(bit for bit, _ in bits) == "…" + "前" * 40 + "社区 教育" + "后" * 40 + "…"
    assert ("社区 教育", True) in bits


def test_what_a_reader_chose_goes_along_in_addresses() -> None:
    to = Addresses("city", "https://media.example", "zh", large=True)
    assert to.lesson("a1", t=61.5, find="社区 教育&") == (
        "/library/city/lessons/a1?t=61.5&find=%E7%A4%BE%E5%8C%BA+%E6%95%99%E8%82%B2%26&lang=zh&print=large"
    )
    assert to.bare.lesson("a1", t=0.0, find="") == "/library/city/lessons/a1?t=0"


def test_what_makes_no_sense_in_an_address_is_as_if_it_were_not_there() -> None:
    odd = {"q": " 社\0区 ", "kind": "x", "level": "'", "language": "><", "sort": "-", "captions": "yes"}
    assert finding.asked_for(odd) == finding.Asked(words="社区")
    assert len(finding.asked_for({"q": "x" * 9999}).words) == 200


def test_a_lesson_counts_once_in_each_subject_above_it() -> None:
    def place(name: str, parent: str | None) -> Any:
        return SimpleNamespace(id=name, parent_id=parent, name_zh=f"{name}中", name_en="")

    places = [place("a", None), place("a1", "a"), place("a2", "a"), place("b", "gone"), place("c", None)]
    counted = [
        Counted(["a1", "a2"], "x", 3),
        Counted(["a"], "y", 2),
        Counted(["b", "?"], None, 1),
        Counted([], "x", 4),
    ]
    subjects = subjects_of(places, counted, more=False)
    assert [(one.name, one.count) for one in subjects.top("en")] == [("a中", 5), ("b中", 1)]
    assert [(one.id, one.count) for one in subjects.below("a", "zh")] == [("a1", 3), ("a2", 3)]
    assert [one.id for one in subjects.way("a2", "zh")] == ["a", "a2"]
    assert [(one.id, one.name, one.count) for one in subjects_of([], counted, more=True).top("zh")] == [
        (None, "x", 7),
        (None, "y", 2),
    ]
    circle = subjects_of([place("a", "b"), place("b", "a")], [Counted(["a"], None, 1)], more=False)
    assert len(circle.way("a", "zh")) <= 3


def test_a_feed_holds_whatever_titles_hold() -> None:
    channel = feeds.Channel(HOSTILE, "https://a.example/", "https://a.example/feed.xml", "", "zh-CN")
    root = ElementTree.fromstring(feeds.rss(channel, [ENTRY, replace(ENTRY, duration=None)]))
    [first, _] = root.iter("item")
    assert root.findtext("channel/title") == HOSTILE.replace("\x01\ufffe", "")
    assert first.findtext("pubDate") == "Mon, 30 Nov 2026 08:00:00 +0000"
    content = first.find(f"{{{feeds.MEDIA}}}content")
    assert content is not None and content.get("duration") == "90000"
    player = content.find(f"{{{feeds.MEDIA}}}player")
    assert player is not None and player.get("url") == ENTRY.player_url
    assert [each.text for each in first.iter("category")] == ["武术", "<b>"]


def test_a_sitemap_keeps_to_the_limits_of_its_protocol() -> None:
    text = feeds.sitemap([ENTRY])
    assert '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"' in text
    video = ElementTree.fromstring(text).find(f".//{{{feeds.VIDEO}}}video")
    assert video is not None
    told = {each.tag.partition("}")[2]: each.text or "" for each in video}
    assert len(told["title"]) <= 100 and told["description"].startswith("ns0: 社区教育 </script>")
    assert told["duration"] == "28800" and told["expiration_date"] == "2026-11-30T08:00:00Z"
    # In the order of Google's schema, in which readers that check it want them.
    order = (
        "thumbnail_loc title description player_loc duration expiration_date view_count publication_date tag"
    )
    assert list(told)[:9] == order.split()
    largest = replace(ENTRY, title="&" * 255, description="&" * 10_000, tags=["&" * 50] * 20, url="u" * 200)
    assert feeds.IN_FILE * len(feeds.sitemap([largest]).encode()) < 50 * 1024 * 1024
    index = ElementTree.fromstring(
        feeds.index([("https://a.example/1.xml", NOW), ("https://a.example/2.xml", None)])
    )
    assert [each.text for each in index.iter(f"{{{feeds.SITEMAP}}}loc")] == [
        "https://a.example/1.xml",
        "https://a.example/2.xml",
    ]
    robots = feeds.robots(["https://a.example/sitemap.xml"])
    assert "Disallow: /v1/\n" in robots and robots.endswith("\nSitemap: https://a.example/sitemap.xml\n")


def test_json_ld_tells_of_chapters_and_transcript_and_ends_no_script() -> None:
    video = structured.Video(
        title=HOSTILE,
        url="https://a.example/1",
        embed_url="https://a.example/1/play",
        uploaded_at=NOW,
        organization="市",
        duration=3723.2,
        transcript="社" * 99_999,
        parts=[
            structured.Part("一", 0.0, 61.5, "https://a.example/1?t=0"),
            structured.Part("二", 61.5, 359_999.999, "https://a.example/1?t=61.5"),
            structured.Part("三", 3800.0, 3900.0, "https://a.example/1?t=3800"),
        ],
        course=("课", "https://a.example/c"),
    )
    text = to_script_json(structured.video(video))
    assert "<" not in text and ">" not in text
    said = json.loads(text)
    assert said["name"] == HOSTILE and said["duration"] == "PT1H2M3S"
    assert len(said["transcript"]) == structured.MOST_TRANSCRIPT
    assert said["hasPart"][0] | {} == {
        "@type": "Clip",
        "name": "一",
        "startOffset": 0,
        "endOffset": 61.5,
        "url": "https://a.example/1?t=0",
    }
    # A sheet's last chapter has no end, and one of a longer file may begin after this one's.
    assert [(part["name"], part["endOffset"]) for part in said["hasPart"]] == [("一", 61.5), ("二", 3723.2)]
    assert said["isPartOf"]["@type"] == "Course" and "expires" not in said


def test_dates_are_written_as_far_as_they_are_known() -> None:
    known = [(2015,), (2015, 3), (2015, 3, 1)]
    assert [dates.written("en", *each) for each in known] == ["2015", "March 2015", "1 March 2015"]
    assert [dates.written("zh", *each) for each in known] == ["2015年", "2015年3月", "2015年3月1日"]


def test_a_feed_speaks_as_most_of_its_lessons() -> None:
    assert feeds.spoken(["zh", "zh", "en"]) == "zh"
    assert feeds.spoken(["zh", "en"]) is None
    assert feeds.spoken([None, None, "en"]) is None
    assert feeds.spoken([]) is None
    channel = feeds.Channel("a", "https://a.example/", "https://a.example/feed.xml", "", None)
    assert "<language>" not in feeds.rss(channel, [])


def test_all_is_said_in_both_languages_with_the_same_places() -> None:
    for message in (*TEXTS.values(), *LEVELS.values(), *ROLES.values()):
        assert message.en and message.zh
        assert set(re.findall(r"{\w+}", message.en)) == set(re.findall(r"{\w+}", message.zh))
    assert LEVELS.keys() == {*get_args(Level)} and ROLES.keys() == {*get_args(ContributorRole)}
    assert speaker("en")("views", count=1) == "1 view"
    assert speaker("zh")("views", count=1234) == "播放 1,234 次"
