"""How long a foreign harvester takes for all of a province, and what it costs that a hundred platforms follow it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import sickle
import urllib3
from oaipmh_scythe import Scythe
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session, sessionmaker

from benchmarks import catalogue
from benchmarks.figure import Figure
from benchmarks.stack import MeasuredStack, measured_stack
from storage.catalogue import database, organizations
from storage.catalogue.models import Asset, Category, ChangeLog, Organization, RecordMark, Version

ASSETS = catalogue.FEW
HARVEST_GOAL = 60.0
SUBSCRIBERS = 100
POLL_SECONDS = 10.0
POLLED_FOR = 60.0
CORE_GOAL = 0.05
CHANGES = 30
"""While all follow, one lesson is changed in so many seconds as this goes into ``POLLED_FOR``."""


def measure(folder: Path) -> Sequence[Figure]:
    """All public: first everything by two harvesters, then polls for what is new, then polls while something is."""
    with measured_stack(folder, WORKERS="1") as stack:
        began = time.monotonic()
        lesson, keys = _fill(stack)
        written = time.monotonic() - began
        figures = []
        for name, harvest in (("Sickle", _by_sickle), ("oaipmh-scythe", _by_scythe)):
            began, web = time.monotonic(), stack.cpu_seconds()
            found = list(harvest(f"{stack.url}/oai"))
            took, web = time.monotonic() - began, stack.cpu_seconds() - web
            note = f"{len(found)} records, {len(set(found))} of them different; {web:.1f} CPU s of the stack"
            if name == "Sickle":
                note += f"; the log was written {written:.0f} s after filling began"
            figures.append(Figure(f"harvest by {name}", took, HARVEST_GOAL, "s", 1, note=note))
            if len(found) != ASSETS:
                raise RuntimeError(f"{name} has {len(found)} records instead of {ASSETS}")
        idle = _cores(stack, POLLED_FOR, lambda: time.sleep(POLLED_FOR))
        after = {key: _end(stack, key) for key in keys}
        polled = _cores(stack, POLLED_FOR, lambda: _follow(stack, after, lambda: None))
        claim = f"cores that {SUBSCRIBERS} subscribers take"
        note = f"a poll each in {POLL_SECONDS:.0f} s; the idle stack takes {idle:.3f}"
        figures.append(Figure(f"{claim}, nothing is new", polled - idle, CORE_GOAL, "cores", 1, note=note))
        changed = _cores(stack, POLLED_FOR, lambda: _follow(stack, after, lambda: _change(stack, lesson)))
        note = f"{CHANGES} changes in {POLLED_FOR:.0f} s, each told to all; what the changes take is in it"
        figures.append(Figure(f"{claim}, something is new", changed - idle, CORE_GOAL, "cores", 1, note=note))
    return figures


def _fill(stack: MeasuredStack) -> tuple[str, Sequence[str]]:
    """The schools' lessons, all public, and a key of a portal for each subscriber; once the keeper has told of all."""
    engine = database.connect(stack.environment["DATABASE_URL"])
    sessions = sessionmaker(engine)
    with sessions.begin() as session:
        callers = catalogue.fill(session, ASSETS)
        lesson = callers[-1].assets[0]
        province = session.scalars(select(Organization).where(Organization.name == "bench province")).one()
        province.library = True
        category = Category(organization_id=province.id, code="1", name_zh="健康", name_en="Health")
        session.add(category)
        session.flush()
        session.execute(update(Version).values(state="ready"))
        session.execute(
            update(Asset).values(
                visibility="public",
                effective_visibility="public",
                licence={"code": "CC-BY-4.0"},
                category_ids=[category.id],
                contributors=[{"role": "presenter", "name": "李老师", "organization": "一中"}],
            )
        )
        keys = [_key(session, province.id, number) for number in range(SUBSCRIBERS)]
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    while True:
        with sessions() as session:
            left = session.scalar(select(func.count()).select_from(RecordMark))
            told = session.scalar(select(ChangeLog.sequence)) or 0
        if not left and told >= ASSETS:
            break
        time.sleep(0.5)
    engine.dispose()
    return lesson, keys


def _key(session: Session, province: str, number: int) -> str:
    city = organizations.create_organization(session, f"subscriber {number}", province).id
    return organizations.create_api_key(session, city, "portal", "subscriber")[1]


def _by_sickle(url: str) -> Iterator[str]:
    for record in sickle.Sickle(url).ListRecords(metadataPrefix="oai_dc"):
        yield record.header.identifier


def _by_scythe(url: str) -> Iterator[str]:
    with Scythe(url) as harvester:
        for record in harvester.list_records(metadata_prefix="oai_dc"):
            yield record.header.identifier


def _cores(stack: MeasuredStack, seconds: float, action: Callable[[], object]) -> float:
    before = stack.cpu_seconds()
    action()
    return (stack.cpu_seconds() - before) / seconds


def _end(stack: MeasuredStack, key: str) -> str:
    """Where a subscriber stands that has read everything."""
    page = {"next": "", "more": True}
    while page["more"]:
        after = f"&after={page['next']}" if page["next"] else ""
        page = json.loads(stack.request("GET", f"/v1/changes?limit=500{after}", key=key).data)
    return str(page["next"])


def _follow(stack: MeasuredStack, after: dict[str, str], change: Callable[[], object]) -> None:
    """All poll, evenly spread, while something is done now and then; each goes on from where it was."""
    pool = urllib3.PoolManager(maxsize=8)
    changes = threading.Thread(target=_repeat, args=(change,))
    changes.start()
    began, pause = time.monotonic(), POLL_SECONDS / SUBSCRIBERS
    for number in range(round(POLLED_FOR / pause)):
        key = list(after)[number % SUBSCRIBERS]
        time.sleep(max(0.0, began + number * pause - time.monotonic()))
        url = f"{stack.url}/v1/changes?limit=500&after={after[key]}"
        answer = pool.request("GET", url, headers={"Authorization": f"Bearer {key}"})
        if answer.status != 200:
            raise RuntimeError(f"a poll is answered {answer.status}")
        after[key] = json.loads(answer.data)["next"]
    changes.join()


def _repeat(change: Callable[[], object]) -> None:
    for _ in range(CHANGES):
        time.sleep(POLLED_FOR / CHANGES)
        change()


def _change(stack: MeasuredStack, lesson: str) -> None:
    stack.request("PATCH", f"/v1/assets/{lesson}", json={"description": f"{time.monotonic()}"})
