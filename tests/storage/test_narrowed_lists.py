"""Lists of assets that are searched and narrowed, and how the words they are found by are kept."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from revisions import database_at
from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session, sessionmaker, undefer
from support import RunningStack

from storage.catalogue import assets, missing_words, narrowed, organizations, tracks
from storage.catalogue.asset_lists import (
    ORDERS,
    AssetFilter,
    count_assets,
    cursor_of,
    list_assets,
)
from storage.catalogue.migrate import migrate
from storage.catalogue.models import (
    WORDS_MISSING,
    Asset,
    Organization,
    Person,
    Track,
    Version,
)
from storage.catalogue.reach import WIDE, Reach
from storage.ids import new_id
from storage.search_words import search_query

pytestmark = pytest.mark.integration

Sessions = sessionmaker[Session]
TITLES = ("社区教育", "健康养生", "Yoga for beginners", "社区健康")
LANGUAGES = ("zh", "zh-CN", "en", None, "zh", "yue")


@pytest.fixture(scope="module")
def tree(sessions: Sessions) -> dict[str, str]:
    """A province so wide that everybody's assets are looked at, a school of it, and a stranger's."""
    with sessions.begin() as session:
        found = {"province": organizations.create_organization(session, "province").id}
        found["school"] = organizations.create_organization(session, "school", found["province"]).id
        empty = [{"id": new_id(), "parent_id": found["province"], "name": "empty"} for _ in range(WIDE)]
        session.execute(insert(Organization), empty)
        found["stranger"] = organizations.create_organization(session, "stranger").id
        author = Person(organization_id=found["school"], subject="a", name="A", role="author")
        session.add(author)
        session.flush()
        found["author"] = author.id
        for number in range(90):
            owner = found[("school", "province", "stranger")[number % 3]]
            title = f"{TITLES[number % 4]} 第 {number} 课"
            person = author.id if owner == found["school"] and number % 2 else None
            version = assets.create_asset(session, owner, title, "a.mp4", "public", owner_id=person)
            asset = session.get_one(Asset, version.asset_id)
            asset.language = LANGUAGES[number % 6]
            asset.subject = ("健康", "音乐", None)[number % 3]
            asset.tags = ["太极", "老年"][: number % 5 % 3]
            asset.description = "介绍穴位" if number % 7 == 0 else ""
            row = session.get_one(Version, version.id)
            row.state = ("ready", "failed")[number % 11 % 2]
            if number % 4 == 1:
                tracks.put(
                    session,
                    Track(version_id=row.id, kind="captions", language="zh", label="", object_key="x"),
                )
    return found


Holds = Callable[[Asset], bool]

CASES: list[tuple[AssetFilter, Holds]] = [
    (AssetFilter(search=search_query("社区")), lambda a: "社区" in a.title),
    (AssetFilter(search=search_query("健康养")), lambda a: "健康养" in a.title),
    (AssetFilter(search=search_query("课 beg")), lambda a: "beginners" in a.title),
    (AssetFilter(search=search_query("太极")), lambda a: "太极" in a.tags),
    (AssetFilter(search=search_query("穴位")), lambda a: "穴位" in a.description),
    (AssetFilter(search=search_query("无此")), lambda _: False),
    (AssetFilter(search=""), lambda _: False),
    (AssetFilter(languages=["zh"]), lambda a: (a.language or "").startswith("zh")),
    (AssetFilter(languages=["zh-CN", "en"]), lambda a: a.language in ("zh-CN", "en")),
    (AssetFilter(languages=["und"]), lambda a: a.language is None),
    (AssetFilter(subjects=["健康", "音乐"]), lambda a: a.subject is not None),
    (AssetFilter(tags=["太极", "老年"]), lambda a: len(a.tags) == 2),
    (AssetFilter(has_captions=True), lambda a: a.has_captions),
    (AssetFilter(has_captions=False), lambda a: not a.has_captions),
    (
        AssetFilter(search=search_query("健康"), languages=["zh"], states=["ready"], has_captions=False),
        lambda a: (
            "健康" in a.title and a.language in ("zh", "zh-CN") and a.state == "ready" and not a.has_captions
        ),
    ),
]


@pytest.mark.parametrize(
    ("first", "enough"), [(600, 6), (4, 1), (4, 100)], ids=["all are looked at", "common", "by the index"]
)
@pytest.mark.parametrize("whose", ["province", "school", "author"])
def test_pages_hold_what_is_searched_once_in_order(
    sessions: Sessions,
    tree: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    first: int,
    enough: int,
    whose: str,
) -> None:
    monkeypatch.setattr(narrowed, "FIRST_ROWS", first)
    monkeypatch.setattr(narrowed, "ENOUGH", enough)
    reach = Reach(tree["school"], owner_id=tree["author"]) if whose == "author" else Reach(tree[whose])
    own = {tree["school"], tree["province"]} if whose == "province" else {tree["school"]}
    with sessions() as session:
        everything = session.execute(select(Asset)).scalars().all()
        seen = [
            asset
            for asset in everything
            if asset.organization_id in own and (whose != "author" or asset.owner_id == tree["author"])
        ]
        found_some = 0
        for wanted, holds in CASES:
            for order in ORDERS:
                kept = [asset for asset in seen if holds(asset)]
                kept.sort(key=lambda asset: cursor_of(asset, order), reverse=ORDERS[order].descending)
                pages, cursor = [], None
                while page := list_assets(session, reach, wanted, order=order, limit=7, cursor=cursor):
                    pages += [asset.id for asset in page]
                    cursor = cursor_of(page[-1], order)
                assert pages == [asset.id for asset in kept], (wanted, order)
            found_some += bool(kept)
            assert count_assets(session, reach, wanted) == len(kept)
        assert found_some > len(CASES) // 2


def test_counting_ends(sessions: Sessions, tree: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(narrowed, "MOST_COUNTED", 3)
    with sessions() as session:
        for whose in ("province", "school"):
            assert count_assets(session, Reach(tree[whose]), AssetFilter(search=search_query("课"))) == 4


def words(session: Session, asset_id: str) -> set[str]:
    query = select(Asset).where(Asset.id == asset_id).options(undefer(Asset.search_words))
    found = session.execute(query.execution_options(populate_existing=True)).scalar_one()
    return set((found.search_words or "").split())


def test_words_follow_the_title_whoever_changes_it(sessions: Sessions, tree: dict[str, str]) -> None:
    with sessions.begin() as session:
        asset_id = assets.create_asset(session, tree["stranger"], "旧名", "a.mp4", "public").asset_id
    with sessions.begin() as session:
        assert words(session, asset_id) == {"'#2'", "'名':2A", "'旧名':1A"}
        assets.change(session, session.get_one(Asset, asset_id), {"title": "新名"})
        assert words(session, asset_id) == {"'#2'", "'名':2A", "'新名':1A"}
    with sessions.begin() as session:
        before = session.get_one(Asset, asset_id).updated_at
        # As the release before does it, which knows of no words.
        session.execute(text("UPDATE assets SET title = '又名' WHERE id = :id"), {"id": asset_id})
        assert words(session, asset_id) == set()
        missing_words.write_missing(session)
        assert words(session, asset_id) == {"'#2'", "'名':2A", "'又名':1A"}
        assert session.get_one(Asset, asset_id).updated_at == before


def test_words_of_an_older_format_find_until_they_are_made_anew(
    sessions: Sessions, tree: dict[str, str]
) -> None:
    with sessions.begin() as session:
        asset_id = assets.create_asset(session, tree["stranger"], "終身學習", "a.mp4", "public").asset_id
        old = "'學習':3A '終身':1A '習':4A '身學':2A"
        session.flush()
        session.execute(
            text("UPDATE assets SET search_words = CAST(:old AS tsvector) WHERE id = :id"),
            {"old": old, "id": asset_id},
        )

    def finds(query: str) -> bool:
        with sessions() as session:
            found = AssetFilter(search=query)
            return count_assets(session, Reach(tree["stranger"]), found) > 0

    assert finds("'終身'")
    assert not finds(search_query("终身") or "")
    with sessions.begin() as session:
        missing_words.write_missing(session)
    assert finds(search_query("终身") or "")
    assert finds(search_query("學習") or "")
    with sessions.begin() as session:
        assert session.execute(text(f"SELECT count(*) FROM assets WHERE {WORDS_MISSING}")).scalar_one() == 0


def test_captions_are_known_as_soon_as_they_are_there(sessions: Sessions, tree: dict[str, str]) -> None:
    with sessions.begin() as session:
        version = assets.create_asset(session, tree["stranger"], "课", "a.mp4", "public")

    def put(kind: str, language: str) -> bool:
        track = Track(version_id=version.id, kind=kind, language=language, label="", object_key="x")
        with sessions.begin() as session:
            tracks.put(session, track)
        return known()

    def remove(kind: str, language: str) -> bool:
        with sessions.begin() as session:
            tracks.remove(session, version.id, kind, language)  # type: ignore[arg-type]
        return known()

    def known() -> bool:
        with sessions() as session:
            return session.get_one(Asset, version.asset_id).has_captions

    assert not put("chapters", "zh")
    assert put("captions", "zh")
    assert put("captions", "zh")
    assert put("captions", "en")
    assert remove("captions", "zh")
    assert not remove("captions", "en")
    with sessions.begin() as session:
        other = Version(asset_id=version.asset_id, file_name="b.mp4")
        session.add(other)
        session.flush()
        tracks.put(
            session, Track(version_id=other.id, kind="captions", language="zh", label="", object_key="y")
        )
    assert not known()
    with sessions.begin() as session:
        session.get_one(Asset, version.asset_id).current_version_id = other.id
    assert known()


def test_what_was_there_before_is_found_after_the_keepers_round(stack: RunningStack) -> None:
    with database_at(stack, "0041") as (url, engine):
        with engine.begin() as connection:
            for statement in (
                "INSERT INTO organizations (id, name) VALUES ('o', 'school')",
                "INSERT INTO assets (id, organization_id, title) VALUES ('a', 'o', '社区教育')",
                "INSERT INTO versions (id, asset_id, state, file_name) VALUES ('v', 'a', 'ready', 'a.mp4')",
                "UPDATE assets SET current_version_id = 'v'",
                "INSERT INTO tracks (id, version_id, kind, language, label, object_key) "
                "VALUES ('t', 'v', 'captions', 'zh', '', 'x')",
            ):
                connection.execute(text(statement))
        with engine.begin() as connection:
            connection.execute(text("DELETE FROM events"))
        migrate(url)
        with Session(engine) as session, session.begin():
            assert not missing_words.write_missing(session)
            for wanted in (AssetFilter(search=search_query("教育")), AssetFilter(has_captions=True)):
                assert count_assets(session, Reach("o"), wanted) == 1
        with engine.begin() as connection:
            assert connection.execute(text("SELECT type FROM events")).all() == []
