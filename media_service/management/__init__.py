"""The management API: assets, their versions, captions and collections, tokens and signing keys, partners,
organizations, API keys and the audit log."""

from flask import Blueprint

from media_service.management import (
    asset_changes,
    assets,
    audit_log,
    categories,
    collections,
    course_posters,
    drafts,
    entries,
    exports,
    imports,
    judging,
    judging_result_views,
    libraries,
    organizations,
    partners,
    peaks,
    people,
    playback_tokens,
    posters,
    quotas,
    received_entries,
    resembling,
    reviews,
    score_sheets,
    search,
    sessions,
    sharing,
    sign_in_codes,
    signing_keys,
    standard_metadata,
    tracks,
    upload_links,
    upload_list,
    versions,
    whoami,
)

blueprint = Blueprint("management", __name__)
blueprint.register_blueprint(assets.blueprint)
blueprint.register_blueprint(exports.blueprint)
blueprint.register_blueprint(asset_changes.blueprint)
blueprint.register_blueprint(imports.blueprint)
blueprint.register_blueprint(versions.blueprint)
blueprint.register_blueprint(tracks.blueprint)
blueprint.register_blueprint(drafts.blueprint)
blueprint.register_blueprint(peaks.blueprint)
blueprint.register_blueprint(posters.blueprint)
blueprint.register_blueprint(resembling.blueprint)
blueprint.register_blueprint(categories.blueprint)
blueprint.register_blueprint(collections.blueprint)
blueprint.register_blueprint(standard_metadata.blueprint)
blueprint.register_blueprint(course_posters.blueprint)
blueprint.register_blueprint(playback_tokens.blueprint)
blueprint.register_blueprint(signing_keys.blueprint)
blueprint.register_blueprint(partners.blueprint)
blueprint.register_blueprint(organizations.blueprint)
blueprint.register_blueprint(libraries.blueprint)
blueprint.register_blueprint(quotas.blueprint)
blueprint.register_blueprint(reviews.blueprint)
blueprint.register_blueprint(people.blueprint)
blueprint.register_blueprint(sessions.blueprint)
blueprint.register_blueprint(sign_in_codes.blueprint)
blueprint.register_blueprint(audit_log.blueprint)
blueprint.register_blueprint(entries.blueprint)
blueprint.register_blueprint(received_entries.blueprint)
blueprint.register_blueprint(upload_links.blueprint)
blueprint.register_blueprint(judging.blueprint)
blueprint.register_blueprint(judging_result_views.blueprint)
blueprint.register_blueprint(score_sheets.blueprint)
blueprint.register_blueprint(upload_list.blueprint)
blueprint.register_blueprint(search.blueprint)
blueprint.register_blueprint(sharing.blueprint)
blueprint.register_blueprint(whoami.blueprint)

__all__ = ["blueprint"]
