"""Plays and beats as rows: what was told becomes rows once, however often it is told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any, Final, cast

from sqlalchemy import func, select, text, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from storage.catalogue import view_partitions
from storage.catalogue.models import StaleDay, Start, StoredBeat, StoredPlay
from storage.learning.beats import Sending, Source, Suspicion, beat_to_json
from storage.learning.plays import Play, heard, opened
from storage.learning.ranges import flat, paired, to_bins
from storage.learning.rule import HOUR_MS, RULE_VERSION, judge
from storage.learning.starts import StartCount

LONGEST: Final = timedelta(days=2)
"""How long after its first beat a play is still known; players begin another one before."""

_ONE_AT_A_TIME: Final = text("SELECT pg_advisory_xact_lock(hashtext('lessonstream.plays'))")

_SAME: Final = (
    "suspicion",
    "source",
    "attendance",
    "beats",
    "duration",
    "clock_ms",
    "ahead_ms",
    "fastest",
    "playing_ms",
    "attended_ms",
    "played_ms",
    "startup_ms",
    "stalls",
    "stall_ms",
    "errors",
    "bitrate_ms",
    "measured_ms",
    "frames",
    "dropped",
    "bytes",
)
"""What rows and ``Play`` call alike."""


@dataclass
class _Known:
    """A play as it was told so far, and the row's own words that it keeps."""

    day: date
    play: Play
    of: Mapping[str, str]


def record(session: Session, sendings: Sequence[Sending], zone: tzinfo) -> int:
    """Write what was told, judge the plays, and mark their days as behind. Returns how many beats were new.

    One transaction at a time does so: of two plays of one viewer that come at once only one may count.
    """
    if not sendings:
        return 0
    session.execute(_ONE_AT_A_TIME)
    known = _find(session, sendings)
    days = {day_of(sending.told.received, zone) for sending in sendings}
    # Beats of a play that began days ago may have lost their partition.
    view_partitions.make(session, days | {each.day for each in known.values()})
    for sending in sendings:
        if sending.play not in known:
            of = {
                name: getattr(sending.told, name)
                for name in (
                    "asset_id",
                    "organization_id",
                    "version_id",
                    "playback_id",
                    "partner_id",
                    "viewer",
                )
            }
            known[sending.play] = _Known(day_of(sending.told.received, zone), opened(sending), of)
    # A play is of one asset, whatever else is told by its name.
    told = [each for each in sendings if known[each.play].of["asset_id"] == each.told.asset_id]
    new = _insert_beats(session, told, known)
    counted = _counted_before(session, told)
    for sending in told:
        entry = known[sending.play]
        beats = [beat for beat in sending.beats if (sending.play, beat.sequence) in new]
        new -= {(sending.play, beat.sequence) for beat in beats}
        entry.play = heard(entry.play, sending, beats)
        _judge(entry, sending, counted)
    changed = {each.play for each in told}
    _write(session, {name: known[name] for name in changed})
    mark_stale(
        session,
        {
            (known[name].day, known[name].of["asset_id"]): known[name].of["organization_id"]
            for name in changed
        },
    )
    return sum(len(each.beats) for each in told)


def record_starts(session: Session, counts: Iterable[StartCount], zone: tzinfo) -> None:
    """Write how often plays began, each count once."""
    found = [(day_of(count.at, zone), count) for count in counts]
    if not found:
        return
    view_partitions.make(session, {day for day, _ in found})
    session.execute(
        insert(Start).on_conflict_do_nothing(),
        [
            {
                "day": day,
                "batch": count.batch,
                "asset_id": count.asset_id,
                "organization_id": count.organization_id,
                "partner_id": count.partner_id,
                "kind": count.kind,
                "number": count.number,
            }
            for day, count in found
        ],
    )
    mark_stale(session, {(day, count.asset_id): count.organization_id for day, count in found})


def mark_stale(session: Session, days: Mapping[tuple[date, str], str]) -> None:
    """Say that days of assets are behind. A mark that is there is touched as well: whoever adds the day up meanwhile
    waits for this transaction, and so sees what it wrote.
    """
    if not days:
        return
    now = func.clock_timestamp()
    adding = insert(StaleDay).values(
        [
            {"day": day, "asset_id": asset_id, "organization_id": organization_id, "marked_at": now}
            for (day, asset_id), organization_id in sorted(days.items())
        ]
    )
    session.execute(
        adding.on_conflict_do_update(
            index_elements=[StaleDay.day, StaleDay.asset_id],
            set_={"organization_id": adding.excluded.organization_id},
        )
    )


def day_of(milliseconds: int, zone: tzinfo) -> date:
    """The day of a moment since 1970 where the installation's clocks hang."""
    return datetime.fromtimestamp(milliseconds / 1000, zone).date()


def _find(session: Session, sendings: Sequence[Sending]) -> dict[str, _Known]:
    """The plays that are known already. ``LONGEST`` spares looking through all days."""
    first = min(sending.told.received for sending in sendings)
    since = (_moment(first) - LONGEST).date() - timedelta(days=1)
    rows = session.execute(
        select(StoredPlay).where(
            StoredPlay.id.in_({sending.play for sending in sendings}), StoredPlay.day >= since
        )
    ).scalars()
    return {row.id: _Known(row.day, _play(row), _words(row)) for row in rows}


def _insert_beats(
    session: Session, sendings: Sequence[Sending], known: Mapping[str, _Known]
) -> set[tuple[str, int]]:
    """Write the beats that were not told before, and say which those are."""
    rows = {
        (sending.play, beat.sequence): {
            "day": known[sending.play].day,
            "play_id": sending.play,
            "sequence": beat.sequence,
            "received_at": _moment(sending.told.received),
            "study": sending.study,
            "beat": beat_to_json(beat),
        }
        for sending in sendings
        for beat in sending.beats
    }
    if not rows:
        return set()
    added = session.execute(
        insert(StoredBeat).on_conflict_do_nothing().returning(StoredBeat.play_id, StoredBeat.sequence),
        list(rows.values()),
    )
    return {(row.play_id, row.sequence) for row in added}


_Counted = dict[tuple[str, str], dict[str, int]]
"""When which plays of a viewer and an asset were counted."""


def _counted_before(session: Session, sendings: Sequence[Sending]) -> _Counted:
    pairs = {
        (viewer, sending.told.asset_id)
        for sending in sendings
        for viewer in (sending.told.viewer, sending.told.viewer_before)
        if viewer
    }
    found: _Counted = defaultdict(dict)
    if pairs:
        first = _moment(min(sending.told.received for sending in sendings) - HOUR_MS)
        rows = session.execute(
            select(StoredPlay.viewer, StoredPlay.asset_id, StoredPlay.id, StoredPlay.counted_at).where(
                StoredPlay.day >= first.date() - timedelta(days=1),
                StoredPlay.outcome == "counted",
                StoredPlay.counted_at > first,
                tuple_(StoredPlay.viewer, StoredPlay.asset_id).in_(pairs),
            )
        )
        for viewer, asset_id, play_id, counted_at in rows:
            if counted_at is not None:
                found[viewer, asset_id][play_id] = _milliseconds(counted_at)
    return found


def _judge(entry: _Known, sending: Sending, counted: _Counted) -> None:
    viewers = {entry.of["viewer"], sending.told.viewer, sending.told.viewer_before} - {""}
    others = [
        at
        for viewer in viewers
        for play, at in counted[viewer, entry.of["asset_id"]].items()
        if play != sending.play
    ]
    outcome = judge(entry.play, max(others, default=None))
    counted_at = (entry.play.counted_at or entry.play.last_at) if outcome == "counted" else None
    entry.play = replace(entry.play, counted_at=counted_at)
    if entry.of["viewer"]:
        mine = counted[entry.of["viewer"], entry.of["asset_id"]]
        if counted_at is None:
            mine.pop(sending.play, None)
        else:
            mine[sending.play] = counted_at
    entry.of = {**entry.of, "outcome": outcome}


def _write(session: Session, plays: Mapping[str, _Known]) -> None:
    rows = [
        {"day": entry.day, "id": name, **entry.of, **_columns(entry.play)}
        for name, entry in sorted(plays.items())
    ]
    if not rows:
        return
    writing = insert(StoredPlay)
    told = {column.name for column in StoredPlay.__table__.columns} - {"day", "id"}
    session.execute(
        writing.on_conflict_do_update(
            index_elements=[StoredPlay.day, StoredPlay.id],
            set_={name: writing.excluded[name] for name in told},
        ),
        rows,
    )


def _play(row: StoredPlay) -> Play:
    return Play(
        **{name: getattr(row, name) for name in _SAME if name not in ("source", "suspicion")},
        source=cast("Source", row.source),
        suspicion=cast("Suspicion | None", row.suspicion),
        began_at=_milliseconds(row.began_at),
        last_at=_milliseconds(row.last_at),
        opened_at=_milliseconds(row.opened_at),
        counted_at=None if row.counted_at is None else _milliseconds(row.counted_at),
        watched=list(paired(row.watched)),
    )


def _words(row: StoredPlay) -> dict[str, str]:
    return {
        "asset_id": row.asset_id,
        "organization_id": row.organization_id,
        "version_id": row.version_id,
        "playback_id": row.playback_id,
        "partner_id": row.partner_id,
        "viewer": row.viewer,
    }


def _columns(play: Play) -> dict[str, Any]:
    return {
        **{name: getattr(play, name) for name in _SAME},
        "errors": dict(play.errors),
        "rule_version": RULE_VERSION,
        "began_at": _moment(play.began_at),
        "last_at": _moment(play.last_at),
        "opened_at": _moment(play.opened_at),
        "counted_at": None if play.counted_at is None else _moment(play.counted_at),
        "watched_ms": play.watched_ms,
        "watched": flat(play.watched),
        "bins": flat(to_bins(play.watched, play.duration)) if play.duration else [],
    }


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
