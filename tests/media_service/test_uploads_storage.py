"""Uploads on an object storage that breaks, fills up and goes away: Flask's test client, a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import BinaryIO

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker
from tus import OCTETS, VERSION, noise
from werkzeug.test import TestResponse

from configs.settings import load_settings
from media_service.app import create_app
from media_service.services import Services
from media_service.uploads.part import MEMORY
from media_service.uploads.protocol import USUAL_PART_SIZE
from media_service.uploads.receive import receiver
from storage.catalogue.models import UploadPiece
from storage.catalogue.organizations import create_api_key, create_organization
from storage.memory import MemoryObjectStore
from storage.objects import ObjectInfo, ObjectNotFound, Part, StorageError, StorageFull


class AilingStore(MemoryObjectStore):
    """``fault`` is what it answers to everything; ``broken`` are multipart uploads that take no more parts. ``written``
    counts bytes."""

    def __init__(self) -> None:
        super().__init__()
        self.fault: StorageError | None = None
        self.breaks_new_ones = False
        self.broken: set[str] = set()
        self.loses_parts = False
        self.cuts_short = False
        self.written = 0

    def put(self, key: str, data: bytes, content_type: str = "") -> ObjectInfo:
        if self.fault:
            raise self.fault
        self.written += len(data)
        return super().put(key, data, content_type)

    def begin_multipart(self, key: str, content_type: str = "") -> str:
        begun = super().begin_multipart(key, content_type)
        if self.breaks_new_ones:
            self.broken.add(begun)
        return begun

    def put_part(self, key: str, upload_id: str, number: int, data: bytes | BinaryIO) -> Part:
        if self.fault or upload_id in self.broken:
            raise self.fault or StorageError("500 InternalError")
        assert isinstance(data, bytes)
        self.written += len(data)
        return super().put_part(key, upload_id, number, data)

    def complete_multipart(self, key: str, upload_id: str, parts: Iterable[Part]) -> ObjectInfo:
        if self.loses_parts:
            self.loses_parts = False
            raise ObjectNotFound("InvalidPart")
        done = super().complete_multipart(key, upload_id, parts)
        if self.cuts_short:
            self.cuts_short = False
            done = super().put(key, self.get(key)[:1000])
        return done

    def break_unfinished(self) -> None:
        """As a full disk leaves them."""
        self.broken = {pending.upload_id for pending in self.pending_multipart()}


@dataclass
class Uploader:
    client: FlaskClient
    objects: AilingStore
    key: dict[str, str]
    data: bytes = field(default_factory=lambda: noise(3 * USUAL_PART_SIZE))

    def create(self) -> str:
        length = {"Upload-Length": str(len(self.data))}
        answer = self.client.post("/v1/uploads", headers={**self.key, **VERSION, **length})
        return str(answer.headers["Location"])

    def send(self, path: str, offset: int, end: int | None = None) -> TestResponse:
        headers = {**self.key, **VERSION, "Content-Type": OCTETS, "Upload-Offset": str(offset)}
        return self.client.patch(path, data=self.data[offset:end], headers=headers)

    def offset(self, path: str) -> int:
        return int(self.client.head(path, headers={**self.key, **VERSION}).headers["Upload-Offset"])

    def sends_all_again(self, path: str) -> bool:
        self.objects.breaks_new_ones = False
        whole = self.offset(path) == 0 and self.send(path, 0).status_code == 204
        return whole and not list(self.objects.pending_multipart())


@pytest.fixture
def uploader(sessions: sessionmaker[Session]) -> Uploader:
    unused = {"S3_ENDPOINT": "http://unused", "S3_ACCESS_KEY": "unused", "S3_SECRET_KEY": "unused"}
    settings = load_settings(
        {
            **unused,
            "DATABASE_URL": "postgresql://unused/unused",
            "REDIS_URL": "redis://unused",
            "SECRET_KEY": "not a secret: only for tests, 32+",
        }
    )
    objects = AilingStore()
    app = create_app(Services(settings, sessions, objects, lambda: None, lambda: None))
    with sessions.begin() as session:
        organization = create_organization(session, "学校")
        key = create_api_key(session, organization.id, "author", "test")[1]
    return Uploader(app.test_client(), objects, {"Authorization": f"Bearer {key}"})


def test_small_pieces_are_not_stored_again_and_again(
    uploader: Uploader, sessions: sessionmaker[Session]
) -> None:
    uploader.data, piece = uploader.data[: USUAL_PART_SIZE * 9 // 8], 100_000
    path = uploader.create()
    for offset in range(0, len(uploader.data), piece):
        assert uploader.send(path, offset, offset + piece).status_code == 204
    [source] = uploader.objects.list("")
    assert uploader.objects.get(source.key) == uploader.data
    # As a tail, as parts and, by this store alone, as a whole.
    assert uploader.objects.written < 3 * len(uploader.data)
    with sessions() as session:
        own = select(UploadPiece.start).where(UploadPiece.upload_id == path.rpartition("/")[2])
        assert not session.scalars(own).all()


def test_pieces_of_an_upload_that_starts_over_are_forgotten(uploader: Uploader) -> None:
    path = uploader.create()
    assert uploader.send(path, 0, USUAL_PART_SIZE).status_code == 204
    assert uploader.send(path, USUAL_PART_SIZE, USUAL_PART_SIZE + 1000).status_code == 204
    uploader.objects.break_unfinished()
    assert uploader.send(path, USUAL_PART_SIZE + 1000).status_code == 409
    uploader.objects.breaks_new_ones = False
    for offset, end in ((0, 1000), (1000, 5000), (5000, None)):
        assert uploader.send(path, offset, end).status_code == 204
    [source] = uploader.objects.list("")
    assert uploader.objects.get(source.key) == uploader.data


def test_an_upload_whose_parts_are_refused_for_ever_starts_over(uploader: Uploader) -> None:
    path = uploader.create()
    assert uploader.send(path, 0, USUAL_PART_SIZE).status_code == 204
    uploader.objects.break_unfinished()
    answer = uploader.send(path, USUAL_PART_SIZE)
    assert (answer.status_code, answer.json["code"]) == (409, "upload_offset_mismatch")
    assert answer.headers["Upload-Offset"] == "0"
    assert uploader.sends_all_again(path)


def test_a_source_that_a_power_cut_left_incomplete_is_not_taken(uploader: Uploader) -> None:
    path = uploader.create()
    uploader.objects.cuts_short = True
    answer = uploader.send(path, 0)
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (409, "0")
    assert uploader.sends_all_again(path)


def test_also_when_it_breaks_at_its_first_part(uploader: Uploader) -> None:
    path = uploader.create()
    uploader.objects.breaks_new_ones = True
    assert uploader.send(path, 0).status_code == 409
    assert uploader.sends_all_again(path)


def test_and_when_a_part_is_found_missing_at_the_end(uploader: Uploader) -> None:
    path = uploader.create()
    uploader.objects.loses_parts = True
    assert uploader.send(path, 0).status_code == 409
    assert uploader.sends_all_again(path)


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (StorageError("does not answer"), 503, "storage_unavailable"),
        (StorageFull("XMinioStorageFull"), 507, "storage_full"),
    ],
)
def test_a_storage_that_takes_nothing_costs_nothing(
    uploader: Uploader, fault: StorageError, status: int, code: str
) -> None:
    path = uploader.create()
    assert uploader.send(path, 0, USUAL_PART_SIZE).status_code == 204
    uploader.objects.fault = fault
    answer = uploader.send(path, USUAL_PART_SIZE)
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert "Retry-After" in answer.headers
    uploader.objects.fault = None
    assert uploader.offset(path) == USUAL_PART_SIZE
    assert uploader.send(path, USUAL_PART_SIZE).status_code == 204


def test_a_file_in_one_request_is_asked_for_again_and_leaves_no_asset(uploader: Uploader) -> None:
    uploader.objects.breaks_new_ones = True
    answer = uploader.client.put("/v1/assets/lesson.mp4", data=uploader.data, headers=uploader.key)
    assert (answer.status_code, answer.json["code"]) == (503, "upload_lost")
    assert answer.headers["Retry-After"]
    assert uploader.client.get("/v1/assets", headers=uploader.key).json["assets"] == []
    uploader.objects.breaks_new_ones = False
    again = uploader.client.put("/v1/assets/lesson.mp4", data=uploader.data, headers=uploader.key)
    assert again.status_code == 201


def test_what_cannot_be_stored_takes_no_memory_afterwards(uploader: Uploader) -> None:
    """Neither the part that the storage refused nor the one that arrived meanwhile."""
    uploader.objects.fault = StorageError("away")
    assert uploader.send(uploader.create(), 0).status_code == 503
    with uploader.client.application.app_context():
        assert receiver().room.take(MEMORY)
