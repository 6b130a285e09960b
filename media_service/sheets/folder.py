"""The files of a folder, as a sheet names them, and what lies beside each: captions, chapters, a poster.

Names are compared after Unicode's normal form, and without case where that leaves no doubt: sheets are written on one
machine, and files are named on another. Nothing outside the folder is found, by whatever path or link.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from media_service.sheets.faults import CellInvalid
from storage.languages import TAG_PATTERN, language_tag

_CAPTIONS: Final = re.compile(r"(?P<stem>.+)\.(?:vtt|srt|ass|ssa)", re.IGNORECASE)
_CHAPTERS: Final = re.compile(r"(?P<stem>.+)\.(?:chapters|章节)\.(?:txt|vtt|srt)", re.IGNORECASE)
_PICTURES: Final = re.compile(r"(?P<stem>.+)\.(?:jpg|jpeg|png|webp)", re.IGNORECASE)
_LANGUAGE: Final = re.compile(rf"(?P<stem>.+)\.(?P<language>{TAG_PATTERN})")
_OUTSIDE: Final = re.compile(r"[A-Za-z]:|/")
_MOST_NAMED: Final = 3


@dataclass(frozen=True)
class Sidecars:
    """What belongs to a lesson, as paths in the folder; ``captions`` by language, which is empty where the file names
    none. ``twice`` is one of several captions of the same language."""

    captions: dict[str, str]
    chapters: str | None
    poster: str | None
    twice: str | None = None


class Folder:
    """The files below ``root``, as they were when it was looked at."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self._exact: dict[str, str] = {}
        self._folded: defaultdict[str, list[str]] = defaultdict(list)
        self._names: defaultdict[str, list[str]] = defaultdict(list)
        self._bare_names: defaultdict[str, list[str]] = defaultdict(list)
        self._stems: defaultdict[str, list[str]] = defaultdict(list)
        self._beside: defaultdict[str, list[str]] = defaultdict(list)
        for path in sorted(_files(self.root)):
            self._add(path)

    def path(self, found: str) -> Path:
        """Where a file lies that was found here."""
        return self.root / found

    def find(self, written: str) -> str:
        """The file that a sheet means, as a path in the folder. Raises ``CellInvalid``."""
        text = written.strip().replace("\\", "/")
        while text.startswith("./"):
            text = text[2:]
        if _OUTSIDE.match(text) or ".." in PurePosixPath(text).parts:
            raise CellInvalid("file_outside")
        if (exact := self._exact.get(_normal(text))) is not None:
            return exact
        key = _folded(text)
        by_name = (self._names, self._bare_names) if "/" not in text else ()
        for known in (self._folded, self._stems, *by_name):
            if found := known.get(key):
                return _only(found)
        raise CellInvalid("file_not_found")

    def beside(self, found: str) -> Sidecars:
        """What belongs to the lesson whose file this is."""
        stem = _stem(found)
        captions: dict[str, str] = {}
        chapters = poster = twice = None
        for path in self._beside.get(_folded(stem), ()):
            if path == found:
                continue
            if match := _CHAPTERS.fullmatch(path):
                chapters = chapters or path
            elif match := _CAPTIONS.fullmatch(path):
                language = self._language(match["stem"], stem)
                if language is None:
                    continue
                twice = path if language in captions else twice
                captions.setdefault(language, path)
            else:
                poster = poster or path
        return Sidecars(captions, chapters, poster, twice)

    def _add(self, path: str) -> None:
        self._exact.setdefault(_normal(path), path)
        self._folded[_folded(path)].append(path)
        self._names[_folded(PurePosixPath(path).name)].append(path)
        if match := _CHAPTERS.fullmatch(path) or _CAPTIONS.fullmatch(path) or _PICTURES.fullmatch(path):
            self._beside[_folded(match["stem"])].append(path)
            if not _PICTURES.fullmatch(path) and (named := _LANGUAGE.fullmatch(match["stem"])):
                self._beside[_folded(named["stem"])].append(path)
            return
        self._stems[_folded(_stem(path))].append(path)
        self._bare_names[_folded(PurePosixPath(_stem(path)).name)].append(path)

    def _language(self, captions: str, stem: str) -> str | None:
        """The language that a file of captions names, empty if none; None if it belongs to another lesson, whose name
        only begins like this one's."""
        if _folded(captions) == _folded(stem):
            return ""
        if self._stems.get(_folded(captions)):
            return None
        named = _LANGUAGE.fullmatch(captions)
        return language_tag(named["language"]) if named else None


def _files(root: Path) -> Iterator[str]:
    """Paths of all files below, but hidden ones and those that a link leads outside for."""
    waiting = [""]
    while waiting:
        place = waiting.pop()
        with os.scandir(root / place) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                path = f"{place}{entry.name}"
                if entry.is_symlink() and not _is_inside(root, root / path):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(f"{path}/")
                elif entry.is_file():
                    yield path


def _is_inside(root: Path, path: Path) -> bool:
    try:
        return path.resolve(strict=True).is_relative_to(root)
    except (OSError, RuntimeError):
        return False


def _only(found: list[str]) -> str:
    if len(found) > 1:
        shown = ", ".join(found[:_MOST_NAMED]) + (" …" if len(found) > _MOST_NAMED else "")
        raise CellInvalid("file_ambiguous", files=shown)
    return found[0]


def _stem(path: str) -> str:
    return path[: -len(suffix)] if (suffix := PurePosixPath(path).suffix) else path


def _normal(path: str) -> str:
    return unicodedata.normalize("NFC", path)


def _folded(path: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())
