"""What the API says of an asset, and what it takes: the pydantic models, and rows of the catalogue turned into them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from configs.failures import FAILURES
from media_service.embed.snippet import snippet
from media_service.playback.links import Links
from media_service.progress import ProgressDocument, progress_document
from media_service.uploads.protocol import clean_name
from storage.catalogue.assets import Progress
from storage.catalogue.models import Asset, Image, PlaybackId, Rendition, Track, Version
from storage.catalogue.uploads import Transfer

State = Literal["uploading", "queued", "processing", "playable", "ready", "failed"]
Kind = Literal["video", "animation", "audio"]
Policy = Literal["public", "signed"]


class MessageDocument(BaseModel):
    """One sentence in English and in Chinese."""

    en: str
    zh: str


class FailureDocument(BaseModel):
    """Why an asset failed. ``code`` is stable; show ``message`` to people."""

    code: str
    message: MessageDocument


class RenditionDocument(BaseModel):
    """An encoded quality. Bandwidths are in bit/s: as planned and, once published, as measured."""

    model_config = ConfigDict(from_attributes=True)

    name: str
    kind: Literal["video", "audio"]
    width: int | None
    height: int | None
    frame_rate: float | None
    channels: int | None
    language: str | None
    codecs: str | None
    planned_bandwidth: int
    peak_bandwidth: int | None
    average_bandwidth: int | None


class PlaybackIdDocument(BaseModel):
    """What the public plays by. A signed one also wants ``?token=`` (``POST /v1/playback-tokens``)."""

    id: str
    policy: Policy
    manifest_url: str
    embed_url: str
    snippet: str


class TrackDocument(BaseModel):
    """Captions or chapters."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    kind: str
    language: str
    label: str


class SourceDocument(BaseModel):
    """The file as it was uploaded; ``size`` in bytes and ``sha256`` are known when it has arrived."""

    file_name: str
    size: int | None
    sha256: str | None


class AssetSummary(BaseModel):
    """An asset as lists show it. ``duration`` in seconds; ``width`` and ``height`` in pixels as shown."""

    id: str
    organization_id: str
    title: str
    kind: Kind | None
    state: State
    failure: FailureDocument | None
    duration: float | None
    width: int | None
    height: int | None
    frame_rate: float | None
    playback_ids: list[PlaybackIdDocument]
    source: SourceDocument
    created_at: datetime


class AssetDocument(AssetSummary):
    """Everything of an asset. ``images`` are addresses by name: poster, thumbnail, storyboard. ``decisions`` say why
    it got these renditions, a sentence each, once that is decided."""

    progress: ProgressDocument
    renditions: list[RenditionDocument]
    images: dict[str, str]
    tracks: list[TrackDocument]
    decisions: list[str]


class AssetPage(BaseModel):
    """Assets, newest first. ``next`` goes into ``after`` for the next page; null at the end."""

    assets: list[AssetSummary]
    next: str | None


class PageQuery(BaseModel):
    """Which page of a list."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(50, ge=1, le=200, description="Most entries of the page.")
    after: str | None = Field(None, max_length=64, description="The `next` of the page before.")


def _clean_title(text: str) -> str:
    if not (cleaned := clean_name(text)):
        raise ValueError("must not be empty")
    return cleaned


Name = Annotated[str, Field(min_length=1, max_length=255), AfterValidator(_clean_title)]
"""What people call something: one line, not empty."""


class AssetChanges(BaseModel):
    """What may be changed of an asset."""

    model_config = ConfigDict(extra="forbid")

    title: Name


class NewPlaybackId(BaseModel):
    """``public`` plays for everyone, ``signed`` only with a token."""

    model_config = ConfigDict(extra="forbid")

    policy: Policy


class UploadQuery(BaseModel):
    """What to call a file that is sent in one request."""

    model_config = ConfigDict(extra="forbid")

    title: str = Field("", max_length=1000, description="Title; the file's name if left out.")
    filename: str = Field("", max_length=1000, description="Name of the file, for people.")
    policy: Policy | None = Field(None, description="Policy of the first playback ID.")
    sha256: str | None = Field(None, description="SHA-256 of the file, in hexadecimal, to be checked.")


def summarize(asset: Asset, version: Version, public_url: str) -> AssetSummary:
    """One line of a list."""
    return AssetSummary(**_summary(asset, version, public_url))


def describe(
    asset: Asset,
    version: Version,
    public_url: str,
    *,
    progress: Progress,
    transfer: Transfer | None,
    renditions: list[Rendition],
    images: Mapping[str, Image],
    tracks: list[Track],
) -> AssetDocument:
    """All of an asset. ``transfer`` tells how far an upload is."""
    summary = _summary(asset, version, public_url)
    return AssetDocument(
        **summary,
        progress=progress_document(progress, version, transfer),
        renditions=[RenditionDocument.model_validate(rendition) for rendition in renditions],
        images=_images(images, summary["playback_ids"], public_url),
        tracks=[TrackDocument.model_validate(track) for track in tracks],
        decisions=((version.plan or {}).get("video") or {}).get("notes", []),
    )


def describe_playback_id(
    playback_id: PlaybackId, title: str, facts: Mapping[str, Any], public_url: str
) -> PlaybackIdDocument:
    """A playback ID with its addresses and the line of HTML that shows it."""
    links = Links(public_url, playback_id.id)
    return PlaybackIdDocument.model_validate(
        {
            "id": playback_id.id,
            "policy": playback_id.policy,
            "manifest_url": links.manifest,
            "embed_url": links.embed,
            "snippet": snippet(
                links.embed, width=facts.get("width"), height=facts.get("height"), title=title
            ),
        }
    )


def _summary(asset: Asset, version: Version, public_url: str) -> dict[str, Any]:
    facts = version.media_info or {}
    return {
        "id": asset.id,
        "organization_id": asset.organization_id,
        "title": asset.title,
        "kind": version.kind,
        "state": version.state,
        "failure": _failure(version),
        "duration": facts.get("duration"),
        "width": facts.get("width"),
        "height": facts.get("height"),
        "frame_rate": facts.get("frame_rate"),
        "playback_ids": [
            describe_playback_id(playback_id, asset.title, facts, public_url)
            for playback_id in asset.playback_ids
        ],
        "source": SourceDocument(
            file_name=version.file_name, size=version.source_size, sha256=version.source_sha256
        ),
        "created_at": asset.created_at,
    }


def _failure(version: Version) -> FailureDocument | None:
    if version.state != "failed":
        return None
    code = version.failure_code or "processing_failed"
    message = FAILURES.get(code, FAILURES["processing_failed"])
    return FailureDocument(code=code, message=MessageDocument(en=message.en, zh=message.zh))


def _images(
    images: Mapping[str, Image], playback_ids: list[PlaybackIdDocument], public_url: str
) -> dict[str, str]:
    """Addresses under the first public playback ID, or the first of all."""
    if not playback_ids:
        return {}
    links = Links(public_url, min(playback_ids, key=lambda entry: entry.policy != "public").id)
    addresses = {}
    if "poster" in images:
        addresses["poster"] = links.poster
    if "storyboard" in images:
        addresses |= {"thumbnail": links.thumbnail, "storyboard": links.storyboard}
    return addresses
