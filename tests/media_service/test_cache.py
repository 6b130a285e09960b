"""The cache of one process: bounded, fresh, and never a place where errors or absences stay."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from sqlalchemy.exc import OperationalError

from media_service.cache import CONFIRMED_SECONDS, LASTS_SECONDS, Cache, StaleIfError


def test_values_are_loaded_once_and_the_oldest_goes_first() -> None:
    cache: Cache[str, int] = Cache(2)
    assert [cache.get(key, lambda: 1) for key in "aab"] == [1, 1, 1]
    assert cache.get("a", lambda: 2) == 1
    cache.put("c", 3)
    assert (cache.find("a"), cache.find("b"), cache.find("c")) == (None, 1, 3)


def test_values_age() -> None:
    cache: Cache[str, int] = Cache(2, seconds=0.05)
    cache.put("a", 1)
    assert cache.find("a") == 1
    time.sleep(0.06)
    assert cache.find("a") is None


def test_absence_and_errors_are_not_kept() -> None:
    cache: Cache[str, int] = Cache(2)
    assert cache.get("a", lambda: None) is None
    with pytest.raises(ZeroDivisionError):
        cache.get("a", lambda: 1 // 0)
    assert cache.get("a", lambda: 5) == 5


def test_what_weighs_more_takes_the_place_of_several() -> None:
    cache: Cache[str, bytes] = Cache(10, weigh=len)
    for key, length in (("a", 4), ("b", 4), ("a", 5), ("c", 1)):
        cache.put(key, bytes(length))
    assert [cache.find(key) is not None for key in "abc"] == [True, True, True]
    cache.put("d", bytes(7))
    assert [cache.find(key) is not None for key in "abcd"] == [False, False, True, True]
    cache.put("e", bytes(11))
    assert cache.find("e") is None, "larger than all there is"


AWAY = OperationalError("SELECT", None, Exception("the server does not answer"))


def fail(error: Exception) -> Callable[[], int]:
    def load() -> int:
        raise error

    return load


def test_in_an_outage_what_was_known_shortly_before_counts_for_a_while() -> None:
    now = time.monotonic()
    heard = [now]
    cache: Cache[str, int] = Cache(5, seconds=0.01, stale_if_error=StaleIfError(lambda: heard[0]))
    cache.put("a", 1)
    time.sleep(0.02)
    assert [cache.get("a", fail(AWAY)) for _ in range(2)] == [1, 1]
    for unknown, error in (("b", AWAY), ("a", ValueError())):
        time.sleep(0.02)
        with pytest.raises(type(error)):
            cache.get(unknown, fail(error))
    heard[0] = now - LASTS_SECONDS - 1  # it has lasted for too long
    time.sleep(0.02)
    with pytest.raises(OperationalError):
        cache.get("a", fail(AWAY))
    heard[0] = now + CONFIRMED_SECONDS + 1  # others were answered long after this was
    with pytest.raises(OperationalError):
        cache.get("a", fail(AWAY))


def test_what_was_found_to_be_gone_before_an_outage_stays_gone() -> None:
    cache: Cache[str, int] = Cache(5, seconds=0.01, stale_if_error=StaleIfError(time.monotonic))
    cache.put("a", 1)
    time.sleep(0.02)
    assert cache.get("a", lambda: None) is None
    with pytest.raises(OperationalError):
        cache.get("a", fail(AWAY))
