"""Fixtures for all tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support import RunningStack, running_stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """The whole of Lessonstream, started once for all tests that only use it. Those that harm it start their own."""
    with running_stack(tmp_path_factory.mktemp("stack") / "data", "--port", "0") as running:
        yield running
