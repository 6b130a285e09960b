"""How pages in learning platforms go out: in frames of anybody's, remembered by nobody, under their policy."""

from __future__ import annotations

import logging
import re
from typing import Any, Final
from urllib.parse import urlsplit

from flask import Response, render_template, request

from media_service.lti.files import FILES
from media_service.lti.id_tokens import LtiRefused
from media_service.lti.texts import REFUSALS, speaker
from media_service.page_language import page_language
from media_service.reference_text import Language

log = logging.getLogger(__name__)

_ORIGIN: Final = re.compile(r"https?://[A-Za-z0-9.\-\[\]:]+")


def page(
    template: str,
    *,
    language: Language | None = None,
    status: int = 200,
    form_to: str = "",
    **words: Any,
) -> Response:
    """A page; ``form_to`` is the address of another site that its form may be sent to."""
    spoken = language or page_language()
    html = render_template(
        f"lti/{template}.html",
        language=spoken,
        html_language="zh-CN" if spoken == "zh" else "en",
        say=speaker(spoken),
        asset=FILES.address,
        **words,
    )
    response = Response(html, status, content_type="text/html; charset=utf-8")
    actions = " ".join(filter(None, ("'self'", origin_of(form_to))))
    # No frame-ancestors: these pages stand in frames of learning platforms, whose addresses nobody lists.
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; frame-src 'self'; "
        f"base-uri 'none'; form-action {actions}"
    )
    response.headers["Cache-Control"] = "no-store"
    response.headers["Vary"] = "Accept-Language"
    return response


def refusal(error: LtiRefused, *, language: Language | None = None) -> Response:
    """The page that stands in the place of a lesson: a sentence for who wanted to see it, and the reason by its code
    and in the words of a developer for who looks after the platform."""
    spoken = language or page_language()
    log.info("launch refused: %s", error)
    status = 503 if error.code in ("service_away", "platform_away") else 404 if _is_missing(error) else 403
    message = REFUSALS[error.code]
    return page(
        "refused",
        language=spoken,
        status=status,
        message=message.zh if spoken == "zh" else message.en,
        code=error.code,
        detail=error.detail,
    )


def of_locale(locale: str) -> Language | None:
    """The language that a platform names, if it is one of ours."""
    if "lang" in request.args:
        return None
    return "zh" if locale.lower().startswith("zh") else "en" if locale.lower().startswith("en") else None


def origin_of(address: str) -> str:
    """Scheme and host of an address as a policy names them; empty of what has none."""
    parts = urlsplit(address)
    found = f"{parts.scheme}://{parts.netloc}"
    return found if _ORIGIN.fullmatch(found) else ""


def _is_missing(error: LtiRefused) -> bool:
    return error.code in ("lesson_unknown", "link_over")
