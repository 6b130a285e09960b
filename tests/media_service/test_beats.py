"""What players tell over HTTP: what is taken, what is refused, and what the service adds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from beat_taker import Taker
from house import House, make_house, token_of
from lesson import Lesson, add_lesson
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.test import TestResponse

from media_service.learning.senders import name_viewer, suspicion_of
from media_service.learning.starts import Starts
from storage.ids import new_id
from storage.learning.starts import StartCount
from storage.learning.starts import from_text as starts_from

BROWSER = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
)
GOOGLE = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


@pytest.fixture(scope="module")
def taker() -> Taker:
    return Taker()


@pytest.fixture(scope="module")
def starts(taker: Taker) -> Starts:
    return Starts(taker)


@pytest.fixture(scope="module")
def house(sessions: sessionmaker[Session], taker: Taker, starts: Starts) -> House:
    return make_house(sessions, beats=taker, count_start=starts.count)


@pytest.fixture(scope="module")
def lesson(house: House) -> Lesson:
    return add_lesson(house.sessions, house.objects)


def told(**more: Any) -> dict[str, Any]:
    beat = {"sequence": 0, "at": 11_000, "played": [[0, 10_000]]}
    return {"play": new_id(), "tab": "t" * 24, "sent": 11_000, "beats": [beat], **more}


def send(house: House, playback_id: str, document: object, query: str = "", **headers: str) -> TestResponse:
    given = {"Content-Type": "text/plain", "User-Agent": BROWSER, **headers}
    return house.client.post(
        f"/v/{playback_id}/beats{query}",
        data=document if isinstance(document, bytes) else json.dumps(document),
        headers={name.replace("_", "-"): value for name, value in given.items()},
    )


def test_beats_are_taken_with_what_the_service_knows(house: House, lesson: Lesson, taker: Taker) -> None:
    quality = {"startup_ms": 700, "errors": {"network": 1}, "bitrate": 900}
    beat = {
        "sequence": 3,
        "at": 9_000,
        "played": [[0, 4_000], [6_000, 8_000]],
        "muted": True,
        "quality": quality,
    }
    answer = send(house, lesson.public_id, told(beats=[beat]))
    assert (answer.status_code, answer.data) == (204, b"")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    sent = taker.last
    assert (sent.told.asset_id, sent.told.version_id, sent.told.duration) == (
        lesson.asset_id,
        lesson.version_id,
        10_000,
    )
    assert (sent.beats[0].played, sent.beats[0].quality.errors) == (
        [(0, 4_000), (6_000, 8_000)],
        {"network": 1},
    )
    assert (sent.told.suspicion, sent.told.learner, sent.told.partner_id) == (None, "", "")
    assert "127.0.0.1" not in taker.texts[-1]


def test_tabs_behind_one_address_are_different_viewers_and_a_token_is_one_everywhere(
    house: House, lesson: Lesson, taker: Taker
) -> None:
    def viewer(query: str = "", **more: Any) -> str:
        playback_id = lesson.signed_id if query else lesson.public_id
        assert send(house, playback_id, told(**more), query).status_code == 204
        return taker.last.told.viewer

    assert viewer() == viewer() != viewer(tab="u" * 24)
    named = f"?token={token_of(house, lesson, viewer='pupil 7')}"
    other = f"?token={token_of(house, lesson, viewer='pupil 8')}"
    assert viewer(named) == viewer(named, tab="u" * 24) != viewer(other)
    assert "pupil" not in taker.texts[-1]


def test_a_token_is_wanted_as_for_playlists(house: House, lesson: Lesson) -> None:
    assert send(house, lesson.signed_id, told()).status_code == 401
    assert send(house, "0" * 22, told()).status_code == 404


@pytest.mark.parametrize(
    ("status", "change"),
    [
        (400, b"no JSON"),
        (400, b'{"play": 1, "play": 2}'),
        (422, {"play": "../../etc"}),
        (422, {"beats": []}),
        (422, {"beats": [{"sequence": 0, "at": 1, "played": []}] * 21}),
        (422, {"beats": [{"sequence": 1, "at": 1, "played": []}, {"sequence": 1, "at": 2, "played": []}]}),
        (422, {"beats": [{"sequence": 0, "at": 1, "played": [[5, 5]]}]}),
        (422, {"beats": [{"sequence": 0, "at": 1, "played": [[-1, 5]]}]}),
        (422, {"beats": [{"sequence": 0, "at": 1, "played": [], "rate": 0}]}),
        (422, {"beats": [{"sequence": 0, "at": 1, "played": [], "quality": {"errors": {"A B": 1}}}]}),
        (422, {"beats": [{"sequence": 0, "at": 20_000, "played": []}]}),
        (422, {"address": "10.0.0.1"}),
        (413, b" " * 40_000),
    ],
)
def test_what_is_no_beat_is_refused(
    house: House, lesson: Lesson, taker: Taker, status: int, change: bytes | Mapping[str, Any]
) -> None:
    before = len(taker.texts)
    document = change if isinstance(change, bytes) else told(**change)
    assert send(house, lesson.public_id, document).status_code == status
    assert len(taker.texts) == before


def test_machines_are_marked_and_not_turned_away(house: House, lesson: Lesson, taker: Taker) -> None:
    assert send(house, lesson.public_id, told(), User_Agent=GOOGLE).status_code == 204
    assert taker.last.told.suspicion == "crawler"
    assert send(house, lesson.public_id, told(), Sec_Purpose="prefetch;prerender").status_code == 204
    assert taker.last.told.suspicion == "prefetch"
    assert suspicion_of({"HTTP_USER_AGENT": BROWSER}) is None


def test_a_redis_that_is_away_has_players_send_again(house: House, lesson: Lesson, taker: Taker) -> None:
    document, taker.away = told(), True
    answer = send(house, lesson.public_id, document)
    taker.away = False
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
    assert send(house, lesson.public_id, document).status_code == 204


def test_a_play_that_tells_too_often_has_to_wait(house: House, lesson: Lesson) -> None:
    document = told()
    statuses = [send(house, lesson.public_id, document).status_code for _ in range(21)]
    assert (set(statuses[:20]), statuses[20]) == ({204}, 429)


def test_names_of_viewers_last_a_day_and_an_hour() -> None:
    zone = ZoneInfo("Asia/Shanghai")

    def name(*moment: int) -> tuple[str, str]:
        viewer = name_viewer("somebody", datetime(*moment, tzinfo=zone).astimezone(UTC), zone, str.encode)  # type: ignore[misc]
        return viewer.today, viewer.before

    evening, _ = name(2026, 11, 29, 23, 59)
    assert name(2026, 11, 30, 0, 30)[1] == evening
    assert name(2026, 11, 30, 1, 0) == (name(2026, 11, 30, 0, 30)[0], "")
    assert name(2026, 11, 30, 9, 0)[0] != evening


def test_starts_are_counted_from_playlists_of_any_player(
    house: House, lesson: Lesson, taker: Taker, starts: Starts
) -> None:
    starts.bring()
    for address in ("master.m3u8", f"{lesson.version_id}.m3u8", "manifest.mpd", "master.m3u8"):
        assert house.get(f"/v/{lesson.public_id}/{address}").status_code == 200
    house.get(f"/v/{lesson.public_id}/master.m3u8", User_Agent=GOOGLE)
    house.get(f"/v/{lesson.public_id}/{lesson.version_id}/360p.m3u8")
    house.get(f"/v/{lesson.signed_id}/master.m3u8")
    house.client.head(f"/v/{lesson.public_id}/master.m3u8")
    taker.away = True
    starts.bring()
    taker.away = False
    starts.bring()
    found = starts_from(taker.texts[-1])
    assert {(each.asset_id, each.kind, each.number) for each in found or []} == {
        (lesson.asset_id, "start", 4),
        (lesson.asset_id, "crawler", 1),
    }
    assert all(isinstance(each, StartCount) for each in found or [])


def test_the_number_is_told_to_whoever_may_play(house: House, lesson: Lesson) -> None:
    answer = house.get(f"/v/{lesson.public_id}/views")
    assert (answer.json, answer.headers["Cache-Control"]) == ({"views": 0}, "public, max-age=1")
    assert house.get(f"/v/{lesson.signed_id}/views").status_code == 401
