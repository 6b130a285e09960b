"""Findings of ``lessonstream doctor``: the error of a check that fails, and how they are printed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass

from rich.console import Console
from rich.text import Text


@dataclass(frozen=True)
class Finding:
    """What was seen of one part, and, if it is not well, what to do, in English and Chinese."""

    name: str
    ok: bool
    detail: str
    advice: str = ""


class CheckFailed(Exception):
    """A part is not well: what was seen, and what to do in English and in Chinese."""

    def __init__(self, detail: str, advice: str) -> None:
        super().__init__(detail)
        self.advice = advice


def finding(name: str, look: Callable[[], str]) -> Finding:
    """Return what ``look`` says of a part, or why it failed."""
    try:
        return Finding(name, True, look())
    except CheckFailed as error:
        return Finding(name, False, str(error), error.advice)


def database_failed(error: Exception) -> CheckFailed:
    """Return what a catalogue that does not answer means."""
    detail = str(error).splitlines()[0]
    if "authentication failed" in detail:
        return CheckFailed(
            detail,
            "Correct name and password in DATABASE_URL. / 请更正 DATABASE_URL 中的用户名和密码。",
        )
    if "does not exist" in detail:
        return CheckFailed(
            detail,
            "Make the database, or correct its name in DATABASE_URL. / 请创建数据库，或更正 DATABASE_URL 中的库名。",
        )
    return CheckFailed(
        detail, "Start PostgreSQL or correct DATABASE_URL. / 请启动 PostgreSQL 或更正 DATABASE_URL。"
    )


def report(findings: list[Finding], *, as_json: bool = False) -> int:
    """Print the findings; returns the exit status."""
    if as_json:
        print(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False))
    else:
        _print(findings)
    return 0 if all(finding.ok for finding in findings) else 1


def _print(findings: list[Finding]) -> None:
    """One line for each, never cut and never wrapped but by the terminal. Advice that holds for several stands once."""
    console = Console(highlight=False)
    width = max(len(finding.name) for finding in findings)
    for number, finding in enumerate(findings):
        mark = Text("ok  ", "green") if finding.ok else Text("FAIL", "bold red")
        line = Text.assemble(mark, f"  {finding.name:<{width}}  {finding.detail}")
        console.print(line, soft_wrap=True)
        if finding.advice and finding.advice not in {later.advice for later in findings[number + 1 :]}:
            console.print(Text(" " * (width + 8) + finding.advice, "yellow"), soft_wrap=True)
