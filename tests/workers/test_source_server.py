"""The server of one object, over a socket pair."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator

import pytest

from storage.memory import MemoryObjectStore
from storage.object_slices import FIRST_WINDOW, LARGEST_WINDOW, ObjectSlices, Slice
from storage.objects import ObjectNotFound, StorageError
from workers.source_server import (
    SourceServer,
    serve_file,
    serve_source,
)

CONTENT = bytes(range(256)) * 16 * 1024  # 4 MiB


@pytest.fixture
def source() -> Iterator[SourceServer]:
    objects = MemoryObjectStore()
    objects.put("source", CONTENT)
    with serve_source(objects, "source") as server:
        yield server


def connect(source: SourceServer) -> http.client.HTTPConnection:
    ours, theirs = socket.socketpair()
    source.answer(theirs)
    connection = http.client.HTTPConnection("tool")
    connection.sock = ours
    return connection


def test_whole_object_then_a_range_on_one_connection(source: SourceServer) -> None:
    connection = connect(source)
    connection.request("GET", "/source")
    response = connection.getresponse()
    assert (response.status, response.read()) == (200, CONTENT)
    connection.request("GET", "/source", headers={"Range": "bytes=5-9"})
    response = connection.getresponse()
    assert (response.status, response.read()) == (206, CONTENT[5:10])
    assert response.headers["Content-Range"] == f"bytes 5-9/{len(CONTENT)}"


def test_head_reads_nothing(source: SourceServer) -> None:
    connection = connect(source)
    connection.request("HEAD", "/source")
    response = connection.getresponse()
    assert (response.status, response.headers["Content-Length"]) == (200, str(len(CONTENT)))
    assert response.headers["Accept-Ranges"] == "bytes"
    response.read()
    assert source.bytes_read == 0


def test_range_outside_is_416(source: SourceServer) -> None:
    connection = connect(source)
    connection.request("GET", "/source", headers={"Range": f"bytes={len(CONTENT)}-"})
    response = connection.getresponse()
    assert (response.status, response.headers["Content-Range"]) == (416, f"bytes */{len(CONTENT)}")


def test_other_paths_are_404(source: SourceServer) -> None:
    connection = connect(source)
    connection.request("GET", "/source/../other")
    assert connection.getresponse().status == 404


def test_aborted_read_stops_reading_the_storage(source: SourceServer) -> None:
    connection = connect(source)
    connection.request("GET", "/source", headers={"Range": "bytes=0-"})
    assert connection.getresponse().read(100) == CONTENT[:100]
    connection.close()
    source.close()
    assert source.bytes_read <= 4 * FIRST_WINDOW
    source.check()


def test_missing_object() -> None:
    with pytest.raises(ObjectNotFound), serve_source(MemoryObjectStore(), "nothing"):
        pass


class Failing(MemoryObjectStore):
    """A storage that goes away after the first window."""

    def stream(self, key: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        if start:
            raise StorageError("the storage is away")
        return super().stream(key, start, length)


def test_failure_of_the_storage_is_remembered() -> None:
    objects = Failing()
    objects.put("source", CONTENT)
    with serve_source(objects, "source") as source:
        connection = connect(source)
        connection.request("GET", "/source")
        response = connection.getresponse()
        with pytest.raises(http.client.IncompleteRead):
            response.read()
        source.close()
        with pytest.raises(StorageError, match="the storage is away"):
            source.check()


def test_windows_grow_but_not_without_end() -> None:
    asked: list[int] = []

    class Recording(MemoryObjectStore):
        def stream(self, key: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
            asked.append(length or 0)
            return super().stream(key, start, length)

    objects = Recording()
    objects.put("source", bytes(32 * 1024 * 1024))
    with serve_source(objects, "source") as source:
        assert sum(map(len, source.stream(0, source.size))) == source.size
    assert asked[:3] == [FIRST_WINDOW, 2 * FIRST_WINDOW, 4 * FIRST_WINDOW]
    assert max(asked) == LARGEST_WINDOW


SLICED = CONTENT[10:700_010] + b"between" + CONTENT[3_000_000:3_000_001] + CONTENT[:2_000_000]


@pytest.fixture
def sliced() -> Iterator[SourceServer]:
    objects = MemoryObjectStore()
    objects.put("a", CONTENT)
    objects.put("b", b"[between]")
    slices = [
        Slice("a", 10, 700_000),
        Slice("b", 1, 7),
        Slice("b", 0, 0),
        Slice("a", 3_000_000, 1),
        Slice("a", 0, 2_000_000),
    ]
    with serve_file(ObjectSlices(objects, slices)) as server:
        yield server


@pytest.mark.parametrize(
    ("first", "last"), [(0, len(SLICED) - 1), (699_999, 700_008), (700_000, 700_006), (5, 5), (700_008, 9**9)]
)
def test_slices_of_several_objects_are_one_file(sliced: SourceServer, first: int, last: int) -> None:
    connection = connect(sliced)
    connection.request("GET", "/source", headers={"Range": f"bytes={first}-{last}"})
    response = connection.getresponse()
    assert (response.status, response.read()) == (206, SLICED[first : last + 1])
    assert response.headers["Content-Range"].endswith(f"/{len(SLICED)}")


def test_a_slice_that_its_object_does_not_hold_is_an_error() -> None:
    objects = MemoryObjectStore()
    objects.put("a", b"short")
    with pytest.raises(StorageError):
        b"".join(ObjectSlices(objects, [Slice("a", 0, 10)]).stream(0, 10))
