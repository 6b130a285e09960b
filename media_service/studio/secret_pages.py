"""Pages whose address holds a secret, of upload links and of judges: in which language, and told to nobody else."""

from __future__ import annotations

from typing import Final

from flask import Response, request

from media_service.page_language import page_language
from media_service.reference_text import Language
from storage.catalogue.models import UploadLink

LONGEST: Final = 100
"""No secret is longer."""


def language_of(link: UploadLink | None) -> Language:
    """The language of a link, unless its reader chose the other one."""
    if "lang" not in request.args and link is not None and link.language is not None:
        if link.language.startswith("zh"):
            return "zh"
        if link.language.startswith("en"):
            return "en"
    return page_language()


def page(html: str, policy: str, *, is_known: bool) -> Response:
    """A page under its content security policy, which nobody keeps and whose address no other page is told."""
    response = Response(html, 200 if is_known else 404, mimetype="text/html")
    response.headers["Content-Security-Policy"] = policy
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Vary"] = "Accept-Language"
    return response
