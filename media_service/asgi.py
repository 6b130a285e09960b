"""Composition root of the web service: settings, then clients, then ``app``."""

from __future__ import annotations

import gc
import logging

from flask import Flask

from configs.logging import setup_logging
from configs.settings import Settings, load_settings
from media_service.app import create_app
from media_service.job_queue import make_wake
from media_service.playback import is_playlist
from media_service.services import Services
from media_service.serving.server import Server
from media_service.waiting import ThreadSessions, in_thread_only
from storage.catalogue import database
from storage.counters import Counters
from storage.job_queue import JobQueue, connect_redis
from storage.plays import Plays
from storage.s3 import S3ObjectStore


def create(settings: Settings) -> Flask:
    """The application over clients of its own. Nothing is connected before it is needed."""
    # Views have as many threads as what stores uploads and fetches answers.
    threads = 2 * settings.web_threads
    engine = database.connect(settings.database_url, pool_size=threads)
    sessions = ThreadSessions(engine, expire_on_commit=False)
    redis = connect_redis(settings.redis_url, retries=1)
    queue = JobQueue(redis)
    plays = Plays(connect_redis(settings.redis_url, retries=0))
    return create_app(
        Services(
            settings=settings,
            sessions=sessions,
            objects=S3ObjectStore.of(settings, connections=threads),
            wake=make_wake(sessions, queue),
            check_queue=queue.check,
            counters=Counters(redis),
            admit_play=in_thread_only(plays.admit),
            count_workers=queue.workers,
        )
    )


def _start() -> Server:
    settings = load_settings()
    setup_logging(settings.log_level)
    # Readiness looks at the migrations every few seconds, and Alembic would tell of it each time.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    created = Server(
        create(settings).wsgi_app,
        threads=settings.web_threads,
        answers=settings.web_answers,
        is_prompt=is_playlist,
    )
    # What is there now stays: looking it over for garbage again and again made every thousandth answer 80 ms late.
    gc.freeze()
    return created


app = _start()
