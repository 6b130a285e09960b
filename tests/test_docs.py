"""The documents say what is true and point at what exists."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest
from translated_pages import Page, anchors, differences, read_page

from configs.settings import Settings
from media_service.cli.main import _parser

ROOT = Path(__file__).parents[1]
CHINESE = sorted((ROOT / "docs" / "zh").glob("*.md"))
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *CHINESE]
VENDORED = ("player_embed/vendor/", "workers/vendor/")

# In pieces, so that this file does not hold them.
FORBIDDEN = [
    *("pypi" + ".org", "pythonhosted" + ".org", "registry." + "npmjs", "proxy." + "golang"),
    *("/" + "work/", "/" + "home/", "/" + "root/", "." + "./shared"),
]


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.fixture(params=DOCUMENTS, ids=_name)
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


@pytest.mark.parametrize("path", DOCUMENTS, ids=_name)
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
            assert anchor in anchors(file.read_text()), f"{path.name} points at {link}"


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


def test_pages_for_people_who_read_chinese_are_there() -> None:
    """The README, and those for operators, authors, and administrators of two platforms."""
    assert {path.name for path in CHINESE} >= {"README.md", "operations.md", "studio.md", "sharing.md"}


@pytest.mark.parametrize("path", CHINESE, ids=_name)
def test_chinese_pages_say_what_the_english_ones_say(path: Path) -> None:
    english, chinese = read_page(_english(path), ROOT), read_page(path, ROOT)
    found = differences(english, chinese, _original)
    assert not found, f"{english.name} and its Chinese page differ:\n- " + "\n- ".join(found)


@pytest.mark.parametrize("path", CHINESE, ids=_name)
def test_chinese_pages_are_shown_as_they_are_meant(path: Path) -> None:
    """Markdown ends no emphasis between a mark and a word, and browsers show the end of a line as a space."""
    text = re.sub(r"```.*?```", "", path.read_text(), flags=re.DOTALL)
    strong = re.findall(r"\*\*([^*]+)\*\*(\w?)", text)
    stars = [words for words, next_word in strong if next_word and re.search(r"[^\w\s]$", words)]
    assert not stars, f"{_name(path)}: write the mark behind the emphasis, not into it"
    broken = re.findall(r"^[^|#\n].*[㐀-鿿]\n *[㐀-鿿].{0,9}", text, re.MULTILINE)
    assert not broken, f"{_name(path)}: break lines behind a punctuation mark"


@pytest.mark.parametrize("path", CHINESE, ids=_name)
def test_pages_lead_to_the_same_page_in_the_other_language(path: Path) -> None:
    for page, label, other in ((_english(path), "中文", path), (path, "English", _english(path))):
        line = next(
            (line for line in page.read_text().splitlines()[:4] if line.startswith(f"[{label}](")), ""
        )
        assert line, f"{_name(page)} has no line below its title that begins with [{label}]("
        assert (page.parent / line.split("](")[1].split(")")[0]).resolve() == other, _name(page)


CHANGES = {
    "a command": ("make up", "make up --port 9", "line 1 of a code block is “make up"),
    "a command of a step": ("   ls\n", "   ls -l\n", "of a code block is “   ls"),
    "a heading": (
        "### Deeper",
        "### New\n\nMore.\n\n### Deeper",
        "lacks after heading “## 开始” the translation",
    ),
    "a level": ("### Deeper", "## Deeper", "has heading “## Deeper”, zh.md has heading “### 深入”"),
    "a paragraph": ("plays.", "plays.\n\nNever lose it.", "paragraph “Never lose it.”"),
    "a row": ("| `ONE` | 1 |", "| `ONE` | 1 |\n| `TWO` | 2 |", "row “| `TWO` | 2 |”"),
    "the name of a setting": ("`ONE`", "`TWO`", "lacks code “TWO”, has code “ONE” too much"),
    "a number": ("20,000 plays", "30,000 plays", "lacks number 30,000"),
    "a link": ("(other.md)", "(another.md)", "lacks link “another.md”"),
}


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.replace(" ", "-"))
def test_a_change_of_the_english_page_is_told_by_what_changed(tmp_path: Path, change: str) -> None:
    english = """# Title\n\n[中文](zh.md)\n\nKeep it. 20,000 plays.\n
## Begin\n\n```sh\nmake up   # starts it\n```\n\n| Setting | Default |\n| --- | --- |\n| `ONE` | 1 |\n
### Deeper\n\n- See [there](other.md).\n\n1. Look:\n\n   ```sh\n   ls\n   ```\n"""
    chinese = """# 标题\n\n[English](en.md)\n\n请保管好。每天播放 2 万次。\n
## 开始\n\n```sh\nmake up   # 启动\n```\n\n| 设置 | 默认值 |\n| --- | --- |\n| `ONE` | 1 |\n
### 深入\n\n- 参见[该页](other.md)。\n\n1. 查看：\n\n   ```sh\n   ls\n   ```\n"""
    before, after, told = CHANGES[change]
    assert before in english
    assert _differences(tmp_path, english, chinese) == []
    (found,) = _differences(tmp_path, english.replace(before, after), chinese)
    assert told in found


def test_a_sentence_left_in_english_is_found(tmp_path: Path) -> None:
    english = "# Title\n\nIt keeps everything that it was given, and tells.\n"
    (found,) = _differences(tmp_path, english, english.replace("Title", "标题"))
    assert "is not translated" in found
    assert _differences(tmp_path, english, "# 标题\n\n收到的内容全部保留，并会告知。\n") == []


def _differences(folder: Path, english: str, chinese: str) -> list[str]:
    (folder / "en.md").write_text(english)
    (folder / "zh.md").write_text(chinese)
    pages = read_page(folder / "en.md", folder), read_page(folder / "zh.md", folder)
    return differences(*pages, lambda _page, link: link)


def _english(path: Path) -> Path:
    return ROOT / path.name if path.name == "README.md" else ROOT / "docs" / path.name


def _original(page: Page, link: str) -> str:
    """A link as both languages have it: its English page, and of a heading in a page that has both its number.

    What has a Chinese page or picture, and is linked without it by a Chinese page, is told as it stands.
    """
    if re.match(r"[a-z]+:", link):
        return link
    target, _, anchor = link.partition("#")
    file = (page.path.parent / target).resolve() if target else page.path
    chinese = {_english(path): path for path in CHINESE}
    translated = chinese.get(file)
    picture = file.with_name(f"{file.stem}-zh{file.suffix}")
    if page.path in CHINESE and (translated or (file.suffix != ".md" and picture.exists())):
        return f"{link} (there is {_name(translated or picture)})"
    if file in CHINESE or translated:
        place = anchors(file.read_text()).index(anchor) if anchor else 0
        return f"{_name(_english(file) if file in CHINESE else file)}#{place}"
    name = _name(file).replace("-zh.", ".") if file.suffix != ".md" else _name(file)
    return f"{name}#{anchor}"


def _code(text: str) -> list[str]:
    blocks = re.findall(r"```(?:sh|console|bash)?\n(.*?)```", text, re.DOTALL)
    return blocks + re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
