"""Python programs as confined tools, for tests of the sandbox and of the runner."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from workers.ffmpeg import Finished, run
from workers.sandbox import Confinement, Limits, Means, choose
from workers.sandbox.choose import MEANS, examine
from workers.sandbox.policy import SYSTEM_LIBRARIES
from workers.source_server import SourceServer

LIMITS = Limits(cpu_seconds=20)

each_means = pytest.mark.parametrize(
    "means", [pytest.param(name, id=name) for name in MEANS if examine(name).problem is None], indirect=True
)
"""Runs a test under every means that this host has."""


@pytest.fixture
def means(request: pytest.FixtureRequest) -> Means:
    """The means named by the parameter, or the one that would be chosen."""
    return choose(getattr(request, "param", "auto"))


def python_tool(
    output: Path | None, limits: Limits = LIMITS, inputs: Mapping[str, Path] | None = None
) -> Confinement:
    """A confinement whose tool is this Python interpreter."""
    return Confinement(
        tool=Path(sys.executable).resolve(),
        libraries=(Path(sys.base_prefix), *SYSTEM_LIBRARIES),
        inputs=inputs or {},
        output=output,
        limits=limits,
    )


def run_python(
    means: Means,
    output: Path,
    program: str,
    *arguments: str,
    limits: Limits = LIMITS,
    inputs: Mapping[str, Path] | None = None,
    graphics: tuple[Path, ...] = (),
    source: SourceServer | None = None,
) -> Finished:
    """Run ``program`` as a confined tool that may write to ``output``."""
    confinement = replace(python_tool(output, limits, inputs), graphics=graphics)
    return run(confinement, ["-I", "-S", "-c", program, *arguments], means=means, source=source)
