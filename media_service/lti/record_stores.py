"""``/v1/organizations/{organization_id}/record-store``: where an organization's statements of study go (xAPI)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

from flask import Blueprint
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from configs.words import RecordStoreTest
from media_service import audit, auth
from media_service.changes import transaction
from media_service.openapi import operation
from media_service.outbound_urls import checked_url
from media_service.problems import ApiError
from media_service.services import services
from media_service.strict_values import Changes
from storage import record_stores
from storage.catalogue import statements
from storage.catalogue.models import RecordStore
from storage.sealing import WrongSecretKey
from storage.strangers import LONGEST_URL, OutboundError

blueprint = Blueprint(
    "record_stores", __name__, url_prefix="/v1/organizations/<organization_id>/record-store"
)

TAG: Final = "Learning systems"

_TEST_SECONDS: Final = 10.0
_MOST_BYTES: Final = 256 * 1024

_WHY_SECURE: Final = "Only https:// keeps learners and credentials to yourselves."


def _name(text: str) -> str:
    if ":" in text or not text.isprintable():
        raise ValueError("holds a colon, or what cannot be printed")
    return text


class NewRecordStore(BaseModel):
    """A learning record store and the credentials by which it takes statements (HTTP Basic). The password is kept
    sealed and shown nowhere."""

    model_config = ConfigDict(extra="forbid")

    url: str = Field(
        max_length=LONGEST_URL,
        description="What `/statements` is appended to.",
        examples=["https://lrs.example/xapi"],
    )
    username: Annotated[str, Field(min_length=1, max_length=255), AfterValidator(_name)]
    password: str = Field(min_length=1, max_length=255)
    enabled: bool = True


class RecordStoreChanges(Changes):
    """What may be changed without saying all of it anew."""

    enabled: bool = Field(True, description="`false` lets statements wait.")


class RecordStoreTestDocument(BaseModel):
    """What a record store answered just now, with our credentials: `works`, `credentials_refused` (or they may write
    and not read), `no_store` (somebody else answers there), `away`. ``detail`` is for whoever looks after it."""

    outcome: RecordStoreTest
    detail: str


class RecordStoreDocument(BaseModel):
    """A learning record store: it is told of the learners of its organization and of all below that have none of their
    own. ``failing_since`` is when it began to take nothing; nothing is lost meanwhile."""

    organization_id: str
    url: str
    username: str
    enabled: bool
    waiting: int = Field(description="Statements that it has not got yet.")
    refused: int = Field(description="Statements of the last 30 days that it will not have.")
    refusal: str | None = Field(description="Why it refused what it refused last.")
    sent: int = Field(description="Statements that it has got, ever.")
    sent_at: datetime | None = Field(description="When it got the last one.")
    failing_since: datetime | None
    failure: str | None
    updated_at: datetime


@blueprint.get("")
@auth.require("admin", scope="manage")
@operation(
    "Show a record store",
    tag=TAG,
    answer=RecordStoreDocument,
    errors=("organization_not_found", "record_store_not_found"),
)
def show(organization_id: str) -> RecordStoreDocument:
    """And whether it takes what it is sent."""
    with services().sessions() as session:
        auth.organization(session, organization_id)
        return _describe(session, _store(session, organization_id))


@blueprint.put("")
@auth.require("admin", scope="manage")
@operation(
    "Send statements to a record store",
    tag=TAG,
    body=NewRecordStore,
    answer=RecordStoreDocument,
    errors=("organization_not_found", "record_store_refused"),
)
def put(organization_id: str, body: NewRecordStore) -> RecordStoreDocument:
    """Of what is studied from now on. One that was switched off, or has failed, goes on at once."""
    checked_url(body.url, "record_store_refused", why_secure=_WHY_SECURE)
    with transaction() as session:
        auth.organization(session, organization_id)
        row = session.get(RecordStore, organization_id, with_for_update=True)
        if row is None:
            row = RecordStore(organization_id=organization_id)
            session.add(row)
        row.url, row.username, row.enabled = body.url, body.username, body.enabled
        row.password = record_stores.seal_password(
            services().settings.secret_key, organization_id, body.password
        )
        statements.begin_anew(row)
        session.flush()
        session.refresh(row)
        told = body.model_dump(exclude={"password"})
        audit.record(session, "record_store.change", organization_id, organization_id, **told)
        return _describe(session, row)


@blueprint.patch("")
@auth.require("admin", scope="manage")
@operation(
    "Pause or resume a record store",
    tag=TAG,
    body=RecordStoreChanges,
    answer=RecordStoreDocument,
    errors=("organization_not_found", "record_store_not_found"),
)
def change(organization_id: str, body: RecordStoreChanges) -> RecordStoreDocument:
    """What is studied while it is paused is told to nobody; what waits is sent once it goes on, at once."""
    changes = body.given()
    with transaction() as session:
        auth.organization(session, organization_id)
        row = _store(session, organization_id)
        for name, value in changes.items():
            setattr(row, name, value)
        statements.begin_anew(row)
        session.flush()
        session.refresh(row)
        audit.record(session, "record_store.change", organization_id, organization_id, **changes)
        return _describe(session, row)


@blueprint.post("/test")
@auth.require("admin", scope="manage")
@operation(
    "Test a record store",
    tag=TAG,
    answer=RecordStoreTestDocument,
    errors=("organization_not_found", "record_store_not_found"),
)
def test(organization_id: str) -> RecordStoreTestDocument:
    """Asks it for one statement, and writes nothing there."""
    with transaction() as session:
        auth.organization(session, organization_id)
        row = _store(session, organization_id)
        audit.record(session, "record_store.test", organization_id, organization_id, url=row.url)
        url, username, sealed = row.url, row.username, row.password
    try:
        password = record_stores.open_password(services().settings.secret_key, organization_id, sealed)
    except WrongSecretKey:
        return RecordStoreTestDocument(
            outcome="credentials_refused", detail="SECRET_KEY has changed: enter the password again"
        )
    try:
        with services().outbound.get(
            f"{record_stores.statements_url(url)}?limit=1",
            seconds=_TEST_SECONDS,
            headers={"Accept": "application/json", record_stores.VERSION_HEADER: record_stores.VERSION},
            secrets=record_stores.credentials(username, password),
        ) as answer:
            status, body = answer.status, answer.read(_MOST_BYTES)
    except OutboundError as error:
        return RecordStoreTestDocument(outcome="away", detail=f"{error.code}: {error}"[:300])
    outcome = record_stores.judge(status, body)
    text = body[:200].decode(errors="replace")
    told = "" if outcome == "works" else "".join(sign if sign.isprintable() else " " for sign in text)
    return RecordStoreTestDocument(outcome=outcome, detail=f"{status} {told}".strip())


@blueprint.post("/resend")
@auth.require("admin", scope="manage")
@operation(
    "Send refused statements again",
    tag=TAG,
    answer=RecordStoreDocument,
    errors=("organization_not_found", "record_store_not_found"),
)
def resend(organization_id: str) -> RecordStoreDocument:
    """Those of the last 30 days, once the store is mended."""
    with transaction() as session:
        auth.organization(session, organization_id)
        row = _store(session, organization_id)
        count = statements.send_again(session, organization_id)
        statements.begin_anew(row)
        session.flush()
        session.refresh(row)
        audit.record(session, "record_store.resend", organization_id, organization_id, statements=count)
        return _describe(session, row)


@blueprint.delete("")
@auth.require("admin", scope="manage")
@operation(
    "Send no more statements",
    tag=TAG,
    status=204,
    errors=("organization_not_found", "record_store_not_found"),
)
def delete(organization_id: str) -> None:
    """With what waits for it."""
    with transaction() as session:
        auth.organization(session, organization_id)
        found = _store(session, organization_id)
        audit.record(session, "record_store.delete", organization_id, organization_id, url=found.url)
        session.delete(found)


def _store(session: Session, organization_id: str) -> RecordStore:
    found = session.get(RecordStore, organization_id)
    if found is None:
        raise ApiError("record_store_not_found")
    return found


def _describe(session: Session, row: RecordStore) -> RecordStoreDocument:
    waiting, refused = statements.counts(session, row.organization_id)
    return RecordStoreDocument(
        organization_id=row.organization_id,
        url=row.url,
        username=row.username,
        enabled=row.enabled,
        waiting=waiting,
        refused=refused,
        refusal=statements.last_refusal(session, row.organization_id) if refused else None,
        sent=row.sent,
        sent_at=row.sent_at,
        failing_since=row.failing_since,
        failure=row.failure,
        updated_at=row.updated_at,
    )
