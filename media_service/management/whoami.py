"""``GET /v1/whoami``: what a key or a session is, for whoever holds it."""

from __future__ import annotations

from typing import Final

from flask import Blueprint
from pydantic import BaseModel, ConfigDict

from configs.words import Role
from media_service import auth
from media_service.management.organizations import ApiKeyDocument, OrganizationDocument
from media_service.management.people import PersonDocument
from media_service.openapi import operation
from media_service.problems import ApiError
from media_service.services import services
from storage.catalogue.models import ApiKey, Organization, Partner, Person

blueprint = Blueprint("whoami", __name__, url_prefix="/v1/whoami")

TAG: Final = "Organizations"


class PartnerName(BaseModel):
    """The partner that a key is bound to."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    name: str
    enabled: bool


class WhoAmI(BaseModel):
    """Who is calling, by whom or what: a person who signed in, or an API key (the other one is null); its role, the
    organization it belongs to, the partner that a key is bound to, if any. ``session_id`` is the session, if it is one;
    ``csrf_token`` goes into `X-CSRF-Token` with what a page of Studio changes, and is null for whoever sent no cookie.
    """

    person: PersonDocument | None
    api_key: ApiKeyDocument | None
    role: Role
    session_id: str | None
    csrf_token: str | None
    organization: OrganizationDocument
    partner: PartnerName | None


@blueprint.get("")
@auth.require(scope=None)
@operation("Ask who you are", tag=TAG, answer=WhoAmI, is_secret=True)
def whoami() -> WhoAmI:
    """For every key: its role and scopes, until when it counts, and for whom it speaks. For who signed in: their name,
    their organization, and what a page needs to act for them."""
    caller = auth.caller()
    with services().sessions() as session:
        person = session.get(Person, caller.person_id) if caller.person_id else None
        key = session.get(ApiKey, caller.key_id) if caller.key_id else None
        if person is None and key is None:  # it went with its partner a moment ago
            raise ApiError("key_invalid")
        partner = session.get(Partner, caller.partner_id) if caller.partner_id else None
        return WhoAmI(
            person=PersonDocument.model_validate(person) if person else None,
            api_key=ApiKeyDocument.model_validate(key) if key else None,
            role=caller.role,
            session_id=caller.session_id,
            csrf_token=auth.csrf_token(),
            organization=OrganizationDocument.model_validate(
                session.get_one(Organization, caller.organization_id)
            ),
            partner=PartnerName.model_validate(partner) if partner else None,
        )
