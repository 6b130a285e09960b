"""Steps as they are planned, before they stand in the ledger. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from configs.words import StepKind

FIRST_KIND: Final = "inspect"
"""Kind of the step from which all others of a version follow."""

LAST_KIND: Final = "publish"
"""The kind of the step that makes a version ready: once it is there, all that is needed is planned."""


@dataclass(frozen=True)
class NewStep:
    """A step to add. ``after`` names the kinds of step that must all be done before it; ``weight`` is the
    expected work in CPU seconds. A version does without ``optional`` ones: they are no part of its progress, and it
    does not fail with them. What a step would make that is ``done`` is there already."""

    kind: StepKind
    name: str
    params: dict[str, Any] = field(default_factory=dict)
    after: tuple[StepKind, ...] = ()
    weight: float = 1.0
    optional: bool = False
    done: bool = False
