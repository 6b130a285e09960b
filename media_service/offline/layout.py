"""What lies where in an offline pack, and how large it is. Pure: lessons in, names and texts out."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from media_service.playback.serving.content_disposition import safe_name

_RESERVED: Final = frozenset(
    [
        "con",
        "prn",
        "aux",
        "nul",
        *(f"{device}{number}" for device in ("com", "lpt") for number in "0123456789¹²³"),
    ]
)
"""Names that Windows keeps for devices, whatever their extension ("Naming Files, Paths, and Namespaces")."""


LONGEST_NAME: Final = 60
"""Characters of a title in a path: Windows' own programs want less than 260 for all of it, folders included."""


@dataclass(frozen=True)
class Stored:
    """An object that goes into the pack as it is; ``size`` in bytes."""

    key: str
    size: int


@dataclass(frozen=True)
class Captions:
    """Captions of a lesson, stored as WebVTT."""

    language: str
    label: str
    file: Stored


@dataclass(frozen=True)
class Lesson:
    """One lesson: ``extension`` is that of its media (mp4, m4a), ``duration`` in seconds."""

    title: str
    duration: float
    media: Stored
    extension: str
    poster: Stored | None
    captions: tuple[Captions, ...]


@dataclass(frozen=True)
class Entry:
    """A file of the pack: its path, and an object, or the base64 of one within a script's ``before`` and ``after``."""

    path: str
    file: Stored
    before: bytes = b""
    after: bytes = b""

    @property
    def size(self) -> int:
        """Bytes, known before one of them is read."""
        if not self.before:
            return self.file.size
        return len(self.before) + -(-self.file.size // 3) * 4 + len(self.after)

    def bytes_of(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """The file's bytes, from those of its object."""
        return self._script(pieces) if self.before else iter(pieces)

    def _script(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        yield self.before
        rest = b""
        for piece in pieces:
            rest += piece
            whole = len(rest) // 3 * 3
            yield base64.b64encode(rest[:whole])
            rest = rest[whole:]
        yield base64.b64encode(rest) + self.after


def folder_name(title: str) -> str:
    """A title as the name of a folder on any file system, exFAT and Windows' own included."""
    name = _short(title)
    # The part before the first dot counts: "con.1" is the console, too.
    return f"_{name}" if name.partition(".")[0].strip().lower() in _RESERVED else name


def entries(folder: str, lessons: Iterable[Lesson]) -> Iterator[Entry]:
    """All files but the page. Names begin with the lesson's number, so none is reserved and no two are alike."""
    for number, lesson in enumerate(lessons, 1):
        base = f"{folder}/{_base(number, lesson)}"
        yield Entry(f"{base}.{lesson.extension}", lesson.media)
        if lesson.poster is not None:
            yield Entry(f"{base}.jpg", lesson.poster)
        for index, captions in enumerate(lesson.captions):
            # For other players the file; for the page, which may not read files, a script that holds it.
            yield Entry(f"{base}.{_tag(captions)}.vtt", captions.file)
            before = f'captions({number - 1}, {index}, "'.encode()
            yield Entry(f"{folder}/{_script(number, index)}", captions.file, before, b'");\n')


def page_data(title: str, lessons: Iterable[Lesson]) -> dict[str, Any]:
    """What the page knows: titles, lengths, and addresses relative to it."""
    return {
        "title": title,
        "lessons": [
            {
                "title": lesson.title,
                "duration": lesson.duration,
                "media": quote(f"{_base(number, lesson)}.{lesson.extension}"),
                "poster": quote(f"{_base(number, lesson)}.jpg") if lesson.poster else None,
                "captions": [
                    {"language": each.language, "label": each.label, "script": quote(_script(number, index))}
                    for index, each in enumerate(lesson.captions)
                ],
            }
            for number, lesson in enumerate(lessons, 1)
        ],
    }


def _base(number: int, lesson: Lesson) -> str:
    return f"files/{number:03} {_short(lesson.title)}"


def _short(title: str) -> str:
    return safe_name(safe_name(title)[:LONGEST_NAME])


def _script(number: int, index: int) -> str:
    return f"files/captions/{number:03}-{index}.js"


def _tag(captions: Captions) -> str:
    return "".join(sign for sign in captions.language if sign.isascii() and (sign.isalnum() or sign == "-"))
