"""The web component on a page of another origin: driven by properties, told by events, its token renewed in time."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from partner_site import Partner, partner
from player_site import ffmpeg
from playwright.sync_api import BrowserContext, Error, Page, expect
from support import RunningStack
from watching import SHIFTS, TIME, wait_for

import player_embed
from player_embed.component.release import script

__all__ = ["partner"]

pytestmark = [pytest.mark.browser, pytest.mark.integration]

PLAYER = "document.querySelector('lesson-player')"
RECORD = """
  window.told = [];
  const names =
    'ready play playing pause timeupdate ended volumechange ratechange seeked tokenexpiring tokenexpired ' +
    'tokenrefused error';
  for (const name of names.split(' ')) {
    const tell = ({target}) => target.localName === 'lesson-player' && window.told.push(name);
    document.addEventListener(name, tell, true);
  }
"""


@pytest.fixture
def page(page: Page) -> Page:
    """A page where the newest component is the one that would be released next."""
    name, _ = player_embed.component_script()
    source = (player_embed.COMPONENT / "lesson-player.js").read_text(encoding="utf-8")
    headers = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
    page.route(
        f"**/{name}",
        lambda route: route.fulfill(body=script(source), content_type="text/javascript", headers=headers),
    )
    return page


@pytest.fixture(autouse=True)
def unsealed(partner: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages do not say which bytes the component's script has."""

    def show(page: Page, html: str) -> None:
        Partner.show(partner, page, re.sub(r' integrity="[^"]+"', "", html))

    monkeypatch.setattr(partner, "show", show)


def _issue(stack: RunningStack, lesson: dict[str, Any], seconds: int) -> dict[str, Any]:
    """A token of a signed playback ID of the lesson."""
    path = f"/v1/assets/{lesson['id']}/playback-ids"
    signed = json.loads(stack.request("POST", path, json={"policy": "signed"}).data)
    answer = stack.request(
        "POST", "/v1/playback-tokens", json={"playback_id": signed["id"], "expires_in": seconds}
    )
    issued: dict[str, Any] = json.loads(answer.data)
    return issued


def _course(
    stack: RunningStack, first: dict[str, Any], folder: Path
) -> tuple[dict[str, Any], str, dict[str, Any]]:
    """A course of a public lesson and a signed one, 160 pixels wide, whose titles everybody may see; its component; a
    token of the signed lesson."""
    picture = folder / "signed.gif"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=160x120:r=10:d=1", picture)
    sent = stack.request("POST", "/v1/assets?filename=signed.gif&policy=signed", body=picture.read_bytes())
    second = stack.wait(json.loads(sent.data)["id"], "ready")
    assert stack.request("PATCH", f"/v1/assets/{second['id']}", json={"visibility": "public"}).status == 200
    wish = {"playback_id": second["playback_ids"][0]["id"]}
    issued = json.loads(stack.request("POST", "/v1/playback-tokens", json=wish).data)
    made = {"title": "山水画", "asset_ids": [first["id"], second["id"]]}
    course = json.loads(stack.request("POST", "/v1/collections", json=made).data)
    script, _ = issued["snippets"]["component"].split("\n")
    return course, f"{script}<lesson-player course={course['public_id']} muted></lesson-player>", issued


def test_every_released_version_plays(
    context: BrowserContext, partner: Partner, lessons: dict[str, dict[str, Any]]
) -> None:
    newest, _ = player_embed.component_script()
    snippet = lessons["film"]["playback_ids"][0]["snippets"]["component"]
    for name in sorted(name for name in player_embed.component_files() if name.endswith(".js")):
        page = context.new_page()
        partner.show(page, snippet.replace(newest, name))
        page.evaluate(f"customElements.whenDefined('lesson-player').then(() => {PLAYER}.play())")
        wait_for(page, f"{PLAYER}.currentTime > 0.5 && {PLAYER}.qualities.length > 1")
        page.close()


def test_is_driven_by_properties_and_tells_by_events(
    page: Page, partner: Partner, stack: RunningStack, lessons: dict[str, dict[str, Any]]
) -> None:
    page.add_init_script(SHIFTS)
    page.add_init_script(RECORD)
    partner.show(page, lessons["film"]["playback_ids"][0]["snippets"]["component"])
    wait_for(page, "window.told.includes('ready')")
    assert not page.url.startswith(stack.url)
    assert page.frames[1].url.startswith(stack.url)

    page.evaluate(f"{PLAYER}.play()")
    wait_for(page, f"{PLAYER}.currentTime > 1")
    assert page.frames[1].evaluate(TIME) > 0.5
    assert page.evaluate(f"!{PLAYER}.paused && {PLAYER}.readyState >= 3 && {PLAYER}.buffered.end(0) > 1")
    assert abs(page.evaluate(f"{PLAYER}.duration") - 24) < 0.1
    assert "480p" in page.evaluate(f"{PLAYER}.qualities")

    page.evaluate(f"{PLAYER}.pause()")
    wait_for(page, f"{PLAYER}.paused && window.told.includes('pause')")
    page.evaluate(
        f"Object.assign({PLAYER}, {{currentTime: 12, volume: 0.5, playbackRate: 1.5, quality: '240p'}})"
    )
    wait_for(page, "window.told.includes('seeked') && window.told.includes('ratechange')")
    inside = page.frames[1].evaluate(
        "(({currentTime: time, volume, playbackRate}) => [time, volume, playbackRate])(document.querySelector('video'))"
    )
    assert inside == [12, 0.5, 1.5]
    page.evaluate(f"{PLAYER}.toggleAttribute('muted', true)")
    wait_for(page.frames[1], "document.querySelector('video').muted")
    wait_for(page, f"{PLAYER}.quality === '240p'")

    with pytest.raises(Error, match="TypeError"):
        page.evaluate(f"{PLAYER}.currentTime = 'soon'")
    assert page.evaluate(f"{PLAYER}.currentTime = 1e9, {PLAYER}.currentTime") <= 24.1
    page.evaluate(f"{PLAYER}.currentTime = 23; {PLAYER}.play()")
    wait_for(page, f"{PLAYER}.ended && window.told.includes('ended')")
    assert {"play", "playing", "timeupdate", "volumechange"} <= set(page.evaluate("window.told"))
    assert page.evaluate("window.shifts") == []


def test_only_the_page_around_commands_and_nothing_secret_leaves(
    page: Page, partner: Partner, stack: RunningStack, lessons: dict[str, dict[str, Any]]
) -> None:
    issued = _issue(stack, lessons["film"], 600)
    page.add_init_script(
        "window.heard = []; addEventListener('message', ({data}) => window.heard.push(JSON.stringify(data)))"
    )
    sibling = "<iframe srcdoc='<p>sibling</p>' id=sibling></iframe>"
    partner.show(page, issued["snippet"] + sibling)
    player = page.frames[1]
    player.locator("#start").wait_for()
    send = "frame => document.querySelector('iframe').contentWindow.postMessage(frame, '*')"
    page.evaluate(send, {"lessonstream": 1, "type": "play"})
    page.frames[2].evaluate(
        """() => { for (const type of ['hello', 'play'])
          parent.frames[0].postMessage({lessonstream: 1, type}, '*'); }"""
    )
    page.wait_for_timeout(400)
    assert player.evaluate("document.querySelector('video').paused"), "nobody said hello who may"
    assert page.evaluate("window.heard") == []

    page.evaluate(send, {"lessonstream": 2, "type": "hello"})
    page.evaluate(send, {"lessonstream": 1, "type": "hello"})
    page.evaluate(send, {"lessonstream": 1, "type": "set", "name": "src", "value": "x", "id": 1})
    page.evaluate(send, {"lessonstream": 1, "type": "set", "name": "volume", "value": 7, "id": 2})
    page.evaluate(send, {"lessonstream": 1, "type": "play", "id": 3})
    wait_for(page, "window.heard.some((text) => text.includes('timeupdate'))")
    heard = [json.loads(text) for text in page.evaluate("window.heard")]
    assert heard[0] == {"lessonstream": 1, "type": "unsupported", "supported": 1}
    assert heard[1]["type"] == "ready"
    results = {message["id"]: message["error"] for message in heard if message["type"] == "result"}
    assert results == {1: "unknown_message", 2: "invalid_value", 3: None}
    everything = json.dumps(heard)
    assert issued["token"] not in everything and "/v/" not in everything


def test_token_is_renewed_by_the_callback(
    page: Page, partner: Partner, stack: RunningStack, lessons: dict[str, dict[str, Any]]
) -> None:
    short = _issue(stack, lessons["film"], 6)
    long = json.loads(
        stack.request("POST", "/v1/playback-tokens", json={"playback_id": short["playback_id"]}).data
    )
    page.add_init_script(RECORD)
    page.add_init_script(
        f"""addEventListener('DOMContentLoaded', () => {{
          if ({PLAYER}) {PLAYER}.renewToken = async () => {json.dumps(long["token"])};
        }})"""
    )
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    partner.show(page, short["snippets"]["component"])
    wait_for(page, "window.told.includes('ready')")
    page.evaluate(f"{PLAYER}.muted = true; {PLAYER}.play()")
    wait_for(page, "window.told.includes('tokenexpiring')")
    wait_for(page, f"{PLAYER}.currentTime > 8")
    page.evaluate(f"{PLAYER}.quality = '240p'")
    page.evaluate(f"{PLAYER}.currentTime = 20")
    wait_for(page, f"{PLAYER}.currentTime > 21")
    assert "tokenexpired" not in page.evaluate("window.told")
    expect(page.frames[1].locator("#notice")).to_be_hidden()
    assert long["token"] in asked[-1]


def test_without_a_callback_the_viewer_is_told_when_the_token_ends(
    page: Page, partner: Partner, stack: RunningStack, lessons: dict[str, dict[str, Any]]
) -> None:
    short = _issue(stack, lessons["film"], 4)
    page.add_init_script(RECORD)
    partner.show(page, short["snippets"]["component"])
    wait_for(page, "window.told.includes('ready')")
    page.evaluate(f"{PLAYER}.muted = true; {PLAYER}.play()")
    expect(page.frames[1].locator("#notice")).to_contain_text("Your permission to watch has ended")
    expect(page.frames[1].locator("#notice")).to_contain_text("token_expired")
    wait_for(page, "window.told.includes('tokenexpired')")


def test_a_refused_token_is_an_error_event_or_another_try(
    page: Page, partner: Partner, stack: RunningStack, lessons: dict[str, dict[str, Any]]
) -> None:
    issued = _issue(stack, lessons["film"], 600)
    page.add_init_script(RECORD)
    refused = issued["snippets"]["component"].replace(issued["token"], "a.b.c")
    partner.show(page, refused)
    wait_for(page, "window.told.includes('error')")
    assert page.evaluate(f"{PLAYER}.error.code") == "token_invalid"
    assert re.search("[\u4e00-\u9fff]", page.evaluate(f"{PLAYER}.error.message.zh"))

    page.evaluate(f"{PLAYER}.token = {json.dumps(issued['token'])}")
    wait_for(page, f"{PLAYER}.readyState >= 2")
    assert page.evaluate(f"{PLAYER}.error") is None


def test_what_was_asked_of_a_player_is_always_answered(
    page: Page, partner: Partner, stack: RunningStack, lessons: dict[str, dict[str, Any]]
) -> None:
    issued = _issue(stack, lessons["film"], 600)
    play = "player.play().then(() => 'played', ({name}) => name)"
    snippet = issued["snippets"]["component"]
    partner.show(page, snippet.replace(issued["token"], "a.b.c"))
    page.evaluate("customElements.whenDefined('lesson-player')")
    assert page.evaluate(f"(player => {play})({PLAYER})") == "NotSupportedError", "asked before it is refused"
    assert page.evaluate(f"(player => {play})({PLAYER})") == "NotSupportedError", "and after"
    assert (
        page.evaluate(f"(player => {play})(document.createElement('lesson-player'))") == "InvalidStateError"
    )
    page.evaluate(f"{PLAYER}.volume = 0.25; {PLAYER}.token = {json.dumps(issued['token'])}")
    wait_for(page, f"{PLAYER}.volume === 0.25 && {PLAYER}.readyState >= 2")
    assert page.frames[1].evaluate("document.querySelector('video').volume") == 0.25, "settings wait"

    removed = (
        f"(player => {{ const asked = {play}; player.load(); player.remove(); return asked; }})({PLAYER})"
    )
    assert page.evaluate(removed) == "AbortError"


def test_moved_it_plays_on_put_back_it_goes_on_and_the_pages_history_stays(
    page: Page, partner: Partner, lessons: dict[str, dict[str, Any]]
) -> None:
    partner.show(page, f"{lessons['film']['playback_ids'][0]['snippets']['component']}<section></section>")
    page.evaluate(f"customElements.whenDefined('lesson-player').then(() => {PLAYER}.play())")
    entries = page.evaluate("history.length")
    page.evaluate(f"Object.assign({PLAYER}, {{muted: true, playbackRate: 1.5, currentTime: 10}})")
    wait_for(page, f"{PLAYER}.currentTime > 10.2")
    page.frames[1].evaluate("window.same = true")
    page.evaluate(f"document.querySelector('section').moveBefore({PLAYER}, null)")
    moved = page.evaluate(f"{PLAYER}.currentTime")
    wait_for(page, f"{PLAYER}.currentTime > {moved} + 0.5")
    assert page.frames[1].evaluate("window.same") is True

    page.evaluate(f"(player => {{ player.remove(); document.body.append(player); }})({PLAYER})")
    wait_for(page, f"{PLAYER}.readyState >= 3 && !{PLAYER}.paused && {PLAYER}.playbackRate === 1.5")
    assert moved < page.evaluate(f"{PLAYER}.currentTime") < 20
    page.evaluate(f"{PLAYER}.playbackId = {json.dumps(lessons['once']['playback_ids'][0]['id'])}")
    wait_for(page, f"{PLAYER}.videoWidth === 640")
    assert page.evaluate("history.length") == entries


def test_players_are_loaded_near_the_viewport_and_one_is_heard(
    page: Page, partner: Partner, lessons: dict[str, dict[str, Any]]
) -> None:
    script, element = lessons["film"]["playback_ids"][0]["snippets"]["component"].split("\n")
    partner.show(page, script + f"<div style='width: 1000px; height: 600px'>{element}</div>" * 12)
    page.evaluate("void (window.players = [...document.querySelectorAll('lesson-player')])")
    wait_for(page, "players[0].readyState >= 2")
    assert len(page.frames) - 1 <= 3
    page.evaluate("players[0].play()")
    page.evaluate("players[11].play()")
    wait_for(page, "players[11].currentTime > 0.3 && players[0].paused")
    page.evaluate("players[0].setAttribute('alone', '0'); players[0].play()")
    wait_for(page, "!players[0].paused")
    assert not page.evaluate("players[11].paused")


def test_a_page_that_does_not_answer_is_an_error(
    page: Page, partner: Partner, lessons: dict[str, dict[str, Any]]
) -> None:
    page.add_init_script(RECORD)
    snippet = lessons["film"]["playback_ids"][0]["snippets"]["component"]
    partner.show(page, snippet.replace("<lesson-player ", f'<lesson-player service="{partner.origin}" '))
    wait_for(page, "window.told.includes('error')")
    assert page.evaluate(f"{PLAYER}.error.code") == "player_unreachable"
    page.evaluate(f"{PLAYER}.removeAttribute('service')")
    wait_for(page, f"{PLAYER}.readyState >= 2 && {PLAYER}.error === null")


def test_a_wrong_token_changes_nothing_and_after_a_refusal_a_right_one_plays_on(
    page: Page, partner: Partner, stack: RunningStack, lessons: dict[str, dict[str, Any]]
) -> None:
    first = _issue(stack, lessons["film"], 600)
    wish = {"playback_id": first["playback_id"]}
    second = json.loads(stack.request("POST", "/v1/playback-tokens", json=wish).data)
    page.add_init_script(RECORD)
    partner.show(page, first["snippets"]["component"])
    wait_for(page, "window.told.includes('ready')")
    page.evaluate(f"{PLAYER}.muted = true; {PLAYER}.quality = '480p'; {PLAYER}.play()")
    wait_for(page, f"{PLAYER}.currentTime > 1")
    page.evaluate(f"{PLAYER}.token = 'a.b.c'")
    wait_for(page, "window.told.includes('tokenrefused')")
    assert page.evaluate(f"!{PLAYER}.paused && {PLAYER}.error === null")

    page.route(
        lambda url: first["token"] in url,
        lambda route: route.continue_(url=route.request.url.replace(first["token"], "a.b.c")),
    )
    address = page.frames[1].url
    page.evaluate(f"{PLAYER}.quality = '240p'")
    page.evaluate(f"{PLAYER}.currentTime = 20")
    wait_for(page, f"{PLAYER}.error?.code === 'token_invalid'")
    page.evaluate(f"{PLAYER}.token = {json.dumps(second['token'])}")
    wait_for(page, f"{PLAYER}.error === null && {PLAYER}.currentTime > 20.5")
    assert page.frames[1].url == address, "it was not loaded anew"


def test_a_course_tells_its_lessons_and_takes_a_token_when_it_has_come_to_one(
    page: Page, partner: Partner, stack: RunningStack, lessons: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    once = lessons["once"]
    _, html, issued = _course(stack, once, tmp_path)
    signed = issued["playback_id"]
    page.add_init_script(RECORD)
    page.add_init_script(
        "window.lessons = []; document.addEventListener('lessonchange', ({detail}) => window.lessons.push(detail))"
    )
    partner.show(page, html)
    wait_for(page, f"{PLAYER}.ended")
    assert page.evaluate("window.lessons") == [
        {"playbackId": once["playback_ids"][0]["id"], "title": once["title"]}
    ]
    wait_for(page, f"{PLAYER}.error?.code === 'token_missing'")
    assert page.evaluate(f"{PLAYER}.lesson") == signed
    page.evaluate(f"{PLAYER}.token = {json.dumps(issued['token'])}")
    wait_for(page, f"{PLAYER}.videoWidth === 160 && {PLAYER}.currentTime > 0.3")
    assert page.evaluate(f"{PLAYER}.lesson") == signed


def test_a_course_asks_for_the_token_of_each_signed_lesson(
    page: Page, partner: Partner, stack: RunningStack, lessons: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    course, html, issued = _course(stack, lessons["once"], tmp_path)
    partner.show(page, html)
    tokens = json.dumps({issued["playback_id"]: issued["token"]})
    page.evaluate(f"void ({PLAYER}.renewToken = async ({{playbackId}}) => ({tokens})[playbackId])")
    wait_for(page, f"{PLAYER}.ended")
    assert page.evaluate(f"{PLAYER}.videoWidth") == 640
    wait_for(page, f"{PLAYER}.videoWidth === 160 && {PLAYER}.currentTime > 0.5")

    answer = stack.request("GET", f"/embed/courses/{course['public_id']}?lesson={'x' * 22}", key=None)
    assert answer.status == 404 and b"playback_not_found" in answer.data
    assert stack.request("GET", f"/embed/courses/{'x' * 22}", key=None).status == 404
