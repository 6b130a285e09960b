"""``lessonstream keys``: API keys, straight in the catalogue (whoever can reach it owns everything anyway)."""

from __future__ import annotations

import argparse
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from rich.console import Console
from rich.table import Table
from sqlalchemy import select
from sqlalchemy.orm import Session

from configs.words import AuditAction
from media_service.cli.installation import load_installation_settings
from storage.catalogue import organizations
from storage.catalogue.database import connect
from storage.catalogue.models import AuditEntry, Organization


def run_list(options: argparse.Namespace) -> int:
    """Print every key but not its secret, which nobody has."""
    table = Table(
        "id", "role", "label", "begins", "organization", "may", "created", "used", "ends", "revoked"
    )
    for column in table.columns:
        # An ID is there to be copied: one that is cut short, or in two lines, is of no use.
        column.overflow, column.no_wrap = "fold", column.header in ("id", "organization")
    with _catalogue(options) as session:
        for key in organizations.list_api_keys(session):
            table.add_row(
                *(key.id, key.role, key.label, f"{key.prefix}…", key.organization_id),
                " ".join(key.scopes) if key.scopes is not None else "all",
                *(
                    moment.strftime("%Y-%m-%d") if moment else ""
                    for moment in (key.created_at, key.last_used_at, key.expires_at, key.revoked_at)
                ),
            )
    # Better wrapped by the terminal than by the table.
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
        ends = datetime.now(UTC) + timedelta(days=options.days) if options.days is not None else None
        key, secret = organizations.create_api_key(
            session,
            organization,
            options.role,
            options.label,
            scopes=options.scope,
            expires_at=ends,
        )
        _record(session, "api_key.create", organization, key.id, role=options.role, label=options.label)
    print(secret)
    return 0


def run_revoke(options: argparse.Namespace) -> int:
    """Refuse a key from now on."""
    with _catalogue(options) as session:
        owner = organizations.revoke_api_key(session, options.id)
        if owner is not None:
            _record(session, "api_key.revoke", owner, options.id)
    if owner is None:
        print("There is no such key in force. / 没有这个有效的密钥。", file=sys.stderr)
    return 1 if owner is None else 0


def _record(
    session: Session, action: AuditAction, organization_id: str, target_id: str, **details: str
) -> None:
    """Write it into the audit log; who sits at the machine is all that is known."""
    session.add(
        AuditEntry(
            organization_id=organization_id,
            action=action,
            target_id=target_id,
            details=details,
            key_label=f"lessonstream keys, by user {os.getuid()}",
            address=socket.gethostname(),
            request_id="",
        )
    )


@contextmanager
def _catalogue(options: argparse.Namespace) -> Iterator[Session]:
    engine = connect(load_installation_settings(options.data).database_url)
    with Session(engine) as session, session.begin():
        yield session
    engine.dispose()
