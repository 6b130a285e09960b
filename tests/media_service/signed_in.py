"""Browsers on the site, and how people come in: for tests of what they see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient
from house import PUBLIC_URL, House
from werkzeug.test import TestResponse

from media_service.session_cookie import cookie_name

COOKIE = cookie_name(PUBLIC_URL)
OURS = {"Origin": PUBLIC_URL, "Sec-Fetch-Site": "same-origin"}
"""What browsers say of requests that pages of our own send."""


@dataclass
class Browser:
    """A browser with its cookies."""

    client: FlaskClient

    def open(self, path: str, method: str = "GET", **more: Any) -> TestResponse:
        """A request, as the address bar sends it."""
        return self.client.open(path, method=method, base_url=PUBLIC_URL, **more)

    def submit(self, path: str, headers: dict[str, str] | None = None, **form: str) -> TestResponse:
        """A form, of a page of our own unless ``headers`` say otherwise."""
        return self.open(path, "POST", data=form, headers=OURS if headers is None else headers)

    def who(self) -> dict[str, Any]:
        """Who is signed in."""
        answer = self.open("/v1/whoami")
        assert answer.status_code == 200, answer.text
        return dict(answer.json)

    def change(self, path: str, method: str = "POST", **more: Any) -> TestResponse:
        """A request as Studio's own script sends it."""
        headers = {"X-CSRF-Token": self.who()["csrf_token"], **OURS, **more.pop("headers", {})}
        return self.open(path, method, headers=headers, **more)

    @property
    def secret(self) -> str | None:
        cookie = self.client.get_cookie(COOKIE, "media.example")
        return cookie.value if cookie else None


def make_code(house: House, organization_id: str, key_role: str = "admin", **wishes: Any) -> dict[str, Any]:
    """What a portal gets that lets an author in; ``key_role`` is its key's."""
    body = {"subject": "u-1", "name": "王老师", "role": "author", **wishes}
    answer = house.client.post(
        "/v1/sign-in-codes", json=body, headers=house.api_key(organization_id, key_role)
    )
    assert answer.status_code == 201, answer.text
    return dict(answer.json)


def come_in(browser: Browser, code: str) -> TestResponse:
    """Go on with a code, as the sign-in page asks."""
    return browser.submit("/studio/sign-in", code=code)


def signed_in(house: House, organization_id: str, subject: str, role: str = "author") -> Browser:
    """A browser in which somebody is signed in."""
    browser = Browser(house.app.test_client())
    made = make_code(house, organization_id, subject=subject, name=subject, role=role)
    assert come_in(browser, made["code"]).status_code == 303
    return browser
