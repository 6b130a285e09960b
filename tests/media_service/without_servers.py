"""The application as it is while all of its servers are away."""

from __future__ import annotations

from dataclasses import replace

from flask import Flask
from sqlalchemy.orm import sessionmaker

from configs.settings import load_settings
from media_service.app import create_app
from media_service.services import Services
from storage.catalogue import database
from storage.measures import Measures
from storage.memory import MemoryObjectStore

NOWHERE = {
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "S3_ENDPOINT": "http://127.0.0.1:1",
    "S3_ACCESS_KEY": "none",
    "S3_SECRET_KEY": "none",
    "SECRET_KEY": "not a secret: only for tests, 32+",
}


def make_app(measures: Measures | None = None, **variables: str) -> Flask:
    """An application whose servers are all away."""
    settings = load_settings(NOWHERE | variables)
    sessions = sessionmaker(database.connect(settings.database_url))
    services = Services(settings, sessions, MemoryObjectStore(), lambda: None, lambda: None)
    return create_app(replace(services, measures=measures) if measures else services)
