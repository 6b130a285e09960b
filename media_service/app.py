"""The application: blueprints, the error handler, and headers that every answer carries. No business here."""

from __future__ import annotations

from flask import Flask, Response

from media_service import assets, auth, embed, errors, openapi, playback, system, uploads
from media_service.services import Services


def create_app(services: Services) -> Flask:
    """A Flask application over ready-made clients; it opens nothing by itself."""
    app = Flask(__name__, static_folder=None)
    app.extensions["lessonstream"] = services
    app.url_map.strict_slashes = False
    errors.register(app)
    auth.register(app)
    openapi.register(app)
    app.after_request(_harden)
    app.wsgi_app = uploads.override_method(app.wsgi_app)  # type: ignore[method-assign]
    for package in (system, uploads, assets, playback, embed):
        app.register_blueprint(package.blueprint)
    return app


def _harden(response: Response) -> Response:
    # ``add`` and not item assignment, which searches first: this runs for every playlist.
    response.headers.add("X-Content-Type-Options", "nosniff")
    response.headers.add("Referrer-Policy", "no-referrer")
    return response
