"""A province with a library, a city of it and a school, whose lessons others follow; and who follows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from house import House
from sqlalchemy import select, update

from storage.catalogue import assets, recording
from storage.catalogue.models import Asset, Category, Partner, Version
from storage.catalogue.organizations import create_api_key, create_organization


@dataclass
class Province:
    house: House
    id: str
    city: str
    school: str
    partner: str
    category: str
    keys: dict[str, dict[str, str]]

    def add(self, title: str = "课", word: str = "public", state: str = "ready", **values: Any) -> str:
        """A lesson of the school."""
        with self.house.sessions.begin() as session:
            version = assets.create_asset(session, self.school, title, "a.mp4", "public", visibility=word)
            version.state, version.kind = state, "video"
            for name, value in values.items():
                setattr(session.get_one(Asset, version.asset_id), name, value)
            return version.asset_id

    def say(self, asset_id: str, **values: Any) -> None:
        with self.house.sessions.begin() as session:
            session.execute(update(Asset).where(Asset.id == asset_id).values(**values))

    def show(self, asset_id: str, word: str) -> None:
        self.say(asset_id, visibility=word, effective_visibility=word)

    def remove(self, asset_id: str) -> None:
        path = f"/v1/assets/{asset_id}?permanently=true"
        assert self.house.client.delete(path, headers=self.keys["admin"]).status_code == 204

    def write(self) -> None:
        """The log, as the keeper does it; and what a process knows of it is forgotten."""
        while True:
            with self.house.sessions.begin() as session:
                if not recording.record(session):
                    break
        self.house.app.extensions.pop("lessonstream_change_log", None)


@pytest.fixture(scope="module")
def province(house: House) -> Province:
    with house.sessions.begin() as session:
        province = create_organization(session, "省 & <教育>")
        province.library = True
        city = create_organization(session, "市", province.id).id
        school = create_organization(session, "校", city).id
        stranger = create_organization(session, "陌生").id
        category = Category(organization_id=province.id, code="1", name_zh="健康", name_en="Health")
        limits = {"requests_per_second": 1000, "bytes_per_second": 10**9, "bytes_per_day": 10**12}
        partner = Partner(organization_id=city, name="伙伴", origins=[], **limits)
        session.add_all([category, partner])
        session.flush()
        secrets = {
            "admin": create_api_key(session, province.id, "admin", "a")[1],
            "portal": create_api_key(session, city, "portal", "p")[1],
            "stranger": create_api_key(session, stranger, "admin", "s")[1],
            "partner": create_api_key(session, city, "partner", "q", partner.id)[1],
        }
        keys = {name: {"Authorization": f"Bearer {secret}"} for name, secret in secrets.items()}
        return Province(house, province.id, city, school, partner.id, category.id, keys)


def version_of(province: Province, asset_id: str) -> str:
    """Which plays."""
    with province.house.sessions() as session:
        return session.scalars(select(Version.id).where(Version.asset_id == asset_id)).one()
