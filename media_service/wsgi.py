"""Composition root of the web service: settings, then clients, then ``app``."""

from __future__ import annotations

import gc
import logging

from flask import Flask
from sqlalchemy.orm import sessionmaker

from configs.logging import setup_logging
from configs.settings import Settings, load_settings
from media_service.app import create_app
from media_service.job_queue import make_wake
from media_service.services import Services
from storage.catalogue import database
from storage.counters import Counters
from storage.job_queue import JobQueue, connect_redis
from storage.plays import Plays
from storage.s3 import S3ObjectStore


def create(settings: Settings) -> Flask:
    """The application over clients of its own. Nothing is connected before it is needed."""
    engine = database.connect(settings.database_url, pool_size=settings.web_threads)
    sessions = sessionmaker(engine, expire_on_commit=False)
    redis = connect_redis(settings.redis_url, retries=1)
    queue = JobQueue(redis)
    plays = Plays(connect_redis(settings.redis_url, retries=0))
    return create_app(
        Services(
            settings=settings,
            sessions=sessions,
            objects=S3ObjectStore.of(settings, connections=2 * settings.web_threads),
            wake=make_wake(sessions, queue),
            check_queue=queue.check,
            counters=Counters(redis),
            admit_play=plays.admit,
            count_workers=queue.workers,
        )
    )


def _start() -> Flask:
    settings = load_settings()
    setup_logging(settings.log_level)
    # Readiness looks at the migrations every few seconds, and Alembic would tell of it each time.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    created = create(settings)
    # What is there now stays: looking it over for garbage again and again made every thousandth answer 80 ms late.
    gc.freeze()
    return created


app = _start()
