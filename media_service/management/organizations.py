"""Organizations and API keys: what an administrator manages in its own organization and below."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, Final

from flask import Blueprint
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from configs.words import Role, Scope
from media_service import audit, auth
from media_service.cataloguing.values import Name
from media_service.changes import after_commit, transaction
from media_service.management import partners
from media_service.management.paging import PageQuery, cut, last_id
from media_service.moments import Moment
from media_service.openapi import MessageDocument, operation
from media_service.playback.parts import parts
from media_service.preconditions import IF_MATCH, require_match, tag_of
from media_service.problems import ApiError
from media_service.services import services
from media_service.strict_values import Changes
from media_service.uploads.protocol import clean_name
from storage.catalogue import organization_tree, organizations
from storage.catalogue.models import ApiKey
from storage.catalogue.organization_tree import OrganizationCircle, OrganizationClosed, StillShared
from storage.ids import is_id

blueprint = Blueprint("organizations", __name__, url_prefix="/v1")

TAG: Final = "Organizations"

_UNBOUND: Final = MessageDocument(
    en="Without a partner_id this key issues tokens for everything of its organization and of all below it.",
    zh="此密钥未指定 partner_id，可为所属机构及其下级机构的全部内容签发令牌。",
)


class OrganizationDocument(BaseModel):
    """A province, city, county or school. ``parent_id`` is null for a root. Once it is closed (``closed_at``), its keys
    count no more and nothing new comes into it; what was published plays on.

    ``source_days``: how many days after a lesson is ready the file that was uploaded goes. 0 keeps it, null does as the
    organization above, and where none says anything it is kept. Without it a lesson cannot be processed again, get AV1
    or show pictures of times that nobody asked for before; it plays, is replaced and saved as ever.

    ``review``: whether administrators look at new lessons before viewers do; null does as the organization above, and
    where none says anything there is none. ``library``: whether its public catalogue is shown."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    parent_id: str | None
    name: str
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None
    source_days: int | None
    review: bool | None
    library: bool


class OrganizationPage(BaseModel):
    """The caller's organization and all below it, oldest first. ``next`` goes into ``after`` for the next page; null at
    the end."""

    organizations: list[OrganizationDocument]
    next: str | None


class NewOrganization(BaseModel):
    """An organization below the caller's, or below ``parent_id``."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    parent_id: str | None = None


class OrganizationChanges(Changes):
    """What to change: its name; the organization above it; whether it is closed, with all below it; for how many days
    the files are kept that were uploaded; whether lessons are reviewed, and its public catalogue shown."""

    name: Name = ""
    parent_id: str = ""
    closed: bool = False
    source_days: int | None = Field(None, ge=0, le=3650)
    review: bool | None = None
    library: bool = False


class ApiKeyDocument(BaseModel):
    """A key as lists show it: ``prefix`` is how it begins, the rest is not known to anyone but its holder. ``scopes``
    are what it may do of what its role allows, null for all. ``last_used_at`` is right to some five minutes."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    organization_id: str
    role: Role
    partner_id: str | None
    label: str
    prefix: str
    scopes: list[Scope] | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


class NewApiKeyDocument(ApiKeyDocument):
    """A new key. ``key`` is shown this once and never again. ``warning`` is null, or a sentence for whoever may have
    meant another key: one of role partner without a partner is not bound to what is shared with one."""

    key: str
    warning: MessageDocument | None


class ApiKeyPage(BaseModel):
    """Keys of the caller's organization and of all below it, oldest first. ``next`` goes into ``after`` for the next
    page; null at the end."""

    api_keys: list[ApiKeyDocument]
    next: str | None


def _distinct(scopes: list[Scope]) -> list[Scope]:
    return list(dict.fromkeys(scopes))


def _ahead(moment: datetime) -> datetime:
    if moment <= datetime.now(UTC):
        raise ValueError("must be in the future")
    return moment


class NewApiKey(BaseModel):
    """A key for the caller's organization, for ``organization_id`` below it, or (role partner) for ``partner_id``."""

    model_config = ConfigDict(extra="forbid")

    role: Role
    label: Annotated[str, Field(max_length=255), AfterValidator(clean_name)] = ""
    organization_id: str | None = None
    partner_id: str | None = Field(None, description="The key issues tokens only for what is shared with it.")
    scopes: Annotated[list[Scope], AfterValidator(_distinct)] | None = Field(
        None,
        min_length=1,
        description="What it may do of what its role allows: `upload` (and see what it uploaded), `read`, `edit`, "
        "`delete`, `play` (issue tokens, make offline packs), `manage`, `sign_in` (let people sign in). "
        "All if left out.",
    )
    expires_at: Annotated[Moment, AfterValidator(_ahead)] | None = Field(
        None, description="When it ends by itself; never if left out."
    )

    @model_validator(mode="after")
    def _bound_by_role(self) -> NewApiKey:
        if self.partner_id is not None and (self.role != "partner" or self.organization_id is not None):
            raise ValueError(
                "partner_id goes with role partner, and the key belongs to the partner's organization"
            )
        return self


def _tag(shown: OrganizationDocument) -> str:
    return tag_of(
        shown.name, shown.parent_id, shown.closed_at is not None, *(getattr(shown, name) for name in _WISHES)
    )


_WISHES: Final = ("source_days", "review", "library")
"""What an administrator decides of its own organization, too."""


@blueprint.get("/organizations")
@auth.require("admin", scope="manage")
@operation(
    "List organizations", tag=TAG, query=PageQuery, answer=OrganizationPage, errors=("invalid_cursor",)
)
def list_organizations(query: PageQuery) -> OrganizationPage:
    """The tree below the caller, as a flat list."""
    with services().sessions() as session:
        found = organizations.list_organizations(session, auth.reach(), query.limit + 1, last_id(query))
    page, following = cut(found, query.limit)
    return OrganizationPage(
        organizations=[OrganizationDocument.model_validate(entry) for entry in page], next=following
    )


@blueprint.post("/organizations")
@auth.require("admin", scope="manage")
@operation(
    "Add an organization",
    tag=TAG,
    body=NewOrganization,
    answer=OrganizationDocument,
    status=201,
    location=lambda made: f"/v1/organizations/{made.id}",
    etag=_tag,
    errors=("organization_not_found",),
)
def add_organization(body: NewOrganization) -> OrganizationDocument:
    """A child of the caller's organization or of one below it."""
    with transaction() as session:
        parent_id = auth.owner(session, body.parent_id)
        added = organizations.create_organization(session, body.name, parent_id)
        session.refresh(added)
        audit.record(session, "organization.create", added.id, added.id, name=added.name, parent_id=parent_id)
        return OrganizationDocument.model_validate(added)


@blueprint.get("/organizations/<organization_id>")
@auth.require("admin", scope="manage")
@operation(
    "Show an organization",
    tag=TAG,
    answer=OrganizationDocument,
    errors=("organization_not_found",),
    etag=_tag,
)
def show_organization(organization_id: str) -> OrganizationDocument:
    """The caller's own, or one below it."""
    with services().sessions() as session:
        return OrganizationDocument.model_validate(auth.organization(session, organization_id))


@blueprint.patch("/organizations/<organization_id>")
@auth.require("admin", scope="manage")
@operation(
    "Rename, move or close an organization",
    tag=TAG,
    body=OrganizationChanges,
    answer=OrganizationDocument,
    errors=(
        "organization_not_found",
        "organization_own",
        "organization_circle",
        "organization_shared",
        "changed_meanwhile",
    ),
    request_headers=(IF_MATCH,),
    etag=_tag,
)
def change_organization(organization_id: str, body: OrganizationChanges) -> OrganizationDocument:
    """Its own organization an administrator does not move or close. With a branch all below it moves, closes and
    opens."""
    changes = body.given()
    with transaction() as session:
        organization_tree.lock(session)
        found = auth.organization(session, organization_id)
        require_match(lambda: _tag(OrganizationDocument.model_validate(found)))
        if found.id == auth.caller().organization_id and changes.keys() - {"name", *_WISHES}:
            raise ApiError("organization_own")
        found.name = changes.get("name", found.name)
        for wish in changes.keys() & _WISHES:
            setattr(found, wish, changes[wish])
        session.flush()
        with _refused():
            if "parent_id" in changes:
                parent = auth.organization(session, changes["parent_id"])
                organization_tree.move(session, found, parent)
            if changes.get("closed") is True:
                organization_tree.close(session, found)
            elif changes.get("closed") is False and found.closed_at is not None:
                organization_tree.reopen(session, found)
        audit.record(session, "organization.change", found.id, found.id, **changes)
        after_commit(auth.forget_keys)
        after_commit(parts().keys.forget)
        return OrganizationDocument.model_validate(found)


@blueprint.get("/api-keys")
@auth.require("admin", scope="manage")
@operation("List API keys", tag=TAG, query=PageQuery, answer=ApiKeyPage, errors=("invalid_cursor",))
def list_keys(query: PageQuery) -> ApiKeyPage:
    """Revoked ones too."""
    with services().sessions() as session:
        found = organizations.list_api_keys(session, auth.reach(), query.limit + 1, last_id(query))
    page, following = cut(found, query.limit)
    return ApiKeyPage(api_keys=[ApiKeyDocument.model_validate(entry) for entry in page], next=following)


@blueprint.post("/api-keys")
@auth.require("admin", scope="manage")
@operation(
    "Make an API key",
    tag=TAG,
    body=NewApiKey,
    answer=NewApiKeyDocument,
    status=201,
    location=lambda made: f"/v1/api-keys/{made.id}",
    is_secret=True,
    errors=("organization_not_found", "partner_not_found", "scope_not_allowed"),
)
def add_key(body: NewApiKey) -> NewApiKeyDocument:
    """The key is in the answer and nowhere else. It may not do more than the key that makes it, nor longer."""
    _refuse_more(body)
    with transaction() as session:
        if body.partner_id is not None:
            organization_id = auth.owner(session, partners.find(session, body.partner_id).organization_id)
        else:
            organization_id = auth.owner(session, body.organization_id)
        entry, secret = organizations.create_api_key(
            session,
            organization_id,
            body.role,
            body.label,
            body.partner_id,
            scopes=body.scopes,
            expires_at=body.expires_at,
        )
        session.refresh(entry)
        audit.record(
            session,
            "api_key.create",
            organization_id,
            entry.id,
            role=body.role,
            label=body.label,
            partner_id=body.partner_id,
            scopes=body.scopes,
            expires_at=body.expires_at,
        )
        shown = ApiKeyDocument.model_validate(entry).model_dump()
        unbound = body.role == "partner" and body.partner_id is None
        return NewApiKeyDocument(**shown, key=secret, warning=_UNBOUND if unbound else None)


@blueprint.get("/api-keys/<key_id>")
@auth.require("admin", scope="manage")
@operation("Show an API key", tag=TAG, answer=ApiKeyDocument, errors=("key_not_found",))
def show_key(key_id: str) -> ApiKeyDocument:
    """All but the key itself."""
    with services().sessions() as session:
        found = session.get(ApiKey, key_id) if is_id(key_id) else None
        if found is None or not auth.reach().includes(session, found.organization_id):
            raise ApiError("key_not_found")
        return ApiKeyDocument.model_validate(found)


@blueprint.delete("/api-keys/<key_id>")
@auth.require("admin", scope="manage")
@operation("Revoke an API key", tag=TAG, status=204, errors=("key_not_found",))
def revoke_key(key_id: str) -> None:
    """The key is refused from now on; other processes follow within seconds."""
    with transaction() as session:
        owner = organizations.revoke_api_key(session, key_id, auth.reach()) if key_id.isalnum() else None
        if owner is None:
            raise ApiError("key_not_found")
        audit.record(session, "api_key.revoke", owner, key_id)
        after_commit(auth.forget_keys)


@contextmanager
def _refused() -> Iterator[None]:
    try:
        yield
    except OrganizationClosed:
        raise ApiError("organization_closed", "The organization above is closed.") from None
    except OrganizationCircle:
        raise ApiError("organization_circle") from None
    except StillShared as holder:
        raise ApiError("organization_shared", f"Held by {holder}.") from None


def _refuse_more(wanted: NewApiKey) -> None:
    caller = auth.caller()
    if caller.scopes is not None and not (wanted.scopes and caller.scopes.issuperset(wanted.scopes)):
        raise ApiError(
            "scope_not_allowed", "A key makes no key that may do more: give some of its own scopes."
        )
    if caller.expires_at is not None and (wanted.expires_at is None or wanted.expires_at > caller.expires_at):
        raise ApiError(
            "scope_not_allowed", "A key makes no key that lasts longer: give an earlier expires_at."
        )
