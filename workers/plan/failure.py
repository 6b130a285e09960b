"""A source that cannot become a stream, whatever is tried."""

from __future__ import annotations

from configs.words import FailureCode


class MediaFailure(Exception):
    """``code`` is a row of ``configs.failures``, which has the sentence for people; ``detail`` is for the operator."""

    def __init__(self, code: FailureCode, detail: str) -> None:
        self.code = code
        self.detail = detail
        super().__init__(f"{code}: {detail}")
