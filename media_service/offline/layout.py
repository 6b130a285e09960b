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
    """An object that goes into the pack as it is, or a part of one; ``size`` and ``start`` in bytes."""

    key: str
    size: int
    start: int = 0


Piece = Stored | bytes


@dataclass(frozen=True)
class Sound:
    """Another sound of a lesson than that of its media; a player shows ``label`` or else the language."""

    language: str
    label: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class Captions:
    """Captions or chapters of a lesson, stored as WebVTT."""

    language: str
    label: str
    file: Stored


@dataclass(frozen=True)
class Lesson:
    """One lesson: ``extension`` is that of its media (mp4, m4a), ``duration`` in seconds. The first of ``sounds`` is
    that of the media, without pieces of its own; with one sound only there need be none.
    """

    title: str
    duration: float
    media: tuple[Stored, ...]
    extension: str
    poster: Stored | None
    captions: tuple[Captions, ...]
    chapters: tuple[Captions, ...] = ()
    sounds: tuple[Sound, ...] = ()


@dataclass(frozen=True)
class Entry:
    """A file of the pack: its path, and what it is joined from, or the base64 of that within a script's ``before`` and
    ``after``.
    """

    path: str
    pieces: tuple[Piece, ...]
    before: bytes = b""
    after: bytes = b""

    @property
    def size(self) -> int:
        """Bytes, known before one of them is read."""
        size = sum(len(piece) if isinstance(piece, bytes) else piece.size for piece in self.pieces)
        if not self.before:
            return size
        return len(self.before) + -(-size // 3) * 4 + len(self.after)

    def bytes_of(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """The file's bytes, from those of its pieces."""
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
            yield Entry(f"{base}.jpg", (lesson.poster,))
        for index, sound in enumerate(lesson.sounds):
            if sound.pieces:
                yield Entry(f"{base}{_sound(index)}", sound.pieces)
        for index, captions in enumerate(lesson.captions):
            # For other players the file; for the page, which may not read files, a script that holds it.
            yield Entry(f"{base}.{_tag(captions)}.vtt", (captions.file,))
            yield _script_entry(folder, "captions", number, index, captions)
        for index, chapters in enumerate(lesson.chapters):
            yield _script_entry(folder, "chapters", number, index, chapters)


def _script_entry(folder: str, kind: str, number: int, index: int, text: Captions) -> Entry:
    before = f'{kind}({number - 1}, {index}, "'.encode()
    return Entry(f"{folder}/{_script(kind, number, index)}", (text.file,), before, b'");\n')


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
                "captions": _texts("captions", number, lesson.captions),
                "chapters": _texts("chapters", number, lesson.chapters),
                "sounds": [
                    {
                        "language": each.language,
                        "label": each.label,
                        "media": quote(f"{_base(number, lesson)}{_sound(index)}") if each.pieces else None,
                    }
                    for index, each in enumerate(lesson.sounds)
                ],
            }
            for number, lesson in enumerate(lessons, 1)
        ],
    }


def _texts(kind: str, number: int, texts: Iterable[Captions]) -> list[dict[str, str]]:
    return [
        {"language": each.language, "label": each.label, "script": quote(_script(kind, number, index))}
        for index, each in enumerate(texts)
    ]


def _base(number: int, lesson: Lesson) -> str:
    return f"files/{number:03} {_short(lesson.title)}"


def _short(title: str) -> str:
    return safe_name(safe_name(title)[:LONGEST_NAME])


def _script(kind: str, number: int, index: int) -> str:
    return f"files/{kind}/{number:03}-{index}.js"


def _sound(index: int) -> str:
    return f" {index + 1}.m4a"


def _tag(captions: Captions) -> str:
    return "".join(sign for sign in captions.language if sign.isascii() and (sign.isalnum() or sign == "-"))
