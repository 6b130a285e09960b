"""The keeper: what makes recovery depend on the catalogue and nothing else.

Relays the outbox, gives expired leases back, sends lost wake-ups again, ends stranded and abandoned uploads,
removes objects nobody needs, packs what is finished, writes what the service has to know of plans of an older release.
Each task has a thread, so that none waits for another one's server. Several keepers may run; one at a time leads a task
(``storage.catalogue.keeping``).
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from configs.jobs import HANDLER, JOBS, LANES, kinds_of
from configs.keeping import KEEPING
from configs.logging import setup_logging
from configs.settings import Settings, SettingsError, load_settings
from configs.words import VERSION_STATES
from storage import carrying, upload_finish
from storage.beat_stream import BeatSource
from storage.catalogue import (
    answers,
    audit,
    change_sets,
    database,
    endings,
    events,
    keeping,
    missing_words,
    people,
    recording,
    steps,
    unchecked,
    versions,
    withdrawals,
)
from storage.catalogue import sessions as studio_sessions
from storage.catalogue.statistics import count_versions
from storage.ids import new_id
from storage.job_queue import LANE_HOLDS, JobQueue, connect_redis, relay_wake_ups
from storage.measures import Measures
from storage.objects import ObjectStore
from storage.outbound.client import Outbound
from storage.s3 import S3ObjectStore
from storage.strangers import networks
from workers import counting, dropped_sources, harvesting, linking, mirroring, retired_versions, sweeper
from workers.courier import Courier
from workers.harvesting import Harvesting
from workers.linking import Linking
from workers.mirroring import Mirroring
from workers.offering import Offering
from workers.packing import Packing
from workers.passage_writing import write_missing_passages
from workers.replan import write_missing_facts
from workers.reporting import Reporting
from workers.rounds import Round, Rounds, Task, simply
from workers.score_carrier import ScoreCarrier
from workers.statement_carrier import StatementCarrier
from workers.studying import Studying

log = logging.getLogger(__name__)

LOST_AFTER = timedelta(seconds=15)

_POOLED = 3
"""Connections to the catalogue that stay open; each task has one at most, and most are idle."""

_THREADS = 2 * linking.AT_ONCE + mirroring.LINKS_AT_ONCE + mirroring.AT_ONCE + harvesting.AT_ONCE
"""Of tasks that speak to several platforms, or fetch several objects, at a time."""

_CARRYING = 4
"""The same for webhooks, scores and statements: what came of an attempt is written in a moment."""

_OBJECT_SECONDS = 20.0
"""How long a task waits for a word of the object storage, four times."""

_STOP_SECONDS = 1.0


def main() -> int:
    """Keep until told to stop."""
    try:
        settings = load_settings(part="keeper")
    except SettingsError as error:
        print(error.explain(), file=sys.stderr)
        return 2
    setup_logging(settings.log_level)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    engine = database.connect(
        settings.database_url,
        pool_size=_POOLED,
        overflow=len(KEEPING) - _POOLED + _THREADS,
        patience=database.KEEPING,
    )
    leases = sessionmaker(engine.execution_options(isolation_level="AUTOCOMMIT"))
    owner = f"{socket.gethostname()}:{os.getpid()}:{new_id()}"
    _forget_others(leases)
    threads = [
        threading.Thread(target=Rounds(task, leases, owner, stopping).run, name=task.name, daemon=True)
        for task in _tasks(settings, sessionmaker(engine, expire_on_commit=False))
    ]
    if settings.secret_key:
        threads += _carriers(settings, owner, stopping)
    else:
        log.warning("neither webhooks nor scores nor statements are sent from here: SECRET_KEY is not set")
    for thread in threads:
        thread.start()
    stopping.wait()
    for thread in threads:
        # Whoever waits for a server is left behind: rounds may be cut short at any place.
        thread.join(_STOP_SECONDS)
    return 0


def _carriers(settings: Settings, owner: str, stopping: threading.Event) -> list[threading.Thread]:
    """Who brings things to strangers, signed with what SECRET_KEY opens."""
    sessions = sessionmaker(
        database.connect(settings.database_url, pool_size=_CARRYING, patience=database.KEEPING),
        expire_on_commit=False,
    )
    outbound = Outbound(networks(settings.outbound_allowed_networks), settings.outbound_proxy)
    measures = Measures(connect_redis(settings.redis_url, retries=0))
    courier = Courier(sessions, outbound, settings.secret_key, owner, stopping, measures=measures)
    scores = ScoreCarrier(sessions, outbound, settings.secret_key, owner, stopping, measures=measures)
    told = StatementCarrier(
        sessions, outbound, settings.secret_key, settings.public_url, stopping, measures=measures
    )
    return [
        threading.Thread(target=courier.run, name="webhooks", daemon=True),
        threading.Thread(target=scores.run, name="lti scores", daemon=True),
        threading.Thread(target=told.run, name="statements", daemon=True),
    ]


def _tasks(settings: Settings, sessions: sessionmaker[Session]) -> list[Task]:
    def queue() -> JobQueue:
        return JobQueue(connect_redis(settings.redis_url, retries=1))

    def objects() -> S3ObjectStore:
        return S3ObjectStore.of(settings, connections=4, answer_seconds=_OBJECT_SECONDS)

    measures = Measures(connect_redis(settings.redis_url, retries=0))
    relaying, waiting = queue(), queue()
    arriving = BeatSource(connect_redis(settings.redis_url, retries=0))
    studying = Studying(objects(), home=settings.public_url)
    stranded, expired, deleted, awaited, retired, unwanted, orphaned, spoken = (objects() for _ in range(8))
    outbound = Outbound(networks(settings.outbound_allowed_networks), settings.outbound_proxy)
    contacts = Linking(sessions, outbound, settings.secret_key, settings.exchange_poll)
    mirrors = Mirroring(
        sessions,
        objects(),
        outbound,
        secret_key=settings.secret_key,
        public_url=settings.public_url,
        poll=settings.exchange_poll,
        time_zone=settings.time_zone,
        kept=timedelta(days=settings.trash_days),
        asked_at_once=settings.mirrors_asked_for == "at_once",
    )
    totals = Reporting(
        sessions,
        outbound,
        secret_key=settings.secret_key,
        public_url=settings.public_url,
        poll=settings.exchange_poll,
        time_zone=settings.time_zone,
    )
    harvester = Harvesting(
        sessions, outbound, public_url=settings.public_url, kept=timedelta(days=settings.trash_days)
    )
    packing = Packing(sessions, settings.release_overlap)
    offering = Offering(sessions, outbound, settings.secret_key)
    grace = timedelta(days=settings.version_grace_days)
    actions: dict[str, Callable[[str], Round]] = {
        "relay": simply(lambda: relay_wake_ups(sessions, relaying, HANDLER, JOBS)),
        "reap": simply(lambda: reap(sessions)),
        "lost wake-ups": simply(lambda: resend_lost(sessions, waiting)),
        "stranded uploads": simply(lambda: upload_finish.finish_stranded(sessions, stranded)),
        "expired uploads": simply(lambda: upload_finish.expire(sessions, expired)),
        "deleted assets": lambda _: sweeper.purge_deleted(sessions, deleted),
        "awaited versions": simply(lambda: activate_awaited(sessions, awaited)),
        "retired versions": lambda _: retired_versions.remove_retired(sessions, retired, grace),
        "unwanted sources": lambda _: dropped_sources.drop_sources(sessions, unwanted),
        "orphaned objects": lambda cursor: sweeper.remove_orphans(sessions, orphaned, cursor),
        "missing facts": lambda cursor: write_missing_facts(sessions, cursor),
        "finished chunks": packing.pack,
        "missing words": lambda _: write_missing_words(sessions),
        "missing passages": lambda _: write_missing_passages(sessions, spoken),
        "catalogue changes": lambda _: record_changes(sessions),
        "withdrawals": simply(lambda: tell_of_withdrawals(sessions)),
        "count": simply(lambda: count(sessions, measures)),
        "beats": lambda _: counting.bring_beats(sessions, arriving, settings.time_zone, measures, studying),
        "view days": lambda _: counting.add_up(sessions),
        "view partitions": simply(
            lambda: counting.keep_partitions(
                sessions, settings.time_zone, beat_days=settings.beat_days, play_days=settings.play_days
            )
        ),
        "storage days": simply(lambda: counting.measure_storage(sessions, settings.time_zone)),
        "linked platforms": simply(contacts.meet_all),
        "subscriptions": simply(mirrors.read_changes),
        "mirrors": lambda _: mirrors.copy(),
        "unchecked mirrors": simply(lambda: suspend_unchecked(sessions, settings.mirrors_unchecked_days)),
        "totals": lambda _: totals.tell(),
        "harvests": lambda _: harvester.harvest(),
        "offers": lambda _: offering.tell_all(),
        "followed courses": lambda _: mirrors.arrange(),
        "old records": simply(lambda: forget_old(sessions, settings.audit_days, settings.event_days)),
    }
    return [Task(name, seconds, actions[name]) for name, seconds in KEEPING.items()]


def reap(sessions: sessionmaker[Session]) -> None:
    """Give back every step whose worker vanished."""
    with sessions.begin() as session:
        count = endings.reap(session)
    if count:
        log.warning("gave back %d step(s) whose worker vanished", count)


def activate_awaited(sessions: sessionmaker[Session], objects: ObjectStore) -> None:
    """Let versions be the current ones that a worker of the release before made ready."""
    with sessions() as session:
        left = versions.left_awaited(session)
    for asset_id, version_id in left:
        carrying.show_awaited(sessions, objects, asset_id, version_id)


def write_missing_words(sessions: sessionmaker[Session]) -> Round:
    """Let assets be found whose names, or the words of them, were written by a release before."""
    with sessions.begin() as session:
        return Round(pause=0) if missing_words.write_missing(session) else Round()


def record_changes(sessions: sessionmaker[Session]) -> Round:
    """Write what has become of the catalogue for those who follow it; the next round begins at once if there may be
    more."""
    with sessions.begin() as session:
        return Round(pause=0) if recording.record(session) else Round()


def tell_of_withdrawals(sessions: sessionmaker[Session]) -> None:
    """Tell of lessons that viewers are soon not to meet any more."""
    with sessions.begin() as session:
        withdrawals.remind(session)


def suspend_unchecked(sessions: sessionmaker[Session], days: int) -> None:
    """Stop what may have been withdrawn by a platform that could not be asked for so many days, and let it go on."""
    with sessions.begin() as session:
        for link_id in unchecked.suspend(session, timedelta(days=days) if days > 0 else None):
            log.warning(
                "copies of link %s stop playing: nobody could ask whether they are withdrawn", link_id
            )


def resend_lost(sessions: sessionmaker[Session], queue: JobQueue) -> None:
    """Send the wake-ups again that were lost: with the disk of a Redis server, or with a worker that had taken one
    and died before it claimed a step. A lane must hold at least one for each step that waits in it, or plenty."""
    for lane in LANES:
        waiting = queue.waiting(lane)
        if waiting >= LANE_HOLDS // 2:
            continue
        with sessions.begin() as session:
            asleep = steps.queued_longest(session, kinds_of(lane), LOST_AFTER, LANE_HOLDS)
            lost = asleep[: max(0, len(asleep) - waiting)]
            for step_id in lost:
                steps.requeue(session, step_id)
        if lost:
            log.warning("%d wake-up(s) of lane %s were lost, sending others", len(lost), lane)


def forget_old(sessions: sessionmaker[Session], audit_days: int, event_days: int) -> None:
    """Remove records that are kept for a while: of changes, of answers that might be asked for again, of what might be
    taken back, of sign-ins, of events, and of what was done."""
    with sessions.begin() as session:
        audit.forget(session, audit_days)
        answers.forget(session)
        change_sets.forget(session)
        people.forget_codes(session)
        studio_sessions.forget(session)
    with sessions.begin() as session:
        events.forget(session, event_days)
        if events.settle_foreign(session):
            log.warning("events of another server were ordered anew")
    with sessions.begin() as session:
        recording.compact(session, event_days)
    with sessions.begin() as session:
        steps.forget_done(session)


def count(sessions: sessionmaker[Session], measures: Measures) -> None:
    """Count what is too much to be counted whenever somebody asks."""
    with sessions() as session:
        found = count_versions(session)
    for state in VERSION_STATES:
        measures.put(("versions", state), found.get(state, 0))
    measures.exchange()


def _forget_others(leases: sessionmaker[Session]) -> None:
    try:
        with leases() as session:
            keeping.forget_others(session, KEEPING)
    except SQLAlchemyError as error:
        log.warning("catalogue is away: %s", error)


if __name__ == "__main__":
    sys.exit(main())
