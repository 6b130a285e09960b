"""Uploads by clients that others wrote: tuspy and resumable-upload, with checksums, in parallel, interrupted."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
import resumable_upload
import tusclient.client
from support import RunningStack
from tus import Tus, noise
from uploaded import Inside, inside

from media_service.uploads.protocol import MEBIBYTE

pytestmark = pytest.mark.integration

__all__ = ["inside"]

SIZE = 21 * MEBIBYTE + 5


@pytest.fixture(scope="module")
def tus(stack: RunningStack) -> Tus:
    return Tus(stack)


@pytest.fixture(scope="module")
def data() -> bytes:
    return noise(SIZE)


@pytest.fixture(scope="module")
def file(data: bytes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("file") / "第一课.mp4"
    path.write_bytes(data)
    return path


def resumable(stack: RunningStack, **options: Any) -> resumable_upload.TusClient:
    headers = {"Authorization": f"Bearer {stack.api_key}"}
    return resumable_upload.TusClient(stack.url + "/v1/uploads", headers=headers, **options)


@pytest.mark.parametrize("with_checksums", [False, True])
def test_tuspy(tus: Tus, inside: Inside, data: bytes, *, with_checksums: bool) -> None:
    client = tusclient.client.TusClient(
        tus.stack.url + "/v1/uploads", headers={"Authorization": f"Bearer {tus.stack.api_key}"}
    )
    uploader = client.uploader(
        file_stream=io.BytesIO(data),
        chunk_size=6 * MEBIBYTE,
        metadata={"filename": "第一课.mp4"},
        upload_checksum=with_checksums,
    )
    uploader.upload_chunk()
    assert uploader.url is not None
    resumed = client.uploader(
        file_stream=io.BytesIO(data),
        chunk_size=50 * MEBIBYTE,
        url=uploader.url,
        upload_checksum=with_checksums,
    )
    resumed.upload()
    path = uploader.url.removeprefix(tus.stack.url)
    inside.check(path, data)
    assert inside.version(path).file_name == "第一课.mp4"


@pytest.mark.parametrize(
    "options",
    [
        {"checksum": False},
        {"checksum": True},
        {"checksum": "sha256", "override_patch_method": True, "add_request_id": True},
    ],
)
def test_resumable_upload(tus: Tus, inside: Inside, file: Path, data: bytes, options: dict[str, Any]) -> None:
    client = resumable(tus.stack, chunk_size=5 * MEBIBYTE, **options)
    url = client.upload_file(str(file), metadata={"filename": file.name}, stop_at=7 * MEBIBYTE)
    path = url.removeprefix(tus.stack.url)
    assert 0 < tus.offset(path) < SIZE
    client.resume_upload(str(file), url)
    inside.check(path, data)


def test_resumable_upload_in_parallel(tus: Tus, inside: Inside, file: Path, data: bytes) -> None:
    client = resumable(tus.stack, chunk_size=5 * MEBIBYTE)
    url = client.upload_file(str(file), metadata={"filename": file.name}, parallel_uploads=3)
    path = url.removeprefix(tus.stack.url)
    inside.check(path, data)
    assert inside.version(path).file_name == file.name


def test_resumable_upload_ends_one(tus: Tus, file: Path) -> None:
    client = resumable(tus.stack, chunk_size=MEBIBYTE)
    url = client.upload_file(str(file), stop_at=MEBIBYTE)
    client.delete_upload(url)
    assert tus.send("HEAD", url.removeprefix(tus.stack.url)).status == 404
