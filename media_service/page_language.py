"""Which of our two languages a page speaks."""

from __future__ import annotations

from flask import request

from media_service.reference_text import Language


def page_language() -> Language:
    """What ``?lang=`` says, else what the reader's browser does."""
    asked = request.args.get("lang", "").lower()
    if asked[:2] in ("en", "zh"):
        return "zh" if asked.startswith("zh") else "en"
    return "zh" if request.accept_languages.best_match(["en", "zh"], "en") == "zh" else "en"
