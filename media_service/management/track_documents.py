"""What the API says of captions and chapters."""

from __future__ import annotations

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
)

from configs.words import (
    TrackKind,
    TrackState,
)
from media_service.management.playback_documents import links_of
from media_service.uploads.protocol import (
    SHA256_PATTERN,
)
from storage.catalogue.models import Asset, Track, Version


class TrackDocument(BaseModel):
    """Captions or chapters; viewers see those whose ``state`` is ``shown``. Others are ``to_check`` (they came from an
    earlier version) or ``suggested`` (slides were found by a machine) until somebody accepts them. ``automatic`` are
    captions that a machine wrote: viewers see them, and are told so, until somebody accepts or replaces them.

    ``url`` leads to their WebVTT; it is null where nothing can be played, and wants a token where the asset has only
    signed playback IDs."""

    id: str
    kind: TrackKind
    language: str
    label: str
    state: TrackState
    automatic: bool
    url: str | None


class TrackList(BaseModel):
    """All captions and chapters of an asset."""

    tracks: list[TrackDocument]


class TrackQuery(BaseModel):
    """What to call a track."""

    model_config = ConfigDict(extra="forbid")

    label: str = Field("", max_length=1000, description="What people choose by; the language if left out.")
    draft: str | None = Field(
        None,
        pattern=SHA256_PATTERN,
        description="The `digest` of the draft that is published by this: it goes, unless somebody changed it.",
    )


class TrackSource(BaseModel):
    """Captions or chapters as they were sent; of SRT and ASS files their WebVTT."""

    id: str
    kind: TrackKind
    language: str
    label: str
    text: str


def describe_tracks(
    tracks: list[Track], version: Version, asset: Asset, public_url: str
) -> list[TrackDocument]:
    """Tracks with their addresses."""
    links = links_of(asset.playback_ids, public_url)
    return [
        TrackDocument.model_validate(
            {
                "id": track.id,
                "kind": track.kind,
                "language": track.language,
                "label": track.label,
                "state": track.state,
                "automatic": track.automatic,
                "url": links.track(version.id, track.id) if links else None,
            }
        )
        for track in tracks
    ]
