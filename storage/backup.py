"""The folder of a backup: objects, each copied once, and for each backup a dump of the catalogue and the list of the
objects that it names.

    objects/<key>                  what any of the backups names; keys are never written twice, so neither are files
    backups/<time>/catalogue.dump  pg_dump's custom format
    backups/<time>/objects.tsv     key, size and SHA-256, where known, of what this dump names
    backups/<time>.unfinished/     one that is being made, or was cut short

A backup gets its name when all that it names is there and on the disk. What a cut-short one has copied, the next one
need not copy again.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from storage.catalogue.inventory import NamedObject
from storage.objects import ObjectNotFound, ObjectStore

DUMP = "catalogue.dump"
_LIST = "objects.tsv"
_UNFINISHED = ".unfinished"
_AT_A_TIME = 4
_LISTED_AT_A_TIME = 1000


@dataclass(frozen=True)
class Listed:
    """An object as the list of a backup has it."""

    key: str
    size: int | None
    sha256: str | None


@dataclass
class Copied:
    """What a copy came to: ``bad`` are keys with what was wrong with each."""

    objects: int = 0
    bytes: int = 0
    known: int = 0
    bad: dict[str, str] = field(default_factory=dict)


class WrongBytes(Exception):
    """An object has not the bytes that the catalogue says."""


class FolderInUse(OSError):
    """Another backup is being made into the same folder."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other backups out of the folder. Raises ``FolderInUse``."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FolderInUse(f"another backup is being made into {folder}") from None
        yield


def begin(folder: Path) -> Path:
    """A folder for a new backup, and none of earlier ones that were cut short."""
    backups = folder / "backups"
    backups.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / "objects").mkdir(mode=0o700, exist_ok=True)
    for old in backups.glob(f"*{_UNFINISHED}"):
        shutil.rmtree(old)
    fresh = backups / f"{datetime.now(UTC):%Y-%m-%dT%H%M%SZ}{_UNFINISHED}"
    fresh.mkdir(mode=0o700)
    return fresh


def publish(unfinished: Path) -> Path:
    """Give a backup its name, once all of it is on the disk."""
    os.sync()
    finished = unfinished.with_name(unfinished.name.removesuffix(_UNFINISHED))
    unfinished.rename(finished)
    os.sync()
    return finished


def finished_backups(folder: Path) -> list[Path]:
    """Those that are whole, the oldest first."""
    found = folder.glob("backups/*")
    return sorted(path for path in found if path.is_dir() and path.suffix != _UNFINISHED)


def write_list(backup: Path, named: Iterable[NamedObject]) -> None:
    """Write down what the dump of a backup names."""
    with (backup / _LIST).open("w") as file:
        for each in named:
            file.write(f"{each.key}\t{'' if each.size is None else each.size}\t{each.sha256 or ''}\n")


def read_list(backup: Path) -> Iterator[Listed]:
    """What ``write_list`` wrote."""
    with (backup / _LIST).open() as file:
        for line in file:
            key, size, sha256 = line.rstrip("\n").split("\t")
            yield Listed(key, int(size) if size else None, sha256 or None)


def copy(folder: Path, backup: Path, objects: ObjectStore, tell: Callable[[Copied], None]) -> Copied:
    """Copy what a backup names and the folder has not yet; ``tell`` is called now and then."""
    return _each(read_list(backup), partial(_copy_one, folder / "objects", objects), tell)


def put_back(folder: Path, backup: Path, objects: ObjectStore, tell: Callable[[Copied], None]) -> Copied:
    """Store what a backup names and the bucket has not, or has in another size."""
    return _each(read_list(backup), partial(_put_back_one, folder / "objects", objects), tell)


def prune(folder: Path, keep: int) -> int:
    """Remove all backups but the newest ``keep``, and the objects that only those name; returns how many objects."""
    backups = finished_backups(folder)
    for old in backups[:-keep]:
        shutil.rmtree(old)
    needed = {listed.key for backup in backups[-keep:] for listed in read_list(backup)}
    root, count = folder / "objects", 0
    for path in root.rglob("*"):
        if path.is_file() and path.relative_to(root).as_posix() not in needed:
            path.unlink()
            count += 1
    return count


def _each(
    listed: Iterable[Listed], act: Callable[[Listed], int | None], tell: Callable[[Copied], None]
) -> Copied:
    """Act on each, several at a time. ``act`` returns the bytes it copied, None if there was nothing to do."""
    done, waiting = Copied(), iter(listed)

    def guarded(one: Listed) -> tuple[Listed, int | None, str]:
        try:
            return one, act(one), ""
        except (ObjectNotFound, FileNotFoundError):
            return one, None, "is not there"
        except WrongBytes as error:
            return one, None, str(error)

    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        while some := [one for _, one in zip(range(_LISTED_AT_A_TIME), waiting, strict=False)]:
            for one, size, wrong in pool.map(guarded, some):
                if wrong:
                    done.bad[one.key] = wrong
                elif size is None:
                    done.known += 1
                else:
                    done.objects += 1
                    done.bytes += size
            tell(done)
    return done


def _copy_one(root: Path, objects: ObjectStore, one: Listed) -> int | None:
    path = root / one.key
    if path.exists() and one.size in (None, path.stat().st_size):
        return None
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.new")
    digest = hashlib.sha256()
    try:
        with fresh.open("wb") as file:
            for piece in objects.stream(one.key):
                digest.update(piece)
                file.write(piece)
            size = file.tell()
        _require(one, size, digest.hexdigest())
        fresh.rename(path)
    finally:
        fresh.unlink(missing_ok=True)
    return size


def _put_back_one(root: Path, objects: ObjectStore, one: Listed) -> int | None:
    path = root / one.key
    size = path.stat().st_size
    try:
        if objects.stat(one.key).size == size:
            return None
    except ObjectNotFound:
        pass
    with path.open("rb") as file:
        _require(one, size, hashlib.file_digest(file, "sha256").hexdigest())
    objects.put_file(one.key, path)
    return size


def _require(one: Listed, size: int, sha256: str) -> None:
    if one.size not in (None, size):
        raise WrongBytes(f"has {size} bytes instead of {one.size}")
    if one.sha256 not in (None, sha256):
        raise WrongBytes("has other bytes than were stored")
