"""A source that cannot become a stream, whatever is tried; and one that cannot be had for now."""

from __future__ import annotations

from configs.words import FailureCode


class OriginAway(Exception):
    """A server of others does not give what it has, for now; or others wait for their turn."""


class MediaFailure(Exception):
    """``code`` is a row of ``configs.failures``, which has the sentence for people, and ``words`` belong into it;
    ``detail`` is for the operator."""

    def __init__(self, code: FailureCode, detail: str, **words: str) -> None:
        self.code = code
        self.detail = detail
        self.words = words
        super().__init__(f"{code}: {detail}")
