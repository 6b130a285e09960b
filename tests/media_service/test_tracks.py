"""Captions and chapters over HTTP: Flask's test client, a real PostgreSQL."""

from __future__ import annotations

import re
import time

import pytest
from house import PUBLIC_URL, House, house
from lesson import Lesson, add_lesson
from werkzeug.test import TestResponse

from media_service.playback.access.playback_ids import FRESH_SECONDS
from storage.catalogue import tracks
from storage.catalogue.models import Track
from storage.ids import new_id
from storage.tracks.cue import MAX_BYTES
from storage.tracks.names import automatic_name

__all__ = ["house"]

pytestmark = pytest.mark.integration

SRT = "1\r\n00:00:01,000 --> 00:00:02,500\r\n<i>山高月小</i> & <script>x</script>\r\n".encode("gb18030")


@pytest.fixture
def lesson(house: House) -> Lesson:
    return add_lesson(house.sessions, house.objects)


def send(
    house: House,
    lesson: Lesson,
    method: str,
    path: str = "",
    body: bytes = b"",
    role: str = "author",
    **more: str,
) -> TestResponse:
    """One request about the tracks of the lesson."""
    return house.client.open(
        f"/v1/assets/{lesson.asset_id}/tracks{path}",
        method=method,
        data=body,
        headers={**house.api_key(lesson.organization_id, role), **more},
    )


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "video/mp4"])
def test_captions_are_put_and_played(house: House, lesson: Lesson, content_type: str) -> None:
    answer = send(
        house, lesson, "PUT", "/subtitles/zh-hans?label=简体", SRT, **{"Content-Type": content_type}
    )
    assert answer.status_code == 200, answer.text
    track = answer.get_json()
    assert track["url"] == f"{PUBLIC_URL}/v/{lesson.public_id}/{lesson.version_id}/tracks/{track['id']}.vtt"
    assert (track["kind"], track["language"], track["label"]) == ("captions", "zh-Hans", "简体")
    played = house.get(track["url"])
    assert played.text == "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\n山高月小 &amp;\n"
    assert played.headers["Content-Type"] == "text/vtt; charset=utf-8"
    asset = house.client.get(
        f"/v1/assets/{lesson.asset_id}", headers=house.api_key(lesson.organization_id)
    ).get_json()
    listed = send(house, lesson, "GET", role="portal").get_json()
    assert asset["tracks"] == listed["tracks"]
    assert track in listed["tracks"]


def test_the_manifest_of_a_finished_lesson_follows_within_seconds(house: House, lesson: Lesson) -> None:
    master = f"/v/{lesson.public_id}/master.m3u8"
    assert 'LANGUAGE="fr"' not in house.get(master).text
    first = send(house, lesson, "PUT", "/captions/fr", SRT).get_json()
    time.sleep(FRESH_SECONDS + 0.1)
    text = house.get(master).text
    [line] = [line for line in text.splitlines() if 'LANGUAGE="fr"' in line]
    assert 'TYPE=SUBTITLES,GROUP-ID="captions",NAME="Français"' in line
    assert "DEFAULT=NO,AUTOSELECT=YES,FORCED=NO" in line
    assert int(house.get(master).headers["Cache-Control"].rpartition("=")[2]) <= 5
    playlist = f"/v/{lesson.public_id}/{lesson.version_id}/tracks/{first['id']}.m3u8"
    assert f"{first['id']}.vtt" in house.get(playlist).text

    second = send(house, lesson, "PUT", "/captions/fr", SRT).get_json()
    assert second["id"] != first["id"]
    time.sleep(FRESH_SECONDS + 0.1)
    assert f"{second['id']}.m3u8" in house.get(master).text
    assert house.get(playlist).status_code == house.get(first["url"]).status_code == 404

    assert send(house, lesson, "DELETE", "/captions/fr").status_code == 204
    time.sleep(FRESH_SECONDS + 0.1)
    assert 'LANGUAGE="fr"' not in house.get(master).text
    assert house.get(second["url"]).status_code == 404
    assert not [info.key for info in house.objects.list(f"assets/{lesson.asset_id}/")]


def test_names_in_the_manifest_differ(house: House, lesson: Lesson) -> None:
    for language in ("en", "fr"):
        send(house, lesson, "PUT", f"/captions/{language}?label=Same", SRT)
    text = house.get(f"/v/{lesson.public_id}/master.m3u8").text
    assert 'NAME="Same (en)"' in text
    assert 'NAME="Same (fr)"' in text


def test_chapters_are_titles_and_not_in_the_manifest(house: House, lesson: Lesson) -> None:
    body = "WEBVTT\n\n00:00.000 --> 00:05.000\n第一章\n水墨\n".encode()
    track = send(house, lesson, "PUT", "/chapters/zh", body).get_json()
    assert (track["kind"], track["label"]) == ("chapters", "中文")
    assert "第一章 水墨" in house.get(track["url"]).text
    assert track["id"] not in house.get(f"/v/{lesson.public_id}/master.m3u8").text


def test_a_bad_file_is_refused_line_by_line_and_changes_nothing(house: House, lesson: Lesson) -> None:
    before = send(house, lesson, "GET").get_json()
    body = SRT + b"\n2\n00:00:09,000 --> 00:00:03,000\nx\n\n3\nsoon\nx\n"
    answer = send(house, lesson, "PUT", "/captions/zh", body)
    assert answer.status_code == 422
    problem = answer.get_json()
    assert problem["code"] == "track_invalid"
    assert [(fault["line"], fault["code"]) for fault in problem["errors"]] == [(6, "order"), (10, "time")]
    assert all(fault["message"]["en"] and fault["message"]["zh"] for fault in problem["errors"])
    assert send(house, lesson, "GET").get_json() == before
    many = send(house, lesson, "PUT", "/captions/zh", b"WEBVTT\n\n" + b"a --> b\n\n" * 50).get_json()
    assert len(many["errors"]) == 20


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("PUT", "/lyrics/en", SRT, 404, "track_kind"),
        ("PUT", "/captions/english", SRT, 422, "track_language"),
        ("PUT", "/captions/..%2fen", SRT, 404, "not_found"),
        ("PUT", "/captions/%3Cb%3E", SRT, 422, "track_language"),
        ("PUT", "/captions/en?name=x", SRT, 422, "invalid_request"),
        ("PUT", "/captions/en", b"\n", 422, "track_invalid"),
        ("PUT", "/captions/en", b"\x89PNG\r\n\x1a\n\0\0", 422, "track_invalid"),
        ("PUT", "/captions/en", b"x" * (MAX_BYTES + 1), 413, "too_large"),
        ("DELETE", "/captions/de", b"", 404, "track_not_found"),
    ],
)
def test_refusals(
    house: House, lesson: Lesson, method: str, path: str, body: bytes, status: int, code: str
) -> None:
    answer = send(house, lesson, method, path, body)
    assert (answer.status_code, answer.get_json()["code"]) == (status, code)


def test_who_may(house: House, lesson: Lesson) -> None:
    for role, status in (("admin", 200), ("author", 200), ("portal", 403), ("partner", 403)):
        assert send(house, lesson, "PUT", "/captions/en", SRT, role).status_code == status
    for role, status in (("portal", 403), ("partner", 403), ("author", 204)):
        assert send(house, lesson, "DELETE", "/captions/en", role=role).status_code == status
    for role, status in (("portal", 200), ("partner", 403)):
        assert send(house, lesson, "GET", role=role).status_code == status
    stranger = add_lesson(house.sessions, house.objects)
    path = f"/v1/assets/{lesson.asset_id}/tracks"
    key = house.api_key(stranger.organization_id, "admin")
    assert house.client.get(path, headers=key).status_code == 404
    assert house.client.put(f"{path}/captions/en", data=SRT, headers=key).status_code == 404
    assert house.client.put(f"{path}/captions/en", data=SRT).status_code == 401


def test_there_is_an_end_to_tracks(house: House, lesson: Lesson) -> None:
    with house.sessions.begin() as session:
        session.add_all(
            Track(version_id=lesson.version_id, kind="captions", language=f"en-x-{n}", label="x", object_key=new_id())
            for n in range(tracks.MAX_TRACKS - 1)
        )  # fmt: skip
    answer = send(house, lesson, "PUT", "/captions/en", SRT)
    assert (answer.status_code, answer.get_json()["code"]) == (409, "track_limit")
    assert send(house, lesson, "PUT", "/captions/zh", SRT).status_code == 200, "one that is replaced"


def test_a_label_is_text(house: House, lesson: Lesson) -> None:
    send(house, lesson, "PUT", '/captions/en?label="><script>alert(1)</script>%0a%23EXT', SRT)
    text = house.get(f"/v/{lesson.public_id}/master.m3u8").text
    assert 'NAME="\'><script>alert(1)</script> #EXT"' in text
    page = house.get(f"/embed/{lesson.public_id}").text
    assert len(re.findall("<script", page)) == 2


def test_captions_that_a_machine_wrote_say_so_until_somebody_has_looked(house: House, lesson: Lesson) -> None:
    def written(language: str) -> Track:
        return Track(
            version_id=lesson.version_id,
            kind="captions",
            language=language,
            label=automatic_name(language),
            object_key=f"made/{language}.vtt",
        )

    send(house, lesson, "PUT", "/captions/fr-CA", SRT)
    with house.sessions.begin() as session:
        for language in ("en", "ja", "fr"):
            house.objects.put(
                f"made/{language}.vtt", b"WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n", "text/vtt"
            )
            tracks.add_automatic(session, written(language))

    def listed() -> dict[str, tuple[str, bool]]:
        found = send(house, lesson, "GET").get_json()["tracks"]
        return {track["language"]: (track["label"], track["automatic"]) for track in found}

    # What an author sent in the same language, of whatever country, stays alone.
    assert "fr" not in listed()
    assert listed()["en"] == ("English (automatic)", True)
    time.sleep(FRESH_SECONDS + 0.1)
    master = house.get(f"/v/{lesson.public_id}/master.m3u8").text
    marked = [line for line in master.splitlines() if "public.machine-generated" in line]
    assert [re.findall('NAME="(.+?)"', line)[0] for line in marked] == [
        "English (automatic)",
        "日本語 (automatic)",
    ]

    # Accepted as they are, or edited, which keeps the name that people chose them by.
    assert send(house, lesson, "POST", "/captions/en/accept").get_json()["automatic"] is False
    source = send(house, lesson, "GET", "/captions/ja/source").get_json()
    send(house, lesson, "PUT", f"/captions/ja?label={source['label']}", SRT)
    assert (listed()["en"], listed()["ja"]) == (("English", False), ("日本語", False))
