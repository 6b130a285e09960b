"""What must not come a second time: names that were taken, remembered in Redis for all processes."""

from __future__ import annotations

from redis import Redis
from redis.exceptions import RedisError

_PREFIX = "lessonstream:once:"


class OnceUnknown(Exception):
    """Redis is away, so nobody can tell whether a name was taken."""


class Once:
    """Names as one process takes them."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def take(self, name: str, seconds: int) -> bool:
        """Whether nobody has taken the name within ``seconds``; it is taken then. Raises ``OnceUnknown``."""
        try:
            return bool(self._redis.set(_PREFIX + name, 1, ex=seconds, nx=True))
        except RedisError as error:
            raise OnceUnknown(str(error)) from error
