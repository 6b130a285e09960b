"""How the public catalogue of an organization looks: its address, name, colours, texts and logo."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Annotated, Final, Literal

from flask import Blueprint, request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema
from sqlalchemy.orm import Session

from media_service import audit, auth
from media_service.cataloguing.texts import clean_description
from media_service.changes import transaction
from media_service.library import colours
from media_service.library.addresses import Addresses
from media_service.library.logos import MOST_BYTES, NoLogo, type_of
from media_service.openapi import operation
from media_service.preconditions import IF_MATCH, require_match, tag_of
from media_service.problems import ApiError, wrong_value
from media_service.services import services
from media_service.strict_values import Changes
from media_service.uploads.protocol import clean_name
from storage.catalogue import libraries
from storage.catalogue.libraries import Shown
from storage.catalogue.models import Library, Organization

blueprint = Blueprint("libraries", __name__, url_prefix="/v1/organizations/<organization_id>/library")

TAG: Final = "Organizations"

_SLUG: Final = "^[a-z][a-z0-9]*(-[a-z0-9]+)*$"
_LONGEST_SLUG: Final = 19
"""Shorter than any ID, so that no slug can be taken for one."""

_RESERVED: Final = ("static",)
_TEXTS: Final = ("welcome", "footer")


def _slug(text: str) -> str:
    if text in _RESERVED:
        raise ValueError("is reserved")
    return text


Colour = Annotated[
    str,
    Field(min_length=7, max_length=7, pattern=f"^{colours.PATTERN}$"),
    AfterValidator(str.lower),
]
ShortLine = Annotated[str, Field(max_length=100), AfterValidator(clean_name)]
LibraryText = Annotated[str, Field(max_length=2000), AfterValidator(clean_description)]


class LibraryTexts(BaseModel):
    """A text in both languages; where one is empty, the other one is shown."""

    model_config = ConfigDict(extra="forbid")

    en: LibraryText = ""
    zh: LibraryText = ""


class LibraryTextsDocument(BaseModel):
    """A text in both languages."""

    en: str = ""
    zh: str = ""


class LibraryDocument(BaseModel):
    """How an organization's library looks. It is shown at ``url`` while the organization's ``library`` is true
    (``is_shown``).

    ``slug`` stands in its addresses, the organization's ID where it is null, which always leads there, too. ``name`` is
    what it is called, the organization's name where it is empty. ``language`` is what it speaks until a reader chooses,
    null: what their browser prefers. ``accent`` is the colour of what can be chosen, ``accent_dark`` the same on dark
    ground (null: a lighter one of it), ``header`` that of the band on top. ``welcome`` stands on the first page,
    ``footer`` on all, beside the ``icp_number`` of a site that is registered in China.
    """

    organization_id: str
    is_shown: bool
    url: str
    slug: str | None
    name: str
    language: Literal["en", "zh"] | None
    accent: str | None
    accent_dark: str | None
    header: str | None
    welcome: LibraryTextsDocument
    footer: LibraryTextsDocument
    icp_number: str
    logo_url: str | None
    updated_at: datetime | None


class LibraryChanges(Changes):
    """What to change; null goes back to what holds where nothing is chosen. A colour in which words could not be read
    (a contrast of 4.5 to its ground, WCAG 2.2 AA) is refused with the contrast that it has."""

    name: ShortLine = ""
    slug: (
        Annotated[
            str,
            Field(min_length=2, max_length=_LONGEST_SLUG, pattern=_SLUG),
            AfterValidator(_slug),
            WithJsonSchema({"type": "string", "minLength": 2, "maxLength": _LONGEST_SLUG, "pattern": _SLUG}),
        ]
        | None
    ) = None
    language: Literal["en", "zh"] | None = None
    accent: Colour | None = None
    accent_dark: Colour | None = None
    header: Colour | None = None
    welcome: LibraryTexts = LibraryTexts()
    footer: LibraryTexts = LibraryTexts()
    icp_number: ShortLine = ""


def _tag(shown: LibraryDocument) -> str:
    return tag_of(*shown.model_dump(exclude={"organization_id", "is_shown", "url", "updated_at"}).values())


@blueprint.get("")
@auth.require("admin", scope="manage")
@operation(
    "Show how a library looks", tag=TAG, answer=LibraryDocument, errors=("organization_not_found",), etag=_tag
)
def show(organization_id: str) -> LibraryDocument:
    """That of the caller's own organization, or of one below it."""
    with services().sessions() as session:
        return _document(*_found(session, organization_id))


@blueprint.patch("")
@auth.require("admin", scope="manage")
@operation(
    "Change how a library looks",
    tag=TAG,
    body=LibraryChanges,
    answer=LibraryDocument,
    errors=("organization_not_found", "library_slug_taken", "changed_meanwhile"),
    request_headers=(IF_MATCH,),
    etag=_tag,
)
def change(organization_id: str, body: LibraryChanges) -> LibraryDocument:
    """Whether it is shown, the organization itself says."""
    changes = body.given()
    for name in changes.keys() & {"accent", "accent_dark"}:
        _require_readable(name, changes[name])
    with transaction() as session:
        organization, _ = _found(session, organization_id, for_update=True)
        chosen = libraries.chosen(session, organization.id)
        require_match(lambda: _tag(_document(organization, chosen)))
        slug = changes.get("slug")
        if slug is not None and libraries.is_slug_taken(session, slug, organization.id):
            raise ApiError("library_slug_taken")
        for name, value in changes.items():
            setattr(chosen, name, value)
        session.flush()
        session.refresh(chosen)
        audit.record(session, "library.change", organization.id, organization.id, **changes)
        return _document(organization, chosen)


@blueprint.put("/logo")
@auth.require("admin", scope="manage")
@operation(
    "Send a library's logo",
    tag=TAG,
    answer=LibraryDocument,
    consumes="application/octet-stream",
    errors=("organization_not_found", "logo_refused", "too_large"),
)
def put_logo(organization_id: str) -> LibraryDocument:
    """A PNG or JPEG picture of at most 128 KiB and 2048 pixels on each side; a square one looks best."""
    with services().sessions() as session:
        _found(session, organization_id)
    if (request.content_length or 0) > MOST_BYTES or len(data := request.stream.read()) > MOST_BYTES:
        raise ApiError("too_large", f"A logo may have {MOST_BYTES} bytes.")
    try:
        kind = type_of(data)
    except NoLogo as wrong:
        raise ApiError("logo_refused", f"The picture {wrong}.") from None
    return _set_logo(organization_id, data, kind)


@blueprint.delete("/logo")
@auth.require("admin", scope="manage")
@operation("Take a library's logo away", tag=TAG, answer=LibraryDocument, errors=("organization_not_found",))
def delete_logo(organization_id: str) -> LibraryDocument:
    """Its name stands alone from now on."""
    return _set_logo(organization_id, None, None)


def _set_logo(organization_id: str, data: bytes | None, kind: str | None) -> LibraryDocument:
    with transaction() as session:
        organization, _ = _found(session, organization_id, for_update=True)
        chosen = libraries.chosen(session, organization.id)
        chosen.logo, chosen.logo_type = data, kind
        chosen.logo_sha256 = hashlib.sha256(data).hexdigest() if data is not None else None
        session.flush()
        session.refresh(chosen)
        audit.record(session, "library.change", organization.id, organization.id, logo=chosen.logo_sha256)
        return _document(organization, chosen)


def _require_readable(name: str, colour: str | None) -> None:
    if colour is None:
        return
    try:
        colours.require_readable(colour, dark=name == "accent_dark")
    except colours.ContrastTooLow as low:
        raise wrong_value(f"{low}.", pointer=f"#/{name}") from None


def _found(
    session: Session, organization_id: str, *, for_update: bool = False
) -> tuple[Organization, Library | None]:
    found = auth.organization(session, organization_id, for_update=for_update)
    return found, session.get(Library, found.id)


def _document(organization: Organization, chosen: Library | None) -> LibraryDocument:
    public_url = services().settings.public_url
    to = Addresses(Shown(organization, chosen).address)
    own = chosen or Library(name="", welcome={}, footer={}, icp_number="")
    logo = f"{public_url}{to.to('logo')}?v={own.logo_sha256[:12]}" if own.logo_sha256 else None
    return LibraryDocument(
        organization_id=organization.id,
        is_shown=organization.library,
        url=f"{public_url}{to.home()}",
        slug=own.slug,
        name=own.name,
        language=own.language,
        accent=own.accent,
        accent_dark=own.accent_dark,
        header=own.header,
        welcome=LibraryTextsDocument(**own.welcome),
        footer=LibraryTextsDocument(**own.footer),
        icp_number=own.icp_number,
        logo_url=logo,
        updated_at=own.updated_at,
    )
