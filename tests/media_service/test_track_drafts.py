"""What an author sent stays as it was, and what an author is at work on is kept: Flask's client, a real PostgreSQL."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable

import pytest
from house import House, house
from lesson import Lesson, add_lesson
from sqlalchemy import update
from werkzeug.test import TestResponse

from storage.catalogue import drafts, inventory
from storage.catalogue.models import AuditEntry, Track
from storage.tracks.cue import MAX_BYTES

Ask = Callable[..., TestResponse]

__all__ = ["house"]

pytestmark = pytest.mark.integration

FOREIGN = (
    "\ufeffWEBVTT - Kurs 7\r\nX-Maker: elsewhere\r\n\r\nSTYLE\r\n::cue(.loud) { color: red }\r\n\r\n"
    "REGION\r\nid:top width:40%\r\n\r\nNOTE by 老师\r\n\r\nintro\r\n"
    "00:01.000 --> 00:02.500 region:top align:start\r\n<v 老师><c.loud>山高</c>月小 &amp; 水落\r\n"
).encode()
EDITED = FOREIGN.replace("水落".encode(), "石出".encode())


@pytest.fixture
def lesson(house: House) -> Lesson:
    return add_lesson(house.sessions, house.objects)


@pytest.fixture
def ask(house: House, lesson: Lesson) -> Ask:
    key = house.api_key(lesson.organization_id, "author")

    def ask(method: str, path: str, body: bytes = b"", **headers: str) -> TestResponse:
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        return house.client.open(
            f"/v1/assets/{lesson.asset_id}{path}", method=method, data=body, headers={**key, **told}
        )

    return ask


def objects_of(house: House, lesson: Lesson) -> list[str]:
    return [info.key for info in house.objects.list(f"assets/{lesson.asset_id}/") if "/tracks/" in info.key]


def test_a_foreign_file_is_played_clean_and_kept_byte_for_byte(
    house: House, lesson: Lesson, ask: Ask
) -> None:
    put = ask("PUT", "/tracks/captions/zh", FOREIGN)
    assert put.status_code == 200, put.text
    assert house.get(put.json["url"]).text == "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\n山高月小 &amp; 水落\n"
    source = ask("GET", "/tracks/captions/zh/source")
    assert source.json["text"].encode() == FOREIGN
    assert source.headers["ETag"] == put.headers["ETag"]
    with house.sessions() as session:
        named = {each.key for each in inventory.named_by(session, lesson.version_id)}
    stored = objects_of(house, lesson)
    assert len(stored) == 2 and set(stored) <= named
    ask("PUT", "/tracks/captions/zh", EDITED)
    assert ask("GET", "/tracks/captions/zh/source").json["text"].encode() == EDITED
    assert len(objects_of(house, lesson)) == 2
    ask("DELETE", "/tracks/captions/zh")
    assert objects_of(house, lesson) == []
    assert ask("GET", "/tracks/captions/zh/source").json["code"] == "track_not_found"


def test_of_other_formats_and_of_tracks_of_before_the_source_is_what_plays(
    house: House, lesson: Lesson, ask: Ask
) -> None:  # fmt: skip
    played = "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\n春\n"
    ask("PUT", "/tracks/captions/zh", "1\n00:00:01,000 --> 00:00:02,000\n<b>春</b>\n".encode())
    assert ask("GET", "/tracks/captions/zh/source").json["text"] == played
    ask("PUT", "/tracks/captions/en", FOREIGN)
    with house.sessions.begin() as session:
        session.execute(update(Track).values(source_key=None).where(Track.language == "en"))
    assert ask("GET", "/tracks/captions/en/source").json["text"].startswith("WEBVTT\n\n00:00:01.000")
    ask("PUT", "/tracks/captions/ja", "WEBVTT\n\nNOTE 譯\n\n00:01.000 --> 00:02.000\n春\n".encode("gb18030"))
    assert "NOTE 譯" in ask("GET", "/tracks/captions/ja/source").json["text"]


def test_two_who_edit_a_track_notice_each_other(house: House, lesson: Lesson, ask: Ask) -> None:
    assert ask("PUT", "/tracks/captions/zh", FOREIGN, If_Match='"never"').status_code == 412
    first = ask("PUT", "/tracks/captions/zh", FOREIGN, If_None_Match="*").headers["ETag"]
    refused = ask("PUT", "/tracks/captions/zh", EDITED, If_None_Match="*")
    assert (refused.status_code, refused.json["code"]) == (412, "changed_meanwhile")
    second = ask("PUT", "/tracks/captions/zh", EDITED, If_Match=first).headers["ETag"]
    refused = ask("PUT", "/tracks/captions/zh", FOREIGN, If_Match=first)
    assert (refused.status_code, refused.headers["ETag"]) == (412, second)
    assert ask("DELETE", "/tracks/captions/zh", If_Match=first).status_code == 412
    assert ask("GET", "/tracks/captions/zh/source").json["text"].encode() == EDITED
    assert len(objects_of(house, lesson)) == 2, "what was refused leaves nothing behind"


def test_a_draft_is_kept_and_not_played(house: House, lesson: Lesson, ask: Ask) -> None:
    saved = ask("PUT", "/drafts/captions/zh-cn", FOREIGN)
    assert saved.status_code == 200, saved.text
    assert saved.json["digest"] == hashlib.sha256(FOREIGN).hexdigest() == saved.headers["ETag"].strip('"')
    shown = ask("GET", "/drafts/captions/zh-CN").json
    assert shown["text"].encode() == FOREIGN
    assert (shown["saved_by"], shown["size"]) == ("test", len(FOREIGN))
    [listed] = ask("GET", "/drafts").json["drafts"]
    assert listed == {name: value for name, value in shown.items() if name != "text"}
    assert "zh-CN" not in [each["language"] for each in ask("GET", "/tracks").json["tracks"]]
    assert ask("DELETE", "/drafts/captions/zh-CN", If_Match='"never"').status_code == 412
    assert ask("DELETE", "/drafts/captions/zh-CN", If_Match=saved.headers["ETag"]).status_code == 204
    assert ask("GET", "/drafts/captions/zh-CN").json["code"] == "draft_not_found"
    with house.sessions() as session:
        actions = [
            entry.action
            for entry in session.query(AuditEntry)
            .filter_by(target_id=lesson.asset_id)
            .order_by(AuditEntry.id)
        ]
    assert actions == ["draft.create", "draft.delete"]


def test_two_who_write_a_draft_notice_each_other(ask: Ask) -> None:
    first = ask("PUT", "/drafts/captions/zh", b"one", If_None_Match="*").headers["ETag"]
    assert ask("PUT", "/drafts/captions/zh", b"two", If_None_Match="*").status_code == 412
    assert ask("PUT", "/drafts/captions/zh", b"one", If_None_Match="*").status_code == 200, "sent again"
    for unheard in ("", first, '*, "x"'):
        for text in (b"one", b"two"):
            refused = ask("PUT", "/drafts/captions/zh", text, If_None_Match=unheard)
            assert (refused.status_code, refused.json["code"]) == (422, "invalid_request"), (unheard, text)
        assert ask("PUT", "/drafts/captions/fr", b"one", If_None_Match=unheard).status_code == 422
        assert ask("DELETE", "/drafts/captions/zh", If_None_Match=unheard).status_code == 422
    assert ask("DELETE", "/drafts/captions/zh", If_None_Match="*").status_code == 412
    second = ask("PUT", "/drafts/captions/zh", b"two", If_Match=first).headers["ETag"]
    refused = ask("PUT", "/drafts/captions/zh", b"three", If_Match=first)
    assert (refused.status_code, refused.json["code"], refused.headers["ETag"]) == (
        412, "changed_meanwhile", second,
    )  # fmt: skip
    assert ask("PUT", "/drafts/captions/zh", b"two", If_Match=first).status_code == 200, (
        "an answer that was lost"
    )
    ask("DELETE", "/drafts/captions/zh")
    assert ask("PUT", "/drafts/captions/zh", b"three", If_Match=second).status_code == 412


def test_of_two_first_drafts_at_once_one_is_kept(house: House, lesson: Lesson) -> None:
    key = house.api_key(lesson.organization_id, "author")
    address = f"/v1/assets/{lesson.asset_id}/drafts/chapters/en"
    answers: list[int] = []
    barrier = threading.Barrier(4)

    def save(text: bytes) -> None:
        client = house.app.test_client()
        barrier.wait()
        answers.append(client.put(address, data=text, headers=key).status_code)

    threads = [threading.Thread(target=save, args=(text,)) for text in (b"1", b"2", b"3", b"4")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(answers) <= {200, 412} and 200 in answers


def test_publishing_drops_the_draft_that_was_seen(house: House, lesson: Lesson, ask: Ask) -> None:
    before = ask("PUT", "/tracks/captions/zh", FOREIGN).headers["ETag"]
    mine = ask("PUT", "/drafts/captions/zh", EDITED).json["digest"]
    theirs = ask("PUT", "/drafts/captions/zh", EDITED + b"x").json["digest"]
    refused = ask("PUT", f"/tracks/captions/zh?draft={mine}", EDITED, If_Match=before)
    assert (refused.status_code, refused.headers["ETag"]) == (412, f'"{theirs}"')
    assert ask("GET", "/tracks/captions/zh/source").json["text"].encode() == FOREIGN
    published = ask("PUT", f"/tracks/captions/zh?draft={theirs}", EDITED + b"x", If_Match=before)
    assert published.status_code == 200, published.text
    assert "石出" in house.get(published.json["url"]).text
    assert ask("GET", "/drafts").json["drafts"] == []


def test_what_is_no_text_or_too_long_is_no_draft(house: House, lesson: Lesson, ask: Ask) -> None:
    for body, code in (
        (b"\xff\xfe", "track_invalid"),
        (b"a\0b", "track_invalid"),
        (b"x" * (MAX_BYTES + 1), "too_large"),
    ):
        assert ask("PUT", "/drafts/captions/zh", body).json["code"] == code
    assert ask("PUT", "/drafts/lyrics/zh", b"x").json["code"] == "track_kind"
    with house.sessions.begin() as session:
        for n in range(drafts.MOST_DRAFTS):
            drafts.add(session, lesson.asset_id, "captions", f"en-x-{n}", "x", by="test")
    assert ask("PUT", "/drafts/captions/zh", b"x").json["code"] == "track_limit"
    key = house.api_key(lesson.organization_id, "portal")
    refused = house.client.put(f"/v1/assets/{lesson.asset_id}/drafts/captions/zh", data=b"x", headers=key)
    assert refused.status_code == 403
