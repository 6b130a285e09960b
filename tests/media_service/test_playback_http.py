"""Playback over HTTP: Flask's test client, a real PostgreSQL, real chunks in memory."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import m3u8
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from forgery import EXPIRED, FOREIGN, INVALID, LEGAL, Forge
from house import PUBLIC_URL, SECRET_KEY, House, house, lesson, make_house, token, token_of, walk
from lesson import TITLE, Lesson, add_image, add_lesson
from sqlalchemy import delete, select, update

from media_service.playback.access.gate import SEGMENT_GRACE
from media_service.playback.access.rate_limits import SlidingWindow
from media_service.playback.access.signing import make_key, rotate
from media_service.playback.serving.segment_cache import SegmentCache
from storage.catalogue import steps
from storage.catalogue.models import Asset, Chunk, Rendition, SigningKey, Step, Version
from storage.catalogue.new_steps import NewStep
from storage.catalogue.organizations import create_organization
from storage.ids import new_id
from storage.memory import MemoryObjectStore
from storage.objects import ObjectNotFound, StorageError

__all__ = ["house", "lesson", "token"]


@pytest.fixture(scope="module")
def forge(house: House, lesson: Lesson) -> Forge:
    """A forge whose good keys are known to the catalogue."""
    forge = Forge(int(time.time()), lesson.signed_id)
    stamp = {"revoked_at": datetime.now(UTC)}
    keys = (
        (forge.ed_id, forge.ed, "EdDSA", {}),
        (forge.rs_id, forge.rs, "RS256", {}),
        (forge.revoked_id, forge.ed, "EdDSA", stamp),
    )
    with house.sessions.begin() as session:
        for key_id, key, algorithm, more in keys:
            pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
            session.add(SigningKey(id=key_id, algorithm=algorithm, public_key=pem, **more))
    time.sleep(1.05)  # unknown keys are looked for once in a second
    good = house.get(f"/v/{lesson.signed_id}/master.m3u8?token={forge.signed(forge.claims())}")
    assert good.status_code == 200, "the keys must be known, or every forgery is refused for the wrong reason"
    return forge


def test_every_url_reachable_from_a_public_master_answers(house: House, lesson: Lesson) -> None:
    urls = walk(house, f"/v/{lesson.public_id}/master.m3u8")
    assert len(urls) >= 1 + 4 + 2 * 4 + 4 + 1
    for url, span in urls:
        answer = house.get(url, Range=span) if span else house.get(url)
        assert answer.status_code == (206 if span else 200), url
        assert "token" not in url
        assert answer.headers["Cache-Control"].startswith("public, max-age=")
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        if span:
            assert len(answer.data) == answer.content_length


@pytest.mark.parametrize("overlap", ["0", "900"], ids=["folder", "query"])
def test_signed_urls_carry_the_token_and_refuse_without(
    house: House, lesson: Lesson, token: str, overlap: str
) -> None:
    """In the path; in the query where the release before may answer, and of addresses that nothing is relative to."""
    place = make_house(house.sessions, objects=house.objects, RELEASE_OVERLAP=overlap)
    pages = [f"/v/{lesson.signed_id}/{name}" for name in ("poster.jpg", "storyboard.vtt", "storyboard.jpg")]
    base, query = f"/v/{lesson.signed_id}/", f"?token={token}"
    folder = f"{base}t/{token}/" if overlap == "0" else base
    first, *named = walk(place, f"{base}master.m3u8{query}")
    for url, _ in named:
        assert url.startswith(folder) and url.endswith(query) == (folder == base)
    for url, span in [first, *named, *((page + query, None) for page in pages)]:
        bare = url.partition("?")[0].replace(folder, base)
        headers = {"Range": span} if span else {}
        good = place.get(url, **headers)
        assert good.status_code in (200, 206), url
        assert good.headers["Cache-Control"].startswith("private, max-age=")
        for bad_url, status, code in (
            (bare, 401, "token_missing"),
            (f"{bare}?token=", 401, "token_missing"),
            (f"{bare}?token={token[:-2]}xx", 401, "token_invalid"),
        ):
            bad = place.get(bad_url, **headers)
            assert (bad.status_code, bad.json["code"]) == (status, code), bad_url
            assert bad.headers["WWW-Authenticate"].startswith("Bearer ")
            assert bad.headers["Cache-Control"] == "no-store"
    cues = re.findall(r"^(\S+)#xywh=(\S+)$", house.get(f"{pages[1]}?token={token}").text, re.MULTILINE)
    assert [cue for _, cue in cues] == ["0,0,160,90", "160,0,160,90", "0,90,160,90", "160,90,160,90"]
    assert {uri for uri, _ in cues} == {f"{lesson.version_id}/storyboard.jpg?token={token}"}


def test_a_token_in_the_path_is_judged_as_one_in_the_query(house: House, lesson: Lesson, token: str) -> None:
    base, name = f"/v/{lesson.signed_id}", f"{lesson.version_id}/180p.m3u8"
    in_query, in_path = house.get(f"{base}/{name}?token={token}"), house.get(f"{base}/t/{token}/{name}")
    assert in_query.status_code == in_path.status_code == 200
    assert in_query.text.replace(f"?token={token}", "") == in_path.text
    assert in_path.text.count("180p/0.mp4\n") and "token" not in in_path.text
    assert house.get(f"{base}/t/{token}/{name}", If_None_Match=in_path.headers["ETag"]).status_code == 304
    assert house.client.head(f"{base}/t/{token}/{lesson.version_id}/180p/0.mp4").status_code == 200
    image = token_of(house, lesson, kinds=["image"])
    assert house.get(f"{base}/t/{image}/poster.jpg").status_code == 200
    for wrong, status, code in (
        (f"{token[:-2]}xx", 401, "token_invalid"),
        (image, 403, "token_not_allowed"),
        ("x", 401, "token_invalid"),
    ):
        refused = house.get(f"{base}/t/{wrong}/{name}")
        assert (refused.status_code, refused.json["code"]) == (status, code)
        assert refused.headers["Access-Control-Allow-Origin"] == "*"
    # No page has it there, and none of the API.
    assert house.get(f"{base}/t/{token}").status_code == 404
    assert house.get(f"/embed/{lesson.signed_id}/t/{token}/status").status_code == 404


def test_token_of_one_lesson_opens_nothing_of_another(house: House, lesson: Lesson, token: str) -> None:
    other = add_lesson(house.sessions, house.objects)
    good = token_of(house, other)
    own = walk(house, f"/v/{other.signed_id}/master.m3u8?token={good}")
    own += [
        (f"/v/{other.signed_id}/{name}", None)
        for name in ("poster.jpg", "storyboard.vtt", "storyboard.jpg", "thumbnail.jpg")
    ]
    own += [(f"/embed/{other.signed_id}", None), (f"/embed/{other.signed_id}/status", None)]
    for url, _ in own:
        bare = url.partition("?")[0].replace(f"/t/{good}/", "/")
        assert house.get(f"{bare}?token={token}").status_code == 403, url
        assert house.get(url.replace(good, token)).status_code == 403 or good not in url, url
    # A good token does not open another asset's versions under its own playback ID either.
    for kind in ("180p.m3u8", "180p/0.mp4", f"tracks/{other.track_id}.vtt", f"tracks/{other.track_id}.m3u8"):
        answer = house.get(f"/v/{lesson.signed_id}/{other.version_id}/{kind}?token={token}")
        assert answer.status_code == 404, kind


def _statuses(cases: dict[str, Callable[[Forge], str]], status: int, code: str) -> list[object]:
    return [pytest.param(make, status, code, id=name) for name, make in cases.items()]


@pytest.mark.parametrize(
    ("make", "status", "code"),
    [
        *_statuses(INVALID, 401, "token_invalid"),
        *_statuses(EXPIRED, 401, "token_expired"),
        *_statuses(FOREIGN, 403, "token_not_allowed"),
    ],
)
def test_forgeries(
    house: House, lesson: Lesson, forge: Forge, make: Callable[[Forge], str], status: int, code: str
) -> None:
    forged = replace(forge, now=int(time.time()))
    bodies = set()
    for name in ("master.m3u8", f"{lesson.version_id}/180p.m3u8"):
        began = time.thread_time()
        answer = house.client.get(f"/v/{lesson.signed_id}/{name}", query_string={"token": make(forged)})
        assert time.thread_time() - began < 1
        assert (answer.status_code, answer.json["code"]) == (status, code)
        bodies.add(answer.data)
    assert len(bodies) == 1


@pytest.mark.parametrize("make", [pytest.param(make, id=name) for name, make in LEGAL.items()])
def test_legal_tokens(house: House, lesson: Lesson, forge: Forge, make: Callable[[Forge], str]) -> None:
    token = make(replace(forge, now=int(time.time())))
    assert (
        house.client.get(f"/v/{lesson.signed_id}/master.m3u8", query_string={"token": token}).status_code
        == 200
    )


def test_segments_outlive_the_token_and_playlists_do_not(house: House, lesson: Lesson, forge: Forge) -> None:
    late = forge.signed(forge.claims(exp=int(time.time()) - 60))
    too_late = forge.signed(forge.claims(exp=int(time.time()) - SEGMENT_GRACE - 20))
    base = f"/v/{lesson.signed_id}"
    assert house.get(f"{base}/{lesson.version_id}/180p/0.mp4?token={late}").status_code == 200
    assert house.get(f"{base}/{lesson.version_id}/180p/0.mp4?token={too_late}").status_code == 401
    assert house.get(f"{base}/{lesson.version_id}/180p.m3u8?token={late}").status_code == 401
    assert house.get(f"{base}/master.m3u8?token={late}").status_code == 401


def test_kinds_of_token(house: House, lesson: Lesson) -> None:
    image = token_of(house, lesson, kinds=["image"])
    video = token_of(house, lesson, kinds=["video"])
    base = f"/v/{lesson.signed_id}"
    assert house.get(f"{base}/poster.jpg?token={image}").status_code == 200
    assert house.get(f"{base}/master.m3u8?token={image}").status_code == 403
    assert house.get(f"{base}/storyboard.vtt?token={image}").status_code == 403
    assert house.get(f"{base}/poster.jpg?token={video}").status_code == 403
    assert house.get(f"{base}/master.m3u8?token={video}").status_code == 200


def test_rotation_and_revocation(house: House, lesson: Lesson, monkeypatch: pytest.MonkeyPatch) -> None:
    first = make_house(house.sessions)
    first.objects = house.objects
    old = token_of(first, lesson)
    with house.sessions.begin() as session:
        rotate(session, SECRET_KEY)
    second = make_house(house.sessions)
    new = token_of(second, lesson)
    for each in (old, new):
        for place in (first, second):
            time.sleep(1.05)  # an unknown key is looked for once in a second
            assert place.get(f"/v/{lesson.signed_id}/master.m3u8?token={each}").status_code == 200
    kid = second.parts.keys.signer().key_id
    with house.sessions.begin() as session:
        session.get_one(SigningKey, kid).revoked_at = datetime.now(UTC)
    monkeypatch.setattr("media_service.playback.access.signing.REFRESH_SECONDS", 0.0)
    for place in (first, second):
        assert place.get(f"/v/{lesson.signed_id}/master.m3u8?token={new}").status_code == 401
        assert place.get(f"/v/{lesson.signed_id}/master.m3u8?token={old}").status_code == 200
    assert token_of(second, lesson) != new


def test_a_signing_key_of_another_secret_is_replaced(house: House, lesson: Lesson) -> None:
    with house.sessions.begin() as session:
        session.execute(update(SigningKey).values(retired_at=datetime.now(UTC)))
        session.add(make_key("another secret key, 32 characters"))
    fresh = make_house(house.sessions)
    token = token_of(fresh, lesson)
    assert fresh.get(f"/v/{lesson.signed_id}/master.m3u8?token={token}").status_code == 200


def test_range_requests(house: House, lesson: Lesson) -> None:
    url = f"/v/{lesson.public_id}/{lesson.version_id}/180p/0.mp4"
    whole = house.get(url)
    data, size = whole.data, len(whole.data)
    assert whole.status_code == 200 and whole.content_type == "video/mp4"
    assert whole.headers["Accept-Ranges"] == "bytes" and whole.content_length == size
    assert whole.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    for header, start, end in (
        ("bytes=0-0", 0, 1),
        ("bytes=100-199", 100, 200),
        ("bytes=100-", 100, size),
        ("bytes=-100", size - 100, size),
        (f"bytes=10-{size * 2}", 10, size),
    ):
        answer = house.get(url, Range=header)
        assert answer.status_code == 206 and answer.data == data[start:end]
        assert answer.headers["Content-Range"] == f"bytes {start}-{end - 1}/{size}"
        assert answer.content_length == end - start
    for header in ("bytes=0-1,5-6", "bytes=" + ",".join(["0-"] * 1000), "lines=1-2", "bytes=5-1"):
        answer = house.get(url, Range=header)
        assert answer.status_code == 200 and answer.data == data
    refused = house.get(url, Range=f"bytes={size}-")
    assert refused.status_code == 416 and refused.headers["Content-Range"] == f"bytes */{size}"
    assert refused.json["code"] == "range_not_satisfiable"
    etag = whole.headers["ETag"]
    assert house.get(url, Range="bytes=0-9", If_Range=etag).status_code == 206
    assert house.get(url, Range="bytes=0-9", If_Range='"other"').status_code == 200
    assert house.get(url, If_None_Match=etag).status_code == 304


def test_head_and_preflight(house: House, lesson: Lesson) -> None:
    for name in (
        "master.m3u8",
        f"{lesson.version_id}/180p.m3u8",
        f"{lesson.version_id}/180p/0.mp4",
        "poster.jpg",
    ):
        url = f"/v/{lesson.public_id}/{name}"
        get, head = house.get(url), house.client.head(url)
        assert head.status_code == 200 and head.data == b""
        for header in ("Content-Length", "Content-Type", "ETag", "Cache-Control"):
            assert head.headers[header] == get.headers[header]
        preflight = house.client.options(
            url, headers={"Origin": "https://partner.example", "Access-Control-Request-Headers": "range"}
        )
        assert preflight.status_code == 200
        assert preflight.headers["Access-Control-Allow-Origin"] == "*"
        assert "Range" in preflight.headers["Access-Control-Allow-Headers"]
        assert "Access-Control-Allow-Credentials" not in preflight.headers
        assert "Content-Range" in get.headers["Access-Control-Expose-Headers"]


def test_playlists_are_not_sent_twice(house: House, lesson: Lesson) -> None:
    # Captions may be added to a finished lesson: its master must not be kept for long.
    for name, seconds in (("master.m3u8", 5), (f"{lesson.version_id}/audio.m3u8", 60)):
        url = f"/v/{lesson.public_id}/{name}"
        first = house.get(url)
        assert first.content_type == "application/vnd.apple.mpegurl"
        assert first.headers["Cache-Control"] == f"public, max-age={seconds}"
        again = house.get(url, If_None_Match=first.headers["ETag"])
        assert again.status_code == 304 and again.data == b""
        assert house.get(url, If_None_Match="W/" + first.headers["ETag"]).status_code == 304
        assert house.get(url, If_None_Match='"other"').status_code == 200


def test_playlists_are_answered_alike_however_they_are_asked_for(
    house: House, lesson: Lesson, token: str
) -> None:
    for name in ("master.m3u8", f"{lesson.version_id}/180p.m3u8", f"{lesson.version_id}/audio.m3u8"):
        for url in (f"/v/{lesson.public_id}/{name}?", f"/v/{lesson.signed_id}/{name}?token={token}"):
            plain = house.get(url)
            others = (
                house.get(url, If_None_Match='"another"'),
                house.get(f"{url}&_=1"),
                house.client.head(url),
            )
            for other in others:
                assert plain.status_code == other.status_code == 200
                assert other.data in (plain.data, b"")
                unlike = {"X-Request-Id"}
                assert {h for h in plain.headers if h[0] not in unlike} == {
                    h for h in other.headers if h[0] not in unlike
                }
                assert len(other.headers["X-Request-Id"]) == 24
            assert house.client.head(url).data == b""
            refused = house.client.post(url)
            assert (refused.status_code, refused.json and refused.json["code"]) == (405, "method_not_allowed")
            assert set(refused.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}
    for method in ("GET", "HEAD"):
        missing = house.client.open(f"/v/{lesson.signed_id}/master.m3u8", method=method)
        assert (missing.status_code, missing.headers["Cache-Control"]) == (401, "no-store")
        assert missing.headers["Access-Control-Allow-Origin"] == "*"


def test_growing_lesson(house: House) -> None:
    growing = add_lesson(house.sessions, house.objects, state="playable", chunks=2)
    base = f"/v/{growing.public_id}"
    master = house.get(f"{base}/master.m3u8")
    assert master.headers["Cache-Control"] == "public, max-age=1"
    parsed = m3u8.loads(master.text)
    assert [item.stream_info.resolution for item in parsed.playlists] == [(320, 180)]
    assert parsed.playlists[0].stream_info.bandwidth == 540_000
    media = house.get(f"{base}/{growing.version_id}/360p.m3u8")
    assert "TYPE:EVENT" in media.text and "ENDLIST" not in media.text and media.text.count("#EXTINF") == 1
    for complete in ("180p", "audio"):
        # All that was planned of it is there: a viewer who comes to its end must not wait for the other qualities.
        text = house.get(f"{base}/{growing.version_id}/{complete}.m3u8").text
        assert "TYPE:EVENT" in text and text.endswith("#EXT-X-ENDLIST\n")
    with house.sessions.begin() as session:
        rendition = session.execute(
            select(Rendition.id).where(Rendition.version_id == growing.version_id, Rendition.name == "180p")
        ).scalar_one()
        session.execute(delete(Chunk).where(Chunk.rendition_id == rendition, Chunk.number == 0))
    time.sleep(1.1)
    hole = house.get(f"{base}/master.m3u8")
    assert (hole.status_code, hole.json["code"]) == (404, "not_playable_yet")


def test_growing_becomes_ready(house: House) -> None:
    lesson = add_lesson(house.sessions, house.objects, state="playable", chunks=2)
    url = f"/v/{lesson.public_id}/{lesson.version_id}/180p.m3u8"
    before = house.get(url).text
    with house.sessions.begin() as session:
        session.execute(update(Version).where(Version.id == lesson.version_id).values(state="ready"))
    time.sleep(1.1)
    after = house.get(url)
    assert after.text == before.replace("TYPE:EVENT", "TYPE:VOD")
    assert after.headers["Cache-Control"] == "public, max-age=60"


@pytest.mark.parametrize(("state", "code"), [("queued", "not_playable_yet"), ("failed", "video_failed")])
def test_nothing_to_play(house: House, state: str, code: str) -> None:
    lesson = add_lesson(house.sessions, house.objects, state=state, chunks=0)
    answer = house.get(f"/v/{lesson.public_id}/master.m3u8")
    assert (answer.status_code, answer.json["code"]) == (404, code)
    assert answer.headers["Cache-Control"] == "no-store"
    assert house.get(f"/v/{lesson.public_id}/poster.jpg").json["code"] == "image_not_found"


@pytest.mark.parametrize(("code", "status"), [("processing_failed", 200), ("output_rejected", 404)])
def test_what_played_before_a_lesson_failed_plays_on(house: House, code: str, status: int) -> None:
    """Unless it is what was found wrong. It may grow once it is tried again, so it has no end."""
    lesson = add_lesson(house.sessions, house.objects, state="failed", chunks=1)
    with house.sessions.begin() as session:
        failed = {"failure_code": code, "playable_at": datetime.now(UTC)}
        session.execute(update(Version).where(Version.id == lesson.version_id).values(failed))
    answer = house.get(f"/v/{lesson.public_id}/master.m3u8")
    assert answer.status_code == status
    shown = house.get(f"/embed/{lesson.public_id}/status").json
    assert (shown["state"], shown["failure"] is None) == (
        ("playable", True) if status == 200 else ("failed", False)
    )
    if status == 200:
        walked = dict(walk(house, f"/v/{lesson.public_id}/master.m3u8"))
        assert len(walked) > 1
        assert "#EXT-X-ENDLIST" not in house.get(f"/v/{lesson.public_id}/{lesson.version_id}/180p.m3u8").text


def test_deleted_lesson_is_gone_soon(house: House) -> None:
    lesson = add_lesson(house.sessions, house.objects)
    urls = [url for url, _ in walk(house, f"/v/{lesson.public_id}/master.m3u8")]
    with house.sessions.begin() as session:
        session.execute(update(Asset).where(Asset.id == lesson.asset_id).values(deleted_at=datetime.now(UTC)))
    time.sleep(1.1)
    assert {house.get(url).status_code for url in urls} == {404}


@pytest.mark.parametrize(
    "path",
    [
        "/v/unknown/master.m3u8",
        "/v/{v}/master.m3u8",
        "/v/{p}/{v}/999p.m3u8",
        "/v/{p}/{v}/180p/99.mp4",
        "/v/{p}/{v}/180p/-1.mp4",
        "/v/{p}/{v}/180p/99999999999999999999999999.mp4",
        "/v/{p}/{p}/180p.m3u8",
        "/v/{p}/..%2f..%2fetc/passwd.m3u8",
        "/v/{p}/%2e%2e/180p.m3u8",
        "/v/{p}/{v};x/180p.m3u8",
        "/v/{p}/{v}/%00.m3u8",
        "/v/{p}/{v}/tracks/x%00.vtt",
        "/v/{p}/{v}/180p%252f0.mp4",
        "/v//master.m3u8",
        "/v/{p}//180p.m3u8",
        "/v/%F0%9F%92%A9/master.m3u8",
    ],
)
def test_addresses_that_lead_nowhere(house: House, lesson: Lesson, path: str) -> None:
    answer = house.client.get(path.format(p=lesson.public_id, v=lesson.version_id))
    assert answer.status_code in (308, 404)


def test_storage_away_is_a_503(house: House, lesson: Lesson) -> None:
    house.objects.away = True
    try:
        for name in (f"{lesson.version_id}/180p/0.mp4", "poster.jpg"):
            answer = house.get(f"/v/{lesson.public_id}/{name}", Range="bytes=0-9")
            assert (answer.status_code, answer.json["code"]) == (503, "storage_unavailable")
            assert answer.headers["Retry-After"] == "5"
    finally:
        house.objects.away = False


def test_segments_that_others_watch_need_no_storage(house: House, lesson: Lesson) -> None:
    url = f"/v/{lesson.public_id}/{lesson.version_id}/180p/0.mp4"
    first = house.get(url, Range="bytes=5-104").data
    signed = f"/v/{lesson.signed_id}/{lesson.version_id}/180p/0.mp4"
    house.objects.away = True
    try:
        again = house.get(f"{signed}?token={token_of(house, lesson)}", Range="bytes=5-104")
        assert again.status_code == 206 and again.data == first and len(first) == 100
        assert house.get(signed, Range="bytes=5-104").status_code == 401, "not without a token"
        assert house.get(url, Range="bytes=5-105").status_code == 503
    finally:
        house.objects.away = False


def test_segments_that_broke_off_are_not_kept() -> None:
    class Broken(MemoryObjectStore):
        def stream(self, key: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
            yield from super().stream(key, start, length)
            raise StorageError("connection reset")

    whole, broken = MemoryObjectStore(), Broken()
    for objects in (whole, broken):
        objects.put("segment", b"0123456789")
    recent = SegmentCache(broken)
    with pytest.raises(StorageError):
        list(recent.stream("segment", 0, 4))
    with pytest.raises(StorageError):
        list(recent.stream("segment", 0, 4))
    recent = SegmentCache(whole, most_bytes=6)
    assert [b"".join(recent.stream("segment", at, 4)) for at in (0, 2, 0)] == [b"0123", b"2345", b"0123"]
    whole.remove(["segment"])
    assert b"".join(recent.stream("segment", 0, 4)) == b"0123"
    with pytest.raises(ObjectNotFound):
        list(recent.stream("segment", 2, 4))


def test_thumbnail_is_asked_for_and_waited_for(
    house: House, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"/v/{lesson.public_id}/thumbnail.jpg?time=1.234&width=200"
    monkeypatch.setattr("media_service.playback.pictures.thumbnails.WAIT_SECONDS", 0.3)
    slow = house.get(url)
    assert (slow.status_code, slow.json["code"], slow.headers["Retry-After"]) == (503, "image_busy", "1")
    with house.sessions() as session:
        step = session.execute(select(Step).where(Step.version_id == lesson.version_id)).scalar_one()
    assert (step.kind, step.name, step.state) == ("thumbnail", "thumbnail-1200-208", "queued")
    wanted = {"time": 1.2, "width": 208, "height": None, "fit": "preserve", "format": "jpg"}
    assert step.params == {**wanted, "image": "thumbnail-1200-208"}
    assert house.wakes
    with house.sessions.begin() as session:
        add_image(session, house.objects, lesson.version_id, "thumbnail-1200-208", {})
    made = house.get(url)
    assert made.status_code == 200 and made.content_type == "image/jpeg"
    assert house.get(url, If_None_Match=made.headers["ETag"]).status_code == 304
    assert house.get(f"/v/{lesson.public_id}/thumbnail.jpg?time=x").status_code == 422


def test_posters_of_other_shapes_are_made_of_the_stored_one(
    house: House, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = "media_service.playback.pictures.thumbnails"
    monkeypatch.setattr(f"{module}.WAIT_SECONDS", 0.0)
    monkeypatch.setattr(f"{module}._callers", SlidingWindow(100, 60))
    assert house.get(f"/v/{lesson.public_id}/poster.avif?width=320&height=300&fit=pad").status_code == 503
    with house.sessions() as session:
        of_it = Step.name.like("poster-%"), Step.version_id == lesson.version_id
        step = session.execute(select(Step).where(*of_it)).scalar_one()
    assert step.name.endswith("-320x304-pad-avif")
    shape = {"width": 320, "height": 304, "fit": "pad", "format": "avif"}
    assert step.params == {"of": "poster", **shape, "image": step.name}
    for wrong in ("fit=stretch", "fit=crop&width=100", "width=x", "height=nan"):
        answer = house.get(f"/v/{lesson.public_id}/poster.jpg?{wrong}")
        assert (answer.status_code, answer.json["code"]) == (422, "invalid_request")
    assert house.get(f"/v/{lesson.public_id}/poster.gif").status_code == 404
    assert house.get(f"/v/{lesson.signed_id}/poster.webp").json["code"] == "token_missing"


@pytest.mark.parametrize(("limit", "address"), [("_callers", "203.0.113.7"), ("MOST_A_MINUTE", None)])
def test_new_pictures_are_limited_by_address_and_by_asset(
    house: House, monkeypatch: pytest.MonkeyPatch, limit: str, address: str | None
) -> None:
    lesson = add_lesson(house.sessions, house.objects)
    module = "media_service.playback.pictures.thumbnails"
    monkeypatch.setattr(f"{module}.WAIT_SECONDS", 0.0)
    monkeypatch.setattr(f"{module}._callers", SlidingWindow(3 if address else 100, 60))
    if not address:
        monkeypatch.setattr(f"{module}.{limit}", 3)
    url = f"/v/{lesson.public_id}/thumbnail.jpg?time="
    headers = {"X_Forwarded_For": address} if address else {}
    codes = [house.get(f"{url}{second}", **headers) for second in range(4)]
    assert [answer.status_code for answer in codes] == [503, 503, 503, 429]
    assert codes[3].json["code"] == "image_limit" and 0 < int(codes[3].headers["Retry-After"]) <= 60
    assert house.get(f"{url}0", **headers).status_code == 503, "what was asked for before costs nothing"
    other = house.get(f"{url}9", X_Forwarded_For="203.0.113.8")
    assert other.status_code == (503 if address else 429)


def test_thumbnails_in_the_making_are_limited(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    lesson = add_lesson(house.sessions, house.objects)
    monkeypatch.setattr("media_service.playback.pictures.thumbnails.WAIT_SECONDS", 0.0)
    monkeypatch.setattr("media_service.playback.pictures.thumbnails._callers", SlidingWindow(100, 60))
    for second in range(20):
        assert house.get(f"/v/{lesson.public_id}/thumbnail.jpg?time={second / 2.5}").status_code == 503
    with house.sessions() as session:
        steps = session.execute(select(Step.id).where(Step.version_id == lesson.version_id)).all()
    assert len(steps) == 16


def test_a_list_of_new_lessons_shows_every_poster(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    module = "media_service.playback.pictures.thumbnails"
    monkeypatch.setattr(f"{module}.WAIT_SECONDS", 0.0)
    monkeypatch.setattr(f"{module}._callers", SlidingWindow(2, 60))
    made = [add_lesson(house.sessions, house.objects) for _ in range(4)]
    for one in made:
        stored = house.get(f"/v/{one.public_id}/poster.jpg")
        small = house.get(f"/v/{one.public_id}/poster.jpg?width=32")
        assert (small.status_code, small.data) == (200, stored.data)
        assert small.headers["Cache-Control"] == "public, max-age=10"
    cropped = house.get(f"/v/{made[-1].public_id}/poster.jpg?width=32&height=32&fit=crop")
    assert (cropped.status_code, cropped.json["code"]) == (429, "image_limit")


def test_thumbnail_that_cannot_be_made(house: House) -> None:
    lesson = add_lesson(house.sessions, house.objects)
    with house.sessions.begin() as session:
        session.add(
            Step(
                id=new_id(),
                version_id=lesson.version_id,
                kind="thumbnail",
                name="thumbnail-0-640",
                state="failed",
            )
        )
    answer = house.get(f"/v/{lesson.public_id}/thumbnail.jpg")
    assert (answer.status_code, answer.json["code"]) == (404, "image_not_found")


def test_a_thumbnail_of_a_lesson_that_was_deleted_a_moment_ago(house: House) -> None:
    lesson = add_lesson(house.sessions, house.objects)
    assert house.get(f"/v/{lesson.public_id}/master.m3u8").status_code == 200
    with house.sessions.begin() as session:
        session.execute(
            update(Asset)
            .where(Asset.id == lesson.asset_id)
            .values(deleted_at=datetime.now(UTC), current_version_id=None)
        )
        session.execute(delete(Version).where(Version.id == lesson.version_id))
    answer = house.get(f"/v/{lesson.public_id}/thumbnail.jpg?time=3")
    assert (answer.status_code, answer.json["code"]) == (404, "image_not_found")


@pytest.mark.parametrize("number", ["00", "０", "0/", "+0", "-0", "0.0", "1_0", "%200", "0%00", "100000"])
def test_a_chunk_has_one_address(house: House, lesson: Lesson, number: str) -> None:
    name = f"/v/{lesson.public_id}/{lesson.version_id}/180p/"
    assert house.get(name + "0.mp4").status_code == 200
    path = name + (number.replace("/", ".mp4/") if "/" in number else f"{number}.mp4")
    answer = house.get(path)
    assert (answer.status_code, answer.json["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    "path", ["//v/{id}/master.m3u8", "/v//{id}/master.m3u8", "//", "///healthz", "/healthz/"]
)
def test_other_spellings_of_an_address_are_not_found_and_lead_nowhere(
    house: House, lesson: Lesson, path: str
) -> None:
    environ = {"PATH_INFO": path.format(id=lesson.public_id)}
    answer = house.client.get("/", headers={"Host": "evil.example"}, environ_overrides=environ)
    assert (answer.status_code, answer.json["code"]) == (404, "not_found")
    assert "evil.example" not in str(answer.headers) + answer.text


def test_issued_tokens(house: House, lesson: Lesson) -> None:
    key = house.api_key(lesson.organization_id)
    answer = house.client.post("/v1/playback-tokens", json={"asset_id": lesson.asset_id}, headers=key)
    issued = answer.json
    assert answer.status_code == 201 and issued["playback_id"] == lesson.signed_id
    suffix = f"?token={issued['token']}"
    assert issued["manifest_url"] == f"{PUBLIC_URL}/v/{lesson.signed_id}/master.m3u8{suffix}"
    assert issued["embed_url"] == f"{PUBLIC_URL}/embed/{lesson.signed_id}{suffix}"
    assert issued["embed_url"] in issued["snippet"] and TITLE not in issued["snippet"]
    left = datetime.fromisoformat(issued["expires_at"]) - datetime.now(UTC)
    assert 3590 <= left.total_seconds() <= 3600
    batch = house.client.post(
        "/v1/playback-tokens",
        json={"playback_ids": [lesson.public_id, lesson.signed_id], "expires_in": 60},
        headers=key,
    ).json
    assert [one["playback_id"] for one in batch["tokens"]] == [lesson.public_id, lesson.signed_id]
    assert [bool(one["token"]) for one in batch["tokens"]] == [False, True]


@pytest.mark.parametrize(
    ("wishes", "told"),
    [
        ({"addresses": []}, set()),
        ({"addresses": ["embed_url"]}, {"embed_url"}),
        ({"addresses": ["snippets", "poster_url"]}, {"snippets", "poster_url"}),
        # What the token does not open has no address.
        ({"addresses": ["download_url", "dash_url"], "start": 1}, set()),
        (
            {"addresses": ["download_url", "dash_url"], "kinds": ["video", "download"]},
            {"download_url", "dash_url"},
        ),
    ],
)
def test_the_answer_has_the_addresses_that_are_wanted(
    house: House, lesson: Lesson, wishes: dict[str, object], told: set[str]
) -> None:
    key = house.api_key(lesson.organization_id)
    everything = {"asset_id": lesson.asset_id, "kinds": ["video", "image", "storyboard", "download"]}
    whole = house.client.post("/v1/playback-tokens", json=everything, headers=key).json
    wish = {"asset_id": lesson.asset_id, "expires_in": 60, **wishes}
    issued = house.client.post("/v1/playback-tokens", json=wish, headers=key).json
    assert issued.keys() == whole.keys() and issued["token"] and issued["playback_id"] == lesson.signed_id
    names = {name for name in whole if name.endswith("_url") or name.startswith("snippet")}
    assert {name for name in names if issued[name]} == told
    for name in told:
        same = str(issued[name]).replace(issued["token"], "")
        assert same == str(whole[name]).replace(whole["token"], "")
    assert issued["tokens"][0] == {name: value for name, value in issued.items() if name != "tokens"}


def test_a_token_takes_few_bytes(house: House, lesson: Lesson) -> None:
    key = house.api_key(lesson.organization_id)
    wish = {"asset_id": lesson.asset_id, "viewer": "student-7", "addresses": ["embed_url"]}
    assert len(house.client.post("/v1/playback-tokens", json=wish, headers=key).data) < 3000


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"playback_id": "{p}", "asset_id": "{a}"},
        {"playback_id": "{p}", "expires_in": 24 * 3600 + 1},
        {"playback_id": "{p}", "expires_in": 0},
        {"playback_id": "{p}", "kinds": ["drm"]},
        {"playback_id": "{p}", "kinds": []},
        {"playback_id": "{p}", "addresses": ["title"]},
        {"playback_id": "{p}", "sub": "*"},
        {"playback_ids": ["{p}"] * 101},
        {"items": [{"playback_id": "x"}] * 101},
        {"items": [{}]},
        {"items": [{"playback_id": "x", "asset_id": "y"}]},
        {"items": [{"title": "x"}]},
        {"items": [{"playback_id": "x"}], "playback_ids": ["{p}"]},
        {"playback_id": "{p}", "external_id": "x"},
        {"playback_id": "{p}", "start": 5, "end": 5},
        {"playback_id": "{p}", "start": -1},
        {"playback_id": "{p}", "max_height": 0},
        {"playback_id": "{p}", "max_height": 10**30},
        {"playback_id": "{p}", "plays": 1},
        {"playback_id": "{p}", "plays": 0, "viewer": "v"},
        {"playback_id": "{p}", "kinds": ["download"], "end": 5},
    ],
)
def test_wishes_that_are_refused(house: House, lesson: Lesson, body: dict[str, object]) -> None:
    def fill(value: object) -> object:
        return value.format(p=lesson.signed_id, a=lesson.asset_id) if isinstance(value, str) else value

    answer = house.client.post(
        "/v1/playback-tokens",
        json={name: fill(value) for name, value in body.items()},
        headers=house.api_key(lesson.organization_id),
    )
    assert answer.status_code == 422, answer.text


def test_tokens_are_for_ones_own_lessons(house: House, lesson: Lesson) -> None:
    other = add_lesson(house.sessions, house.objects)
    for body in ({"playback_id": other.signed_id}, {"asset_id": other.asset_id}, {"playback_id": "nobody"}):
        answer = house.client.post(
            "/v1/playback-tokens", json=body, headers=house.api_key(lesson.organization_id)
        )
        assert (answer.status_code, answer.json["code"]) == (404, "playback_not_found")
    assert house.client.post("/v1/playback-tokens", json={"playback_id": lesson.signed_id}).status_code == 401


def test_a_page_names_videos_in_any_way(house: House) -> None:
    lessons = [add_lesson(house.sessions, house.objects) for _ in range(3)]
    mine = lessons[0].organization_id
    with house.sessions.begin() as session:
        for number, lesson in enumerate(lessons):
            # The third belongs to an organization below, and so does another of the same name.
            owner = mine if number < 2 else create_organization(session, "below", mine).id
            changed = {"organization_id": owner, "external_id": f"课 {number}"}
            session.execute(update(Asset).where(Asset.id == lesson.asset_id).values(**changed))
        twice = add_lesson(house.sessions, house.objects)
        session.flush()
        below = create_organization(session, "below too", mine).id
        session.execute(
            update(Asset).where(Asset.id == twice.asset_id).values(organization_id=below, external_id="课 0")
        )
    key = house.api_key(mine)
    items = [
        {"external_id": "课 2"},
        {"playback_id": lessons[1].public_id},
        {"external_id": "nobody"},
        {"asset_id": lessons[1].asset_id},
        {"external_id": "课 0"},
        {"playback_id": "' OR 1=1"},
        {"external_id": "课 2"},
    ]
    body = {"items": items, "kinds": ["video"]}
    answer = house.client.post("/v1/playback-tokens", json=body, headers=key)
    assert answer.status_code == 201
    entries = answer.json["tokens"]
    assert [entry["playback_id"] for entry in entries] == [
        lessons[2].signed_id, lessons[1].public_id, None, lessons[1].signed_id, lessons[0].signed_id, "' OR 1=1",
        lessons[2].signed_id,
    ]  # fmt: skip
    assert [entry["error"] and entry["error"]["code"] for entry in entries] == [
        None, None, "playback_not_found", None, None, "playback_not_found", None,
    ]  # fmt: skip
    assert entries[2]["external_id"] == "nobody" and entries[2]["error"]["message"]["zh"]
    assert house.get(entries[0]["manifest_url"].removeprefix(PUBLIC_URL)).status_code == 200
    unknown = {"items": [{"asset_id": new_id()}]}
    listed = house.client.post("/v1/playback-tokens", json=unknown, headers=key)
    assert listed.status_code == 201 and listed.json["error"]["code"] == "playback_not_found"
    single = house.client.post("/v1/playback-tokens", json={"external_id": "nobody"}, headers=key)
    assert (single.status_code, single.json["code"]) == (404, "playback_not_found")
    with house.sessions.begin() as session:
        changed = update(Asset).where(Asset.id == lessons[0].asset_id).values(external_id="课 2")
        session.execute(changed)
        session.execute(update(Asset).where(Asset.id == twice.asset_id).values(external_id="课 1"))
    above = house.api_key(mine)
    own = house.client.post("/v1/playback-tokens", json={"external_id": "课 2"}, headers=above)
    assert own.json["asset_id"] == lessons[0].asset_id, "one's own comes first"
    with house.sessions.begin() as session:
        session.execute(update(Asset).where(Asset.id == twice.asset_id).values(external_id="课 2"))
        session.execute(update(Asset).where(Asset.id == lessons[0].asset_id).values(external_id=None))
    several = house.client.post("/v1/playback-tokens", json={"external_id": "课 2"}, headers=above)
    assert (several.status_code, several.json["code"]) == (409, "external_id_ambiguous")


def test_viewer_is_named_in_the_token(house: House, lesson: Lesson) -> None:
    answer = house.client.post(
        "/v1/playback-tokens",
        json={"playback_id": lesson.signed_id, "viewer": "v7"},
        headers=house.api_key(lesson.organization_id, "partner"),
    )
    token = answer.json["token"]
    assert house.get(f"/v/{lesson.signed_id}/master.m3u8?token={token}").status_code == 200
    grant = house.gate._grants.find(token)
    assert grant is not None and (grant.partner, grant.viewer) == (None, "v7")


def test_keys_made_at_the_same_time_are_one(house: House) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with house.sessions.begin() as session:
        session.execute(update(SigningKey).values(retired_at=datetime.now(UTC)))
    places = [make_house(house.sessions) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        made: Sequence[str] = list(pool.map(lambda place: place.parts.keys.signer().key_id, places))
    assert len(set(made)) == 1


def test_what_is_not_made_yet_says_when_to_ask_again(house: House) -> None:
    lesson = add_lesson(house.sessions, house.objects)
    for name in ("download.mp4", "audio.m4a"):
        answer = house.get(f"/v/{lesson.public_id}/{name}")
        assert (answer.status_code, answer.json["code"]) == (404, "download_not_found")
        assert "Retry-After" not in answer.headers
    with house.sessions.begin() as session:
        extras = [NewStep("download", name, optional=True) for name in ("download.mp4", "audio.m4a")]
        steps.add_steps(session, lesson.version_id, [*extras, NewStep("preview", "preview", optional=True)])
    for name, code in (
        ("download.mp4", "download_not_ready"),
        ("audio.m4a", "download_not_ready"),
        ("preview.webp", "image_not_found"),
    ):
        answer = house.get(f"/v/{lesson.public_id}/{name}")
        assert (answer.status_code, answer.json["code"]) == (404, code)
        assert int(answer.headers["Retry-After"]) > 0
        assert answer.headers["Cache-Control"] == "no-store"
