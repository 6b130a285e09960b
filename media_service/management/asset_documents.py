"""What the API says of an asset, and what it takes: the pydantic models, and rows of the catalogue turned into them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import (
    BaseModel,
    ConfigDict,
)

from configs.failures import CODE_UNKNOWN, failure_message
from configs.notices import notice_message
from configs.words import (
    OUTPUT_REJECTED,
    AssetKind,
    ReviewState,
    VersionState,
)
from media_service.cataloguing.catalogued import (
    CataloguedDetails,
    CataloguedSummary,
    details_of,
    summary_of,
)
from media_service.management.playback_documents import (
    DownloadDocument,
    PlaybackIdDocument,
    RenditionDocument,
    describe_playback_id,
    downloads_of,
    images_of,
    links_of,
)
from media_service.management.track_documents import TrackDocument, describe_tracks
from media_service.openapi import MessageDocument
from media_service.progress import ProgressDocument
from storage.catalogue.asset_lists import ListedAsset, as_listed
from storage.catalogue.facts import VersionFacts
from storage.catalogue.harvests import External
from storage.catalogue.models import Asset, File, Image, Rendition, Track, Version
from storage.exchange.lessons import Station


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
    whether the player begins again at the end; ``interactive``: whether the file waits for its reader, as a Flash movie
    with buttons does, so that the video shows only what runs by itself; ``background``: what shows through transparent
    pixels, ``#rrggbb``, unless ``notices`` name another colour (``ground_changed``);
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
    interactive: bool | None
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


class ExternalDocument(BaseModel):
    """Where a lesson is that is ``external``: a page of another site, which was harvested as the record ``identifier``
    of ``source``. Open ``url``; it does not play here. ``duration`` in seconds, as it is told there."""

    source: str
    url: str
    identifier: str
    duration: float | None
    organization: str | None


class AssetDocument(AssetSummary, CataloguedDetails):
    """Everything of an asset. ``images`` are addresses by name: poster, thumbnail, storyboard, preview.
    ``decisions`` say why it got these renditions, a sentence each, once that is decided; ``notices`` what its author
    should know, what was left out of the file for one. ``imported`` is null of a file that somebody sent.

    ``audience``: for whom it is; ``contributors``: who did what; ``source_organization``: where it came from;
    ``original_date``: when it was made first, as far as that is known; ``other_ids``: what other systems call it;
    ``old_views``: what a platform before had counted. ``visibility`` is what was said, null where its playback IDs
    decide: public if one of them is, else its organization. ``duplicate_of``: IDs of other assets whose file is the
    same, byte for byte, of those that the caller may see, 20 at most. ``external``: where it is if it is a page of
    another site, null of all that play here. ``stations``: the platforms through which it came here, its origin first;
    none of what was made here."""

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
    stations: list[Station]
    external: ExternalDocument | None


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
    stations: Sequence[Station],
    external: External | None,
) -> AssetDocument:
    """All of an asset; ``admin``: for whoever looks after the platform."""
    summary = _summary(as_listed(asset, version), public_url, admin=admin, pending=pending)
    links = links_of(summary["playback_ids"], public_url)
    return AssetDocument(
        **summary,
        **details_of(asset),
        old_views=asset.old_views,
        progress=progress,
        renditions=[RenditionDocument.model_validate(rendition) for rendition in renditions],
        images=images_of(images, links),
        downloads=downloads_of(files, links),
        tracks=describe_tracks(tracks, version, asset, public_url),
        decisions=list(version.facts.decisions) if version.facts else [],
        notices=_notices(version.facts) if version.facts else [],
        imported=imported,
        views=_views(asset),
        duplicate_of=list(duplicates),
        stations=list(stations),
        external=_external(external),
    )


def _external(external: External | None) -> ExternalDocument | None:
    if external is None:
        return None
    return ExternalDocument(
        source=external.source,
        url=external.url,
        identifier=external.identifier,
        duration=external.told.get("duration"),
        organization=external.told.get("organization"),
    )


def _views(asset: Asset) -> ViewsOfAsset:
    imported = asset.old_views or 0
    return ViewsOfAsset(total=asset.clicks, counted=asset.clicks - imported, imported=imported)


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
        "interactive": facts.is_interactive if facts else None,
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
