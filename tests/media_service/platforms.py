"""Two platforms, each in memory on a catalogue of its own, and the link between them."""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from house import SECRET_KEY, House, make_house
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.test import TestResponse

from storage.catalogue.models import PlatformLink
from storage.catalogue.organizations import create_organization
from storage.exchange.keys import open_key
from storage.exchange.requests import sign_request

PROVINCE, CITY = "https://province.example", "https://city.example"


def free_port() -> int:
    """A port of this machine that nobody listens at."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


@dataclass
class Platform:
    """A platform, and the administrator of its root organization."""

    house: House
    url: str
    organization_id: str
    admin: dict[str, str]

    def ask(self, method: str, path: str, status: int, json: Any = None, **more: Any) -> Any:
        """What its administrator is answered."""
        headers = {**self.admin, **more.pop("headers", {})}
        answer = self.house.client.open(path, method=method, json=json, headers=headers, **more)
        assert answer.status_code == status, (path, answer.status_code, answer.text)
        return answer.json if answer.data else None

    def paste(self, code: str, status: int = 200) -> Any:
        return self.ask("POST", "/v1/platform-link-codes", status, {"code": code})

    def key_of(self, link_id: str) -> Ed25519PrivateKey:
        with self.house.sessions() as session:
            sealed = session.get_one(PlatformLink, link_id).private_key
        assert sealed is not None
        return open_key(SECRET_KEY, link_id, sealed)

    def call(
        self, other: Platform, link_id: str, method: str, target: str, body: bytes = b"", **headers: str
    ) -> TestResponse:
        """What the other platform answers to a request that this one signs."""
        token = sign_request(
            self.key_of(link_id),
            link_id=link_id,
            audience=other.url,
            method=method,
            target=target,
            body=body,
            now=time.time(),
        )
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return other.house.client.open(
            target, method=method, data=body, headers={"Authorization": f"Bearer {token}", **sent}
        )


def make_platform(sessions: sessionmaker[Session], url: str, name: str) -> Platform:
    house = make_house(sessions, PUBLIC_URL=url)
    with sessions.begin() as session:
        organization_id = create_organization(session, name).id
    return Platform(house, url, organization_id, house.api_key(organization_id, "admin"))


def link_up(one: Platform, other: Platform) -> str:
    """Link two platforms as their people do; returns the ID of the link."""
    offer = one.ask("POST", "/v1/platform-links", 201, {})
    answer = other.paste(offer["code"])
    linked = one.paste(answer["code"])
    assert linked["state"] == "linked"
    return str(linked["id"])
