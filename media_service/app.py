"""The application: blueprints, the error handler and the layers around them. No business here."""

from __future__ import annotations

from flask import Flask, Response, request

from media_service import (
    auth,
    bodies,
    errors,
    events,
    fixed_words,
    management,
    openapi_document,
    operations,
    progress,
    request_metrics,
    system,
)
from media_service.embed import views as embed
from media_service.events import live
from media_service.exchange import views as exchange
from media_service.layers import layers, within
from media_service.learning import (
    dashboards,
    intake,
    reports,
    study_courses,
    study_reports,
    study_sessions,
)
from media_service.library import views as library
from media_service.lti import views as lti
from media_service.offline import views as offline
from media_service.playback import views as playback
from media_service.playback.parts import parts_of
from media_service.problems import ApiError
from media_service.services import Services
from media_service.studio import judging, sending
from media_service.studio import shell as studio
from media_service.studio import sign_in_views as sign_in
from media_service.uploads import receive
from media_service.uploads import views as uploads


def create_app(services: Services) -> Flask:
    """A Flask application over ready-made clients; it opens nothing by itself."""
    app = Flask(__name__, static_folder=None)
    app.extensions["lessonstream"] = services
    # One address for each thing. Merging would also redirect to whatever host the request names.
    app.url_map.merge_slashes = False
    fixed_words.register(app)
    bodies.register(app)
    app.before_request(_refuse_leading_slashes)
    app.after_request(_name_no_type_of_nothing)
    auth.register(app)
    openapi_document.register(app)
    progress.register(app, services)
    request_metrics.register(app)
    receive.register(app, services)
    live.register(app, services)
    pages = (studio, sign_in, sending, judging, library, lti)
    learning = (intake, reports, dashboards, study_sessions, study_courses, study_reports)
    api = (uploads, management, events, exchange, operations)
    for views in (system, *api, playback, offline, embed, *pages, *learning):
        app.register_blueprint(views.blueprint)
    errors.register(app)
    app.wsgi_app = within(app.wsgi_app, layers(services, parts_of(app)))  # type: ignore[assignment, method-assign]
    return app


def _name_no_type_of_nothing(response: Response) -> Response:
    """Flask calls what has no content HTML."""
    is_empty = not response.is_streamed and response.calculate_content_length() == 0
    # HEAD is told what GET would be, where a view says it.
    if is_empty and (request.method != "HEAD" or response.mimetype == "text/html"):
        del response.headers["Content-Type"]
    return response


def _refuse_leading_slashes() -> None:
    """Werkzeug takes ``//healthz`` for ``/healthz``."""
    if request.environ.get("PATH_INFO", "").startswith("//"):
        raise ApiError("not_found")
