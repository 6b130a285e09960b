"""Views: whether 500 beats a second are all counted, and how long a day of two million views takes to add up."""

from __future__ import annotations

import argparse
import http.client
import json
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from benchmarks import clips
from benchmarks.figure import Figure, report
from benchmarks.stack import MeasuredStack, measured_stack
from storage.catalogue import database, view_days, view_partitions
from storage.ids import new_id

SECONDS = 600
PER_SECOND = 500
VIEWS = 2_000_000
ASSETS = 15_000
PARTNERS = 3
ADD_UP_SECONDS = 60.0
SENDERS = 16
SETTLE_SECONDS = 120.0

DAY = date(2026, 1, 15)

_FROM_EVERYWHERE: Final = {"ADDRESS_REQUESTS_PER_SECOND": "0", "TRUSTED_PROXIES": "127.0.0.1"}
"""Of one address a thousand plays count in ten minutes; these come by way of a proxy."""

PLAYS = text("""
INSERT INTO plays
SELECT :day, 'p' || number, 'a' || mod(number * 7919, :assets), 'o' || mod(number * 7919, :assets) % 200, 'v', 'i',
       CASE number % :partners WHEN 0 THEN '' ELSE 'n' || number % :partners END,
       md5((number / 2)::text), 'player', CASE number % 20 WHEN 0 THEN 'repeated' ELSE 'counted' END, 1, NULL, 1,
       now(), now(), now(), now(), 3, 600000, 60000, 0, 1, 50000, 50000, 50000, 45000,
       ARRAY[0, 30000, 60000, 75000], ARRAY[0, 5, 10 + (number % 80)::integer, 12 + (number % 80)::integer],
       500, 1, 200, '{}', 45000000, 50000, 1500, 2, 6000000
  FROM generate_series(1, CAST(:plays AS bigint)) AS number
""")


def measure(folder: Path, seconds: int = SECONDS, views: int = VIEWS) -> Sequence[Figure]:
    """``seconds`` of beats through the whole stack, then a day of ``views`` views straight in its catalogue."""
    with measured_stack(folder, WORKERS="1", DOWNLOADS="off", **_FROM_EVERYWHERE) as stack:
        engine = database.connect(stack.environment["DATABASE_URL"])
        sessions = sessionmaker(engine)
        figures = [*_ingest(stack, sessions, folder, seconds), *_add_up(sessions, views)]
        engine.dispose()
    return figures


def _ingest(
    stack: MeasuredStack, sessions: sessionmaker[Session], folder: Path, seconds: int
) -> Sequence[Figure]:
    """Each play tells twice; half of the plays are too short to count. Their tabs differ, and so do their viewers."""
    asset = stack.wait_ready(stack.upload(clips.small_lesson(folder)))
    address = urlsplit(stack.url)
    path = f"/v/{asset['playback_ids'][0]['id']}/beats"
    began = time.monotonic()
    taken, wanted = [0] * SENDERS, [0] * SENDERS

    def send(sender: int) -> None:
        connection = http.client.HTTPConnection(address.hostname or "", address.port)
        number = 0
        while (due := began + number * SENDERS / PER_SECOND) < began + seconds:
            time.sleep(max(0.0, due - time.monotonic()))
            if number % 2 == 0:
                name, long = new_id(), number % 4 == 0
            sequence = number % 2
            at = 6_000 * (sequence + 1)
            beat = {
                "sequence": sequence,
                "at": at,
                "played": [[at - 6_000, at - 500 if long else at - 5_000]],
            }
            body = json.dumps({"play": name, "tab": name, "sent": at, "beats": [beat]})
            viewers = f"10.{sender}.{number // 400}.{number // 2 % 200}"
            headers = {"Content-Type": "application/json", "X-Forwarded-For": viewers}
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            answer.read()
            taken[sender] += answer.status == http.client.NO_CONTENT
            wanted[sender] += long and sequence == 1
            number += 1

    threads = [threading.Thread(target=send, args=[sender]) for sender in range(SENDERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lasted = time.monotonic() - began
    sent, should = sum(taken), sum(wanted)
    told, counted, plays, behind = _settled(sessions, asset["id"], sent)
    note = (
        f"{sent} beats in {lasted:.0f} s, {counted} of {plays} plays counted, the last {behind:.1f} s later"
    )
    return [
        Figure("beats that are taken a second", sent / lasted, PER_SECOND, "", 0.99, more_is_better=True),
        Figure("beats in the catalogue of those taken", told, sent, "", 1.0, more_is_better=True, note=note),
        Figure("views of plays that should count", counted, should, "", 1.0, more_is_better=True),
        Figure("views too many or too few", abs(counted - should), should, "", 0.0),
    ]


def _settled(sessions: sessionmaker[Session], asset_id: str, sent: int) -> tuple[int, int, int, float]:
    """Beats, views and plays in the catalogue, and after how long all were there."""
    began = time.monotonic()
    while True:
        with sessions() as session:
            told = int(session.execute(text("SELECT count(*) FROM beats")).scalar_one())
            clicks = text("SELECT clicks FROM assets WHERE id = :id")
            counted = int(session.execute(clicks, {"id": asset_id}).scalar_one())
            plays = int(session.execute(text("SELECT count(*) FROM plays")).scalar_one())
            stale = session.execute(text("SELECT count(*) FROM stale_days")).scalar_one()
        waited = time.monotonic() - began
        if (told >= sent and not stale) or waited > SETTLE_SECONDS:
            return told, counted, plays, waited
        time.sleep(0.2)


def _add_up(sessions: sessionmaker[Session], views: int) -> Sequence[Figure]:
    with sessions.begin() as session:
        view_partitions.make(session, [DAY])
        given = {"day": DAY, "assets": ASSETS, "partners": PARTNERS, "plays": views * 20 // 19}
        session.execute(PLAYS, given)
    with sessions.begin() as session:
        session.execute(text("ANALYZE plays"))
    took, sums = zip(*(_once(sessions) for _ in range(2)), strict=True)
    goal = ADD_UP_SECONDS * views / VIEWS
    note = f"{sums[0][0]:,} views of {sums[0][1]:,} rows; the second time {took[1]:.1f} s"
    return [
        Figure(f"a day of {views:,} views added up", took[0], goal, "s", 1.0, note=note),
        Figure("figures that moved the second time", float(sums[0] != sums[1]), 1.0, "", 0.0),
    ]


def _once(sessions: sessionmaker[Session]) -> tuple[float, tuple[int, int, str]]:
    began = time.monotonic()
    with sessions.begin() as session:
        view_days.roll_up_day(session, DAY)
    took = time.monotonic() - began
    digest = text(
        "SELECT sum(views)::bigint, count(*), md5(string_agg(days::text, '' ORDER BY asset_id, partner_id)) "
        "FROM view_days AS days WHERE day = :day"
    )
    with sessions() as session:
        views, rows, told = session.execute(digest, {"day": DAY}).one()
    return took, (views, rows, told)


def main() -> int:
    """A shorter run: ``python -m benchmarks.views 30 --views 200000``."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.views", description=__doc__)
    parser.add_argument("seconds", nargs="?", type=int, default=SECONDS, help="how long beats are sent")
    parser.add_argument("--views", type=int, default=VIEWS, help="views of the day that is added up")
    options = parser.parse_args()
    print(f"began {datetime.now(ZoneInfo('UTC')):%H:%M:%S} UTC", file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="lessonstream-bench-") as folder:
        return report(measure(Path(folder), options.seconds, options.views))


if __name__ == "__main__":
    sys.exit(main())
