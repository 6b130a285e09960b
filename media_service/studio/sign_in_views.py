"""``/studio/sign-in``: the page by which people come in, without a script; and the way out.

A link with a code does not sign in by itself: chat programs open links to show previews, and who sends somebody a link
must not decide as whom they work. The page says who it would be, and asks. Where the code is for this very browser,
which was sent to the portal for it, nothing is asked.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from flask import Blueprint, Response, render_template, request

from media_service import auth
from media_service import session_cookie as cookies
from media_service.errors import log_refusal
from media_service.page_language import page_language
from media_service.problems import PROBLEMS, ApiError, ErrorCode
from media_service.services import services
from media_service.studio import sign_in
from media_service.studio.entrance import STATE, set_cookie, state_sent, to, way_in
from media_service.studio.sheets import sheet
from media_service.studio.sign_in_texts import TEXTS
from media_service.studio_links import SIGN_IN, STUDIO, is_place
from storage.catalogue import people
from storage.catalogue.people import Invitation

blueprint = Blueprint("studio_sign_in", __name__)

_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'"
)
_LONGEST: Final = 200


@blueprint.app_template_filter()
def address(values: dict[str, str | None]) -> str:
    """Values as the query of an address, without those that are None."""
    return urlencode({name: value for name, value in values.items() if value is not None})


@blueprint.get(SIGN_IN)
def show() -> Response:
    """The page: with a code it asks whether to go on as whom the code is for; else it tells the ways in. The address
    opens the one by API key with ``key``, and waits with ``out``: a portal would sign in again at once."""
    code = request.args.get("code", "")[:_LONGEST]
    if code:
        invitation = _look_at(code)
        if invitation is None:
            return _refusal("sign_in_code_not_found")
        if invitation.state is not None:
            return _come_in(code, invitation)
        return _page(invitation=invitation, code=code)
    if services().settings.studio_sign_in_url and not {"key", "out"} & request.args.keys():
        return way_in(_destination()) if auth.signed_in() is None else to(_destination())
    return _page()


@blueprint.post(SIGN_IN)
def come_in() -> Response:
    """What the page's own form sends: a code or an API key."""
    if not _is_own_form():
        return _refusal("csrf_invalid")
    code, key = request.form.get("code", "")[:_LONGEST], request.form.get("api_key", "").strip()[:_LONGEST]
    try:
        if code:
            secret, invitation = sign_in.by_code(code, None)
            return _let_in(secret, invitation.return_to)
        return _let_in(sign_in.by_key(key), "")
    except ApiError as error:
        return _refusal(error.code, is_by_key=not code)


@blueprint.post("/studio/sign-out")
def go_out() -> Response:
    """End the session. Back to the page that signs in, which waits there."""
    if not _is_own_form():
        return _refusal("csrf_invalid")
    sign_in.sign_out()
    response = to(f"{SIGN_IN}?{urlencode({'out': '', 'lang': page_language()})}")
    set_cookie(response, "session", "", 0)
    return response


@blueprint.get("/studio/sign-in.css")
def style() -> Response:
    """How the page looks: as all of ours do."""
    return sheet("sign_in.css")


def _look_at(code: str) -> Invitation | None:
    with services().sessions() as session:
        return people.look_at_code(session, code)


def _come_in(code: str, invitation: Invitation) -> Response:
    """Go on at once with a code that the portal made for this browser; nobody else has its state."""
    state = state_sent()
    if state is None or state != invitation.state:
        return _refusal("sign_in_code_not_found")
    try:
        secret, _ = sign_in.by_code(code, state)
    except ApiError as error:
        return _refusal(error.code)
    return _let_in(secret, invitation.return_to)


def _let_in(secret: str, return_to: str) -> Response:
    response = to(return_to if return_to and is_place(return_to) else _destination())
    set_cookie(response, "session", secret, services().settings.studio_session_lifetime)
    set_cookie(response, STATE, "", 0)
    return response


def _destination() -> str:
    """Where one wanted to go, as far as it is a page of Studio."""
    wanted = request.values.get("return_to", "")
    return wanted if is_place(wanted) else STUDIO


def _is_own_form() -> bool:
    """Whether a page of our own has sent the form, and none of another site (login CSRF)."""
    return cookies.is_form_of_ours(request.headers, request.host, services().settings.public_url)


def _refusal(code: ErrorCode, *, is_by_key: bool = False) -> Response:
    log_refusal(code, request.environ)
    return _page(problem=code, is_by_key=is_by_key)


def _page(
    *,
    problem: ErrorCode | None = None,
    invitation: Invitation | None = None,
    code: str = "",
    is_by_key: bool = False,
) -> Response:
    language = page_language()
    known = auth.signed_in()
    html = render_template(
        "sign_in.html",
        language=language,
        say=lambda name: getattr(TEXTS[name], language),
        problem=getattr(PROBLEMS[problem].message, language) if problem else None,
        is_about_link=problem == "sign_in_code_not_found",
        invitation=invitation,
        code=code,
        known=known,
        return_to=_destination(),
        portal=services().settings.studio_sign_in_url,
        is_by_key=is_by_key or "key" in request.args,
        is_out="out" in request.args,
    )
    response = Response(html, PROBLEMS[problem].status if problem else 200, mimetype="text/html")
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["Cache-Control"] = "no-store"
    response.headers["Vary"] = "Accept-Language, Cookie"
    return response
