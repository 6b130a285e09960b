"""Who reads a page of a library, as far as its address and their browser say: in which language, in how large letters.
And what all pages have in common."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from flask import Response, render_template, request

from media_service.library import answers, colours, dates
from media_service.library.addresses import LARGE, Addresses, with_query
from media_service.library.files import FILES
from media_service.library.texts import Say, speaker
from media_service.library.transcripts import clock
from media_service.page_language import page_language
from media_service.reference_text import Language
from media_service.services import services
from storage.catalogue.libraries import Shown
from storage.languages import own_name

HTML_LANGUAGES: Final[Mapping[Language, str]] = {"en": "en", "zh": "zh-CN"}

_OTHER: Final[Mapping[Language, Language]] = {"en": "zh", "zh": "en"}


@dataclass(frozen=True)
class Reader:
    """``by_language`` is whether their browser decided on the language. ``library`` is None where there is none."""

    library: Shown | None
    language: Language
    by_language: bool
    addresses: Addresses
    say: Say

    def written(self, texts: Mapping[str, Any]) -> str:
        """One of the library's own texts, in the other language where it has none in this one."""
        return str(texts.get(self.language) or texts.get(_OTHER[self.language]) or "")

    def day(self, moment: datetime | date | None) -> str:
        """A date as people read it."""
        return (
            dates.written(self.language, moment.year, moment.month, moment.day) if moment is not None else ""
        )

    def day_known(self, text: str | None) -> str:
        """The same of a date that is known as far as it is written: a year, a month or a day."""
        return dates.written(self.language, *map(int, text.split("-"))) if text else ""


def reader_of(library: Shown | None) -> Reader:
    """The reader of the current request."""
    asked = request.args.get("lang", "").lower()[:2] in ("en", "zh")
    own = library.chosen.language if library is not None and library.chosen is not None else None
    language = own if own is not None and not asked else page_language()
    return Reader(
        library,
        language,
        by_language=own is None and not asked,
        addresses=Addresses(
            library.address if library else "",
            services().settings.public_url,
            language if asked else None,
            request.args.get("print") == LARGE,
        ),
        say=speaker(language),
    )


def show(
    reader: Reader, template: str, *, status: int = 200, canonical: str | None = None, **more: Any
) -> Response:
    """A page. ``canonical`` is its address without what readers choose; None of one that nobody should come back to."""
    chosen = reader.library.chosen if reader.library is not None else None
    style = colours.style(chosen.accent, chosen.accent_dark, chosen.header) if chosen is not None else ""
    public_url = services().settings.public_url
    html = render_template(
        f"library/{template}.html",
        reader=reader,
        library=reader.library,
        chosen=chosen,
        say=reader.say,
        to=reader.addresses,
        html_language=HTML_LANGUAGES,
        clock=clock,
        own_name=own_name,
        style=style,
        asset=FILES.address,
        public_url=public_url,
        logo=_logo(reader),
        canonical=f"{public_url}{canonical}" if canonical is not None else None,
        other_language=_here(lang=_OTHER[reader.language]),
        other_print=_here(print=None if reader.addresses.large else LARGE),
        languages={language: _joined(f"{public_url}{canonical}", language) for language in HTML_LANGUAGES}
        if canonical is not None
        else {},
        **more,
    )
    return answers.page(html, style, status=status, by_language=reader.by_language)


def organization_key(reader: Reader) -> str:
    """Under which a browser keeps what somebody has begun: the library's own, which does not change with its slug."""
    owner = reader.library.organization.id if reader.library else ""
    return hashlib.sha256(owner.encode()).hexdigest()[:12]


def _logo(reader: Reader) -> str | None:
    chosen = reader.library.chosen if reader.library is not None else None
    if chosen is None or chosen.logo_sha256 is None:
        return None
    return f"{reader.addresses.bare.to('logo')}?v={chosen.logo_sha256[:12]}"


def _joined(address: str, language: Language) -> str:
    return f"{address}{'&' if '?' in address else '?'}lang={language}"


def _here(**changed: str | None) -> str:
    """This address with other choices."""
    kept = {name: value for name, value in request.args.items() if name not in changed}
    more = {name: value for name, value in changed.items() if value is not None}
    return with_query({**kept, **more}) or "?"
