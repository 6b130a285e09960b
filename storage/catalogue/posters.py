"""Posters that authors chose, of a frame or a picture of their own: asked for, made by a worker, shown from then on.

The image has a name of its own, so what an address of it shows never changes; ``versions.poster_name`` is the pointer.
"""

from __future__ import annotations

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from configs.words import PosterOrigin, StepState
from storage.catalogue import steps
from storage.catalogue.models import Image, Step, Version
from storage.catalogue.new_steps import FIRST_KIND, NewStep
from storage.catalogue.pictures import CHOSEN, SENT, PosterWish, poster_to_json
from storage.catalogue.steps import UNFINISHED


def origin_of(version: Version, image: Image | None) -> PosterOrigin:
    """Where the poster of a version comes from; ``image`` is what it shows, None if that is not made yet."""
    if version.poster_name is None or image is None:
        return "automatic"
    return "picture" if image.details.get("time") is None else "frame"


def adopt(session: Session, image: Image) -> None:
    """Let an image that went over from another version stand for its own."""
    version = session.get_one(Version, image.version_id)
    version.poster_name = version.poster_wish = image.name
    session.add(image)
    session.flush()


def wish(session: Session, version: Version, wanted: PosterWish, sent: Image | None = None) -> None:
    """Have a poster made, of ``sent`` if that is a picture of the author's. What was asked for before and is not made
    yet is no longer wanted.
    """
    _forget_wishes(session, version)
    version.poster_wish = wanted.image
    if sent is not None:
        session.add(sent)
    session.flush()
    # A picture may come before anybody has looked whether there is a lesson at all.
    step = NewStep("poster", wanted.image, poster_to_json(wanted), after=(FIRST_KIND,), optional=True)
    steps.add_steps(session, version.id, [step])


def show(session: Session, image: Image) -> None:
    """Let a poster that is made stand for its version, unless another one was asked for since; part of the transaction
    that completes its step. Pictures that nothing shows any more are nobody's then.
    """
    shown = session.execute(
        update(Version)
        .where(Version.id == image.version_id, Version.poster_wish == image.name)
        .values(poster_name=image.name)
        .returning(Version.id)
    ).first()
    if shown is None:
        return
    session.execute(
        delete(Image).where(
            Image.version_id == image.version_id,
            or_(Image.name.startswith(CHOSEN), Image.name.startswith(SENT)),
            Image.name != image.name,
        )
    )
    session.merge(image)
    session.flush()


def clear(session: Session, version: Version) -> None:
    """Let the poster that was found by itself stand for the version again."""
    _forget_wishes(session, version)
    version.poster_name = version.poster_wish = None
    session.execute(
        delete(Image).where(
            Image.version_id == version.id, or_(Image.name.startswith(CHOSEN), Image.name.startswith(SENT))
        )
    )


def wish_state(session: Session, version: Version) -> tuple[StepState, str | None] | None:
    """How far the poster is that was asked for last, and what kept it from being made; None if none was."""
    row = session.execute(
        select(Step.state, Step.last_error).where(
            Step.version_id == version.id, Step.name == (version.poster_wish or "")
        )
    ).one_or_none()
    return (row[0], row[1]) if row else None


def _forget_wishes(session: Session, version: Version) -> None:
    session.execute(
        update(Step)
        .where(Step.version_id == version.id, Step.kind == "poster", Step.state.in_(UNFINISHED))
        .where(Step.state != "leased")
        .values(state="cancelled")
    )
