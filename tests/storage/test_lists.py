"""Lists of assets: what they hold, in which order, and what they ask the catalogue."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from ledger import new_lesson, take
from revisions import database_at
from sqlalchemy import event, insert, select, text
from sqlalchemy.orm import Session, sessionmaker
from support import RunningStack

from storage.catalogue import (
    asset_lists,
    assets,
    collections,
    migrate,
    organizations,
    partners,
    playback,
    steps,
    trash,
    uploads,
)
from storage.catalogue.asset_lists import (
    ORDERS,
    AssetFilter,
    AssetOrder,
    count_assets,
    cursor_of,
    list_assets,
)
from storage.catalogue.models import Asset, Organization, Version
from storage.catalogue.reach import WIDE, Reach
from storage.catalogue.visibility import ANYBODY, Viewer
from storage.ids import first_id_of, new_id

pytestmark = pytest.mark.integration

Sessions = sessionmaker[Session]
MADE, STRANGE = 60, 60
STATES = ("ready", "failed", "processing")
KINDS = ("video", "audio", None)


@pytest.fixture(scope="module")
def sessions(empty_catalogue: Sessions) -> Sessions:
    """It is shown here how many rows are looked at."""
    return empty_catalogue


@pytest.fixture(scope="module")
def tree(sessions: Sessions) -> dict[str, str]:
    """A province with two cities of two schools each, and assets of all of them but the last school. It has so many
    other schools that it looks at everybody's assets first: some are strangers', the newest ones nearly all."""
    with sessions.begin() as session:
        found = {"province": organizations.create_organization(session, "province").id}
        for city in ("a", "b"):
            found[city] = organizations.create_organization(session, city, found["province"]).id
            for school in ("1", "2"):
                name = city + school
                found[name] = organizations.create_organization(session, name, found[city]).id
        empty = [{"id": new_id(), "parent_id": found["province"], "name": "empty"} for _ in range(WIDE)]
        session.execute(insert(Organization), empty)
        stranger = organizations.create_organization(session, "stranger").id
        owners = [*(found[name] for name in ("province", "a", "a1", "a2", "b1")), stranger]
        for number in range(MADE + STRANGE):
            # Some owners have many in a row, some titles are the same.
            owner = owners[number * number % 7 % len(owners)]
            if number > MADE and number % 20:
                owner = stranger
            version = assets.create_asset(session, owner, f"第 {number % 7} 课", "a.mp4", "public")
            row = session.get_one(Version, version.id)
            row.state, row.kind = STATES[number % 3], KINDS[number % 5 % 3]
            if number % 10 == 9:
                trash.remove(session, session.get_one(Asset, version.asset_id, populate_existing=True))
    return found


def below(session: Session, root: str) -> set[str]:
    tree = organizations.organizations_below(session, {root})
    return set(tree[root])


def expected(
    session: Session, root: str, order: AssetOrder, holds: Callable[[Asset, Version], bool]
) -> list[str]:
    """The slow way: everything is looked at, one by one."""
    rows = session.execute(select(Asset, Version).join(Version, Version.id == Asset.current_version_id)).all()
    owners = below(session, root)
    kept = [
        asset
        for asset, version in rows
        if asset.organization_id in owners and asset.deleted_at is None and holds(asset, version)
    ]
    kept.sort(key=lambda asset: cursor_of(asset, order), reverse=ORDERS[order].descending)
    return [asset.id for asset in kept]


def listed(session: Session, root: str, order: AssetOrder, wanted: AssetFilter, size: int) -> list[str]:
    """All pages, one after the other."""
    found: list[str] = []
    cursor = None
    while page := list_assets(session, Reach(root), wanted, order=order, limit=size, cursor=cursor):
        assert len(page) <= size
        found += [asset.id for asset in page]
        cursor = cursor_of(page[-1], order)
    return found


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("root", ["province", "a", "a1", "b2"])
def test_pages_hold_everything_once_in_order(
    sessions: Sessions, tree: dict[str, str], root: str, order: AssetOrder
) -> None:
    with sessions() as session:
        wanted = expected(session, tree[root], order, lambda _asset, _version: True)
        for size in (1, 7, 200):
            assert listed(session, tree[root], order, AssetFilter(), size) == wanted
        assert count_assets(session, Reach(tree[root]), AssetFilter()) == len(wanted)
    assert bool(wanted) == (root != "b2")


@pytest.mark.parametrize(
    ("wanted", "holds"),
    [
        (AssetFilter(states=["failed"]), lambda _, version: version.state == "failed"),
        (AssetFilter(states=["failed", "ready"]), lambda _, version: version.state in ("failed", "ready")),
        (AssetFilter(kinds=["audio"]), lambda _, version: version.kind == "audio"),
        (
            AssetFilter(states=["ready"], kinds=["audio", "video"]),
            lambda _, version: version.state == "ready" and version.kind in ("audio", "video"),
        ),
        (AssetFilter(states=["queued"]), lambda _asset, _version: False),
    ],
)
def test_filters(sessions: Sessions, tree: dict[str, str], wanted: AssetFilter, holds: Any) -> None:
    with sessions() as session:
        for order in ORDERS:
            for root in ("province", "a"):
                kept = expected(session, tree[root], order, holds)
                assert listed(session, tree[root], order, wanted, 4) == kept
                assert count_assets(session, Reach(tree[root]), wanted) == len(kept)


def test_a_list_between_two_moments(sessions: Sessions, tree: dict[str, str]) -> None:
    school = tree["b2"]
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    with sessions() as session:
        made = []
        for hour in range(6):
            version = assets.create_asset(session, school, "课", "a.mp4", "public")
            moment = noon + timedelta(hours=hour)
            # As the clock of the process that made the ID would have it.
            new = first_id_of(moment - timedelta(minutes=5))[:9] + new_id()[9:]
            session.execute(
                text(
                    "INSERT INTO assets (id, organization_id, title, created_at) VALUES (:id, :o, '课', :at)"
                ),
                {"id": new, "o": school, "at": moment},
            )
            session.execute(
                text("UPDATE versions SET asset_id = :id WHERE id = :version"),
                {"id": new, "version": version.id},
            )
            session.execute(
                text("UPDATE assets SET current_version_id = NULL WHERE id = :id"), {"id": version.asset_id}
            )
            session.execute(
                text("UPDATE assets SET current_version_id = :version WHERE id = :id"),
                {"id": new, "version": version.id},
            )
            made.append(new)
        wanted = AssetFilter(since=noon + timedelta(hours=1), before=noon + timedelta(hours=4))
        assert listed(session, school, "created_at", wanted, 2) == made[1:4]
        session.rollback()


def test_a_province_is_not_looked_through_school_by_school(sessions: Sessions, tree: dict[str, str]) -> None:
    looks = text("SELECT idx_scan FROM pg_stat_xact_user_tables WHERE relname = 'assets'")
    for wanted in (AssetFilter(), AssetFilter(states=["failed"]), AssetFilter(kinds=["audio", "video"])):
        with sessions() as session:
            reach, before = Reach(tree["province"]), session.execute(looks).scalar() or 0
            assert list_assets(session, reach, wanted, order="-created_at", limit=20, cursor=None)
            assert count_assets(session, reach, wanted)
            assert session.execute(looks).scalar_one() - before < 100 < WIDE


def test_a_list_knows_each_state_as_soon_as_it_is_there(sessions: Sessions) -> None:
    version_id = new_lesson(sessions)

    def state() -> tuple[str, str | None]:
        with sessions() as session:
            asset = session.execute(select(Asset).where(Asset.current_version_id == version_id)).scalar_one()
            return asset.state, asset.kind

    assert state() == ("queued", None)
    claim = take(sessions, version_id, "inspect")
    assert state() == ("processing", None)
    with sessions.begin() as session:
        steps.fail_version(session, claim.version_id, "source_damaged", "of no use")
        session.get_one(Version, version_id, populate_existing=True).kind = "audio"
    assert state() == ("failed", "audio")


@contextmanager
def parameters(session: Session) -> Iterator[list[int]]:
    """How many values went in with each statement, and how many rows came back with the last of them."""
    counted: list[int] = []

    def note(*of: Any) -> None:
        given = of[3]
        values = given.values() if isinstance(given, dict) else given
        counted.append(sum(len(value) if isinstance(value, list) else 1 for value in values))

    engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", note)
    yield counted
    event.remove(engine, "before_cursor_execute", note)


def test_a_key_high_in_the_tree_asks_no_more_than_one_at_its_end(sessions: Sessions) -> None:
    with sessions() as session:
        province = organizations.create_organization(session, "wide").id
        schools = [{"id": new_id(), "parent_id": province, "name": "school"} for _ in range(300)]
        session.execute(insert(Organization), schools)
        school = schools[150]["id"]
        version = assets.create_asset(session, school, "课", "a.mp4", "public", external_id="one")
        collection = collections.create_collection(session, Reach(school), "课程", [version.asset_id])
        asked = {}
        for root in (province, school):
            reach, viewer = Reach(root), Viewer(root, manages=True)
            with parameters(session) as counted:
                assert assets.find_asset(session, version.asset_id, reach)
                assert list_assets(session, reach, AssetFilter(), order="-created_at", limit=50, cursor=None)
                assert playback.find_playables(session, reach, viewer, asset_ids=[version.asset_id])
                assert playback.find_playables(session, reach, viewer, external_ids=["one"])
                assert collections.find_collection(session, collection.id, reach)
                assert collections.list_collections(session, reach, 50, None, viewer=viewer)
                assert not partners.list_partners(session, reach, 50, None)
                assert organizations.list_organizations(session, reach, 50, None)
                assert uploads.find_upload(session, new_id(), reach) is None
            asked[root] = max(counted)
        assert max(asked.values()) < 20
        stranger = Reach(organizations.create_organization(session, "stranger").id)
        assert assets.find_asset(session, version.asset_id, stranger) is None
        assert not playback.find_playables(session, stranger, ANYBODY, external_ids=["one"])
        assert Reach(school).among(session, {province, school}) == {school}
        assert Reach(province).among(session, {province, school}) == {province, school}
        assert Reach(province, alone=True).among(session, {province, school}) == {province}
        session.rollback()


def test_the_catalogue_is_migrated_while_others_wait_to_do_it(stack: RunningStack) -> None:
    with database_at(stack, "0020") as (url, engine):
        made = [new_id() for _ in range(5)]
        with engine.begin() as connection:
            connection.execute(text("INSERT INTO organizations (id, name) VALUES ('o', 'school')"))
            for number, asset_id in enumerate(made):
                row = {"id": asset_id, "state": ("ready", "failed")[number % 2], "kind": "video"}
                connection.execute(
                    text("INSERT INTO assets (id, organization_id, title) VALUES (:id, 'o', '课')"), row
                )
                connection.execute(
                    text(
                        "INSERT INTO versions (id, asset_id, state, kind, file_name) "
                        "VALUES (:id, :id, :state, :kind, 'a.mp4')"
                    ),
                    row,
                )
            connection.execute(text("UPDATE assets SET current_version_id = id"))
        with ThreadPoolExecutor(3) as pool:
            list(pool.map(migrate.migrate, [url] * 3))
        with Session(engine) as session:
            found = listed(session, "o", "created_at", AssetFilter(states=["ready"], kinds=["video"]), 2)
            assert found == sorted(made[::2])
            invalid = session.execute(text("SELECT count(*) FROM pg_index WHERE NOT indisvalid"))
            assert invalid.scalar_one() == 0


def test_ids_sort_as_moments_do() -> None:
    moments = [datetime(year, 1, 1, tzinfo=UTC) for year in (1960, 1970, 2000, 2026, 2100)]
    bounds = [first_id_of(moment) for moment in moments]
    assert all(before <= after for before, after in pairwise(bounds))
    now = datetime.now(UTC)
    assert first_id_of(now - timedelta(seconds=1)) < new_id() < first_id_of(now + timedelta(seconds=60))
    first, last = (moment.replace(tzinfo=UTC) for moment in (datetime.min, datetime.max))
    day = timedelta(days=1)
    assert (
        first_id_of(first, -day) < new_id() < first_id_of(last.replace(year=5200)) == first_id_of(last, day)
    )
    assert asset_lists.ORDERS.keys() == {"-created_at", "created_at", "title", "-title"}
