"""Study sessions as rows, and what they add up to: told once or often, in order or not, it is the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final, cast

from sqlalchemy import select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from configs.words import StudyEnd
from storage.catalogue import lti_scores
from storage.catalogue.models import StoredStudySession, StudyCourse, StudyRecord
from storage.catalogue.study_segments import SegmentTables
from storage.ids import new_id, new_public_id
from storage.learning.beats import Beat, Sending, beat_from_json, beat_to_json
from storage.learning.ranges import Range, flat, length, paired, union
from storage.learning.study import LONGEST_MS, Heard, StudySession, doubted, heard, opened
from storage.learning.study_terms import StudyTerms, is_completed, terms_of

Key = tuple[str, str, str, str, str]
"""Of a record: course, portal, learner, asset, version."""

_LEARNER: Final = text("SELECT pg_advisory_xact_lock(hashtext('lessonstream.study'), hashtext(:learner))")


def find_course(session: Session, collection_id: str) -> StudyCourse | None:
    """How a collection is studied; None if nobody wants to know."""
    return session.get(StudyCourse, collection_id)


def open_session(
    session: Session,
    course: StudyCourse,
    *,
    portal_id: str,
    learner: str,
    asset_id: str,
    version_id: str,
    play_id: str,
    duration: int | None,
    clock: int,
    sequence: int,
) -> StoredStudySession:
    """Begin a session; another one of the learner, of whatever course, ends. ``clock`` is the page's own now,
    ``sequence`` the number of its next beat."""
    session.execute(_LEARNER, {"learner": f"{portal_id}\n{learner}"})
    now = datetime.now(UTC)
    session.execute(
        update(StoredStudySession)
        .where(
            StoredStudySession.portal_id == portal_id,
            StoredStudySession.learner == learner,
            StoredStudySession.ended_at.is_(None),
        )
        .values(ended_at=now, end_reason="taken_over")
    )
    studied = session.scalars(
        select(StudyRecord.believed).where(
            _is_of((course.collection_id, portal_id, learner, asset_id, version_id))
        )
    ).one_or_none()
    terms = terms_of(course.mode, course.speed_limit, course.presence_seconds)
    nonce = new_public_id() + new_public_id()
    begun = opened(
        opened_at=_milliseconds(now),
        clock=clock,
        nonce=nonce,
        terms=terms,
        duration=duration,
        sequence=sequence,
        furthest=max(studied or [0]),
    )
    row = StoredStudySession(
        id=new_id(),
        portal_id=portal_id,
        learner=learner,
        collection_id=course.collection_id,
        asset_id=asset_id,
        version_id=version_id,
        play_id=play_id,
        nonce=nonce,
        mode=terms.mode,
        speed_limit=terms.speed_limit,
        presence_ms=terms.presence_ms,
        duration=duration,
        clock=clock,
        opened_at=now,
        **_columns(begun),
    )
    session.add(row)
    session.flush()
    return row


def find_session(session: Session, session_id: str) -> StoredStudySession | None:
    """A session by its ID."""
    return session.get(StoredStudySession, session_id)


def believed_of(session: Session, row: StoredStudySession) -> list[Range]:
    """What is believed of the lesson that a session is of, with all sessions of the same learner and course."""
    key = (row.collection_id, row.portal_id, row.learner, row.asset_id, row.version_id)
    found = session.scalars(select(StudyRecord.believed).where(_is_of(key))).one_or_none()
    return list(paired(found or []))


def end_of(row: StoredStudySession, now: datetime) -> StudyEnd | None:
    """Why a session takes nothing more; None if it does."""
    if row.forged:
        return "forged"
    if row.end_reason is not None:
        return row.end_reason
    return "expired" if (now - row.opened_at).total_seconds() * 1000 > LONGEST_MS else None


def record(
    session: Session, sendings: Sequence[Sending], tables: SegmentTables, false_proofs: Mapping[str, int]
) -> set[Key]:
    """Write what was told of study sessions, and how many proofs of which were false. Returns the records that are
    behind."""
    told = [each for each in sendings if each.study]
    ids = sorted({each.study for each in told} | {*false_proofs})
    if not ids:
        return set()
    rows = session.scalars(
        select(StoredStudySession)
        .where(StoredStudySession.id.in_(ids))
        .order_by(StoredStudySession.id)
        .with_for_update()
    )
    changed: set[Key] = set()
    for row in rows:
        state = _session(row)
        for sending in told:
            if sending.study == row.id and is_own(row, sending):
                state = heard(state, [_heard(session, tables, row, sending, beat) for beat in sending.beats])
                row.heard_at = _moment(sending.told.received)
        state = doubted(state, false_proofs.get(row.id, 0))
        for name, value in _columns(state).items():
            setattr(row, name, value)
        changed.add((row.collection_id, row.portal_id, row.learner, row.asset_id, row.version_id))
    session.flush()
    return changed


def add_up(session: Session, keys: Iterable[Key]) -> None:
    """Write records anew from their sessions; those that have none go. Whoever is told of them is told anew."""
    keys = sorted(keys)
    lti_scores.wake(session, {(learner, course) for course, _, learner, *_ in keys})
    for key in keys:
        rows = session.scalars(
            select(StoredStudySession)
            .where(
                StoredStudySession.collection_id == key[0],
                StoredStudySession.portal_id == key[1],
                StoredStudySession.learner == key[2],
                StoredStudySession.asset_id == key[3],
                StoredStudySession.version_id == key[4],
            )
            .order_by(StoredStudySession.opened_at)
        ).all()
        known = session.scalars(select(StudyRecord).where(_is_of(key)).with_for_update()).one_or_none()
        if not rows:
            if known is not None:
                session.delete(known)
            continue
        _write(session, key, rows, known)


def segments(record: StudyRecord | StoredStudySession) -> list[Range]:
    """The stretches of media time that are believed."""
    return list(paired(record.believed))


def _write(session: Session, key: Key, rows: Sequence[StoredStudySession], known: StudyRecord | None) -> None:
    believed = union(*(paired(row.believed) for row in rows), seam=0)
    refused: dict[str, int] = {}
    for row in rows:
        for reason, milliseconds in row.refused.items():
            refused[reason] = refused.get(reason, 0) + milliseconds
    duration = rows[-1].duration
    course = find_course(session, key[0])
    last = max(row.heard_at or row.opened_at for row in rows)
    is_done = is_completed(length(believed), duration, course.threshold if course else None)
    values: dict[str, Any] = {
        "duration": duration,
        "believed": flat(believed),
        "believed_ms": length(believed),
        "played_ms": sum(row.played_ms for row in rows),
        "sessions": len(rows),
        "refused": refused,
        "completed_at": ((known.completed_at if known else None) or last) if is_done else None,
        "first_at": rows[0].opened_at,
        "last_at": last,
    }
    names = ("collection_id", "portal_id", "learner", "asset_id", "version_id")
    writing = insert(StudyRecord).values(**dict(zip(names, key, strict=True)), **values)
    session.execute(writing.on_conflict_do_update(index_elements=names, set_=values))


def is_own(row: StoredStudySession, sending: Sending) -> bool:
    """Whether who sent it is who opened the session, with the same lesson in the same play."""
    told = sending.told
    return (row.portal_id, row.learner, row.asset_id, row.play_id) == (
        told.portal,
        told.learner,
        told.asset_id,
        sending.play,
    )


def _heard(
    session: Session, tables: SegmentTables, row: StoredStudySession, sending: Sending, beat: Beat
) -> Heard:
    found = [tables.find(session, row.version_id, name, number) for name, number, _ in beat.fetched]
    ranges = union([(place.start, place.end) for place in found if place is not None], seam=0)
    return Heard(beat, sending.told.received, ranges)


def _is_of(key: Key) -> Any:
    columns = (
        StudyRecord.collection_id,
        StudyRecord.portal_id,
        StudyRecord.learner,
        StudyRecord.asset_id,
        StudyRecord.version_id,
    )
    return tuple_(*columns) == key


_KEPT: Final = ("chain", "sequence", "at", "credit", "unseen_ms", "false_proofs")


def _session(row: StoredStudySession) -> StudySession:
    state = row.state
    begun = opened(
        opened_at=_milliseconds(row.opened_at),
        clock=row.clock,
        nonce=row.nonce,
        terms=StudyTerms(row.mode, row.speed_limit, row.presence_ms),
        duration=row.duration,
    )
    return replace(
        begun,
        **{name: state[name] for name in _KEPT},
        furthest=row.furthest,
        fetched=list(paired(state["fetched"])),
        waiting=[_waiting(each) for each in state["waiting"]],
        believed=segments(row),
        played_ms=row.played_ms,
        refused=cast("Mapping[Any, int]", row.refused),
        forged=row.forged,
        ended_at=_milliseconds(row.ended_at) if row.ended_at else None,
    )


def _columns(state: StudySession) -> dict[str, Any]:
    return {
        "state": {
            **{name: getattr(state, name) for name in _KEPT},
            "fetched": flat(state.fetched),
            "waiting": [
                {"beat": beat_to_json(each.beat), "received": each.received, "fetched": flat(each.fetched)}
                for each in state.waiting
            ],
        },
        "furthest": state.furthest,
        "forged": state.forged,
        "believed": flat(state.believed),
        "played_ms": state.played_ms,
        "refused": dict(state.refused),
    }


def _waiting(value: Mapping[str, Any]) -> Heard:
    return Heard(beat_from_json(value["beat"]), value["received"], list(paired(value["fetched"])))


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
