"""What the API says of an asset, and what it takes: the pydantic models, and rows of the catalogue turned into them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    WithJsonSchema,
    model_validator,
)

from configs.failures import CODE_UNKNOWN, failure_message
from configs.notices import notice_message
from configs.words import (
    OUTPUT_REJECTED,
    VERSION_STATES,
    AssetKind,
    Origins,
    Policy,
    RenditionKind,
    TrackKind,
    VersionState,
)
from media_service.embed.snippet import Snippets, shape_of, snippets
from media_service.management.paging import PageQuery
from media_service.moments import Moment
from media_service.openapi import MessageDocument
from media_service.playback.serving.links import Links
from media_service.progress import ProgressDocument
from media_service.strict_values import Changes
from media_service.uploads.protocol import (
    COLOUR_PATTERN,
    EXTERNAL_ID_RULE,
    LONGEST_EXTERNAL_ID,
    SHA256_PATTERN,
    WHITE,
    clean_external_id,
    clean_name,
)
from storage.catalogue.asset_lists import AssetOrder
from storage.catalogue.facts import VersionFacts
from storage.catalogue.file_names import AUDIO_FILE, VIDEO_FILE
from storage.catalogue.models import Asset, File, Image, PlaybackId, Rendition, Track, Version

_KINDS_OF_FILES: Final[dict[str, Literal["video", "audio"]]] = {VIDEO_FILE: "video", AUDIO_FILE: "audio"}


class FailureDocument(BaseModel):
    """Why an asset failed. ``code`` is stable; show ``message`` to people. ``detail`` is for whoever looks after the
    platform: what a tool or a check said. Administrators see it; others only of ``output_rejected``, which checks
    failed. ``plays_on``: whether what was made before still plays."""

    code: str
    message: MessageDocument
    detail: str | None
    plays_on: bool


class NoticeDocument(BaseModel):
    """What an author should know of a lesson that was made all the same. ``code`` is stable; show ``message`` to
    them."""

    code: str
    message: MessageDocument


class RenditionDocument(BaseModel):
    """An encoded quality. Bandwidths are in bit/s: as planned and, once published, as measured."""

    model_config = ConfigDict(from_attributes=True)

    name: str
    kind: RenditionKind
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
    """What the public plays by. A signed one also wants ``?token=`` (``POST /v1/playback-tokens``). ``origins`` says
    whose pages may show a public one; ``snippet`` is the iframe of ``snippets``."""

    id: str
    policy: Policy
    origins: Origins
    manifest_url: str
    dash_url: str
    embed_url: str
    snippet: str
    snippets: Snippets


class TrackDocument(BaseModel):
    """Captions or chapters. ``url`` leads to their WebVTT; it is null where nothing can be played, and wants a
    token where the asset has only signed playback IDs."""

    id: str
    kind: TrackKind
    language: str
    label: str
    url: str | None


class TrackList(BaseModel):
    """All captions and chapters of an asset."""

    tracks: list[TrackDocument]


class TrackQuery(BaseModel):
    """What to call a track."""

    model_config = ConfigDict(extra="forbid")

    label: str = Field("", max_length=1000, description="What people choose by; the language if left out.")


class DownloadDocument(BaseModel):
    """A whole file: ``video`` is an MP4 of the best quality with its sound, ``audio`` an M4A; ``size`` in bytes."""

    kind: Literal["video", "audio"]
    url: str
    size: int


class SourceDocument(BaseModel):
    """The file as it was uploaded; ``size`` in bytes and ``sha256`` are known when it has arrived."""

    file_name: str
    size: int | None
    sha256: str | None


class AssetSummary(BaseModel):
    """An asset as lists show it. ``external_id`` is what your own systems call it.
    ``duration`` in seconds; ``width`` and ``height`` in pixels as shown; ``loop``:
    whether the player begins again at the end; ``background``: what shows through transparent pixels, ``#rrggbb``;
    ``updated_at``: when title, names, playback IDs, state or captions changed last, the percentage left aside.
    """

    id: str
    organization_id: str
    title: str
    external_id: str | None
    kind: AssetKind | None
    state: VersionState
    failure: FailureDocument | None
    duration: float | None
    width: int | None
    height: int | None
    frame_rate: float | None
    loop: bool | None
    background: str
    playback_ids: list[PlaybackIdDocument]
    source: SourceDocument
    created_at: datetime
    updated_at: datetime


class AssetDocument(AssetSummary):
    """Everything of an asset. ``images`` are addresses by name: poster, thumbnail, storyboard, preview.
    ``decisions`` say why it got these renditions, a sentence each, once that is decided; ``notices`` what its author
    should know, what was left out of the file for one."""

    progress: ProgressDocument
    renditions: list[RenditionDocument]
    images: dict[str, str]
    downloads: list[DownloadDocument]
    tracks: list[TrackDocument]
    decisions: list[str]
    notices: list[NoticeDocument]


class TotalDocument(BaseModel):
    """How many there are on all pages. Counting ends at 10,000: then ``exact`` is false."""

    count: int
    exact: bool


class AssetPage(BaseModel):
    """Assets. ``next`` goes into ``after`` for the next page of the same query; null at the end. ``total`` is null
    unless it was asked for by ``count``."""

    assets: list[AssetSummary]
    next: str | None
    total: TotalDocument | None


def _clean_external_id(text: str) -> str:
    if (cleaned := clean_external_id(text)) is None:
        raise ValueError(EXTERNAL_ID_RULE)
    return cleaned


ExternalId = Annotated[
    str,
    AfterValidator(_clean_external_id),
    WithJsonSchema(
        {"type": "string", "minLength": 1, "maxLength": LONGEST_EXTERNAL_ID, "pattern": r"^\S(.*\S)?$"}
    ),
]
"""What an organization's own systems call an asset."""


class AssetQuery(PageQuery):
    """Which assets, in which order, and which page of them."""

    state: list[VersionState] = Field(
        [], max_length=len(VERSION_STATES), description="Only those in this state, or in one of several."
    )
    kind: list[AssetKind] = Field(
        [], max_length=len(get_args(AssetKind)), description="Only those of this kind, or of one of several."
    )
    organization_id: str | None = Field(
        None, max_length=64, description="Only those of this organization and of all below it."
    )
    external_id: ExternalId | None = Field(None, description="Only assets that your own systems call so.")
    created_since: Moment | None = Field(
        None,
        description="Only those that were made then or later: a date and time with its offset (RFC 3339).",
    )
    created_before: Moment | None = Field(None, description="Only those that were made earlier.")
    sort: AssetOrder = Field(
        "-created_at", description="Newest first, oldest first, or by title; with a minus from the last."
    )
    count: bool = Field(False, description="Whether to count all of them, too.")


def _clean_title(text: str) -> str:
    if not (cleaned := clean_name(text)):
        raise ValueError("must not be empty")
    return cleaned


Name = Annotated[
    str,
    Field(min_length=1, max_length=255, json_schema_extra={"pattern": r"\S"}),
    AfterValidator(_clean_title),
]
"""What people call something: one line, not empty."""


class AssetChanges(Changes):
    """What may be changed of an asset; an ``external_id`` of null takes it away."""

    title: Name = ""
    external_id: ExternalId | None = None


class NewPlaybackId(BaseModel):
    """``public`` plays for everyone, ``signed`` only with a token. A public one with origins ``partners`` is shown only
    by pages of partners with whom the asset is shared."""

    model_config = ConfigDict(extra="forbid")

    policy: Policy
    origins: Origins = "any"

    @model_validator(mode="after")
    def _restricted_is_public(self) -> NewPlaybackId:
        if self.policy == "signed" and self.origins != "any":
            raise ValueError("origins is for public ones; of a signed one its tokens decide")
        return self


class UploadQuery(BaseModel):
    """What to call a file that is sent in one request."""

    model_config = ConfigDict(extra="forbid")

    title: str = Field("", max_length=1000, description="Title; the file's name if left out.")
    filename: str = Field("", max_length=1000, description="Name of the file, for people.")
    policy: Policy | None = Field(None, description="Policy of the first playback ID.")
    sha256: str | None = Field(
        None,
        description="SHA-256 of the file, in hexadecimal, to be checked.",
        json_schema_extra={"pattern": f"^{SHA256_PATTERN}$"},
    )
    external_id: ExternalId | None = Field(None, description="What your own systems call the asset.")
    background: str = Field(
        WHITE,
        max_length=7,
        description="Colour behind transparent pixels, as `#rrggbb` (`%23rrggbb` in a URL).",
        json_schema_extra={"pattern": f"^{COLOUR_PATTERN}$"},
    )


def summarize(asset: Asset, version: Version, public_url: str, *, admin: bool) -> AssetSummary:
    """One line of a list; ``admin``: for whoever looks after the platform."""
    return AssetSummary(**_summary(asset, version, public_url, admin=admin))


def describe(
    asset: Asset,
    version: Version,
    public_url: str,
    *,
    admin: bool,
    progress: ProgressDocument,
    renditions: list[Rendition],
    images: Mapping[str, Image],
    files: Sequence[File],
    tracks: list[Track],
) -> AssetDocument:
    """All of an asset; ``admin``: for whoever looks after the platform."""
    summary = _summary(asset, version, public_url, admin=admin)
    links = _links(summary["playback_ids"], public_url)
    return AssetDocument(
        **summary,
        progress=progress,
        renditions=[RenditionDocument.model_validate(rendition) for rendition in renditions],
        images=_images(images, links),
        downloads=_downloads(files, links),
        tracks=describe_tracks(tracks, version, asset, public_url),
        decisions=list(version.facts.decisions) if version.facts else [],
        notices=_notices(version.facts) if version.facts else [],
    )


def describe_tracks(
    tracks: list[Track], version: Version, asset: Asset, public_url: str
) -> list[TrackDocument]:
    """Tracks with their addresses."""
    links = _links(asset.playback_ids, public_url)
    return [
        TrackDocument.model_validate(
            {
                "id": track.id,
                "kind": track.kind,
                "language": track.language,
                "label": track.label,
                "url": links.track(version.id, track.id) if links else None,
            }
        )
        for track in tracks
    ]


def describe_playback_id(
    playback_id: PlaybackId, title: str, facts: VersionFacts | None, public_url: str
) -> PlaybackIdDocument:
    """A playback ID with its addresses and the line of HTML that shows it."""
    links = Links(public_url, playback_id.id)
    shown = snippets(links, shape_of(facts), title=title)
    return PlaybackIdDocument.model_validate(
        {
            "id": playback_id.id,
            "policy": playback_id.policy,
            "origins": playback_id.origins,
            "manifest_url": links.manifest,
            "dash_url": links.dash,
            "embed_url": links.embed,
            "snippet": shown.iframe,
            "snippets": shown,
        }
    )


def _summary(asset: Asset, version: Version, public_url: str, *, admin: bool) -> dict[str, Any]:
    facts = version.facts
    return {
        "id": asset.id,
        "organization_id": asset.organization_id,
        "title": asset.title,
        "external_id": asset.external_id,
        "kind": version.kind,
        "state": version.state,
        "failure": _failure(version, admin=admin),
        "duration": facts.duration if facts else None,
        "width": facts.source_width if facts else None,
        "height": facts.source_height if facts else None,
        "frame_rate": facts.frame_rate if facts else None,
        "loop": facts.loop if facts else None,
        "background": f"#{version.background:06x}",
        "playback_ids": [
            describe_playback_id(playback_id, asset.title, facts, public_url)
            for playback_id in asset.playback_ids
        ],
        "source": SourceDocument(
            file_name=version.file_name, size=version.source_size, sha256=version.source_sha256
        ),
        "created_at": asset.created_at,
        "updated_at": max(asset.updated_at, version.changed_at),
    }


def _failure(version: Version, *, admin: bool) -> FailureDocument | None:
    if version.state != "failed":
        return None
    code = version.failure_code or CODE_UNKNOWN
    message = failure_message(code, version.failure_words)
    # Of other codes it is what tools said of the file, not meant for people.
    detail = version.failure_detail if admin or code == OUTPUT_REJECTED else None
    return FailureDocument(
        code=code,
        message=MessageDocument(**message.to_json()),
        detail=detail,
        plays_on=version.shown_state == "playable",
    )


def _notices(facts: VersionFacts) -> list[NoticeDocument]:
    """Those that this release has sentences for; a newer one may know more."""
    return [
        NoticeDocument(code=notice.code, message=MessageDocument(**message.to_json()))
        for notice in facts.notices
        if (message := notice_message(notice.code, notice.words))
    ]


def _images(images: Mapping[str, Image], links: Links | None) -> dict[str, str]:
    addresses: dict[str, str] = {}
    if links is None:
        return addresses
    if "poster" in images:
        addresses["poster"] = links.poster
    if "storyboard" in images:
        addresses |= {"thumbnail": links.thumbnail, "storyboard": links.storyboard}
    if "preview" in images:
        addresses["preview"] = links.preview
    return addresses


def _downloads(files: Sequence[File], links: Links | None) -> list[DownloadDocument]:
    if links is None:
        return []
    sizes = {file.name: file.size for file in files}
    return [
        DownloadDocument(kind=kind, url=links.file(name), size=sizes[name])
        for name, kind in _KINDS_OF_FILES.items()
        if name in sizes
    ]


def _links(playback_ids: Sequence[PlaybackIdDocument | PlaybackId], public_url: str) -> Links | None:
    """Addresses under the first public playback ID, or the first of all."""
    if not playback_ids:
        return None
    return Links(public_url, min(playback_ids, key=lambda entry: entry.policy != "public").id)
