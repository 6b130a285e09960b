"""What librarians say of lessons and of courses alike, and who may find them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from configs.words import Level, Visibility


class Catalogued:
    """Columns of every table of things that are catalogued."""

    description: Mapped[str] = mapped_column(default="", server_default="")
    language: Mapped[str | None]
    """In which it is taught (BCP 47)."""
    subject: Mapped[str | None]
    tags: Mapped[list[str]] = mapped_column(default=list, server_default="{}")
    category_ids: Mapped[list[str]] = mapped_column(default=list, server_default="{}")
    """Where it stands in the trees of its organization and of those above (``storage.catalogue.categories``). An array,
    so that one index has it beside what else lists are narrowed by; it names only categories that there are."""
    level: Mapped[Level | None]
    audience: Mapped[str | None]
    """For whom it is, in the platform's words: grown-ups are no closed set."""
    contributors: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    """[{role, name, organization}]: ``configs.words.ContributorRole``."""
    licence: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """{code, text, url}: ``configs.words.LicenceCode``; text and URL of custom ones."""
    source_organization: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """{name, id}: who made it, if that was another."""
    original_date: Mapped[str | None]
    """When it was made first: a year, a month or a day (W3CDTF), as far as somebody knows."""
    other_ids: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    """What other systems call it, by the system."""
    published_at: Mapped[datetime | None]
    """From when on viewers meet it; None: from the beginning."""
    withdraw_at: Mapped[datetime | None]
    """From when on they do not any more; None: never."""
    visibility: Mapped[Visibility | None]
    """What somebody has said; ``effective_visibility`` is what counts, also where nobody has."""
    shared_organization_ids: Mapped[list[str]] = mapped_column(default=list, server_default="{}")
    """With whom it is ``shared``, and with all below them."""
    shared_partner_ids: Mapped[list[str]] = mapped_column(default=list, server_default="{}")
