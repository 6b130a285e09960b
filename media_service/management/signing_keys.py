"""``/v1/signing-keys``: public keys of portals that sign playback tokens themselves."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Final

from flask import Blueprint
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from sqlalchemy.exc import IntegrityError

from media_service import audit, auth
from media_service.changes import after_commit, transaction
from media_service.management.paging import PageQuery, cut, last_id
from media_service.openapi import operation
from media_service.playback.access.public_keys import (
    KeyRefused,
    PrivateKeyGiven,
    fingerprint,
    read_public_key,
)
from media_service.playback.parts import parts
from media_service.problems import ApiError
from media_service.services import services
from media_service.uploads.protocol import clean_name
from storage.catalogue import playback
from storage.catalogue.models import SigningKey
from storage.catalogue.reach import Reach
from storage.ids import is_id

blueprint = Blueprint("signing_keys", __name__, url_prefix="/v1/signing-keys")

TAG: Final = "Playback"
MOST_IN_FORCE: Final = 10
"""Of one organization. Rotation needs two for each portal."""

_PEM = Annotated[str, Field(max_length=16_384)]


class SigningKeyDocument(BaseModel):
    """A registered key. ``id`` goes into ``kid`` of each token; ``algorithm`` is the only one that its tokens may have;
    ``fingerprint`` is the SHA-256 of its DER."""

    id: str
    organization_id: str
    label: str
    algorithm: str
    fingerprint: str
    public_key: str
    created_at: datetime
    revoked_at: datetime | None


class SigningKeyPage(BaseModel):
    """Keys that the caller may manage, oldest first, revoked ones too. ``next`` goes into ``after`` for the next page;
    null at the end."""

    signing_keys: list[SigningKeyDocument]
    next: str | None


class NewSigningKey(BaseModel):
    """The public half of a pair, for the caller's organization or, by an administrator, for one below it."""

    model_config = ConfigDict(extra="forbid")

    public_key: _PEM | dict[str, Any] = Field(
        description="PEM text or a JWK: Ed25519, or RSA of 2048 bits or more. Never the private key.",
        # Of a pair whose private half was thrown away: whoever tries this out lets nobody in.
        examples=[{"kty": "OKP", "crv": "Ed25519", "x": "BLgpIeyuBGRPERv110sgNm7vvg5eegW2KwrU3aNUD64"}],
    )
    label: Annotated[str, Field(max_length=255), AfterValidator(clean_name)] = ""
    organization_id: str | None = None


@blueprint.get("")
@auth.require("admin", "portal", scope="manage")
@operation("List signing keys", tag=TAG, query=PageQuery, answer=SigningKeyPage, errors=("invalid_cursor",))
def list_(query: PageQuery) -> SigningKeyPage:
    """Those of the caller's organization; administrators also see those of organizations below."""
    with services().sessions() as session:
        found = playback.list_signing_keys(session, _managed(), query.limit + 1, last_id(query))
    page, following = cut(found, query.limit)
    return SigningKeyPage(signing_keys=[_describe(row) for row in page], next=following)


@blueprint.post("")
@auth.require("admin", "portal", scope="manage")
@operation(
    "Register a signing key",
    tag=TAG,
    body=NewSigningKey,
    answer=SigningKeyDocument,
    status=201,
    location=lambda made: f"/v1/signing-keys/{made.id}",
    errors=(
        "signing_key_invalid",
        "signing_key_private",
        "signing_key_known",
        "signing_key_limit",
        "organization_not_found",
    ),
)
def register(body: NewSigningKey) -> SigningKeyDocument:
    """Tokens that it signs play the organization's assets and those of all organizations below it."""
    try:
        key = read_public_key(body.public_key)
    except PrivateKeyGiven:
        raise ApiError("signing_key_private") from None
    except KeyRefused as refused:
        raise ApiError("signing_key_invalid", str(refused)) from None
    try:
        with transaction() as session:
            own = auth.caller().organization_id
            organization_id = own if body.organization_id is None else body.organization_id
            if not _managed().includes(session, organization_id):
                raise ApiError("organization_not_found")
            auth.require_open(session, organization_id)
            row = SigningKey(
                organization_id=organization_id,
                label=body.label,
                algorithm=key.algorithm,
                public_key=key.pem,
            )
            if not playback.add_signing_key(session, row, MOST_IN_FORCE):
                raise ApiError("signing_key_limit")
            session.refresh(row)
            audit.record(
                session,
                "signing_key.create",
                organization_id,
                row.id,
                label=row.label,
                fingerprint=fingerprint(row.public_key),
            )
    except IntegrityError:
        raise ApiError("signing_key_known") from None
    after_commit(parts().keys.forget)
    return _describe(row)


@blueprint.get("/<key_id>")
@auth.require("admin", "portal", scope="manage")
@operation("Show a signing key", tag=TAG, answer=SigningKeyDocument, errors=("signing_key_not_found",))
def show(key_id: str) -> SigningKeyDocument:
    """One that the caller may manage."""
    with services().sessions() as session:
        found = session.get(SigningKey, key_id) if is_id(key_id) else None
        if found is None or not _managed().includes(session, found.organization_id):
            raise ApiError("signing_key_not_found")
        return _describe(found)


@blueprint.delete("/<key_id>")
@auth.require("admin", "portal", scope="manage")
@operation("Revoke a signing key", tag=TAG, status=204, errors=("signing_key_not_found",))
def revoke(key_id: str) -> None:
    """Its tokens are refused from now on; other processes follow within 20 seconds."""
    with transaction() as session:
        owner = playback.revoke_signing_key(session, key_id, _managed()) if is_id(key_id) else None
        if owner is None:
            raise ApiError("signing_key_not_found")
        audit.record(session, "signing_key.revoke", owner, key_id)
        after_commit(parts().keys.forget)


def _managed() -> Reach:
    return replace(auth.reach(), alone=auth.caller().role != "admin")


def _describe(row: SigningKey) -> SigningKeyDocument:
    return SigningKeyDocument(
        id=row.id,
        organization_id=row.organization_id or "",
        label=row.label,
        algorithm=row.algorithm,
        fingerprint=fingerprint(row.public_key),
        public_key=row.public_key,
        created_at=row.created_at,
        revoked_at=row.revoked_at,
    )
