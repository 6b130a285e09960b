"""Follows what other platforms share: reads their changes, and copies their lessons with all that belongs to them.

A copy has objects, rows and tokens of its own, so it plays whatever becomes of its origin. Objects are copied a few at
a time, each compared with its SHA-256; where a connection breaks off, the next one goes on at that byte, and whoever
takes over after a keeper's death has lost one part at most (``PART``).
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from configs.words import FollowMode
from storage import joined_files, keys
from storage.catalogue import followed_courses, mirrors, ways
from storage.catalogue.mirrors import Claim, Copying, LeaseLost, NoRoom, NotUnderstood
from storage.catalogue.models import FollowedLesson, MirroredObject, PlatformLink, Subscription
from storage.exchange.lessons import (
    MOST_BYTES,
    SharedChanges,
    SharedCourse,
    SharedLesson,
    SharedObject,
    SharedVersion,
)
from storage.exchange.parts import read_parts, wants_lesson
from storage.exchange.playable import Unplayable, require_recipe, require_text
from storage.joined_files import RecipeInvalid
from storage.objects import ObjectNotFound, ObjectStore, StorageError
from storage.outbound.client import Guarded, Outbound
from storage.outbound.kept import KeptConnections
from storage.outbound.linked import LinkedPlatform, LinkTrouble, NotShared
from storage.sha256 import ResumableSha256
from storage.strangers import OutboundError
from workers.link_turns import AWAY, Turns
from workers.linking import open_platform
from workers.rounds import Round

log = logging.getLogger(__name__)

PART: Final = 8 * 1024 * 1024
"""Bytes of a part: what is sent again at most after this process died."""

AT_ONCE: Final = 6
"""Objects of a lesson that are copied at a time."""

WRITE_SECONDS: Final = 0.5
"""So long it may take until it is written down that an object is stored: if this process dies, it is fetched again."""

LINKS_AT_ONCE: Final = 8
"""Platforms whose changes are read at a time."""

TURN_SECONDS: Final = 20.0
"""So long one lesson is copied, or changes of one platform are read, while others wait."""

MEASURED_BYTES: Final = 1_000_000
"""Of a turn that brought less nobody can tell how fast a line is."""

FRUITLESS: Final = 3
"""Connections in a row that bring nothing of an object, after which its lesson waits."""

_REUSED: Final = 64 * 1024 * 1024
"""Bytes of the largest object that is taken from the version before: it goes through memory."""

_PAGE: Final = 500
_MOST_PAGES: Final = 20


UNKEPT: Final = (DataError, IntegrityError, KeyError, ValueError, OverflowError)
"""What the catalogue, or the code that reads it, makes of an answer that is not what it should be."""


class TurnOver(Exception):
    """Others are to be copied as well, or it is not night any more."""


class Changed(Exception):
    """The object there is not what was told of it: the lesson is asked for anew."""


class Mirroring:
    """What keepers do for subscriptions."""

    def __init__(
        self,
        sessions: sessionmaker[Session],
        objects: ObjectStore,
        outbound: Outbound,
        *,
        secret_key: str,
        public_url: str,
        poll: float,
        time_zone: ZoneInfo,
        kept: timedelta,
        asked_at_once: bool = False,
    ) -> None:
        self._asked_at_once = asked_at_once
        self._turns = Turns()
        self._course_turns = Turns()
        self._sessions = sessions
        self._objects = objects
        self._outbound = outbound
        self._secret_key = secret_key
        self._public_url = public_url
        self._poll = timedelta(seconds=poll)
        self._time_zone = time_zone
        self._kept = kept

    def read_changes(self) -> None:
        """Learn what became of all that is followed."""
        if not self._secret_key:
            return
        with self._sessions() as session:
            due = mirrors.due_subscriptions(session, self._poll)
        if due:
            with ThreadPoolExecutor(LINKS_AT_ONCE, "changes") as pool:
                list(pool.map(lambda each: self._read_one(*each), due))

    def _read_one(self, subscription: Subscription, link: PlatformLink) -> None:
        try:
            self._read(subscription, open_platform(self._outbound, self._secret_key, link))
        except (LinkTrouble, NotShared, *UNKEPT) as error:
            # What one of them says holds up no other. That it cannot be reached is told by the contacts; here it is
            # asked again with the next poll.
            log.info("changes of link %s: %s", link.id, error)
        except Exception:
            log.exception("changes of link %s", link.id)

    def _read(self, subscription: Subscription, platform: LinkedPlatform) -> None:
        link_id, cursor, ends = subscription.link_id, subscription.cursor, time.monotonic() + TURN_SECONDS
        for _ in range(_MOST_PAGES):
            if time.monotonic() > ends:
                # The others wait for the next round; it goes on where it was.
                return
            target = f"/v1/exchange/changes?after={cursor}&limit={_PAGE}"
            page = platform.read(target, SharedChanges, MOST_BYTES)
            with self._sessions.begin() as session:
                if page.from_the_beginning and cursor:
                    mirrors.begin_anew(session, link_id)
                if subscription.everything:
                    followed_courses.learn(session, link_id, page.changes)
                passed_by = mirrors.learn(session, link_id, page.changes, page.next, is_last=not page.more)
            if passed_by:
                log.warning("link %s: there are too many lessons, %d are passed by", link_id, passed_by)
            if page.more and page.next == cursor:
                raise LinkTrouble("answer_invalid", "changes that lead nowhere")
            cursor = page.next
            if not page.more:
                return

    def copy(self) -> Round:
        """Give one lesson a turn. The next round begins at once if there was one."""
        with self._sessions.begin() as session:
            linked = _subscriptions(session)
            here = [row for row in linked if not self._turns.is_away(row.link_id)]
            here.sort(key=lambda row: self._turns.last(row.link_id))
            open_now = [row.link_id for row in here if self._is_open(row)]
            asked_for = [row.link_id for row in here] if self._asked_at_once else ()
            claimed = mirrors.claim(session, open_now, asked_for) if self._secret_key and here else None
            if claimed is None:
                return Round()
            link = session.get_one(PlatformLink, claimed.link_id)
            subscription = session.get_one(Subscription, claimed.link_id)
        self._turns.begin(link.id)
        try:
            self._turn(claimed, link, subscription)
        except LeaseLost:
            log.info("followed lesson %s was taken over", claimed.id)
        except NotShared:
            with self._sessions.begin() as session:
                mirrors.withdraw(session, claimed, self._kept)
        except (TurnOver, Changed) as error:
            self._put_off(claimed, LinkTrouble("answer_invalid", str(error)) if str(error) else None)
        except LinkTrouble as error:
            log.info("followed lesson %s waits: %s: %s", claimed.id, error.failure, error)
            self._put_off(claimed, error)
            if error.failure in AWAY:
                self._turns.away(link.id)
                return Round(pause=0)
        except NotUnderstood as error:
            log.info("followed lesson %s is not understood: %s", claimed.id, error)
            self._put_off(claimed, LinkTrouble("lesson_not_understood", str(error)))
        except NoRoom as error:
            self._put_off(claimed, LinkTrouble("link_full", str(error)))
        except UNKEPT as error:
            log.warning("followed lesson %s cannot be kept: %s", claimed.id, error)
            self._put_off(claimed, LinkTrouble("answer_invalid", type(error).__name__))
        except StorageError as error:
            log.warning("followed lesson %s waits: %s", claimed.id, error)
            with self._sessions.begin() as session:
                mirrors.put_off(session, claimed, "storage_failed_here", type(error).__name__, is_ours=True)
            raise
        except SQLAlchemyError as error:
            log.warning("followed lesson %s waits: %s", claimed.id, error)
            self._put_off(claimed, None)
            raise
        self._turns.answered(link.id)
        return Round(pause=0)

    def _require_understood(self, claimed: Claim, lesson: SharedLesson, mode: FollowMode) -> None:
        """Before anything of a version is fetched. What is said of its lesson holds all the same."""
        assert lesson.version is not None  # noqa: S101  (for the type checker)
        try:
            mirrors.understood(lesson.version, is_reference=mode == "reference")
        except NotUnderstood:
            with self._sessions.begin() as session:
                mirrors.keep_said(session, claimed, lesson)
            raise

    def _is_open(self, subscription: Subscription) -> bool:
        now = datetime.now(self._time_zone)
        return is_within(now.hour * 60 + now.minute, subscription.window_from, subscription.window_until)

    def _put_off(self, claimed: Claim, trouble: LinkTrouble | None) -> None:
        with self._sessions.begin() as session:
            mirrors.put_off(session, claimed, trouble.failure if trouble else None, str(trouble or ""))

    def _turn(self, claimed: Claim, link: PlatformLink, subscription: Subscription) -> None:
        platform = open_platform(self._outbound, self._secret_key, link)
        lesson = platform.read(f"/v1/exchange/assets/{claimed.origin_id}", SharedLesson, MOST_BYTES)
        if lesson.version is not None and not subscription.with_source:
            lesson.version.source = None
        only = read_parts(subscription.only)
        with self._sessions.begin() as session:
            found = mirrors.describe_followed(session, claimed, lesson)
            in_courses = followed_courses.with_lesson(session, link.id, claimed.origin_id) if only else set()
            if found.placed is None and not wants_lesson(
                only, claimed.origin_id, lesson.metadata, in_courses
            ):
                mirrors.withdraw(session, claimed, self._kept, "left_out")
                return
            if ways.is_elsewhere(session, found, self._public_url):
                ways.set_aside(found)
                followed_courses.touch(session, link.id, claimed.origin_id)
                return
            mode = mirrors.wanted_mode(found, subscription)
            if mode == "reference":
                lesson = lesson.as_reference()
        if mode == "reference" and lesson.version is not None and lesson.playback_id is None:
            raise LinkTrouble("not_playable_there", "no playback ID is told")
        if lesson.version is not None:
            self._require_understood(claimed, lesson, mode)
        with self._sessions.begin() as session:
            mirrors.require_room(session, claimed, lesson, subscription.most_bytes)
            copying = mirrors.apply(session, claimed, lesson, mode)
            others = mode == "mirror" and claimed.is_new and mirrors.some_unknown(session, link.id)
            if copying is None:
                self._set_others_aside(session, claimed)
        if copying is None or lesson.version is None:
            return
        if others:
            # All that is shared is listed first, so that it can be asked for.
            raise TurnOver
        with KeptConnections[Guarded]() as kept:
            copy = _Copy(
                self._sessions,
                self._objects,
                replace(platform, kept=kept),
                claimed=claimed,
                copying=copying,
                told=lesson.version,
                pace=Pace(subscription.bytes_per_second),
                is_open=lambda: (claimed.is_asked_for and self._asked_at_once) or self._is_open(subscription),
            )
            try:
                copy.run()
                copy.require_playable()
            finally:
                self._note_pace(link.id, copy)
        with self._sessions.begin() as session:
            mirrors.finish(
                session,
                claimed,
                copying,
                lesson.version,
                played_there=lesson.playback_id if mode == "reference" else None,
            )
            followed_courses.touch(session, link.id, claimed.origin_id)
            self._set_others_aside(session, claimed)
        log.info(
            "lesson %s of link %s is here as %s, a %s", claimed.origin_id, link.id, copying.asset_id, mode
        )

    def _set_others_aside(self, session: Session, claimed: Claim) -> None:
        found = session.get_one(FollowedLesson, claimed.id)
        for other in ways.set_others_aside(session, found, self._kept):
            followed_courses.touch(session, other.link_id, other.origin_id)

    def _note_pace(self, link_id: str, copy: _Copy) -> None:
        """Write down how fast it came, for whoever asks how long the rest takes."""
        if copy.received < MEASURED_BYTES:
            return
        with self._sessions.begin() as session:
            mirrors.note_pace(session, link_id, copy.received / max(0.001, copy.seconds))

    def arrange(self) -> Round:
        """Let one course be here as it is there. The next round begins at once if there was one."""
        with self._sessions.begin() as session:
            here = [each for each in _linked(session) if not self._course_turns.is_away(each)]
            here.sort(key=self._course_turns.last)
            due = followed_courses.claim(session, here) if self._secret_key else None
            if due is None:
                return Round()
            link = session.get_one(PlatformLink, due.link_id)
        self._course_turns.begin(link.id)
        try:
            platform = open_platform(self._outbound, self._secret_key, link)
            told = platform.read(f"/v1/exchange/courses/{due.origin_id}", SharedCourse, MOST_BYTES)
        except NotShared:
            with self._sessions.begin() as session:
                followed_courses.withdraw(session, due)
        except LinkTrouble as error:
            log.info("followed course %s waits: %s: %s", due.id, error.failure, error)
            with self._sessions.begin() as session:
                followed_courses.put_off(session, due, error.failure, str(error))
            if error.failure in AWAY:
                self._course_turns.away(link.id)
                return Round(pause=0)
        else:
            self._arrange(due, told)
        self._course_turns.answered(link.id)
        return Round(pause=0)

    def _arrange(self, due: followed_courses.Due, told: SharedCourse) -> None:
        try:
            with self._sessions.begin() as session:
                followed_courses.apply(session, due, told)
        except UNKEPT as error:
            log.warning("followed course %s cannot be kept: %s", due.id, error)
            with self._sessions.begin() as session:
                followed_courses.put_off(session, due, "answer_invalid", type(error).__name__)


def _linked(session: Session) -> list[str]:
    return list(session.execute(select(PlatformLink.id).where(PlatformLink.state == "linked")).scalars())


def _subscriptions(session: Session) -> Sequence[Subscription]:
    """Subscriptions of links by which may be copied, at some time of the day."""
    query = select(Subscription).join(PlatformLink, PlatformLink.id == Subscription.link_id)
    return session.execute(query.where(PlatformLink.state == "linked")).scalars().all()


def is_within(minute: int, first: int | None, until: int | None) -> bool:
    """Whether a minute of the day lies in a window, which may go over midnight. Pure."""
    if first is None or until is None or first == until:
        return True
    return first <= minute < until if first < until else minute >= first or minute < until


class Pace:
    """No more than so many bytes a second, over all threads of a lesson."""

    def __init__(self, bytes_per_second: int | None) -> None:
        self._rate = bytes_per_second
        self._lock = threading.Lock()
        self._free_at = time.monotonic()

    def spend(self, size: int) -> None:
        """Wait until so many bytes may come."""
        if not self._rate:
            return
        with self._lock:
            now = time.monotonic()
            self._free_at = max(self._free_at, now) + size / self._rate
            wait = self._free_at - now
        time.sleep(max(0.0, wait))


class _Copy:
    """One turn at one version."""

    def __init__(
        self,
        sessions: sessionmaker[Session],
        objects: ObjectStore,
        platform: LinkedPlatform,
        *,
        claimed: Claim,
        copying: Copying,
        told: SharedVersion,
        pace: Pace,
        is_open: Callable[[], bool],
    ) -> None:
        self._sessions = sessions
        self._objects = objects
        self._platform = platform
        self._claimed = claimed
        self._copying = copying
        self._told = told
        self._pace = pace
        self._is_open = is_open
        self._began = time.monotonic()
        self._ends = self._began + TURN_SECONDS
        self.received = 0
        """Bytes that came in this turn."""
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._noted: list[MirroredObject] = []
        self._wrote = time.monotonic()
        self._here: Mapping[tuple[str, int], str] = {}

    @property
    def seconds(self) -> float:
        """How long the turn lasts."""
        return time.monotonic() - self._began

    def run(self) -> None:
        """Copy what is not here yet. Raises ``TurnOver`` and whatever keeps an object from being copied."""
        with self._sessions() as session:
            known = mirrors.whole_objects(session, self._copying.version_id)
            self._here = mirrors.known_copies(session, self._copying.asset_id)
        left = [each for each in self._told.objects() if not _is_whole(known.get(each.path), each)]
        with ThreadPoolExecutor(AT_ONCE, "mirror") as pool:
            futures = [pool.submit(self._object, each, known.get(each.path)) for each in left]
            errors = [error for future in futures if (error := future.exception()) is not None]
        # What is stored whole is known, also if others were not.
        self._write()
        serious = [error for error in errors if not isinstance(error, TurnOver)]
        for error in (*serious, *errors):
            raise error

    def require_playable(self) -> None:
        """Look into what is read here and not only sent. Raises ``NotUnderstood``."""
        told = self._told
        with self._sessions() as session:
            stored = mirrors.whole_objects(session, self._copying.version_id)
        sizes = {(each.name, chunk.number): chunk.size for each in told.renditions for chunk in each.chunks}
        try:
            for recipe in told.recipes:
                require_recipe(
                    joined_files.read(self._objects, stored[recipe.path].object_key), recipe, sizes
                )
            for text in (*told.tracks, *told.slides):
                require_text(self._objects.get(stored[text.path].object_key), text)
        except (Unplayable, RecipeInvalid) as error:
            raise NotUnderstood(str(error)) from None

    def _object(self, wanted: SharedObject, known: MirroredObject | None) -> None:
        if self._stop.is_set():
            raise TurnOver
        try:
            self._require_turn()
            here = self._here.get((wanted.sha256, wanted.size))
            if (
                here is not None
                and wanted.size <= _REUSED
                and here.startswith(keys.asset_prefix(self._copying.asset_id))
            ):
                self._reuse(wanted, here)
            elif wanted.size <= PART:
                self._small(wanted)
            else:
                self._large(wanted, known)
        except BaseException:
            self._stop.set()
            raise

    def _reuse(self, wanted: SharedObject, key: str) -> None:
        """What is here already is not fetched again; each version keeps objects of its own, for it goes by itself."""
        data = b"".join(self._objects.stream(key))
        if hashlib.sha256(data).hexdigest() != wanted.sha256:
            self._small(wanted) if wanted.size <= PART else self._large(wanted, None)
            return
        self._objects.put(self._key(wanted), data, wanted.content_type)
        self._note(wanted, is_whole=True, received=wanted.size)

    def _small(self, wanted: SharedObject) -> None:
        pieces: list[bytes] = []
        hasher = hashlib.sha256()
        for piece in self._pieces(wanted, 0):
            if piece is None:
                pieces, hasher = [], hashlib.sha256()
            else:
                pieces.append(piece)
                hasher.update(piece)
        if sum(map(len, pieces)) != wanted.size or hasher.hexdigest() != wanted.sha256:
            raise Changed(f"{wanted.path} is not what was told of it")
        self._objects.put(self._key(wanted), b"".join(pieces), wanted.content_type)
        self._note(wanted, is_whole=True, received=wanted.size)

    def _large(self, wanted: SharedObject, known: MirroredObject | None) -> None:
        row = known if known is not None and known.sha256 == wanted.sha256 and known.multipart_id else None
        key = self._key(wanted)
        if row is None:
            multipart_id = self._objects.begin_multipart(key, wanted.content_type)
            # Recorded before it is used, so that it can be gone on with or aborted whatever happens.
            row = self._note(wanted, is_whole=False, received=0, multipart_id=multipart_id)
        hasher, parts, loose = ResumableSha256(row.sha256_state), mirrors.parts_of(row), bytearray()
        multipart_id = row.multipart_id or ""
        try:
            for piece in self._pieces(wanted, row.received):
                if piece is None:
                    raise Changed(f"{wanted.path} came from its beginning")
                loose += piece
                while len(loose) >= PART or (loose and row.received + len(loose) == wanted.size):
                    part = bytes(loose[:PART])
                    del loose[:PART]
                    hasher.update(part)
                    parts.append(self._objects.put_part(key, multipart_id, len(parts) + 1, part))
                    row = self._note(
                        wanted,
                        is_whole=False,
                        received=row.received + len(part),
                        multipart_id=multipart_id,
                        parts=[[each.number, each.etag, each.size] for each in parts],
                        sha256_state=hasher.state(),
                    )
            if row.received != wanted.size or hasher.hexdigest() != wanted.sha256:
                raise Changed(f"{wanted.path} is not what was told of it")
            self._objects.complete_multipart(key, multipart_id, parts)
        except (Changed, ObjectNotFound):
            self._objects.abort_multipart(key, multipart_id)
            self._note(wanted, is_whole=False, received=0)
            raise
        self._note(wanted, is_whole=True, received=wanted.size)

    def _pieces(self, wanted: SharedObject, start: int) -> Iterator[bytes | None]:
        """The bytes of an object from ``start`` on, however often the connection breaks; None: all over again."""
        target = f"/v1/exchange/objects/{self._told.id}/{wanted.path}"
        validator, position, fruitless = f'"{wanted.sha256[:32]}"', start, 0
        while position < wanted.size:
            before = position
            try:
                with self._platform.open(target, start=position, validator=validator) as download:
                    if download.start != position:
                        if download.start != 0:
                            raise LinkTrouble("answer_invalid", f"asked for byte {position} of {wanted.path}")
                        position = 0
                        yield None
                    for piece in download.slices(wanted.size - position):
                        self._pace.spend(len(piece))
                        position += len(piece)
                        self.received += len(piece)
                        yield piece
                        self._require_turn()
            except OutboundError as error:
                trouble = LinkTrouble(error.code, str(error))
            except LinkTrouble as error:
                trouble = error
            except NotShared as error:
                # Another version plays by now; what is left of the lesson, the next turn learns.
                raise Changed(f"{wanted.path}: {error}") from None
            else:
                if position < wanted.size:
                    raise Changed(f"{wanted.path} is shorter than was told")
                return
            fruitless = fruitless + 1 if position <= before else 0
            if fruitless >= FRUITLESS or trouble.failure not in ("broken_off", "timed_out", "connect_failed"):
                raise trouble
            log.info("%s of version %s goes on at byte %d: %s", wanted.path, self._told.id, position, trouble)

    def _require_turn(self) -> None:
        if self._stop.is_set() or time.monotonic() > self._ends or not self._is_open():
            raise TurnOver

    def _key(self, wanted: SharedObject) -> str:
        return keys.step_key(
            self._copying.asset_id, self._copying.version_id, self._claimed.id, 1, wanted.sha256
        )

    def _note(self, wanted: SharedObject, *, is_whole: bool, received: int, **more: object) -> MirroredObject:
        row = MirroredObject(
            version_id=self._copying.version_id,
            path=wanted.path,
            object_key=self._key(wanted),
            size=wanted.size,
            sha256=wanted.sha256,
            is_whole=is_whole,
            received=received,
            **{"multipart_id": None, "parts": [], "sha256_state": None, **more},
        )
        if not is_whole or wanted.size > PART:
            # Where a part is, has to be known before the next one is sent.
            self._write(row)
            return row
        with self._lock:
            self._noted.append(row)
            is_due = time.monotonic() - self._wrote > WRITE_SECONDS
        if is_due:
            self._write()
        return row

    def _write(self, *rows: MirroredObject) -> None:
        """Write down what is stored: of small objects several at a time, for a transaction costs as much as one."""
        with self._lock:
            noted, self._noted = [*self._noted, *rows], []
            self._wrote = time.monotonic()
        if noted:
            with self._sessions.begin() as session:
                mirrors.note(session, self._claimed, self._copying.version_id, noted)


def _is_whole(known: MirroredObject | None, wanted: SharedObject) -> bool:
    return known is not None and known.is_whole and (known.sha256, known.size) == (wanted.sha256, wanted.size)
