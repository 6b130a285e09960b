"""The management API: assets, captions and collections, tokens and signing keys, partners, organizations, API keys and
the audit log."""

from flask import Blueprint

from media_service.management import (
    assets,
    audit_log,
    collections,
    organizations,
    partners,
    playback_tokens,
    signing_keys,
    tracks,
    whoami,
)

blueprint = Blueprint("management", __name__)
blueprint.register_blueprint(assets.blueprint)
blueprint.register_blueprint(tracks.blueprint)
blueprint.register_blueprint(collections.blueprint)
blueprint.register_blueprint(playback_tokens.blueprint)
blueprint.register_blueprint(signing_keys.blueprint)
blueprint.register_blueprint(partners.blueprint)
blueprint.register_blueprint(organizations.blueprint)
blueprint.register_blueprint(audit_log.blueprint)
blueprint.register_blueprint(whoami.blueprint)

__all__ = ["blueprint"]
