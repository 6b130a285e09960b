"""What a linked platform tells of a version is refused, or everything that players ask for can be made of it."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from media_service.offline.sound import SoundChunk, joined
from media_service.playback.access.playback_ids import Picture
from media_service.playback.manifests import dash, hls
from media_service.playback.manifests.rendering import _ranges, presentation
from media_service.playback.manifests.storyboard import sheet_of, storyboard_vtt
from media_service.playback.pictures import thumbnails
from storage.catalogue.models import Chunk, Image, Rendition, Track, Version
from storage.exchange.lessons import SharedRecipe, SharedTrack, SharedVersion
from storage.exchange.playable import Unplayable, require_playable, require_recipe, require_text
from storage.joined_files import ChunkSlice, Recipe
from storage.packed_chunks import Segment

SHA256 = "a" * 64
GRID = {"columns": 2, "rows": 2, "tile_width": 160, "tile_height": 90, "seconds": 2.5, "count": 4}


def chunk(name: str, kind: str, number: int, segments: list[list[float]]) -> dict[str, Any]:
    return {
        "path": f"renditions/{name}/{number}",
        "content_type": f"{kind}/mp4",
        "size": 4000,
        "sha256": SHA256,
        "number": number,
        "init_length": 100,
        "init_sha256": SHA256,
        "frames": 100,
        "segments": segments,
    }


def rendition(name: str, kind: str, position: int, **more: Any) -> dict[str, Any]:
    cut = [[4.0, 100, 900], [1.0, 1000, 900]]
    return {
        "kind": kind,
        "name": name,
        "position": position,
        "width": None,
        "height": None,
        "frame_rate": None,
        "channels": None,
        "language": None,
        "label": None,
        "codecs": "mp4a.40.2",
        "planned_bandwidth": 100_000,
        "peak_bandwidth": 90_000,
        "average_bandwidth": 80_000,
        "chunks": [chunk(name, kind, 0, cut), chunk(name, kind, 1, cut)],
        **more,
    }


def told() -> dict[str, Any]:
    """A lesson of ten seconds as it is told."""
    picture = {"width": 640, "height": 360, "frame_rate": 25.0, "codecs": "avc1.64001e"}
    image = {"content_type": "image/jpeg", "size": 900, "sha256": SHA256, "width": 640, "height": 360}
    return {
        "id": "v" * 24,
        "kind": "video",
        "file_name": "l.mp4",
        "background": 0xFFFFFF,
        "facts": {
            "format": 1,
            "duration": 10.0,
            "width": 640,
            "height": 360,
            "source_width": 640,
            "source_height": 360,
            "frame_rate": 25.0,
            "loop": False,
            "longest_segment": 4.0,
            "picture_chunks": 2,
            "sounds": [{"name": "audio", "chunks": 2, "described": False}],
            "decisions": [],
            "notices": [],
        },
        "poster": "poster",
        "source": None,
        "renditions": [
            rendition("180p", "video", 0, **picture),
            rendition("360p", "video", 1, **picture),
            rendition("audio", "audio", 0, channels=2, language="zh", label="中文"),
        ],
        "images": [
            {**image, "path": "images/poster", "name": "poster", "details": {}},
            {**image, "path": "images/storyboard", "name": "storyboard", "details": dict(GRID)},
        ],
        "files": [],
        "recipes": [],
        "tracks": [
            {
                "path": "tracks/captions/zh",
                "kind": "captions",
                "language": "zh",
                "label": "中文",
                "content_type": "text/vtt",
                "size": 30,
                "sha256": SHA256,
            }
        ],
    }


def everything(version: SharedVersion) -> list[str]:
    """All that is made of a version for players, as the service makes it of the rows of a copy."""
    facts = require_playable(version)
    row = Version(id="w" * 24, state="ready", kind=version.kind, facts=facts)
    made = []
    for each in sorted(version.renditions, key=lambda one: (one.kind != "video", one.position, one.name)):
        chunks = [
            Chunk(
                **part.model_dump(include={"number", "size", "init_length"}),
                segments=[Segment(*segment) for segment in part.segments],
            )
            for part in each.chunks
        ]
        made.append(Rendition(**each.model_dump(exclude={"chunks"})))
        object.__setattr__(made[-1], "told", chunks)
    cut = {each.name: _ranges(vars(each)["told"]) for each in made}
    tracks = [
        Track(id=f"t{number}", kind=each.kind, language=each.language, label=each.label)
        for number, each in enumerate(version.tracks)
    ]
    shown = presentation(row, facts, made, tracks)
    texts = []
    [sheet] = [sheet_of(each.details, each.size) for each in version.images if each.name == "storyboard"] or [
        None
    ]
    for storyboard in (None, sheet):
        texts.append(dash.manifest(shown, cut, storyboard))
    assert hls.is_playable(shown)
    texts.append(hls.multivariant(shown))
    for name, ranges in cut.items():
        playlist = hls.media(shown, "{}.mp4".format, ranges, facts.planned_chunks(name))
        assert playlist.count("#EXTINF") == sum(len(each.segments) for each in ranges) > 0
        texts.append(playlist)
        joined([SoundChunk("key", each.init_length, each.segments) for each in ranges])
    texts += [hls.caption_media(shown, each) for each in shown.captions]
    if sheet is not None:
        texts.append(storyboard_vtt(sheet, facts.duration, "storyboard.jpg"))
    if facts.frame_rate is not None:
        picture = Picture(facts.width, facts.height, facts.frame_rate, facts.duration)
        for wishes in ({}, {"time": "1e300"}, {"width": "320"}, {"height": "90", "fit": "pad", "width": "9"}):
            thumbnails.choose(picture, wishes, "jpg")
    for image in version.images:
        poster = Image(name=image.name, sha256=image.sha256, width=image.width, height=image.height)
        thumbnails.choose_poster(poster, {"width": "320"}, "webp")
    return texts


def test_of_a_right_version_everything_is_made() -> None:
    texts = everything(SharedVersion.model_validate(told(), strict=False))
    assert texts[0].count("<SegmentURL") == 12
    assert "1000-1899" in texts[0]


def _set(*path: Any, to: Any) -> Callable[[dict[str, Any]], None]:
    def change(document: dict[str, Any]) -> None:
        at: Any = document
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] = to

    return change


WRONG = {
    "no chunks": _set("renditions", 1, "chunks", to=[]),
    "no renditions": _set("renditions", to=[]),
    "no sound where one is promised": lambda document: document["renditions"].pop(),
    "no picture": lambda document: document.update(renditions=document["renditions"][2:]),
    "no kind": _set("kind", to=None),
    "a name twice": _set("renditions", 1, "name", to="180p"),
    "a chunk that is missing": lambda document: document["renditions"][0]["chunks"].pop(0),
    "chunks in no order": lambda document: document["renditions"][0]["chunks"].reverse(),
    "a chunk twice": lambda document: document["renditions"][0]["chunks"].append(
        document["renditions"][0]["chunks"][1]
    ),
    "no segments": _set("renditions", 0, "chunks", 1, "segments", to=[]),
    "nothing to begin with": _set("renditions", 0, "chunks", 0, "init_length", to=0),
    "segments that overlap": _set(
        "renditions", 0, "chunks", 0, "segments", to=[[4.0, 100, 901], [1.0, 1000, 900]]
    ),
    "segments in no order": _set(
        "renditions", 0, "chunks", 0, "segments", to=[[4.0, 1000, 900], [1.0, 100, 900]]
    ),
    "a segment that no index can name": lambda document: document["renditions"][2]["chunks"][0].update(
        size=2**40, segments=[[4.0, 100, 2**33], [1.0, 2**34, 900]]
    ),
    "more segments than an index names": lambda document: document["renditions"][2]["chunks"][0].update(
        size=2**20, segments=[[0.0001, 100 + number, 1] for number in range(2**16)]
    ),
    "a segment in the head": _set("renditions", 0, "chunks", 0, "segments", to=[[5.0, 99, 900]]),
    "much shorter than it says": _set("renditions", 0, "chunks", 0, "segments", to=[[0.001, 100, 900]]),
    "a picture of no width": _set("renditions", 0, "width", to=0),
    "a picture without a height": _set("renditions", 0, "height", to=None),
    "a picture wider than a file can say": _set("renditions", 0, "width", to=65_536),
    "a width that no column keeps": _set("renditions", 0, "width", to=2**31),
    "no codecs": _set("renditions", 2, "codecs", to=None),
    "no bits a second": _set("renditions", 0, "planned_bandwidth", to=0),
    "bits a second that no column keeps": _set("renditions", 0, "peak_bandwidth", to=2**40),
    "no pictures a second": _set("renditions", 0, "frame_rate", to=0.0),
    "pictures a second without end": _set("renditions", 0, "frame_rate", to=math.inf),
    "no duration": _set("facts", "duration", to=0),
    "no number as a duration": _set("facts", "duration", to=math.nan),
    "a duration without end": _set("facts", "duration", to=math.inf),
    "a duration of thousands of years": _set("facts", "duration", to=1e12),
    "a size below nothing": _set("facts", "width", to=-640),
    "segments without end": _set("facts", "longest_segment", to=math.inf),
    "facts of another format": _set("facts", "format", to=99),
    "a storyboard of moments": _set("images", 1, "details", "seconds", to=1e-300),
    "a storyboard of millions": _set(
        "images", 1, "details", to={**GRID, "columns": 10_000, "rows": 10_000, "count": 10**8}
    ),
    "a poster of no size": _set("images", 0, "width", to=0),
    "two images of one name": lambda document: document["images"].append(document["images"][0]),
    "two objects at one path": _set("renditions", 0, "chunks", 0, "path", to="images/poster"),
    "a path that leads elsewhere": _set("images", 0, "path", to="images/../../totals"),
    "captions twice": lambda document: document["tracks"].append(document["tracks"][0]),
    "captions without end": _set("tracks", 0, "size", to=2**40),
    "a text with U+0000": _set("facts", "decisions", to=["a\0b"]),
    "a background that is no colour": _set("background", to=2**31),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_version_that_could_not_be_played_is_not_understood(wrong: str) -> None:
    document = told()
    WRONG[wrong](document)
    with pytest.raises((ValidationError, Unplayable)) as refused:
        require_playable(SharedVersion.model_validate(document))
    assert str(refused.value)


def test_of_a_reference_only_what_is_kept_here_has_to_be_right() -> None:
    version = SharedVersion.model_validate(told())
    kept = version.model_copy(update={"renditions": [], "tracks": [], "files": [], "recipes": []})
    assert require_playable(kept, is_reference=True).duration == 10.0
    with pytest.raises(Unplayable):
        require_playable(kept)


_VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.sampled_from([0, 1, -1, 2**31 - 1, 2**31, 2**63, 65_535, 65_536]),
    st.floats(),
    st.sampled_from([0.0, 5e-324, 1e-300, 1e300, 0.5]),
    st.text(max_size=5),
    st.just([]),
    st.just({}),
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for name, each in inner for place in _places(each, (*path, name)))]


PLACES = _places(told())[1:]


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from(PLACES), _VALUES), min_size=1, max_size=3))
def test_whatever_is_told_is_refused_or_everything_is_made_of_it(
    changes: list[tuple[tuple[Any, ...], Any]],
) -> None:
    document = told()
    for path, value in changes:
        try:
            _set(*path, to=copy.deepcopy(value))(document)
        except (KeyError, IndexError, TypeError):  # what was changed before has no such place any more
            continue
    try:
        version = SharedVersion.model_validate(document)
        require_playable(version)
    except (ValidationError, Unplayable):
        return
    for text in everything(version):
        text.encode()


def test_what_a_file_is_put_together_of_has_to_be_there() -> None:
    file = SharedRecipe(
        path="files/download.mp4",
        content_type="video/mp4",
        size=150,
        sha256=SHA256,
        name="download.mp4",
        joined_size=1000,
    )
    sizes = {("360p", 0): 4000}
    require_recipe(Recipe((50, 100), (ChunkSlice("360p", 0, 100, 900),)), file, sizes)
    for recipe in (
        Recipe((50, 100), (ChunkSlice("360p", 0, 100, 901),)),
        Recipe((50, 101), (ChunkSlice("360p", 0, 100, 899),)),
        Recipe((50, 100), (ChunkSlice("360p", 1, 100, 900),)),
        Recipe((50, 100), (ChunkSlice("360p", 0, 3101, 900),)),
    ):
        with pytest.raises(Unplayable):
            require_recipe(recipe, file, sizes)


def test_captions_are_a_text() -> None:
    track = SharedTrack(**told()["tracks"][0])
    require_text("WEBVTT\n\n00:00.000 --> 00:01.000\n春\n".encode(), track)
    for data in (b"", b"\xff\xfe", b"WEBVTT\0", b"1\n00:00:00,000 --> 00:00:01,000\nx\n"):
        with pytest.raises(Unplayable):
            require_text(data, track)
