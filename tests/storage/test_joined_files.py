"""Recipes of files that are put together while they are sent; those of others are hostile."""

from __future__ import annotations

import json

import pytest

from storage import joined_files
from storage.joined_files import ChunkSlice, RecipeInvalid
from storage.memory import MemoryObjectStore
from storage.object_slices import ObjectSlices

HEAD = b"head of the file"
SLICES = (ChunkSlice("video-720", 0, 3, 4), ChunkSlice("audio", 0, 0, 2), ChunkSlice("video-720", 1, 1, 5))
KEYS = {("video-720", 0): "a", ("video-720", 1): "b", ("audio", 0): "c"}


@pytest.fixture
def objects() -> MemoryObjectStore:
    store = MemoryObjectStore()
    for key, data in (("a", b"0123456789"), ("b", b"abcdefghij"), ("c", b"XYZ")):
        store.put(key, data)
    return store


def test_a_file_is_its_head_and_its_slices(objects: MemoryObjectStore) -> None:
    objects.put("recipe", joined_files.write(HEAD, SLICES))
    recipe = joined_files.read(objects, "recipe")
    whole = HEAD + b"3456" + b"XY" + b"bcdef"
    file = ObjectSlices(objects, recipe.places("recipe", KEYS))
    assert (recipe.size, file.size, recipe.renditions) == (len(whole), len(whole), {"video-720", "audio"})
    for start in range(len(whole)):
        for length in range(1, len(whole) - start + 1):
            assert b"".join(file.stream(start, length)) == whole[start : start + length]


def test_a_chunk_that_there_is_not_is_noticed_before_a_byte_is_sent(objects: MemoryObjectStore) -> None:
    objects.put("recipe", joined_files.write(HEAD, SLICES))
    with pytest.raises(RecipeInvalid, match="audio"):
        joined_files.read(objects, "recipe").places("recipe", {key: KEYS[key] for key in list(KEYS)[:2]})


def _told(**changes: object) -> bytes:
    told = {"renditions": ["audio"], "head": 1, "slices": [[0, 0, 0, 1]], **changes}
    text = json.dumps(told).encode()
    return len(text).to_bytes(4, "big") + text + b"h"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0\0",
        b"\xff\xff\xff\xff{}",
        b"\0\0\0\x02{}",
        _told(slices=[[1, 0, 0, 1]]),
        _told(slices=[[-1, 0, 0, 1]]),
        _told(slices=[[0, 0, -5, 1]]),
        _told(slices=[[0, 0, 0, 0]]),
        _told(slices=[[0, 0, 0, 1]] * 100_001),
        _told(slices=[[0, 0, 0, 2**60]]),
        _told(slices="all"),
        _told(head=-1),
        _told(key="assets/of/another"),
        b"\0\x10\0\0" + b"[" * 2**20,
    ],
)
def test_what_is_no_recipe_is_refused(objects: MemoryObjectStore, data: bytes) -> None:
    objects.put("recipe", data)
    with pytest.raises(RecipeInvalid):
        joined_files.read(objects, "recipe")
