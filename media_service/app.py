"""The application: blueprints, the error handler, and headers that every answer carries. No business here."""

from __future__ import annotations

from flask import Flask, Response, g

from media_service import assets, auth, embed, errors, playback, system, uploads
from media_service.services import Services
from storage.ids import new_id


def create_app(services: Services) -> Flask:
    """A Flask application over ready-made clients; it opens nothing by itself."""
    app = Flask(__name__, static_folder=None)
    app.extensions["lessonstream"] = services
    app.url_map.strict_slashes = False
    errors.register(app)
    auth.register(app)
    app.before_request(_name_request)
    app.after_request(_harden)
    for package in (system, uploads, assets, playback, embed):
        app.register_blueprint(package.blueprint)
    return app


def _name_request() -> None:
    g.request_id = new_id()


def _harden(response: Response) -> Response:
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "no-referrer")
    response.headers.setdefault("X-Request-Id", g.get("request_id", ""))
    return response
