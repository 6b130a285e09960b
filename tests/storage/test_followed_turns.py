"""Which followed lesson is next, on a real PostgreSQL."""

from __future__ import annotations

import pytest
from sqlalchemy import func
from sqlalchemy.orm import Session, sessionmaker

from storage.catalogue import followed_courses, mirrors, organizations
from storage.catalogue.models import FollowedCourse, FollowedLesson, PlatformLink, Subscription

pytestmark = pytest.mark.integration


@pytest.fixture
def links(sessions: sessionmaker[Session]) -> tuple[str, str]:
    """Two links with two lessons each, of which those of the first are due for longer."""
    with sessions.begin() as session:
        organization = organizations.create_organization(session, "市")
        found = []
        for hours in (2, 1):
            link = PlatformLink(
                organization_id=organization.id, offered=True, own_name="市", public_key="k", state="linked"
            )
            session.add(link)
            session.flush()
            due = func.now() - func.make_interval(0, 0, 0, 0, hours)
            session.add_all(FollowedLesson(link_id=link.id, origin_id=f"o{n}", due_at=due) for n in range(2))
            found.append(link.id)
    return found[0], found[1]


def test_a_link_has_its_turn_whatever_is_due_for_longer(
    sessions: sessionmaker[Session], links: tuple[str, str]
) -> None:
    first, second = links
    with sessions.begin() as session:
        taken = [mirrors.claim(session, [second, first]) for _ in range(5)]
    assert [claim and claim.link_id for claim in taken] == [second, second, first, first, None]


def test_what_somebody_wants_to_play_comes_before_any_turn(
    sessions: sessionmaker[Session], links: tuple[str, str]
) -> None:
    first, second = links
    with sessions.begin() as session:
        lesson = session.query(FollowedLesson).filter_by(link_id=first, origin_id="o1").one()
        lesson.asked_at = func.now()
        session.flush()
        # By day only what is asked for is copied.
        taken = [mirrors.claim(session, [second], asked_for=[second, first]) for _ in range(4)]
    assert [claim and (claim.link_id, claim.is_asked_for) for claim in taken] == [
        (first, True),
        (second, False),
        (second, False),
        None,
    ]


def test_courses_of_one_link_do_not_wait_for_all_of_another(
    sessions: sessionmaker[Session], links: tuple[str, str]
) -> None:
    """However many of a slow platform are due for longer."""
    first, second = links
    with sessions.begin() as session:
        for link_id, hours in ((first, 2), (second, 1)):
            due = func.now() - func.make_interval(0, 0, 0, 0, hours)
            session.add(Subscription(link_id=link_id, visibility="subtree"))
            session.flush()
            session.add_all(FollowedCourse(link_id=link_id, origin_id=f"c{n}", due_at=due) for n in range(2))
    with sessions.begin() as session:
        taken = [followed_courses.claim(session, [second, first]) for _ in range(3)]
        left_alone = followed_courses.claim(session, [second])
    assert [due and due.link_id for due in taken] == [second, second, first] and left_alone is None
