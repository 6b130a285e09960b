"""People who sign in: what administrators see of those of their organization and below, and whom they keep out."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from flask import Blueprint
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import func
from sqlalchemy.orm import Session

from configs.words import PersonRole
from media_service import audit, auth
from media_service.changes import after_commit, transaction
from media_service.management.paging import PageQuery, cut, last_id
from media_service.openapi import operation
from media_service.problems import ApiError
from media_service.services import services
from media_service.strict_values import Changes
from storage.catalogue import people, sessions
from storage.catalogue.models import Person
from storage.ids import is_id

blueprint = Blueprint("people", __name__, url_prefix="/v1/people")

TAG: Final = "People"


class PersonDocument(BaseModel):
    """Somebody who signs in. ``subject`` is what your portal calls them; name and role are what it said when they came
    in last, ``signed_in_at``. Once they are disabled (``disabled_at``) they come in no more."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    organization_id: str
    subject: str
    name: str
    role: PersonRole
    created_at: datetime
    signed_in_at: datetime | None
    disabled_at: datetime | None


class PersonPage(BaseModel):
    """People of the caller's organization and of all below it, oldest first. ``next`` goes into ``after`` for the next
    page; null at the end."""

    people: list[PersonDocument]
    next: str | None


class PersonQuery(PageQuery):
    """Which people, and which page of them."""

    subject: str | None = Field(None, max_length=255, description="Only whom your portal calls so.")
    q: str = Field("", max_length=200, description="Only those in whose name this stands, in whatever case.")
    organization_id: str | None = Field(
        None, max_length=64, description="Only those of this organization and of all below it."
    )


class PersonChanges(Changes):
    """Whether somebody may not sign in any more."""

    disabled: bool = False


@blueprint.get("")
@auth.require("admin", scope="manage")
@operation(
    "List people",
    tag=TAG,
    query=PersonQuery,
    answer=PersonPage,
    errors=("invalid_cursor", "organization_not_found"),
)
def list_(query: PersonQuery) -> PersonPage:
    """Everybody who has signed in once, disabled ones too."""
    with services().sessions() as session:
        reach = auth.reach_of(session, query.organization_id)
        found = people.list_people(
            session,
            reach,
            query.limit + 1,
            last_id(query),
            subject=query.subject,
            part_of_name=query.q.strip(),
        )
    page, following = cut(found, query.limit)
    return PersonPage(people=[PersonDocument.model_validate(entry) for entry in page], next=following)


@blueprint.get("/<person_id>")
@auth.require("admin", scope="manage")
@operation("Show a person", tag=TAG, answer=PersonDocument, errors=("person_not_found",))
def show(person_id: str) -> PersonDocument:
    """Name, role, and when they came in last."""
    with services().sessions() as session:
        return PersonDocument.model_validate(_person(session, person_id))


@blueprint.patch("/<person_id>")
@auth.require("admin", scope="manage")
@operation(
    "Disable a person, or enable them again",
    tag=TAG,
    body=PersonChanges,
    answer=PersonDocument,
    errors=("person_not_found",),
)
def change(person_id: str, body: PersonChanges) -> PersonDocument:
    """The sessions of who is disabled end within seconds, and none of them comes back. What they brought stays."""
    with transaction() as session:
        found = _person(session, person_id, for_update=True)
        if "disabled" in body.given() and body.disabled != (found.disabled_at is not None):
            found.disabled_at = func.now() if body.disabled else None
            session.flush()
            session.refresh(found)
            if body.disabled:
                sessions.revoke_of(session, found.id)
        audit.record(session, "person.change", found.organization_id, found.id, **body.given())
        after_commit(auth.forget_keys)
        return PersonDocument.model_validate(found)


def _person(session: Session, person_id: str, *, for_update: bool = False) -> Person:
    found = session.get(Person, person_id, with_for_update=for_update) if is_id(person_id) else None
    if found is None or not auth.reach().includes(session, found.organization_id):
        raise ApiError("person_not_found")
    return found
