"""What views write into the audit log: who is calling, from where, in which request."""

from __future__ import annotations

import logging
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
    ``details`` become JSON and hold no secrets.
    """
    caller = auth.caller()
    entry = AuditEntry(
        organization_id=organization_id,
        action=action,
        target_id=target_id,
        details=details,
        key_id=caller.key_id,
        key_label=caller.label,
        role=caller.role,
        address=full_address(request.environ),
        request_id=state_of(request.environ).id,
        trace_id=trace_of(request.environ),
    )
    session.add(entry)
    after_commit(
        lambda: log.info("%s %s by key %s, request %s", action, target_id, entry.key_id, entry.request_id)
    )
