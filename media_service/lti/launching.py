"""``/lti/launch``: the platform says who comes and for what; once that is believed, the browser shows that it is the
one that began, and goes on to the lesson, the course or the picker."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final, cast

from flask import Blueprint, Flask, Response, current_app, request
from flask.blueprints import BlueprintSetupState
from sqlalchemy.orm import Session

from media_service.lti import answers, playing, tickets
from media_service.lti.id_tokens import LtiRefused, Message, key_id_of, read, verify
from media_service.lti.platform_keys import PlatformKeys
from media_service.reference_text import Language
from media_service.services import services
from storage.catalogue import lti_platforms, lti_scores
from storage.catalogue.models import LtiPlatform
from storage.lti.learners import pseudonym
from storage.once import OnceUnknown

blueprint = Blueprint("lti_launch", __name__)

_EXTENSION: Final = "lessonstream_lti_keys"


@blueprint.record_once
def _install(state: BlueprintSetupState) -> None:
    app = cast("Flask", state.app)
    app.extensions[_EXTENSION] = PlatformKeys(app.extensions["lessonstream"].outbound)


def platform_keys() -> PlatformKeys:
    """Of the platforms that this process knows."""
    return cast("PlatformKeys", current_app.extensions[_EXTENSION])


@blueprint.post("/lti/launch")
def launch() -> Response:
    """What the platform has its page post: a signed message, or why there is none."""
    language: Language | None = None
    try:
        state = _state(request.form.get("state", ""))
        if request.form.get("error"):
            told = f"{request.form['error']} {request.form.get('error_description', '')}"
            raise LtiRefused("platform_refused", told)
        with services().sessions() as session:
            platform = lti_platforms.find_counting(session, state["platform"])
        if platform is None:
            raise LtiRefused("platform_unknown", "removed or switched off since the sign-in began")
        public_url = services().settings.public_url
        claims = _verified(request.form.get("id_token", ""), platform, state["nonce"])
        message = read(claims, target=state["target"], begins=f"{public_url}/lti/")
        language = answers.of_locale(message.locale)
        # What a launch changes is no act of anybody's who has a key here, so the audit log does not tell of it.
        with services().sessions.begin() as session:
            following = _following(session, platform, message, language)
    except LtiRefused as error:
        return answers.refusal(error, language=language)
    return answers.page(
        "launch",
        language=language,
        name=state["name"],
        nonce=state["nonce"],
        storage=state["storage"],
        origin=state["origin"],
        following=following,
    )


@blueprint.get("/lti/launch")
@blueprint.get("/lti/lessons/<_name>")
@blueprint.get("/lti/courses/<_name>")
def outside(_name: str = "") -> Response:
    """Who follows a link of a learning platform elsewhere."""
    return answers.page("outside", status=404)


def _state(sealed: str) -> Mapping[str, Any]:
    """The sign-in that this is the end of; it ends once. Raises ``LtiRefused``."""
    said = tickets.read(services().settings.secret_key, "state", sealed, time.time())
    if said is None:
        raise LtiRefused("state_unknown", "no state of ours, or older than ten minutes")
    try:
        # Remembered for longer than the ticket counts: afterwards that refuses it.
        if not services().take_once(f"lti:{said['name']}", 2 * tickets.LIVES["state"]):
            raise LtiRefused("state_unknown", "the state was used before")
    except OnceUnknown as error:
        raise LtiRefused("service_away", str(error)) from error
    return said


def _verified(token: str, platform: LtiPlatform, nonce: str) -> Mapping[str, Any]:
    keys = platform_keys()
    key_id = key_id_of(token)
    expected: dict[str, Any] = {
        "issuer": platform.issuer,
        "client_id": platform.client_id,
        "nonce": nonce,
        "now": time.time(),
    }
    try:
        return verify(token, keys.find(platform.keys_url, key_id), **expected)
    except LtiRefused as error:
        if error.code != "signature_wrong":
            raise
    # The platform may have changed its key and kept its name.
    return verify(token, keys.find(platform.keys_url, key_id, changed=True), **expected)


def _following(session: Session, platform: LtiPlatform, message: Message, language: Language | None) -> str:
    """Where the browser goes on."""
    if not lti_platforms.note_launch(session, platform, message.deployment_id):
        raise LtiRefused("deployment_unknown", f"deployment {message.deployment_id[:100]!r}")
    secret_key, now = services().settings.secret_key, time.time()
    if message.settings is not None:
        said = {
            "platform": platform.id,
            "deployment": message.deployment_id,
            "language": language,
            **asdict(message.settings),
        }
        return f"/lti/choose/{tickets.write(secret_key, 'picking', said, now)}"
    target = playing.read_target(message.target, services().settings.public_url)
    if target is None:
        raise LtiRefused("target_wrong", "the link names no lesson: choose one with the button of the tool")
    learner = pseudonym(platform.id, message.deployment_id, message.user_id) if message.user_id else None
    course = playing.find_course(session, platform, target.course) if target.course else None
    lesson = playing.find_lesson(session, platform, target.asset_id) if target.asset_id else None
    counted_in = playing.studied_in(session, platform, course, target.asset_id)
    if message.line_item and learner is not None and message.user_id and counted_in is not None:
        lti_scores.remember(
            session,
            platform,
            line_item=message.line_item,
            learner=learner,
            user_id=message.user_id,
            course_id=(course or counted_in).id,
            studied_in=counted_in.id,
            asset_id=target.asset_id,
        )
    if lesson is not None:
        return playing.player(platform, lesson, learner, counted_in.id if counted_in else None, language)
    said = {
        "platform": platform.id,
        "learner": learner,
        "course": target.course,
        "language": language,
    }
    return f"/lti/study/{tickets.write(secret_key, 'studying', said, now)}"
