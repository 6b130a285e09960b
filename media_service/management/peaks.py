"""How loud an asset's sound is from moment to moment, for those who edit its captions."""

from __future__ import annotations

from base64 import b64encode
from typing import Final

from flask import Blueprint
from pydantic import BaseModel

from media_service import auth
from media_service.openapi import operation
from media_service.problems import ApiError
from media_service.services import services
from storage.catalogue import files
from storage.catalogue.file_names import PEAK_SECONDS, PEAKS_FILE
from storage.catalogue.models import Version

blueprint = Blueprint("peaks", __name__, url_prefix="/v1/assets/<asset_id>/peaks")

_TRY_AGAIN: Final = {"Retry-After": "5"}


class PeaksDocument(BaseModel):
    """``values``, in base64, has a byte for each ``seconds_each`` of the sound: 255 at full scale, 0 for silence; none
    where there is no sound."""

    seconds_each: float
    values: str


@blueprint.get("")
@auth.require(*auth.READERS, scope="read")
@operation(
    "Show how loud an asset is",
    tag="Captions and chapters",
    answer=PeaksDocument,
    errors=("asset_not_found", "peaks_not_ready"),
)
def show(asset_id: str) -> PeaksDocument:
    """Its waveform, to be drawn beside captions. Made soon after an asset is ready, of an older one when asked for."""
    with services().sessions() as session:
        version = session.get_one(Version, auth.asset(session, asset_id).current_version_id)
        if version.facts is not None and not version.facts.sounds:
            return PeaksDocument(seconds_each=PEAK_SECONDS, values="")
        found = files.find_file(session, version.id, PEAKS_FILE)
    if found is None:
        if version.state == "ready":
            files.order_peaks(services().sessions, version.id)
            services().wake()
        raise ApiError("peaks_not_ready", headers=_TRY_AGAIN)
    values = services().objects.get(found.object_key)
    return PeaksDocument(seconds_each=PEAK_SECONDS, values=b64encode(values).decode())
