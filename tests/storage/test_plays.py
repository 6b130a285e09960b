"""Plays in the catalogue: told once or often, in order or not, they add up to the same."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from learning.telling import NOW, beat, sending
from redis import Redis
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session, sessionmaker
from support import RunningStack

from storage.beat_stream import BeatSink, BeatSource, BeatsRefused
from storage.catalogue import plays, storage_days, view_days, view_partitions
from storage.catalogue.models import (
    Asset,
    OrganizationViewDay,
    StaleDay,
    StorageDay,
    StoredBeat,
    StoredPlay,
    ViewDay,
)
from storage.catalogue.organizations import create_organization
from storage.ids import new_id
from storage.learning.beats import Quality, Sending, to_text
from storage.learning.plays import MOST
from storage.learning.starts import StartCount
from storage.learning.starts import to_text as starts_text
from storage.measures import Measures
from workers.counting import bring_beats

ZONE = ZoneInfo("Asia/Shanghai")
TODAY = plays.day_of(NOW, ZONE)
HOUR = 3_600_000


@pytest.fixture
def asset(sessions: sessionmaker[Session]) -> Asset:
    with sessions.begin() as session:
        made = Asset(organization_id=create_organization(session, "学校").id, title="水墨")
        session.add(made)
    return made


def told(asset: Asset, viewer: str, *beats: Any, **more: Any) -> Sending:
    seen = beats or (beat(0, 11_000, (0, 10_000)),)
    of = {"asset_id": asset.id, "organization_id": asset.organization_id, "play": new_id()}
    return sending(*seen, viewer=viewer, **{**of, **more})


def bring(sessions: sessionmaker[Session], *sendings: Sending) -> None:
    with sessions.begin() as session:
        plays.record(session, sendings, ZONE)


def add_up(sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        while view_days.roll_up_stale(session, 100):
            pass


def day_of(sessions: sessionmaker[Session], asset: Asset, day: date = TODAY) -> ViewDay:
    with sessions() as session:
        return session.execute(
            select(ViewDay).where(ViewDay.asset_id == asset.id, ViewDay.day == day)
        ).scalar_one()


def outcomes(sessions: sessionmaker[Session], asset: Asset) -> list[str]:
    with sessions() as session:
        rows = select(StoredPlay.outcome).where(StoredPlay.asset_id == asset.id).order_by(StoredPlay.began_at)
        return list(session.scalars(rows))


def test_a_class_of_40_counts_40_and_a_viewer_once_an_hour(
    sessions: sessionmaker[Session], asset: Asset
) -> None:
    bring(sessions, *(told(asset, f"pupil {number}") for number in range(40)))
    bring(sessions, told(asset, "pupil 1", received=NOW + HOUR // 2))
    bring(sessions, told(asset, "pupil 1", received=NOW + HOUR + 1))
    bring(sessions, told(asset, "", attendance=40, source="front_end"))
    add_up(sessions)
    day = day_of(sessions, asset)
    assert (day.views, day.viewers, day.attendance, day.refused) == (42, 41, 81, {"repeated": 1})
    with sessions() as session:
        assert session.get_one(Asset, asset.id).clicks == 42
        organization = session.execute(
            select(OrganizationViewDay).where(OrganizationViewDay.organization_id == asset.organization_id)
        ).scalar_one()
        assert (organization.views, organization.viewers, organization.refused) == (42, 41, {"repeated": 1})


def test_a_crawler_that_plays_is_refused_once_and_hides_no_other_start(
    sessions: sessionmaker[Session], asset: Asset
) -> None:
    bring(sessions, told(asset, "a"), told(asset, "b", suspicion="crawler"))
    with sessions.begin() as session:
        starts = [
            StartCount(new_id(), NOW, asset.id, asset.organization_id, "", "start", 3),
            StartCount(new_id(), NOW, asset.id, asset.organization_id, "", "crawler", 4),
        ]
        plays.record_starts(session, starts, ZONE)
    add_up(sessions)
    assert day_of(sessions, asset).refused == {"crawler": 4, "no_play": 2}


def test_two_plays_of_one_viewer_at_once_count_once(sessions: sessionmaker[Session], asset: Asset) -> None:
    bring(sessions, told(asset, "a"), told(asset, "a"))
    assert sorted(outcomes(sessions, asset)) == ["counted", "repeated"]


def test_midnight_changes_the_hash_and_not_the_viewer(sessions: sessionmaker[Session], asset: Asset) -> None:
    midnight = int(datetime(2027, 1, 16, tzinfo=ZONE).timestamp() * 1000)
    bring(sessions, told(asset, "of yesterday", received=midnight - 600_000))
    bring(sessions, told(asset, "of today", viewer_before="of yesterday", received=midnight + 600_000))
    assert outcomes(sessions, asset) == ["counted", "repeated"]


def test_what_is_told_again_in_pieces_and_out_of_order_adds_up_to_the_same(
    sessions: sessionmaker[Session], asset: Asset
) -> None:
    beats = [beat(n, 15_000 * (n + 1), (15_000 * n, 15_000 * n + 14_000)) for n in range(20)]
    play, chance = new_id(), random.Random(20)
    pieces = [
        told(asset, "a", *beats[first : first + 3], play=play, received=NOW + 15_000 * (first + 3))
        for first in range(0, 20, 3)
    ]
    for piece in chance.sample([*pieces, *pieces], 2 * len(pieces)):
        bring(sessions, piece, piece)
    with sessions() as session:
        row = session.execute(select(StoredPlay).where(StoredPlay.id == play)).scalar_one()
        assert (row.outcome, row.beats, row.played_ms, row.watched_ms) == ("counted", 20, 280_000, 280_000)
        stored = session.scalars(select(StoredBeat.sequence).where(StoredBeat.play_id == play)).all()
        assert sorted(stored) == list(range(20))


def test_the_name_of_a_play_belongs_to_one_asset(sessions: sessionmaker[Session], asset: Asset) -> None:
    play = new_id()
    bring(sessions, told(asset, "a", play=play))
    bring(sessions, told(asset, "a", beat(1, 30_000, (0, 15_000)), play=play, asset_id="another"))
    with sessions() as session:
        rows = session.scalars(select(StoredPlay).where(StoredPlay.id == play)).all()
        assert [(row.asset_id, row.beats) for row in rows] == [(asset.id, 1)]


def told_anyhow(asset: Asset) -> list[Sending]:
    chance = random.Random(7)
    found = []
    for number in range(120):
        start = chance.randrange(0, 500_000)
        length = chance.choice([4_000, 12_000, 90_000])
        told_of = chance.choice([{}, {"partner_id": "neighbour"}, {"suspicion": "crawler"}])
        found.append(
            told(
                asset,
                f"viewer {chance.randrange(60)}",
                beat(0, length + 500, (start, start + length), muted=chance.random() < 0.2, in_view=False),
                received=NOW + number * 1_000,
                **told_of,
            )
        )
    return found


def test_figures_of_a_day_are_those_of_its_plays_and_running_twice_moves_none(
    sessions: sessionmaker[Session], asset: Asset
) -> None:
    bring(sessions, *told_anyhow(asset))
    with sessions.begin() as session:
        starts = [
            StartCount(new_id(), NOW, asset.id, asset.organization_id, "", kind, number)
            for kind, number in (("start", 200), ("crawler", 3), ("prefetch", 2))
        ]
        plays.record_starts(session, [*starts, *starts], ZONE)
    add_up(sessions)
    with sessions() as session:
        rows = session.scalars(select(StoredPlay).where(StoredPlay.asset_id == asset.id)).all()
        before = figures(session)
    for partner in ("", "neighbour"):
        mine = [row for row in rows if row.partner_id == partner]
        honest = [row for row in mine if row.outcome in ("counted", "repeated", "too_short")]
        counted = [row for row in mine if row.outcome == "counted"]
        day = next(row for row in before if row["asset_id"] == asset.id and row["partner_id"] == partner)
        assert day["views"] == len(counted)
        assert day["viewers"] == len({row.viewer for row in counted})
        assert (day["plays"], day["watched_ms"]) == (len(honest), sum(row.watched_ms for row in honest))
        assert day["retention"] == [
            sum(any(a <= bin_ < b for a, b in pairs(row.bins)) for row in honest) for bin_ in range(100)
        ]
        assert sum(day["retention"]) > 0
        assert sum(day["refused"].values()) >= len(mine) - len(counted)
    alone = next(row for row in before if row["asset_id"] == asset.id and row["partner_id"] == "")
    assert (alone["starts"], alone["refused"]["prefetch"]) == (200, 2)
    with sessions.begin() as session:
        view_days.roll_up_day(session, TODAY)
        view_days.roll_up_day(session, TODAY)
    with sessions() as session:
        assert figures(session) == before


def pairs(edges: list[int]) -> Iterator[tuple[int, int]]:
    return zip(edges[::2], edges[1::2], strict=True)


def figures(session: Session) -> list[dict[str, Any]]:
    rows = session.execute(text("SELECT * FROM view_days ORDER BY day, asset_id, partner_id"))
    return [dict(row) for row in rows.mappings()]


def test_a_sum_broken_off_is_made_again(sessions: sessionmaker[Session], asset: Asset) -> None:
    bring(sessions, told(asset, "a"))
    with pytest.raises(RuntimeError), sessions.begin() as session:
        assert view_days.roll_up_stale(session, 100)
        raise RuntimeError("the keeper is killed")
    with sessions() as session:
        assert session.get_one(Asset, asset.id).clicks == 0
    add_up(sessions)
    assert day_of(sessions, asset).views == 1
    with sessions() as session:
        assert session.scalars(select(StaleDay)).all() == []


def test_sums_outlive_what_they_were_added_up_from(sessions: sessionmaker[Session], asset: Asset) -> None:
    old = NOW - 500 * 24 * HOUR
    bring(sessions, told(asset, "a", received=old))
    add_up(sessions)
    day = plays.day_of(old, ZONE)
    with sessions.begin() as session:
        for table in view_partitions.TABLES:
            assert day in view_partitions.drop_before(session, table, day + timedelta(days=1))
        view_days.roll_up_day(session, day)
    assert day_of(sessions, asset, day).views == 1
    with sessions() as session:
        assert session.get_one(Asset, asset.id).clicks == 1


def test_storage_is_told_by_day(sessions: sessionmaker[Session], asset: Asset) -> None:
    with sessions.begin() as session:
        storage_days.measure(session, TODAY)
        storage_days.measure(session, TODAY)
    with sessions() as session:
        row = session.get_one(StorageDay, (asset.organization_id, TODAY))
        assert (row.assets, row.bytes) == (1, 0)


@pytest.fixture
def redis(stack: RunningStack) -> Iterator[Redis]:
    """A database of its own on the stack's server, so that its keeper takes nothing of it."""
    client = Redis.from_url(stack.environment["REDIS_URL"].removesuffix("/0") + "/5")
    client.flushdb()
    yield client
    client.flushdb()
    client.close()


def test_the_stream_lets_go_of_what_is_committed_and_of_nothing_else(
    sessions: sessionmaker[Session], asset: Asset, redis: Redis
) -> None:
    sink, source = BeatSink(redis, 1_000), BeatSource(redis)
    for number in range(5):
        sink.append(to_text(told(asset, f"viewer {number}")))
    sink.append("nobody can read this")
    count = StartCount(new_id(), NOW, asset.id, asset.organization_id, "", "start", 7)
    sink.append(starts_text([count]))
    read = source.read(100)
    assert len(read) == 7
    # This keeper dies before it commits: the next one begins with what it had read.
    later = BeatSource(redis)
    bring_beats(sessions, later, ZONE, Measures())
    assert (later.waiting(), later.read(100)) == (0, [])
    # And so it is if it died between commit and word to Redis.
    for entry in read:
        sink.append(entry.text)
    bring_beats(sessions, BeatSource(redis), ZONE, Measures())
    add_up(sessions)
    day = day_of(sessions, asset)
    assert (day.views, day.starts, day.refused) == (5, 7, {"no_play": 2})


def test_what_no_catalogue_takes_keeps_nobody_else_waiting(
    sessions: sessionmaker[Session], asset: Asset, redis: Redis
) -> None:
    sink, source = BeatSink(redis, 1_000), BeatSource(redis)
    for number in range(5):
        sink.append(to_text(told(asset, f"viewer {number}", attendance=2**40 if number == 2 else 1)))
    bring_beats(sessions, source, ZONE, Measures())
    add_up(sessions)
    assert (source.waiting(), day_of(sessions, asset).views) == (0, 4)


def test_numbers_beyond_all_measure_stop_no_count(sessions: sessionmaker[Session], asset: Asset) -> None:
    beyond = Quality(stalls=10**9, bytes=10**11, bitrate=10**6, frames=10**9, errors={"network": 10**9})
    played = [(0, 10**8)] * 4
    beats = [beat(number, 10**8 + number, *played, rate=4.0, quality=beyond) for number in range(20)]
    bring(sessions, *(told(asset, f"liar {number}", beats[0]) for number in range(3)))
    bring(sessions, told(asset, "liar of many beats", *beats), told(asset, "honest"))
    with sessions.begin() as session:
        mine = StoredPlay.asset_id == asset.id
        assert session.scalars(select(StoredPlay.stalls).where(mine)).all().count(10**9) == 4
        session.execute(update(StoredPlay).where(mine).values(bitrate_ms=2**63 - 1, bytes=2**63 - 1))
    add_up(sessions)
    day = day_of(sessions, asset)
    assert (day.views, day.bytes, day.bitrate_ms) == (4, MOST, MOST)


def test_a_play_goes_on_though_its_beats_of_days_ago_are_dropped(
    sessions: sessionmaker[Session], asset: Asset
) -> None:
    first = told(asset, "keeps the page open", play="o" * 24)
    bring(sessions, first)
    with sessions.begin() as session:
        view_partitions.drop_before(session, "beats", TODAY + timedelta(days=1))
    more = beat(1, 2 * 86_400_000, (10_000, 20_000))
    later = sending(
        more,
        play=first.play,
        viewer="keeps the page open",
        asset_id=asset.id,
        organization_id=asset.organization_id,
        received=NOW + 2 * 86_400_000,
    )
    bring(sessions, later)
    with sessions() as session:
        play = session.scalars(select(StoredPlay).where(StoredPlay.id == first.play)).one()
        assert (play.day, play.beats) == (TODAY, 2)


def test_a_stream_that_is_full_refuses_and_drops_nothing(redis: Redis) -> None:
    sink = BeatSink(redis, 3)
    for number in range(3):
        sink.append(str(number))
    with pytest.raises(BeatsRefused):
        sink.append("3")
    assert [entry.text for entry in BeatSource(redis).read(10)] == ["0", "1", "2"]


def test_salts_are_the_same_everywhere_and_of_a_day(redis: Redis) -> None:
    one, other = BeatSink(redis, 3), BeatSink(redis, 3)
    assert one.salt("2027-01-15") == other.salt("2027-01-15") != one.salt("2027-01-16")
    assert 0 < redis.ttl("lessonstream:viewers:2027-01-15") <= 2 * 24 * 3600


def test_a_redis_that_is_away_refuses() -> None:
    sink = BeatSink(Redis(port=1, socket_connect_timeout=0.2), 3)
    with pytest.raises(BeatsRefused):
        sink.append("0")
    with pytest.raises(BeatsRefused):
        sink.salt("2027-01-15")
