"""Reviews inside one platform: a lesson is handed in, accepted or given back, and published.

Where an organization has none, its lessons begin published. What was published before it was switched on stays so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import literal, select
from sqlalchemy.orm import Session

from configs.words import ReviewAction, ReviewState
from storage.catalogue.models import Asset, AssetReview, Organization

STEPS: Final[Mapping[ReviewAction, tuple[frozenset[ReviewState], ReviewState]]] = {
    "submit": (frozenset({"draft", "returned"}), "submitted"),
    "accept": (frozenset({"submitted"}), "accepted"),
    "return": (frozenset({"submitted", "accepted"}), "returned"),
    "publish": (frozenset({"accepted"}), "published"),
    "withdraw": (frozenset({"submitted", "accepted", "published"}), "draft"),
}
"""From which states each step leads, and to which one."""

UNREVIEWED: Final[frozenset[ReviewState]] = frozenset({"draft", "submitted", "returned"})
"""From which a lesson is published without a review: where there is none, and by administrators."""


class ReviewImpossible(Exception):
    """Named in the message: the state from which the step does not lead."""


def is_on(session: Session, organization_id: str) -> bool:
    """Whether somebody else looks at an organization's lessons: as it says, or the nearest one above that says."""
    way = select(Organization.parent_id, Organization.review, literal(0).label("height")).where(
        Organization.id == organization_id
    )
    tree = way.cte("review_above", recursive=True)
    tree = tree.union_all(
        select(Organization.parent_id, Organization.review, tree.c.height + 1).where(
            Organization.id == tree.c.parent_id, tree.c.review.is_(None)
        )
    )
    said = select(tree.c.review).where(tree.c.review.is_not(None)).order_by(tree.c.height).limit(1)
    return bool(session.execute(said).scalar_one_or_none())


def first_state(session: Session, organization_id: str) -> ReviewState:
    """What a new lesson of an organization begins as."""
    return "draft" if is_on(session, organization_id) else "published"


def step(
    session: Session,
    asset: Asset,
    action: ReviewAction,
    *,
    made_by: str,
    person_id: str | None = None,
    note: str = "",
    unreviewed: bool = False,
) -> AssetReview:
    """Take one step with an asset that is locked. ``unreviewed``: it may be published without a review. Raises
    ``ReviewImpossible``."""
    before, after = STEPS[action]
    if action == "publish" and unreviewed:
        before |= UNREVIEWED
    if asset.review_state not in before:
        raise ReviewImpossible(asset.review_state)
    asset.review_state = after
    made = AssetReview(
        asset_id=asset.id,
        action=action,
        note=note,
        version_id=asset.current_version_id,
        person_id=person_id,
        made_by=made_by,
    )
    session.add(made)
    session.flush()
    session.refresh(made)
    return made


def history(session: Session, asset_id: str) -> Sequence[AssetReview]:
    """All steps, oldest first."""
    query = select(AssetReview).where(AssetReview.asset_id == asset_id).order_by(AssetReview.id)
    return session.execute(query).scalars().all()
