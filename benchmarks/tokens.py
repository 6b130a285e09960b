"""What the stream URLs of a page of 100 videos cost, of a catalogue of 15,000, and how long a portal waits for them."""

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
from benchmarks.stack import MeasuredStack, is_database, is_web, measured_stack
from storage.catalogue import database
from storage.catalogue.models import Asset, Organization, PlaybackId, Version
from storage.ids import new_id, new_public_id

ASSETS = 15_000
SCHOOLS = 30
PAGE = 100
ROUNDS = 400
WARM_UP = 40
GOAL_MS = 20.0
GOAL_CPU_MS = 8.0
GOAL_KB = 3.0

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
            _milliseconds(stack, page, addresses=["embed_url"])
        whole, times = _measured(stack, pages)
        short, _ = _measured(stack, pages, addresses=["embed_url"])
        full = len(_asked(stack, items[:1]))
        alone = len(_asked(stack, items[:1], addresses=["embed_url"]))
    percentiles = quantiles(times, n=100)
    size = f"{ASSETS} assets, {ROUNDS} requests of {PAGE}"
    signatures = f"{PAGE} signatures alone take this machine {_signatures():.1f} ms"
    return [
        Figure(
            "stream URLs of 100 videos, p99",
            percentiles[98],
            GOAL_MS,
            "ms",
            1,
            note=f"{size}; p50 {percentiles[49]:.1f} ms",
        ),
        Figure(
            "CPU of 100 tokens, with the page's address each",
            sum(short),
            GOAL_CPU_MS,
            "ms",
            1,
            note=f"{_split(short)}; with all addresses and snippets {whole[0]:.1f} ms of the web service; {signatures}",
        ),
        Figure(
            "answer of one token, with the page's address",
            alone / 1000,
            GOAL_KB,
            "kB",
            1,
            note=f"{full / 1000:.1f} kB with all addresses and snippets",
        ),
    ]


def _split(cpu: tuple[float, float]) -> str:
    return f"{cpu[0]:.1f} ms of the web service, {cpu[1]:.1f} of PostgreSQL"


def _measured(
    stack: MeasuredStack, pages: Sequence[Sequence[Mapping[str, str]]], **wishes: object
) -> tuple[tuple[float, float], list[float]]:
    """CPU milliseconds of a request, of web service and PostgreSQL, and how long each took."""
    times, (web, data) = stack.cpu_of(
        lambda: [_milliseconds(stack, page, **wishes) for page in pages], is_web, is_database
    )
    return (1000 * web / len(pages), 1000 * data / len(pages)), times


def _milliseconds(stack: MeasuredStack, page: Sequence[Mapping[str, str]], **wishes: object) -> float:
    begin = time.perf_counter()
    data = _asked(stack, page, **wishes)
    took = 1000 * (time.perf_counter() - begin)
    answer = json.loads(data)
    if len(answer["tokens"]) != len(page) or not all(entry["token"] for entry in answer["tokens"]):
        raise RuntimeError("not every video got its token")
    return took


def _asked(stack: MeasuredStack, page: Sequence[Mapping[str, str]], **wishes: object) -> bytes:
    body = json.dumps({"items": page, "viewer": "student-7", **wishes})
    headers = {"Authorization": f"Bearer {stack.api_key}", "Content-Type": "application/json"}
    url = f"{stack.url}/v1/playback-tokens"
    return bytes(stack.client.pool.request("POST", url, body=body, headers=headers).data)


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
