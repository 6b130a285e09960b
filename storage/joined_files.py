"""Files that are put together while they are sent: a head of their own, then slices of a version's chunks.

What is stored of one is its recipe: the length of what follows in JSON, that JSON, and the head. It names chunks by
rendition and number and not by their keys, so it holds for a copy of the version elsewhere as well. Copies come from
other platforms, so a recipe is read as something hostile.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from storage.object_slices import Reader, Slice
from storage.objects import StorageError

_LENGTH: Final = struct.Struct(">I")
_LONGEST: Final = 4 * 1024 * 1024
"""Bytes of the JSON: two hours take some 30 kB."""

_Whole = Annotated[int, Field(ge=0, le=2**50)]
_Some = Annotated[int, Field(ge=1, le=2**50)]


class RecipeInvalid(StorageError):
    """It does not say what a file is put together from."""


class _Told(BaseModel):
    model_config = ConfigDict(extra="forbid")

    renditions: list[str]
    head: _Whole
    slices: Annotated[list[tuple[_Whole, _Whole, _Whole, _Some]], Field(max_length=100_000)]
    """Each: which of ``renditions``, number of the chunk, first byte, bytes."""


@dataclass(frozen=True)
class ChunkSlice:
    """``length`` bytes of a chunk of a rendition from its byte ``start``."""

    rendition: str
    number: int
    start: int
    length: int


@dataclass(frozen=True)
class Recipe:
    """``head`` is where the file's first bytes lie in the recipe's own object: its first byte, and how many."""

    head: tuple[int, int]
    slices: tuple[ChunkSlice, ...]

    @property
    def renditions(self) -> frozenset[str]:
        """Names of those of whose chunks the file is made."""
        return frozenset(each.rendition for each in self.slices)

    @property
    def size(self) -> int:
        """Bytes of the whole file."""
        return self.head[1] + sum(each.length for each in self.slices)

    def places(self, key: str, chunks: Mapping[tuple[str, int], str]) -> list[Slice]:
        """Where the whole file lies, in order. ``key`` is the recipe's, ``chunks`` are the keys of chunks by rendition
        and number. Raises ``RecipeInvalid`` for a chunk that there is not."""
        try:
            media = [
                Slice(chunks[each.rendition, each.number], each.start, each.length) for each in self.slices
            ]
        except KeyError as error:
            raise RecipeInvalid(f"{key} wants a chunk that there is not: {error}") from None
        return [Slice(key, *self.head), *media]


def write(head: bytes, slices: Sequence[ChunkSlice]) -> bytes:
    """What is stored of a file."""
    names = sorted({each.rendition for each in slices})
    places = [(names.index(each.rendition), each.number, each.start, each.length) for each in slices]
    text = _Told(renditions=names, head=len(head), slices=places).model_dump_json().encode()
    return _LENGTH.pack(len(text)) + text + head


def read(objects: Reader, key: str) -> Recipe:
    """Read a recipe, without the head. Raises ``RecipeInvalid``, ``ObjectNotFound``, ``StorageError``."""
    opening = b"".join(objects.stream(key, 0, _LENGTH.size))
    length = _LENGTH.unpack(opening)[0] if len(opening) == _LENGTH.size else 0
    if not 0 < length <= _LONGEST:
        raise RecipeInvalid(f"{key} is no recipe")
    try:
        told = _Told.model_validate_json(b"".join(objects.stream(key, _LENGTH.size, length)))
        slices = tuple(
            ChunkSlice(told.renditions[name], number, start, size)
            for name, number, start, size in told.slices
        )
    except (ValidationError, IndexError) as error:
        raise RecipeInvalid(f"{key} is no recipe: {error}") from None
    return Recipe((_LENGTH.size + length, told.head), slices)
