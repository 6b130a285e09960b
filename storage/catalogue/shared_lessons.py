"""What the catalogue tells a linked platform of lessons and courses, and where their objects lie."""

from __future__ import annotations

from collections.abc import Collection as AnyOf
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.catalogue import chunks, files, fingerprints, renditions, tracks
from storage.catalogue.categories import with_those_below
from storage.catalogue.facts import facts_to_json
from storage.catalogue.models import (
    Asset,
    Category,
    Collection,
    CollectionItem,
    File,
    Image,
    Organization,
    PlatformShare,
    Rendition,
    StoredFingerprint,
    Track,
    Version,
)
from storage.catalogue.pictures import POSTER
from storage.catalogue.playback import preferred_playback_ids
from storage.catalogue.reach import Reach
from storage.catalogue.visibility import BY_PLATFORM, ON_OFFER, Platform, Viewer, seen
from storage.exchange import lessons
from storage.exchange.lessons import (
    SharedCategory,
    SharedChunk,
    SharedCourse,
    SharedFile,
    SharedFingerprint,
    SharedImage,
    SharedLesson,
    SharedMetadata,
    SharedObject,
    SharedRecipe,
    SharedRendition,
    SharedSlides,
    SharedTrack,
    SharedVersion,
    Station,
)

_SAID: Final = (
    *("title", "description", "language", "subject", "tags", "level", "audience", "contributors", "licence"),
    *("source_organization", "original_date", "other_ids", "published_at", "withdraw_at"),
)
_PICTURES: Final = ("storyboard", "preview")
WEBVTT: Final = "text/vtt"


@dataclass(frozen=True)
class TrackText:
    """What a track's object holds, which no row tells."""

    size: int
    sha256: str


def find_lesson(session: Session, viewer: Viewer, asset_id: str) -> Asset | None:
    """The asset, if it is shared with a linked platform, or offered to it."""
    asset = session.get(Asset, asset_id)
    if asset is None or asset.deleted_at is not None:
        return None
    return asset if seen(session, viewer, [asset], only=ON_OFFER) else None


def find_course(session: Session, viewer: Viewer, collection_id: str) -> Collection | None:
    """The course, if it is shared with a linked platform."""
    course = session.get(Collection, collection_id)
    return course if course is not None and seen(session, viewer, [course], only=BY_PLATFORM) else None


def source_is_shared(session: Session, platform: Platform, asset: Asset) -> bool:
    """Whether a line of what is shared that holds the asset lets its source be copied."""
    lines = select(PlatformShare).where(
        PlatformShare.link_id == platform.link_id, PlatformShare.with_source.is_(True)
    )
    for line in session.execute(lines).scalars():
        if line.asset_id == asset.id:
            return True
        if line.collection_id is not None:
            item = session.get(CollectionItem, (line.collection_id, asset.id))
            if item is not None and not item.is_foreign:
                return True
        if line.asset_id is None and line.collection_id is None and _fits(session, line, asset):
            return True
    return False


def _fits(session: Session, line: PlatformShare, asset: Asset) -> bool:
    in_place = line.organization_id is None or Reach(line.organization_id).includes(
        session, asset.organization_id
    )
    is_licensed = line.licence is None or (asset.licence or {}).get("code") == line.licence
    below = with_those_below(session, [line.category_id]) if line.category_id else None
    stands = below is None or bool({*below} & {*asset.category_ids})
    return in_place and is_licensed and stands


def playing_version(session: Session, asset: Asset) -> Version | None:
    """The version that a linked platform gets: the current one, once it is ready. What is played from yet another
    platform is that one's to share."""
    version = session.get(Version, asset.current_version_id) if asset.current_version_id else None
    if version is None or version.state != "ready" or version.facts is None:
        return None
    return version if version.removed_at is None and version.origin_playback_id is None else None


def describe_lesson(
    session: Session,
    asset: Asset,
    stations: Sequence[Station],
    texts: Mapping[str, TrackText],
    *,
    with_source: bool,
) -> SharedLesson:
    """All that is told of a lesson; ``texts`` are those of its version's tracks, by their IDs."""
    version = playing_version(session, asset)
    names = preferred_playback_ids(session, [asset.id]) if version else {}
    return SharedLesson(
        id=asset.id,
        changed_at=asset.updated_at,
        metadata=metadata_of(session, asset),
        stations=list(stations),
        version=_version(session, version, texts, with_source=with_source) if version else None,
        playback_id=names[asset.id].id if asset.id in names else None,
        is_reference=version is None and _is_reference(session, asset),
    )


def _is_reference(session: Session, asset: Asset) -> bool:
    version = session.get(Version, asset.current_version_id) if asset.current_version_id else None
    return version is not None and version.origin_playback_id is not None


def describe_course(session: Session, course: Collection, viewer: Viewer) -> SharedCourse:
    """All that is told of a course."""
    items = select(CollectionItem.asset_id).where(CollectionItem.collection_id == course.id)
    order = session.execute(items.order_by(CollectionItem.position, CollectionItem.asset_id)).scalars().all()
    found = (
        session.execute(select(Asset).where(Asset.id.in_(order), Asset.deleted_at.is_(None))).scalars().all()
    )
    shown = seen(session, viewer, found, only=BY_PLATFORM)
    return SharedCourse(
        id=course.id,
        changed_at=course.updated_at,
        metadata=metadata_of(session, course),
        asset_ids=[asset_id for asset_id in order if asset_id in shown],
    )


def find_object(
    session: Session, version: Version, path: str, *, with_source: bool
) -> tuple[str, str, int, str] | None:
    """Key, content type, size and SHA-256 of an object of a version; of tracks, whose rows do not tell them, the last
    two are 0 and empty. None if there is no such object."""
    kind, _, rest = path.partition("/")
    if kind == "renditions":
        return _chunk_at(session, version.id, rest)
    if kind == "images":
        image = session.get(Image, (version.id, rest))
        return _row(image) if image is not None and _is_told(image, version) else None
    if kind == "files":
        file = files.find_file(session, version.id, rest)
        return _row(file) if file is not None else None
    if kind == "tracks":
        found = [
            each for each in tracks.tracks_of(session, version.id) if f"{each.kind}/{each.language}" == rest
        ]
        return (found[0].object_key, WEBVTT, 0, "") if found else None
    if path == lessons.SOURCE_PATH and with_source and version.source_key is not None:
        return (
            version.source_key,
            "application/octet-stream",
            version.source_size or 0,
            version.source_sha256 or "",
        )
    return None


def _row(row: Any) -> tuple[str, str, int, str]:
    return row.object_key, row.content_type, row.size, row.sha256


def _chunk_at(session: Session, version_id: str, rest: str) -> tuple[str, str, int, str] | None:
    name, _, number = rest.partition("/")
    if not number.isdecimal() or len(number) > 7 or str(int(number)) != number:
        return None
    found = chunks.find(session, version_id, name)
    if found is None or not found.published:
        return None
    content_type = f"{found.kind}/mp4"
    return next(
        (
            (each.object_key, content_type, each.size, each.sha256)
            for each in found.chunks
            if each.number == int(number)
        ),
        None,
    )


def _file(file: File) -> dict[str, Any]:
    return {
        "path": lessons.file_path(file.name),
        **{name: getattr(file, name) for name in ("name", "content_type", "size", "sha256")},
    }


def _fingerprint(session: Session, version_id: str) -> SharedFingerprint | None:
    found = session.get(StoredFingerprint, version_id)
    if found is None or not (found.pictures or found.sound):
        return None
    try:
        return SharedFingerprint.of(found.duration, fingerprints.value_of(found))
    except ValidationError:
        # Of another release, that made them otherwise.
        return None


def _version(
    session: Session, version: Version, texts: Mapping[str, TrackText], *, with_source: bool
) -> SharedVersion:
    published = renditions.renditions_of(session, version.id)
    images = session.execute(
        select(Image).where(Image.version_id == version.id).order_by(Image.name)
    ).scalars()
    made = files.files_of(session, version.id)
    shown = [track for track in tracks.tracks_of(session, version.id) if track.id in texts]
    source = None
    if with_source and version.source_key and version.source_size and version.source_sha256:
        source = SharedObject(
            path=lessons.SOURCE_PATH,
            content_type="application/octet-stream",
            size=version.source_size,
            sha256=version.source_sha256,
        )
    assert version.facts is not None  # noqa: S101  (playing_version saw to it)
    return SharedVersion(
        id=version.id,
        kind=version.kind,
        file_name=version.file_name,
        background=version.background,
        facts=facts_to_json(version.facts),
        poster=version.poster,
        source=source,
        source_sha256=version.source_sha256 if with_source else None,
        fingerprint=_fingerprint(session, version.id),
        renditions=[_rendition(each) for each in published],
        images=[_image(each) for each in images if _is_told(each, version)],
        files=[SharedFile(**_file(each)) for each in made if each.joined_size is None],
        recipes=[
            SharedRecipe(**_file(each), joined_size=each.joined_size)
            for each in made
            if each.joined_size is not None
        ],
        tracks=[
            SharedTrack(kind=track.kind, **_text(track, texts[track.id]))
            for track in shown
            if track.kind != "slides"
        ],
        slides=[SharedSlides(**_text(track, texts[track.id])) for track in shown if track.kind == "slides"],
    )


def _text(track: Track, text: TrackText) -> dict[str, Any]:
    return {
        "path": lessons.track_path(track.kind, track.language),
        "language": track.language,
        "label": track.label,
        "automatic": track.automatic,
        "content_type": WEBVTT,
        **vars(text),
    }


def _is_told(image: Image, version: Version) -> bool:
    """What stands for a version or shows it as a whole; not what somebody once asked for, nor what an author sent."""
    return image.name in (POSTER, version.poster) or image.name.startswith(_PICTURES)


def _rendition(row: Rendition) -> SharedRendition:
    return SharedRendition(
        kind=row.kind,
        name=row.name,
        position=row.position,
        width=row.width,
        height=row.height,
        frame_rate=row.frame_rate,
        channels=row.channels,
        language=row.language,
        label=row.label,
        codecs=row.codecs,
        planned_bandwidth=row.planned_bandwidth,
        peak_bandwidth=row.peak_bandwidth,
        average_bandwidth=row.average_bandwidth,
        chunks=[
            SharedChunk(
                path=lessons.chunk_path(row.name, chunk.number),
                content_type=f"{row.kind}/mp4",
                number=chunk.number,
                size=chunk.size,
                sha256=chunk.sha256,
                init_length=chunk.init_length,
                init_sha256=chunk.init_sha256,
                frames=chunk.frames,
                segments=[tuple(segment) for segment in chunk.segments],
            )
            for chunk in row.chunks
        ],
    )


def _image(row: Image) -> SharedImage:
    return SharedImage(
        path=lessons.image_path(row.name),
        name=row.name,
        content_type=row.content_type,
        width=row.width,
        height=row.height,
        size=row.size,
        sha256=row.sha256,
        details=row.details,
    )


def metadata_of(session: Session, row: Asset | Collection) -> SharedMetadata:
    """What is said of a lesson or a course."""
    return SharedMetadata(
        owner=session.get_one(Organization, row.organization_id).name,
        categories=list(_ways(session, row.category_ids)),
        external_id=getattr(row, "external_id", None),
        **{name: getattr(row, name) for name in _SAID},
    )


def _ways(session: Session, category_ids: AnyOf[str]) -> Iterator[list[SharedCategory]]:
    for category_id in category_ids:
        way: list[SharedCategory] = []
        at = session.get(Category, category_id)
        while at is not None:
            way.insert(0, SharedCategory(code=at.code, name_zh=at.name_zh, name_en=at.name_en))
            at = session.get(Category, at.parent_id) if at.parent_id else None
        if way:
            yield way
