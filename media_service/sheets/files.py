"""The files of a row: looked at before anything is sent, by the rules of the service that takes them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from media_service.sheets.chapters import chapters_as_webvtt
from media_service.sheets.columns import FILE
from media_service.sheets.faults import CellInvalid
from media_service.sheets.folder import Folder, Sidecars
from media_service.sheets.rows import RowValues
from media_service.uploads.protocol import is_refused_type, type_by_extension
from storage.catalogue.pictures import picture_type
from storage.tracks.cue import MAX_BYTES as MOST_OF_A_TRACK
from storage.tracks.cue import MESSAGES
from storage.tracks.read import read

MOST_OF_A_PICTURE: Final = 10 * 1024 * 1024


@dataclass(frozen=True)
class RowFiles:
    """What a row brings: ``file`` as a path in the folder, of ``size`` bytes and last changed at ``changed``
    (nanoseconds); captions by their language, which none of them lacks any more."""

    file: str
    size: int
    changed: int
    captions: dict[str, str]
    chapters: str | None
    poster: str | None

    @property
    def sidecars(self) -> list[str]:
        """All that lies beside the file."""
        return [*self.captions.values(), *filter(None, (self.chapters, self.poster))]


def look(row: RowValues, folder: Folder, language: str, *, reads_texts: bool = True) -> RowFiles | None:
    """What a row brings, noting in it what is wrong with that; None if there is no file. ``language`` is that of texts
    that name none, unless the row names that of the lesson; without ``reads_texts`` what lies beside is not opened."""
    if not row.file:
        return None
    try:
        found = folder.find(row.file)
        status = folder.path(found).stat()
    except CellInvalid as invalid:
        row.fault(invalid.code, FILE, **invalid.words)
        return None
    except OSError:
        row.fault("file_not_found", FILE)
        return None
    if status.st_size == 0:
        row.fault("file_empty", FILE)
    elif is_refused_type(type_by_extension(found)):
        row.fault("file_refused", FILE)
    beside = folder.beside(found)
    spoken = row.changes.get("language") or language
    captions = {tag or spoken: path for tag, path in sorted(beside.captions.items(), reverse=True)}
    if beside.twice or len(captions) < len(beside.captions):
        row.fault("captions_twice", file=beside.twice or beside.captions[""])
    if reads_texts:
        _look_beside(row, folder, beside)
    return RowFiles(found, status.st_size, status.st_mtime_ns, captions, beside.chapters, beside.poster)


def digest(row: RowValues, files: RowFiles, folder: Folder) -> str:
    """By what a row is known to be the same as when it was carried out: its values, and what lies beside its file."""
    stats = [(path, folder.path(path).stat()) for path in sorted(files.sidecars)]
    said = [
        row.changes,
        files.file,
        [(path, status.st_size, status.st_mtime_ns) for path, status in stats],
        sorted(files.captions.items()),
    ]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:32]


def _look_beside(row: RowValues, folder: Folder, beside: Sidecars) -> None:
    for path in beside.captions.values():
        data = _read(row, folder.path(path), MOST_OF_A_TRACK)
        if data is not None and (faults := read(data).faults):
            first = faults[0]
            row.fault("captions_invalid", file=path, line=str(first.line), reason=MESSAGES[first.code])
    if beside.chapters is not None:
        data = _read(row, folder.path(beside.chapters), MOST_OF_A_TRACK)
        if data is not None:
            try:
                chapters_as_webvtt(data, beside.chapters)
            except CellInvalid as invalid:
                row.fault(invalid.code, "", **invalid.words)
    if beside.poster is not None:
        place = folder.path(beside.poster)
        with place.open("rb") as picture:
            is_picture = picture_type(picture.read(16)) is not None
        if not is_picture:
            row.fault("picture_refused", file=beside.poster)
        elif place.stat().st_size > MOST_OF_A_PICTURE:
            row.fault("picture_too_large", file=beside.poster, limit=f"{MOST_OF_A_PICTURE // 2**20} MiB")


def _read(row: RowValues, path: Path, most: int) -> bytes | None:
    with path.open("rb") as file:
        data = file.read(most + 1)
    if len(data) <= most:
        return data
    row.fault("captions_too_large", file=path.name, limit=f"{most // 2**20} MiB")
    return None
