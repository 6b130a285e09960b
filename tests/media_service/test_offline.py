"""Offline packs: names that every file system takes, what is refused, and a pack that is larger than any memory."""

from __future__ import annotations

import base64
import re
import resource
import zipfile
from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
from house import BreakableStore, House, house, lesson
from lesson import Lesson, add_lesson
from sqlalchemy import update

from media_service.offline.layout import Captions, Entry, Stored, entries, folder_name, page_data
from media_service.offline.layout import Lesson as Packed
from media_service.script_json import to_script_json
from storage.catalogue.collections import create_collection
from storage.catalogue.models import Asset, File, Version
from storage.catalogue.reach import Reach
from storage.ids import new_id

__all__ = ["house", "lesson"]

HOSTILE = [
    "CON", "con.txt", "aux .", "..", "../../etc/passwd", "C:\\Windows\\x", "a/b", "", " . ", "LPT¹", "x" * 400,
    "\u202egnp.exe", "第一课：“山水”？*|<>", "line\nbreak\x00", "山" * 300, "nul", "课" + "\U0001f600" * 100,
]  # fmt: skip
FORBIDDEN = re.compile(r'[<>:"\\|?*\x00-\x1f\u202e]')
PACKED = Packed(
    "x", 3.0, Stored("m", 10), "mp4", Stored("p", 5), (Captions("zh-CN", "中文", Stored("c", 7)),)
)


@pytest.mark.parametrize("title", HOSTILE)
def test_names_are_safe_everywhere(title: str) -> None:
    folder = folder_name(title)
    paths = [entry.path for entry in entries(folder, [replace(PACKED, title=title)] * 2)]
    assert len({path.casefold() for path in paths}) == len(paths) == 8
    for path in paths:
        assert len(path) < 200 and not FORBIDDEN.search(path)
        for part in path.split("/"):
            assert part and part not in (".", "..") and part == part.strip(" ") and not part.endswith(".")
            assert part.partition(".")[0].strip().lower() not in ("con", "aux", "nul", "lpt¹")
            assert len(part.encode()) <= 255


def test_chinese_titles_are_kept() -> None:
    assert folder_name("第一课 山水画入门") == "第一课 山水画入门"


def test_nothing_in_the_page_data_ends_its_script() -> None:
    data = page_data("</script>", [replace(PACKED, title="<!--</script><script>alert(1)//&")])
    assert not re.search("[<>&]", to_script_json(data))


@pytest.mark.parametrize("size", [0, 1, 2, 3, 100])
@pytest.mark.parametrize("piece", [1, 2, 7, 64])
def test_a_script_is_as_long_as_was_said(size: int, piece: int) -> None:
    data = bytes(range(size))
    entry = Entry("x.js", (Stored("k", size),), b'captions(0, 0, "', b'");\n')
    made = b"".join(entry.bytes_of(data[at : at + piece] for at in range(0, size, piece)))
    assert len(made) == entry.size
    assert base64.b64decode(made[16:-4]) == data


def _add_file(house: House, version_id: str, size: int, data: bytes | None = None) -> None:
    key = new_id()
    house.objects.put(key, data or b"")
    with house.sessions.begin() as session:
        row = File(
            version_id=version_id,
            name="download.mp4",
            object_key=key,
            content_type="video/mp4",
            size=size,
            sha256=key,
        )
        session.add(row)


def _ask(house: House, lesson: Lesson, role: str = "portal", **body: Any) -> Any:
    headers = house.api_key(lesson.organization_id, role)
    return house.client.post("/v1/offline-packs", json=body, headers=headers)


def _path(answer: Any) -> str:
    assert answer.status_code == 201, answer.text
    return str(answer.json["url"]).removeprefix("https://media.example")


def test_a_course_in_one_archive(house: House) -> None:
    first, second = (add_lesson(house.sessions, house.objects) for _ in range(2))
    for each in (first, second):
        _add_file(house, each.version_id, 7, b"a movie")
    with house.sessions.begin() as session:
        session.execute(
            update(Asset).where(Asset.id == second.asset_id).values(organization_id=first.organization_id)
        )
        course = create_collection(
            session, Reach(first.organization_id), "课程", [second.asset_id, first.asset_id]
        )
        course_id = course.id
    made = _ask(house, first, collection_id=course_id)
    answer = house.get(_path(made))
    assert answer.content_length == len(answer.data) == made.json["size"]
    assert "%E8%AF%BE%E7%A8%8B.zip" in answer.headers["Content-Disposition"]
    with zipfile.ZipFile(BytesIO(answer.data)) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert {entry.compress_type for entry in archive.infolist()} == {zipfile.ZIP_STORED}
        assert archive.read(next(name for name in names if name.endswith(".mp4"))) == b"a movie"
    assert names[0] == "课程/index.html" and len(names) == 9
    assert sum(name.endswith(".zh.vtt") for name in names) == 2
    assert all(name.startswith("课程/") for name in names)


def test_who_may_and_what_a_token_opens(house: House, lesson: Lesson) -> None:
    _add_file(house, lesson.version_id, 7, b"a movie")
    assert _ask(house, lesson, "partner", asset_id=lesson.asset_id).json["code"] == "role_not_allowed"
    assert _ask(house, lesson).json["code"] == "invalid_request"
    assert _ask(house, lesson, asset_id="x").json["code"] == "asset_not_found"
    assert _ask(house, lesson, collection_id=new_id()).json["code"] == "collection_not_found"
    stranger = add_lesson(house.sessions, house.objects)
    assert _ask(house, stranger, asset_id=lesson.asset_id).status_code == 404
    path = _path(_ask(house, lesson, asset_id=lesson.asset_id, expires_in=600))
    bare, _, token = path.partition("?token=")
    assert house.client.head(path).status_code == 200
    assert house.get(bare).json["code"] == "token_missing"
    assert house.get(f"{bare}?token=a.b.c").json["code"] == "token_invalid"
    foreign = house.get(f"/offline/asset/{stranger.asset_id}.zip?token={token}")
    assert foreign.json["code"] == "token_not_allowed"
    assert house.get(f"/v/{lesson.signed_id}/download.mp4?token={token}").json["code"] == "token_not_allowed"


def test_missing_files_are_told(house: House) -> None:
    lesson = add_lesson(house.sessions, house.objects)
    never = _ask(house, lesson, asset_id=lesson.asset_id)
    assert (never.status_code, never.json["code"]) == (409, "pack_not_possible")
    assert lesson.asset_id in never.json["detail"]
    with house.sessions.begin() as session:
        session.execute(update(Version).where(Version.id == lesson.version_id).values(state="playable"))
    soon = _ask(house, lesson, asset_id=lesson.asset_id)
    assert (soon.status_code, soon.json["code"]) == (409, "pack_not_ready")
    assert int(soon.headers["Retry-After"]) > 0
    with house.sessions.begin() as session:
        empty = create_collection(session, Reach(lesson.organization_id), "空", []).id
    assert _ask(house, lesson, collection_id=empty).json["code"] == "pack_not_possible"


class _Huge(BreakableStore):
    """Objects of which one is ``size`` bytes long."""

    key, size = "", 0

    def get(self, key: str, start: int = 0, length: int | None = None) -> bytes:
        if key != self.key:
            return super().get(key, start, length)
        left = self.size - start
        return bytes(left if length is None else min(length, left))


def test_a_pack_larger_than_four_gigabytes_takes_no_memory(house: House) -> None:
    lesson = add_lesson(house.sessions, house.objects)
    objects = _Huge()
    objects._objects = house.objects._objects
    object.__setattr__(house.app.extensions["lessonstream"], "objects", objects)
    objects.size = (4 << 30) + (64 << 20)
    _add_file(house, lesson.version_id, objects.size)
    with house.sessions() as session:
        found = session.get(File, (lesson.version_id, "download.mp4"))
        assert found is not None
        objects.key = found.object_key
    path = _path(_ask(house, lesson, asset_id=lesson.asset_id))
    answer = house.client.get(path, buffered=False)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    received, tail = 0, b""
    for piece in answer.iter_encoded():
        received += len(piece)
        tail = (tail + piece)[-4096:]
    assert received == answer.content_length > objects.size
    assert b"PK\x06\x06" in tail, "ZIP64"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 16 * 1024
