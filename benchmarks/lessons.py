"""What the catalogue knows of lessons that benchmarks write straight into it."""

from __future__ import annotations

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from storage.catalogue import chunks as kept_chunks
from storage.catalogue.facts import PlannedSound, VersionFacts
from workers.packing import AT_A_TIME


def pack_all(engine: Engine) -> None:
    """Pack the chunks of all lessons, which have to be ready, as the keeper does, and let the server clean up."""
    with Session(engine) as session, session.begin():
        while kept_chunks.pack_next(session, "", AT_A_TIME):
            pass
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


def planned(chunks: int, *, longest_segment: float = 188 * 1024 / 48_000) -> VersionFacts:
    """Of a lesson of so many minutes, a chunk for each; ``longest_segment`` in seconds."""
    return VersionFacts(
        duration=60.0 * chunks,
        width=1920,
        height=1080,
        source_width=1920,
        source_height=1080,
        frame_rate=25.0,
        loop=False,
        longest_segment=longest_segment,
        picture_chunks=chunks,
        sounds=(PlannedSound("audio", chunks=chunks),),
        decisions=("a sentence about a rung that was left out",) * 5,
    )
