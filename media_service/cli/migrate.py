"""``lessonstream migrate``: what has to be there before the processes start."""

from __future__ import annotations

import argparse

from sqlalchemy import select
from sqlalchemy.orm import Session

from configs.logging import setup_logging
from configs.settings import Settings, load_settings
from storage.catalogue.database import connect
from storage.catalogue.migrate import migrate
from storage.catalogue.models import Organization
from storage.catalogue.organizations import create_organization
from storage.s3 import S3ObjectStore

FIRST_ORGANIZATION = "Lessonstream"


def run(options: argparse.Namespace) -> int:  # noqa: ARG001
    """Prepare the servers that the environment names. Safe to repeat."""
    settings = load_settings(part="worker")
    setup_logging(settings.log_level)
    prepare(settings)
    return 0


def prepare(settings: Settings) -> None:
    """Bring the catalogue up to date, make the bucket, and an organization that keys can belong to."""
    migrate(settings.database_url)
    S3ObjectStore.of(settings).ensure_bucket()
    engine = connect(settings.database_url)
    with Session(engine) as session, session.begin():
        if session.execute(select(Organization.id).limit(1)).first() is None:
            create_organization(session, FIRST_ORGANIZATION)
    engine.dispose()
