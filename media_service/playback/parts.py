"""The parts of playback, put together once for an application."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final, cast

from flask import Flask, current_app
from flask.blueprints import BlueprintSetupState

from media_service.cache import StaleIfError
from media_service.playback.access.gate import Gate
from media_service.playback.access.partner_terms import PartnerTerms
from media_service.playback.access.playback_ids import OtherVersions, PlaybackIds
from media_service.playback.access.rate_limits import RateLimits
from media_service.playback.access.references import References, SharedByLinks
from media_service.playback.access.signing import SigningKeys
from media_service.playback.manifests import delivery
from media_service.playback.manifests.delivery import Delivery
from media_service.playback.manifests.rendering import Manifests
from media_service.playback.serving.playlists import Addressing
from media_service.playback.serving.segment_cache import SegmentCache
from media_service.playback.serving.stored_objects import StoredObjects
from media_service.services import Services
from storage.catalogue.database import reading

_EXTENSION: Final = "lessonstream_playback"


@dataclass(frozen=True)
class Parts:
    """The parts of playback in one process: ``references`` signs for what plays elsewhere, ``segments`` gives the bytes
    of what plays here, ``delivery`` says who else may, ``addressing`` how playlists name them."""

    gate: Gate
    keys: SigningKeys
    references: References
    partner_terms: PartnerTerms
    rate_limits: RateLimits
    delivery: Delivery
    addressing: Addressing
    versions: OtherVersions
    manifests: Manifests
    stored: StoredObjects
    segments: SegmentCache


def assemble(services: Services) -> Parts:
    """Return the parts over clients of one process; nothing is asked yet."""
    settings, sessions = services.settings, reading(services.sessions)
    stale_if_error = StaleIfError(services.catalogue_heard_at)
    keys = SigningKeys(services.sessions, settings.secret_key, stale_if_error)
    rate_limits = RateLimits(
        services.counters, settings.viewer_requests_per_second, settings.address_requests_per_second
    )
    partner_terms = PartnerTerms(sessions, stale_if_error)
    references = References(sessions, settings.secret_key, settings.public_url, stale_if_error)
    chosen = delivery.choose(settings, services.objects)
    return Parts(
        gate=Gate(
            playback_ids=PlaybackIds(sessions, stale_if_error),
            keys=keys,
            partner_terms=partner_terms,
            shared_by_links=SharedByLinks(sessions, stale_if_error),
            references=references,
            rate_limits=rate_limits,
            admit_play=services.admit_play,
            public_url=settings.public_url,
        ),
        keys=keys,
        references=references,
        partner_terms=partner_terms,
        rate_limits=rate_limits,
        delivery=chosen,
        addressing=Addressing(chosen, time.monotonic() + settings.release_overlap),
        versions=OtherVersions(sessions, stale_if_error),
        manifests=Manifests(sessions, chosen, stale_if_error),
        stored=StoredObjects(sessions, stale_if_error, movies=settings.play_movies),
        segments=SegmentCache(services.objects),
    )


def install(state: BlueprintSetupState) -> None:
    """Give the application its parts; runs when the blueprint is registered."""
    state.app.extensions[_EXTENSION] = assemble(cast("Services", state.app.extensions["lessonstream"]))


def parts() -> Parts:
    """Return the parts of the application that handles the current request."""
    return parts_of(current_app)


def parts_of(app: Flask) -> Parts:
    """Return the parts of an application."""
    return cast("Parts", app.extensions[_EXTENSION])
