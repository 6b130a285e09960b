"""``lessonstream keys``: API keys, straight in the catalogue (whoever can reach it owns everything anyway)."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.table import Table
from sqlalchemy import select
from sqlalchemy.orm import Session

from media_service.cli.installation import load_installation_settings
from storage.catalogue import organizations
from storage.catalogue.database import connect
from storage.catalogue.models import Organization


def run_list(options: argparse.Namespace) -> int:
    """Print every key but not its secret, which nobody has."""
    table = Table("id", "role", "label", "begins", "organization", "created", "revoked")
    for column in table.columns:
        column.overflow = "fold"  # an ID that is cut short is of no use
    with _catalogue(options) as session:
        for key in organizations.list_api_keys(session):
            table.add_row(
                *(key.id, key.role, key.label, f"{key.prefix}…", key.organization_id),
                *(
                    moment.strftime("%Y-%m-%d") if moment else ""
                    for moment in (key.created_at, key.revoked_at)
                ),
            )
    # IDs are there to be copied: better wrapped by the terminal than by the table.
    Console(width=max(Console().width, 140)).print(table)
    return 0


def run_create(options: argparse.Namespace) -> int:
    """Make a key and print it on standard output."""
    with _catalogue(options) as session:
        first = select(Organization.id).order_by(Organization.created_at).limit(1)
        organization = options.organization or session.execute(first).scalar_one_or_none()
        if organization is None or session.get(Organization, organization) is None:
            print("There is no such organization. / 没有这个机构。", file=sys.stderr)
            return 1
        _, secret = organizations.create_api_key(session, organization, options.role, options.label)
    print(secret)
    return 0


def run_revoke(options: argparse.Namespace) -> int:
    """Refuse a key from now on."""
    with _catalogue(options) as session:
        revoked = organizations.revoke_api_key(session, options.id)
    if not revoked:
        print("There is no such key in force. / 没有这个有效的密钥。", file=sys.stderr)
    return 0 if revoked else 1


@contextmanager
def _catalogue(options: argparse.Namespace) -> Iterator[Session]:
    engine = connect(load_installation_settings(options.data).database_url)
    with Session(engine) as session, session.begin():
        yield session
    engine.dispose()
