"""``lessonstream import``: a folder of lessons and a sheet that says what they are, brought into the service.

The sheet is checked as a whole before anything is sent. The same command again goes on where it was ended: what is done
is passed over, what failed is tried again.
"""

from __future__ import annotations

import argparse
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from urllib.parse import urlencode
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from rich.console import Console

from configs.settings import load_client_settings
from media_service.cli.client import Client, connect_to
from media_service.cli.import_courses import Courses
from media_service.cli.import_journal import Journal, JournalInvalid
from media_service.cli.import_report import Report, summary, write_results
from media_service.cli.import_row import Away, Bringer, Outcome, Wishes, invalid
from media_service.sheets.categories import CategoryNames, Named
from media_service.sheets.cells import Reading
from media_service.sheets.checking import Checked, Rules, check
from media_service.sheets.faults import Fault, SheetInvalid
from media_service.sheets.folder import Folder
from media_service.sheets.tables import Table, open_table
from storage.languages import language_tag


def run(options: argparse.Namespace) -> int:
    """Exit status 0 only if every row is there as the sheet has it."""
    try:
        return _import(options)
    except (SheetInvalid, JournalInvalid, OSError) as error:
        print(_told(error.fault) if isinstance(error, SheetInvalid) else error, file=sys.stderr)
        return 1


class _Service:
    """What is asked of the service before anything is sent, and only if it is needed."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options

    @cached_property
    def client(self) -> Client:
        settings = load_client_settings()
        return connect_to(settings.url, settings.key, connections=self._options.parallel)

    @cached_property
    def organization(self) -> str:
        own: str = self._options.organization or self.client.get("/v1/whoami")["organization"]["id"]
        return own

    @cached_property
    def categories(self) -> CategoryNames:
        asked = {"organization_id": self._options.organization} if self._options.organization else {}
        found = self.client.get(f"/v1/categories?{urlencode(asked)}")["categories"]
        named = [Named(each["id"], each["organization_id"], each["code"]) for each in found]
        return CategoryNames(self.organization, named)

    def category(self, name: str) -> str:
        """The ID of a category. Raises ``CellInvalid``."""
        return self.categories.find(name)


@dataclass
class _Found:
    """What the first look at a sheet has found."""

    outcomes: dict[int, Outcome] = field(default_factory=dict)
    """Of rows with faults, by number."""
    rows: int = 0
    size: int = 0
    """Of all rows without faults: how many they are, and the bytes of their files."""


def _import(options: argparse.Namespace) -> int:
    service, folder = _Service(options), Folder(options.folder)
    language = language_tag(options.language)
    zone = _zone(options.time_zone)
    if language is None or zone is None:
        print("There is no such language or time zone. / 没有这种语言或时区。", file=sys.stderr)
        return 2
    reading = Reading(zone, service.category)
    found = _look(options.sheet, folder, Rules(reading, language))
    if options.dry_run:
        if options.result:
            write_results(options.result, found.outcomes.values())
        print(
            f"{found.rows} rows can be imported, {len(found.outcomes)} cannot. / "
            f"{found.rows} 行可以导入，{len(found.outcomes)} 行有误。"
        )
        return 1 if found.outcomes else 0
    beside = options.sheet.with_name
    journal = Journal(
        options.journal or beside(f"{options.sheet.name}.journal"), service.client.url, service.organization
    )
    wishes = Wishes(options.organization, options.policy, language, options.publish)
    bringer = Bringer(service.client, journal, folder, wishes)
    outcomes = list(found.outcomes.values())
    try:
        with _table(options.sheet) as table, Report(Console(stderr=True), found.rows, found.size) as report:
            rows = (
                checked
                for checked in check(table, folder, Rules(reading, language, reads_texts=False))
                if not checked.row.faults and checked.row.number not in found.outcomes
            )
            courses = Courses()
            away = _carry(
                rows,
                bringer,
                report=report,
                outcomes=outcomes,
                courses=courses,
                parallel=options.parallel,
            )
        if not away:
            outcomes += courses.fill(service.client)
    finally:
        results = options.result or beside(f"{options.sheet.name}.result.csv")
        write_results(results, outcomes)
        journal.close()
    for outcome in sorted(outcomes, key=lambda each: each.number):
        if outcome.result == "failed":
            place, message = _place(outcome.number), outcome.message
            print(f"{place}: {outcome.code}: {message.en} / {message.zh}")
    print(f"{summary(outcomes)}\n{results}")
    if away:
        print(f"{away}\nThe same command goes on from here. / 再次运行同一命令即可继续。", file=sys.stderr)
    return 1 if away or any(each.result in ("failed", "invalid") for each in outcomes) else 0


def _look(sheet: Path, folder: Folder, rules: Rules) -> _Found:
    """Check all of it, and name every fault. Raises ``SheetInvalid``."""
    found = _Found()
    with _table(sheet) as table:
        if table.heads is not None and table.heads.unknown:
            unknown = ", ".join(table.heads.unknown)
            print(f"Columns that are not read / 未识别的列: {unknown}", file=sys.stderr)
        for checked in check(table, folder, rules):
            if checked.row.faults:
                found.outcomes[checked.row.number] = invalid(checked)
                for fault in checked.row.faults:
                    print(_told(fault))
            else:
                found.rows += 1
                found.size += checked.files.size if checked.files else 0
    if not found.rows and not found.outcomes:
        raise SheetInvalid(Fault("sheet_empty"))
    return found


def _carry(
    rows: Iterator[Checked],
    bringer: Bringer,
    *,
    report: Report,
    outcomes: list[Outcome],
    courses: Courses,
    parallel: int,
) -> str:
    """Bring rows in, several at a time. Returns why it ended early, or nothing."""
    ending: list[str] = []
    stopped, places = threading.Event(), threading.Semaphore(2 * parallel)

    def progress(number: int) -> Callable[[int], None]:
        def sent(so_far: int) -> None:
            if stopped.is_set():
                raise Away("stopped")
            report.sent(number, so_far)

        return sent

    def bring(checked: Checked) -> None:
        try:
            if stopped.is_set():
                return
            outcome = bringer.bring(checked, progress(checked.row.number))
            outcomes.append(outcome)
            courses.note(checked, outcome)
            size = checked.files.size if checked.files else 0
            report.finished(checked.row.number, size, carried=outcome.result != "unchanged")
        except Away as away:
            stopped.set()
            ending.append(str(away))
        except BaseException:
            stopped.set()
            raise
        finally:
            places.release()

    with ThreadPoolExecutor(parallel) as pool:
        pending: list[Future[None]] = []
        try:
            for checked in rows:
                places.acquire()
                if stopped.is_set():
                    break
                pending = [*(each for each in pending if not _is_over(each)), pool.submit(bring, checked)]
        finally:
            if sys.exc_info()[0] is not None:
                stopped.set()
    for each in pending:
        each.result()
    return ending[0] if ending else ""


def _is_over(carried: Future[None]) -> bool:
    """Whether a row is through; raises what nobody has expected."""
    return carried.done() and carried.result() is None


@contextmanager
def _table(sheet: Path) -> Iterator[Table]:
    with sheet.open("rb") as file:
        yield open_table(file, sheet.name)


def _told(fault: Fault) -> str:
    column = f", {fault.column}" if fault.column else ""
    return f"{_place(fault.row)}{column}: {fault.code}: {fault.message.en} / {fault.message.zh}"


def _place(row: int) -> str:
    return f"row {row} / 第 {row} 行" if row else "sheet / 表格"


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
