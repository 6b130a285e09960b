"""What a search finds in a catalogue, in which order, and that passages are those of what plays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session, sessionmaker

from storage.catalogue import (
    assets,
    candidates,
    collections,
    facets,
    hits,
    missing_words,
    organizations,
    passages,
    ranking,
    tracks,
)
from storage.catalogue.asset_lists import AssetFilter
from storage.catalogue.candidates import Audience, Candidates, SearchOrder, Wanted
from storage.catalogue.models import Asset, Passage, Track, Version
from storage.catalogue.reach import Reach
from storage.keys import track_key
from storage.memory import MemoryObjectStore
from storage.search_words import chunks_of
from storage.tracks.cue import Cue
from storage.tracks.webvtt import MEDIA_TYPE, to_webvtt
from workers.passage_writing import write_missing_passages

pytestmark = pytest.mark.integration

Sessions = sessionmaker[Session]

SAID = (
    "zh-TW",
    [
        Cue(0, 4000, "各位同學好"),
        Cue(61_000, 64_000, "今天講社"),
        Cue(64_000, 67_500, "區教育的意義"),
        Cue(100_000, 104_000, "喝一杯茶，第１２課"),
    ],
)


class Library:
    """An organization with lessons and their files."""

    def __init__(self, sessions: Sessions) -> None:
        self.sessions, self.objects = sessions, MemoryObjectStore()
        with sessions.begin() as session:
            self.organization = organizations.create_organization(session, "library").id
        self.titles: dict[str, str] = {}

    def lesson(self, title: str, **said: Any) -> Asset:
        with self.sessions.begin() as session:
            version = assets.create_asset(session, self.organization, title, "a.mp4", "public")
            asset = session.get_one(Asset, version.asset_id)
            row = session.get_one(Version, version.id)
            row.state, row.kind = "ready", said.pop("kind", "video")
            for name, value in said.items():
                setattr(asset, name, value)
            session.flush()
            session.refresh(asset)
        self.titles[asset.id] = title
        return asset

    def put(self, asset: Asset, cues: list[Cue], *, kind: str = "captions", state: str = "shown") -> Track:
        track = Track(
            version_id=asset.current_version_id,
            kind=kind,
            language="zh",
            label="",
            object_key=track_key(asset.id, asset.current_version_id or "", f"{id(cues):024x}"[:24]),
            state=state,
        )
        self.objects.put(track.object_key, to_webvtt(cues), MEDIA_TYPE)
        with self.sessions.begin() as session:
            tracks.put(session, track)
        return track

    def keep(self) -> None:
        while write_missing_passages(self.sessions, self.objects).pause == 0:
            pass

    def wanted(self, query: str, **narrowed: object) -> Wanted:
        return Wanted(query, chunks_of(query), AssetFilter(**narrowed))  # type: ignore[arg-type]

    @property
    def audience(self) -> Audience:
        return Audience(Reach(self.organization))

    def look(self, wanted: Wanted | str, order: SearchOrder = "relevance") -> Candidates:
        asked = self.wanted(wanted) if isinstance(wanted, str) else wanted
        with self.sessions() as session:
            return candidates.candidates(session, self.audience, asked, order)

    def find(self, wanted: Wanted | str, order: SearchOrder = "relevance") -> list[str]:
        page, _ = ranking.page(self.look(wanted, order), order, 100, None)
        return [self.titles[one.id] for one in page]

    def said(self, asset: Asset, query: str) -> list[tuple[int, int]]:
        with self.sessions() as session:
            found = hits.hits(session, [asset.id], chunks_of(query))
        return [(hit.start, hit.end) for hit in found.get(asset.id, [])]


@pytest.fixture(scope="module")
def library(sessions: Sessions) -> Library:
    found = Library(sessions)
    found.lesson("社区教育概论", clicks=5, tags=["终身学习"], language="zh", subject="教育")
    found.lesson("臺灣的茶", clicks=50, description="介紹社區教育的歷史", language="zh-TW")
    found.lesson(
        "Ｙｏｇａ for beginners",
        clicks=7,
        tags=["健康", "社区教育"],
        language="en",
        kind="audio",
        level="senior",
    )
    spoken = found.lesson("第十讲", clicks=99)
    found.put(spoken, SAID[1])
    found.put(spoken, [Cue(0, 60_000, "開場白"), Cue(60_000, 120_000, "結束語")], kind="chapters")
    found.keep()
    return found


YOGA, TEA, INTRODUCTION, TENTH = "Ｙｏｇａ for beginners", "臺灣的茶", "社区教育概论", "第十讲"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("社区教育", [INTRODUCTION, YOGA, TEA, TENTH]),
        ("社區教育", [INTRODUCTION, YOGA, TEA, TENTH]),
        ("社区 教育", [INTRODUCTION, YOGA, TEA, TENTH]),
        ("区教", [INTRODUCTION, YOGA, TEA, TENTH]),
        ("台湾", [TEA]),
        ("台灣的茶", [TEA]),
        ("茶", [TEA, TENTH]),
        ("论", [INTRODUCTION]),
        ("yoga", [YOGA]),
        ("YOGA Beg", [YOGA]),
        ("ＦＯＲ", [YOGA]),
        ("健康", [YOGA]),
        ("終身學習", [INTRODUCTION]),
        ("第12课", [TENTH]),
        ("开场白", [TENTH]),
        ("同学好", [TENTH]),
        ("教育社区", []),
        ("没有", []),
        ("？！…", []),
        ("社区教育'); DROP TABLE assets; --", []),
        ("!社区 | (教育) & <-> :*", [INTRODUCTION, YOGA, TEA, TENTH]),
        ("社区教育\0", [INTRODUCTION, YOGA, TEA, TENTH]),
        ("\ud83d社区教育\udc00", [INTRODUCTION, YOGA, TEA, TENTH]),
        ("'\\' \\\\ \"", []),
        ("茶 " * 5000, [TEA, TENTH]),
        ("啊" * 10_000, []),
    ],
)
def test_a_query_finds(library: Library, query: str, found: list[str]) -> None:
    assert library.find(query) == found


def test_a_hit_leads_to_the_second_in_which_it_is_said(library: Library) -> None:
    [tenth] = [asset_id for asset_id, title in library.titles.items() if title == TENTH]
    with library.sessions() as session:
        asset = session.get_one(Asset, tenth)
        [hit] = hits.hits(session, [tenth], chunks_of("社区教育"))[tenth]
        assert hit.text[slice(*hit.ranges[0])] == "社\n區教育"
    assert library.said(asset, "社区教育") == [(61_000, 67_500)]
    assert library.said(asset, "区教育") == [(64_000, 67_500)]
    assert library.said(asset, "结束语") == [(60_000, 120_000)]
    assert library.said(asset, "没有") == []


def test_nothing_asked_for_is_everything_by_clicks(library: Library) -> None:
    assert library.find("") == [TENTH, TEA, YOGA, INTRODUCTION]
    assert library.find("", "-created_at") == [TENTH, YOGA, TEA, INTRODUCTION]
    assert library.find("社区教育", "clicks") == [TENTH, TEA, YOGA, INTRODUCTION]


def test_results_are_narrowed(library: Library) -> None:
    wanted = library.wanted
    assert library.find(wanted("社区教育", languages=["zh"])) == [INTRODUCTION, TEA]
    assert library.find(wanted("社区教育", has_captions=True)) == [TENTH]
    assert library.find(wanted("教育", subjects=["教育"])) == [INTRODUCTION]
    assert library.find(wanted("教育", tags=["健康"])) == [YOGA]
    assert library.find(wanted("教育", levels=["senior", "adult"])) == [YOGA]
    assert library.find(replace(wanted(""), kinds=["audio"])) == [YOGA]


def test_results_are_counted_by_what_they_may_be_narrowed_to(library: Library) -> None:
    with library.sessions() as session:
        told = facets.facets(session, library.look("社区教育").ids)
    counted = {name: {one.value: one.count for one in values} for name, values in told.items()}
    assert counted["language"] == {"zh": 1, "zh-TW": 1, "en": 1, "und": 1}
    assert counted["has_captions"] == {"true": 1, "false": 3}
    assert counted["subject"] == {"教育": 1}
    assert counted["level"] == {"senior": 1}
    assert counted["organization_id"] == {library.organization: 4}


@pytest.mark.parametrize("order", ["relevance", "clicks", "-created_at"])
def test_pages_hold_every_result_once(library: Library, order: SearchOrder) -> None:
    found = library.look("社区教育", order)
    shown, cursor = [], None
    while page := ranking.page(found, order, 1, cursor):
        shown += [one.id for one in page[0]]
        cursor = page[1]
        if cursor is None:
            break
        assert len(cursor) == ranking.length_of_cursor(order)
    assert [library.titles[one] for one in shown] == library.find("社区教育", order)


@pytest.mark.parametrize(
    "limits",
    [{"MOST": 1}, {"MOST_INDEXED": 1, "MOST_WALKED": 1}, {"MOST_PASSAGES": 0}],
    ids=["candidates", "rows", "passages"],
)
def test_what_is_not_looked_at_is_told_of(
    library: Library, monkeypatch: pytest.MonkeyPatch, limits: dict[str, int]
) -> None:
    monkeypatch.setattr("storage.catalogue.narrowed.FIRST_ROWS", 1)
    for name, most in limits.items():
        monkeypatch.setattr(candidates, name, most)
    found = library.look("社区教育")
    assert found.more and 1 <= len(found.found) <= 4


def test_what_is_common_elsewhere_is_found_among_ones_own(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.catalogue.narrowed.FIRST_ROWS", 3)
    monkeypatch.setattr(candidates, "MOST_INDEXED", 1)
    monkeypatch.setattr(candidates, "MOST_PASSAGES", 0)
    assert library.find("社区教育") == [INTRODUCTION, YOGA, TEA, TENTH]


def test_strangers_find_nothing_of_it(library: Library) -> None:
    other = Library(library.sessions)
    assert other.find("社区教育") == [] and other.find("") == []
    with library.sessions() as session:
        audience = Audience(library.audience.reach, where=(Asset.language == "en",))
        found = candidates.candidates(session, audience, library.wanted("社区教育"))
        assert [library.titles[one.id] for one in found.found] == [YOGA]
        assert hits.suggestions(session, other.audience, library.wanted("社区")) == []


def test_suggestions_are_names_that_hold_what_was_typed(library: Library) -> None:
    def suggest(typed: str) -> list[str]:
        with library.sessions() as session:
            return hits.suggestions(session, library.audience, library.wanted(typed))

    assert suggest("社") == suggest("社区") == ["社区教育", INTRODUCTION]
    assert suggest("教育") == ["社区教育", INTRODUCTION]
    assert suggest("yo") == [YOGA]
    assert suggest("终身") == suggest("終身") == ["终身学习"]
    assert suggest("历史") == suggest("") == suggest("?") == []


def test_courses_are_found_by_their_titles_whoever_named_them(library: Library) -> None:
    with library.sessions.begin() as session:
        made = collections.create_collection(session, Reach(library.organization), "老年健康課程", [])

    def find(query: str, of: Library = library) -> list[str]:
        with library.sessions() as session:
            return [course.title for course in hits.courses(session, of.audience, library.wanted(query))]

    assert find("健康课") == ["老年健康課程"]
    assert find("健康课", Library(library.sessions)) == find("武术") == []
    with library.sessions.begin() as session:
        # As the release before does it, which knows of no words.
        session.execute(text("UPDATE collections SET title = '武术' WHERE id = :id"), {"id": made.id})
        missing_words.write_missing(session)
    assert find("武术") == ["武术"] and find("健康课") == []


def test_passages_are_those_of_what_viewers_see(sessions: Sessions) -> None:
    library = Library(sessions)
    lesson = library.lesson("课")

    def said(query: str) -> bool:
        library.keep()
        return library.find(query) == ["课"]

    library.put(lesson, [Cue(0, 4000, "初稿")], state="to_check")
    assert not said("初稿")
    with sessions.begin() as session:
        tracks.accept(session, lesson.current_version_id or "", "captions", "zh")
    assert said("初稿")
    library.put(lesson, [Cue(0, 4000, "定稿")])
    assert said("定稿") and not said("初稿")
    with sessions.begin() as session:
        tracks.remove(session, lesson.current_version_id or "", "captions", "zh")
    assert not said("定稿")
    with sessions() as session:
        assert session.execute(select(Passage).where(Passage.asset_id == lesson.id)).first() is None


def test_passages_follow_the_version_that_plays(sessions: Sessions) -> None:
    library = Library(sessions)
    lesson = library.lesson("课")
    library.put(lesson, [Cue(0, 4000, "第一版")])
    library.keep()
    before = lesson.current_version_id
    with sessions.begin() as session:
        other = Version(asset_id=lesson.id, file_name="b.mp4", state="ready")
        session.add(other)
        session.flush()
        session.get_one(Asset, lesson.id).current_version_id = other.id
    assert library.find("第一版") == []
    lesson.current_version_id = other.id
    library.put(lesson, [Cue(0, 4000, "第二版")])
    library.keep()
    assert library.find("第二版") == ["课"] and library.find("第一版") == []
    with sessions.begin() as session:
        session.get_one(Asset, lesson.id).current_version_id = before
    assert library.find("第一版") == ["课"] and library.find("第二版") == []


def test_a_keeper_that_dies_leaves_tracks_to_the_next_one(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = Library(sessions)
    lesson = library.lesson("课")
    track = library.put(lesson, [Cue(0, 4000, "活下来")])
    lost = library.put(library.lesson("丢"), [Cue(0, 4000, "丢失")])
    library.objects.remove([lost.object_key])
    write: Callable[..., None] = passages.write

    def die(session: Session, *rest: object) -> None:
        write(session, *rest)
        raise KeyboardInterrupt

    monkeypatch.setattr(passages, "write", die)
    with pytest.raises(KeyboardInterrupt):
        library.keep()
    assert library.find("活下来") == []
    monkeypatch.undo()
    library.keep()
    assert library.find("活下来") == ["课"]
    with sessions.begin() as session:
        # In another way, as of a format to come.
        session.execute(text("UPDATE tracks SET passages_format = 0 WHERE id = :id"), {"id": track.id})
    assert library.find("活下来") == ["课"]
    library.keep()
    with sessions() as session:
        of_track = select(Passage.number).where(Passage.track_id == track.id)
        assert session.execute(of_track).scalars().all() == [0]


def test_how_long_a_lesson_is_follows_its_version(sessions: Sessions) -> None:
    library = Library(sessions)
    lesson = library.lesson("课")
    with sessions.begin() as session:
        facts = text("UPDATE versions SET facts = '{\"duration\": 90.5}' WHERE id = :id")
        session.execute(facts, {"id": lesson.current_version_id})
    assert library.find(replace(library.wanted("课"), shortest=90.5, longest=91)) == ["课"]
    assert library.find(replace(library.wanted("课"), longest=90.5)) == []
    with sessions.begin() as session:
        other = Version(asset_id=lesson.id, file_name="b.mp4", state="ready")
        session.add(other)
        session.flush()
        session.get_one(Asset, lesson.id).current_version_id = other.id
    assert library.find(replace(library.wanted("课"), shortest=90, longest=91)) == []
