"""``/u/<secret>``: the page for whoever got an upload link, without an account. What it sends, its script sends by the
API; the secret is in its address and goes to nobody else.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Final

import segno
from flask import Blueprint, Response, render_template

from media_service.problems import PROBLEMS, ApiError
from media_service.reference_text import Language
from media_service.services import services
from media_service.studio.files import FILES
from media_service.studio.secret_pages import LONGEST, language_of, page
from media_service.studio.sending_texts import TEXTS, amount_of
from media_service.studio.sheets import sheet
from storage.catalogue import upload_links
from storage.catalogue.models import UploadLink

blueprint = Blueprint("studio_sending", __name__)

_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
)

_FILES: Final[Mapping[str, str]] = {
    "video": "video/*",
    "animation": ".gif,.webp,.png,.apng,.json,.lottie,.swf",
    "audio": "audio/*",
}


@blueprint.get("/u/<secret>")
def show(secret: str) -> Response:
    """The page, in the language of the link unless its reader chose the other one."""
    with services().sessions() as session:
        link = upload_links.find_by_secret(session, secret[:LONGEST])
        state = None if link is None else upload_links.state_of(session, link)
    language = language_of(link)
    html = render_template(
        "upload_link.html",
        language=language,
        say=lambda name: getattr(TEXTS[name], language),
        link=link,
        state=state,
        terms="" if link is None else _terms(link, language),
        accept="" if link is None else _accept(link),
        code=f"/u/{secret}/qr.svg",
        unknown=getattr(PROBLEMS["upload_link_not_found"].message, language),
        address=FILES.address,
    )
    return page(html, _POLICY, is_known=link is not None)


@blueprint.get("/u/<secret>/qr.svg")
def code(secret: str) -> Response:
    """The address of the page as a QR code (ISO/IEC 18004) without a size of its own: it fills a sheet of paper."""
    with services().sessions() as session:
        link = upload_links.find_by_secret(session, secret[:LONGEST])
    if link is None:
        raise ApiError("upload_link_not_found")
    drawn = io.BytesIO()
    made = segno.make_qr(f"{services().settings.public_url}/u/{secret}", error="m")
    made.save(drawn, kind="svg", title=link.name, dark="#000", light="#fff", omitsize=True)
    response = Response(drawn.getvalue(), mimetype="image/svg+xml")
    response.headers["Content-Security-Policy"] = "default-src 'none'"
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/u.css")
def style() -> Response:
    """How the page looks: as all of ours do."""
    return sheet("sign_in.css", "sending.css")


def _accept(link: UploadLink) -> str:
    """What the browser offers when a file is chosen."""
    return ",".join(_FILES[kind] for kind in link.kinds or _FILES)


def _terms(link: UploadLink, language: Language) -> str:
    """What may be sent, in sentences."""
    said = [TEXTS["any_kind"]]
    if link.kinds and len(link.kinds) < len(_FILES):
        kinds = getattr(TEXTS["and"], language).join(getattr(TEXTS[kind], language) for kind in link.kinds)
        said = [TEXTS["kinds"].filled({"kinds": kinds})]
    if link.max_bytes is not None:
        said.append(TEXTS["at_most_bytes"].filled({"size": amount_of(link.max_bytes)}))
    if link.max_seconds is not None:
        said.append(TEXTS["at_most_minutes"].filled({"minutes": f"{link.max_seconds / 60:g}"}))
    return ("" if language == "zh" else " ").join(getattr(sentence, language) for sentence in said)
