"""What is wrong with a sheet, a row or a file of it, as people are told. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from configs.messages import Message
from configs.sheet_faults import SHEET_FAULTS
from configs.words import SheetFaultCode

Words = Mapping[str, str | Message]
"""What belongs into the places of a sentence; a ``Message`` where it differs by language."""


@dataclass(frozen=True)
class Fault:
    """``row`` counts as spreadsheets do, the heads being 1; 0 is the sheet as a whole. ``column`` is its own head,
    empty where the fault is none of a column's."""

    code: SheetFaultCode
    row: int = 0
    column: str = ""
    words: Words = field(default_factory=dict)

    @property
    def message(self) -> Message:
        """What people read, without the place."""
        told = SHEET_FAULTS[self.code]
        return Message(told.filled(_in(self.words, "en")).en, told.filled(_in(self.words, "zh")).zh)


class SheetInvalid(Exception):
    """The sheet cannot be read at all."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message.en)
        self.fault = fault


class CellInvalid(Exception):
    """A cell holds what cannot be taken."""

    def __init__(self, code: SheetFaultCode, **words: str | Message) -> None:
        super().__init__(code)
        self.code = code
        self.words = words


def _in(words: Words, language: str) -> dict[str, str]:
    return {
        name: str(word.to_json()[language]) if isinstance(word, Message) else word
        for name, word in words.items()
    }
