"""What a token holds back: resolution, part of the time line, players at a time."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from urllib.parse import quote, urljoin

import m3u8
import pytest
from house import PUBLIC_URL, House, house, lesson, make_house, token_of
from lesson import Lesson
from redis import Redis
from sqlalchemy import select
from support import RunningStack

from media_service.playback.access import tokens
from media_service.playback.access.token_limits import Clip
from media_service.playback.manifests.clips import beginning, covered, highest, open_bytes
from media_service.playback.manifests.presentation import ChunkRanges
from storage import plays
from storage.catalogue.models import Step
from storage.ids import new_id
from storage.packed_chunks import Segment
from storage.plays import Plays
from storage.tracks.cue import Cue
from storage.tracks.webvtt import cut

__all__ = ["house", "lesson"]

CHUNKS = (
    ChunkRanges(0, 100, (Segment(4.0, 100, 1000),)),
    ChunkRanges(1, 100, (Segment(4.0, 100, 1000), Segment(4.0, 1108, 1000))),
    ChunkRanges(2, 100, (Segment(2.0, 100, 500),)),
)


def test_a_clip_is_the_whole_segments_that_it_touches() -> None:
    def segments(start: float, end: float) -> list[tuple[int, int]]:
        return [(chunk.number, len(kept)) for chunk, kept in covered(CHUNKS, Clip(start, end))]

    assert segments(0, 14) == [(0, 1), (1, 2), (2, 1)]
    assert segments(4, 8) == [(1, 1)]
    assert segments(3.9, 8.1) == [(0, 1), (1, 2)]
    assert segments(13, float("inf")) == [(2, 1)]
    assert segments(14, 20) == []
    assert beginning(CHUNKS, Clip(9, 10)) == 8.0
    assert open_bytes(CHUNKS, Clip(9, 10), 1) == [(0, 100), (1108, 2108)]
    assert open_bytes(CHUNKS, Clip(9, 10), 0) == [(0, 100)]


def test_the_lowest_height_is_always_open() -> None:
    assert highest([360, 180, 720], 400) == 400
    assert highest([360, 180, 720], 100) == 180


def _media(house: House, lesson: Lesson, name: str, token: str) -> m3u8.M3U8:
    return m3u8.loads(house.get(f"/v/{lesson.signed_id}/{lesson.version_id}/{name}.m3u8?token={token}").text)


@pytest.mark.parametrize(("height", "names"), [(200, {"180p"}), (10, {"180p"}), (360, {"180p", "360p"})])
def test_what_is_higher_is_neither_named_nor_sent(
    house: House, lesson: Lesson, height: int, names: set[str]
) -> None:
    token = token_of(house, lesson, max_height=height)
    for headers in ({}, {"If_None_Match": '"x"'}):  # the short way and the view
        master = m3u8.loads(house.get(f"/v/{lesson.signed_id}/master.m3u8?token={token}", **headers).text)
        uris = {item.uri.rpartition("/")[2].partition(".")[0] for item in master.playlists}
        assert uris == names and master.media
    folder = f"/v/{lesson.signed_id}/{lesson.version_id}"
    for name in ("180p", "360p", "audio"):
        for path in (f"{folder}/{name}.m3u8", f"{folder}/{name}/0.mp4", f"{folder}/{name}.m3u8"):
            answer = house.get(f"{path}?token={token}")
            allowed = name in names or name == "audio"
            assert answer.status_code == (200 if allowed else 403), path
            assert allowed or answer.json["code"] == "token_not_allowed"


def test_a_clip_plays_its_segments_and_nothing_else(house: House, lesson: Lesson) -> None:
    token = token_of(house, lesson, start=5, end=7.5)
    folder = f"/v/{lesson.signed_id}/{lesson.version_id}"
    whole = _media(house, lesson, "360p", token_of(house, lesson))
    for name in ("180p", "360p", "audio"):
        url = f"{folder}/{name}.m3u8?token={token}"
        playlist = m3u8.loads(house.get(url).text)
        assert playlist.is_endlist and len(playlist.segments) == 1
        assert 3.9 < playlist.segments[0].duration < 4.1
        segment = playlist.segments[0]
        for uri, text in (
            (segment.uri, segment.byterange),
            (segment.init_section.uri, segment.init_section.byterange),
        ):
            length, _, start = text.partition("@")
            asked = {"Range": f"bytes={start}-{int(start) + int(length) - 1}"}
            answer = house.get(urljoin(url, uri), **asked)
            assert answer.status_code == 206
            # As browsers ask for a second part of what they have a part of.
            assert house.get(urljoin(url, uri), **asked, If_Range=answer.headers["ETag"]).status_code == 206
            for bad in (
                {},
                {"Range": f"bytes={start}-"} if name == "audio" else {},
                {"Range": "bytes=0-99999999"},
                {"Range": f"bytes=0-1,{start}-{int(start) + 1}"},
                {"Range": "bytes=-1"} if name == "audio" else {},
                {**asked, "If-Range": '"other"'},
            ):
                assert house.get(urljoin(url, uri), **bad).status_code == 403, (name, bad)
    first = whole.segments[0]
    length, _, start = first.byterange.partition("@")
    outside = {"Range": f"bytes={start}-{int(start) + int(length) - 1}"}
    assert house.get(f"{folder}/360p/0.mp4?token={token}", **outside).status_code == 403


def test_a_clip_keeps_pictures_and_whole_files_too(
    house: House, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = house.api_key(lesson.organization_id)
    token = token_of(house, lesson, start=5, end=7.5)
    assert house.get(f"/v/{lesson.signed_id}/thumbnail.jpg?time=1&token={token}").status_code == 403
    assert house.get(f"/v/{lesson.signed_id}/preview.webp?token={token}").status_code == 403
    monkeypatch.setattr("media_service.playback.pictures.thumbnails.WAIT_SECONDS", 0)
    assert house.get(f"/v/{lesson.signed_id}/poster.jpg?token={token}").status_code == 503
    with house.sessions() as session:
        asked = session.execute(
            select(Step.params).where(Step.kind == "thumbnail", Step.version_id == lesson.version_id)
        ).scalar_one()
    assert asked["time"] == 5.0, "and not the poster of the whole"
    for limit in ({"start": 5}, {"end": 7}, {"max_height": 360}):
        body = {"playback_id": lesson.signed_id, "kinds": ["video", "download"], **limit}
        assert house.client.post("/v1/playback-tokens", json=body, headers=key).status_code == 422
    late = token_of(house, lesson, start=10)
    for path in (f"/v/{lesson.signed_id}/master.m3u8", f"/embed/{lesson.signed_id}"):
        assert house.get(f"{path}?token={late}").status_code == 403


def test_the_page_begins_where_the_clip_does(house: House, lesson: Lesson) -> None:
    token = token_of(house, lesson, start=5, end=7.5)
    data = house.get(f"/embed/{lesson.signed_id}/status?token={token}").json
    assert (data["options"]["start"], data["duration"]) == (1.0, 3.5)


def test_texts_and_previews_are_on_the_time_line_of_the_clip(house: House, lesson: Lesson) -> None:
    token = token_of(house, lesson, start=5, end=7.4)
    previews = house.get(f"/v/{lesson.signed_id}/storyboard.vtt?token={token}").text
    assert [line for line in previews.splitlines() if "-->" in line] == [
        "00:00:00.000 --> 00:00:01.000",
        "00:00:01.000 --> 00:00:03.500",
    ]
    assert len(re.findall("xywh", previews)) == 2
    path = f"/v/{lesson.signed_id}/{lesson.version_id}/tracks/{lesson.track_id}.vtt"
    assert "hello" not in house.get(f"{path}?token={token}").text
    assert "hello" in house.get(f"{path}?token={token_of(house, lesson, start=1)}").text
    cues = [Cue(0, 4500, "first"), Cue(5000, 6000, "second"), Cue(9000, 9500, "late")]
    assert cut(cues, 4, 8).decode() == (
        "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:360000,LOCAL:00:00:00.000\n\n"
        "00:00:00.000 --> 00:00:00.500\nfirst\n\n00:00:01.000 --> 00:00:02.000\nsecond\n"
    )


def test_under_another_name_nothing_is_told_of_the_lesson(house: House, lesson: Lesson) -> None:
    signer = house.parts.keys.signer()

    def signed(alias: object) -> str:
        return tokens.sign(
            key_id=signer.key_id,
            algorithm=signer.algorithm,
            private_key=signer.private_key,
            playback_id=lesson.signed_id,
            kinds=tokens.KINDS,
            now=time.time(),
            lifetime=60,
            claims={"alias": alias},
        )

    token = signed("第 7 号")
    page = f"/embed/{lesson.signed_id}"
    told = "".join(
        house.get(f"{path}{mark}token={token}").text
        for path, mark in (
            (page, "?"),
            (f"{page}/status", "?"),
            (f"/oembed?url={quote(f'{PUBLIC_URL}{page}?token={token}')}", "&"),
            (f"/v/{lesson.signed_id}/master.m3u8", "?"),
        )
    )
    assert "第 7 号" in told and 'NAME="zh"' in told
    assert not [word for word in ("水墨", "\\u6c34", "&#27700", "中文") if word in told]
    for refused in ("manifest.mpd", "download.mp4"):
        answer = house.get(f"/v/{lesson.signed_id}/{refused}?token={token}")
        assert (answer.status_code, answer.json["code"]) == (403, "token_not_allowed")
    # What is remembered of one viewer is nothing for another.
    named = token_of(house, lesson)
    assert "水墨" in house.get(f"{page}?token={named}").text
    assert "中文" in house.get(f"/v/{lesson.signed_id}/master.m3u8?token={named}").text
    for wrong in ("", 7, "x" * 201):
        assert house.get(f"{page}?token={signed(wrong)}").status_code == 401


@pytest.fixture
def redis(stack: RunningStack) -> Iterator[Redis]:
    with Redis.from_url(stack.environment["REDIS_URL"]) as client:
        yield client


@pytest.mark.integration
def test_leases_of_players(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    viewer = new_id()
    one, other = Plays(redis), Plays(redis)
    assert one.admit(viewer, "tablet", 2) and other.admit(viewer, "phone", 2)
    assert not one.admit(viewer, "television", 2)
    assert one.admit(viewer, "tablet", 2) and one.admit(new_id(), "television", 2)
    monkeypatch.setattr(plays, "LEASE_SECONDS", 0.2)
    brief = new_id()
    assert Plays(redis).admit(brief, "tablet", 1) and not Plays(redis).admit(brief, "phone", 1)
    assert redis.pttl(f"lessonstream:plays:{brief}") <= 200


@pytest.mark.integration
def test_players_of_one_viewer(stack: RunningStack, redis: Redis, house: House, lesson: Lesson) -> None:
    counted = make_house(house.sessions, Plays(redis).admit)
    viewer = new_id()

    def play(browser: str, path: str = "master.m3u8", **wishes: object) -> int:
        token = token_of(counted, lesson, viewer=viewer, plays=1, **wishes)
        address = f"/v/{lesson.signed_id}/{path}?token={token}"
        answer = counted.get(address, User_Agent=browser)
        if answer.status_code == 429:
            assert answer.json["code"] == "too_many_plays" and answer.headers["Retry-After"]
        return answer.status_code

    assert play("tablet") == 200
    assert play("tablet", expires_in=60) == 200, "a page that is loaded again is the same player"
    assert play("phone") == play("phone", f"{lesson.version_id}/360p.m3u8") == 429
    assert play("phone", "storyboard.vtt") == 200, "previews are not plays"
    token = token_of(counted, lesson, viewer=viewer, plays=1)
    page = counted.get(f"/embed/{lesson.signed_id}?token={token}&lang=en", User_Agent="phone")
    assert page.status_code == 429 and "another device" in page.text
    unlimited = token_of(counted, lesson, viewer=viewer)
    assert counted.get(f"/v/{lesson.signed_id}/master.m3u8?token={unlimited}").status_code == 200


def test_playing_goes_on_without_redis(house: House, lesson: Lesson) -> None:
    away = Plays(Redis(port=9, socket_connect_timeout=0.1))
    assert all(away.admit("viewer", player, 1) for player in ("tablet", "phone"))
