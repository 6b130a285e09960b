"""The management API: assets, their captions and collections, organizations and API keys."""

from flask import Blueprint

from media_service.assets import collections, organizations, tracks, views

blueprint = Blueprint("management", __name__)
blueprint.register_blueprint(views.blueprint)
blueprint.register_blueprint(tracks.blueprint)
blueprint.register_blueprint(collections.blueprint)
blueprint.register_blueprint(organizations.blueprint)

__all__ = ["blueprint"]
