"""What the API says of texts that are not played yet."""

from __future__ import annotations

from datetime import datetime

from pydantic import (
    BaseModel,
)

from configs.words import (
    TrackKind,
)


class DraftSummary(BaseModel):
    """A text that is not played yet. ``size`` in bytes; ``digest`` is the SHA-256 of the text in UTF-8."""

    kind: TrackKind
    language: str
    digest: str
    size: int
    saved_at: datetime
    saved_by: str


class DraftDocument(DraftSummary):
    """A draft with its text."""

    text: str


class DraftList(BaseModel):
    """All drafts of an asset, without their texts."""

    drafts: list[DraftSummary]
