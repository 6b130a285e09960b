"""Reviews: a lesson is handed in, accepted or given back with a note, and published. All of it is kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final

from flask import Blueprint
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from sqlalchemy.orm import Session

from configs.words import ReviewAction, ReviewState
from media_service import audit, auth
from media_service.cataloguing.texts import clean_description
from media_service.changes import transaction
from media_service.openapi import operation
from media_service.problems import ApiError
from media_service.services import services
from storage.catalogue import reviews
from storage.catalogue.models import Asset, AssetReview
from storage.catalogue.reviews import ReviewImpossible

blueprint = Blueprint("reviews", __name__, url_prefix="/v1/assets/<asset_id>/reviews")

TAG: Final = "Reviews"
LONGEST_NOTE: Final = 5000
_OF_REVIEWERS: Final = ("accept", "return")
_WITH_REASONS: Final = ("return",)


class NewReview(BaseModel):
    """A step of a review. ``submit`` hands a lesson in; ``accept`` and ``return``, which needs a note, are for
    administrators; ``publish`` shows what was accepted to viewers; ``withdraw`` makes a draft of it again."""

    model_config = ConfigDict(extra="forbid")

    action: ReviewAction
    note: Annotated[str, Field(max_length=LONGEST_NOTE), AfterValidator(clean_description)] = ""

    @model_validator(mode="after")
    def _tells_why(self) -> NewReview:
        if self.action in _WITH_REASONS and not self.note:
            raise ValueError("return needs a note: what is to be changed")
        return self


class ReviewDocument(BaseModel):
    """What somebody did: ``made_by`` is the name of the person or the label of the API key. ``version_id``: which
    version was current then."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    action: ReviewAction
    note: str
    version_id: str | None
    person_id: str | None
    made_by: str
    at: datetime


class ReviewHistory(BaseModel):
    """How far a lesson is, whether its organization has lessons reviewed (``is_reviewed``), and all that was done,
    oldest first."""

    review_state: ReviewState
    is_reviewed: bool
    reviews: list[ReviewDocument]


@blueprint.get("")
@auth.require(*auth.WRITERS, scope="read")
@operation("Show the review of an asset", tag=TAG, answer=ReviewHistory, errors=("asset_not_found",))
def list_(asset_id: str) -> ReviewHistory:
    """Who did what and when, with notes. Nothing of it is ever written over."""
    with services().sessions() as session:
        asset = auth.asset(session, asset_id)
        return _history(session, asset, reviews.history(session, asset.id))


@blueprint.post("")
@auth.require(*auth.WRITERS, scope="edit")
@operation(
    "Take a step in the review of an asset",
    tag=TAG,
    body=NewReview,
    answer=ReviewHistory,
    errors=("asset_not_found", "review_impossible", "role_not_allowed"),
)
def step(asset_id: str, body: NewReview) -> ReviewHistory:
    """Draft, submitted, accepted or returned, published. Administrators may publish what nobody has reviewed, and so
    may everybody where an organization has no reviews."""
    if body.action in _OF_REVIEWERS:
        auth.require_role("admin")
    with transaction() as session:
        asset = auth.asset(session, asset_id, for_update=True)
        caller = auth.caller()
        try:
            made = reviews.step(
                session,
                asset,
                body.action,
                made_by=caller.label,
                person_id=caller.person_id,
                note=body.note,
                unreviewed=caller.role == "admin" or not reviews.is_on(session, asset.organization_id),
            )
        except ReviewImpossible as state:
            raise ApiError("review_impossible", f"It is {state}.") from None
        audit.record(
            session, "asset.review", asset.organization_id, asset.id, step=made.action, note=made.note
        )
        return _history(session, asset, reviews.history(session, asset.id))


def _history(session: Session, asset: Asset, found: Sequence[AssetReview]) -> ReviewHistory:
    return ReviewHistory(
        review_state=asset.review_state,
        is_reviewed=reviews.is_on(session, asset.organization_id),
        reviews=[ReviewDocument.model_validate(each) for each in found],
    )
