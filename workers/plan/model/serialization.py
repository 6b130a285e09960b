"""How a plan is stored: one flat document for the picture, and for each sound, whatever the values are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from workers.plan.model.entry import Entry
from workers.plan.model.plan import Plan, VideoPlan
from workers.plan.model.rungs import Rung
from workers.plan.model.sounds import AudioPlan
from workers.plan.model.storyboard import Storyboard
from workers.plan.model.time_grid import TimeGrid
from workers.plan.model.treatment import Treatment

FORMAT = 5
"""Number of the shape in which plans are stored. It rises with each change that a release before would misread or not
obey: a part that changes its meaning, or a new one without which steps would make something else."""

OLDEST_FORMAT = 0
"""The oldest that this release reads. Formats were not numbered before 1, which is like what was before."""

_KEYS: Final = {
    "crf": "quality",
    "maxrate": "maximum",
    "bufsize": "buffer",
    "target_vmaf": "aim",
    "passthrough": "own",
    "source_encoding": "own",
    "joint_streams": "together",
    "start_offset": "late",
}
"""Names in the document that are not those of the fields: an earlier release reads them."""

_PARTS: Final[Mapping[str, type]] = {
    "grid": TimeGrid,
    "treatment": Treatment,
    "storyboard": Storyboard,
    "entry": Entry,
}
"""Parts of a value whose fields stand in the document beside those of the value itself."""

_VIDEO: Final = ("grid", "treatment", "storyboard", "entry")
_SOUND: Final = ("entry",)

_adapter = TypeAdapter(Plan)


class UnreadablePlan(Exception):
    """A stored plan cannot be read by this release: it is damaged, or its format is too old."""


class NewerPlan(UnreadablePlan):
    """A newer release wrote the plan."""


def plan_to_json(plan: Plan) -> dict[str, Any]:
    """Return the plan as the catalogue stores it."""
    return {"format": FORMAT, **_flat(plan)}


def plan_from_json(document: dict[str, Any]) -> Plan:
    """Return the plan that ``plan_to_json`` wrote. Raises ``UnreadablePlan``."""
    number = document.get("format", 0)
    if not isinstance(number, int) or number < OLDEST_FORMAT:
        raise UnreadablePlan(f"format {number!r}")
    if number > FORMAT:
        raise NewerPlan(f"format {number}; this release reads up to {FORMAT}")
    try:
        return _adapter.validate_python(_nested(document))
    except (ValidationError, TypeError, LookupError, AttributeError) as error:
        raise UnreadablePlan(f"format {number}: {error}") from error


def hardware_has_failed(document: Mapping[str, Any] | None) -> bool:
    """Return whether the plan that is stored, if there is one, leaves its picture to software for good."""
    try:
        video = plan_from_json(dict(document or {})).video
    except UnreadablePlan:
        return False
    return video is not None and not video.hardware


def _flat(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(map(_flat, value))
    if not is_dataclass(value):
        return value
    document: dict[str, Any] = {}
    for field in fields(value):
        stored = _flat(getattr(value, field.name))
        document |= stored if field.name in _PARTS else {_KEYS.get(field.name, field.name): stored}
    return document


def _nested(document: Mapping[str, Any]) -> dict[str, Any]:
    """Put what stands flat in a document into its parts. Raises ``TypeError`` and its like if it has another shape."""
    video = document["video"]
    if video is not None:
        rungs = [_taken(rung, Rung) for rung in video["rungs"]]
        video = _taken(video, VideoPlan) | _parts(video, *_VIDEO) | {"rungs": rungs}
    sounds = [_taken(sound, AudioPlan) | _parts(sound, *_SOUND) for sound in document["sounds"]]
    return {**document, "video": video, "sounds": sounds}


def _parts(document: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: _taken(document, _PARTS[name]) for name in names}


def _taken(document: Mapping[str, Any], kind: type) -> dict[str, Any]:
    """Return what a document has of the fields of a value, by their names."""
    keys = {field.name: _KEYS.get(field.name, field.name) for field in fields(kind)}
    return {name: document[key] for name, key in keys.items() if key in document}
