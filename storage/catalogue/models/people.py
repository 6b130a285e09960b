"""Who signs in to Studio: people, their sessions, and the codes by which they come in."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from configs.words import PERSON_ROLES, SESSION_KINDS, PersonRole, SessionKind
from storage.catalogue.models.base import Base, created, updated
from storage.ids import new_id


class Person(Base):
    """Somebody who signs in. ``subject`` is what the portal calls them, for ever; name and role are what it said when
    they came in last."""

    __tablename__ = "people"
    __table_args__ = (
        UniqueConstraint("organization_id", "subject"),
        CheckConstraint(f"role IN {PERSON_ROLES}", name="role"),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    organization_id: Mapped[str] = mapped_column(ForeignKey("organizations.id"))
    subject: Mapped[str]
    name: Mapped[str]
    role: Mapped[PersonRole]
    created_at: Mapped[datetime] = created()
    updated_at: Mapped[datetime] = updated()
    signed_in_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    """Since then they do not come in, and their sessions are over."""


class StudioSession(Base):
    """A browser, or a portal's own front end, that acts for a person or for an API key. Only the SHA-256 of its secret
    is kept. ``expires_at`` moves on while it is in use, up to ``ends_at``."""

    __tablename__ = "studio_sessions"
    __table_args__ = (
        CheckConstraint(f"kind IN {SESSION_KINDS}", name="kind"),
        CheckConstraint("num_nonnulls(person_id, api_key_id) = 1", name="holder"),
        Index("ix_studio_sessions_person_id", "person_id", postgresql_where=text("person_id IS NOT NULL")),
        Index("ix_studio_sessions_api_key_id", "api_key_id", postgresql_where=text("api_key_id IS NOT NULL")),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    digest: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[SessionKind]
    organization_id: Mapped[str] = mapped_column(ForeignKey("organizations.id"), index=True)
    person_id: Mapped[str | None] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    api_key_id: Mapped[str | None] = mapped_column(ForeignKey("api_keys.id", ondelete="CASCADE"))
    address: Mapped[str]
    user_agent: Mapped[str]
    created_at: Mapped[datetime] = created()
    last_used_at: Mapped[datetime] = created()
    """Written every few minutes at most."""
    expires_at: Mapped[datetime] = mapped_column(index=True)
    ends_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class SignInCode(Base):
    """A right to come in once, for whom and as what. Only the SHA-256 of the code is kept.

    One with a ``state`` counts only in the browser that was sent to the portal with it. It dies with the API key that
    it was made with.
    """

    __tablename__ = "sign_in_codes"

    digest: Mapped[str] = mapped_column(primary_key=True)
    organization_id: Mapped[str] = mapped_column(ForeignKey("organizations.id"))
    subject: Mapped[str]
    name: Mapped[str]
    role: Mapped[PersonRole]
    return_to: Mapped[str]
    state: Mapped[str | None]
    api_key_id: Mapped[str | None] = mapped_column(ForeignKey("api_keys.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = created()
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]
