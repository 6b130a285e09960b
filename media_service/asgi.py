"""Composition root of the web service: settings, then clients, then ``app``."""

from __future__ import annotations

import gc
import logging
import signal
from typing import Any

from flask import Flask

from configs.logging import setup_logging
from configs.settings import Settings, load_settings
from media_service.app import create_app
from media_service.event_loop import ThreadSessions, in_thread_only
from media_service.events.live import hub_of
from media_service.job_queue import make_wake
from media_service.learning.starts import Starts
from media_service.playback.serving.playlists import is_playlist
from media_service.server.application import Server
from media_service.server.rolling import CLOSING
from media_service.services import Services
from media_service.uploads.protocol import is_upload
from media_service.uploads.receive import AT_ONCE
from storage.beat_stream import BeatSink
from storage.catalogue import database
from storage.counters import Counters
from storage.job_queue import JobQueue, connect_redis
from storage.measures import Measures
from storage.once import Once
from storage.outbound.client import Outbound
from storage.plays import Plays
from storage.s3 import S3ObjectStore
from storage.strangers import networks

_PLAYS_SECONDS = 0.3
"""The only answer of Redis that a request waits for; without it everybody may play."""

_BACKGROUND_THREADS = 4
"""Which ask the catalogue besides: the relay, the locks of uploads, forecasts, metrics."""


def create(settings: Settings) -> Flask:
    """The application over clients of its own. Nothing is connected before it is needed."""
    # Views have as many threads as what stores uploads and fetches answers. Some are left for what needs no server.
    threads = 2 * settings.web_threads
    redis = connect_redis(settings.redis_url, retries=0, answer_seconds=1)
    measures = Measures(redis)
    catalogue = database.breaker_for(settings.database_url, places=max(1, threads * 3 // 8))
    kept = threads // 4 + 1
    engine = database.connect(
        settings.database_url,
        pool_size=kept,
        overflow=threads + _BACKGROUND_THREADS - kept,
        patience=database.HURRIED,
        breaker=catalogue,
        observe=measures.observe,
    )
    sessions = ThreadSessions(engine, expire_on_commit=False)
    queue = JobQueue(connect_redis(settings.redis_url, retries=0, answer_seconds=1, observe=measures.observe))
    plays = Plays(
        connect_redis(settings.redis_url, retries=0, answer_seconds=_PLAYS_SECONDS, observe=measures.observe)
    )
    beats = BeatSink(
        connect_redis(settings.redis_url, retries=0, answer_seconds=1, observe=measures.observe),
        settings.beats_waiting,
    )
    return create_app(
        Services(
            settings=settings,
            sessions=sessions,
            objects=S3ObjectStore.of(
                settings,
                connections=threads,
                places=max(1, threads * 5 // 8),
                observe=measures.observe,
            ),
            wake=make_wake(sessions, queue),
            check_queue=queue.check,
            counters=Counters(redis),
            admit_play=in_thread_only(plays.admit),
            count_workers=queue.workers,
            catalogue_heard_at=lambda: catalogue.heard_at,
            measures=measures,
            beats=beats,
            count_start=Starts(beats).count,
            take_once=Once(
                connect_redis(settings.redis_url, retries=0, answer_seconds=1, observe=measures.observe)
            ).take,
            outbound=Outbound(networks(settings.outbound_allowed_networks), settings.outbound_proxy),
        )
    )


def _start() -> Server:
    settings = load_settings()
    setup_logging(settings.log_level)
    # Readiness looks at the migrations every few seconds, and Alembic would tell of it each time.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    flask = create(settings)
    signal.signal(CLOSING, lambda *_: hub_of(flask).close())
    created = Server(
        flask.wsgi_app,
        threads=settings.web_threads,
        answers=settings.web_answers,
        uploads=AT_ONCE,
        is_prompt=_is_prompt,
        is_upload=is_upload,
    )
    # What is there now stays: looking it over for garbage again and again made every thousandth answer 80 ms late.
    gc.freeze()
    return created


def _is_prompt(environ: dict[str, Any]) -> bool:
    """What is answered from memory: playlists, mostly; and that the process lives, when no thread is left."""
    return is_playlist(environ) or (environ["PATH_INFO"], environ["REQUEST_METHOD"]) == ("/healthz", "GET")


app = _start()
