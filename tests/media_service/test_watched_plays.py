"""With DELIVERY=edge: what the edge may send to whom, and what has to be looked at request by request."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from deals import Deal, at_once, deal, own_house
from house import House, house, token_of

from media_service.app import create_app

__all__ = ["at_once", "deal", "house", "own_house"]
pytestmark = pytest.mark.integration

EDGE = "https://edge.example"


@pytest.fixture
def delivered(deal: Deal) -> House:
    """The same services, with segments handed to an edge."""
    services = deal.house.app.extensions["lessonstream"]
    chosen = replace(services.settings, delivery="edge", edge_url=EDGE, edge_secrets=("s" * 32,))
    app = create_app(replace(services, settings=chosen))
    return replace(deal.house, app=app, client=app.test_client())


def chunks(house: House, deal: Deal, playback_id: str, query: str = "") -> list[str]:
    answer = house.get(f"/v/{playback_id}/{deal.lesson.version_id}/180p.m3u8{query}")
    assert answer.status_code == 200, answer.text
    return re.findall(r"^[^#].*", answer.text, re.MULTILINE)


def test_the_edge_sends_what_nobody_counts(delivered: House, deal: Deal) -> None:
    # Watched first: what is rendered for the one must not reach the other.
    watched = f"?token={deal.token()}"
    assert chunks(delivered, deal, deal.lesson.signed_id, watched)[0] == f"180p/0.mp4{watched}"
    usual = f"?token={token_of(delivered, deal.lesson)}"
    for playback_id, query in ((deal.lesson.public_id, ""), (deal.lesson.signed_id, usual)):
        assert all(uri.startswith(f"{EDGE}/s/") for uri in chunks(delivered, deal, playback_id, query))
    assert chunks(delivered, deal, deal.lesson.signed_id, watched)[0] == f"180p/0.mp4{watched}"


@pytest.mark.parametrize("limits", [{"viewer": "v", "plays": 1}, {"start": 0, "end": 4}], ids=str)
def test_limits_of_players_and_clips_hold_behind_an_edge(
    delivered: House, deal: Deal, limits: dict[str, object]
) -> None:
    query = f"?token={token_of(delivered, deal.lesson, **limits)}"
    assert chunks(delivered, deal, deal.lesson.signed_id, query)[0] == f"180p/0.mp4{query}"


def test_a_lower_height_needs_no_watching(delivered: House, deal: Deal) -> None:
    query = f"?token={token_of(delivered, deal.lesson, max_height=180)}"
    assert chunks(delivered, deal, deal.lesson.signed_id, query)[0].startswith(EDGE)
    higher = f"/v/{deal.lesson.signed_id}/{deal.lesson.version_id}/360p.m3u8{query}"
    assert delivered.get(higher).status_code == 403


def test_segments_for_partners_pages_alone_stay_with_the_service(delivered: House, deal: Deal) -> None:
    path = f"/v1/assets/{deal.lesson.asset_id}/playback-ids"
    restricted = deal.ask("POST", path, {"policy": "public", "origins": "partners"}).json["id"]
    assert chunks(delivered, deal, restricted)[0] == "180p/0.mp4"
