"""The management API: assets, organizations and API keys."""

from flask import Blueprint

from media_service.assets import organizations, views

blueprint = Blueprint("management", __name__)
blueprint.register_blueprint(views.blueprint)
blueprint.register_blueprint(organizations.blueprint)

__all__ = ["blueprint"]
