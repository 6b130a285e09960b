"""The documents say what is true and point at what exists."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from configs.settings import Settings
from media_service.cli.main import _parser

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
VENDORED = ("player_embed/vendor/", "workers/vendor/")

# In pieces, so that this file does not hold them.
FORBIDDEN = [
    *("pypi" + ".org", "pythonhosted" + ".org", "registry." + "npmjs", "proxy." + "golang"),
    *("/" + "work/", "/" + "home/", "/" + "root/", "." + "./shared"),
]


@pytest.fixture(params=DOCUMENTS, ids=lambda path: path.name)
def document(request: pytest.FixtureRequest) -> str:
    path: Path = request.param
    assert path.exists(), f"{path.name} is missing"
    return path.read_text()


@pytest.mark.parametrize("name", [item.metadata["name"] for item in fields(Settings)])
def test_every_setting_is_described(name: str) -> None:
    rows = (ROOT / "docs" / "operations.md").read_text()
    assert re.search(rf"^\| `{name}` \|", rows, re.MULTILINE), f"docs/operations.md has no row for {name}"


def test_no_setting_is_described_that_does_not_exist() -> None:
    described = re.findall(r"^\| `([A-Z][A-Z0-9_]+)` \|", (ROOT / "docs" / "operations.md").read_text(), re.M)
    assert described == [item.metadata["name"] for item in fields(Settings)]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_relative_links_lead_somewhere(path: Path) -> None:
    text = re.sub(r"```.*?```", "", path.read_text(), flags=re.DOTALL)
    links = re.findall(r"\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"", text)
    for link in (one or other for one, other in links):
        if re.match(r"[a-z]+:", link):
            continue
        target, _, anchor = link.partition("#")
        file = (path.parent / target) if target else path
        assert file.exists(), f"{path.name} points at {link}"
        if anchor and file.suffix == ".md":
            assert anchor in _anchors(file.read_text()), f"{path.name} points at {link}"


def test_every_make_target_exists(document: str) -> None:
    targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:^|`|\$ |&& )make ([a-z][a-z-]*)", document, re.MULTILINE))
    assert named <= targets


def test_every_command_exists(document: str) -> None:
    (commands,) = (action for action in _parser()._actions if action.choices and action.dest != "help")
    named = set(
        re.findall(
            r"(?:^|`|bin/|\s)lessonstream ([a-z]+(?:-[a-z]+)*)\b", "\n".join(_code(document)), re.MULTILINE
        )
    )
    assert commands.choices is not None
    assert named <= set(commands.choices)


def test_make_bench_starts_by_itself() -> None:
    """Pytest finds modules that ``python -m benchmarks`` does not."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--help"], check=False, cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_nothing_tells_of_the_machine_it_was_made_on() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\0")
    wrong = []
    for name in filter(None, listed):
        path = ROOT / name
        if name.startswith(VENDORED) or not path.is_file():
            continue
        content = path.read_bytes()
        wrong += [f"{name}: {word}" for word in FORBIDDEN if word.encode() in content]
    assert not wrong


def _anchors(text: str) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _code(text: str) -> list[str]:
    blocks = re.findall(r"```(?:sh|console|bash)?\n(.*?)```", text, re.DOTALL)
    return blocks + re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
