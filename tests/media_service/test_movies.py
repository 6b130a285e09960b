"""The movie of an interactive lesson over HTTP: who gets it, and the page in which it plays."""

from __future__ import annotations

import gzip
import hashlib
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from house import House, house, make_house, token_of
from lesson import FACTS, Lesson, add_lesson
from sqlalchemy import update

import player_embed
from storage.catalogue.facts import Notice
from storage.catalogue.models import Asset, Version
from storage.ids import new_id

__all__ = ["house"]

MOVIE = b"CWS\x0a what a school made in 2014"
WAITS = replace(FACTS, notices=(Notice("flash_interactive"),))


def add_movie(house: House, *, interactive: bool = True, **changes: object) -> Lesson:
    """A lesson that was made of a Flash movie."""
    lesson = add_lesson(house.sessions, house.objects)
    key = new_id()
    house.objects.put(key, MOVIE)
    source = {
        "source_key": key,
        "source_size": len(MOVIE),
        "source_sha256": hashlib.sha256(MOVIE).hexdigest(),
    }
    with house.sessions.begin() as session:
        session.execute(
            update(Version)
            .where(Version.id == lesson.version_id)
            .values({**source, "facts": WAITS if interactive else FACTS, **changes})
        )
    return lesson


def page_data(house: House, playback_id: str, token: str = "") -> dict[str, object]:
    told: dict[str, object] = house.get(f"/embed/{playback_id}/status?token={token}").json
    return told


def test_players_are_told_of_the_movie_and_get_it(house: House) -> None:
    lesson = add_movie(house)
    told = page_data(house, lesson.public_id)
    assert told["interactive"] is True
    assert told["movie_url"] == f"/v/{lesson.public_id}/{lesson.version_id}/movie.swf"
    answer = house.get(str(told["movie_url"]))
    assert (answer.status_code, answer.data) == (200, MOVIE)
    assert answer.content_type == "application/x-shockwave-flash"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert answer.headers["Cache-Control"] == "public, max-age=300"


def test_the_source_of_other_lessons_is_nobodys(house: House) -> None:
    lesson = add_movie(house, interactive=False)
    told = page_data(house, lesson.public_id)
    assert (told["interactive"], told["movie_url"]) == (False, None)
    assert house.get(f"/v/{lesson.public_id}/{lesson.version_id}/movie.swf").status_code == 404


@pytest.mark.parametrize(
    "changes",
    [{"source_key": None}, {"source_size": 64 * 1024 * 1024 + 1}, {"state": "processing"}],
    ids=["dropped", "large", "not yet playable"],
)
def test_a_movie_that_cannot_be_had_is_not_told_of(house: House, changes: dict[str, object]) -> None:
    lesson = add_movie(house, **changes)
    told = page_data(house, lesson.public_id)
    assert (told["interactive"], told["movie_url"]) == (True, None)
    answer = house.get(f"/v/{lesson.public_id}/{lesson.version_id}/movie.swf")
    assert answer.status_code in (403, 404)


def test_an_operator_may_keep_movies_to_themselves(house: House) -> None:
    lesson = add_movie(house)
    closed = make_house(house.sessions, objects=house.objects, PLAY_MOVIES="off")
    told = page_data(closed, lesson.public_id)
    assert (told["interactive"], told["movie_url"]) == (True, None)
    assert closed.get(f"/v/{lesson.public_id}/{lesson.version_id}/movie.swf").status_code == 404


def test_the_gate_stands_before_the_movie_as_before_the_stream(house: House) -> None:
    lesson, other = add_movie(house), add_movie(house)
    path = f"/v/{lesson.signed_id}/{lesson.version_id}/movie.swf"
    token = token_of(house, lesson)
    told = page_data(house, lesson.signed_id, token)
    assert told["movie_url"] == f"{path}?token={token}"
    answer = house.get(str(told["movie_url"]))
    assert (answer.data, answer.headers["Cache-Control"]) == (MOVIE, "private, max-age=300")
    assert house.get(path).status_code == 401
    assert house.get(f"{path}?token={token_of(house, other)}").status_code == 403
    assert house.get(f"{path}?token={token_of(house, lesson, kinds=['image'])}").status_code == 403
    assert house.get(f"/v/{lesson.public_id}/{other.version_id}/movie.swf").status_code == 404


@pytest.mark.parametrize("limits", [{"start": 2, "end": 6}, {"max_height": 180}], ids=str)
def test_what_a_token_limits_no_movie_can_keep_to(house: House, limits: dict[str, object]) -> None:
    lesson = add_movie(house)
    token = token_of(house, lesson, **limits)
    assert page_data(house, lesson.signed_id, token)["movie_url"] is None
    answer = house.get(f"/v/{lesson.signed_id}/{lesson.version_id}/movie.swf?token={token}")
    assert (answer.status_code, answer.json["code"]) == (403, "token_not_allowed")


def test_a_lesson_that_is_taken_back_takes_its_movie_with_it(house: House) -> None:
    lesson = add_movie(house)
    with house.sessions.begin() as session:
        session.execute(update(Asset).where(Asset.id == lesson.asset_id).values(deleted_at=datetime.now(UTC)))
    assert house.get(f"/v/{lesson.public_id}/{lesson.version_id}/movie.swf").status_code == 404


def test_the_page_of_a_movie_has_no_origin_and_reaches_nothing(house: House) -> None:
    answer = house.get("/embed/movie")
    policy = answer.headers["Content-Security-Policy"]
    parts = dict(part.strip().partition(" ")[::2] for part in policy.split(";"))
    nonce = re.search(r"'nonce-([^']+)'", policy)
    assert nonce is not None
    assert parts["sandbox"] == "allow-scripts"
    assert parts["default-src"] == parts["base-uri"] == parts["form-action"] == "'none'"
    assert parts["script-src"] == f"'nonce-{nonce[1]}' 'wasm-unsafe-eval'"
    assert not {"connect-src", "frame-src", "media-src", "worker-src"} & parts.keys()
    assert parts["img-src"] == "data:"
    # The player page holds nothing from its own frame but this, and pages that isolate themselves may hold both.
    assert answer.headers["Cross-Origin-Embedder-Policy"] == "require-corp"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    scripts = re.findall(r'<script[^>]* src="([^"]+)"[^>]* nonce="([^"]+)"', answer.text)
    assert [url.rpartition("/")[2] for url, _ in scripts] == ["movie-frame.js", "ruffle-core.js", "ruffle.js"]
    assert {used for _, used in scripts} == {nonce[1]}
    for url, _ in scripts:
        file = house.get(url)
        assert file.status_code == 200 and "immutable" in file.headers["Cache-Control"]
    assert nonce[1] not in house.get("/embed/movie").text


def test_the_program_that_plays_it_comes_compressed_and_stays(house: House) -> None:
    address = f"/embed/static/{player_embed.static_files()['ruffle.wasm']}/ruffle.wasm"
    packed = house.get(address, Accept_Encoding="gzip, br")
    assert (packed.status_code, packed.content_type) == (200, "application/wasm")
    assert packed.headers["Content-Encoding"] == "gzip" and "immutable" in packed.headers["Cache-Control"]
    assert len(packed.data) < 6_000_000
    plain = house.get(address)
    assert "Content-Encoding" not in plain.headers
    assert plain.data == gzip.decompress(packed.data) and plain.data.startswith(b"\0asm")


def test_the_player_page_may_hold_that_frame_alone(house: House) -> None:
    lesson = add_movie(house)
    policy = house.get(f"/embed/{lesson.public_id}").headers["Content-Security-Policy"]
    assert "frame-src 'self';" in policy
