"""Studio's files: what the page loads, what decides without a page, and what both stand on."""

from __future__ import annotations

import gzip
import re
import subprocess
from pathlib import Path
from typing import get_args

from configs.words import EventType, OutboundFailure
from media_service.studio.files import ENTRY, FILES, STATIC, first_modules

FIRST_SCRIPT_LIMIT = 100 * 1024
"""Bytes of all scripts that the page loads before it can be used, compressed."""


def test_what_studio_decides_without_a_browser() -> None:
    scripts = sorted(Path(__file__).parent.glob("*.test.js"))
    done = subprocess.run(
        ["node", "--test", *scripts], check=False, capture_output=True, text=True, timeout=60
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_what_decides_imports_nothing_of_the_page() -> None:
    imports = [
        found
        for path in (STATIC / "pure").glob("*.js")
        for found in re.findall(
            r'^import .* from "([^"]+)";$', path.read_text(encoding="utf-8"), re.MULTILINE
        )
    ]
    assert [name for name in imports if not re.fullmatch(r"\./[\w-]+\.js", name)] == []


def test_every_module_that_is_imported_is_served() -> None:
    named = re.compile(r'(?:from|import\() ?"(\.[^"]+)"')
    missing = [
        f"{name} imports {found}"
        for name, content in FILES.by_name.items()
        if name.endswith(".js")
        for found in named.findall(content.decode())
        if _resolved(name, found) not in FILES.by_name
    ]
    assert missing == []


def test_what_one_page_styles_no_other_does() -> None:
    """Their stylesheets are loaded together."""
    pages: dict[str, set[str]] = {}
    for path in (STATIC / "pages").glob("*/*.css"):
        rules = re.sub(r"/\*.*?\*/|\{[^{}]*\}", ";", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        for selector in re.split(r"[,;{}]", rules):
            if first := re.match(r"\s*\.([\w-]+)", selector):
                pages.setdefault(first[1], set()).add(path.parent.name)
    assert {name: where for name, where in pages.items() if len(where) > 1} == {}


def _resolved(name: str, found: str) -> str:
    return (Path("/", name).parent / found).resolve().relative_to("/").as_posix()


def test_webhooks_can_be_told_of_every_event_and_say_why_they_fail() -> None:
    offered = set(re.findall(r'"([a-z_]+\.[a-z_]+)"', (STATIC / "pure/webhooks.js").read_text()))
    assert offered == set(get_args(EventType)) - {"ping"}
    texts = (STATIC / "pages/webhooks/texts/en.js").read_text()
    assert [word for word in get_args(OutboundFailure) if f"\n  {word}: " not in texts] == []


def test_the_first_page_is_small_and_pages_come_when_they_are_opened() -> None:
    first = first_modules()
    assert first[0] == ENTRY
    assert "vendor/ui.js" in first
    assert not [name for name in first if name.startswith("pages/") or name == "vendor/tus.js"]
    size = sum(len(gzip.compress(FILES.by_name[name])) for name in first)
    assert size < FIRST_SCRIPT_LIMIT, f"{size} bytes"


def test_nothing_is_evaluated_or_written_into_the_page_as_markup() -> None:
    forbidden = re.compile(
        r"\beval\(|new Function|innerHTML|dangerouslySet|document\.write|insertAdjacentHTML"
    )
    wrong = [path.name for path in STATIC.rglob("*.js") if forbidden.search(path.read_text(encoding="utf-8"))]
    assert wrong == []


def test_sheets_take_their_colours_from_the_tokens() -> None:
    colour = re.compile(r"#[0-9a-fA-F]{3,8}\b|\b(?:rgb|hsl|oklch)a?\(")
    wrong = [
        f"{path.name}: {line.strip()}"
        for path in STATIC.parent.rglob("*.css")
        for line in path.read_text(encoding="utf-8").splitlines()
        if colour.search(line)
    ]
    assert wrong == []
