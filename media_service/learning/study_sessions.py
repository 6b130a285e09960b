"""``/v/{playback_id}/study``: a learner's player begins to study, and hears what is believed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated, Any, Final, cast

from flask import Blueprint, Flask, Response, current_app, request
from flask.blueprints import BlueprintSetupState
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from media_service.learning.beat_documents import Milliseconds
from media_service.learning.sent import content
from media_service.playback.access.gate import SEGMENT_GRACE, Admission
from media_service.playback.access.rate_limits import SlidingWindow
from media_service.playback.access.tokens import VIDEO
from media_service.playback.parts import parts
from media_service.problems import ApiError
from media_service.services import services
from media_service.strict_values import read_document
from storage.catalogue import study
from storage.catalogue.models import StoredStudySession
from storage.catalogue.study_courses import find_studied
from storage.ids import ID_PATTERN
from storage.learning.ranges import length

blueprint = Blueprint("study_sessions", __name__, url_prefix="/v/<playback_id>/study")

OPENINGS_A_MINUTE: Final = 30
"""Of one learner, as one process counts them: who takes over again and again between two tabs."""

_EXTENSION: Final = "lessonstream_study"


class NewStudyDocument(BaseModel):
    """``play`` as beats call it; ``clock`` is the page's own now, ``sequence`` the number of the next beat."""

    model_config = ConfigDict(extra="forbid")

    play: Annotated[str, Field(pattern=f"^{ID_PATTERN}$")]
    clock: Milliseconds
    sequence: Annotated[int, Field(ge=0, le=100_000)] = 0


@blueprint.record_once
def _install(state: BlueprintSetupState) -> None:
    openings = SlidingWindow(OPENINGS_A_MINUTE, 60, size=50_000)
    cast("Flask", state.app).extensions[_EXTENSION] = openings


@blueprint.post("")
def begin(playback_id: str) -> Response:
    """Begin a session; another one of the learner ends. Its secret goes to this player alone."""
    admission = parts().gate.admit(playback_id, VIDEO, request.args.get("token", ""), environ=request.environ)
    asked = read_document(NewStudyDocument, content())
    grant = admission.grant
    if grant is None or not admission.may_study:
        raise ApiError("study_not_asked")
    wait = cast("SlidingWindow", current_app.extensions[_EXTENSION]).spend(
        f"{grant.viewers_of}\n{grant.viewer}"
    )
    if wait > 0:
        raise ApiError("rate_limited", headers={"Retry-After": str(int(wait) + 1)})
    playback = admission.playback
    with services().sessions.begin() as session:
        found = find_studied(session, grant.course or "", grant.viewers_of, playback.asset_id)
        if found is None:
            raise ApiError("study_not_asked")
        row = study.open_session(
            session,
            found[1],
            portal_id=grant.viewers_of,
            learner=grant.viewer or "",
            asset_id=playback.asset_id,
            version_id=playback.version_id,
            play_id=asked.play,
            duration=round(playback.picture.duration * 1000) if playback.picture is not None else None,
            clock=asked.clock,
            sequence=asked.sequence,
        )
        return _answer(
            {"id": row.id, "nonce": row.nonce, **terms_document(row), **standing(session, row)}, 201
        )


@blueprint.get("/<session_id>")
def show(playback_id: str, session_id: str) -> Response:
    """What is believed of a session by now, some seconds behind."""
    admission = parts().gate.admit(
        playback_id, VIDEO, request.args.get("token", ""), grace=SEGMENT_GRACE, environ=request.environ
    )
    with services().sessions() as session:
        row = find_own(session, admission, session_id)
        if row is None:
            raise ApiError("study_session_not_found")
        return _answer(standing(session, row), 200)


def find_own(session: Session, admission: Admission, session_id: str) -> StoredStudySession | None:
    """The session, if it is the one of whom the token names."""
    row = study.find_session(session, session_id)
    grant = admission.grant
    if row is None or grant is None:
        return None
    own = (grant.viewers_of, grant.viewer, admission.playback.asset_id)
    return row if (row.portal_id, row.learner, row.asset_id) == own else None


def standing(session: Session, row: StoredStudySession) -> dict[str, Any]:
    """How a session stands: ``ended`` is why it takes nothing more, or null; ``studied`` the seconds of the lesson that
    are believed, of this session and those before; ``furthest`` the second up to which it is free to seek."""
    believed = study.believed_of(session, row)
    return {
        "ended": study.end_of(row, datetime.now(UTC)),
        "studied": length(believed) / 1000,
        "furthest": row.furthest / 1000,
        "next": row.state["sequence"],
        "refused": row.refused,
    }


def terms_document(row: StoredStudySession) -> dict[str, Any]:
    """What the player has to keep to."""
    return {
        "mode": row.mode,
        "speed_limit": row.speed_limit,
        "presence_seconds": row.presence_ms / 1000 if row.presence_ms else None,
    }


def _answer(document: dict[str, Any], status: int) -> Response:
    response = Response(json.dumps(document), status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
