"""Findings of ``lessonstream doctor``, and the error of a check that fails."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """What was seen of one part, and, if it is not well, what to do, in English and Chinese."""

    name: str
    ok: bool
    detail: str
    advice: str = ""


class CheckFailed(Exception):
    """A part is not well: what was seen, and what to do in English and in Chinese."""

    def __init__(self, detail: str, advice: str) -> None:
        super().__init__(detail)
        self.advice = advice
