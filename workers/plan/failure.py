"""A source that cannot become a stream, whatever is tried."""

from __future__ import annotations


class MediaFailure(Exception):
    """``code`` is a row of ``configs.failures``, which has the sentence for people; ``detail`` is for the operator."""

    def __init__(self, code: str, detail: str) -> None:
        self.code = code
        self.detail = detail
        super().__init__(f"{code}: {detail}")
