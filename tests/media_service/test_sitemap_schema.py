"""Sitemaps are valid by the schemas of the protocol and of its extension for videos, whatever lessons are called."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Final

from media_service.library import feeds

SCHEMAS: Final = Path(__file__).parent / "sitemap_schemas"
BASE: Final = "https://media.example/library/x"
MOMENT: Final = datetime(2026, 11, 30, 8, 0, 0, 123456, tzinfo=timezone(timedelta(hours=8)))


def validate(folder: Path, *documents: str) -> str:
    """What is wrong with the first of them that is not valid; an empty text if all are."""
    paths = [folder / f"{number}.xml" for number in range(len(documents))]
    for path, document in zip(paths, documents, strict=True):
        path.write_text(document, encoding="utf-8")
    schemas = (SCHEMAS / "sitemap.xsd", SCHEMAS / "video.xsd")
    # The launcher compiles it, which takes less than a second.
    command = ["java", "-XX:TieredStopAtLevel=1", SCHEMAS / "Validate.java", *schemas, *paths]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
    assert done.stderr == "", done.stderr
    return done.stdout


def test_sitemaps_are_valid(tmp_path: Path) -> None:
    def entry(number: int, title: str, **more: object) -> feeds.Entry:
        url = f"{BASE}/lessons/{number}"
        of = {"player_url": f"{url}/play", "thumbnail_url": f"{url}/poster-640.webp?v=1"}
        return feeds.Entry(title, url, published_at=MOMENT, changed_at=MOMENT, **of, **more)  # type: ignore[arg-type]

    entries = [
        entry(1, "八段锦"),
        entry(2, "<b>&\x00\x0b]]>" + "长" * 300, description="d" * 9000, tags=["太极"] * 40),
        entry(3, "x", duration=0.2, expires=MOMENT.astimezone(UTC), views=7),
        entry(4, "whole day", duration=90_000.0),
    ]
    good = [
        feeds.sitemap(entries),
        feeds.pages([BASE, f"{BASE}/courses/1"]),
        feeds.index([(f"{BASE}/sitemap/pages.xml", None), (f"{BASE}/sitemap/1.xml", MOMENT)]),
    ]
    assert validate(tmp_path, *good) == ""
    # The schema sees what it is for.
    assert "duration" in validate(tmp_path, feeds.sitemap(entries[3:]).replace("28800", "28801"))
