"""The application: blueprints, the error handler, and headers that every answer carries. No business here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.types import WSGIApplication

from flask import Flask, request

from media_service import (
    auth,
    bodies,
    embed,
    errors,
    management,
    offline,
    openapi,
    playback,
    progress,
    proxies,
    request_metrics,
    system,
    uploads,
)
from media_service.event_loop import let_wait
from media_service.problems import ApiError
from media_service.services import Services

_ALWAYS = [("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer")]


def create_app(services: Services) -> Flask:
    """A Flask application over ready-made clients; it opens nothing by itself."""
    app = Flask(__name__, static_folder=None)
    app.extensions["lessonstream"] = services
    # One address for each thing. Merging would also redirect to whatever host the request names.
    app.url_map.merge_slashes = False
    bodies.register(app)
    app.before_request(_refuse_leading_slashes)
    auth.register(app)
    openapi.register(app)
    progress.register(app, services)
    request_metrics.register(app)
    uploads.register(app, services)
    app.wsgi_app = let_wait(app.wsgi_app)  # type: ignore[assignment, method-assign]
    app.wsgi_app = uploads.speak_tus(app.wsgi_app)  # type: ignore[method-assign]
    for package in (system, uploads, management, playback, offline, embed):
        app.register_blueprint(package.blueprint)
    playback.install(app)
    errors.register(app)  # last: the ID of a request is told by whatever answers it
    app.wsgi_app = proxies.believe(app.wsgi_app, services.settings.trusted_proxies)  # type: ignore[assignment, method-assign]
    app.wsgi_app = _harden(app.wsgi_app)  # type: ignore[assignment, method-assign]
    app.wsgi_app = request_metrics.measured(app.wsgi_app, services.measures)  # type: ignore[assignment, method-assign]
    return app


def _refuse_leading_slashes() -> None:
    """Werkzeug takes ``//healthz`` for ``/healthz``."""
    if request.environ.get("PATH_INFO", "").startswith("//"):
        raise ApiError("not_found")


def _harden(app: WSGIApplication) -> WSGIApplication:
    """Headers that every answer carries, whoever made it; its status is left for those who count."""

    def hardened(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            environ[request_metrics.STATUS] = status
            return start_response(status, headers + _ALWAYS, *error)

        return app(environ, start)

    return hardened
