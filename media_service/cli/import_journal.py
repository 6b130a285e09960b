"""What became of the rows of a sheet, line by line beside it, so that an import goes on wherever it was ended.

A line is written before what it tells of can be lost: where an upload lies before its first byte, that a row is done
after its last step. A line that was cut off by a crash counts for nothing.
"""

from __future__ import annotations

import fcntl
import json
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any


class JournalInvalid(Exception):
    """The journal belongs to another import, or another process has it; the text is for people."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a row: its asset; the upload at ``location`` of a file of ``size`` bytes that was last changed
    at ``changed``; whether all bytes ``arrived``; by what the row is known that was ``done``. ``attempt`` counts
    uploads that were begun."""

    asset: str = ""
    location: str = ""
    size: int = -1
    changed: int = -1
    attempt: int = 0
    arrived: bool = False
    done: str = ""


_NAMES = tuple(each.name for each in fields(Known))


class Journal:
    """A file that one process writes, and many of its threads."""

    def __init__(self, path: Path, service: str, organization: str) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, Known] = {}
        self._file = path.open("a+b")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.close()
            raise JournalInvalid(
                f"{path}: another import is writing this journal. / 另一个导入正在使用该日志。"
            ) from None
        told = {"import": 1, "service": service, "organization": organization}
        before = self._read(path)
        if before is None:
            self._append(told)
        elif before != told:
            self._file.close()
            raise JournalInvalid(
                f"{path} is of an import into another service or organization; name another one by --journal. / "
                "该日志属于另一平台或机构的导入，请用 --journal 另行指定。"
            )
        # By it requests are known that were sent before.
        self.name = f"{service} {organization}"

    def find(self, identity: str) -> Known:
        """What is known of a row."""
        return self._known.get(identity, Known())

    def note(self, identity: str, **values: Any) -> None:
        """Write down what is new of a row."""
        with self._lock:
            self._known[identity] = replace(self.find(identity), **values)
            self._append({"row": identity, **values})

    def close(self) -> None:
        """Let others have it."""
        self._file.close()

    def _append(self, told: Mapping[str, Any]) -> None:
        self._file.write(json.dumps(told, ensure_ascii=False).encode() + b"\n")
        self._file.flush()
        if "location" in told:
            # All else is found out again where a machine loses it.
            os.fsync(self._file.fileno())

    def _read(self, path: Path) -> Mapping[str, Any] | None:
        """The first line, if there is one; what others tell is known then."""
        first: Mapping[str, Any] | None = None
        self._file.seek(0)
        line = b"\n"
        for line in self._file:
            try:
                told = json.loads(line)
            except ValueError:
                continue
            if first is None:
                if not isinstance(told, dict) or "import" not in told:
                    raise JournalInvalid(f"{path} is no journal of an import. / 该文件不是导入日志。")
                first = told
            elif isinstance(told, dict) and isinstance(identity := told.get("row"), str):
                values = {name: told[name] for name in _NAMES if name in told}
                self._known[identity] = replace(self.find(identity), **values)
        if not line.endswith(b"\n"):
            self._file.write(b"\n")
        return first
