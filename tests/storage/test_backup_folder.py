"""The folder of a backup, over an object storage in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import pytest

from storage import backup
from storage.backup import Copied
from storage.catalogue.inventory import NamedObject
from storage.memory import MemoryObjectStore
from storage.objects import StorageError


def named(key: str, data: bytes | None) -> NamedObject:
    known = (None, None) if data is None else (len(data), hashlib.sha256(data).hexdigest())
    return NamedObject("asset", "version", "chunk", key, *known)


@pytest.fixture
def objects() -> MemoryObjectStore:
    store = MemoryObjectStore()
    for name in ("one", "two", "three"):
        store.put(f"assets/a/v/{name}", name.encode())
    return store


def make(folder: Path, objects: MemoryObjectStore, listed: Iterable[NamedObject]) -> tuple[Path, Copied]:
    unfinished = backup.begin(folder)
    backup.write_list(unfinished, listed)
    copied = backup.copy(folder, unfinished, objects, lambda _copied: None)
    finished = backup.publish(unfinished)
    # Two within a second would have one name.
    return finished.rename(finished.with_name(f"{len(backup.finished_backups(folder))}")), copied


ONE, TWO, THREE = (named(f"assets/a/v/{name}", name.encode()) for name in ("one", "two", "three"))


def test_only_what_is_new_is_copied(tmp_path: Path, objects: MemoryObjectStore) -> None:
    _, first = make(tmp_path, objects, [ONE, TWO])
    assert (first.objects, first.bytes, first.known) == (2, 6, 0)
    _, second = make(tmp_path, objects, [ONE, TWO, THREE])
    assert (second.objects, second.bytes, second.known) == (1, 5, 2)
    assert (tmp_path / "objects/assets/a/v/three").read_bytes() == b"three"


def test_one_that_was_cut_short_is_none_and_leaves_its_objects_to_the_next(
    tmp_path: Path, objects: MemoryObjectStore
) -> None:
    class Breaks(MemoryObjectStore):
        def stream(self, key: str, start: int = 0, length: int | None = None):  # type: ignore[no-untyped-def]
            if key.endswith("three"):
                raise StorageError("away")
            return objects.stream(key, start, length)

    with pytest.raises(StorageError):
        make(tmp_path, Breaks(), [ONE, TWO, THREE])
    assert backup.finished_backups(tmp_path) == []
    _, copied = make(tmp_path, objects, [ONE, TWO, THREE])
    assert (copied.objects, copied.known) == (1, 2)
    assert len(list((tmp_path / "backups").iterdir())) == 1


def test_what_is_lost_or_damaged_is_told_and_not_kept(tmp_path: Path, objects: MemoryObjectStore) -> None:
    objects.put(TWO.key, b"twO")
    objects.put(THREE.key, b"th")
    _, copied = make(tmp_path, objects, [ONE, TWO, THREE, named("assets/a/v/four", b"four")])
    assert copied.objects == 1
    assert copied.bad == {
        TWO.key: "has other bytes than were stored",
        THREE.key: "has 2 bytes instead of 5",
        "assets/a/v/four": "is not there",
    }
    assert [path.name for path in (tmp_path / "objects").rglob("*") if path.is_file()] == ["one"]


def test_older_backups_go_with_what_only_they_name(tmp_path: Path, objects: MemoryObjectStore) -> None:
    make(tmp_path, objects, [ONE])
    make(tmp_path, objects, [TWO])
    make(tmp_path, objects, [TWO, THREE])
    assert backup.prune(tmp_path, 2) == 1
    assert len(backup.finished_backups(tmp_path)) == 2
    kept = {path.name for path in (tmp_path / "objects").rglob("*") if path.is_file()}
    assert kept == {"two", "three"}


def test_put_back_stores_what_is_missing_and_no_damaged_copy(
    tmp_path: Path, objects: MemoryObjectStore
) -> None:
    finished, _ = make(tmp_path, objects, [ONE, TWO, THREE])
    objects.remove([ONE.key, TWO.key])
    (tmp_path / "objects" / TWO.key).write_bytes(b"twO")
    copied = backup.put_back(tmp_path, finished, objects, lambda _copied: None)
    assert (copied.objects, copied.known) == (1, 1)
    assert copied.bad == {TWO.key: "has other bytes than were stored"}
    assert objects.get(ONE.key) == b"one"
