"""Assets, their versions, and how far the work on them is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from configs.words import Origins, Policy, StepKind, Visibility
from storage.catalogue import reviews, steps, workload
from storage.catalogue.cataloguing import ChangeRefused, require_known
from storage.catalogue.models import Asset, PlaybackId, Version
from storage.catalogue.new_steps import FIRST_KIND, NewStep
from storage.catalogue.reach import Reach
from storage.catalogue.steps import UNREADY
from storage.catalogue.work_left import VersionWork

WHITE = 0xFFFFFF
_EXTERNAL_ID_INDEX = "ix_assets_external_id_organization_id"


class ExternalIdTaken(ChangeRefused):
    """Another asset of the organization has this external ID."""

    code = "external_id_taken"


@dataclass(frozen=True)
class Progress:
    """How far a version is. ``percent`` 0 to 100, never falling; ``stage`` the kind of step at work longest;
    ``queue_position`` 1 is next; ``left`` is what a forecast is made from."""

    percent: int
    stage: StepKind | Literal["upload", "queued"] | None = None
    queue_position: int | None = None
    left: VersionWork | None = None


def create_asset(
    session: Session,
    organization_id: str,
    title: str,
    file_name: str,
    policy: Policy,
    *,
    background: int = WHITE,
    external_id: str | None = None,
    owner_id: str | None = None,
    visibility: Visibility | None = None,
) -> Version:
    """A new asset with one playback ID and a first version that waits for its source. ``background`` (0xRRGGBB) is
    what the author wants behind transparent pixels, ``owner_id`` the person who brings it; without ``visibility`` the
    playback ID says who may see it. Raises ``ExternalIdTaken``.
    """
    asset = Asset(
        organization_id=organization_id,
        title=title,
        owner_id=owner_id,
        review_state=reviews.first_state(session, organization_id),
    )
    if visibility is not None:
        asset.visibility = asset.effective_visibility = visibility
    set_external_id(session, asset, external_id)
    version = Version(asset_id=asset.id, file_name=file_name, background=background)
    session.add_all([version, PlaybackId(asset_id=asset.id, policy=policy)])
    session.flush()
    asset.current_version_id = version.id
    return version


def set_external_id(session: Session, asset: Asset, external_id: str | None) -> None:
    """Let the organization's own systems call the asset so. Raises ``ExternalIdTaken``, and all is as it was."""
    try:
        with session.begin_nested():
            asset.external_id = external_id
            session.add(asset)
    except IntegrityError as error:
        if _EXTERNAL_ID_INDEX in str(error.orig):
            raise ExternalIdTaken(external_id) from None
        raise


def change(session: Session, asset: Asset, changes: Mapping[str, Any]) -> None:
    """Set the columns that ``changes`` names. Raises ``ChangeRefused``, and all is as it was."""
    require_known(session, asset, changes)
    if "external_id" in changes:
        set_external_id(session, asset, changes["external_id"])
    for name, value in changes.items():
        setattr(asset, name, value)
    if "visibility" in changes:
        asset.effective_visibility = asset.visibility or _by_playback_ids(session, asset)
    session.flush()


def _by_playback_ids(session: Session, asset: Asset) -> Visibility:
    """As the trigger on playback IDs has it (migration 0050)."""
    is_public = exists().where(PlaybackId.asset_id == asset.id, PlaybackId.policy == "public")
    return "public" if session.execute(select(is_public)).scalar_one() else "organization"


def find_asset(session: Session, asset_id: str, reach: Reach, *, for_update: bool = False) -> Asset | None:
    """The asset, unless it is deleted or is outside ``reach``; with ``for_update``, others wait with their changes."""
    query = select(Asset).where(Asset.id == asset_id, Asset.deleted_at.is_(None))
    return reach.find(session, query, for_update=for_update)


def add_playback_id(session: Session, asset: Asset, policy: Policy, origins: Origins = "any") -> PlaybackId:
    """One more playback ID."""
    playback_id = PlaybackId(asset_id=asset.id, policy=policy, origins=origins)
    session.add(playback_id)
    asset.updated_at = func.now()
    session.flush()
    return playback_id


def remove_playback_id(session: Session, asset: Asset, playback_id: str) -> bool:
    """Take a playback ID away: nothing plays by it any more. False if the asset has no such ID."""
    removed = session.execute(
        delete(PlaybackId)
        .where(PlaybackId.id == playback_id, PlaybackId.asset_id == asset.id)
        .returning(PlaybackId.id)
    ).scalar_one_or_none()
    if removed is not None:
        asset.updated_at = func.now()
    return removed is not None


def begin_processing(session: Session, version_id: str, source_key: str, size: int, sha256: str) -> None:
    """The source is complete and durable: queue the version. Part of the one transaction that ends an upload."""
    session.execute(
        update(Version)
        .where(Version.id == version_id, Version.state == "uploading")
        .values(
            state="queued",
            source_key=source_key,
            source_size=size,
            source_sha256=sha256,
            queued_at=func.now(),
        )
    )
    steps.add_steps(session, version_id, [NewStep(kind=FIRST_KIND, name=FIRST_KIND)])


def progress(session: Session, version: Version) -> Progress:
    """How far the work on a version is, as its steps tell."""
    percent = 100 if version.state in ("ready", "external") else min(99, int(100 * version.progress))
    if version.state in ("ready", "failed", "external"):
        return Progress(percent)
    if version.state == "uploading":
        return Progress(percent, "upload")
    work = workload.of_version(session, version)
    if work.running:
        return Progress(percent, max(work.running, key=lambda step: step.seconds).kind, None, work)
    return Progress(percent, "queued", _queue_position(session, version), work)


def _queue_position(session: Session, version: Version) -> int:
    # An early release did not note when it was queued.
    since = func.coalesce(Version.queued_at, Version.created_at)
    ahead = session.execute(
        select(func.count())
        .select_from(Version)
        .where(Version.state.in_(UNREADY), since < (version.queued_at or version.created_at))
    ).scalar_one()
    return ahead + 1
