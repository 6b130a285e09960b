"""Who looks: a city of a province with a school and a sibling, strangers, partners; and a lesson of the city's author,
in two courses. One table says who sees what."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, get_args

import pytest
from house import House
from lesson import Lesson, add_lesson
from sqlalchemy import update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from configs.words import Visibility
from storage.catalogue import visibility
from storage.catalogue.collections import create_collection
from storage.catalogue.links import Share, share, viewer_of
from storage.catalogue.models import (
    Asset,
    Collection,
    Partner,
    PartnerCollection,
    Person,
    PlatformLink,
    PlatformShare,
)
from storage.catalogue.organizations import create_api_key, create_organization
from storage.catalogue.reach import Reach
from storage.catalogue.visibility import Viewer

PEOPLE = {
    # who: private, organization, subtree, shared, public
    "nobody": "----x",
    "the author": "xxxxx",
    "another author": "-xxxx",
    "its administrator": "xxxxx",
    "its portal": "-xxxx",
    "its authors' key": "xxxxx",
    "the portal above": "-xxxx",
    "the administrator above": "xxxxx",
    "the portal below": "--x-x",
    "the administrator below": "--x-x",
    "the portal beside": "----x",
    "a named organization's portal": "---xx",
    "the portal below that": "---xx",
    "a stranger's administrator": "----x",
    "a named partner": "---xx",
    "a partner with a course": "-xxxx",
    "another partner": "----x",
    "a platform for which it is named": "-xxxx",
    "a platform with a course": "-xxxx",
    # What somebody has said of one lesson is stronger than what is said of all in a place.
    "a platform with its city": "----x",
    "a platform with another licence": "----x",
    "a platform of a link elsewhere": "----x",
}
WORDS: tuple[Visibility, ...] = get_args(Visibility)
PLATFORMS = tuple(who for who in PEOPLE if who.startswith("a platform"))
UNBOUND = ("nobody", "the author", "another author", *PLATFORMS)
"""Who asks for no tokens by an API key."""


@dataclass
class World:
    """``course_id`` was given to a partner, ``other_id`` to nobody; both hold the lesson, and an open one before it."""

    house: House
    lesson: Lesson
    open_lesson: Lesson
    course_id: str
    other_id: str
    viewers: dict[str, Viewer]
    keys: dict[str, dict[str, str]]

    def say(self, **values: Any) -> None:
        """Change the lesson; every process knows it at once."""
        with self.house.sessions.begin() as session:
            session.execute(update(Asset).where(Asset.id == self.lesson.asset_id).values(**values))
        self.forget()

    def say_of(self, course_id: str, **values: Any) -> None:
        """Change a course."""
        with self.house.sessions.begin() as session:
            session.execute(update(Collection).where(Collection.id == course_id).values(**values))

    def forget(self) -> None:
        """What this process remembers for a second or some."""
        for part in (self.house.gate._playback_ids._known, self.house.gate._partner_terms._shared):
            part.clear()

    def token(self, who: str) -> TestResponse:
        return self.house.client.post(
            "/v1/playback-tokens", json={"playback_id": self.lesson.public_id}, headers=self.keys[who]
        )

    def play(self, token: str | None = None) -> int:
        query = f"?token={token}" if token else ""
        return self.house.get(f"/v/{self.lesson.public_id}/master.m3u8{query}").status_code


@pytest.fixture(scope="module")
def world(house: House) -> World:
    lesson, open_lesson = (add_lesson(house.sessions, house.objects) for _ in range(2))
    with house.sessions.begin() as session:
        province = create_organization(session, "省").id
        city = create_organization(session, "市", province).id
        school = create_organization(session, "校", city).id
        sibling = create_organization(session, "另一市", province).id
        named = create_organization(session, "外省").id
        below_named = create_organization(session, "外省的校", named).id
        stranger = create_organization(session, "陌生").id
        people = [Person(organization_id=city, subject=name, name=name, role="author") for name in "ab"]
        partners = [
            Partner(
                organization_id=city,
                name=name,
                origins=[],
                requests_per_second=1000,
                bytes_per_second=10**9,
                bytes_per_day=10**12,
            )
            for name in ("named", "given", "other")
        ]
        session.add_all([*people, *partners])
        session.flush()
        session.execute(
            update(Asset)
            .where(Asset.id.in_([lesson.asset_id, open_lesson.asset_id]))
            .values(
                organization_id=city,
                owner_id=people[0].id,
                shared_organization_ids=[named],
                shared_partner_ids=[partners[0].id],
            )
        )
        session.flush()
        asset_ids = [open_lesson.asset_id, lesson.asset_id]
        course, other = (
            create_collection(session, Reach(city), title, asset_ids) for title in ("课程", "另一课程")
        )
        for each in (course, other):
            each.owner_id = people[0].id
            each.shared_organization_ids = [named]
            each.shared_partner_ids = [partners[0].id]
        session.add(PartnerCollection(partner_id=partners[1].id, collection_id=course.id))
        by_link = [
            (
                province,
                [
                    Share(asset_id=lesson.asset_id),
                    Share(collection_id=course.id),
                    Share(collection_id=other.id),
                ],
            ),
            (city, [Share(collection_id=course.id)]),
            (province, [Share(organization_id=city)]),
            (city, [Share(organization_id=city, licence="CC0-1.0")]),
            (stranger, []),
        ]
        platforms = {
            who: _platform(session, owner, shares)
            for who, (owner, shares) in zip(PLATFORMS, by_link, strict=True)
        }
        # However it came there, a link of others opens nothing of these.
        elsewhere = platforms[PLATFORMS[-1]].platform
        assert elsewhere is not None
        session.add(PlatformShare(link_id=elsewhere.link_id, asset_id=lesson.asset_id))
        viewers = {
            "nobody": visibility.ANYBODY,
            "the author": Viewer(city, people[0].id),
            "another author": Viewer(city, people[1].id),
            "its administrator": Viewer(city, manages=True),
            "its portal": Viewer(city),
            "its authors' key": Viewer(city, manages=True),
            "the portal above": Viewer(province),
            "the administrator above": Viewer(province, manages=True),
            "the portal below": Viewer(school),
            "the administrator below": Viewer(school, manages=True),
            "the portal beside": Viewer(sibling),
            "a named organization's portal": Viewer(named),
            "the portal below that": Viewer(below_named),
            "a stranger's administrator": Viewer(stranger, manages=True),
            "a named partner": Viewer(partner_id=partners[0].id),
            "a partner with a course": Viewer(partner_id=partners[1].id),
            "another partner": Viewer(partner_id=partners[2].id),
            **platforms,
        }
        keys = {}
        for name, viewer in viewers.items():
            if name in UNBOUND:
                continue
            role = "partner" if viewer.partner_id else "admin" if viewer.manages else "portal"
            role = "author" if name == "its authors' key" else role
            owner = viewer.organization_id or city
            made = create_api_key(session, owner, role, name, viewer.partner_id)
            keys[name] = {"Authorization": f"Bearer {made[1]}"}
    assert viewers.keys() == PEOPLE.keys()
    return World(
        house, replace(lesson, organization_id=city), open_lesson, course.id, other.id, viewers, keys
    )


def _platform(session: Session, organization_id: str, shares: list[Share]) -> Viewer:
    link = PlatformLink(
        organization_id=organization_id, state="linked", offered=True, own_name="我们", public_key="unused"
    )
    session.add(link)
    session.flush()
    share(session, link, shares)
    return viewer_of(session, link)
