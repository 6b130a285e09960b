"""What workers keep of stored objects on their disk: the same bytes, read from the storage once, and never too many."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.memory import MemoryObjectStore
from workers.block_cache import BLOCK, IDLE_SECONDS, BlockCache, CachedReader
from workers.retries import Reads, RetryingReader

SIZE = 5 * BLOCK + 12_345
DATA = random.Random(7).randbytes(SIZE)
KEY = "source"


@pytest.fixture
def objects() -> MemoryObjectStore:
    made = MemoryObjectStore()
    made.put(KEY, DATA)
    return made


def reader(objects: MemoryObjectStore, folder: Path, most: int = 1 << 30) -> tuple[CachedReader, Reads]:
    """As another step has it, that knows the object's size."""
    reads = Reads()
    made = CachedReader(RetryingReader(objects, reads), BlockCache(folder, most), reads)
    made.stat(KEY)
    return made, reads


def blocks(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


@given(start=st.integers(0, SIZE + 10), length=st.integers(1, 3 * BLOCK))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
def test_any_part_is_what_is_stored(
    objects: MemoryObjectStore, tmp_path: Path, start: int, length: int
) -> None:
    found, _ = reader(objects, tmp_path / "blocks")
    pieces = list(found.stream(KEY, start, length))
    assert all(pieces), "an empty piece is the end for who reads"
    assert b"".join(pieces) == DATA[start : start + length]


def test_what_one_step_has_read_the_next_has_on_its_disk(objects: MemoryObjectStore, tmp_path: Path) -> None:
    first, reads = reader(objects, tmp_path)
    assert b"".join(first.stream(KEY, 0, SIZE)) == DATA
    assert (reads.requests, reads.stored, reads.kept) == (2, SIZE, 0)
    second, again = reader(objects, tmp_path)
    assert b"".join(second.stream(KEY, 100, SIZE)) == DATA[100:]
    assert (again.requests, again.stored, again.kept) == (1, 0, SIZE - 100)


def test_what_is_missing_between_is_read_at_once(objects: MemoryObjectStore, tmp_path: Path) -> None:
    first, _ = reader(objects, tmp_path)
    list(first.stream(KEY, 3 * BLOCK, 10))
    second, reads = reader(objects, tmp_path)
    assert b"".join(second.stream(KEY, 0, SIZE)) == DATA
    assert (reads.requests, reads.stored, reads.kept) == (3, SIZE - BLOCK, BLOCK)


@pytest.mark.parametrize("harm", [lambda data: data[:-9], lambda data: b"\0" * len(data), lambda _: b""])
def test_a_block_that_is_not_sound_is_read_anew(objects: MemoryObjectStore, tmp_path: Path, harm) -> None:  # type: ignore[no-untyped-def]
    first, _ = reader(objects, tmp_path)
    list(first.stream(KEY, 0, SIZE))
    for path in blocks(tmp_path):
        path.write_bytes(harm(path.read_bytes()))
    second, reads = reader(objects, tmp_path)
    assert b"".join(second.stream(KEY, 0, SIZE)) == DATA
    assert (reads.stored, reads.kept) == (SIZE, 0)
    third, reads = reader(objects, tmp_path)
    assert b"".join(third.stream(KEY, 0, SIZE)) == DATA
    assert (reads.stored, reads.kept) == (0, SIZE)


def test_whoever_stops_early_reads_no_more_and_leaves_nothing_half(
    objects: MemoryObjectStore, tmp_path: Path
) -> None:
    found, reads = reader(objects, tmp_path)
    pieces: Iterator[bytes] = found.stream(KEY, 0, SIZE)
    with closing(pieces):  # type: ignore[type-var]
        assert DATA.startswith(next(pieces))
    assert reads.stored < BLOCK
    assert not blocks(tmp_path)


def test_what_nobody_reads_goes_and_the_rest_is_bounded(objects: MemoryObjectStore, tmp_path: Path) -> None:
    found, _ = reader(objects, tmp_path)
    list(found.stream(KEY, 0, SIZE))
    [*others, idle] = blocks(tmp_path)
    long_ago = time.time() - IDLE_SECONDS - 60
    os.utime(idle, (long_ago, long_ago))
    BlockCache(tmp_path, 1 << 30).tidy()
    assert blocks(tmp_path) == others
    for age, path in enumerate(others):
        os.utime(path, (time.time() - age, time.time() - age))
    BlockCache(tmp_path, 2 * BLOCK + 100).tidy()
    assert blocks(tmp_path) == others[:2], "what was read last stays"


def test_without_a_disk_everything_is_read_from_the_storage(
    objects: MemoryObjectStore, tmp_path: Path
) -> None:
    broken = tmp_path / "blocks"
    found, reads = reader(objects, broken)
    broken.rmdir()
    broken.write_text("no folder")
    assert b"".join(found.stream(KEY, 0, SIZE)) == DATA
    assert (reads.stored, reads.kept) == (SIZE, 0)
    found, reads = reader(objects, tmp_path / "none", most=0)
    assert b"".join(found.stream(KEY, 0, SIZE)) == DATA
    assert not (tmp_path / "none").exists()


def test_of_an_object_of_unknown_size_what_is_kept_is_used(
    objects: MemoryObjectStore, tmp_path: Path
) -> None:
    reads = Reads()
    found = CachedReader(RetryingReader(objects, reads), BlockCache(tmp_path, 1 << 30), reads)
    assert b"".join(found.stream(KEY, 10, 20)) == DATA[10:30]
    assert reads.stored == 20
    assert not blocks(tmp_path)
    writer, _ = reader(objects, tmp_path)
    assert b"".join(writer.whole(KEY, SIZE)) == DATA
    for start, length in ((0, SIZE), (BLOCK - 1, 2), (SIZE - 5, 100), (4 * BLOCK, 2 * BLOCK)):
        assert b"".join(found.stream(KEY, start, length)) == DATA[start : start + length]
    assert (reads.requests, reads.stored) == (1, 20)
    blocks(tmp_path)[1].unlink()
    assert b"".join(found.stream(KEY, 0, SIZE)) == DATA
