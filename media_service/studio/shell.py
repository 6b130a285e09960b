"""The page that Studio is, at all of its addresses, and its files. Which page is shown, the browser decides."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, render_template, request

from media_service.problems import ApiError
from media_service.services import services
from media_service.studio import files
from media_service.studio.files import FILES

blueprint = Blueprint("studio_shell", __name__)

_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data: blob:; "
    "media-src 'self' blob:; frame-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


@blueprint.get("/studio", strict_slashes=False)
@blueprint.get("/studio/<path:page>")
def shell(page: str = "") -> Response:
    """The same page for every address, in the browser's language until its reader chose another."""
    if page.startswith("static/"):
        raise ApiError("not_found")
    html = render_template(
        "studio.html",
        lang=request.accept_languages.best_match(["en", "zh"], "en"),
        icons=files.icons(),
        modules=files.first_modules(),
        address=FILES.address,
        trash_days=services().settings.trash_days,
    )
    response = Response(html, content_type="text/html; charset=utf-8")
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Vary"] = "Accept-Language"
    response.headers["Content-Security-Policy"] = _POLICY
    return response


@blueprint.get("/studio/static/<release>/<path:name>")
def static(release: str, name: str) -> Response:
    """A file of the page. The address holds the hash of its release, so it never changes."""
    return FILES.answer(release, name)
