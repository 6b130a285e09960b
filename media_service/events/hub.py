"""Streams of one process: fed by one reader, however many there are, and held by no thread.

The catalogue is asked once a second for all of them together; nothing depends on Redis. What is said is put into a
bounded queue of each stream that may see it. Who does not read what is sent is cut off, and asks again.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from media_service import auth
from media_service.events import messages
from storage.catalogue import events, live
from storage.catalogue import sessions as browser_sessions
from storage.catalogue.events import EventForgotten
from storage.catalogue.live import Position
from storage.catalogue.organizations import Caller
from storage.catalogue.reach import Reach
from storage.catalogue.working import Working
from storage.measures import Measures

log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 1.0
BEAT_SECONDS: Final = 15.0
SILENCE_SECONDS: Final = 30.0
"""How long a reader may take nothing."""

MOST_WAITING: Final = 256
"""Messages that wait for a reader; one more, and it is cut off."""

MOST_CAUGHT_UP: Final = 500
"""Events that are told to who comes back; of more, that there were some."""

_CHECK_SECONDS: Final = 5.0
_PROGRESS_SECONDS: Final = 2.0
_WAYS_SECONDS: Final = 60.0


@dataclass(frozen=True)
class Said:
    """Something to be told, and whose it is. Of events their place in the feed; of progress nothing. ``for_viewers`` is
    what those are told who may not see everything, if that is less."""

    text: bytes
    organization_id: str
    owner_id: str | None
    position: Position | None = None
    for_viewers: bytes | None = None


@dataclass(eq=False)
class Reader:
    """One stream. ``ended`` once nothing more is to be said to it."""

    caller: Caller
    waiting: asyncio.Queue[Said | None] = field(default_factory=lambda: asyncio.Queue(MOST_WAITING + 1))
    ended: bool = False

    @property
    def is_limited(self) -> bool:
        """Whether the caller may not see all that is within reach."""
        return self.caller.role not in auth.WRITERS

    def text_of(self, said: Said) -> bytes:
        """What it is told of it."""
        return said.for_viewers if said.for_viewers is not None and self.is_limited else said.text

    def say(self, said: Said) -> None:
        if self.ended:
            return
        if self.waiting.qsize() >= MOST_WAITING:
            self.end()
        else:
            self.waiting.put_nowait(said)

    def end(self) -> None:
        if not self.ended:
            self.ended = True
            self.waiting.put_nowait(None)


class Hub:
    """All streams of a process, in its one event loop."""

    def __init__(self, sessions: sessionmaker[Session], measures: Measures) -> None:
        self._sessions = sessions
        self._measures = measures
        self._looking = ThreadPoolExecutor(1, "live")
        self._catching_up = ThreadPoolExecutor(1, "live-missed")
        self._readers: dict[Reach, set[Reader]] = defaultdict(set)
        self._task: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._looked = asyncio.Event()
        self._position: Position | None = None
        self._working: dict[str, Working] = {}
        self._ways: dict[str, frozenset[str]] = {}
        self._due = dict.fromkeys(("check", "progress", "ways"), 0.0)
        self.is_closed = False
        self.count = 0

    def close(self) -> None:
        """End all streams, and begin no more: the process is told to stop. From any thread."""
        self.is_closed = True
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._end_all)

    async def join(self, reader: Reader) -> Position | None:
        """From now on the reader is told what happens after this place; None if the catalogue is away."""
        self._loop = asyncio.get_running_loop()
        self._readers[reader.caller.reach].add(reader)
        self._count(+1)
        if self._task is None:
            self._looked.clear()
            self._task = asyncio.ensure_future(self._run())
        with suppress(TimeoutError):
            await asyncio.wait_for(self._looked.wait(), LOOK_SECONDS)
        if self.is_closed:
            reader.end()
        return self._position

    def leave(self, reader: Reader) -> None:
        """Tell it nothing more. Without any readers nobody looks."""
        reader.ended = True
        self._count(-1)
        of_reach = self._readers[reader.caller.reach]
        of_reach.discard(reader)
        if not of_reach:
            del self._readers[reader.caller.reach]
        if not self._readers and self._task is not None:
            self._task.cancel()
            self._task, self._position, self._working = None, None, {}

    async def missed(self, reader: Reader, after: str, until: Position) -> tuple[bytes, Position]:
        """What happened after an event that somebody has seen, up to a place in the feed; and from where on what is
        said is new to them."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._catching_up, self._read_missed, reader, after, until)

    async def _run(self) -> None:
        while True:
            began = time.monotonic()
            try:
                said, revoked, self._position = await asyncio.get_running_loop().run_in_executor(
                    self._looking, self._look, self._position, self._callers()
                )
            except SQLAlchemyError as error:
                log.warning("catalogue is away, streams wait: %s", error)
            except Exception:
                # Whatever it is: who watches goes on with what comes next.
                log.exception("what happened could not be told")
            else:
                self._looked.set()
                for each in said:
                    self._tell(each)
                for reader in [one for of_reach in self._readers.values() for one in of_reach]:
                    if reader.caller in revoked:
                        reader.end()
            await asyncio.sleep(max(0.05, LOOK_SECONDS - (time.monotonic() - began)))

    def _tell(self, said: Said) -> None:
        above = self._ways.get(said.organization_id, frozenset())
        for reach, readers in self._readers.items():
            within = reach.root == said.organization_id or (not reach.alone and reach.root in above)
            if within and reach.is_owner(said.owner_id):
                for reader in readers:
                    reader.say(said)

    def _count(self, change: int) -> None:
        self.count += change
        self._measures.hold(("live_streams",), self.count)

    def _end_all(self) -> None:
        for readers in self._readers.values():
            for reader in readers:
                reader.end()

    def _callers(self) -> set[Caller]:
        return {reader.caller for readers in self._readers.values() for reader in readers}

    def _is_due(self, what: str, seconds: float) -> bool:
        now = time.monotonic()
        if now < self._due[what]:
            return False
        self._due[what] = now + seconds
        return True

    # In threads, one at a time.

    def _look(
        self, position: Position | None, callers: set[Caller]
    ) -> tuple[list[Said], set[Caller], Position]:
        with self._sessions() as session:
            position = position or live.newest(session)
            found = live.since(session, position)
            told = events.for_viewers(session, [event for event, _ in found])
            said = [_said(event, owner_id, told) for event, owner_id in found]
            if said and said[-1].position is not None:
                position = said[-1].position
            if self._is_due("progress", _PROGRESS_SECONDS):
                now = live.working(session)
                moved = messages.moved(self._working, now)
                said += [Said(messages.progress(each), each.organization_id, each.owner_id) for each in moved]
                self._working = {each.version_id: each for each in now}
            if self._is_due("ways", _WAYS_SECONDS):
                self._ways = {}
            unknown = {each.organization_id for each in said} - self._ways.keys()
            self._ways |= live.ways_up(session, unknown)
            revoked = _revoked(session, callers) if self._is_due("check", _CHECK_SECONDS) else set()
        return said, revoked, position

    def _read_missed(self, reader: Reader, after: str, until: Position) -> tuple[bytes, Position]:
        with self._sessions() as session:
            try:
                seen = events.position_of(session, after)
                found = events.list_events(session, reader.caller.reach, MOST_CAUGHT_UP + 1, after=after)
                payloads = events.for_viewers(session, found) if reader.is_limited else {}
            except EventForgotten:
                return messages.reset(), until
        # What is known here may be older than what was seen elsewhere.
        known = max(seen, until)
        if len(found) > MOST_CAUGHT_UP:
            return messages.reset(), known
        told = [
            each
            for event in found
            if (each := _said(event, None, payloads)).position <= until  # type: ignore[operator]
        ]
        return b"".join(map(reader.text_of, told)), known


def _said(event: Any, owner_id: str | None, payloads: Mapping[str, Any]) -> Said:
    """``payloads``: what viewers are told of it, by its ID, if that is another."""
    payload = payloads.get(event.id, event.payload)
    for_viewers = None
    if payload != event.payload:
        for_viewers = messages.message(event.type, events.write(event, payload), event.id)
    text = messages.message(event.type, events.write(event), event.id)
    place = (event.transaction_id, event.number, event.id)
    return Said(text, event.organization_id, owner_id, place, for_viewers)


def _revoked(session: Session, callers: set[Caller]) -> set[Caller]:
    """Those who may not ask any more: their session or key is over."""
    by_session = {caller.session_id for caller in callers if caller.session_id}
    by_key = {caller.key_id for caller in callers if caller.key_id and not caller.session_id}
    in_force: Sequence[str | None] = [
        *browser_sessions.in_force(session, by_session),
        *live.keys_in_force(session, by_key),
    ]
    known = set(in_force)
    return {caller for caller in callers if (caller.session_id or caller.key_id) not in known}
