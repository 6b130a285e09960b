"""Whether the API is as fast with a catalogue of 150,000 assets as with one of 15,000, for a school and a province."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random
from statistics import quantiles
from typing import Any, Final
from urllib.parse import quote, urlencode

from sqlalchemy import Engine, insert, text
from sqlalchemy.orm import Session, sessionmaker

from benchmarks import spoken as spoken_words
from benchmarks.figure import Figure
from benchmarks.lessons import planned
from benchmarks.stack import MeasuredStack, measured_stack
from configs.words import VersionState
from storage.catalogue import database, organizations
from storage.catalogue.models import Asset, Organization, PlaybackId, Version
from storage.ids import new_id, new_public_id
from storage.search_words import search_vector

FEW, MANY = 15_000, 150_000
CITIES, COUNTIES, SCHOOLS = 10, 9, 11
"""Of a province, of a city, of a county: 1,090 organizations below the province."""

CAPTIONED = 10
"""One in so many has captions."""

ROUNDS, WARM_UP = 200, 20
PAGE = 50
_SETTLE_SECONDS: Final = 1800.0
GOAL_MS = 30.0
GROWTH = 1.5
"""Of a tenth of a millisecond the machine's own changes are a large part."""

_FACTS: Final = planned(45)
_STATES: Final[tuple[VersionState, ...]] = ("ready",) * 97 + ("failed",) * 3


@dataclass(frozen=True)
class Caller:
    """A key with some assets that it sees; ``keep`` says who is kept waiting."""

    keep: str
    key: str
    assets: Sequence[str]


TITLE_WORDS: Final = (
    "社区教育",
    "社区",
    "教育",
    "健康",
    "养生",
    "讲座",
    "第",
    "课",
    "健康养生讲座",
    "主讲教师",
)
RARE_WORDS: Final = ("太极拳", "太极拳入门", "旧版", "第 77", "拳入")
SAID: Final = spoken_words.vocabulary()

SEARCHES: Final[Sequence[tuple[str, Sequence[str], Mapping[str, str]]]] = (
    ("the 20 commonest words", (*TITLE_WORDS, *SAID[:10]), {}),
    ("the 20 commonest with facets", (*TITLE_WORDS, *SAID[:10]), {"facets": "true"}),
    ("rare words", RARE_WORDS, {}),
    ("what is rarely said", SAID[500:3000], {}),
    ("the commonest by date", TITLE_WORDS, {"sort": "-created_at"}),
    ("the commonest, narrowed", TITLE_WORDS, {"language": "en", "min_duration": "60"}),
)
"""What is looked for, and how."""

Call = tuple[str, str, object]
"""Method, path and JSON."""


def measure(folder: Path) -> Sequence[Figure]:
    """Lists, single assets and tokens, in turns; each request until its last byte."""
    with measured_stack(folder) as stack:
        few = _times(stack, _fill(stack, FEW))
        many = _times(stack, _fill(stack, MANY - FEW))
    figures = []
    for what, times in many.items():
        before, after = _percentile(few[what], 95), _percentile(times, 95)
        claim = f"{what} of {MANY:,} assets, p95"
        figures.append(Figure(f"{claim}, by that of {FEW:,}", after, before, "ms", GROWTH))
        if what.startswith(("list", "search", "suggestions")):
            figures.append(
                Figure(claim, after, GOAL_MS, "ms", 1, note=f"p50 {_percentile(times, 50):.1f} ms")
            )
    return figures


def _percentile(times: Sequence[float], wanted: int) -> float:
    return quantiles(times, n=100)[wanted - 1]


def _times(stack: MeasuredStack, callers: Sequence[Caller]) -> Mapping[str, Sequence[float]]:
    """Milliseconds, by what is asked and by whom."""
    kinds: Mapping[str, Callable[[Caller, Random], Call]] = {
        "list": lambda _caller, _random: ("GET", f"/v1/assets?limit={PAGE}", None),
        "list of what failed": lambda _caller, _random: ("GET", "/v1/assets?state=failed&count=true", None),
        "list by title": lambda _caller, _random: ("GET", "/v1/assets?sort=title", None),
        "show": lambda caller, random: ("GET", f"/v1/assets/{random.choice(caller.assets)}", None),
        "token": lambda caller, random: (
            "POST",
            "/v1/playback-tokens",
            {"asset_id": random.choice(caller.assets)},
        ),
        **{f"search {what}": _search(words, **more) for what, words, more in SEARCHES},
        "suggestions": lambda _caller, random: (
            "GET",
            f"/v1/search/suggestions?q={quote(random.choice(TITLE_WORDS)[:2])}",
            None,
        ),
    }
    found: dict[str, list[float]] = {
        f"{what} for the {caller.keep}": [] for what in kinds for caller in callers
    }
    random = Random(1)
    for number in range(WARM_UP + ROUNDS):
        for what, call in kinds.items():
            for caller in callers:
                took = _milliseconds(stack, caller.key, *call(caller, random))
                if number >= WARM_UP:
                    found[f"{what} for the {caller.keep}"].append(took)
    return found


def _search(words: Sequence[str], **more: str) -> Callable[[Caller, Random], Call]:
    def call(_caller: Caller, random: Random) -> Call:
        asked = urlencode({"q": random.choice(words), **more})
        return "GET", f"/v1/search?{asked}", None

    return call


def _milliseconds(stack: MeasuredStack, key: str, method: str, path: str, document: object) -> float:
    begin = time.perf_counter()
    answer = stack.request(method, path, json=document, key=key)
    took = 1000 * (time.perf_counter() - begin)
    if answer.status not in (200, 201):
        raise RuntimeError(f"{method} {path} is answered {answer.status}")
    return took


def _fill(stack: MeasuredStack, assets: int) -> Sequence[Caller]:
    """So many more assets, of the schools in turns; a key of a school and one of the province."""
    engine = database.connect(stack.environment["DATABASE_URL"])
    with sessionmaker(engine).begin() as session:
        callers = fill(session, assets)
    settle(engine)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))  # as the server does by itself within minutes
    engine.dispose()
    return callers


def settle(engine: Engine) -> None:
    """Wait until the keeper has looked at what was written, which takes it minutes. Raises ``TimeoutError``."""
    deadline = time.monotonic() + _SETTLE_SECONDS
    is_behind = text("SELECT EXISTS (SELECT FROM record_marks)")
    while time.monotonic() < deadline:
        with engine.connect() as connection:
            if not connection.execute(is_behind).scalar_one():
                return
        time.sleep(1)
    raise TimeoutError("the keeper does not get to the end of what was written")


def fill(session: Session, assets: int) -> Sequence[Caller]:
    """Write a tree of schools, unless it is there, and ``assets`` of theirs, in turns; all signed, nearly all ready."""
    province, schools = _tree(session)
    owned: dict[str, list[str]] = {school: [] for school in schools}
    spoken: list[tuple[str, str]] = []
    for some in _chunks(range(assets), 5000):
        rows: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = []
        for number in some:
            asset_id, version_id = new_id(), new_id()
            school = schools[number % len(schools)]
            owned[school].append(asset_id)
            if number % CAPTIONED == 0:
                spoken.append((asset_id, version_id))
            asset = {"id": asset_id, "organization_id": school, **_named(number)}
            version = {"id": version_id, "asset_id": asset_id, "file_name": "lesson.mp4", "kind": "video"}
            state = _STATES[number // len(schools) % len(_STATES)]
            rows.append(
                (
                    asset,
                    {**version, "state": state, "facts": _FACTS},
                    {"id": new_public_id(), "asset_id": asset_id, "policy": "signed"},
                )
            )
        session.execute(insert(Asset), [row[0] for row in rows])
        session.execute(insert(Version), [row[1] for row in rows])
        session.execute(insert(PlaybackId), [row[2] for row in rows])
    session.execute(
        text(
            "UPDATE assets SET current_version_id = versions.id FROM versions "
            "WHERE versions.asset_id = assets.id AND current_version_id IS NULL"
        )
    )
    spoken_words.caption(session, spoken)
    school = schools[len(schools) // 2]
    everybody = [asset_id for asset_ids in owned.values() for asset_id in asset_ids]

    def key(organization_id: str) -> str:
        return organizations.create_api_key(session, organization_id, "admin", "benchmark")[1]

    return [
        Caller("school", key(school), owned[school]),
        Caller("province", key(province), everybody),
    ]


def _named(number: int) -> dict[str, Any]:
    """What an asset is called: every title holds 第 and 课, a tenth of them 健康, one in 500 太极拳, one in a thousand
    is in English; whole years, the first lessons, say 旧版."""
    title = " ".join(
        word
        for word, is_there in (
            ("社区教育", number % 3 == 0),
            ("健康养生讲座", number % 10 == 4),
            ("太极拳入门", number % 500 == 7),
            ("旧版", number < FEW // 5),
            (f"第 {number} 课", True),
        )
        if is_there
    )
    tags = ["健康"] if number % 10 == 4 else ["社区"]
    description = "主讲教师从基础讲起，结合身边的例子，适合没有经验的学员。" * 3
    return {
        "title": title,
        "tags": tags,
        "description": description,
        "language": "en" if number % 1000 == 5 else "zh",
        "search_words": search_vector(title, tags, description),
        # Few have many, most have some.
        "clicks": 1_000_000 // (1 + number * 7919 % MANY),
    }


def _tree(session: Session) -> tuple[str, list[str]]:
    """The province, made unless it is there, and all its schools."""
    named = session.query(Organization.id).filter(Organization.name == "bench province").scalar()
    if named is None:
        named = organizations.create_organization(session, "bench province").id
        for city in _children(session, named, CITIES, "city"):
            for county in _children(session, city, COUNTIES, "county"):
                _children(session, county, SCHOOLS, "school")
    schools = session.query(Organization.id).filter(Organization.name.like("school %")).order_by("id")
    return named, [row[0] for row in schools]


def _children(session: Session, parent_id: str, number: int, name: str) -> list[str]:
    return [
        organizations.create_organization(session, f"{name} {position}", parent_id).id
        for position in range(number)
    ]


def _chunks(values: range, size: int) -> Iterator[list[int]]:
    remaining = iter(values)
    while some := list(islice(remaining, size)):
        yield some
