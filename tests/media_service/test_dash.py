"""DASH manifests: structure (ISO/IEC 23009-1), and ffmpeg's own DASH reader, which plays every frame they name."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import imageio_ffmpeg
import pytest
from house import House, address, house, lesson, token_of
from lesson import DURATION, RATE, STORYBOARD, Lesson, add_lesson
from presentations import AUDIO, CAPTIONS, READY, RUNGS, at, chunks_of

from media_service.playback.manifests import dash, hls
from media_service.playback.manifests.dash import TIMESCALE
from media_service.playback.manifests.presentation import with_query
from media_service.playback.manifests.storyboard import sheet_of

__all__ = ["address", "house", "lesson"]

XML = {"": "urn:mpeg:dash:schema:mpd:2011"}
CHUNKS = {variant.name: chunks_of([[4.0], [4.0, 4.0], [3.2]]) for variant in READY.variants}
ORDER = {
    "MPD": ["Period"],
    "Period": ["AdaptationSet"],
    "AdaptationSet": [
        "AudioChannelConfiguration",
        "Accessibility",
        "Role",
        "Label",
        "SegmentTemplate",
        "Representation",
    ],
    "Representation": ["EssentialProperty", "BaseURL", "SegmentList"],
    "SegmentList": ["Initialization", "SegmentTimeline", "SegmentURL"],
    "SegmentTimeline": ["S"],
}
"""Children in the order in which the standard's schema (DASH-MPD.xsd) has them, which is a sequence."""


def _read(text: str) -> Element:
    return ElementTree.fromstring(text.encode())


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _check_structure(root: Element) -> None:
    for element in root.iter():
        names = [_name(child) for child in element]
        places = [ORDER.get(_name(element), []).index(name) for name in names]
        assert places == sorted(places), f"{_name(element)}: {names}"
    identifiers = [element.get("id") for element in root.iterfind(".//Representation", XML)]
    assert len(set(identifiers)) == len(identifiers) and None not in identifiers
    assert all(int(element.get("bandwidth", 0)) > 0 for element in root.iterfind(".//Representation", XML))
    for segments in root.iterfind(".//SegmentList", XML):
        assert segments.get("timescale") == str(TIMESCALE)
        times = segments.findall("SegmentTimeline/S", XML)
        assert len(times) == len(segments.findall("SegmentURL", XML))
        reached = 0
        for each in times:
            assert int(each.get("t", -1)) == reached
            reached += int(each.get("d", 0))
        for each in segments.findall("SegmentURL", XML):
            first, last = map(int, re.fullmatch(r"(\d+)-(\d+)", each.get("mediaRange", "")).groups())  # type: ignore[union-attr]
            assert 0 < first < last


def test_segments_are_those_of_the_playlists() -> None:
    text = with_query(dash.manifest(READY, CHUNKS), "?token=a.b.c")
    root = _read(text)
    _check_structure(root)
    assert root.get("type") == "static" and root.get("mediaPresentationDuration") == "PT40.000S"
    for variant in READY.variants:
        playlist = hls.media(READY, at(variant.name), CHUNKS[variant.name])
        listed = re.findall(r"BYTERANGE:(\d+)@(\d+)\n\S+/(\d+\.mp4)", playlist)
        found = root.find(f".//Representation[@id='{variant.name}']", XML)
        assert found is not None and found.get("codecs") == variant.codecs
        assert found.findtext("BaseURL", "", XML) == f"{READY.version_id}/{variant.name}/"
        urls = found.findall("SegmentList/SegmentURL", XML)
        expected = [
            (f"{name}?token=a.b.c", f"{offset}-{int(offset) + int(length) - 1}")
            for length, offset, name in listed
        ]
        assert [(url.get("media"), url.get("mediaRange")) for url in urls] == expected
        times = found.findall("SegmentList/SegmentTimeline/S", XML)
        assert [each.attrib for each in times] == [
            {"t": "0", "d": "360000"},
            {"t": "360000", "d": "360000"},
            {"t": "720000", "d": "360000"},
            {"t": "1080000", "d": "288000"},
        ]


def test_families_and_languages_are_sets_of_their_own() -> None:
    second = replace(AUDIO, name="audio-en", language="en", label='"Director" <&>\x01', described=True)
    newer = [replace(rung, name=f"{rung.name}-av1", codecs="av01.0.01M.08") for rung in RUNGS]
    shown = replace(READY, variants=(*newer, *RUNGS, AUDIO, second))
    chunks = {variant.name: CHUNKS["240p"] for variant in shown.variants}
    sheet = sheet_of(STORYBOARD, 12_345)
    root = _read(with_query(dash.manifest(shown, chunks, sheet), ""))
    _check_structure(root)
    sets = root.findall("Period/AdaptationSet", XML)
    contents = [(s.get("contentType"), s.get("lang"), len(s.findall("Representation", XML))) for s in sets]
    assert contents == [
        ("video", None, 3),
        ("video", None, 3),
        ("audio", "zh", 1),
        ("audio", "en", 1),
        ("text", CAPTIONS[0].language, 1),
        ("image", None, 1),
    ]
    families = [{r.get("codecs", "")[:4] for r in s.findall("Representation", XML)} for s in sets[:2]]
    assert families == [{"avc1"}, {"av01"}]
    assert [s.find("Role", XML).get("value") for s in sets[2:5]] == ["main", "alternate", "subtitle"]  # type: ignore[union-attr]
    purposes = [s.find("Accessibility", XML) for s in sets]
    assert [at for at, each in enumerate(purposes) if each is not None and each.get("value") == "1"] == [3]
    assert sets[3].findtext("Label", "", XML) == '"Director" <&> '
    rates = [r.get("frameRate") for r in sets[0].findall("Representation", XML)]
    assert rates == ["30", "30", "30000/1001"]
    tile = sets[5].find("Representation/EssentialProperty", XML)
    assert tile is not None and tile.get("value") == "2x2"


def test_qualities_of_sound_alone_are_one_set() -> None:
    shown = replace(READY, variants=(AUDIO, replace(AUDIO, name="audio-high", bandwidth=260_000)))
    root = _read(with_query(dash.manifest(shown, {v.name: CHUNKS["audio"] for v in shown.variants}), ""))
    _check_structure(root)
    (sounds, _captions) = root.findall("Period/AdaptationSet", XML)
    assert [r.get("bandwidth") for r in sounds.findall("Representation", XML)] == ["130000", "260000"]


def test_a_two_hour_lesson_stays_reasonable() -> None:
    chunks = chunks_of([[4.004] * 16] * 113)
    text = dash.manifest(READY, {variant.name: chunks for variant in READY.variants})
    assert len(text) < 200 * len(READY.variants) * 1808 / 2


@pytest.fixture
def played(house: House, lesson: Lesson, address: str) -> Callable[[str], tuple[Counter[str], str]]:
    """Frames of each stream that ffmpeg decodes of a policy's manifest, and what it complains about."""

    def play(policy: str) -> tuple[Counter[str], str]:
        query = f"?token={token_of(house, lesson)}" if policy == "signed" else ""
        playback_id = lesson.signed_id if policy == "signed" else lesson.public_id
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-hide_banner", "-v", "warning", "-xerror"]
        command += ["-i", f"{address}/v/{playback_id}/manifest.mpd{query}"]
        command += ["-map", "0:v", "-map", "0:a", "-f", "framecrc", "-"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        rows = [line.partition(",")[0] for line in done.stdout.splitlines() if not line.startswith("#")]
        return Counter(rows), done.stderr.strip()

    return play


@pytest.mark.parametrize("policy", ["public", "signed"])
def test_every_frame_is_played(played: Callable[[str], tuple[Counter[str], str]], policy: str) -> None:
    frames, complaints = played(policy)
    assert complaints == ""
    assert (frames["0"], frames["1"]) == (DURATION * RATE, DURATION * RATE)
    assert abs(frames["2"] - DURATION * 48_000 / 1024) <= 2


def test_answers_and_their_caches(house: House, lesson: Lesson) -> None:
    public = house.get(f"/v/{lesson.public_id}/manifest.mpd")
    assert (public.status_code, public.mimetype) == (200, "application/dash+xml")
    assert public.headers["Cache-Control"] == "public, max-age=5"
    assert "storyboard.jpg" in public.text and "token" not in public.text
    again = house.get(f"/v/{lesson.public_id}/manifest.mpd", If_None_Match=public.headers["ETag"])
    assert again.status_code == 304
    assert house.get(f"/v/{lesson.signed_id}/manifest.mpd").json["code"] == "token_missing"
    token = token_of(house, lesson, kinds=["video"])
    signed = house.get(f"/v/{lesson.signed_id}/manifest.mpd?token={token}")
    assert signed.headers["Cache-Control"] == "private, max-age=5"
    root = _read(signed.text)
    _check_structure(root)
    bases = [element.text or "" for element in root.iter(f"{{{XML['']}}}BaseURL")]
    assert bases and all(each.startswith(f"t/{token}/{lesson.version_id}/") for each in bases)
    assert signed.text.count(token) == len(bases)
    assert "storyboard" not in signed.text, "this token does not open it"


def test_a_lesson_that_grows_has_no_manifest_yet(house: House) -> None:
    growing = add_lesson(house.sessions, house.objects, state="playable", chunks=2)
    answer = house.get(f"/v/{growing.public_id}/manifest.mpd")
    assert (answer.status_code, answer.json["code"]) == (404, "not_playable_yet")
    assert int(answer.headers["Retry-After"]) > 0
