"""The function that RQ calls, and what each kind of step runs."""

from __future__ import annotations

import logging
import os
import resource
import signal
import socket
import time
from collections.abc import Callable
from functools import partial
from threading import Timer
from typing import Any

from sqlalchemy.orm import undefer

from configs.jobs import BULK, JOBS, LANES, SHARES, kinds_of
from configs.words import OUTPUT_REJECTED, StepKind
from storage.catalogue import claims, endings, outbox, renditions, steps
from storage.catalogue.claims import Lane
from storage.catalogue.models import Version
from storage.catalogue.steps import Claim, StaleFence
from workers.blame import Blame, judge
from workers.block_cache import CachedReader
from workers.context import Heartbeat, Publish, StepContext
from workers.ffmpeg import ToolCancelled
from workers.hardware import HardwareFailed
from workers.plan.decisions.hardware import made_by_hardware, without_hardware
from workers.plan.decisions.quality import encoded_after_all
from workers.plan.decisions.schedule import encodes
from workers.plan.failure import MediaFailure, OriginAway
from workers.plan.model.serialization import NewerPlan, UnreadablePlan, plan_from_json
from workers.planned_renditions import drop_renditions
from workers.replan import change_plan
from workers.resources import Resources, resources
from workers.retries import Reads, RetryingReader, with_retries
from workers.steps.analyse import analyse
from workers.steps.encode import encode_audio, encode_video
from workers.steps.extras import download, preview
from workers.steps.fetch import fetch
from workers.steps.follow import follow
from workers.steps.images import images, thumbnail
from workers.steps.inspect import draw, inspect, stand_in
from workers.steps.loudness import loudness
from workers.steps.peaks import peaks
from workers.steps.poster import poster
from workers.steps.publish import publish, publish_av1
from workers.steps.slides import slides
from workers.steps.tracks import tracks
from workers.steps.transcribe import transcribe
from workers.steps.verify import verify
from workers.verify import ChunksRejected
from workers.work_folder import private_folder

log = logging.getLogger(__name__)

HANDLERS: dict[StepKind, Callable[[StepContext], Publish]] = {
    "inspect": inspect,
    "stand_in": stand_in,
    "draw": draw,
    "loudness": loudness,
    "analyse": analyse,
    "encode_first": encode_video,
    "encode": encode_video,
    "audio_first": encode_audio,
    "audio": encode_audio,
    "images": images,
    "thumbnail": thumbnail,
    "poster": poster,
    "tracks": tracks,
    "verify": verify,
    "follow": follow,
    "publish": publish,
    "download": download,
    "encode_av1": encode_video,
    "publish_av1": publish_av1,
    "preview": preview,
    "peaks": peaks,
    "slides": slides,
    "transcribe": transcribe,
    "fetch": fetch,
}

LANE_LINES = {lane: Lane(lane, kinds_of(lane), SHARES.get(lane), lane in BULK) for lane in LANES}

LEFT_TO_NEWER = 8
"""How often a step whose plan a newer release wrote is left to workers of that release, over some 20 minutes. If none
comes, they were taken away, and this release plans anew."""

ALONE_SECONDS = 1.0
"""For how long what follows at once has the machine for itself, before everyone else is woken."""


def owner_name(worker_pid: int) -> str:
    """Return the name of this worker in a lease: the host and the process that RQ forks from."""
    return f"{socket.gethostname()}:{worker_pid}"


def run_step(step_id: str) -> None:
    """Carry one step, and what follows it at once: claim it, run it, publish it. Whatever happens is recorded in
    the step ledger; RQ is told of nothing, for it carries only the wake-up.

    There are as many wake-ups in a lane as steps, but RQ knows no fairness: which step of the worker's lanes is carried
    is the ledger's choice, whichever step announced itself.
    """
    shared = resources()
    # RQ forked this process: its parent's connections are not to be used here.
    shared.engine.dispose(close=False)
    claim, used_for_another_lane = with_retries(partial(_claim, shared, step_id))
    if used_for_another_lane:
        shared.wake()
    if claim is None:
        log.info("step %s and all others are in good hands", step_id)
    while claim is not None:
        claim = carry(shared, claim)
        shared.measures.exchange()
        if claim is None:
            shared.wake()
        else:
            Timer(ALONE_SECONDS, shared.wake).start()


def carry(shared: Resources, claim: Claim) -> Claim | None:
    """Run one step to whatever end; returns the claim on the step that follows it at once, if one does."""
    outcome = "failed"
    try:
        follower = _run(shared, claim)
        outcome = "done"
        return follower
    except StaleFence:
        outcome = "lost"
        log.warning("step %s: the lease was lost, nothing is published", claim.step_id)
    except MediaFailure as failure:
        log.info("step %s: %s", claim.step_id, failure)
        with_retries(partial(_fail, shared, claim, failure))
    except ChunksRejected as error:
        log.warning("step %s, attempt %d: %s", claim.step_id, claim.attempt, error)
        with_retries(partial(_redo, shared, claim, error))
    except HardwareFailed as error:
        log.warning("step %s, and its version, is left to software: %s", claim.step_id, error)
        with_retries(partial(_in_software, shared, claim, error))
    except UnreadablePlan as error:
        log.warning("step %s cannot read its plan: %s", claim.step_id, error)
        with_retries(partial(_plan_anew, shared, claim, error))
    except OriginAway as error:
        outcome = "lost"
        log.info("step %s waits: %s", claim.step_id, error)
        with_retries(partial(_end, shared, claim, error))
    except ToolCancelled as error:
        outcome = "lost"
        log.warning("step %s is not wanted any more: %s", claim.step_id, error)
    except Exception as error:
        log.exception("step %s did not succeed, attempt %d", claim.step_id, claim.attempt)
        with_retries(partial(_end, shared, claim, error))
    finally:
        shared.measures.count(("steps", claim.kind, outcome))
    return None


def _claim(shared: Resources, step_id: str) -> tuple[Claim | None, bool]:
    """Return the claim on what is to be done now, and whether the wake-up was used for another lane than its own, in
    which there is still something to do: whoever serves that lane alone is then woken again.
    """
    with shared.sessions.begin() as session:
        kind = claims.kind_of(session, step_id)
        if kind not in JOBS:  # its asset was removed, or only a newer release knows what it is
            return None, False
        claim = claims.claim_in_turn(
            session, [LANE_LINES[lane] for lane in shared.lanes], owner_name(os.getppid())
        )
        announced = kinds_of(JOBS[kind].lane)
        used = claim is not None and claim.kind not in announced and claims.is_waiting(session, announced)
        if used:
            steps.requeue(session, step_id)
        return claim, used


def _run(shared: Resources, claim: Claim) -> Claim | None:
    # RQ's own limit, of what announced itself, has set the handler; this is the limit of what is carried.
    signal.alarm(JOBS[claim.kind].time_limit)
    heartbeat = Heartbeat(shared.sessions, claim)
    reads = Reads()
    with private_folder(shared.work_folder) as folder, heartbeat.beating():
        version = with_retries(partial(_version, shared, claim))
        context = StepContext(
            claim=claim,
            version=version,
            settings=shared.settings,
            sessions=shared.sessions,
            objects=shared.objects,
            reader=CachedReader(RetryingReader(shared.objects, reads), shared.blocks, reads),
            tools=shared.tools.for_step(heartbeat.lost, _niceness(claim)),
            ladder=shared.ladder,
            folder=folder,
            heartbeat=heartbeat,
        )
        before, began = _cpu_seconds(), time.monotonic()
        write = HANDLERS[claim.kind](context)
        spent = _cpu_seconds() - before
        log.info("step %s, %s: %.2f s of CPU", claim.step_id, claim.kind, spent)
        follower = with_retries(partial(_complete, shared, claim, write))
        shared.measures.count(("step_seconds", claim.kind), time.monotonic() - began)
        shared.measures.count(("step_cpu_seconds", claim.kind), spent)
        shared.measures.count(("storage_requests", claim.kind), reads.requests)
        shared.measures.count(("storage_bytes", claim.kind), reads.stored)
        shared.measures.count(("block_bytes", claim.kind), reads.kept)
        if heartbeat.source_seconds:
            shared.measures.count(("source_seconds", claim.kind), heartbeat.source_seconds)
        return follower


def _cpu_seconds() -> float:
    """Return the processor seconds of this process, which RQ forked for the step, and of the tools that it ran."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def _niceness(claim: Claim) -> int:
    """A viewer waits for the first chunk; everything else leaves it, and the web service, what they need."""
    job = JOBS[claim.kind]
    if job.first_niceness is not None and claim.params.get("chunk") == 0:
        return job.first_niceness
    return job.niceness


def _version(shared: Resources, claim: Claim) -> Version:
    with shared.sessions() as session:
        return session.get_one(Version, claim.version_id, options=[undefer(Version.plan)])


def _complete(shared: Resources, claim: Claim, write: Publish) -> Claim | None:
    with shared.sessions.begin() as session:
        write(session)
        steps.complete(session, claim)
        follower = JOBS[claim.kind].followed_by
        taken = claims.claim_next(session, claim.version_id, (follower,), claim.owner) if follower else None
        if taken is not None:
            outbox.withdraw(session, taken.step_id)
        return taken


def _fail(shared: Resources, claim: Claim, failure: MediaFailure) -> None:
    with shared.sessions.begin() as session:
        endings.fail(session, claim, failure.code, failure.detail, failure.words)


def _redo(shared: Resources, claim: Claim, error: ChunksRejected) -> None:
    rejected = {rendition for rendition, _ in error.chunks}
    if rejected & made_by_hardware(plan_from_json(_version(shared, claim).plan or {})):
        _in_software(shared, claim, error)
        return
    with shared.sessions.begin() as session:
        before, after = change_plan(session, claim.version_id, lambda plan: encoded_after_all(plan, rejected))
        given_up = before.picture.rungs[0].name if after != before else None

        def blamed(params: dict[str, Any]) -> bool:
            wrong = any(encodes(params, rendition, chunk) for rendition, chunk in error.chunks)
            return wrong or params.get("rungs") == [given_up]

        prints = renditions.hashes_of(session, claim.version_id, error.chunks)
        found = endings.Rejected(
            blamed, {f"{name}-{number}": sha256 for (name, number), sha256 in prints.items()}
        )
        endings.redo(session, claim, found, f"rejected: {error}", OUTPUT_REJECTED)


def _in_software(shared: Resources, claim: Claim, error: Exception) -> None:
    """Have a version planned anew without hardware."""
    with shared.sessions.begin() as session:
        if endings.plan_anew(session, claim, f"{type(error).__name__}: {error}"):
            before, _ = change_plan(session, claim.version_id, without_hardware)
            drop_renditions(session, claim.version_id, made_by_hardware(before))


def _plan_anew(shared: Resources, claim: Claim, error: UnreadablePlan) -> None:
    reason = f"plan: {error}"
    with shared.sessions.begin() as session:
        if isinstance(error, NewerPlan) and claim.postponed < LEFT_TO_NEWER:
            endings.postpone(session, claim, reason)
        else:
            endings.plan_anew(session, claim, reason)


def _end(shared: Resources, claim: Claim, error: Exception) -> None:
    verdict, reason = judge(error), f"{type(error).__name__}: {error}"
    with shared.sessions.begin() as session:
        match verdict.blame:
            case Blame.MACHINE:
                endings.postpone(session, claim, reason)
            case Blame.KILLER:
                endings.interrupt(session, claim, reason)
            case Blame.STEP if verdict.attempts and claim.attempt >= verdict.attempts:
                endings.fail(session, claim, verdict.code, reason)
            case Blame.STEP:
                endings.give_back(session, claim, reason, verdict.code)


assert not HANDLERS.keys() ^ JOBS.keys(), HANDLERS.keys() ^ JOBS.keys()  # noqa: S101  (they are one list)
