"""Telling others what happened: the feed, webhooks, and streams."""

from flask import Blueprint

from media_service.events import feed, live, webhook_deliveries, webhook_endpoints

blueprint = Blueprint("events", __name__)
blueprint.register_blueprint(feed.blueprint)
blueprint.register_blueprint(live.blueprint)
blueprint.register_blueprint(webhook_endpoints.blueprint)
blueprint.register_blueprint(webhook_deliveries.blueprint)

__all__ = ["blueprint"]
