"""What tests of the step ledger do with it."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, sessionmaker

from storage.catalogue import assets, claims, organizations, steps
from storage.catalogue.models import Step


def new_lesson(sessions: sessionmaker[Session]) -> str:
    """A version whose upload has just ended."""
    with sessions.begin() as session:
        organization = organizations.create_organization(session, "省社区教育")
        version = assets.create_asset(session, organization.id, "第一课", "a.mp4", "public")
        assets.begin_processing(session, version.id, "assets/x", 10, "00")
    return version.id


def step_named(session: Session, version_id: str, name: str) -> Step:
    return session.execute(select(Step).where(Step.version_id == version_id, Step.name == name)).scalar_one()


def expire_lease(sessions: sessionmaker[Session], step_id: str) -> None:
    with sessions.begin() as session:
        session.execute(
            update(Step).where(Step.id == step_id).values(lease_until=func.now() - timedelta(seconds=1))
        )


def take(sessions: sessionmaker[Session], version_id: str, name: str, owner: str = "w") -> steps.Claim:
    with sessions.begin() as session:
        claim = claims.claim(session, step_named(session, version_id, name).id, owner)
    assert claim is not None
    return claim
