"""What ``lessonstream doctor`` raises."""

from __future__ import annotations


class Unwell(Exception):
    """A part is not well: what was seen, and what to do in English and in Chinese."""

    def __init__(self, detail: str, advice: str) -> None:
        super().__init__(detail)
        self.advice = advice
