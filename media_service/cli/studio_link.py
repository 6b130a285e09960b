"""``lessonstream studio-link``: a link that signs somebody in to Studio, once."""

from __future__ import annotations

import argparse
import locale
import os
import socket
import sys
from datetime import timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from configs.words import PersonRole
from media_service.cli.installation import load_installation_settings
from media_service.studio_links import sign_in_url
from storage.catalogue import people
from storage.catalogue.database import connect
from storage.catalogue.models import AuditEntry, Organization
from storage.catalogue.people import Newcomer, PersonDisabled

LIFETIME: Final = timedelta(hours=24)
"""How long a link that stands in a terminal may stay unused."""

_NAMELESS: Final = "Administrator / 管理员"
"""Whom links of a terminal are for that name nobody: one person of each organization."""


def name_of_nobody() -> str:
    """What people read of whoever came in by a link that names nobody, in the language of this machine."""
    language, _ = locale.getlocale()
    return (
        "平台管理员" if (language or "").lower().startswith(("zh", "chinese")) else "Platform administrator"
    )


def run(options: argparse.Namespace) -> int:
    """Make a link straight in the catalogue, and print it on standard output."""
    settings = load_installation_settings(options.data)
    engine = connect(settings.database_url)
    with Session(engine) as session, session.begin():
        organization_id = options.organization or _first_organization(session)
        if organization_id is None or session.get(Organization, organization_id) is None:
            print("There is no such organization. / 没有这个机构。", file=sys.stderr)
            return 1
        name = options.name or name_of_nobody()
        try:
            link = make_link(
                session, settings.public_url, organization_id, name=options.name, role=options.role
            )
        except PersonDisabled:
            print(f"{name} is disabled. / 该用户已被停用。", file=sys.stderr)
            return 1
    engine.dispose()
    print(link)
    hours = int(LIFETIME.total_seconds() // 3600)
    print(
        f"It counts once, within {hours} hours, for {name} ({options.role}). / "
        f"该链接 {hours} 小时内有效，仅可使用一次。",
        file=sys.stderr,
    )
    return 0


def make_link(
    session: Session, public_url: str, organization_id: str, *, name: str | None, role: PersonRole
) -> str:
    """A link for whoever sits at this machine, or gets it from them; who has the same name is the same person, and so
    is who has none. Raises ``PersonDisabled``.
    """
    newcomer = Newcomer(organization_id, f"terminal:{name or _NAMELESS}", name or name_of_nobody(), role)
    _, code = people.make_code(session, newcomer, lifetime=LIFETIME)
    session.add(
        AuditEntry(
            organization_id=organization_id,
            action="sign_in_code.create",
            target_id=newcomer.subject,
            details={"name": newcomer.name, "person_role": role},
            key_label=f"lessonstream, by user {os.getuid()}",
            address=socket.gethostname(),
            request_id="",
        )
    )
    return sign_in_url(public_url, code)


def _first_organization(session: Session) -> str | None:
    query = select(Organization.id).order_by(Organization.created_at).limit(1)
    return session.execute(query).scalar_one_or_none()
