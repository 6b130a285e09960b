"""A source that cannot become a stream, whatever is tried."""

from __future__ import annotations

from configs.words import FailureCode


class MediaFailure(Exception):
    """``code`` is a row of ``configs.failures``, which has the sentence for people, and ``words`` belong into it;
    ``detail`` is for the operator."""

    def __init__(self, code: FailureCode, detail: str, **words: str) -> None:
        self.code = code
        self.detail = detail
        self.words = words
        super().__init__(f"{code}: {detail}")
