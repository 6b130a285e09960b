"""How an import begins: as an upload of which nobody sends the bytes."""

from __future__ import annotations

from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from media_service.changes import after_commit, transaction
from media_service.services import services
from media_service.uploads.lifecycle import begin
from media_service.uploads.protocol import Intake
from storage.catalogue import imports
from storage.catalogue.uploads import Transfer


def begin_import(intake: Intake, url: str) -> Transfer:
    """Make the asset or the version, and let a worker fetch its file. Raises what ``lifecycle.begin`` raises."""
    with transaction() as session:
        transfer = begin(intake)
        imports.create(session, transfer.version_id, url)
        after_commit(services().wake)
        return transfer


def name_in(url: str) -> str:
    """The file's name as its address has it."""
    return PurePosixPath(unquote(urlsplit(url).path)).name or "import"


def whose(url: str) -> str:
    """The address without what may be a secret in it: path and query."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/…"
