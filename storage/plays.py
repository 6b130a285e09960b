"""How many players of one viewer are at work: leases in Redis, the one place where plays are counted.

Playing must not end because the counter is away: then everybody may go on, and nobody waits for it.
"""

from __future__ import annotations

import logging
import threading
import time

from redis import Redis
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

LEASE_SECONDS = 45
"""How long a player counts after its last request. One that plays asks for a segment every few seconds."""

RENEW_SECONDS = 10.0
"""How long one process does not ask again for a player that it let in."""

_AWAY_SECONDS = 5.0
_MOST_KNOWN = 10_000

# The server's own clock; one round trip; two players that come at once cannot both take the last place.
_TAKE = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) and redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then
  return 0
end
redis.call('ZADD', KEYS[1], now + tonumber(ARGV[3]), ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
"""


class Plays:
    """The leases as one process sees them."""

    def __init__(self, redis: Redis) -> None:
        self._take = redis.register_script(_TAKE)
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str], float] = {}
        self._away_until = float("-inf")

    def admit(self, viewer: str, player: str, limit: int) -> bool:
        """Whether ``player`` is one of at most ``limit`` that play for ``viewer``; its lease begins anew if it is."""
        now = time.monotonic()
        if self._known.get((viewer, player), 0) > now or self._away_until > now:
            return True
        try:
            taken = self._take(
                keys=[f"lessonstream:plays:{viewer}"], args=[player, limit, LEASE_SECONDS * 1000]
            )
        except RedisError as error:
            log.warning("plays are not counted: %s", error)
            self._away_until = now + _AWAY_SECONDS
            return True
        with self._lock:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            if taken:
                self._known[viewer, player] = now + RENEW_SECONDS
        return bool(taken)
