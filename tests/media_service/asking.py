"""Requests to one resource by keys of several organizations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from house import House
from werkzeug.test import TestResponse

from storage.catalogue.organizations import create_organization

Ask = Callable[..., TestResponse]


def asking(house: House, resource: str, organization_id: str, role: str) -> Ask:
    """Requests by a key of this organization: method, path below the resource, JSON body, headers."""
    key = house.api_key(organization_id, role)

    def ask(method: str, path: str = "", body: Any = None, **headers: str) -> TestResponse:
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        return house.client.open(resource + path, method=method, json=body, headers={**key, **headers})

    return ask


@pytest.fixture(scope="module")
def tree(house: House) -> tuple[str, str, str]:
    """A city, a school below it, and another city."""
    with house.sessions.begin() as session:
        city = create_organization(session, "市")
        return city.id, create_organization(session, "校", city.id).id, create_organization(session, "外").id
