"""What each asset takes in the object storage, and each organization's assets, day by day."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Date, cast, delete, exists, func, literal, select, union_all
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from storage.catalogue.models import (
    Asset,
    AssetStorage,
    Chunk,
    File,
    Image,
    PackedChunks,
    Rendition,
    StorageDay,
    Version,
)


def measure(session: Session, day: date) -> None:
    """Write down what there is now; a day ends with what was written last. Assets in the trash still take their place,
    sources that were dropped take none."""
    _measure_assets(session)
    found = (
        select(
            Asset.organization_id,
            cast(literal(day), Date).label("day"),
            func.count(Asset.id),
            func.coalesce(func.sum(AssetStorage.bytes), 0),
        )
        .select_from(Asset)
        .outerjoin(AssetStorage, AssetStorage.asset_id == Asset.id)
        .group_by(Asset.organization_id)
    )
    writing = insert(StorageDay).from_select(["organization_id", "day", "assets", "bytes"], found)
    session.execute(
        writing.on_conflict_do_update(
            index_elements=[StorageDay.organization_id, StorageDay.day],
            set_={"assets": writing.excluded.assets, "bytes": writing.excluded.bytes},
        )
    )


def _measure_assets(session: Session) -> None:
    """Only what changed is written."""
    source = select(Version.asset_id, func.sum(Version.source_size).label("bytes")).where(
        Version.source_size.is_not(None), Version.source_dropped_at.is_(None), Version.removed_at.is_(None)
    )
    chunks, packed = (
        select(Version.asset_id, func.sum(kept.size))
        .join(Rendition, Rendition.version_id == Version.id)
        .join(kept, kept.rendition_id == Rendition.id)
        for kept in (Chunk, PackedChunks)
    )
    images = select(Version.asset_id, func.sum(Image.size)).join(Image, Image.version_id == Version.id)
    files = select(Version.asset_id, func.sum(File.size)).join(File, File.version_id == Version.id)
    parts = union_all(
        *(each.group_by(Version.asset_id) for each in (source, chunks, packed, images, files))
    ).subquery()
    found = (
        select(Asset.id, func.coalesce(func.sum(parts.c.bytes), 0))
        .outerjoin(parts, parts.c.asset_id == Asset.id)
        .group_by(Asset.id)
    )
    writing = insert(AssetStorage).from_select(["asset_id", "bytes"], found)
    session.execute(
        writing.on_conflict_do_update(
            index_elements=[AssetStorage.asset_id],
            set_={"bytes": writing.excluded.bytes},
            where=AssetStorage.bytes != writing.excluded.bytes,
        )
    )
    session.execute(delete(AssetStorage).where(~exists().where(Asset.id == AssetStorage.asset_id)))
