"""No reader of what others write takes more than a few times as long for twice as much: their work is bounded by size.

Each reader gets repetitions that patterns like to look at again and again, alone and one after another. CPU time of
this thread is compared, not told in seconds, and looked at again before anything is called slow.
"""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import Callable, Iterable
from datetime import UTC

import pytest
from werkzeug.http import parse_accept_header, parse_etags

from configs.logging import mask
from media_service.embed.oembed import parse_page_url
from media_service.library import logos
from media_service.playback.access.origins import allows, asking_origin, read_origin
from media_service.playback.access.public_keys import KeyRefused, read_public_key
from media_service.playback.access.tokens import TokenError
from media_service.playback.access.tokens import read as read_token
from media_service.problems import ApiError
from media_service.sheets import cells
from media_service.sheets.chapters import chapters_as_webvtt
from media_service.sheets.faults import CellInvalid
from media_service.uploads.protocol import clean_external_id, clean_name, make_intake, parse_metadata
from storage.byte_ranges import parse_range
from storage.languages import language_tag
from storage.tracks import text as texts
from storage.tracks.names import embedded_language
from storage.tracks.read import read as read_track
from workers.plan.decisions.caption_lines import captions_of
from workers.plan.decisions.loudness import parse_values
from workers.plan.decisions.speech import Heard, Window, parse_heard, parse_speech, spoken_of
from workers.plan.decisions.waveform import parse_peaks
from workers.plan.failure import MediaFailure
from workers.plan.formats import flv, jpeg, ogg, webp
from workers.plan.formats.cmaf import MalformedMp4, boxes
from workers.plan.formats.mp4_index import find_movie_box, is_encrypted, is_joined, read_index
from workers.plan.formats.swf.wrapper import wrapped_video
from workers.plan.progress import parse_progress
from workers.plan.source import clock
from workers.plan.source.animated import read_header
from workers.plan.source.cadence import parse_fields
from workers.plan.source.lottie import may_be_lottie
from workers.plan.source.probe import parse_look
from workers.plan.source.protection import SCRAMBLED_CONTAINERS, is_scrambled
from workers.plan.source.sniff import sniff

LEAST, MOST = 8 * 1024, 128 * 1024
"""Bytes: what is measured first, and last."""

MEASURABLE = 0.001
"""Seconds of CPU from which on a ratio means something."""

TIMES = 4
TOO_SLOW = 2.5 * TIMES
"""Four times as much may take ten times as long; what looks back at all it has seen takes sixteen times."""

LOOK = "[Parsed_showinfo_0 @ 0x1] n:"

TIMED = "00:00:01.000 --> 00:00:02.000\n"
MARKS = (
    *(
        "<",
        "<!--",
        "-->",
        "<script>",
        "</script",
        "<style>",
        "<a ",
        "</",
        "<1",
        "{",
        "{}",
        "{\\p1}",
        "\\p1",
        "&",
        "&#1",
    ),
    *(
        "&lt",
        " ",
        "\t",
        "\n",
        "\n\n",
        "a",
        "a\n",
        "1",
        "1\n",
        "1:",
        ".",
        ",",
        "\x01",
        "é",
        "\r",
        TIMED,
        TIMED + "a\n\n",
    ),
)
LINES = (" ", "a\n", "1\n", "<", "{", "-->", TIMED)
HEADS = ("", "WEBVTT\n\n", "[Events]\n", TIMED)

HEADER_MARKS = (
    *(
        "a",
        "1",
        " ",
        "\t",
        ",",
        ", ",
        ";",
        "; a=",
        '"',
        '"a" ',
        'W/"',
        "\\",
        "=",
        "q=",
        "a-",
        "-",
        ".",
        "a.",
        "://",
    ),
    *(
        "http://a",
        "://a:",
        "?token=",
        "Bearer ",
        "bytes=",
        "%41",
        "*",
        "é",
        "/",
        "//",
        "[",
        "@",
        ":",
        "a=&",
        '\\"',
    ),
    *("-----BEGIN ", "-----BEGIN A ", "PRIVATE KEY", "\n", "text/", "#", "\u0300\u0316"),
)
BYTE_MARKS = (
    *(
        b"\0",
        b"\xff",
        b"\xff\xd8",
        b"\xff\xd8\xff\xd9",
        b"\x47",
        b"\0\0\1\xba",
        b"OggS\0\1",
        b"\x08\0\0",
        b"\x09",
    ),
    *(
        b"\0\0\0\x08free",
        b"\0\0\0\x08trak",
        b"<",
        b"[ti:",
        b"{1}",
        b"1\n",
        b"<svg",
        b"FWS",
        b"lavfi.r128.M=",
        b"a=1\n",
    ),
    *(b"lavfi.idet.multiple", b'"fr" ', b"{", b" ", b"\n", b"ANMF\0\0\0\0", b" fmt:a sar:1/1"),
)


def quietly(parse: Callable[..., object]) -> Callable[..., None]:
    """``parse``, whose refusals are as good as its answers."""

    def parsed(value: object) -> None:
        refusals = (ApiError, KeyRefused, MalformedMp4, MediaFailure, TokenError, ValueError)
        with contextlib.suppress(*refusals):
            parse(value)

    return parsed


def intake_of_type(content_type: str) -> object:
    return make_intake(
        1, 1, file_name=content_type, title="", policy="public", sha256=None, content_type=content_type
    )


def find_in(data: bytes) -> object:
    return find_movie_box(len(data), lambda at, size: data[at : at + size])


def restarted(data: bytes) -> list[bool]:
    return [
        clock.restarts(container, len(data), lambda at, size: data[at : at + size])
        for container in clock.CONTAINERS
    ]


def flash(data: bytes) -> list[object]:
    return list(wrapped_video([b"FWS\x09\0\0\0\0", data]))


def heard(data: bytes) -> list[object]:
    """A window of ten hours, of which text, tokens and captions are made."""
    window, text = Window(0, 10 * 3600 * 16_000), data.decode("latin-1")
    spoken = spoken_of(window, Heard(text, "", tuple(text[:4096]), (0.0,) * min(len(text), 4096)))
    return [parse_heard(data), captions_of([spoken] if spoken else [], "und")]


def cell_of(read: Callable[[object, cells.Reading], object]) -> Callable[[str], object]:
    def look(value: str) -> object:
        with contextlib.suppress(CellInvalid):
            return read(value, cells.Reading(UTC, str))
        return None

    return look


def chapters(value: str) -> object:
    with contextlib.suppress(CellInvalid):
        return chapters_as_webvtt(("00:01 " + value).encode(), "a")
    return None


TEXT_READERS: dict[str, Callable[[str], object]] = {
    "markup": texts.without_tags,
    "overrides": texts.without_overrides,
    "ass": texts.plain_ass,
    "webvtt": texts.plain_webvtt,
    "title": texts.one_line,
    "language": lambda value: embedded_language(value, value),
    "chapters of a list": chapters,
    **{
        f"cell: {name}": cell_of(read)
        for name, read in {
            "list": cells.listed,
            "IDs": cells.other_ids,
            "contributors": cells.contributors,
            "date": cells.original_date,
            "moment": cells.moment,
            "number": cells.whole_number,
        }.items()
    },
}
HEADER_READERS: dict[str, Callable[[str], object]] = {
    "range": lambda value: parse_range("bytes=" + value, 10**6),
    "entity tags": parse_etags,
    "languages": parse_accept_header,
    "origin": lambda value: allows((value,), value),
    "written origin": read_origin,
    "referrer": lambda value: asking_origin(
        {"HTTP_SEC_FETCH_SITE": "cross-site", "HTTP_REFERER": "http://" + value}
    ),
    "token": lambda value: read_token(value, {}),
    "page address": lambda value: parse_page_url("http://a/embed/" + value, {"a"}),
    "metadata": parse_metadata,
    "name": clean_name,
    "external id": clean_external_id,
    "content type": intake_of_type,
    "public key": read_public_key,
    "language tag": language_tag,
    "log line": mask,
}
BYTE_READERS: dict[str, Callable[[bytes], object]] = {
    "first look": sniff,
    "lottie": may_be_lottie,
    "boxes": lambda data: list(boxes(data)),
    "index": read_index,
    "place of the index": find_in,
    "clocks": restarted,
    "flash video tags": lambda data: clock.leaps(flv.tags(0, data)),
    "ogg pages": lambda data: ogg.chained(ogg.pages(data)),
    "sequence of pictures": lambda data: read_header(b"\0\0\0\x18ftypavis\0\0\0\0avisavif" + data),
    "protection": lambda data: [
        is_encrypted(data),
        *(is_scrambled(container, data) for container in SCRAMBLED_CONTAINERS),
    ],
    "parts joined": is_joined,
    "a look at a picture": lambda data: parse_look(LOOK + data.decode("latin-1")),
    "webp": lambda data: webp.read_animation(
        b"RIFF" + (len(data) + 4).to_bytes(4, "little") + b"WEBP" + data
    ),
    "flash": flash,
    "pictures": jpeg.split_jpegs,
    "logo": lambda data: logos.type_of(b"\xff\xd8\xff\xe0" + data),
    "loudness": parse_values,
    "peaks": parse_peaks,
    "speech": lambda data: parse_speech(data, 1000),
    "what was heard": heard,
    "fields": lambda data: parse_fields(data.decode("latin-1")),
    "progress": lambda data: parse_progress(data.decode("latin-1").splitlines()),
}


@pytest.mark.parametrize("name", TEXT_READERS)
def test_texts_of_cues(name: str) -> None:
    assert slow(TEXT_READERS[name], MARKS) == []


@pytest.mark.parametrize("head", HEADS)
def test_files_of_captions(head: str) -> None:
    inputs = itertools.chain(MARKS, itertools.product(LINES, repeat=2))
    assert slow(lambda value: read_track((head + value).encode()), inputs) == []


@pytest.mark.parametrize("name", HEADER_READERS)
def test_what_a_request_says(name: str) -> None:
    pairs = itertools.product((" ", "a", "1", ",", '"', "\\", "-----BEGIN "), repeat=2)
    assert slow(HEADER_READERS[name], itertools.chain(HEADER_MARKS, pairs)) == []


@pytest.mark.parametrize("name", BYTE_READERS)
def test_bytes_of_a_source(name: str) -> None:
    pairs = itertools.product(BYTE_MARKS[:5], repeat=2)
    assert slow(BYTE_READERS[name], itertools.chain(BYTE_MARKS, pairs)) == []


def test_two_mebibytes_of_unclosed_comments_cost_what_plain_text_does() -> None:
    comments = captions("<!--" * 499)
    plain = captions("x <y " * 399)
    assert min(seconds(read_track, comments) for _ in range(3)) < 5 * min(
        seconds(read_track, plain) for _ in range(3)
    )


def captions(text: str) -> bytes:
    """1,020 cues, the whole some 2 MiB."""
    cue = f"00:00:01.000 --> 00:00:02.000\n{text}\n\n"
    return ("WEBVTT\n\n" + cue * 1020).encode()


def slow(parse: Callable[..., object], inputs: Iterable[object]) -> list[object]:
    """Of ``inputs``, repetitions or pairs of them that follow each other, those whose cost outgrows their size."""
    return [mark for mark in inputs if outgrows(quietly(parse), mark)]


def outgrows(parse: Callable[..., None], mark: object) -> bool:
    """Whether cost grows too fast at each size at which that can be told: from one to the next it may, where readers
    that give up early find the first thing to read."""
    size, told = LEAST, []
    while size * TIMES <= MOST or (told and size <= MOST):
        if seconds(parse, repeated(mark, size * TIMES)) >= MEASURABLE:
            told.append(grows(parse, mark, size))
            if not told[-1]:
                return False
        size *= TIMES
    return any(told)


def grows(parse: Callable[..., None], mark: object, size: int) -> bool:
    longer, shorter = float("inf"), 0.0
    for _ in range(4):
        longer = min(longer, seconds(parse, repeated(mark, size * TIMES)))
        shorter = max(shorter, seconds(parse, repeated(mark, size)))
        if longer <= TOO_SLOW * shorter:
            return False
    return True


def repeated(mark: object, size: int) -> object:
    if isinstance(mark, tuple):
        first, second = (repeated(part, size // 2) for part in mark)
        return first + second  # type: ignore[operator]
    return mark * (size // len(mark))  # type: ignore[operator, arg-type]


def seconds(parse: Callable[..., object], value: object) -> float:
    """CPU time of this thread."""
    began = time.thread_time()
    parse(value)
    return time.thread_time() - began
