"""The versions of an asset: one is current, others were, are being built beside it, or wait until one chooses them.

``assets.current_version_id`` is the pointer, and only ``_switch`` moves it. Whoever does, or removes a version, first
holds all versions of the asset (``hold``), in the order of their IDs, and its row last.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Text,
    and_,
    any_,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.orm import Session

from configs.words import SwitchReason, VersionState
from storage.catalogue import steps
from storage.catalogue.assets import begin_processing
from storage.catalogue.inventory import named_by
from storage.catalogue.models import (
    Asset,
    AuditEntry,
    File,
    Image,
    Rendition,
    Step,
    Track,
    Version,
    VersionSwitch,
)

MOST_PENDING = 8
"""Versions of one asset that may be in the making, or wait to be chosen, at a time."""


class TooManyPending(Exception):
    """So many versions of the asset are in the making that none is added."""


class NoFirstVersion(Exception):
    """The source of the asset's first version has not arrived yet."""


class NotSwitchable(Exception):
    """The version is not ready, or nothing of it is kept any more."""


class SourceGone(Exception):
    """The source that a version should be made from is not kept any more."""


@dataclass(frozen=True)
class Author:
    """Who brings or chooses a version: an API key with its label, or by their name a person who signed in."""

    key_id: str | None
    label: str
    person_id: str | None = None


def versions_of(session: Session, asset_id: str) -> Sequence[Version]:
    """All versions of an asset, newest first, without those that somebody cancelled."""
    query = select(Version).where(Version.asset_id == asset_id, _is_told())
    return session.execute(query.order_by(Version.created_at.desc(), Version.id.desc())).scalars().all()


def switches_of(session: Session, asset_id: str, limit: int = 100) -> Sequence[VersionSwitch]:
    """When which version became the current one, the last one first."""
    query = select(VersionSwitch).where(VersionSwitch.asset_id == asset_id)
    return session.execute(query.order_by(VersionSwitch.id.desc()).limit(limit)).scalars().all()


def find(session: Session, asset_id: str, version_id: str) -> Version | None:
    """A version of the asset, unless somebody cancelled it."""
    query = select(Version).where(Version.id == version_id, Version.asset_id == asset_id, _is_told())
    return session.execute(query).scalar_one_or_none()


def pending_of(session: Session, asset_ids: Collection[str]) -> dict[str, Version]:
    """The newest version of each asset that was never current and may become so, by asset."""
    rows = session.execute(_PENDING, {"ids": list(asset_ids)}).scalars()
    return {version.asset_id: version for version in rows}


def hold(session: Session, asset_id: str) -> Asset:
    """Keep others from changing which version is current, and what it is made of, until the transaction ends."""
    session.execute(
        select(Version.id).where(Version.asset_id == asset_id).order_by(Version.id).with_for_update()
    )
    return session.get_one(Asset, asset_id, with_for_update=True, populate_existing=True)


def add(
    session: Session,
    asset: Asset,
    *,
    file_name: str,
    background: int | None,
    by: Author,
    note: str,
    awaited: bool,
) -> Version:
    """A version beside the current one, whose source is to come. ``background`` as 0xRRGGBB, None for that of the
    current version; ``awaited`` lets it become current as soon as it is ready.

    Raises ``NoFirstVersion`` and ``TooManyPending``.
    """
    current = _current(session, hold(session, asset.id))
    if current is None or current.state == "uploading":
        raise NoFirstVersion
    pending = select(func.count()).select_from(Version).join(Asset, Asset.id == Version.asset_id)
    if (
        session.execute(pending.where(Version.asset_id == asset.id, *_is_pending())).scalar_one()
        >= MOST_PENDING
    ):
        raise TooManyPending
    version = Version(
        asset_id=asset.id,
        file_name=file_name,
        background=current.background if background is None else background,
        awaited=awaited,
        note=note,
        bringer_key_id=by.key_id,
        bringer_person_id=by.person_id,
        bringer=by.label,
    )
    session.add(version)
    session.flush()
    return version


def process_again(session: Session, asset: Asset, *, by: Author, note: str, awaited: bool) -> Version:
    """A version of the current one's own source, made as this release and its settings would now. The source is kept
    as long as one of both needs it. Raises ``SourceGone`` and what ``add`` raises.
    """
    current = _current(session, hold(session, asset.id))
    if current is None or current.state == "uploading":
        raise NoFirstVersion
    if current.source_key is None or current.source_size is None or current.source_sha256 is None:
        raise SourceGone
    version = add(
        session, asset, file_name=current.file_name, background=None, by=by, note=note, awaited=awaited
    )
    begin_processing(session, version.id, current.source_key, current.source_size, current.source_sha256)
    session.refresh(version)
    return version


def choose(session: Session, asset: Asset, version_id: str, *, by: Author, note: str) -> bool:
    """Let a version be the current one; False if it is already. One that was current before may be chosen as long as
    it plays. Raises ``NotSwitchable``.
    """
    asset = hold(session, asset.id)
    version = session.get_one(Version, version_id, populate_existing=True)
    if asset.current_version_id == version.id:
        return False
    was_current = version.activated_at is not None or version.retired_at is not None
    plays = version.state == "ready" or (was_current and version.shown_state == "playable")
    if not plays or version.discarded_at is not None or version.removed_at is not None:
        raise NotSwitchable
    _switch(session, asset, version, reason="chosen", by=by, note=note)
    return True


def activate_awaited(session: Session, version_id: str) -> bool:
    """Let a version that is ready become the current one if that is awaited; part of the transaction in which it
    becomes ready, or of one that makes up for it. Its versions are held.

    Not if a newer version was current meanwhile: who comes late does not undo what came after it.
    """
    version = session.get_one(Version, version_id, populate_existing=True)
    if not version.awaited or version.state != "ready" or version.discarded_at is not None:
        return False
    asset = session.get_one(Asset, version.asset_id, with_for_update=True, populate_existing=True)
    newer_was_current = session.execute(
        select(Version.id).where(
            Version.asset_id == asset.id,
            tuple_(Version.created_at, Version.id) > tuple_(version.created_at, version.id),
            or_(Version.id == asset.current_version_id, Version.activated_at.is_not(None)),
        )
    ).first()
    if newer_was_current is not None:
        version.awaited, version.retired_at = False, func.now()
        session.flush()
        return False
    by = Author(version.bringer_key_id, version.bringer, version.bringer_person_id)
    _switch(session, asset, version, reason="ready", by=by, note=version.note)
    # Nobody is calling: it is done in the name of whoever brought the version.
    session.add(
        AuditEntry(
            organization_id=asset.organization_id,
            action="version.activate",
            target_id=asset.id,
            details={"version_id": version.id, "reason": "ready", "note": version.note},
            key_id=by.key_id,
            key_label="" if by.person_id else by.label,
            person_id=by.person_id,
            person_name=by.label if by.person_id else None,
            role=None,
            address="",
            request_id="",
        )
    )
    session.flush()
    return True


def left_awaited(session: Session, limit: int = 100) -> Sequence[tuple[str, str]]:
    """Asset and version of those that are ready and still awaited: a worker of the release before made them so."""
    rows = session.execute(
        select(Version.asset_id, Version.id).where(Version.awaited, Version.state == "ready").limit(limit)
    )
    return [(row[0], row[1]) for row in rows]


def discard(session: Session, version: Version) -> None:
    """Let a version go that is not current, and end the work on it; the keeper removes its objects. The asset's
    versions are held.
    """
    version.awaited, version.discarded_at = False, func.now()
    session.flush()
    steps.cancel_steps(session, version.id)


def leaving(session: Session, grace: timedelta, limit: int) -> Sequence[tuple[str, str]]:
    """Asset and version of those whose objects may be removed: retired for as long as ``grace``, or not wanted, and no
    step at work on them.
    """
    at_work = exists().where(Step.version_id == Version.id, Step.state == "leased")
    rows = session.execute(
        select(Version.asset_id, Version.id)
        .where(_may_leave(grace), ~at_work)
        .order_by(Version.id)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in rows]


def forget(session: Session, asset_id: str, version_id: str, grace: timedelta) -> bool:
    """Forget what was made of a version, and with one that was never current that it was there at all. False if it is
    wanted again. Its objects are nobody's then, but for a source that another version is made of, too.
    """
    asset = hold(session, asset_id)
    version = session.execute(
        select(Version).where(Version.id == version_id, _may_leave(grace))
    ).scalar_one_or_none()
    if version is None or asset.current_version_id == version_id:
        return False
    steps.cancel_steps(session, version_id)
    if version.activated_at is None and version.retired_at is None:
        session.execute(delete(Version).where(Version.id == version_id))
        return True
    for made in (Rendition, Image, File, Track):
        session.execute(delete(made).where(made.version_id == version_id))
    version.removed_at, version.source_key, version.stand_in_key = func.now(), None, None
    session.flush()
    return True


def kept_of(session: Session, asset_id: str) -> tuple[set[str], set[str]]:
    """Versions of an asset that are kept, by their IDs, and keys of all objects that they name."""
    kept = set(
        session.execute(
            select(Version.id).where(Version.asset_id == asset_id, Version.removed_at.is_(None))
        ).scalars()
    )
    return kept, {named.key for version_id in kept for named in named_by(session, version_id)}


def _may_leave(grace: timedelta) -> ColumnElement[bool]:
    return and_(
        Version.removed_at.is_(None),
        or_(Version.retired_at < func.now() - grace, Version.discarded_at.is_not(None)),
    )


def _current(session: Session, asset: Asset) -> Version | None:
    if asset.current_version_id is None:
        return None
    return session.get(Version, asset.current_version_id, populate_existing=True)


def _switch(
    session: Session, asset: Asset, version: Version, *, reason: SwitchReason, by: Author, note: str
) -> None:
    before = asset.current_version_id
    session.execute(
        update(Version)
        .where(Version.id == before)
        .values(retired_at=func.now(), awaited=False)
        .execution_options(synchronize_session=False)
    )
    version.activated_at, version.retired_at, version.awaited = func.now(), None, False
    asset.current_version_id = version.id
    asset.updated_at = func.now()
    session.add(
        VersionSwitch(
            asset_id=asset.id,
            version_id=version.id,
            before_id=before,
            reason=reason,
            note=note,
            key_id=by.key_id,
            person_id=by.person_id,
            key_label=by.label,
        )
    )
    session.flush()
    session.expire(version)
    _end_superseded(session, version, before)


def _end_superseded(session: Session, version: Version, before_id: str | None) -> None:
    """End the work on versions that a newer one made useless before anybody could watch them: the one that was current,
    and older ones that waited for nothing but to be so. They are kept as any retired one, so that who wants them after
    all tries them again. What is ready or playable is left alone: it is watched, or may be taken back.
    """
    unseen: tuple[VersionState, ...] = ("queued", "processing")
    older = tuple_(Version.created_at, Version.id) < tuple_(version.created_at, version.id)
    superseded = session.execute(
        select(Version.id)
        .where(
            Version.asset_id == version.asset_id,
            Version.discarded_at.is_(None),
            or_(
                and_(Version.id == before_id, Version.state.in_(unseen)),
                and_(Version.awaited, older, Version.state.in_(steps.UNREADY)),
            ),
        )
        .order_by(Version.id)
    ).scalars()
    for version_id in superseded.all():
        session.execute(
            update(Version)
            .where(Version.id == version_id)
            .values(awaited=False, retired_at=func.coalesce(Version.retired_at, func.now()))
        )
        steps.fail_version(session, version_id, "superseded", f"version {version.id} was ready first")


def _is_told() -> ColumnElement[bool]:
    return or_(
        Version.discarded_at.is_(None), Version.activated_at.is_not(None), Version.retired_at.is_not(None)
    )


def _is_pending() -> tuple[ColumnElement[bool], ...]:
    return (
        Version.id != func.coalesce(Asset.current_version_id, ""),
        Version.activated_at.is_(None),
        Version.retired_at.is_(None),
        Version.discarded_at.is_(None),
    )


# Written once: asked with every page of a list.
_PENDING: Final = (
    select(Version)
    .join(Asset, Asset.id == Version.asset_id)
    .where(Version.asset_id == any_(bindparam("ids", type_=ARRAY(Text))), *_is_pending())
    .order_by(Version.created_at, Version.id)
)
