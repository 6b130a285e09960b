"""``lessonstream restore DIR``: a backup becomes what is there, and is compared afterwards."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from configs.logging import setup_logging
from configs.settings import Settings, load_settings, process_environment
from media_service.cli import catalogue_dump, deep_check
from media_service.cli.catalogue_dump import DumpFailed
from media_service.cli.findings import report
from media_service.cli.installation import choose_folder, complete, find_installation
from media_service.cli.migrate import prepare
from media_service.cli.up import start_servers
from storage import backup
from storage.catalogue import events, keeping, recording
from storage.catalogue.database import connect
from storage.catalogue.models import Asset
from storage.embedded import data_folder
from storage.embedded.data_folder import DataFolderInUse
from storage.embedded.servers import ServerMissing
from storage.embedded.supervisor import StartError, StopRequested, Supervisor
from storage.objects import StorageError
from storage.s3 import S3ObjectStore

_SERVERS = {"DATABASE_URL", "REDIS_URL", "S3_ENDPOINT"}


class Refused(Exception):
    """Restoring would do harm; the text says what to do first, in English and Chinese."""


def run(options: argparse.Namespace) -> int:
    """Exit status 0 only if all that the restored catalogue names is in the bucket."""
    try:
        newest = _newest(options.folder)
        if options.objects:
            settings = find_installation(options.data).settings()
            _put_back(settings, options.folder, newest)
            return report(list(deep_check.examine(settings)))
        with _servers(options.data) as settings:
            _require_rest(settings, replace=options.replace)
            _load(settings, newest)
            _put_back(settings, options.folder, newest)
            return report(list(deep_check.examine(settings)))
    except Refused as error:
        print(error, file=sys.stderr)
        return 2
    except (DumpFailed, DataFolderInUse, ServerMissing, StartError, StopRequested) as error:
        print(error, file=sys.stderr)
    except (StorageError, SQLAlchemyError, OSError) as error:
        print(f"Not restored: {error}. It can be run again. / 恢复未完成，可以再次运行。", file=sys.stderr)
    return 1


def _newest(folder: Path) -> Path:
    found = backup.finished_backups(folder)
    if not found:
        raise Refused(f"{folder} holds no finished backup. / 该目录中没有完整的备份。")
    return found[-1]


@contextmanager
def _servers(data: Path | None) -> Iterator[Settings]:
    """The servers that the environment names, or those of the embedded stack, started for this alone."""
    environment = process_environment()
    if environment.keys() >= _SERVERS:
        yield load_settings(environment)
        return
    folder = choose_folder(data)
    lock = data_folder.lock_folder(folder)
    stack = data_folder.open_stack(folder)
    setup_logging("WARNING")
    supervisor = Supervisor(folder / "logs")
    try:
        start_servers(supervisor, folder, stack, lock, environment)
        yield load_settings({**complete(environment, stack), "DATA_DIR": str(folder)})
    finally:
        supervisor.stop()


def _require_rest(settings: Settings, *, replace: bool) -> None:
    """Refuse to pull the catalogue away from processes at work, or to throw one away unasked."""
    engine = connect(settings.database_url)
    try:
        with Session(engine) as session:
            if session.execute(text("SELECT to_regclass('assets')")).scalar_one() is None:
                return
            if session.execute(text("SELECT to_regclass('keeper_tasks')")).scalar_one() and keeping.is_led(
                session
            ):
                raise Refused(
                    "A keeper is at work: stop web, workers and keeper, and wait for half a minute. / "
                    "请先停止 web、worker 与 keeper，并等待半分钟。"
                )
            if not replace and session.execute(select(Asset.id).limit(1)).first() is not None:
                raise Refused(
                    "The catalogue has assets. Add --replace to give it up. / 已有课程；确认放弃请加 --replace。"
                )
    finally:
        engine.dispose()


def _load(settings: Settings, newest: Path) -> None:
    """The dump in place of whatever is there, brought up to date if it comes from an earlier release."""
    print(f"Restoring {newest}… / 正在恢复……", flush=True)
    engine = connect(settings.database_url)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    catalogue_dump.load(settings.database_url, newest / backup.DUMP)
    prepare(settings)
    engine = connect(settings.database_url)
    with Session(engine) as session, session.begin():
        events.settle_foreign(session)
        recording.begin_anew(session)
    engine.dispose()


def _put_back(settings: Settings, folder: Path, newest: Path) -> None:
    copied = backup.put_back(folder, newest, S3ObjectStore.of(settings), lambda _copied: None)
    print(f"{copied.objects} objects put back ({copied.bytes} bytes), {copied.known} were there.")
    for key, problem in copied.bad.items():
        print(f"{key} in the backup {problem}", file=sys.stderr)
