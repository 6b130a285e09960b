"""Exchange with other platforms, each its own Lessonstream: links, and what is served to who is linked."""

from flask import Blueprint

from media_service.exchange import contacts, feed, links, serving

blueprint = Blueprint("exchange", __name__)
blueprint.register_blueprint(links.blueprint)
blueprint.register_blueprint(contacts.blueprint)
blueprint.register_blueprint(feed.blueprint)
blueprint.register_blueprint(serving.blueprint)

__all__ = ["blueprint"]
