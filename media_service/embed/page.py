"""What the player page is told about a playback ID."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from typing import Any

from configs.failures import CODE_UNKNOWN, FAILURES, failure_message
from media_service.playback.access.gate import Admission
from media_service.playback.access.playback_ids import Playback
from media_service.playback.access.tokens import IMAGE, STORYBOARD
from media_service.playback.serving.links import Links
from media_service.progress import ProgressDocument
from storage.catalogue.models import Track

FALSE_WORDS = ("0", "false", "no", "off")
TRUE_WORDS = ("", "1", "true", "yes", "on")

SLOWEST, FASTEST = 0.25, 4.0

STORYBOARD_IMAGE = "storyboard"
"""Name of the image that is the storyboard's sheet."""

_LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}")


def page_data(
    admission: Admission,
    progress: ProgressDocument,
    images: Sequence[str],
    tracks: Sequence[Track],
    arguments: Mapping[str, str],
    *,
    origin: float = 0.0,
    studied: bool = False,
    has_movie: bool = False,
    reference: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The page's data, also what it polls while a version is being made. Addresses are the page's own origin's.

    ``images`` are the names of those that exist: the poster's and the storyboard's. A token that does not open pictures
    gets no picture's address. All addresses are of one version: a player that has begun stays with it.
    ``origin`` is the second of the version that the player calls 0: that of the first segment of a token's clip;
    ``studied`` says that the token's course asks for study hours, ``has_movie`` that the movie of an interactive
    version may be played itself. ``reference``: what plays it is to be asked of the
    platform it came from, by its ``status_url``; ``name`` is what that is called.
    """
    playback = admission.playback
    links = Links("", playback.id, admission.token)
    picture = playback.picture
    poster = next((name for name in images if name != STORYBOARD_IMAGE), None)
    if admission.is_blind:
        tracks = [track for track in tracks if track.kind == "captions"]
    has_storyboard = STORYBOARD_IMAGE in images and admission.allows(STORYBOARD)
    return {
        "playback_id": playback.id,
        "title": playback.title,
        "kind": playback.kind or "video",
        "state": playback.state,
        "progress": progress.model_dump(),
        "failure": _failure(playback) if playback.state == "failed" else None,
        "version_id": playback.version_id,
        "manifest_url": links.manifest_of(playback.version_id),
        "poster_url": links.poster_of(playback.version_id, poster)
        if poster and admission.allows(IMAGE)
        else None,
        "storyboard_url": links.storyboard_of(playback.version_id) if has_storyboard else None,
        "status_url": links.status,
        "beats_url": links.beats,
        "views_url": links.views,
        "study_url": links.study if studied else None,
        "reference": reference,
        "mark": admission.grant.mark if admission.grant is not None else None,
        "token_expires_in": _seconds_left(admission),
        "duration": _duration(admission, origin),
        "width": picture.width if picture else None,
        "height": picture.height if picture else None,
        "loop": playback.loop,
        "interactive": playback.is_interactive,
        "movie_url": links.movie_of(playback.version_id) if has_movie else None,
        "tracks": [
            {
                "kind": track.kind,
                "language": track.language,
                "label": track.language if admission.is_blind else track.label,
                "url": links.track(playback.version_id, track.id),
            }
            for track in tracks
        ],
        # Of a clip that plays elsewhere, the player there begins to count at its start.
        "options": options(arguments) if reference else _begin(options(arguments), admission, origin),
    }


def options(arguments: Mapping[str, str]) -> dict[str, Any]:
    """Player options from the query of the page's address; what makes no sense is as if it were not there."""
    lang = arguments.get("lang", "").lower()
    return {
        "autoplay": _flag(arguments.get("autoplay")),
        "muted": bool(_flag(arguments.get("muted"))),
        "loop": bool(_flag(arguments.get("loop"))),
        "controls": _flag(arguments.get("controls")) is not False,
        "resume": _flag(arguments.get("resume")),
        "start": _seconds(arguments.get("start") or arguments.get("t")),
        "end": _seconds(arguments.get("end")) or None,
        "speed": _speed(arguments.get("speed")),
        "captions": _captions(arguments.get("captions")),
        "slides": _flag(arguments.get("slides")),
        "preferences": _flag(arguments.get("preferences")) is not False,
        "lang": "zh" if lang.startswith("zh") else "en" if lang.startswith("en") else None,
    }


def _duration(admission: Admission, origin: float) -> float | None:
    picture, clip = admission.playback.picture, admission.clip
    if picture is None or clip is None:
        return picture.duration if picture else None
    return min(picture.duration, clip.end) - origin


def _begin(chosen: dict[str, Any], admission: Admission, origin: float) -> dict[str, Any]:
    if admission.clip is None:
        return chosen
    end = max(0.0, chosen["end"] - origin) if chosen["end"] else None
    return {**chosen, "start": max(0.0, (chosen["start"] or admission.clip.start) - origin), "end": end}


def _seconds_left(admission: Admission) -> float | None:
    """How long the token lasts, as a span: the clocks of viewers are wrong. None for public playback IDs."""
    return max(0.0, admission.grant.expires_at - time.time()) if admission.grant else None


def _failure(playback: Playback) -> dict[str, Any]:
    code = playback.failure_code if playback.failure_code in FAILURES else CODE_UNKNOWN
    return {"code": code, "message": failure_message(code, playback.failure_words).to_json()}


def _flag(value: str | None) -> bool | None:
    """None where nothing is said: animations play by themselves unless told not to."""
    return None if value is None else value.lower() not in FALSE_WORDS


def _speed(value: str | None) -> float | None:
    speed = _seconds(value)
    return speed if SLOWEST <= speed <= FASTEST else None


def _captions(value: str | None) -> str | None:
    """ "on" for the reader's language, another language by its tag, "" for none; None where nothing is said."""
    if value is None:
        return None
    if value.lower() in FALSE_WORDS:
        return ""
    if value.lower() in TRUE_WORDS:
        return "on"
    return value if _LANGUAGE_TAG.fullmatch(value) else None


def _seconds(value: str | None) -> float:
    try:
        seconds = float(value or 0)
    except ValueError:
        return 0
    return seconds if 0 <= seconds < 1e7 else 0
