"""``/j/<secret>``: the page for a judge, without an account. What it shows and saves, its script asks the API for; the
secret is in its address and goes to nobody else.
"""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, render_template

from media_service.problems import PROBLEMS
from media_service.services import services
from media_service.studio.files import FILES
from media_service.studio.judging_texts import TEXTS
from media_service.studio.secret_pages import LONGEST, language_of, page
from media_service.studio.sheets import sheet
from storage.catalogue import judging, upload_links

blueprint = Blueprint("studio_judging", __name__)

_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "frame-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
)


@blueprint.get("/j/<secret>")
def show(secret: str) -> Response:
    """The page, in the language of the link unless its reader chose the other one."""
    with services().sessions() as session:
        found = judging.find_by_secret(session, secret[:LONGEST])
        link = None if found is None else found[1]
        state = None if link is None else judging.state_of(session, link, judging.find(session, link.id))
    language = language_of(link)
    html = render_template(
        "judging.html",
        language=language,
        say=lambda name: getattr(TEXTS[name], language),
        link=link,
        state=state,
        begins_at=None if link is None else upload_links.ends_at(link),
        unknown=getattr(PROBLEMS["judge_not_found"].message, language),
        address=FILES.address,
    )
    return page(html, _POLICY, is_known=link is not None)


@blueprint.get("/j.css")
def style() -> Response:
    """How the page looks: as all of ours do."""
    return sheet("sign_in.css", "sending.css", "judging.css")
