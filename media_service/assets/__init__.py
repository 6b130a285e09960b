"""The management API: assets, their captions, organizations and API keys."""

from flask import Blueprint

from media_service.assets import organizations, tracks, views

blueprint = Blueprint("management", __name__)
blueprint.register_blueprint(views.blueprint)
blueprint.register_blueprint(tracks.blueprint)
blueprint.register_blueprint(organizations.blueprint)

__all__ = ["blueprint"]
