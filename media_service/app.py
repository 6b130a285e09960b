"""The application: blueprints, the error handler and the layers around them. No business here."""

from __future__ import annotations

from flask import Flask, request

from media_service import (
    auth,
    bodies,
    errors,
    management,
    openapi_document,
    progress,
    request_metrics,
    system,
)
from media_service.embed import views as embed
from media_service.layers import layers, within
from media_service.offline import views as offline
from media_service.playback import views as playback
from media_service.playback.parts import parts_of
from media_service.problems import ApiError
from media_service.services import Services
from media_service.uploads import receive
from media_service.uploads import views as uploads


def create_app(services: Services) -> Flask:
    """A Flask application over ready-made clients; it opens nothing by itself."""
    app = Flask(__name__, static_folder=None)
    app.extensions["lessonstream"] = services
    # One address for each thing. Merging would also redirect to whatever host the request names.
    app.url_map.merge_slashes = False
    bodies.register(app)
    app.before_request(_refuse_leading_slashes)
    auth.register(app)
    openapi_document.register(app)
    progress.register(app, services)
    request_metrics.register(app)
    receive.register(app, services)
    for views in (system, uploads, management, playback, offline, embed):
        app.register_blueprint(views.blueprint)
    errors.register(app)
    app.wsgi_app = within(app.wsgi_app, layers(services, parts_of(app)))  # type: ignore[assignment, method-assign]
    return app


def _refuse_leading_slashes() -> None:
    """Werkzeug takes ``//healthz`` for ``/healthz``."""
    if request.environ.get("PATH_INFO", "").startswith("//"):
        raise ApiError("not_found")
