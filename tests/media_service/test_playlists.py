"""Playlist text: the rules of RFC 8216bis, and that another parser reads what was meant."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

import m3u8
import pytest
from hypothesis import given
from hypothesis import strategies as st
from presentations import AUDIO, CAPTIONS, READY, RUNGS, at, chunks_of

from media_service.playback.manifests import hls
from media_service.playback.manifests.presentation import (
    SUFFIX,
    reach,
    with_query,
)

TOKEN = "?token=aaa.bbb.ccc"
GROWING = replace(READY, ended=False)


def _stream_infs(text: str) -> list[tuple[str, str]]:
    lines = text.splitlines()
    return [(a, b) for a, b in pairwise(lines) if a.startswith("#EXT-X-STREAM-INF:")]


def test_multivariant_is_read_back_as_it_was_meant() -> None:
    text = with_query(hls.multivariant(READY), TOKEN)
    parsed = m3u8.loads(text)
    assert parsed.is_variant and parsed.version == 6 and parsed.is_independent_segments
    by_name = {rung.name: rung for rung in RUNGS}
    assert len(parsed.playlists) == 3
    for item in parsed.playlists:
        rung = by_name[item.uri.partition("/")[2].partition(".")[0]]
        info = item.stream_info
        assert item.uri == f"{READY.version_id}/{rung.name}.m3u8{TOKEN}"
        assert info.bandwidth == rung.bandwidth + AUDIO.bandwidth
        assert info.average_bandwidth == rung.average_bandwidth + AUDIO.average_bandwidth
        assert info.codecs == f"{rung.codecs},mp4a.40.2"
        assert info.resolution == (rung.width, rung.height)
        assert info.frame_rate == pytest.approx(rung.frame_rate, abs=0.0005)
        assert (info.video_range, info.closed_captions, info.audio) == ("SDR", "NONE", "audio")
        assert info.subtitles == "captions"
    sound, captions = parsed.media
    assert (sound.type, sound.default, sound.autoselect, sound.channels, sound.language) == (
        "AUDIO",
        "YES",
        "YES",
        "2",
        "zh",
    )
    assert (captions.type, captions.name, captions.language) == ("SUBTITLES", "中文 '字幕' ", "zh-CN")
    assert all(item.uri.endswith(TOKEN) for item in parsed.media)


def test_an_audio_description_says_that_it_is_one() -> None:
    description = replace(AUDIO, name="audio-1", label="中文（口述影像）", described=True)
    text = hls.multivariant(replace(READY, variants=(*RUNGS, AUDIO, description)))
    plain, described = (sound.characteristics for sound in m3u8.loads(text).media if sound.type == "AUDIO")
    assert (plain, described) == (None, "public.accessibility.describes-video")


def test_what_m3u8_would_lose_is_why_the_multivariant_playlist_is_written_by_hand() -> None:
    text = hls.multivariant(READY)
    assert "FRAME-RATE=30.000," in text and "FRAME-RATE=29.970," in text
    assert "FRAME-RATE=30," in m3u8.loads(text).dumps()


@pytest.mark.parametrize(
    ("peaks", "first"),
    [
        ((420_000, 1_300_000, 2_600_000), "480p"),
        ((3_000_000, 4_000_000, 5_000_000), "240p"),
        ((1, 2, 3), "720p"),
    ],
)
def test_first_variant_is_the_best_that_most_can_sustain(peaks: tuple[int, ...], first: str) -> None:
    rungs = tuple(replace(rung, bandwidth=peak) for rung, peak in zip(RUNGS, peaks, strict=True))
    uris = [uri for _, uri in _stream_infs(hls.multivariant(replace(READY, variants=(*rungs, AUDIO))))]
    assert f"/{first}.m3u8" in uris[0]
    assert len(set(uris)) == 3


def test_growing_version_offers_a_rung_once_it_reaches_as_far_as_the_lowest() -> None:
    lowest, middle, best = RUNGS
    behind = (replace(lowest, reach=12.0), replace(middle, reach=12.0), replace(best, reach=8.0))
    growing = replace(GROWING, variants=(*behind, AUDIO))
    uris = [uri for _, uri in _stream_infs(hls.multivariant(growing))]
    assert {uri.partition("/")[2].partition(".")[0] for uri in uris} == {"240p", "480p"}
    assert "SUBTITLES" not in hls.multivariant(growing)


def test_nothing_is_playable_before_picture_and_sound_have_begun() -> None:
    silent = replace(AUDIO, reach=0.0, codecs=None)
    blind = replace(RUNGS[0], reach=0.0, codecs=None)
    assert hls.is_playable(GROWING)
    assert hls.is_playable(replace(GROWING, variants=RUNGS))
    assert not hls.is_playable(replace(GROWING, variants=(*RUNGS, silent)))
    assert not hls.is_playable(replace(GROWING, variants=(blind, AUDIO)))


def test_media_playlist_addresses_segments_by_byte_range() -> None:
    chunks = chunks_of([[4.0], [4.0, 3.2]])
    assert hls.media(READY, at("240p"), chunks).replace(SUFFIX, "") == (
        "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-TARGETDURATION:4\n"
        "#EXT-X-PLAYLIST-TYPE:VOD\n"
        '#EXT-X-MAP:URI="240p/0.mp4",BYTERANGE="800@0"\n'
        "#EXTINF:4.000000,\n#EXT-X-BYTERANGE:1000@800\n240p/0.mp4\n"
        "#EXTINF:4.000000,\n#EXT-X-BYTERANGE:1000@800\n240p/1.mp4\n"
        "#EXTINF:3.200000,\n#EXT-X-BYTERANGE:1001@1808\n240p/1.mp4\n"
        "#EXT-X-ENDLIST\n"
    )


def test_growing_media_playlist_has_no_end_and_stops_at_a_hole() -> None:
    chunks = [*chunks_of([[4.0], [4.0, 4.0]]), *chunks_of([[4.0]], first=3)]
    text = hls.media(GROWING, at("240p"), chunks)
    assert "#EXT-X-PLAYLIST-TYPE:EVENT" in text and "ENDLIST" not in text
    assert text.count("#EXTINF") == 3
    assert reach(chunks) == 12.0
    assert reach(chunks[1:]) == 0


def test_caption_playlist_is_one_segment_of_the_whole_length() -> None:
    parsed = m3u8.loads(with_query(hls.caption_media(READY, CAPTIONS[0]), TOKEN))
    assert [(s.uri, s.duration) for s in parsed.segments] == [(f"t1.vtt{TOKEN}", 40.0)]
    assert parsed.target_duration >= 40 and parsed.is_endlist


durations = st.lists(
    st.lists(st.floats(0.02, 4.49).map(lambda seconds: round(seconds, 6)), min_size=1, max_size=8),
    min_size=1,
    max_size=6,
)


@given(durations, st.booleans())
def test_rules_of_any_media_playlist(seconds: list[list[float]], ended: bool) -> None:
    chunks = chunks_of(seconds)
    shown = replace(READY, ended=ended)
    text = with_query(hls.media(shown, at("480p"), list(reversed(chunks))), TOKEN)
    parsed = m3u8.loads(text)
    expected = [(chunk.number, segment) for chunk in chunks for segment in chunk.segments]
    assert parsed.is_endlist == ended and parsed.target_duration == shown.target_duration
    assert len(parsed.segments) == len(expected)
    for item, (number, segment) in zip(parsed.segments, expected, strict=True):
        assert item.uri == f"480p/{number}.mp4{TOKEN}"
        assert item.byterange == f"{segment.length}@{segment.offset}"
        assert item.duration == pytest.approx(segment.duration, abs=1e-6)
        assert int(item.duration + 0.5) <= parsed.target_duration
        assert item.init_section.uri == f"480p/0.mp4{TOKEN}"
    for (number, before), (following, after) in pairwise(expected):
        # Ranges of one object rise and never touch: ffmpeg 9 joins touching ranges and decodes only the first.
        assert following > number or after.offset > before.offset + before.length
    assert SUFFIX not in text
    for line in text.splitlines():
        assert line.startswith("#") or line.endswith(TOKEN)
    assert len(re.findall("#EXT-X-MAP:", text)) == 1


@given(st.lists(durations, min_size=1, max_size=3))
def test_a_growing_playlist_only_ever_gets_longer(parts: list[list[list[float]]]) -> None:
    chunks = chunks_of([chunk for part in parts for chunk in part])
    texts = [hls.media(GROWING, at("480p"), chunks[: count + 1]) for count in range(len(chunks))]
    for before, after in pairwise(texts):
        assert after.startswith(before.rstrip("\n"))
    assert (
        hls.media(READY, at("480p"), chunks)
        .replace("TYPE:VOD", "TYPE:EVENT")
        .startswith(texts[-1].rstrip("\n"))
    )


@pytest.mark.parametrize(
    ("planned", "expected"), [((4.0, 4.0107), 4), ((4.004,), 4), ((4.5,), 5), ((0.2,), 1), ((3.999, 4.6), 5)]
)
def test_target_duration_covers_every_planned_segment(planned: tuple[float, ...], expected: int) -> None:
    assert hls.target_duration(*planned) == expected
