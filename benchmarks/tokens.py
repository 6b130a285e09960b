"""How long a portal waits for the stream URLs of a page of 100 videos, of a catalogue of 15,000."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import quantiles
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import insert, select, text
from sqlalchemy.orm import sessionmaker

from benchmarks.figure import Figure
from benchmarks.lessons import planned
from benchmarks.stack import MeasuredStack, measured_stack
from storage.catalogue import database
from storage.catalogue.models import Asset, Organization, PlaybackId, Version
from storage.ids import new_id, new_public_id

ASSETS = 15_000
SCHOOLS = 30
PAGE = 100
ROUNDS = 400
WARM_UP = 40
GOAL_MS = 20.0

_CHUNKS = [{"first": 100 * number, "frames": 1600, "segments": 16} for number in range(45)]
_PLAN: dict[str, Any] = {"kind": "video", "video": {"chunks": _CHUNKS}, "sounds": [{"chunks": _CHUNKS}]}
_FACTS = planned(len(_CHUNKS))


def measure(folder: Path) -> Sequence[Figure]:
    """Pages of signed videos named in all three ways, one request after the other, each until its last byte."""
    with measured_stack(folder) as stack:
        items = _fill(stack)
        # Steps through all of the catalogue, so that no page is asked for twice before every other was.
        pages = [[items[(page * PAGE + 7919 * n) % ASSETS] for n in range(PAGE)] for page in range(ROUNDS)]
        for page in pages[:WARM_UP]:
            _milliseconds(stack, page)
        before = stack.cpu_seconds()
        times = [_milliseconds(stack, page) for page in pages]
        cpu = 1000 * (stack.cpu_seconds() - before) / ROUNDS
    percentiles = quantiles(times, n=100)
    note = (
        f"{ASSETS} assets, {ROUNDS} requests of {PAGE}; p50 {percentiles[49]:.1f} ms, {cpu:.1f} ms of CPU each; "
        f"{PAGE} signatures alone take this machine {_signatures():.1f} ms"
    )
    return [Figure("stream URLs of 100 videos, p99", percentiles[98], GOAL_MS, "ms", 1, note=note)]


def _milliseconds(stack: MeasuredStack, page: Sequence[Mapping[str, str]]) -> float:
    body = json.dumps({"items": page, "viewer": "student-7"})
    headers = {"Authorization": f"Bearer {stack.api_key}", "Content-Type": "application/json"}
    url = f"{stack.url}/v1/playback-tokens"
    begin = time.perf_counter()
    data = stack.client.pool.request("POST", url, body=body, headers=headers).data
    took = 1000 * (time.perf_counter() - begin)
    answer = json.loads(data)
    if len(answer["tokens"]) != PAGE or not all(entry["token"] for entry in answer["tokens"]):
        raise RuntimeError("not every video got its token")
    return took


def _signatures() -> float:
    key = Ed25519PrivateKey.generate()
    begin = time.process_time()
    for _ in range(10 * PAGE):
        key.sign(bytes(300))
    return 1000 * (time.process_time() - begin) / 10


def _fill(stack: MeasuredStack) -> list[dict[str, str]]:
    """Ready, signed assets of schools below the key's organization; the names that a portal asks by."""
    engine = database.connect(stack.environment["DATABASE_URL"])
    items: list[dict[str, str]] = []
    with sessionmaker(engine).begin() as session:
        root = session.execute(select(Organization.id).where(Organization.parent_id.is_(None))).scalar_one()
        schools = [
            {"id": new_id(), "parent_id": root, "name": f"school {number}"} for number in range(SCHOOLS)
        ]
        session.execute(insert(Organization), schools)
        assets, versions, playback_ids = [], [], []
        for number in range(ASSETS):
            asset_id, version_id, playback_id = new_id(), new_id(), new_public_id()
            asset = {"id": asset_id, "organization_id": schools[number % SCHOOLS]["id"]}
            assets.append({**asset, "title": f"第 {number} 课", "external_id": f"course-{number}"})
            version = {"id": version_id, "asset_id": asset_id, "file_name": "lesson.mp4", "kind": "video"}
            versions.append({**version, "state": "ready", "plan": _PLAN, "facts": _FACTS})
            playback_ids.append({"id": playback_id, "asset_id": asset_id, "policy": "signed"})
            names = {
                "playback_id": playback_id,
                "asset_id": asset_id,
                "external_id": f"course-{number}",
            }
            name = list(names)[number % len(names)]
            items.append({name: names[name]})
        session.execute(insert(Asset), assets)
        session.execute(insert(Version), versions)
        session.execute(insert(PlaybackId), playback_ids)
        current = [{"id": version["asset_id"], "current_version_id": version["id"]} for version in versions]
        session.bulk_update_mappings(Asset, current)  # type: ignore[arg-type]
    with engine.begin() as connection:
        connection.execute(text("ANALYZE"))  # as the server does by itself within a minute
    engine.dispose()
    return items
