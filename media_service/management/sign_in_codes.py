"""Sign-in codes: how a portal lets somebody in to Studio, or gets a token for its own pages."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Final

from flask import Blueprint, request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from configs.words import PersonRole
from media_service import audit, auth
from media_service.cataloguing.values import Name
from media_service.changes import transaction
from media_service.management.people import PersonDocument
from media_service.openapi import operation
from media_service.problems import ApiError
from media_service.proxies import full_address
from media_service.services import services
from media_service.studio_links import LONGEST_PLACE, is_place, sign_in_url
from storage.catalogue import people, sessions
from storage.catalogue.people import Newcomer, PersonDisabled
from storage.catalogue.sessions import Lifetime

blueprint = Blueprint("sign_in_codes", __name__, url_prefix="/v1/sign-in-codes")

TAG: Final = "People"


def _clean_subject(text: str) -> str:
    if text != text.strip() or not text.isprintable():
        raise ValueError("must be one line without spaces around it")
    return text


def _place(text: str) -> str:
    if not is_place(text):
        raise ValueError("must be the path of a page of Studio, such as /studio")
    return text


class NewSignInCode(BaseModel):
    """Who comes in: of the caller's organization, or of ``organization_id`` below it."""

    model_config = ConfigDict(extra="forbid")

    organization_id: str | None = Field(None, max_length=64)
    subject: Annotated[str, AfterValidator(_clean_subject)] = Field(
        min_length=1,
        max_length=255,
        description="What your portal calls them for ever: an ID, no name that may change.",
    )
    name: Name = Field(description="Their name, as others read it.")
    role: PersonRole = Field(
        "author",
        description="`author`: sees and changes own lessons; `admin`: those of the organization and of all below it. A "
        "portal's key makes administrators only if the scope `sign_in` is among its own.",
    )
    return_to: Annotated[str, AfterValidator(_place)] | None = Field(
        None, max_length=LONGEST_PLACE, description="Page of Studio to begin with; as Studio asked for it."
    )
    state: str | None = Field(
        None,
        min_length=1,
        max_length=200,
        description="What Studio sent along: the code counts in that browser alone.",
    )


class SignInCodeDocument(BaseModel):
    """A code that lets somebody in once, until ``expires_at``. Send their browser to ``url``, or have your own page
    exchange the ``code`` for a token. Both are shown this once and never again."""

    url: str
    code: str
    expires_at: datetime


class CodeToExchange(BaseModel):
    """A code that was not used."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(min_length=1, max_length=200)


class AuthorToken(BaseModel):
    """A token that is sent like an API key (`Authorization: Bearer TOKEN`) and may do what the person may, until
    ``expires_at``. ``session_id`` is by what it is listed and revoked."""

    token: str
    session_id: str
    expires_at: datetime
    person: PersonDocument


@blueprint.post("")
@auth.require("admin", "portal", scope="sign_in")
@operation(
    "Let somebody sign in",
    tag=TAG,
    body=NewSignInCode,
    answer=SignInCodeDocument,
    status=201,
    location=lambda made: made.url,
    is_secret=True,
    errors=("organization_not_found", "person_disabled"),
)
def make(body: NewSignInCode) -> SignInCodeDocument:
    """For single sign-on, after your portal has checked who it is; or a link for a new author. It counts once."""
    caller = auth.caller()
    if body.role == "admin" and caller.role == "portal" and not caller.scopes:
        raise ApiError("role_not_allowed", "A portal's key needs the scope sign_in to make administrators.")
    with transaction() as session:
        newcomer = Newcomer(auth.owner(session, body.organization_id), body.subject, body.name, body.role)
        try:
            code, secret = people.make_code(
                session,
                newcomer,
                return_to=body.return_to or "",
                state=body.state,
                api_key_id=caller.key_id,
            )
        except PersonDisabled:
            raise ApiError("person_disabled") from None
        audit.record(
            session,
            "sign_in_code.create",
            newcomer.organization_id,
            newcomer.subject,
            name=newcomer.name,
            person_role=newcomer.role,
        )
        return SignInCodeDocument(
            url=sign_in_url(services().settings.public_url, secret), code=secret, expires_at=code.expires_at
        )


@blueprint.post("/exchange")
@operation(
    "Exchange a code for an author's token",
    tag=TAG,
    body=CodeToExchange,
    answer=AuthorToken,
    status=201,
    location=lambda made: f"/v1/sessions/{made.session_id}",
    is_secret=True,
    is_repeatable=False,
    errors=("sign_in_code_not_found", "person_disabled"),
)
def exchange(body: CodeToExchange) -> AuthorToken:
    """For pages of your own that upload for an author. The code is all that is needed, and counts once; one with a
    ``state`` is for a browser and not exchanged."""
    most = timedelta(seconds=services().settings.author_token_lifetime)
    with transaction() as session:
        try:
            used = people.use_code(session, body.code)
        except PersonDisabled:
            raise ApiError("person_disabled") from None
        if used is None:
            raise ApiError("sign_in_code_not_found")
        person, _ = used
        begun, token = sessions.begin(
            session,
            "token",
            person,
            Lifetime(most, most),
            address=full_address(request.environ),
            user_agent=request.headers.get("User-Agent", ""),
        )
        auth.act_as(sessions.caller_of(begun, person))
        audit.record(session, "session.create", person.organization_id, begun.id, kind=begun.kind)
        return AuthorToken(
            token=token,
            session_id=begun.id,
            expires_at=begun.ends_at,
            person=PersonDocument.model_validate(person),
        )
