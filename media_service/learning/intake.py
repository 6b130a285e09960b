"""``/v/{playback_id}/beats`` and ``/v/{playback_id}/views``: what players tell, and what became of it."""

from __future__ import annotations

import json
import logging
import time
from datetime import UTC, datetime
from typing import Any, Final, cast

from flask import Blueprint, Flask, Response, current_app, request
from flask.blueprints import BlueprintSetupState
from sqlalchemy.exc import SQLAlchemyError

from media_service.cache import Cache
from media_service.learning import study_sessions
from media_service.learning.beat_documents import SendingDocument
from media_service.learning.senders import (
    identity_of_person,
    identity_of_tab,
    name_viewer,
    suspicion_of,
)
from media_service.learning.sent import content
from media_service.playback.access.gate import SEGMENT_GRACE, Admission
from media_service.playback.access.rate_limits import SlidingWindow
from media_service.playback.access.tokens import VIDEO
from media_service.playback.parts import parts
from media_service.problems import ApiError
from media_service.proxies import client_address
from media_service.services import services
from media_service.strict_values import read_document
from storage.beat_stream import BeatsRefused
from storage.catalogue.views import clicks_of
from storage.learning.beats import Sending, Suspicion, Told, to_text

log = logging.getLogger(__name__)

blueprint = Blueprint("learning", __name__, url_prefix="/v/<playback_id>")

SENDINGS_A_MINUTE: Final = 20
"""Of one play: players send every 15 to 30 seconds, and at once where something ends."""

PLAYS_OF_AN_ADDRESS: Final = 1_000
"""That begin without a token within ten minutes, as one process counts them: more than a school, so they count for
nothing."""

_LATER: Final = {"Retry-After": "10"}
_FRESH_SECONDS: Final = 1.0
_EXTENSION: Final = "lessonstream_learning"


class _Kept:
    """What one process remembers between requests."""

    def __init__(self) -> None:
        self.sendings = SlidingWindow(SENDINGS_A_MINUTE, 60, size=50_000)
        self.plays = SlidingWindow(PLAYS_OF_AN_ADDRESS, 600)
        self.clicks: Cache[str, int] = Cache(10_000, _FRESH_SECONDS)


@blueprint.record_once
def _install(state: BlueprintSetupState) -> None:
    cast("Flask", state.app).extensions[_EXTENSION] = _Kept()


@blueprint.post("/beats")
def beats(playback_id: str) -> Response:
    """Take beats of a play. 204 says that they cannot be lost any more; 503, that they are to be sent again. Of a study
    session 200 says the same, and how it stands."""
    admission = parts().gate.admit(
        playback_id, VIDEO, request.args.get("token", ""), grace=SEGMENT_GRACE, environ=request.environ
    )
    sent = read_document(SendingDocument, content())
    wait = _kept().sendings.spend(sent.play)
    if wait > 0:
        raise ApiError("rate_limited", headers={"Retry-After": str(int(wait) + 1)})
    try:
        services().beats.append(to_text(_sending(admission, sent)))
    except BeatsRefused as error:
        raise ApiError("service_unavailable", headers=_LATER) from error
    standing = _standing(admission, sent.study) if sent.study else None
    if standing is None:
        return Response(status=204, headers={"Cache-Control": "no-store"})
    response = Response(json.dumps(standing), mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/views")
def views(playback_id: str) -> Response:
    """How often the lesson was viewed, as it stands some seconds after the last view."""
    token = request.args.get("token", "")
    admission = parts().gate.admit(playback_id, VIDEO, token, grace=SEGMENT_GRACE, environ=request.environ)

    def ask() -> int:
        with services().sessions() as session:
            return clicks_of(session, admission.playback.asset_id)

    found = _kept().clicks.get(admission.playback.asset_id, ask)
    response = Response(json.dumps({"views": found or 0}), mimetype="application/json")
    response.headers["Cache-Control"] = admission.cache_control(1)
    return response


def _standing(admission: Admission, session_id: str) -> dict[str, Any] | None:
    """How a study session stands; None while the catalogue is away. What was sent is safe whatever it is."""
    try:
        with services().sessions() as session:
            row = study_sessions.find_own(session, admission, session_id)
            return {"ended": "unknown"} if row is None else study_sessions.standing(session, row)
    except SQLAlchemyError as error:
        log.warning("how a study session stands is not told: %s", error)
        return None


def _sending(admission: Admission, sent: SendingDocument) -> Sending:
    playback, grant, clip = admission.playback, admission.grant, admission.clip
    origin = parts().manifests.clip_start(playback, clip) if clip is not None else 0.0
    now = time.time()
    address = client_address(request.environ)
    named = grant is not None and bool(grant.viewer)
    identity = (
        identity_of_person(grant.viewers_of, grant.viewer or "")
        if grant is not None and named
        else identity_of_tab(address, sent.tab)
    )
    viewer = name_viewer(
        identity, datetime.fromtimestamp(now, UTC), services().settings.time_zone, services().beats.salt
    )
    told = Told(
        received=int(now * 1000),
        playback_id=playback.id,
        asset_id=playback.asset_id,
        organization_id=playback.organization_id,
        version_id=playback.version_id,
        viewer=viewer.today,
        viewer_before=viewer.before,
        partner_id=grant.pages_of if grant is not None else "",
        learner=(grant.viewer or "") if grant is not None and sent.study else "",
        portal=grant.viewers_of if grant is not None and sent.study else "",
        duration=round(playback.picture.duration * 1000) if playback.picture is not None else None,
        suspicion=_suspicion(sent, address, named=named),
    )
    return Sending(
        sent.play, sent.sent, [beat.to_beat(round(origin * 1000)) for beat in sent.beats], told, sent.study
    )


def _suspicion(sent: SendingDocument, address: str, *, named: bool) -> Suspicion | None:
    found = suspicion_of(request.environ)
    if found is None and not named and sent.beats[0].sequence == 0 and _kept().plays.spend(address) > 0:
        return "limited"
    return found


def _kept() -> _Kept:
    return cast("_Kept", current_app.extensions[_EXTENSION])
