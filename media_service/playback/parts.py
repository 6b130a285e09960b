"""The parts of playback, put together once for an application."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, cast

from flask import Flask, current_app
from flask.blueprints import BlueprintSetupState

from media_service.outage import Outage
from media_service.playback.access.gate import Gate
from media_service.playback.access.meter import Meter
from media_service.playback.access.playback_ids import PlaybackIds
from media_service.playback.access.sharing import Sharing
from media_service.playback.access.signing import SigningKeys
from media_service.playback.manifests import delivery
from media_service.playback.manifests.delivery import Delivery
from media_service.playback.manifests.lookups import Manifests
from media_service.playback.serving.recent import RecentRanges
from media_service.playback.serving.stored import StoredObjects
from media_service.services import Services

_EXTENSION: Final = "lessonstream_playback"


@dataclass(frozen=True)
class Parts:
    """What one process plays with: ``segments`` gives their bytes, ``delivery`` says who else may."""

    gate: Gate
    keys: SigningKeys
    meter: Meter
    delivery: Delivery
    manifests: Manifests
    stored: StoredObjects
    segments: RecentRanges


def assemble(services: Services) -> Parts:
    """Return the parts over clients of one process; nothing is asked yet."""
    settings = services.settings
    outage = Outage(services.catalogue_heard_at)
    keys = SigningKeys(services.sessions, settings.secret_key, outage)
    meter = Meter(
        services.counters, settings.viewer_requests_per_second, settings.address_requests_per_second
    )
    chosen = delivery.choose(settings, services.objects)
    return Parts(
        gate=Gate(
            playback_ids=PlaybackIds(services.sessions, outage),
            keys=keys,
            sharing=Sharing(services.sessions, outage),
            meter=meter,
            admit_play=services.admit_play,
            public_url=settings.public_url,
        ),
        keys=keys,
        meter=meter,
        delivery=chosen,
        manifests=Manifests(services.sessions, chosen, outage),
        stored=StoredObjects(services.sessions, outage),
        segments=RecentRanges(services.objects),
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
