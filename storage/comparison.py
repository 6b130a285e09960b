"""Whether catalogue and bucket agree: what one names and the other lacks, and the other way round."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from storage.catalogue.inventory import NamedObject, named_by
from storage.catalogue.models import Asset, Version
from storage.keys import version_prefix
from storage.objects import ObjectInfo, ObjectNotFound, ObjectStore
from storage.packed_chunks import UnknownPacking

YOUNG = timedelta(hours=24)
"""What was stored since then may be named any moment."""


UNREADABLE: Final = "chunks"
"""What is told of a version whose objects cannot be told."""


@dataclass(frozen=True)
class Difference:
    """An object that is not as the catalogue says; ``named`` is None of one that no row names. ``size`` is what the
    bucket holds of it, in bytes."""

    key: str
    named: NamedObject | None
    problem: str
    size: int


def compare(
    sessions: sessionmaker[Session], objects: ObjectStore, *, read_all: bool = False
) -> Iterator[Difference]:
    """Every difference, also while the service is at work. With ``read_all`` every object is read whose SHA-256 is
    known, and its bytes are compared."""
    seen = set()
    for (asset_id, version_id), group in groupby(objects.list("assets/"), lambda info: _owner(info.key)):
        seen.add(version_id)
        yield from _compare_version(sessions, objects, asset_id, version_id, list(group), read_all=read_all)
    with sessions() as session:
        versions = session.execute(
            select(Asset.id, Version.id).join_from(Asset, Version, Version.asset_id == Asset.id)
        ).all()
    for asset_id, version_id in versions:
        if version_id not in seen:
            yield from _compare_version(sessions, objects, asset_id, version_id, [], read_all=False)


def _compare_version(
    sessions: sessionmaker[Session],
    objects: ObjectStore,
    asset_id: str,
    version_id: str,
    stored: list[ObjectInfo],
    *,
    read_all: bool,
) -> Iterator[Difference]:
    try:
        named = _named(sessions, asset_id, version_id)
    except UnknownPacking as error:
        whole = NamedObject(
            asset_id, version_id, UNREADABLE, version_prefix(asset_id, version_id), None, None
        )
        yield Difference(whole.key, whole, f"cannot be told: {error}", 0)
        return
    if named is None:
        return
    found = {info.key: info for info in stored}
    suspects = [each for each in named.values() if _differs(each, found.get(each.key))]
    if suspects:
        # It was listed before it was asked for: what has come, or gone, since then is no difference.
        still = _named(sessions, asset_id, version_id) or {}
        for each in suspects:
            if each.key in still and (problem := _differs(each, _stat(objects, each.key))):
                yield Difference(each.key, each, problem, 0)
    if read_all:
        for each in named.values():
            if each.key in found and each not in suspects and not _same_bytes(objects, each):
                yield Difference(each.key, each, "has other bytes than were stored", each.size or 0)
    old = datetime.now(UTC) - YOUNG
    for info in stored:
        if info.key not in named and info.modified < old:
            yield Difference(info.key, None, "is named by no row", info.size)


def _named(sessions: sessionmaker[Session], asset_id: str, version_id: str) -> dict[str, NamedObject] | None:
    """What a version's rows name, by key; None if its asset is deleted, and its objects are about to go."""
    with sessions() as session:
        deleted = select(Asset.id).where(Asset.id == asset_id, Asset.deleted_at.is_not(None))
        if session.execute(deleted).first() is not None:
            return None
        return {each.key: each for each in named_by(session, version_id)}


def _owner(key: str) -> tuple[str, str]:
    asset_id, version_id = (key.split("/") + [""] * 2)[1:3]
    return asset_id, version_id


def _differs(named: NamedObject, found: ObjectInfo | None) -> str:
    if found is None:
        return "is not there"
    return "" if named.size in (None, found.size) else f"has {found.size} bytes instead of {named.size}"


def _stat(objects: ObjectStore, key: str) -> ObjectInfo | None:
    try:
        return objects.stat(key)
    except ObjectNotFound:
        return None


def _same_bytes(objects: ObjectStore, named: NamedObject) -> bool:
    if named.sha256 is None:
        return True
    digest = hashlib.sha256()
    try:
        for piece in objects.stream(named.key):
            digest.update(piece)
    except ObjectNotFound:
        return True  # removed since it was listed; if it should not have been, the next look says so
    return digest.hexdigest() == named.sha256
