"""``lessonstream backup DIR``: the catalogue and all objects that it names, while everything runs."""

from __future__ import annotations

import argparse
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from configs.settings import Settings
from media_service.cli import catalogue_dump
from media_service.cli.catalogue_dump import DumpFailed
from media_service.cli.installation import load_installation_settings
from storage import backup
from storage.backup import Copied
from storage.catalogue import backups
from storage.catalogue.database import connect
from storage.catalogue.inventory import named_objects
from storage.keys import version_prefix
from storage.objects import StorageError
from storage.s3 import S3ObjectStore

Dump = Callable[[str, str, Path], None]
"""Database URL, snapshot, file: as ``catalogue_dump.dump``."""


class HoldLost(Exception):
    """Removals were not held all the time, so the copy may lack what the dump names."""


def run(options: argparse.Namespace) -> int:
    """Exit status 0 only if all that the catalogue names is in the copy."""
    settings = load_installation_settings(options.data)
    try:
        finished, copied = make(settings, options.folder, told=_tell)
        removed = backup.prune(options.folder, options.keep) if options.keep > 0 else 0
    except (DumpFailed, HoldLost, StorageError, SQLAlchemyError, OSError) as error:
        print(
            f"No backup was made: {error}\nRun it again: what was copied is not copied again. / "
            "备份未完成，请再次运行；已复制的内容不会重复复制。",
            file=sys.stderr,
        )
        return 1
    print(
        f"\n{finished}: {copied.objects} objects copied ({copied.bytes} bytes), {copied.known} were there"
        + f", {removed} removed" * (removed > 0)
        + ".\nKeep SECRET_KEY elsewhere, too (`.env`, or `stack.json` of the data folder). / 请另行保存 SECRET_KEY。"
    )
    for key, problem in copied.bad.items():
        print(f"{key} {problem}", file=sys.stderr)
    if copied.bad:
        print("See `lessonstream doctor --deep`. / 请运行 `lessonstream doctor --deep`。", file=sys.stderr)
    return 1 if copied.bad else 0


def make(
    settings: Settings,
    folder: Path,
    *,
    dump: Dump = catalogue_dump.dump,
    told: Callable[[Copied], None] = lambda _copied: None,
) -> tuple[Path, Copied]:
    """Make one backup; returns where it is and what had to be copied.

    Raises ``DumpFailed``, ``HoldLost``, ``StorageError``, ``SQLAlchemyError`` and ``OSError``.
    """
    engine = connect(settings.database_url)
    try:
        with backup.locked(folder), _removals_held(sessionmaker(engine)) as require_hold:
            unfinished = backup.begin(folder)
            unreadable: dict[str, str] = {}

            def note(asset_id: str, version_id: str) -> None:
                unreadable[version_prefix(asset_id, version_id)] = "has chunks of which nothing can be read"

            # One snapshot for both: the list is exactly what the dump names.
            with Session(engine.execution_options(isolation_level="REPEATABLE READ")) as session:
                snapshot = session.execute(text("SELECT pg_export_snapshot()")).scalar_one()
                dump(settings.database_url, snapshot, unfinished / backup.DUMP)
                backup.write_list(unfinished, named_objects(session, note))
            copied = backup.copy(folder, unfinished, S3ObjectStore.of(settings), told)
            copied.bad |= unreadable
            require_hold()
            return backup.publish(unfinished), copied
    finally:
        engine.dispose()


@contextmanager
def _removals_held(sessions: sessionmaker[Session]) -> Iterator[Callable[[], None]]:
    """Keep all objects where they are. What is given raises ``HoldLost`` if some may be gone."""
    with sessions.begin() as session:
        backup_id = backups.begin(session)
    over, lost = threading.Event(), threading.Event()

    def renew() -> None:
        with sessions.begin() as session:
            if not backups.renew(session, backup_id):
                lost.set()

    def keep() -> None:
        while not over.wait(backups.HOLD.total_seconds() / 10):
            try:
                renew()
            except SQLAlchemyError:
                continue  # the catalogue is away; the next try tells whether for too long

    def require() -> None:
        renew()
        if lost.is_set():
            raise HoldLost("objects may have been removed meanwhile, the catalogue was away for too long")

    keeper = threading.Thread(target=keep, name="backup-hold", daemon=True)
    keeper.start()
    finished = False
    try:
        yield require
        finished = True
    finally:
        over.set()
        keeper.join()
        with sessions.begin() as session:
            backups.end(session, backup_id, finished=finished)


def _tell(copied: Copied) -> None:
    """Progress, in one line of a terminal."""
    if sys.stdout.isatty():
        print(f"\r{copied.objects + copied.known} objects, {copied.bytes} bytes copied", end="", flush=True)
