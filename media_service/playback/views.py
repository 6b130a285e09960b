"""Playback over HTTP: ``/v/{playback_id}/...``. Thin: the gate admits, the other parts find and send."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import PurePosixPath

from flask import Blueprint, Response, request

from media_service.playback.access.gate import SEGMENT_GRACE, Admission
from media_service.playback.access.token_limits import Clip
from media_service.playback.access.tokens import DOWNLOAD, IMAGE, STORYBOARD, VIDEO
from media_service.playback.manifests.clips import open_bytes
from media_service.playback.manifests.presentation import ChunkRanges
from media_service.playback.manifests.rendering import RenderedPlaylist
from media_service.playback.manifests.storyboard import sheet_of, storyboard_vtt
from media_service.playback.parts import install, parts
from media_service.playback.pictures import thumbnails
from media_service.playback.pictures.image_options import FORMATS
from media_service.playback.serving.content_disposition import content_disposition
from media_service.playback.serving.playlists import (
    M3U8,
    PLAYLIST_SECONDS,
    playlist_cache_control,
    require_names,
    require_open,
    tell_start,
)
from media_service.playback.serving.responses import (
    JoinedObjects,
    send_object,
    send_text,
    wanted_range,
)
from media_service.playback.serving.stored_objects import StoredObject
from media_service.problems import ApiError
from media_service.services import services
from storage.byte_ranges import RangeNotSatisfiable
from storage.catalogue.file_names import AUDIO_FILE, VIDEO_FILE
from storage.catalogue.models import Image
from storage.catalogue.pictures import CHOSEN, ImageFormat
from storage.ids import is_id
from storage.tracks.read import read
from storage.tracks.webvtt import cut

blueprint = Blueprint("playback", __name__, url_prefix="/v/<playback_id>")
blueprint.record_once(install)

MPD = "application/dash+xml"
VTT = "text/vtt; charset=utf-8"

IMAGE_SECONDS = 300
STAND_IN_SECONDS = 10
"""How long caches may keep a poster that stands in for its smaller self."""

FOREVER = 365 * 24 * 3600

NOT_YET = {"Retry-After": "10"}
"""With an answer that what is made of a ready version is not made yet."""

_FORMATS = ", ".join(FORMATS)
_NUMBER = re.compile(r"0|[1-9][0-9]{0,4}")


@blueprint.get("/master.m3u8")
@blueprint.get("/<version_id>.m3u8")
@blueprint.get("/<version_id>/<name>.m3u8")
def playlist(playback_id: str, version_id: str = "", name: str = "") -> Response:
    """Stand for addresses that their layer answers (``serving.playlists``), so that other methods are told them."""
    raise NotImplementedError


@blueprint.get("/manifest.mpd")
def manifest(playback_id: str) -> Response:
    """The DASH manifest of the current version, once it is ready."""
    admission = _admit(playback_id, VIDEO)
    playback = admission.playback
    if playback.state == "failed":
        raise ApiError("video_failed")
    limits = admission.limits
    if admission.clip is not None or admission.is_blind:  # what is only told in HLS
        raise ApiError("token_not_allowed")
    rendered = parts().manifests.manifest(
        playback,
        storyboard=admission.allows(STORYBOARD),
        max_height=limits.max_height if limits is not None else None,
    )
    if rendered is None:
        raise ApiError("not_playable_yet", headers=NOT_YET)
    if request.method == "GET":
        tell_start(admission, request.environ, services().count_start)
    return _send_playlist(admission, rendered, master=True, content_type=MPD)


@blueprint.get("/<version_id>/tracks/<track_id>.m3u8")
def captions(playback_id: str, version_id: str, track_id: str) -> Response:
    """The media playlist of a caption track."""
    admission = _admit(playback_id, VIDEO)
    require_names(version_id, track_id)
    found = parts().manifests.caption_playlist(admission.playback, version_id, track_id)
    return _send_playlist(admission, found)


@blueprint.get("/<version_id>/tracks/<track_id>.vtt")
def track(playback_id: str, version_id: str, track_id: str) -> Response:
    """Captions or chapters as WebVTT."""
    admission = _admit(playback_id, VIDEO, grace=SEGMENT_GRACE)
    require_names(version_id, track_id)
    key = parts().stored.track_key(admission.playback.asset_id, version_id, track_id)
    if key is None:
        raise ApiError("not_found")
    if admission.clip is not None:
        return _send_cut_track(admission, admission.clip, key)
    info = services().objects.stat(key)
    stored = StoredObject(key, info.size, info.etag, VTT)
    return send_object(services().objects, stored, admission.cache_control(PLAYLIST_SECONDS))


@blueprint.get("/<version_id>/<name>/<number>.mp4")
def chunk(playback_id: str, version_id: str, name: str, number: str) -> Response:
    """One chunk's object; players ask for byte ranges of it. Its URL names the version, so it never changes."""
    admission = _admit(playback_id, VIDEO, grace=SEGMENT_GRACE)
    require_names(version_id, name)
    # Not a converter of Werkzeug's: 00 and digits of other scripts would be 0 as well.
    if not _NUMBER.fullmatch(number):
        raise ApiError("not_found")
    require_open(parts().manifests, admission, version_id, name)
    stored = parts().stored.chunk(admission.playback.asset_id, version_id, name, int(number))
    if stored is None:
        raise ApiError("not_found")
    if admission.clip is not None:
        chunks = parts().manifests.ranges(admission.playback.asset_id, version_id, name)
        _require_covered(chunks, admission.clip, int(number), stored)
    return send_object(parts().segments, stored, admission.cache_control(FOREVER, immutable=True))


@blueprint.get("/<version_id>/movie.swf")
def movie(playback_id: str, version_id: str) -> Response:
    """The Flash movie of an interactive version, as it was sent, for players that play it themselves."""
    admission = _of_version(_admit(playback_id, VIDEO), version_id)
    playback = admission.playback
    stored = parts().stored.movie(playback.asset_id, version_id) if playback.is_interactive else None
    if stored is None:
        raise ApiError("not_found")
    if not admission.opens_movie:
        raise ApiError("video_failed" if playback.state == "failed" else "token_not_allowed")
    # Not for ever, though it never changes: it is what its author may want back.
    return send_object(services().objects, stored, admission.cache_control(IMAGE_SECONDS))


@blueprint.get(f"/poster.<any({_FORMATS}):image_format>")
def poster(playback_id: str, image_format: ImageFormat) -> Response:
    """The poster of the current version, as it is or in another shape."""
    admission = _admit(playback_id, IMAGE)
    if admission.clip is not None:  # the poster may be of another part
        return _send_frame(admission, image_format)
    image = _image(admission, admission.playback.poster)
    if image_format != "jpg" or request.args.keys() & {"width", "height", "fit"}:
        wish = thumbnails.choose_poster(image, request.args, image_format)
        try:
            image = thumbnails.obtain(services(), parts().stored, admission.playback.version_id, wish)
        except ApiError as refusal:
            if not thumbnails.poster_stands_in(wish, refusal):
                raise
            return _send_stored_image(admission, image, STAND_IN_SECONDS)
    return _send_stored_image(admission, image)


@blueprint.get("/<version_id>/poster.jpg")
def poster_of(playback_id: str, version_id: str) -> Response:
    """The poster of one version, for those who began with it."""
    admission = _of_version(_admit(playback_id, IMAGE), version_id)
    if admission.clip is not None:
        return _send_frame(admission, "jpg")
    return _send_image(admission, admission.playback.poster)


@blueprint.get("/<version_id>/posters/<poster_id>.jpg")
def chosen_poster(playback_id: str, version_id: str, poster_id: str) -> Response:
    """A poster that an author chose; if that is gone, the one that took its place."""
    admission = _of_version(_admit(playback_id, IMAGE), version_id)
    require_names(version_id, poster_id)
    if admission.clip is not None:
        return _send_frame(admission, "jpg")
    image = parts().stored.image(version_id, CHOSEN + poster_id)
    if image is None:
        return _send_image(admission, admission.playback.poster)
    stored = StoredObject(image.object_key, image.size, image.sha256, image.content_type)
    return send_object(services().objects, stored, admission.cache_control(FOREVER, immutable=True))


@blueprint.get("/storyboard.jpg")
@blueprint.get("/<version_id>/storyboard.jpg")
def storyboard_sheet(playback_id: str, version_id: str | None = None) -> Response:
    """The sheet of tiles that the storyboard's cues point into."""
    return _send_image(_of_version(_admit(playback_id, STORYBOARD), version_id), "storyboard")


@blueprint.get("/storyboard.vtt")
@blueprint.get("/<version_id>/storyboard.vtt")
def storyboard(playback_id: str, version_id: str | None = None) -> Response:
    """Previews along the time line. They name the sheet of their own version, for caches keep both apart."""
    admission = _of_version(_admit(playback_id, STORYBOARD), version_id)
    image = _image(admission, "storyboard")
    picture = admission.playback.picture
    sheet = sheet_of(image.details, image.size)
    duration = picture.duration if picture else sheet.seconds * sheet.count
    folder = "" if version_id else f"{admission.playback.version_id}/"
    uri, etag = f"{folder}storyboard.jpg{admission.query}", image.sha256[:32]
    if (clip := admission.clip) is None:
        body = storyboard_vtt(sheet, duration, uri)
    else:
        start = parts().manifests.clip_start(admission.playback, clip)
        body, etag = storyboard_vtt(sheet, duration, uri, start, clip.end), f"{etag}-{start:g}-{clip.end:g}"
    return send_text(body, VTT, etag, admission.cache_control(IMAGE_SECONDS))


@blueprint.get(f"/thumbnail.<any({_FORMATS}):image_format>")
def thumbnail(playback_id: str, image_format: ImageFormat) -> Response:
    """The frame at ``time`` seconds in the shape of ``width``, ``height`` and ``fit``, snapped to what is made."""
    return _send_frame(_admit(playback_id, IMAGE), image_format)


def _admit(playback_id: str, kind: str, *, grace: float = 0) -> Admission:
    """Judge the current request for media, with the token of its query."""
    token = request.args.get("token", "")
    return parts().gate.admit(playback_id, kind, token, grace=grace, environ=request.environ)


def _of_version(admission: Admission, version_id: str | None) -> Admission:
    """Let the request play another version of its asset. Raises ``not_found``."""
    if version_id is None or version_id == admission.playback.version_id:
        return admission
    playback = parts().versions.find(admission.playback, version_id) if is_id(version_id) else None
    if playback is None:
        raise ApiError("not_found")
    return replace(admission, playback=playback)


def _send_frame(admission: Admission, image_format: ImageFormat) -> Response:
    playback = admission.playback
    if playback.played_there is not None:
        raise ApiError("image_not_found")
    if not playback.is_playable or playback.picture is None:
        raise ApiError("image_not_found")
    clip = admission.clip
    arguments = dict(request.args)
    if clip:
        arguments.setdefault("time", str(clip.start))
    wish = thumbnails.choose(playback.picture, arguments, image_format)
    if clip and not clip.start - 0.1 <= (wish.time or 0.0) <= clip.end:
        raise ApiError("token_not_allowed")
    image = thumbnails.obtain(services(), parts().stored, playback.version_id, wish)
    return _send_stored_image(admission, image)


@blueprint.get("/preview.webp")
def preview(playback_id: str) -> Response:
    """A few seconds of the current version as a moving picture."""
    admission = _admit(playback_id, IMAGE)
    if admission.clip is not None:
        raise ApiError("token_not_allowed")
    if parts().stored.image(admission.playback.version_id, "preview") is None:
        coming = parts().stored.is_coming(admission.playback.version_id, "preview")
        raise ApiError("image_not_found", headers=NOT_YET if coming else None)
    return _send_image(admission, "preview")


@blueprint.get(f"/{VIDEO_FILE}")
def download(playback_id: str) -> Response:
    """The best rung and the sound in one file, to be saved."""
    return _send_file(playback_id, VIDEO_FILE)


@blueprint.get(f"/{AUDIO_FILE}")
def audio(playback_id: str) -> Response:
    """The sound alone, to be saved."""
    return _send_file(playback_id, AUDIO_FILE)


def _send_cut_track(admission: Admission, clip: Clip, key: str) -> Response:
    cues = read(b"".join(services().objects.stream(key))).cues
    start = parts().manifests.clip_start(admission.playback, clip)
    body = cut(cues, start, clip.end).decode()
    etag = hashlib.sha256(body.encode()).hexdigest()[:32]
    return send_text(body, VTT, etag, admission.cache_control(PLAYLIST_SECONDS))


def _send_file(playback_id: str, name: str) -> Response:
    admission = _admit(playback_id, DOWNLOAD)
    if admission.limits is not None and not admission.limits.whole_files:
        raise ApiError("token_not_allowed")
    playback = admission.playback
    if playback.state == "failed":
        raise ApiError("video_failed")
    stored = parts().stored.file(playback.version_id, name)
    if stored is None:
        planned = services().settings.downloads and playback.state != "ready"
        if planned or parts().stored.is_coming(playback.version_id, name):
            raise ApiError("download_not_ready", headers=NOT_YET)
        raise ApiError("download_not_found")
    objects = services().objects
    return send_object(
        JoinedObjects(objects, partial(parts().stored.places, objects, playback.version_id, stored))
        if stored.joined
        else objects,
        stored,
        admission.cache_control(IMAGE_SECONDS),
        disposition=content_disposition(playback.title, PurePosixPath(name).suffix),
    )


def _send_playlist(
    admission: Admission,
    rendered: RenderedPlaylist | None,
    *,
    master: bool = False,
    content_type: str = M3U8,
) -> Response:
    if rendered is None:
        raise ApiError("not_found")
    body, etag = parts().addressing.for_viewer(admission, rendered)
    return send_text(body, content_type, etag, playlist_cache_control(admission, rendered, master=master))


def _image(admission: Admission, name: str) -> Image:
    image = parts().stored.image(admission.playback.version_id, name)
    if image is None:
        raise ApiError("image_not_found")
    return image


def _send_image(admission: Admission, name: str) -> Response:
    return _send_stored_image(admission, _image(admission, name))


def _send_stored_image(admission: Admission, image: Image, seconds: int = IMAGE_SECONDS) -> Response:
    stored = StoredObject(image.object_key, image.size, image.sha256, image.content_type)
    return send_object(services().objects, stored, admission.cache_control(seconds))


def _require_covered(chunks: Sequence[ChunkRanges], clip: Clip, number: int, stored: StoredObject) -> None:
    """Chunks are larger than segments: only such bytes of one are sent as the clip's playlists name."""
    try:
        part = wanted_range(stored)
    except RangeNotSatisfiable:
        part = None
    first, end = (part.start, part.start + part.length) if part else (0, stored.size)
    if not any(start <= first and end <= stop for start, stop in open_bytes(chunks, clip, number)):
        raise ApiError("token_not_allowed")
