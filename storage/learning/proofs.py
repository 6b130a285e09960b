"""What study sessions prove: that beats follow each other, and that segments were fetched. Pure.

Both are hashes that begin with the session's secret (``nonce``), so nothing of another session, learner or day fits.
A segment's proof covers all of its bytes: who has not fetched it cannot know it, whichever cache it came from. The
service looks at some of them only, and which ones nobody knows before they are told (``chosen``).
"""

from __future__ import annotations

import base64
import hashlib
import math
from typing import Final

from storage.learning.beats import Beat, Fetched

PROOF_LENGTH: Final = 22
"""Characters of a segment's proof: the first 16 bytes of a SHA-256 in base64url."""

_PROOF_BYTES: Final = 16


def beat_text(beat: Beat) -> str:
    """What the hash of a beat covers, written so that Python and JavaScript write it alike. Times are the player's."""
    flags = (beat.muted, beat.visible, beat.in_view, beat.ended, beat.present)
    return "\n".join(
        [
            str(beat.sequence),
            str(beat.at),
            ",".join(f"{start}-{end}" for start, end in beat.played),
            str(math.floor(beat.rate * 1000 + 0.5)),
            "".join(str(int(flag)) for flag in flags),
            ",".join(f"{name}:{number}:{proof}" for name, number, proof in beat.fetched),
        ]
    )


def chained(before: str, beat: Beat) -> str:
    """The hash of a beat, ``before`` being that of the one before it, or the session's nonce."""
    return hashlib.sha256(f"{before}\n{beat_text(beat)}".encode()).hexdigest()


def proof_of(nonce: str, segment: bytes) -> str:
    """What proves that a segment was fetched."""
    digest = hashlib.sha256(nonce.encode() + segment).digest()[:_PROOF_BYTES]
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def chosen(beat: Beat, random: float, share: float) -> Fetched | None:
    """The proof of a beat that is looked at, of ``share`` of all beats that have some; ``random`` is from 0 to 1 and
    not known to whoever sent it."""
    if random >= share or not beat.fetched:
        return None
    return beat.fetched[int(random / share * len(beat.fetched))]
