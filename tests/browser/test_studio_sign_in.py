"""Signing in, as a newcomer does: a link from a terminal, a click, and Studio."""

from __future__ import annotations

from urllib.parse import urlsplit

from accessible import findings
from playwright.sync_api import Browser, BrowserContext, Page, expect
from studio_page import studio_link
from support import RunningStack

WHO = "fetch('/v1/whoami').then((answer) => answer.status)"


def who(page: Page) -> dict[str, object]:
    return dict(page.request.get(f"{page.url.partition('/studio')[0]}/v1/whoami").json())


def test_a_link_signs_in_once(stack: RunningStack, browser: Browser, page: Page) -> None:
    address = studio_link(stack, "--name", "王老师", "--role", "author")
    assert address.startswith(f"{stack.url}/studio/sign-in?code=")
    page.goto(address)
    expect(page.locator("main")).to_contain_text("王老师")
    assert findings(page) == []
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url(lambda url: urlsplit(url).path.rstrip("/") == "/studio")
    person = who(page)["person"]
    assert isinstance(person, dict) and (person["name"], person["role"]) == ("王老师", "author")
    assert "lessonstream" not in page.evaluate("document.cookie")
    other = browser.new_context(locale="zh-CN", viewport={"width": 320, "height": 640})
    late = other.new_page()
    answer = late.goto(address)
    assert answer is not None and answer.status == 404
    expect(late.get_by_role("alert")).to_contain_text("此登录链接已失效")
    assert findings(late) == []
    assert late.evaluate("document.documentElement.scrollWidth") <= 320
    other.close()
    # The same name is the same person.
    page.goto(studio_link(stack, "--name", "王老师", "--role", "author"))
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url(lambda url: "sign-in" not in url)
    again = who(page)["person"]
    assert isinstance(again, dict) and again["id"] == person["id"]


def test_where_browsers_tell_less(stack: RunningStack, context: BrowserContext) -> None:
    """Over plain http from another machine they send no ``Sec-Fetch-Site``: the form is known by its ``Origin``."""
    page = context.new_page()
    port = urlsplit(stack.url).port
    page.goto(f"http://lessons.test:{port}/studio/sign-in?key")
    page.get_by_label("API key").fill(stack.api_key)
    with page.expect_request(lambda request: request.method == "POST") as sent:
        page.get_by_role("button", name="Sign in").click()
    assert "sec-fetch-site" not in sent.value.all_headers()
    page.wait_for_url(lambda url: "sign-in" not in url)
    # Its own script changes things by the token, and a page of another site does not.
    ask = """async ([address, token]) => (await fetch(address, {
        method: "POST", credentials: "include", headers: {"Content-Type": "text/plain", ...token}, body: "{}",
    })).status"""
    site = f"http://lessons.test:{port}"
    token = page.evaluate("fetch('/v1/whoami').then((answer) => answer.json())")["csrf_token"]
    assert page.evaluate(ask, [f"{site}/v1/collections", {"X-CSRF-Token": token}]) == 415
    assert page.evaluate(ask, [f"{site}/v1/collections", {}]) == 403
    evil = context.new_page()
    evil.goto(f"http://evil.test:{port}/healthz")
    evil.set_content(f'<form method="post" action="{site}/studio/sign-out"><button>Win</button></form>')
    with evil.expect_response(f"{site}/studio/sign-out") as refused:
        evil.get_by_role("button").click()
    assert refused.value.status == 403
    assert page.evaluate(WHO) == 200
    page.goto(f"{site}/studio/sign-in?key")
    assert findings(page) == []
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("status")).to_have_text("You are signed out.")
    expect(page.get_by_label("API key")).to_be_hidden()
    page.get_by_text("Other ways to sign in").click()
    assert findings(page) == []
    page.get_by_label("API key").fill("ls_wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("API key")).to_be_visible()
    assert not [cookie for cookie in context.cookies() if "session" in str(cookie["name"])]
