"""Who finds and plays what: the table, the condition for lists, the decision for rows, and the gate say the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from house import house
from sqlalchemy import select
from viewers import PEOPLE, PLATFORMS, WORDS, World, world

from configs.words import Visibility
from storage.catalogue import visibility
from storage.catalogue.models import Asset, Collection
from storage.catalogue.organizations import organizations_above

__all__ = ["house", "world"]


@pytest.mark.parametrize("word", WORDS)
def test_who_sees_and_plays_what(world: World, word: Visibility) -> None:
    expected = {who: sees[WORDS.index(word)] == "x" for who, sees in PEOPLE.items()}
    world.say(visibility=word, effective_visibility=word)
    asset_id = world.lesson.asset_id
    with world.house.sessions() as session:
        asset = session.get_one(Asset, asset_id)
        decided = {
            who: visibility.seen(session, viewer, [asset]) == {asset_id}
            for who, viewer in world.viewers.items()
        }
        found = {
            who: asset_id
            in session.execute(select(Asset.id).where(visibility.visible(viewer, Asset))).scalars().all()
            for who, viewer in world.viewers.items()
        }
    assert decided == expected
    assert found == expected

    by_anybody = world.play() == 200
    plays = {"nobody": by_anybody}
    for who in world.keys:
        issued = world.token(who)
        assert issued.status_code in (201, 404), issued.text
        plays[who] = by_anybody or (issued.status_code == 201 and world.play(issued.json["token"]) == 200)
    assert plays == {who: sees for who, sees in expected.items() if who in plays}


@pytest.mark.parametrize("word", WORDS)
def test_words_of_the_log_say_the_same_of_who_does_not_keep_it(world: World, word: Visibility) -> None:
    """Of the lesson and of the course with it, for which the partner that has the course stands for both."""
    world.say(visibility=word, effective_visibility=word)
    world.say_of(world.course_id, visibility=word)
    with world.house.sessions() as session:
        way_up = organizations_above(session, {world.lesson.organization_id})[world.lesson.organization_id]
        given = [world.viewers["a partner with a course"].partner_id or ""]
        for model, its_id in ((Asset, world.lesson.asset_id), (Collection, world.course_id)):
            row = session.get_one(model, its_id)
            audience = visibility.audience_of(row, way_up, given)
            for who, viewer in world.viewers.items():
                if who in PLATFORMS:
                    continue  # of whom the log asks by itself
                others = visibility.SEEN_BY["public"] - {"owner", "manager"}
                found = session.execute(
                    select(model.id).where(visibility.visible(viewer, model, only=others), model.id == its_id)
                ).first()
                has_word = bool(audience & visibility.words_of(session, viewer))
                assert has_word == (found is not None), (who, model)


@pytest.mark.parametrize("word", WORDS)
def test_portals_find_of_their_own_what_they_may(world: World, word: Visibility) -> None:
    world.say(visibility=word, effective_visibility=word)
    for who in ("its portal", "the portal above", "its administrator"):
        seen = PEOPLE[who][WORDS.index(word)] == "x"
        page = world.house.client.get("/v1/assets?count=true", headers=world.keys[who]).json
        expected = [world.open_lesson.asset_id, *([world.lesson.asset_id] * seen)]
        assert [each["id"] for each in page["assets"]] == expected, who
        assert page["total"]["count"] == len(expected)
        shown = world.house.client.get(f"/v1/assets/{world.lesson.asset_id}", headers=world.keys[who])
        assert shown.status_code == (200 if seen else 404)


@pytest.mark.parametrize(
    "hidden",
    [
        {"published_at": datetime.now(UTC) + timedelta(hours=1)},
        {"withdraw_at": datetime.now(UTC) - timedelta(hours=1)},
        {"review_state": "submitted"},
    ],
    ids=["not yet", "not any more", "not reviewed"],
)
def test_what_is_not_published_plays_for_those_alone_who_keep_it(
    world: World, hidden: dict[str, Any]
) -> None:
    open_to_all = {"visibility": "public", "effective_visibility": "public"}
    shown = {"published_at": None, "withdraw_at": None, "review_state": "published"}
    world.say(**open_to_all, **shown)
    assert world.play() == 200
    signed = {"playback_id": world.lesson.signed_id}
    before = world.house.client.post("/v1/playback-tokens", json=signed, headers=world.keys["its portal"])
    address = f"/v/{world.lesson.signed_id}/master.m3u8?token="
    assert world.house.get(address + before.json["token"]).status_code == 200

    world.say(**hidden)
    assert world.play() == 404
    assert world.house.get(address + before.json["token"]).status_code == 404
    assert world.token("its portal").status_code == 404
    assert world.play(world.token("its administrator").json["token"]) == 200
    with world.house.sessions() as session:
        found = {
            who
            for who, viewer in world.viewers.items()
            if session.execute(select(Asset.id).where(visibility.visible(viewer, Asset))).first()
            and world.lesson.asset_id
            in session.execute(select(Asset.id).where(visibility.visible(viewer, Asset))).scalars().all()
        }
    assert found == {
        "the author",
        "its administrator",
        "its authors' key",
        "the administrator above",
    }
    world.say(**shown)
    assert world.play() == 200
    assert world.house.get(address + before.json["token"]).status_code == 200


def test_a_token_of_before_does_not_open_what_became_private(world: World) -> None:
    world.say(visibility="private", effective_visibility="private")
    token = world.token("its administrator").json["token"]
    assert world.play(token) == 200
    world.say(visibility="organization", effective_visibility="organization")
    issued = world.token("its portal").json["token"]
    world.say(visibility="private", effective_visibility="private")
    assert world.play(issued) == 404


SHARED = {
    # who: of which nobody has said who sees it; public; private
    "a platform for which it is named": "xx-",
    "a platform with a course": "xx-",
    "a platform with its city": "xx-",
    "a platform with another licence": "---",
    "a platform of a link elsewhere": "---",
}


@pytest.mark.parametrize("said", range(3), ids=["nobody has said who", "public", "private"])
def test_what_is_shared_with_another_platform(world: World, said: int) -> None:
    word = (None, "public", "private")[said]
    world.say(visibility=word, effective_visibility=word or "organization")
    asset_id = world.lesson.asset_id
    for who, shared in SHARED.items():
        viewer = world.viewers[who]
        with world.house.sessions() as session:
            asset = session.get_one(Asset, asset_id)
            decided = visibility.seen(session, viewer, [asset], only=visibility.BY_PLATFORM)
            listed = select(Asset.id).where(visibility.visible(viewer, Asset, only=visibility.BY_PLATFORM))
            found = asset_id in session.execute(listed).scalars().all()
        assert ((decided == {asset_id}), found) == ((shared[said] == "x"),) * 2, who
