"""Lessons of other platforms that are followed here: what is due, who copies it, and what becomes of it.

Whoever copies holds a lease and a fence, as of steps: who lost the lease writes nothing more.
"""

from __future__ import annotations

from collections.abc import Collection as AnyOf
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Literal

from sqlalchemy import ARRAY, Text, and_, cast, delete, func, or_, select, update
from sqlalchemy.orm import Session, sessionmaker

from configs.words import FollowMode, LinkFailure, TrackKind, Visibility
from storage.catalogue import chunks, fingerprints, owed_totals, trash, versions, ways
from storage.catalogue.assets import create_asset
from storage.catalogue.categories import usable
from storage.catalogue.collection_items import CollectionFull, UnknownAsset, put_item
from storage.catalogue.facts import VersionFacts
from storage.catalogue.half_copies import discard_half
from storage.catalogue.models import (
    Asset,
    Chunk,
    Collection,
    File,
    FollowedCourse,
    FollowedLesson,
    Image,
    MirroredObject,
    Organization,
    PlatformLink,
    Rendition,
    Subscription,
    Track,
    Version,
)
from storage.catalogue.pictures import POSTER
from storage.catalogue.reach import Reach
from storage.catalogue.visibility import Viewer
from storage.exchange.lessons import (
    SharedChange,
    SharedLesson,
    SharedMetadata,
    SharedText,
    SharedVersion,
    Station,
)
from storage.exchange.playable import Unplayable, require_playable
from storage.objects import Part
from storage.origins import origin_of
from storage.packed_chunks import UnknownPacking

LEASE: Final = timedelta(seconds=60)
FIRST_DELAY: Final = timedelta(seconds=5)
LONGEST_DELAY: Final = timedelta(minutes=10)
"""How long a lesson waits that could not be copied: twice as long each time, up to the longest."""

MOST_FOLLOWED: Final = 200_000
"""Lessons of one link, and courses: what is told beyond is passed by."""

_LOOKED_AT_AGAIN: Final = ("mode", "keep_copies", "only", "most_bytes")
"""What changes of which may change what is to be here."""

_LONGEST_DETAIL: Final = 300
_SAID: Final = (
    *("title", "description", "language", "subject", "tags", "level", "audience", "contributors", "licence"),
    *("source_organization", "original_date", "other_ids", "published_at", "withdraw_at"),
)


class LeaseLost(Exception):
    """Another keeper has the lesson, or it is not followed any more."""


class NoRoom(Exception):
    """As much as may be stored for the link is stored."""


class NotUnderstood(Exception):
    """What is told of a version is of a release that this one does not understand, or cannot be played."""


@dataclass(frozen=True)
class Claim:
    """A lease on a followed lesson."""

    id: str
    link_id: str
    origin_id: str
    fence: int
    is_new: bool = False
    is_asked_for: bool = False


@dataclass(frozen=True)
class Copying:
    """What is to be copied: into ``version_id`` of ``asset_id``."""

    asset_id: str
    version_id: str


def due_subscriptions(session: Session, every: timedelta) -> Sequence[tuple[Subscription, PlatformLink]]:
    """Subscriptions whose changes were not read for so long, with their links."""
    rows = session.execute(
        select(Subscription, PlatformLink)
        .join(PlatformLink, PlatformLink.id == Subscription.link_id)
        .where(
            PlatformLink.state == "linked",
            or_(Subscription.read_at.is_(None), Subscription.read_at <= func.now() - every),
        )
        .order_by(Subscription.read_at.nulls_first())
    )
    return [(row[0], row[1]) for row in rows]


def learn(
    session: Session, link_id: str, changes: Sequence[SharedChange], cursor: str, *, is_last: bool
) -> int:
    """Write down what became of lessons there, and return how many are passed by, for there are too many. ``is_last``:
    nothing else is known there by now."""
    subscription = session.get(Subscription, link_id, populate_existing=True)
    known = select(func.count()).where(FollowedLesson.link_id == link_id)
    room, passed_by = MOST_FOLLOWED - session.execute(known).scalar_one(), 0
    for change in changes:
        if change.kind == "asset" and subscription is not None:
            is_new = _learn(session, subscription, change, has_room=room > 0)
            passed_by += is_new and room <= 0
            room -= is_new
    values: dict[str, Any] = {"cursor": cursor, **({"read_at": func.now()} if is_last else {})}
    session.execute(update(Subscription).where(Subscription.link_id == link_id).values(**values))
    return passed_by


def begin_anew(session: Session, link_id: str) -> None:
    """All that was told before is looked at again: the other platform's numbers mean nothing any more."""
    look_at_all_again(session, link_id)
    owed_totals.tell_anew(session, link_id)


def look_at_all_again(session: Session, link_id: str) -> None:
    """Everything is looked at again: other things are wanted here."""
    again = ("waiting", "copying", "current", "left_out")
    session.execute(
        update(FollowedLesson)
        .where(FollowedLesson.link_id == link_id, FollowedLesson.state.in_(again))
        .values(due_at=func.now(), attempts=0)
    )
    session.execute(
        update(FollowedCourse)
        .where(
            FollowedCourse.link_id == link_id, FollowedCourse.state.in_(("waiting", "current", "left_out"))
        )
        .values(due_at=func.now(), attempts=0)
    )


def _learn(session: Session, subscription: Subscription, change: SharedChange, *, has_room: bool) -> bool:
    """Return whether it is one that was not known, and is wanted."""
    known = _known(session, subscription.link_id, change.id)
    is_new = known is None and change.change != "deleted" and subscription.everything
    if is_new and has_room:
        session.add(FollowedLesson(link_id=subscription.link_id, origin_id=change.id, due_at=func.now()))
    elif known is not None and (
        known.state not in ("adopted", "dropped") and (subscription.everything or known.placed is not None)
    ):
        # What it is by now is asked for when its turn comes; that it is gone is asked for as well.
        known.due_at, known.attempts = func.now(), 0
    session.flush()
    return is_new


def _known(session: Session, link_id: str, origin_id: str) -> FollowedLesson | None:
    query = select(FollowedLesson).where(
        FollowedLesson.link_id == link_id, FollowedLesson.origin_id == origin_id
    )
    return session.execute(query.with_for_update()).scalar_one_or_none()


def follow_one(session: Session, link: PlatformLink, origin_id: str, placed: Mapping[str, Any]) -> None:
    """Follow a lesson whether or not all that the other platform shares is followed, to a place
    (``storage.catalogue.offers.Place``)."""
    if session.get(Subscription, link.id) is None:
        session.add(Subscription(link_id=link.id, visibility="subtree", everything=False))
    known = _known(session, link.id, origin_id)
    if known is None:
        known = FollowedLesson(link_id=link.id, origin_id=origin_id, state="waiting")
        session.add(known)
    known.placed = dict(placed)
    if known.state == "dropped":
        # Somebody has thrown it away; by now they want it.
        known.state, known.asset_id, known.copied_version_id = "waiting", None, None
    if known.state != "adopted":
        known.due_at, known.attempts = func.now(), 0
    session.flush()


def look_again(session: Session, link_id: str, origin_id: str) -> None:
    """Have it asked at once whether a lesson is shared still."""
    known = _known(session, link_id, origin_id)
    if known is not None and known.state in ("waiting", "copying", "current"):
        known.due_at, known.attempts = func.now(), 0


def subscribe(session: Session, link_id: str, **values: Any) -> Subscription:
    """Follow all that the other platform shares."""
    found = session.get(Subscription, link_id)
    if found is None:
        found = Subscription(link_id=link_id)
        session.add(found)
    elif not found.everything:
        # What was passed by is told once more.
        found.cursor, found.read_at = "", None
    elif any(getattr(found, name) != values.get(name) for name in _LOOKED_AT_AGAIN):
        look_at_all_again(session, link_id)
    found.everything = True
    for name, value in values.items():
        setattr(found, name, value)
    session.flush()
    session.refresh(found)
    return found


def claim(session: Session, link_ids: Sequence[str], asked_for: Sequence[str] = ()) -> Claim | None:
    """The next lesson of these links, and of the links ``asked_for`` of those that somebody wants to play: these come
    first. Of the others the first link has its turn, with what nothing is known of yet, then who is due for longest."""
    turn = func.array_position(cast(list(link_ids), ARRAY(Text)), FollowedLesson.link_id)
    query = (
        select(FollowedLesson)
        .where(
            or_(
                FollowedLesson.link_id.in_(link_ids),
                and_(FollowedLesson.link_id.in_(asked_for), FollowedLesson.asked_at.is_not(None)),
            ),
            FollowedLesson.due_at <= func.now(),
            or_(FollowedLesson.lease_until.is_(None), FollowedLesson.lease_until < func.now()),
        )
        .order_by(
            FollowedLesson.asked_at.nulls_last(),
            turn,
            FollowedLesson.asset_id.is_not(None),
            FollowedLesson.due_at,
        )
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    found = session.execute(query).scalar_one_or_none()
    if found is None:
        return None
    found.fence += 1
    found.lease_until = func.now() + LEASE
    session.flush()
    is_new, is_asked_for = found.asset_id is None, found.asked_at is not None
    return Claim(found.id, found.link_id, found.origin_id, found.fence, is_new, is_asked_for)


def some_unknown(session: Session, link_id: str) -> bool:
    """Whether nothing is known yet of some lessons of a link that can be asked for."""
    query = select(FollowedLesson.id).where(
        FollowedLesson.link_id == link_id,
        FollowedLesson.asset_id.is_(None),
        FollowedLesson.due_at <= func.now(),
    )
    return session.execute(query.limit(1)).first() is not None


def ask_for(sessions: sessionmaker[Session], asset_id: str) -> None:
    """Somebody wants to play an asset that is not here as a whole: if it is being copied, it comes before others."""
    with sessions.begin() as session:
        session.execute(
            update(FollowedLesson)
            .where(
                FollowedLesson.asset_id == asset_id,
                FollowedLesson.state.in_(("waiting", "copying")),
                FollowedLesson.copied_version_id.is_(None),
                FollowedLesson.asked_at.is_(None),
            )
            .values(asked_at=func.now(), due_at=func.now())
        )


def held(session: Session, claimed: Claim) -> FollowedLesson:
    """The lesson, locked and its lease renewed. Raises ``LeaseLost``."""
    found = session.get(FollowedLesson, claimed.id, with_for_update=True, populate_existing=True)
    if found is None or found.fence != claimed.fence:
        raise LeaseLost
    found.lease_until = func.now() + LEASE
    session.flush()
    return found


def put_off(
    session: Session, claimed: Claim, failure: LinkFailure | None, detail: str, *, is_ours: bool = False
) -> None:
    """Give a lesson back that could not be copied now; without ``failure`` its turn is over and nothing is wrong. With
    one that ``is_ours``, and nobody there can help, it is tried again at once, and stays in the way of others."""
    found = session.get(FollowedLesson, claimed.id, with_for_update=True, populate_existing=True)
    if found is None or found.fence != claimed.fence:
        return
    found.lease_until = None
    if failure is not None:
        found.failure, found.failure_detail = failure, detail[:_LONGEST_DETAIL]
    if failure is None or is_ours:
        found.due_at = func.now()
        return
    delay = min(LONGEST_DELAY, FIRST_DELAY * 2 ** min(found.attempts, 10))
    found.attempts += 1
    found.due_at = func.now() + delay
    if found.copied_version_id is None and found.attempts >= ways.TRIES:
        ways.let_others_look(session, found)


def wanted_mode(found: FollowedLesson, subscription: Subscription) -> FollowMode:
    """Whether a lesson is to be copied: that of which an offer was accepted is; what was copied before stays that,
    unless that is not wanted."""
    if found.placed is not None:
        return "mirror"
    stays = found.mode == "mirror" and subscription.keep_copies
    return "mirror" if subscription.mode == "mirror" or stays else "reference"


def require_room(session: Session, claimed: Claim, lesson: SharedLesson, most_bytes: int | None) -> None:
    """Raise ``NoRoom`` if a lesson is more than may still be stored for its link; what it is called is kept."""
    wanted = sum(each.size for each in lesson.version.objects()) if lesson.version is not None else 0
    if most_bytes is None or wanted == 0:
        return
    others = select(func.coalesce(func.sum(FollowedLesson.bytes_total), 0)).where(
        FollowedLesson.link_id == claimed.link_id,
        FollowedLesson.id != claimed.id,
        FollowedLesson.state.in_(("copying", "current")),
    )
    stored = int(session.execute(others).scalar_one())
    if stored + wanted > most_bytes:
        raise NoRoom(f"{stored} of {most_bytes} bytes are taken, and this lesson has {wanted}")


def describe_followed(session: Session, claimed: Claim, lesson: SharedLesson) -> FollowedLesson:
    """Keep what is told of a lesson, whatever becomes of it here."""
    found = held(session, claimed)
    stations = ways.stations_by(
        session.get_one(PlatformLink, found.link_id), claimed.origin_id, lesson.stations
    )
    found.first_url, found.first_id = origin_of(stations[0].url), stations[0].asset_id
    found.stations = [station.model_dump() for station in stations]
    found.told = lesson.metadata.model_dump(mode="json")
    session.flush()
    return found


def apply(session: Session, claimed: Claim, lesson: SharedLesson, mode: FollowMode) -> Copying | None:
    """Let what is told of a lesson be so here; returns what has to be copied, None if nothing has."""
    found = held(session, claimed)
    link = session.get_one(PlatformLink, found.link_id)
    subscription = session.get(Subscription, found.link_id)
    if subscription is None:
        raise LeaseLost
    asset = session.get(Asset, found.asset_id) if found.asset_id else None
    if asset is not None and asset.deleted_at is not None:
        if found.state not in ("gone", "left_out", "elsewhere") or not trash.restore(session, asset):
            # Somebody here does not want it, or it cannot come back.
            found.state, found.due_at, found.lease_until = "dropped", None, None
            return None
        found.state = "current" if found.copied_version_id else "waiting"
    if lesson.version is None:
        # It comes when it is whole: that is told as another change.
        found.due_at, found.lease_until = None, None
        found.failure, found.failure_detail = ("reference_there", "") if lesson.is_reference else (None, "")
        return None
    if asset is None:
        asset = _create(session, link, subscription, lesson, found.placed)
        found.asset_id, found.version_id = asset.id, asset.current_version_id
        found.copied_version_id = found.mode = None
        _put_into_course(session, asset, found.placed)
    describe(session, asset, lesson.metadata, found.placed)
    is_same = (found.copied_version_id, found.mode) == (lesson.version.id, mode)
    if is_same and not _is_other(session, asset, lesson, mode):
        found.state, found.due_at, found.lease_until, found.attempts = "current", None, None, 0
        found.failure, found.failure_detail = None, ""
        return None
    version = session.get(Version, found.version_id) if found.version_id else None
    if version is None or version.state == "ready":
        version = Version(
            asset_id=asset.id,
            file_name=lesson.version.file_name,
            background=lesson.version.background,
            awaited=True,
        )
        session.add(version)
        session.flush()
        found.version_id = version.id
    version.state, version.queued_at = "processing", version.queued_at or func.now()
    found.state, found.origin_version_id = "copying", lesson.version.id
    found.bytes_total = sum(each.size for each in lesson.version.objects())
    found.failure, found.failure_detail = None, ""
    session.flush()
    return Copying(asset.id, version.id)


def _create(
    session: Session,
    link: PlatformLink,
    subscription: Subscription,
    lesson: SharedLesson,
    placed: Mapping[str, Any] | None,
) -> Asset:
    assert lesson.version is not None  # noqa: S101  (for the type checker)
    visibility: Visibility = placed["visibility"] if placed else subscription.visibility
    owner = session.get(Organization, placed["organization_id"]) if placed else None
    version = create_asset(
        session,
        owner.id if owner is not None else link.organization_id,
        lesson.metadata.title,
        lesson.version.file_name,
        "public" if visibility == "public" else "signed",
        background=lesson.version.background,
        visibility=visibility,
    )
    asset = session.get_one(Asset, version.asset_id)
    # It went through its review there.
    asset.review_state = "published"
    if placed and placed["category_ids"] is not None:
        known = {category.id for category in usable(session, asset.organization_id)}
        asset.category_ids = [each for each in placed["category_ids"] if each in known]
    session.flush()
    return asset


def _put_into_course(session: Session, asset: Asset, placed: Mapping[str, Any] | None) -> None:
    """At the end of the course that was chosen for it, if that is there still and has room."""
    wanted = placed["collection_id"] if placed else None
    course = session.get(Collection, wanted, with_for_update=True) if wanted else None
    if course is None:
        return
    root = course.organization_id
    with suppress(CollectionFull, UnknownAsset):
        put_item(
            session,
            course,
            asset.id,
            None,
            reach=Reach(root),
            viewer=Viewer(organization_id=root, manages=True),
        )


def describe(
    session: Session,
    row: Asset | Collection,
    told: SharedMetadata,
    placed: Mapping[str, Any] | None = None,
) -> None:
    """Let what is said of a lesson or a course there be said here; but for the place that was chosen for it."""
    document = told.model_dump(mode="json")
    for name in _SAID:
        value = getattr(told, name) if name in ("published_at", "withdraw_at") else document[name]
        if getattr(row, name) != value:
            setattr(row, name, value)
    if placed is None or placed["category_ids"] is None:
        codes = {way[-1].code for way in told.categories}
        here = [category.id for category in usable(session, row.organization_id) if category.code in codes]
        if here != row.category_ids:
            row.category_ids = here
    session.flush()


def _is_other(session: Session, asset: Asset, lesson: SharedLesson, mode: FollowMode) -> bool:
    """Whether what is made of the same version there is not all that is here: captions or a poster were changed; or
    whether it is played by something else."""
    told = lesson.version
    if asset.current_version_id is None or told is None:
        return True
    tracks = session.execute(select(Track).where(Track.version_id == asset.current_version_id)).scalars()
    here = {
        (each.kind, each.language, each.label, each.automatic, each.object_key.rpartition("/")[2])
        for each in tracks
    }
    there = {(kind, each.language, each.label, each.automatic, each.sha256) for kind, each in _texts(told)}
    version = session.get_one(Version, asset.current_version_id)
    if here != there or version.poster != told.poster:
        return True
    if version.origin_playback_id != (lesson.playback_id if mode == "reference" else None):
        return True
    for model, given in (
        (Rendition, told.renditions),
        (Image, told.images),
        (File, [*told.files, *told.recipes]),
    ):
        names = session.execute(select(model.name).where(model.version_id == version.id)).scalars()
        if {*names} != {each.name for each in given}:
            return True
    return False


def whole_objects(session: Session, version_id: str) -> dict[str, MirroredObject]:
    """What is stored of a version that is being copied, whole or in part, by path."""
    query = select(MirroredObject).where(MirroredObject.version_id == version_id)
    return {row.path: row for row in session.execute(query).scalars()}


def known_copies(session: Session, asset_id: str) -> dict[tuple[str, int], str]:
    """Keys of objects of the asset that are stored already, by hash and size: of the version before, mostly."""
    of_asset = select(Version.id).where(Version.asset_id == asset_id, Version.removed_at.is_(None))
    found: dict[tuple[str, int], str] = {}
    for version_id in session.execute(of_asset).scalars():
        # What cannot be read is fetched again.
        with suppress(UnknownPacking):
            for rendition in chunks.of_version(session, version_id):
                for chunk in rendition.chunks:
                    found.setdefault((chunk.sha256, chunk.size), chunk.object_key)
    for query in (
        select(Image.sha256, Image.size, Image.object_key).where(Image.version_id.in_(of_asset)),
        select(File.sha256, File.size, File.object_key).where(File.version_id.in_(of_asset)),
    ):
        for sha256, size, key in session.execute(query):
            found.setdefault((sha256, size), key)
    return found


def note(session: Session, claimed: Claim, version_id: str, rows: Sequence[MirroredObject]) -> None:
    """Write down how far some objects are. Raises ``LeaseLost``."""
    found = held(session, claimed)
    for row in rows:
        session.merge(row)
    session.flush()
    done = select(func.coalesce(func.sum(func.greatest(MirroredObject.received, 0)), 0)).where(
        MirroredObject.version_id == version_id
    )
    found.bytes_done = int(session.execute(done).scalar_one())
    found.attempts = 0
    if found.bytes_total:
        share = min(1.0, found.bytes_done / found.bytes_total)
        session.execute(
            update(Version)
            .where(Version.id == version_id)
            .values(progress=func.greatest(Version.progress, share))
        )


def parts_of(row: MirroredObject) -> list[Part]:
    """The stored parts of an object."""
    return [Part(number, etag, size) for number, etag, size in row.parts]


def understood(told: SharedVersion, *, is_reference: bool) -> VersionFacts:
    """What is known of a version that is told. Raises ``NotUnderstood`` for what could not be played here."""
    try:
        return require_playable(told, is_reference=is_reference)
    except Unplayable as error:
        raise NotUnderstood(str(error)) from None


def keep_said(session: Session, claimed: Claim, lesson: SharedLesson) -> None:
    """Let what is said of a lesson be said here, too, though the version that plays there is not understood."""
    found = held(session, claimed)
    asset = session.get(Asset, found.asset_id) if found.asset_id else None
    if asset is not None and asset.deleted_at is None:
        describe(session, asset, lesson.metadata, found.placed)


def finish(
    session: Session,
    claimed: Claim,
    copying: Copying,
    told: SharedVersion,
    *,
    played_there: str | None = None,
) -> None:
    """All objects are stored: let the version be ready, and the one that plays; from its origin, if a playback ID of
    that is given. Raises ``LeaseLost`` and ``NotUnderstood``."""
    facts = understood(told, is_reference=played_there is not None)
    # In the order in which everybody locks them.
    asset = versions.hold(session, copying.asset_id)
    found = held(session, claimed)
    stored = whole_objects(session, copying.version_id)
    _add_rows(session, copying.version_id, told, {path: row.object_key for path, row in stored.items()})
    version = session.get_one(Version, copying.version_id, populate_existing=True)
    version.kind, version.facts = told.kind, facts
    version.state, version.progress = "ready", 1.0
    version.ready_at = version.playable_at = func.now()
    version.poster_name = told.poster if told.poster != POSTER else None
    if played_there is not None:
        version.origin_link_id, version.origin_playback_id = found.link_id, played_there
    found.mode = "mirror" if played_there is None else "reference"
    if told.source is not None and told.source.path in stored:
        version.source_key = stored[told.source.path].object_key
        version.source_size, version.source_sha256 = told.source.size, told.source.sha256
    else:
        version.source_dropped_at = func.now()
        version.source_sha256 = told.source_sha256
    if told.fingerprint is not None:
        fingerprints.write(session, version.id, told.fingerprint.duration, of=told.fingerprint.value())
    session.flush()
    if asset.current_version_id != version.id:
        versions.activate_awaited(session, version.id)
    session.execute(delete(MirroredObject).where(MirroredObject.version_id == version.id))
    found.copied_version_id, found.state = told.id, "current"
    found.bytes_done = found.bytes_total
    found.version_id, found.due_at, found.lease_until, found.attempts = None, None, None, 0
    found.asked_at = None


def _add_rows(session: Session, version_id: str, told: SharedVersion, keys: dict[str, str]) -> None:
    for each in told.renditions:
        rendition = Rendition(version_id=version_id, **each.model_dump(exclude={"chunks"}), published=True)
        session.add(rendition)
        session.flush()
        for chunk in each.chunks:
            session.add(
                Chunk(
                    rendition_id=rendition.id,
                    number=chunk.number,
                    object_key=keys[chunk.path],
                    size=chunk.size,
                    sha256=chunk.sha256,
                    init_length=chunk.init_length,
                    init_sha256=chunk.init_sha256,
                    frames=chunk.frames,
                    segments=[list(segment) for segment in chunk.segments],
                )
            )
    for image in told.images:
        session.add(
            Image(version_id=version_id, object_key=keys[image.path], **image.model_dump(exclude={"path"}))
        )
    for file in (*told.files, *told.recipes):
        session.add(
            File(version_id=version_id, object_key=keys[file.path], **file.model_dump(exclude={"path"}))
        )
    for kind, text in _texts(told):
        session.add(
            Track(
                version_id=version_id,
                kind=kind,
                language=text.language,
                label=text.label,
                automatic=text.automatic,
                object_key=keys[text.path],
            )
        )
    session.flush()


def _texts(told: SharedVersion) -> list[tuple[TrackKind, SharedText]]:
    return [*((each.kind, each) for each in told.tracks), *(("slides", each) for each in told.slides)]


def note_pace(session: Session, link_id: str, bytes_per_second: float) -> None:
    """Write down how fast a turn was; the last ones count most."""
    before = func.coalesce(Subscription.pace, bytes_per_second)
    session.execute(
        update(Subscription)
        .where(Subscription.link_id == link_id)
        .values(pace=0.7 * before + 0.3 * bytes_per_second)
    )


def withdraw(
    session: Session, claimed: Claim, kept: timedelta, state: Literal["gone", "left_out"] = "gone"
) -> None:
    """It is not shared any more, or not followed: here it leaves at once, and its objects after a while."""
    found = held(session, claimed)
    asset = session.get(Asset, found.asset_id) if found.asset_id else None
    if asset is not None and asset.deleted_at is None:
        trash.put(session, asset, kept)
    found.state, found.due_at, found.lease_until = state, None, None
    found.failure, found.failure_detail = None, ""
    ways.let_others_look(session, found)


def followed(session: Session, link_id: str, limit: int, after: str | None) -> Sequence[FollowedLesson]:
    """Lessons that came by a link, oldest first."""
    query = select(FollowedLesson).where(FollowedLesson.link_id == link_id, FollowedLesson.id > (after or ""))
    return session.execute(query.order_by(FollowedLesson.id).limit(limit)).scalars().all()


@dataclass(frozen=True)
class Lag:
    """How far what is followed is behind: lessons as they are there, of which ``references`` play from there; lessons
    that are not, and their bytes; lessons that are not followed; and what is stored."""

    current: int
    references: int
    left_out: int
    behind: int
    failing: int
    bytes_left: int
    bytes_stored: int


def lag(session: Session, link_id: str) -> Lag:
    """How far a link's lessons are behind."""
    is_due = FollowedLesson.due_at.is_not(None)
    row = session.execute(
        select(
            func.count().filter(FollowedLesson.state == "current", ~is_due),
            func.count().filter(FollowedLesson.state == "current", FollowedLesson.mode == "reference"),
            func.count().filter(FollowedLesson.state == "left_out"),
            func.count().filter(is_due),
            func.count().filter(is_due, FollowedLesson.failure.is_not(None)),
            func.coalesce(
                func.sum(FollowedLesson.bytes_total - FollowedLesson.bytes_done).filter(
                    FollowedLesson.state == "copying"
                ),
                0,
            ),
            func.coalesce(
                func.sum(FollowedLesson.bytes_done).filter(FollowedLesson.state.in_(("copying", "current"))),
                0,
            ),
        ).where(FollowedLesson.link_id == link_id)
    ).one()
    return Lag(*row[:5], int(row[5]), int(row[6]))


def stations_of(session: Session, asset_ids: AnyOf[str]) -> dict[str, list[Station]]:
    """The platforms through which assets came here, each one's origin first; none of what was made here."""
    query = select(FollowedLesson.asset_id, FollowedLesson.stations).where(
        FollowedLesson.asset_id.in_(asset_ids)
    )
    return {row[0]: [Station(**each) for each in row[1]] for row in session.execute(query)}


def adopt(session: Session, found: FollowedLesson) -> None:
    """Let a copied lesson be our own: it stays whatever becomes of it there. Where it came from is still told."""
    if found.state == "copying":
        discard_half(session, found)
    found.state, found.due_at, found.lease_until = "adopted", None, None
    found.fence += 1
    found.failure, found.failure_detail = None, ""
