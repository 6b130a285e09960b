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
    model_validator,
)

from configs.failures import CODE_UNKNOWN, failure_message
from configs.notices import notice_message
from configs.words import (
    LEVELS,
    OUTPUT_REJECTED,
    REVIEW_STATES,
    VERSION_STATES,
    VISIBILITIES,
    AssetKind,
    Level,
    LicenceCode,
    Origins,
    Policy,
    RenditionKind,
    ReviewState,
    TrackKind,
    TrackState,
    VersionState,
    Visibility,
)
from media_service import auth
from media_service.cataloguing.catalogued import (
    CataloguedDetails,
    CataloguedSummary,
    details_of,
    summary_of,
)
from media_service.cataloguing.texts import (
    LONGEST_TAG,
    MOST_TAGS,
    AskedLanguage,
)
from media_service.cataloguing.values import (
    ExternalId,
)
from media_service.embed.snippet import Snippets, shape_of, snippets
from media_service.management.paging import PageQuery
from media_service.moments import Moment
from media_service.openapi import MessageDocument
from media_service.playback.serving.links import Links
from media_service.problems import wrong_value
from media_service.progress import ProgressDocument
from media_service.uploads.protocol import (
    COLOUR_PATTERN,
    SHA256_PATTERN,
    WHITE,
)
from storage.catalogue.asset_lists import AssetOrder, ListedAsset, PublicName, as_listed
from storage.catalogue.facts import VersionFacts
from storage.catalogue.file_names import AUDIO_FILE, VIDEO_FILE
from storage.catalogue.models import Asset, File, Image, PlaybackId, Rendition, Track, Version
from storage.search_words import LONGEST_QUERY

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
    """Captions or chapters; viewers see those whose ``state`` is ``shown``, others are ``to_check`` first.

    ``url`` leads to their WebVTT; it is null where nothing can be played, and wants a token where the asset has only
    signed playback IDs."""

    id: str
    kind: TrackKind
    language: str
    label: str
    state: TrackState
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


class DownloadDocument(BaseModel):
    """A whole file: ``video`` is an MP4 of the best quality with its sound, ``audio`` an M4A; ``size`` in bytes."""

    kind: Literal["video", "audio"]
    url: str
    size: int


class OwnerDocument(BaseModel):
    """The person who brought an asset, or made a collection."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    name: str


class SourceDocument(BaseModel):
    """The file as it was uploaded; ``size`` in bytes and ``sha256`` are known when it has arrived. ``dropped_at``:
    since when it is not kept any more (``source_days`` of the organization)."""

    file_name: str
    size: int | None
    sha256: str | None
    dropped_at: datetime | None


class PendingDocument(BaseModel):
    """The newest version that is being made beside the one that plays, or waits to be chosen
    (``/v1/assets/{asset_id}/versions``)."""

    version_id: str
    state: VersionState
    failure: FailureDocument | None


class AssetSummary(CataloguedSummary):
    """An asset as lists show it. ``version_id`` is its current version, ``pending`` another one that may follow.

    ``external_id`` is what your own systems call it, ``owner`` who brought it, null where nobody was signed in;
    ``language`` (BCP 47) is the one it is taught in.
    ``duration`` in seconds; ``width`` and ``height`` in pixels as shown; ``loop``:
    whether the player begins again at the end; ``background``: what shows through transparent pixels, ``#rrggbb``;
    ``updated_at``: when title, names, playback IDs, state or captions changed last, the percentage left aside;
    ``trashed_at``: since when it is in the trash, which it leaves for good ``removed_after``; null of all others.

    Viewers meet it from ``published_at`` (null: from the beginning) until ``withdraw_at`` (null: for ever), as far as
    ``effective_visibility`` lets them and its ``review_state`` is `published`.
    """

    id: str
    version_id: str
    organization_id: str
    owner: OwnerDocument | None
    title: str
    external_id: str | None
    has_captions: bool
    review_state: ReviewState
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
    pending: PendingDocument | None
    created_at: datetime
    updated_at: datetime
    trashed_at: datetime | None
    removed_after: datetime | None


class ImportDocument(BaseModel):
    """Where the file is fetched from: administrators see the whole ``url``, others only whose it is. ``received`` of
    ``size`` bytes are there; ``size`` is null until the origin tells it. ``last_error`` is the code of what keeps it
    from going on at the moment; null while bytes come."""

    url: str
    size: int | None
    received: int
    last_error: str | None


class ViewsOfAsset(BaseModel):
    """``counted`` by the rule (docs/views.md), some seconds ago; ``imported`` from what a platform before had counted;
    ``total`` is their sum."""

    total: int
    counted: int
    imported: int


class AssetDocument(AssetSummary, CataloguedDetails):
    """Everything of an asset. ``images`` are addresses by name: poster, thumbnail, storyboard, preview.
    ``decisions`` say why it got these renditions, a sentence each, once that is decided; ``notices`` what its author
    should know, what was left out of the file for one. ``imported`` is null of a file that somebody sent.

    ``audience``: for whom it is; ``contributors``: who did what; ``source_organization``: where it came from;
    ``original_date``: when it was made first, as far as that is known; ``other_ids``: what other systems call it;
    ``old_views``: what a platform before had counted. ``visibility`` is what was said, null where its playback IDs
    decide: public if one of them is, else its organization. ``duplicate_of``: IDs of other assets whose file is the
    same, byte for byte, of those that the caller may see, 20 at most."""

    old_views: int | None
    progress: ProgressDocument
    renditions: list[RenditionDocument]
    images: dict[str, str]
    downloads: list[DownloadDocument]
    tracks: list[TrackDocument]
    decisions: list[str]
    notices: list[NoticeDocument]
    imported: ImportDocument | None
    views: ViewsOfAsset
    duplicate_of: list[str]


class TotalDocument(BaseModel):
    """How many there are on all pages. Counting ends at 10,000, or at 1,000 where words are asked for, or languages,
    subjects, tags, captions, categories, levels, licences, visibility or review: then ``exact`` is false."""

    count: int
    exact: bool


class AssetPage(BaseModel):
    """Assets. ``next`` goes into ``after`` for the next page of the same query; null at the end. ``total`` is null
    unless it was asked for by ``count``."""

    assets: list[AssetSummary]
    next: str | None
    total: TotalDocument | None


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
    q: str = Field(
        "",
        max_length=LONGEST_QUERY,
        description="Only those with these words in title, tags or description: Chinese ones of any length, others "
        "by their beginning, all of them where there are spaces.",
    )
    language: list[AskedLanguage] = Field(
        [],
        max_length=20,
        description="Only those taught in this language and its regional ones, or in one of several; `und`: those "
        "of which nobody has said it.",
    )
    subject: list[Annotated[str, Field(max_length=255)]] = Field(
        [], max_length=20, description="Only those of this subject, or of one of several."
    )
    tag: list[Annotated[str, Field(max_length=LONGEST_TAG)]] = Field(
        [], max_length=MOST_TAGS, description="Only those with this tag, or with all of several."
    )
    has_captions: bool | None = Field(None, description="Only those with captions, or those without.")
    category: list[Annotated[str, Field(max_length=64)]] = Field(
        [],
        max_length=20,
        description="Only those of this category and of all below it, or of one of several.",
    )
    level: list[Level] = Field(
        [], max_length=len(LEVELS), description="Only those of this level, or of one of several."
    )
    licence: list[LicenceCode] = Field(
        [],
        max_length=len(get_args(LicenceCode)),
        description="Only those under this licence, or one of several.",
    )
    visibility: list[Visibility] = Field(
        [], max_length=len(VISIBILITIES), description="Only those that are open to these, in effect."
    )
    review: list[ReviewState] = Field(
        [], max_length=len(REVIEW_STATES), description="Only those that are so far in their review."
    )
    trashed: bool = Field(False, description="Those in the trash, instead of all others.")
    owner: str | None = Field(
        None,
        max_length=64,
        description="Only what this person brought, by their ID; `me` is whoever is signed in.",
    )
    created_since: Moment | None = Field(
        None,
        description="Only those that were made then or later: a date and time with its offset (RFC 3339).",
    )
    created_before: Moment | None = Field(None, description="Only those that were made earlier.")
    sort: AssetOrder = Field(
        "-created_at", description="Newest first, oldest first, or by title; with a minus from the last."
    )
    count: bool = Field(False, description="Whether to count all of them, too.")


class DeletionQuery(BaseModel):
    """Whether an asset may come back."""

    model_config = ConfigDict(extra="forbid")

    permanently: bool = Field(
        False, description="Remove it for good, from the trash as well. For administrators."
    )


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


_SentName = Annotated[str, AfterValidator(lambda name: name.replace("\0", " "))]
"""A name as some tool writes it; what else it cannot keep, it loses where it is kept (``clean_name``)."""


class UploadQuery(BaseModel):
    """What to call a file that is sent in one request."""

    model_config = ConfigDict(extra="forbid")

    title: _SentName = Field("", max_length=1000, description="Title; the file's name if left out.")
    filename: _SentName = Field("", max_length=1000, description="Name of the file, for people.")
    policy: Policy | None = Field(None, description="Policy of the first playback ID.")
    sha256: str | None = Field(
        None,
        description="SHA-256 of the file, in hexadecimal, to be checked.",
        json_schema_extra={"pattern": f"^{SHA256_PATTERN}$"},
    )
    external_id: ExternalId | None = Field(None, description="What your own systems call the asset.")
    visibility: Visibility | None = Field(
        None, description="Who may find and play it; as its playback ID says if left out."
    )
    background: str = Field(
        WHITE,
        max_length=7,
        description="Colour behind transparent pixels, as `#rrggbb` (`%23rrggbb` in a URL).",
        json_schema_extra={"pattern": f"^{COLOUR_PATTERN}$"},
    )


def owner_id(asked: str | None) -> str | None:
    """The person whose things are asked for; ``me`` is who is signed in. Raises ``invalid_request``."""
    if asked != "me":
        return asked
    if auth.caller().person_id is None:
        raise wrong_value("An API key is nobody who owns anything: give a person's ID.", parameter="owner")
    return auth.caller().person_id


def summarize(listed: ListedAsset, public_url: str, *, admin: bool, pending: Version | None) -> AssetSummary:
    """One line of a list; ``admin``: for whoever looks after the platform."""
    return AssetSummary(**_summary(listed, public_url, admin=admin, pending=pending))


def describe(
    asset: Asset,
    version: Version,
    public_url: str,
    *,
    admin: bool,
    pending: Version | None,
    progress: ProgressDocument,
    imported: ImportDocument | None,
    renditions: list[Rendition],
    images: Mapping[str, Image],
    files: Sequence[File],
    tracks: list[Track],
    duplicates: Sequence[str],
) -> AssetDocument:
    """All of an asset; ``admin``: for whoever looks after the platform."""
    summary = _summary(as_listed(asset, version), public_url, admin=admin, pending=pending)
    links = _links(summary["playback_ids"], public_url)
    return AssetDocument(
        **summary,
        **details_of(asset),
        old_views=asset.old_views,
        progress=progress,
        renditions=[RenditionDocument.model_validate(rendition) for rendition in renditions],
        images=_images(images, links),
        downloads=_downloads(files, links),
        tracks=describe_tracks(tracks, version, asset, public_url),
        decisions=list(version.facts.decisions) if version.facts else [],
        notices=_notices(version.facts) if version.facts else [],
        imported=imported,
        views=_views(asset),
        duplicate_of=list(duplicates),
    )


def _views(asset: Asset) -> ViewsOfAsset:
    imported = asset.old_views or 0
    return ViewsOfAsset(total=asset.clicks, counted=asset.clicks - imported, imported=imported)


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
                "state": track.state,
                "url": links.track(version.id, track.id) if links else None,
            }
        )
        for track in tracks
    ]


def describe_playback_id(
    playback_id: PublicName, title: str, facts: VersionFacts | None, public_url: str
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


def _owner(listed: ListedAsset) -> OwnerDocument | None:
    return OwnerDocument(id=listed.owner_id, name=listed.owner_name or "") if listed.owner_id else None


def _summary(listed: ListedAsset, public_url: str, *, admin: bool, pending: Version | None) -> dict[str, Any]:
    facts = listed.facts
    return {
        "id": listed.id,
        "version_id": listed.version_id,
        "organization_id": listed.organization_id,
        "owner": _owner(listed),
        "title": listed.title,
        "external_id": listed.external_id,
        **summary_of(listed),
        "has_captions": listed.has_captions,
        "review_state": listed.review_state,
        "kind": listed.kind,
        "state": listed.state,
        "failure": describe_failure(listed, admin=admin),
        "duration": facts.duration if facts else None,
        "width": facts.source_width if facts else None,
        "height": facts.source_height if facts else None,
        "frame_rate": facts.frame_rate if facts else None,
        "loop": facts.loop if facts else None,
        "background": f"#{listed.background:06x}",
        "playback_ids": [
            describe_playback_id(playback_id, listed.title, facts, public_url)
            for playback_id in listed.playback_ids
        ],
        "source": describe_source(listed),
        "pending": PendingDocument(
            version_id=pending.id, state=pending.state, failure=describe_failure(pending, admin=admin)
        )
        if pending
        else None,
        "created_at": listed.created_at,
        "updated_at": listed.updated_at,
        "trashed_at": listed.trashed_at,
        "removed_after": listed.purge_at,
    }


def describe_source(of: ListedAsset | Version) -> SourceDocument:
    """The file that a version is made of."""
    return SourceDocument(
        file_name=of.file_name,
        size=of.source_size,
        sha256=of.source_sha256,
        dropped_at=of.source_dropped_at,
    )


def describe_failure(listed: ListedAsset | Version, *, admin: bool) -> FailureDocument | None:
    """Why a version failed, None if it did not; ``admin``: for whoever looks after the platform."""
    if listed.state != "failed":
        return None
    code = listed.failure_code or CODE_UNKNOWN
    message = failure_message(code, listed.failure_words)
    # Of other codes it is what tools said of the file, not meant for people.
    detail = listed.failure_detail if admin or code == OUTPUT_REJECTED else None
    return FailureDocument(
        code=code,
        message=MessageDocument(**message.to_json()),
        detail=detail,
        plays_on=listed.shown_state == "playable",
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
