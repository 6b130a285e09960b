"""Exchange with other platforms, each its own Lessonstream: links, and what is served to who is linked."""

from flask import Blueprint

from media_service.exchange import contacts, links

blueprint = Blueprint("exchange", __name__)
blueprint.register_blueprint(links.blueprint)
blueprint.register_blueprint(contacts.blueprint)

__all__ = ["blueprint"]
