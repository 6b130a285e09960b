"""What views write into the audit log: who is calling, from where, in which request."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from flask import request
from sqlalchemy.orm import Session

from configs.words import AuditAction
from media_service import auth
from media_service.changes import after_commit
from media_service.proxies import full_address
from media_service.request_state import state_of, trace_of
from storage.catalogue.models import AuditEntry

log = logging.getLogger(__name__)


def record(
    session: Session, action: AuditAction, organization_id: str, target_id: str, **details: Any
) -> None:
    """Write down, in the transaction of a change, that the caller makes it. ``organization_id`` owns what is changed;
    ``details`` become JSON, moments as RFC 3339 has them, and hold no secrets.
    """
    caller = auth.caller()
    is_person = caller.person_id is not None
    entry = AuditEntry(
        organization_id=organization_id,
        action=action,
        target_id=target_id,
        details={name: _plain(value) for name, value in details.items()},
        key_id=caller.key_id,
        key_label="" if is_person else caller.label,
        person_id=caller.person_id,
        person_name=caller.label if is_person else None,
        role=caller.role,
        address=full_address(request.environ),
        request_id=state_of(request.environ).id,
        trace_id=trace_of(request.environ),
    )
    session.add(entry)
    after_commit(
        lambda: log.info("%s %s by %s, request %s", action, target_id, caller.identity, entry.request_id)
    )


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
