"""Study sessions: attacks are refused or capped, and who really watched is believed."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

import pytest
from studying import LESSON, NONCE, Player, segments_of
from telling import NOW, sending

from configs.words import StudyRefusal
from storage.learning.beats import Beat, from_text, to_text
from storage.learning.proofs import chained, chosen, proof_of
from storage.learning.ranges import Range, first, length, union, within
from storage.learning.study import Heard, doubted, heard
from storage.learning.study_terms import is_completed, terms_of, threshold

TWO_SECONDS = 2.0
"""What "right" means, and what clocks may be apart."""

Attack = Callable[[], Player]


def jump_by_current_time() -> Player:
    return Player().play(20).seek(300).play(100)


def leap_after_leap() -> Player:
    player = Player()
    for _ in range(40):
        player.play(0.2, every=0.2).seek(player.position / 1000 + 3)
    return player


def small_leaps_in_any_order() -> Player:
    """A script that shows a moment of every quarter of a second."""
    player = Player("free")
    player.wait(25).tell([(n * 250, n * 250 + 10) for n in range(50)])
    return player.send()


def backwards() -> Player:
    player = Player()
    for second in range(590, 500, -10):
        player.seek(second).play(10)
    return player


def rate_16() -> Player:
    return Player().play(30, rate=16.0)


def rate_16_hidden() -> Player:
    """The beat says that it played at normal speed."""
    player = Player()
    for _ in range(3):
        start = player.position
        player.wait(10).tell([(start, start + 160_000)])
        player.position += 160_000
        player.send()
    return player


def a_little_too_fast() -> Player:
    return Player(speed_limit=1.5).play(100, rate=2.0)


def rate_2_under_a_limit_of_1() -> Player:
    return Player("supervised").play(100, rate=2.0)


def forged_beats() -> Player:
    """Somebody who does not know the nonce."""
    player = Player().play(20)
    forged = Beat(player.sequence, 300_000, [(20_000, 300_000)], chain="f" * 64)
    player.proven[forged.sequence] = segments_of(forged.played)
    return player.wait(280).send(forged)


def a_beat_that_was_changed() -> Player:
    player = Player().play(20).wait(60)
    beat = player.tell([(20_000, 30_000)])
    return player.send(replace(beat, played=[(20_000, 80_000)]))


def beats_of_yesterday() -> Player:
    """The same lesson, told again to a session with another nonce."""
    old = Player().play(300, send=False)
    new = Player()
    new.chain = "0ther" * 5
    new.session = replace(new.session, chain=new.chain)
    new.wait(300).proven = old.proven
    return new.send(*old.kept)


def beats_twice() -> Player:
    player = Player().play(40, send=False)
    beats = list(player.kept)
    return player.send(*beats).send(*beats).send(*reversed(beats))


def a_beat_left_out() -> Player:
    """What would be refused is not told; what follows does not hang on what came before."""
    player = Player().play(60, send=False)
    return player.send(player.kept[0], player.kept[2])


def ten_thousand_beats_ahead() -> Player:
    player = Player()
    for number in range(1, 10_000):
        player.session = heard(player.session, [Heard(Beat(number, 1_000, [(0, 900)], chain="a" * 64), NOW)])
    assert len(player.session.waiting) < 100
    return player


def clock_moved_forward() -> Player:
    """``performance.now`` was replaced by one that runs ten times as fast."""
    player = Player()
    for _ in range(6):
        player.wait(10)
        player.page_ahead = player.now * 9
        start = player.position
        player.tell([(start, start + 100_000)])
        player.position += 100_000
        player.send()
    return player


def clock_an_hour_ahead() -> Player:
    player = Player(page_ahead=3_600_000)
    player.wait(1).tell([(0, LESSON)])
    return player.send()


def clock_back_and_forth() -> Player:
    player = Player("free").play(100)
    for _ in range(10):
        player.page_ahead -= 50_000
        player.tell([(0, 50_000)])
        player.page_ahead += 50_000
        player.tell([(100_000, 150_000)])
        player.send()
    return player


def all_at_once() -> Player:
    player = Player("free")
    player.wait(5).tell([(0, LESSON)])
    return player.send()


def many_short_beats() -> Player:
    """Each asks for what clocks may be apart."""
    player = Player("free")
    for number in range(100):
        player.wait(0.1).tell([(number * 2_000, number * 2_000 + 2_000)])
    return player.send()


def without_segments() -> Player:
    return Player(fetches=lambda _: []).play(200)


def with_every_other_segment() -> Player:
    return Player("free", fetches=lambda played: segments_of(played)[::2]).play(96)


def segments_of_elsewhere() -> Player:
    return Player("free", fetches=lambda _: [(400_000, 600_000)]).play(200)


def segments_afterwards() -> Player:
    """What was fetched later does not prove what was played before."""
    player = Player("free", fetches=lambda _: []).play(100)
    player.fetches = segments_of
    player.seek(0)
    player.tell([(0, 1_000)])
    player.proven[player.sequence - 1] = segments_of([(0, 100_000)])
    return player.send()


def caught_with_false_proofs() -> Player:
    player = Player().play(300)
    player.session = doubted(player.session, 1)
    assert player.hours == 300, "one may be an accident"
    player.session = doubted(player.session, 2)
    return player.play(100)


def hidden_tab() -> Player:
    return Player("supervised").play(40).play(200, visible=False)


def nobody_there() -> Player:
    return Player("supervised", presence_seconds=60).play(500)


def two_tabs() -> Player:
    """The second one took over after 30 seconds; the first one goes on."""
    player = Player().play(30)
    player.session = replace(player.session, ended_at=NOW + 30_000)
    return player.play(200)


def two_tabs_with_a_false_clock() -> Player:
    """The first one says that all of it was before."""
    player = Player().play(30)
    player.session = replace(player.session, ended_at=NOW + 30_000)
    player.page_ahead = -200_000
    return player.play(200)


def a_session_for_ever() -> Player:
    player = Player("free").play(20).wait(12 * 3600)
    return player.play(200)


def beyond_the_end() -> Player:
    player = Player("free").wait(3_000)
    player.tell([(590_000, 3_000_000)])
    return player.send()


def the_same_again_and_again() -> Player:
    player = Player("free")
    for _ in range(5):
        player.seek(0).play(60)
    return player


def speed_out_of_the_stand() -> Player:
    """Who stood still for an hour has not saved up an hour."""
    player = Player("free").play(10).wait(3_600)
    player.tell([])  # at the end of the pause
    for _ in range(5):
        start = player.position
        player.wait(1).tell([(start, start + 50_000)])
        player.position += 50_000
    return player.send()


ATTACKS: list[tuple[Attack, float, StudyRefusal | None]] = [
    (jump_by_current_time, 20, "jumped"),
    (leap_after_leap, 0.2, "jumped"),
    (small_leaps_in_any_order, 0.5, None),
    (backwards, 0, "jumped"),
    (rate_16, 0, "too_fast"),
    (rate_16_hidden, 15, "over_clock"),
    (a_little_too_fast, 0, "too_fast"),
    (rate_2_under_a_limit_of_1, 0, "too_fast"),
    (forged_beats, 20, "wrong_chain"),
    (a_beat_that_was_changed, 20, "wrong_chain"),
    (beats_of_yesterday, 0, "wrong_chain"),
    (beats_twice, 40, None),
    (a_beat_left_out, 20, None),
    (ten_thousand_beats_ahead, 0, None),
    (clock_moved_forward, 12, "ahead_of_clock"),
    (clock_an_hour_ahead, 0, "ahead_of_clock"),
    (clock_back_and_forth, 100, "over_clock"),
    (all_at_once, 10, "over_clock"),
    (many_short_beats, 20, "over_clock"),
    (without_segments, 0, "not_fetched"),
    (with_every_other_segment, 57, "not_fetched"),
    (segments_of_elsewhere, 0, "not_fetched"),
    (segments_afterwards, 1, "not_fetched"),
    (caught_with_false_proofs, 0, "forged"),
    (hidden_tab, 40, "hidden"),
    (nobody_there, 120, "absent"),
    (two_tabs, 30, "ended"),
    (two_tabs_with_a_false_clock, 30, "over_clock"),
    (a_session_for_ever, 20, "ended"),
    (beyond_the_end, 10, None),
    (the_same_again_and_again, 60, None),
    (speed_out_of_the_stand, 20, "over_clock"),
]


@pytest.mark.parametrize(("attack", "seconds", "reason"), ATTACKS, ids=[each[0].__name__ for each in ATTACKS])
def test_attacks_are_refused_or_capped(attack: Attack, seconds: float, reason: StudyRefusal | None) -> None:
    """No more counts than was honest, and what clocks may be apart: two seconds."""
    player = attack()
    speed = player.session.terms.speed_limit
    assert player.hours <= seconds + TWO_SECONDS * (speed + 1), player.session.refused
    assert player.hours >= seconds * 0.9 - 0.5, "what was honest in it counts"
    assert reason is None or player.session.refused[reason] > 0


def test_there_are_thirty() -> None:
    assert len({attack for attack, _, _ in ATTACKS}) >= 30


def outage_of_ten_minutes() -> Player:
    """It plays on from what is loaded; beats wait in the player and come in the end."""
    return Player().play(30).play(570, send=False).send()


def pauses_and_seeks_back() -> Player:
    player = Player().play(100)
    return player.wait(40).seek(50).play(60).wait(300).play(490)


def with_checks_answered() -> Player:
    player = Player("supervised", presence_seconds=120)
    for _ in range(5):
        player.play(119).wait(20).play(1, present=True)
    return player


def asleep_in_between() -> Player:
    """While a laptop sleeps its page's clock stands, too."""
    player = Player().play(300)
    player.now += 3_600_000
    player.page_ahead = -3_600_000
    return player.play(300)


def a_line_that_goes_on_and_off() -> Player:
    dice = random.Random(7)
    player = Player(speed_limit=1.5)
    while player.position < LESSON:
        player.play(dice.uniform(0.3, 30), rate=dice.choice([1.0, 1.25, 1.5]), send=dice.random() < 0.3)
        player.wait(dice.choice([0, 0, 0.5, 20]))
    return player.send()


@pytest.mark.parametrize(
    "watch",
    [
        lambda: Player().play(600),
        lambda: Player("free").play(300, rate=2.0),
        lambda: Player("supervised").play(600),
        lambda: Player().play(600, every=0.25),
        lambda: Player("free").seek(300).play(300).seek(0).play(300),
        lambda: Player(page_ahead=-700).play(600),
        outage_of_ten_minutes,
        pauses_and_seeks_back,
        with_checks_answered,
        asleep_in_between,
        a_line_that_goes_on_and_off,
    ],
)
def test_who_watched_is_believed_within_two_seconds(watch: Attack) -> None:
    player = watch()
    seen = union([each for beat in [*player.kept] for each in beat.played]) or [(0, LESSON)]
    assert abs(player.hours - length(seen) / 1000) <= TWO_SECONDS, player.session.refused
    assert is_completed(player.session.believed_ms, LESSON)


def test_a_lesson_goes_on_where_the_last_session_came_to() -> None:
    later = Player(furthest=300_000, position=300_000).play(300)
    assert later.hours == 300


def test_beats_count_once_and_in_order_however_they_come() -> None:
    player = Player().play(400, every=5, send=False)
    beats, expected = list(player.kept), Player().play(400, every=5).session.believed
    dice = random.Random(3)
    for _ in range(20):
        lot = [beat for beat in beats for _ in range(dice.randint(1, 2))]
        window = [lot[n : n + 12] for n in range(0, len(lot), 12)]
        for each in window:
            dice.shuffle(each)
        again = Player().wait(400)
        again.proven = player.proven
        again.send(*[beat for each in window for beat in each]).send(*beats)
        assert list(again.session.believed) == list(expected)


def test_who_was_away_is_believed_again_once_there() -> None:
    player = Player("supervised", presence_seconds=60).play(300)
    away = player.hours
    player.seek(away).play(50, present=True)
    assert player.hours == pytest.approx(away + 50, abs=1)


def test_completion_rises_from_7_to_95_hundredths() -> None:
    assert [threshold(seconds * 1000) for seconds in (0, 300, 600, 6_000)] == [0.7, 0.825, 0.95, 0.95]
    assert is_completed(7_100, 10_000) and not is_completed(6_900, 10_000)
    assert is_completed(5_000, 10_000, asked=0.5)
    assert not is_completed(5_000, None)
    assert not is_completed(0, 0)


def test_terms_that_a_course_leaves_open() -> None:
    assert terms_of("free", None, None).speed_limit == 2.0
    assert terms_of("sequential", None, 60).presence_ms is None
    assert terms_of("supervised", None, None).presence_ms == 900_000
    assert terms_of("supervised", 1.25, 60).speed_limit == 1.25


def test_a_proof_needs_the_nonce_and_every_byte() -> None:
    segment = bytes(range(256)) * 100
    proof = proof_of(NONCE, segment)
    assert len(proof) == 22
    assert proof != proof_of(NONCE, segment[:-1])
    assert proof != proof_of(NONCE + "1", segment)


def test_the_player_hashes_alike() -> None:
    """The same stands in tests/player_embed/study.test.js."""
    beat = Beat(
        3, 61_500, [(0, 4_000), (6_000, 8_250)], rate=1.25, present=True, fetched=(("360p", 1, "x" * 22),)
    )
    assert chained("secret", beat) == "821acd73d57f19a0ca0a139c162a48ec7154b073ceba47ede0c4e78ead862e94"
    assert proof_of("secret", bytes(number % 256 for number in range(1000))) == "ZzhTAxXrTgyzVXik92m5WQ"


def test_a_share_of_beats_is_looked_at_and_nobody_knows_which() -> None:
    beat = Beat(0, 1, [], fetched=tuple(("240p", number, "p") for number in range(4)))
    found = [chosen(beat, number / 1000, 0.25) for number in range(1000)]
    looked_at = [each for each in found if each]
    assert len(looked_at) == 250
    assert {each[1] for each in looked_at} == {0, 1, 2, 3}
    assert chosen(Beat(0, 1, []), 0.0, 0.25) is None


def test_beats_of_study_travel_whole() -> None:
    beat = Beat(3, 5_000, [(0, 4_000)], rate=1.25, fetched=(("360p", 1, "x" * 22),), present=True)
    sent = sending(replace(beat, chain=chained(NONCE, beat)))
    assert from_text(to_text(replace(sent, study="s" * 24))).beats[0] == sent.beats[0]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (within([(0, 10), (20, 30)], [(5, 25)]), [(5, 10), (20, 25)]),
        (first([(0, 10), (20, 30)], 15), [(0, 10), (20, 25)]),
        (union([(0, 10), (11, 20)], seam=0), [(0, 10), (11, 20)]),
    ],
)
def test_ranges(found: list[Range], expected: list[Range]) -> None:
    assert found == expected
