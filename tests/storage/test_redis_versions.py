"""Which servers are called weak: by release, and the one that comes along is not."""

from __future__ import annotations

import pytest

from storage.embedded.servers import redis_weakness
from storage.redis_versions import weakness, weakness_of_program


@pytest.mark.parametrize(
    ("info", "weak"),
    [
        ({"redis_version": "6.2.14"}, True),
        ({"redis_version": "6.2.20"}, False),
        ({"redis_version": "7.0.15"}, True),
        ({"redis_version": "7.4.5"}, True),
        ({"redis_version": "8.4.0"}, False),
        ({"redis_version": "7.2.4", "valkey_version": "8.1.3"}, True),
        ({"redis_version": "7.2.4", "valkey_version": "8.1.4"}, False),
        ({"redis_version": "7.2.4", "valkey_version": "9.0.0"}, False),
        ({"redis_version": "unknown"}, False),
        ({}, False),
    ],
)
def test_releases_with_known_holes_are_told(info: dict[str, str], weak: bool) -> None:
    assert bool(weakness(info)) is weak


def test_what_a_program_says_of_itself_is_understood() -> None:
    assert "6.2.14" in weakness_of_program("Redis server v=6.2.14 sha=00000000:0 malloc=libc bits=64")
    assert weakness_of_program("Valkey server v=9.1.2 sha=00000000:1 malloc=libc bits=64") == ""


def test_the_server_that_comes_along_has_none() -> None:
    assert redis_weakness() == ""
