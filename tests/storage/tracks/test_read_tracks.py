"""Files of captions as people have them, and as they should never have become."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.languages import language_tag
from storage.tracks.cue import MAX_BYTES, MAX_CUES, MAX_FAULTS, MESSAGES, Cue
from storage.tracks.names import distinct, embedded_language, language_name
from storage.tracks.read import read
from storage.tracks.text import one_line
from storage.tracks.webvtt import to_webvtt

SRT = "1\n00:00:01,000 --> 00:00:02,500\n山高月小\n\n2\n00:00:03,000 --> 00:00:04,000\n水落石出\n"
CUES = (Cue(1000, 2500, "山高月小"), Cue(3000, 4000, "水落石出"))
ASS = (
    "[Script Info]\nTitle: x\n\n[V4+ Styles]\nFormat: Name\nStyle: Default\n\n[Events]\n"
    "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
    "Comment: 0,0:00:00.00,0:00:09.00,Default,,0,0,0,,no\n"
)


def ass(text: str) -> bytes:
    return f"{ASS}Dialogue: 0,0:00:01.00,0:00:02.50,Default,,0,0,0,,{text}\n".encode()


def srt(text: str) -> bytes:
    return f"1\n00:00:01,000 --> 00:00:02,500\n{text}\n".encode()


def vtt(text: str) -> bytes:
    return f"WEBVTT\n\n00:01.000 --> 00:02.500\n{text}\n".encode()


@pytest.mark.parametrize(
    "data",
    [
        SRT.encode(),
        SRT.encode("utf-8-sig"),
        SRT.encode("gb18030"),
        b"\xff\xfe" + SRT.encode("utf-16-le"),
        b"\xfe\xff" + SRT.encode("utf-16-be"),
        SRT.replace("\n", "\r\n").encode(),
        SRT.replace("\n", "\r").encode(),
        SRT.replace("\n\n", "\n").encode(),
        SRT.replace("1\n", "").replace("2\n0", "0").encode(),
        ("\n\n" + SRT + "\n\n3\n\n").encode(),
        SRT.replace(",", ".").encode(),
        SRT.replace("02,500", "02,500 X1:10 X2:20 Y1:0 Y2:9").encode(),
        ("WEBVTT\n\n" + SRT).encode(),
        ("WEBVTT - a title\nKind: captions\n\n" + SRT.replace(",", ".").replace("00:00:", "00:")).encode(),
        ("WEBVTT\n\nNOTE\na\nb\n\nSTYLE\n::cue { color: red }\n\nREGION\nid:x\n\n" + SRT).encode(),
        ("WEBVTT\n\n" + SRT.replace("02,500", "02,500 align:start position:10%,line-left region:x")).encode(),
        ass("山高月小") + "Dialogue: 0,0:00:03.00,0:00:04.00,Default,,0,0,0,,水落石出".encode(),
        (ASS + "Dialogue: 0,0:00:03.00,0:00:04.00,,,,,,,水落石出\n" + ass("山高月小").decode().rpartition("\n")[0]
         .rpartition("\n")[2]).encode(),
    ],
)  # fmt: skip
def test_the_same_captions_in_every_spelling(data: bytes) -> None:
    assert read(data).faults == ()
    assert read(data).cues == CUES


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (srt("<i>slanted</i> <b>bold</b> <font color=red>red</font>"), "slanted bold red"),
        (srt(r"{\an8}above {not code}"), "above {not code}"),
        (srt("a < b && c > d"), "a < b && c > d"),
        (srt("A --> B"), "A --> B"),
        (srt("first\n\nsecond"), "first\nsecond"),
        (srt("42"), "42"),
        (srt("&lt;i&gt;"), "&lt;i&gt;"),
        (srt("tab\there\u2028there\x07\x1b"), "tab here there"),
        (vtt("<v Anna>Hello <c.loud>you</c> <00:00:01.500>now"), "Hello you now"),
        (vtt("1 &lt; 2 &amp; 3&nbsp;!"), "1 < 2 & 3 !"),
        (vtt("<ruby>汉<rt>hàn</rt></ruby>"), "汉hàn"),
        (ass(r"{\an8\fad(100,100)}one\Ntwo\hthree, four"), "one\ntwo three, four"),
        (ass(r"{\p1}m 0 0 l 100 0{\p0}text"), "text"),
        (ass("{a comment}text"), "text"),
    ],
)
def test_only_text_is_left(data: bytes, text: str) -> None:
    reading = read(data)
    assert reading.faults == ()
    assert [cue.text for cue in reading.cues] == [text]


@pytest.mark.parametrize(
    ("data", "faults"),
    [
        (b"", [(1, "empty")]),
        (b"\n \n", [(1, "empty")]),
        (b"Hello\nthere\n", [(1, "format")]),
        (b"WEBVTT\n", [(1, "empty")]),
        (b"WEBVTTX\n\n00:01.000 --> 00:02.000\na", [(1, "time_missing")]),
        (b"1\n00:00:01,000 -> 00:00:02,000\na\n\n2\n00:00:03,000 --> 00:00:04,000\nb", [(2, "time")]),
        (b"1\n00:00:xx,000 --> 00:00:02,000\na\n\n2\n00:00:65,000 --> 00:01:09,000\nb", [(2, "time"), (6, "time")]),
        (b"1\n00:00:05,000 --> 00:00:02,000\na\n", [(2, "order")]),
        (b"lost\n\n1\n00:00:01,000 --> 00:00:02,000\na\n", [(1, "time_missing")]),
        (b"WEBVTT\n\nlost words\n\n00:01.000 --> 00:02.000\na\n", [(3, "time_missing")]),
        (b"WEBVTT\n\n00:01 -> 00:02.000\na\n", [(3, "time_missing")]),
        (srt("x" * 2001), [(2, "cue_too_long")]),
        (ass("a").replace(b"0:00:01.00", b"soon"), [(11, "dialogue")]),
        (ass("a").replace(b"0:00:01.00,0:00:02.50,Default", b"0:00:01.00"), [(11, "dialogue")]),
        (b"[Events]\nFormat: Text, Start, End\nDialogue: a,0:00:01.00,0:00:02.00", [(2, "dialogue")]),
        (b"1\n00:00:01,000 --> 00:00:02,000\n\xff\xff\xff\n", [(3, "encoding")]),
        (b"1\n\0\0\0", [(2, "not_text")]),
        (srt("<i></i>"), [(1, "empty")]),
    ],
)  # fmt: skip
def test_faults_name_their_line(data: bytes, faults: list[tuple[int, str]]) -> None:
    found = read(data).faults
    assert [(fault.line, fault.code) for fault in found] == faults
    assert all(fault.code in MESSAGES for fault in found)


def test_a_file_with_faults_still_holds_its_good_cues() -> None:
    reading = read(b"1\nnonsense --> nonsense\na\n\n" + SRT.encode())
    assert reading.cues == CUES
    assert len(reading.faults) == 1


def test_cues_are_sorted_and_of_one_time_keep_their_order() -> None:
    times = ("00:09", "00:01", "00:05", "00:01")
    data = "WEBVTT\n\n" + "\n\n".join(f"{time}.000 --> 00:10.000\n{n}" for n, time in enumerate(times))
    assert [cue.text for cue in read(data.encode()).cues] == ["1", "3", "2", "0"]


def test_few_faults_are_told_and_few_cues_kept() -> None:
    bad = b"WEBVTT\n\n" + b"x --> y\na\n\n" * 100
    assert len(read(bad).faults) == MAX_FAULTS
    many = b"WEBVTT\n\n" + b"00:01.000 --> 00:02.000\na\n\n" * (MAX_CUES + 1)
    assert [fault.code for fault in read(many).faults] == ["too_many_cues"]
    assert len(read(many).cues) == MAX_CUES


HOSTILE = [
    srt("<script>alert(1)</script>hello"),
    srt("<scr<script>ipt>alert(1)</scr</script>ipt>hello"),
    srt("<img src=x onerror=alert(1)>hello"),
    srt("<img src=x onerror=alert(1) hello"),
    srt("<svg/onload=alert(1)>hello<!-- <b> -->"),
    srt("hello\n\n<b>\n\n--> \n00:00:00"),
    vtt("&lt;script&gt;alert(1)&lt;/script&gt;hello"),
    vtt("&#60;img src=x onerror=alert(1)&#62;hello &#0;&#xD800;&#x110000;"),
    vtt("<c.x{}*{background:url(//evil)}>hello"),
    b"WEBVTT\n\nSTYLE\n::cue{background:url(//evil)}\n\nSTYLE\n*{}\n\n00:01.000 --> 00:02.000 region:<x>\nhello",
    b"WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:900000000,LOCAL:00:00:00.000\n\n00:01.000 --> 00:02.000\nhello",
    ass(r"{\fn<script>}hello{\pos(1,1)\t(\clip(m 0 0))}"),
    ass(r"<script>alert(1)</script>hello\N\N00:00:01.000 --> 00:00:09.000\N&"),
    srt("hello\u202e<b>\u0000x".replace("\u0000", "")),
    srt("hello\x0b\x0c\x85\u2028\u2029--> <00:00:05.000>"),
    srt("hello" + "<" * 1900),
    "1\n00:00:01,000 --> 00:00:02,000\n<ｓcript>hello</ｓcript>".encode("gb18030"),
]


@pytest.mark.parametrize("data", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_files_become_text(data: bytes) -> None:
    written = to_webvtt(read(data).cues).decode()
    check(written)
    assert "hello" in written
    assert "alert(1)</" not in written
    for word in ("STYLE", "REGION", "NOTE", "X-TIMESTAMP", "region:", "url("):
        assert word not in written


@pytest.mark.parametrize(
    "data",
    [
        b"1\n00:00:01,000 --> 00:00:02,000\n" + b"<script>" * (MAX_BYTES // 8),
        b"WEBVTT\n\n" + b"<!--" * (MAX_BYTES // 4),
        b"[Events]\nDialogue: 0,0:00:01.00,0:00:02.00,,,,,,," + b"{" * MAX_BYTES,
        b"0" * MAX_BYTES,
        b"-->" * (MAX_BYTES // 3),
        b"-->\n" * (MAX_BYTES // 4),
        b"\n" * MAX_BYTES,
        b"1\n" * (MAX_BYTES // 2),
        b"WEBVTT\n\n" + b"1\n" * (MAX_BYTES // 2),
        b" " * MAX_BYTES + b"-->",
    ],
    ids=range(10),
)  # fmt: skip
def test_large_hostile_files_are_read_in_no_time(data: bytes) -> None:
    began = time.process_time()
    check(to_webvtt(read(data).cues).decode())
    assert time.process_time() - began < 5


PIECES = st.sampled_from(
    [
        "WEBVTT", "[Events]", "[Script Info]", "Format: Start, End, Text", "Dialogue: 0:00:01.00,0:00:02.00,{\\p1}x<",
        "00:01.000 --> 00:02.000", "00:00:03,000 --> 01:00:00,5 align:start", "-->", "--> <b>", "1", "", "NOTE x",
        "STYLE", "<i>", "</i><script>", "&lt;", "&#60;", "&amp", "山", "{\\an8}", "\r", "\u2028", "a\x0b",
        "<!--", "-->x",
    ]
)  # fmt: skip
TEXTS = st.lists(PIECES | st.text(max_size=12), max_size=30).map("\n".join)
FILES = st.binary(max_size=200) | TEXTS.map(lambda text: text.encode("utf-8", "surrogatepass"))
FILES |= TEXTS.map(lambda text: ("WEBVTT\n\n" + text).encode("utf-8", "surrogatepass"))
FILES |= TEXTS.map(lambda text: (SRT + text).encode("utf-8", "surrogatepass"))


@settings(max_examples=300, deadline=None)
@given(FILES)
def test_whatever_comes_in_clean_webvtt_comes_out(data: bytes) -> None:
    reading = read(data)
    written = to_webvtt(reading.cues)
    check(written.decode())
    # What is kept can be read again, and says the same.
    if reading.cues:
        assert read(written).cues == reading.cues
        assert read(written).faults == ()
    assert reading.cues or reading.faults


def check(written: str) -> None:
    """WebVTT of the simplest shape: header, blocks of times and text, nothing that could be markup."""
    header, *blocks = written.removesuffix("\n").split("\n\n")
    assert header == "WEBVTT" or written == "WEBVTT\n"
    last = 0.0
    for block in blocks:
        times, *lines = block.split("\n")
        match = re.fullmatch(r"(\d\d+):(\d\d):(\d\d\.\d{3}) --> (\d\d+):(\d\d):(\d\d\.\d{3})", times)
        assert match, block
        start, end = (
            int(hours) * 3600 + int(minutes) * 60 + float(seconds)
            for hours, minutes, seconds in (match.groups()[:3], match.groups()[3:])
        )
        assert last <= start < end
        last = start
        assert lines and all(line.strip() for line in lines)
        for line in lines:
            assert not re.search(r"[<>\x00-\x1f\x7f\u2028\u2029]|&(?!amp;|lt;|gt;)", line), line


@pytest.mark.parametrize(
    ("given", "tag"),
    [
        ("zh-cn", "zh-CN"), ("ZH-hans-cn", "zh-Hans-CN"), ("chi", "zh"), ("eng", "en"), ("en-x-kids", "en-x-kids"),
        ("yue", "yue"), ("de-1996", "de-1996"), ("e", None), ("english", None), ("en_US", "en-US"), ("en-", None),
        ("en-x", None), ("../en", None), ("en\n", None), ("", None),
    ],
)  # fmt: skip
def test_language_tags(given: str, tag: str | None) -> None:
    assert language_tag(given) == tag


def test_languages_inside_a_container() -> None:
    assert embedded_language("chi", "简体中文") == "zh-Hans"
    assert embedded_language("chi", "Traditional") == "zh-Hant"
    assert (
        embedded_language("und", "") == embedded_language(None, "") == embedded_language("<x>", "") == "und"
    )
    assert distinct("en", {"en", "en-x-2"}) == "en-x-3"
    assert language_name("zh-Hans") == "简体中文"
    assert language_name("en-GB") == "English"
    assert language_name("yue") == "粵語"


def test_titles_are_one_line() -> None:
    assert one_line(" a\n\tb\x00 ") == "a b"
