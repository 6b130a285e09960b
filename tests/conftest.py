"""Fixtures for all tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import hypothesis
import pytest
from sharing import shared_stack
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker
from support import RunningStack

from storage.catalogue import database
from storage.catalogue.migrate import migrate
from storage.ids import new_id

# How long an example takes says more about the machine than about the code.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever uses the stack needs servers, whether its file says so or not: ``make check`` leaves it out.

    What needs servers or a browser shares the machine with all else that runs, and is tried a second time: pytest
    tells of each such test, and how many there were.
    """
    for item in items:
        if "stack" in getattr(item, "fixturenames", ()):
            item.add_marker("integration")
        if any(item.get_closest_marker(name) for name in ("integration", "browser", "faults")):
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """The whole of Lessonstream, started once for all tests that only use it. Those that harm it start their own."""
    folder = tmp_path_factory.getbasetemp()
    with shared_stack(folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) as running:
        yield running


@pytest.fixture(scope="session")
def sessions(stack: RunningStack) -> Iterator[sessionmaker[Session]]:
    """A catalogue of its own on the stack's PostgreSQL, so that no worker takes the steps of these tests."""
    with _own_catalogue(stack) as own:
        yield own


@pytest.fixture(scope="session")
def other_sessions(stack: RunningStack) -> Iterator[sessionmaker[Session]]:
    """Another one: that of another platform."""
    with _own_catalogue(stack) as own:
        yield own


@pytest.fixture(scope="module")
def empty_catalogue(stack: RunningStack) -> Iterator[sessionmaker[Session]]:
    """One that holds nothing yet: what PostgreSQL plans does not depend on what other tests have left."""
    with _own_catalogue(stack) as own:
        yield own


@pytest.fixture(scope="module")
def three_catalogues(stack: RunningStack) -> Iterator[list[sessionmaker[Session]]]:
    """Those of three platforms that exchange lessons."""
    with _own_catalogue(stack) as one, _own_catalogue(stack) as two, _own_catalogue(stack) as three:
        yield [one, two, three]


@contextmanager
def _own_catalogue(stack: RunningStack) -> Iterator[sessionmaker[Session]]:
    base, _, _ = stack.environment["DATABASE_URL"].rpartition("/")
    name = f"test_{new_id()}"
    server = create_engine(
        f"{base}/postgres".replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT"
    )
    with server.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    url = f"{base}/{name}"
    migrate(url)
    engine = database.connect(url)
    yield sessionmaker(engine, expire_on_commit=False)
    engine.dispose()
    with server.connect() as connection:
        connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    server.dispose()
