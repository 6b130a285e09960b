"""One contract for every object storage: in memory, the embedded S3 server."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from storage.memory import MemoryObjectStore
from storage.objects import ObjectNotFound, ObjectStore
from storage.s3 import S3ObjectStore

FIVE_MEBIBYTES = 5 * 1024 * 1024


def memory(_request: pytest.FixtureRequest) -> ObjectStore:
    return MemoryObjectStore()


def s3(request: pytest.FixtureRequest) -> ObjectStore:
    environment = request.getfixturevalue("stack").environment
    store = S3ObjectStore(
        environment["S3_ENDPOINT"],
        environment["S3_ACCESS_KEY"],
        environment["S3_SECRET_KEY"],
        "object-store-contract",
        "us-east-1",
    )
    store.ensure_bucket()
    store.ensure_bucket()
    store.remove([info.key for info in store.list("")])
    return store


@pytest.fixture(params=[memory, pytest.param(s3, marks=pytest.mark.integration)])
def store(request: pytest.FixtureRequest) -> ObjectStore:
    make: Callable[[pytest.FixtureRequest], ObjectStore] = request.param
    return make(request)


def test_put_then_get(store: ObjectStore) -> None:
    stored = store.put("assets/one/a", b"hello", "text/plain")
    assert (stored.key, stored.size) == ("assets/one/a", 5)
    assert store.get("assets/one/a") == b"hello"
    assert b"".join(store.stream("assets/one/a")) == b"hello"
    seen = store.stat("assets/one/a")
    assert (seen.key, seen.size) == ("assets/one/a", 5)
    assert seen.etag
    assert '"' not in seen.etag
    assert abs((seen.modified - stored.modified).total_seconds()) < 60


def test_put_replaces(store: ObjectStore) -> None:
    store.put("assets/one/a", b"first")
    store.put("assets/one/a", b"second")
    assert store.get("assets/one/a") == b"second"
    assert store.stat("assets/one/a").size == 6


def test_an_empty_object(store: ObjectStore) -> None:
    store.put("assets/one/empty", b"")
    assert store.get("assets/one/empty") == b""
    assert store.get("assets/one/empty", 0, 10) == b""
    assert store.stat("assets/one/empty").size == 0


@pytest.mark.parametrize(
    ("start", "length", "expected"),
    [
        (0, None, b"0123456789"),
        (3, None, b"3456789"),
        (0, 4, b"0123"),
        (3, 4, b"3456"),
        (9, 1, b"9"),
        (8, 100, b"89"),
        (4, 0, b""),
        (10, 5, b""),
        (10, None, b""),
    ],
)
def test_ranges(store: ObjectStore, start: int, length: int | None, expected: bytes) -> None:
    store.put("assets/one/digits", b"0123456789")
    assert store.get("assets/one/digits", start, length) == expected
    assert b"".join(store.stream("assets/one/digits", start, length)) == expected


def test_files_and_objects_of_many_pieces(store: ObjectStore, tmp_path: Path) -> None:
    content = os.urandom(1024 * 1024) * 37
    path = tmp_path / "film"
    path.write_bytes(content)
    assert store.put_file("assets/one/film", path, "video/mp4").size == len(content)
    assert store.stat("assets/one/film").size == len(content)
    pieces = list(store.stream("assets/one/film"))
    assert len(pieces) > 1
    assert b"".join(pieces) == content


def test_a_stream_may_be_left_early(store: ObjectStore) -> None:
    store.put("assets/one/film", bytes(4 * FIVE_MEBIBYTES))
    for _ in range(40):
        stream = store.stream("assets/one/film")
        assert next(stream)
        stream.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "ask",
    [
        lambda store: store.get("assets/none"),
        lambda store: store.get("assets/none", 5, 5),
        lambda store: store.get("assets/none", 5, 0),
        lambda store: store.stream("assets/none"),
        lambda store: store.stat("assets/none"),
        lambda store: store.put_part("assets/none", "0123456789abcdef", 1, b"x"),
        lambda store: store.complete_multipart("assets/none", "0123456789abcdef", []),
    ],
)
def test_what_is_not_there(store: ObjectStore, ask: Callable[[ObjectStore], object]) -> None:
    with pytest.raises(ObjectNotFound):
        ask(store)


def test_list_and_remove(store: ObjectStore) -> None:
    keys = [f"assets/one/{number:04d}" for number in range(30)]
    for key in [*keys, "assets/two/a"]:
        store.put(key, b"x")
    assert [info.key for info in store.list("assets/one/")] == keys
    assert {info.size for info in store.list("assets/")} == {1}
    store.remove([*keys, "assets/never/was"])
    assert [info.key for info in store.list("assets/")] == ["assets/two/a"]
    assert list(store.list("assets/one/")) == []


def test_multipart(store: ObjectStore) -> None:
    upload_id = store.begin_multipart("assets/one/source", "video/mp4")
    first, second = os.urandom(FIVE_MEBIBYTES), b"the end"
    parts = [
        store.put_part("assets/one/source", upload_id, 1, first),
        store.put_part("assets/one/source", upload_id, 2, io.BytesIO(second)),
    ]
    assert [part.size for part in parts] == [len(first), len(second)]
    with pytest.raises(ObjectNotFound):
        store.stat("assets/one/source")
    done = store.complete_multipart("assets/one/source", upload_id, reversed(parts))
    assert done.size == len(first) + len(second)
    assert store.get("assets/one/source") == first + second
    again = store.complete_multipart("assets/one/source", upload_id, parts)
    assert again.size == done.size


def test_the_same_part_again(store: ObjectStore) -> None:
    upload_id = store.begin_multipart("assets/one/source")
    content = os.urandom(FIVE_MEBIBYTES)
    store.put_part("assets/one/source", upload_id, 1, content)
    part = store.put_part("assets/one/source", upload_id, 1, content)
    assert store.complete_multipart("assets/one/source", upload_id, [part]).size == len(content)


def test_abort(store: ObjectStore) -> None:
    upload_id = store.begin_multipart("assets/one/source")
    store.put_part("assets/one/source", upload_id, 1, b"x")
    assert upload_id in {pending.upload_id for pending in store.pending_multipart("assets/")}
    store.abort_multipart("assets/one/source", upload_id)
    store.abort_multipart("assets/one/source", upload_id)
    assert upload_id not in {pending.upload_id for pending in store.pending_multipart("assets/")}
    assert list(store.list("")) == []


def test_check_leaves_nothing_behind(store: ObjectStore) -> None:
    assert store.check()["endpoint"]
    assert list(store.list("")) == []


def test_folders_are_walked_from_where_one_left_off(store: ObjectStore) -> None:
    for name in ("b/1/x", "a/1/x", "a/2/y", "c/x", "loose"):
        store.put(f"walked/{name}", b"x")
    assert list(store.folders("walked/")) == ["walked/a/", "walked/b/", "walked/c/"]
    assert list(store.folders("walked/", "walked/a/")) == ["walked/b/", "walked/c/"]
    assert list(store.folders("walked/", "walked/bb/")) == ["walked/c/"]
    assert list(store.folders("walked/", "walked/c/")) == []
    assert list(store.folders("nothing/")) == []
