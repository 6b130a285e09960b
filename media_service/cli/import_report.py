"""How far an import is, as people see it, and what became of each row, as a table."""

from __future__ import annotations

import csv
import io
import os
import threading
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.live import Live
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from media_service.cli.import_row import Outcome, Result
from media_service.sheets.formulas import MARK, guarded

_HEADS: Final = (
    "row", "file", "external_id", "result", "asset_id", "code", "message_en", "message_zh", "duplicate_of",
)  # fmt: skip
_EVERY: Final = 10.0
"""Seconds between two lines where no terminal shows a bar."""

_OF_A_FILE: Final = 200_000
"""Bytes that are sent in the time that a file takes however small it is."""


class Report:
    """Progress of ``rows`` rows with ``size`` bytes; it is told by several threads."""

    def __init__(self, console: Console, rows: int, size: int) -> None:
        self._console = console
        self._lock = threading.Lock()
        self._rows, self._size = rows, size
        self._done = self._bytes = self._told = 0
        self._sending: dict[int, int] = {}
        self._began = self._line = time.monotonic()
        self._bar = Progress(
            BarColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=console
        )
        self._task = self._bar.add_task("", total=1.0)
        self._live = Live(self._bar, console=console, transient=True) if console.is_terminal else None

    def __enter__(self) -> Report:
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._live.stop()
        self._console.print(self._text(), highlight=False)

    def sent(self, number: int, so_far: int) -> None:
        """Bytes of a row's file are there."""
        with self._lock:
            self._sending[number] = so_far
            self._show()

    def finished(self, number: int, size: int, *, carried: bool) -> None:
        """A row came to its end; ``carried``: something was done for it."""
        with self._lock:
            self._sending.pop(number, None)
            self._done += 1
            self._bytes += size
            self._told += carried
            self._show()

    def _show(self) -> None:
        if self._live:
            self._bar.update(self._task, completed=self._share(), description=self._text())
        elif time.monotonic() > self._line + _EVERY:
            self._line = time.monotonic()
            self._console.print(self._text(), highlight=False)

    def _share(self) -> float:
        whole = self._size + self._rows * _OF_A_FILE
        done = self._bytes + sum(self._sending.values()) + self._done * _OF_A_FILE
        return done / whole if whole else 1.0

    def _text(self) -> str:
        took = max(time.monotonic() - self._began, 0.001)
        sent = self._bytes + sum(self._sending.values())
        text = f"{self._done}/{self._rows} rows, {sent / 1e6:.1f}/{self._size / 1e6:.1f} MB"
        text += f", {self._told / took:.1f} rows/s"
        share = self._share()
        if 0 < share < 1 and self._told:
            left = int(took * (1 - share) / share)
            text += f", {left // 3600}:{left // 60 % 60:02}:{left % 60:02} left / 剩余"
        return text


def write_results(path: Path, outcomes: Iterable[Outcome]) -> None:
    """What became of each row, as CSV with its mark; the file is there as a whole or not at all."""
    written = io.StringIO(newline="")
    lines = csv.writer(written)
    lines.writerow(_HEADS)
    for each in sorted(outcomes, key=lambda outcome: outcome.number):
        lines.writerow(
            [
                each.number,
                *map(guarded, (each.file, each.external_id)),
                *(each.result, each.asset_id, each.code),
                *map(guarded, (each.message.en, each.message.zh)),
                " ".join(each.duplicates),
            ]
        )
    part = path.with_name(f"{path.name}.{os.getpid()}")
    part.write_text(MARK + written.getvalue(), encoding="utf-8", newline="")
    part.rename(path)


def summary(outcomes: Iterable[Outcome]) -> str:
    """How many rows came to which end."""
    counted = Counter(each.result for each in outcomes)
    told: dict[Result, str] = {
        "imported": "imported / 已导入",
        "updated": "updated / 已更新",
        "unchanged": "there already / 已存在",
        "failed": "failed / 失败",
        "invalid": "not valid / 表格有误",
    }
    return ", ".join(f"{counted[result]} {name}" for result, name in told.items() if counted[result])
