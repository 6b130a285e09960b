"""The poster of an asset's current version: which it is, another frame, another picture, the first one again."""

from __future__ import annotations

import hashlib
from typing import Final

from flask import Blueprint, request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from configs.failures import CODE_UNKNOWN, FAILURES, failure_message
from configs.words import PosterOrigin
from media_service import audit, auth
from media_service.changes import after_commit, transaction
from media_service.openapi import MessageDocument, operation
from media_service.playback.serving.links import Links
from media_service.problems import ApiError, wrong_value
from media_service.services import services
from storage import keys
from storage.catalogue import posters, renditions
from storage.catalogue.models import Asset, Image, Version
from storage.catalogue.pictures import CHOSEN, SENT, PosterWish, picture_type
from storage.catalogue.steps import UNFINISHED
from storage.ids import new_id

blueprint = Blueprint("posters", __name__, url_prefix="/v1/assets/<asset_id>/poster")

TAG: Final = "Assets"

MOST_BYTES: Final = 10 * 1024 * 1024
"""Of a picture that somebody sends: a photo of a telephone has half of it."""


class Frame(BaseModel):
    """A moment of the lesson, in seconds; one behind its end counts as the end."""

    model_config = ConfigDict(extra="forbid")

    time: float = Field(ge=0, le=1e7, allow_inf_nan=False)


class PosterFailureDocument(BaseModel):
    """Why the poster that was asked for last could not be made."""

    code: str
    message: MessageDocument


class PosterDocument(BaseModel):
    """The picture that stands for a lesson. ``origin``: found by itself, a ``frame`` that somebody chose (at ``time``
    seconds), or a ``picture`` that somebody sent. ``url`` always shows this very one; it is null where there is none
    yet, and wants a token where the asset has only signed playback IDs. ``making``: whether another one was asked for
    and is being made; ``failure`` says why that failed.
    """

    origin: PosterOrigin
    time: float | None
    url: str | None
    width: int | None
    height: int | None
    making: bool
    failure: PosterFailureDocument | None


@blueprint.get("")
@auth.require(*auth.READERS, scope="read")
@operation("Show which poster it is", tag=TAG, answer=PosterDocument, errors=("asset_not_found",))
def show(asset_id: str) -> PosterDocument:
    """That of the current version, and whether another one is being made."""
    with services().sessions() as session:
        return _document(session, *_current(session, asset_id))


@blueprint.put("")
@auth.require(*auth.WRITERS, scope="edit")
@operation(
    "Choose a poster",
    tag=TAG,
    body=Frame,
    answer=PosterDocument,
    status=202,
    consumes="application/octet-stream",
    errors=("asset_not_found", "version_not_ready", "picture_type_refused", "too_large"),
)
def put(asset_id: str, body: Frame | None) -> PosterDocument:
    """The body is a picture (JPEG, PNG or WebP, 10 MiB at most), or JSON with the time of a frame. It is made within
    moments: `making` tells when it is there, and until then the one before is shown. A frame is taken of a lesson that
    plays; a picture may be sent as soon as the lesson's file has arrived. It goes over to the version that
    takes this one's place: a picture as it is, a frame as far as it is found again there.
    """
    name = new_id()
    with services().sessions() as session:
        asset, version = _current(session, asset_id)
        if not _takes_posters(version, is_frame=body is not None):
            raise ApiError("version_not_ready")
        if body is not None and (version.facts is None or version.facts.frame_rate is None):
            raise wrong_value("A lesson without moving pictures has no frame at a time.", pointer="#/time")
    if body is not None:
        wanted, sent = PosterWish(CHOSEN + name, time=body.time), None
    else:
        wanted, sent = PosterWish(CHOSEN + name, of=SENT + name), _stored(asset, version, name)
    with transaction() as session:
        asset, current = _current(session, asset_id, for_update=True)
        if current.id != version.id:  # replaced while the picture came in
            raise ApiError("version_not_ready")
        posters.wish(session, current, wanted, sent)
        audit.record(
            session,
            "poster.put",
            asset.organization_id,
            asset.id,
            version_id=version.id,
            **({"time": body.time} if body is not None else {"bytes": sent.size if sent else 0}),
        )
        after_commit(services().wake)
        return _document(session, asset, current)


@blueprint.delete("")
@auth.require(*auth.WRITERS, scope="edit")
@operation("Return to the first poster", tag=TAG, answer=PosterDocument, errors=("asset_not_found",))
def delete(asset_id: str) -> PosterDocument:
    """The one that was found by itself, from now on."""
    with transaction() as session:
        asset, version = _current(session, asset_id, for_update=True)
        posters.clear(session, version)
        audit.record(session, "poster.delete", asset.organization_id, asset.id, version_id=version.id)
        session.flush()
        return _document(session, asset, version)


def _takes_posters(version: Version, *, is_frame: bool) -> bool:
    plays = version.playable_at is not None or version.state == "ready"
    return plays or (not is_frame and version.state in ("queued", "processing"))


def _stored(asset: Asset, version: Version, name: str) -> Image:
    if (request.content_length or 0) > MOST_BYTES or len(data := request.stream.read()) > MOST_BYTES:
        raise ApiError("too_large", f"A picture may have {MOST_BYTES} bytes.")
    kind = picture_type(data[:16])
    if kind is None:
        raise ApiError("picture_type_refused")
    key = keys.picture_key(asset.id, version.id, name)
    # First: a row always has its object, while an object without a row is swept.
    services().objects.put(key, data, "application/octet-stream")
    return Image(
        version_id=version.id,
        name=SENT + name,
        object_key=key,
        content_type=kind,
        width=0,
        height=0,
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
    )


def _current(session: Session, asset_id: str, *, for_update: bool = False) -> tuple[Asset, Version]:
    asset = auth.asset(session, asset_id)
    version = None
    if asset.current_version_id is not None:
        version = session.get(Version, asset.current_version_id, with_for_update=for_update or None)
    if version is None:
        raise ApiError("asset_not_found")
    return asset, version


def _document(session: Session, asset: Asset, version: Version) -> PosterDocument:
    state, error = posters.wish_state(session, version) or (None, None)
    session.refresh(version, ["poster_name"])  # one that is made by now is shown, too
    image = renditions.find_image(session, version.id, version.poster)
    ids, url = asset.playback_ids, None
    if image is not None and ids:
        shown_by = min(ids, key=lambda each: each.policy != "public")
        url = Links(services().settings.public_url, shown_by.id).poster_of(version.id, version.poster)
    return PosterDocument(
        origin=posters.origin_of(version, image),
        time=image.details.get("time") if image is not None else None,
        url=url,
        width=image.width if image else None,
        height=image.height if image else None,
        making=state in UNFINISHED,
        failure=_failure(error) if state == "failed" else None,
    )


def _failure(error: str | None) -> PosterFailureDocument:
    told = (error or "").partition(":")[0]
    code = next((code for code in FAILURES if code == told), CODE_UNKNOWN)
    return PosterFailureDocument(code=code, message=MessageDocument(**failure_message(code, None).to_json()))
