"""Packs the chunks of what is finished, once nobody is left who would look for their rows."""

from __future__ import annotations

import time
from typing import Final

from sqlalchemy.orm import Session, sessionmaker

from storage.catalogue import chunks
from workers.rounds import Round

AT_A_TIME: Final = 50
"""Renditions that one round looks at."""

PAUSE_SECONDS: Final = 0.5
"""Between two of these rounds: after an upgrade, 15,000 lessons take half an hour."""


class Packing:
    """Begins ``overlap`` seconds after it was made: until then web processes of the release before, which know of rows
    alone, may still be there."""

    def __init__(self, sessions: sessionmaker[Session], overlap: float) -> None:
        self._sessions = sessions
        self._begins = time.monotonic() + overlap

    def pack(self, cursor: str) -> Round:
        """Look at some renditions after ``cursor``."""
        if time.monotonic() < self._begins:
            return Round(cursor)
        with self._sessions.begin() as session:
            seen = chunks.pack_next(session, cursor, AT_A_TIME)
        return Round(seen[-1], pause=PAUSE_SECONDS) if len(seen) == AT_A_TIME else Round()
