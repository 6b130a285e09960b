"""``GET /v1/whoami``: what a key is, for whoever holds it."""

from __future__ import annotations

from typing import Final

from flask import Blueprint
from pydantic import BaseModel, ConfigDict

from media_service import auth
from media_service.management.organizations import ApiKeyDocument, OrganizationDocument
from media_service.openapi import operation
from media_service.problems import ApiError
from media_service.services import services
from storage.catalogue.models import ApiKey, Organization, Partner

blueprint = Blueprint("whoami", __name__, url_prefix="/v1/whoami")

TAG: Final = "Organizations"


class PartnerName(BaseModel):
    """The partner that a key is bound to."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    name: str
    enabled: bool


class WhoAmI(BaseModel):
    """The caller's key, the organization it belongs to, and the partner it is bound to, if any."""

    api_key: ApiKeyDocument
    organization: OrganizationDocument
    partner: PartnerName | None


@blueprint.get("")
@auth.require(scope=None)
@operation("Ask what your key is", tag=TAG, answer=WhoAmI)
def whoami() -> WhoAmI:
    """For every key: its role and scopes, until when it counts, and for whom it speaks."""
    caller = auth.caller()
    with services().sessions() as session:
        key = session.get(ApiKey, caller.key_id)
        if key is None:  # it went with its partner a moment ago
            raise ApiError("key_invalid")
        partner = session.get(Partner, caller.partner_id) if caller.partner_id else None
        return WhoAmI(
            api_key=ApiKeyDocument.model_validate(key),
            organization=OrganizationDocument.model_validate(
                session.get_one(Organization, caller.organization_id)
            ),
            partner=PartnerName.model_validate(partner) if partner else None,
        )
