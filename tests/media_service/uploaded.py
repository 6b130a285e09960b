"""What a stack has of an upload, past its API."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker
from support import RunningStack
from tus import sessions_of

from storage.catalogue.models import Step, Upload, Version
from storage.keys import source_key, upload_prefix
from storage.s3 import S3ObjectStore


@dataclass(frozen=True)
class Inside:
    """What a test may look at behind the API."""

    sessions: sessionmaker[Session]
    objects: S3ObjectStore

    def version(self, path: str) -> Version:
        with self.sessions() as session:
            return session.execute(
                select(Version).join(Upload).where(Upload.id == path.rpartition("/")[2])
            ).scalar_one()

    def source(self, path: str) -> bytes:
        version = self.version(path)
        return self.objects.get(source_key(version.asset_id, version.id))

    def check(self, path: str, data: bytes) -> None:
        """The source is what was sent, it is queued once, and nothing else is left."""
        version = self.version(path)
        assert version.state != "uploading"
        assert version.source_size == len(data)
        assert version.source_sha256 == hashlib.sha256(data).hexdigest()
        assert self.source(path) == data
        assert list(self.objects.list(upload_prefix(path.rpartition("/")[2]))) == []
        assert list(self.objects.pending_multipart(source_key(version.asset_id, version.id))) == []
        with self.sessions() as session:
            steps = session.execute(select(Step).where(Step.version_id == version.id, Step.kind == "inspect"))
            assert len(steps.all()) == 1


@pytest.fixture(scope="module")
def inside(stack: RunningStack) -> Iterator[Inside]:
    sessions = sessions_of(stack)
    yield Inside(sessions, stack.objects)
    sessions.kw["bind"].dispose()
