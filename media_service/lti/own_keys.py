"""``/lti/keys``: the keys by which learning platforms know this service; and what is signed with them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

from flask import Blueprint, Response
from sqlalchemy.orm import Session

from media_service.services import services
from storage.catalogue import lti_platforms
from storage.lti import keys

blueprint = Blueprint("lti_keys", __name__)

SECONDS = 600


@blueprint.get("/lti/keys")
def show() -> Response:
    """A JSON Web Key Set (RFC 7517)."""
    with services().sessions.begin() as session:
        lti_platforms.signing_key(session, partial(keys.new_key, services().settings.secret_key))
        shown = [keys.to_jwk(row.id, row.public_key) for row in lti_platforms.shown_keys(session)]
    response = Response(json.dumps({"keys": shown}), mimetype="application/json")
    response.headers["Cache-Control"] = f"public, max-age={SECONDS}"
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def sign(session: Session, claims: Mapping[str, Any]) -> str:
    """Claims under our signature."""
    secret_key = services().settings.secret_key
    row = lti_platforms.signing_key(session, partial(keys.new_key, secret_key))
    return keys.sign(claims, row.id, keys.open_key(secret_key, row.id, row.private_key))
