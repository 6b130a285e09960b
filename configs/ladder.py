"""Reads ``ladder.toml``; every mistake in it becomes a sentence."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

DEFAULT_PATH = Path(__file__).with_name("ladder.toml")


class LadderError(ValueError):
    """``ladder.toml`` cannot be used; the message says which entry and why."""


@dataclass(frozen=True)
class LadderRung:
    """One quality: ``lines`` is the shorter side in pixels, ``crf`` the rate factor, ``maxrate`` in kbit/s,
    ``vmaf`` what is aimed at."""

    name: str
    lines: int
    crf: float
    maxrate: int
    vmaf: float


@dataclass(frozen=True)
class Ladder:
    """All rungs, best first, and what they share."""

    segment_seconds: float
    preset: str
    audio_kilobits: int
    rungs: tuple[LadderRung, ...]


def load_ladder(path: Path = DEFAULT_PATH) -> Ladder:
    """Read and check the ladder. Raises ``LadderError``."""
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise LadderError(f"{path.name}: {error}") from error
    settings = document.get("settings", {})
    rungs = tuple(_rung(path.name, entry) for entry in document.get("rung", []))
    if not rungs:
        raise LadderError(f"{path.name}: there must be at least one [[rung]]")
    for better, worse in pairwise(rungs):
        if worse.lines >= better.lines or worse.maxrate >= better.maxrate:
            raise LadderError(
                f"{path.name}: rung {worse.name} must have fewer lines and a lower maxrate than {better.name}"
            )
    return Ladder(
        segment_seconds=_number(path.name, "settings", settings, "segment_seconds"),
        preset=_string(path.name, "settings", settings, "preset"),
        audio_kilobits=int(_number(path.name, "settings", settings, "audio_kilobits")),
        rungs=rungs,
    )


def _rung(file: str, entry: dict[str, Any]) -> LadderRung:
    where = f"rung {entry.get('name', '?')}"
    return LadderRung(
        name=_string(file, where, entry, "name"),
        lines=int(_number(file, where, entry, "lines")),
        crf=_number(file, where, entry, "crf"),
        maxrate=int(_number(file, where, entry, "maxrate")),
        vmaf=_number(file, where, entry, "vmaf"),
    )


def _number(file: str, where: str, entry: dict[str, Any], key: str) -> float:
    value = entry.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        raise LadderError(f"{file}: {where}: {key} must be a number above zero, got {value!r}")
    return value


def _string(file: str, where: str, entry: dict[str, Any], key: str) -> str:
    value = entry.get(key)
    if not isinstance(value, str) or not value:
        raise LadderError(f"{file}: {where}: {key} must be a text, got {value!r}")
    return value
