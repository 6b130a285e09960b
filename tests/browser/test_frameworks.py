"""The web component in React and in Vue: properties and functions go in, events come out."""

from __future__ import annotations

import json
from typing import Any

import pytest
from npm import npm_file
from partner_site import Partner, partner
from playwright.sync_api import Page, expect
from support import RunningStack
from watching import wait_for

__all__ = ["partner"]

pytestmark = [pytest.mark.browser, pytest.mark.integration]

REACT_FILES = {
    "react": ("react", "cjs/react.production.js"),
    "react-dom": ("react-dom", "cjs/react-dom.production.js"),
    "react-dom/client": ("react-dom", "cjs/react-dom-client.production.js"),
    "scheduler": ("scheduler", "cjs/scheduler.production.js"),
}
REACT = """
([sources, id, token]) => {
  const modules = {};
  const require = (name) => {
    if (!modules[name]) {
      modules[name] = { exports: {} };
      new Function("module", "exports", "require", sources[name])(modules[name], modules[name].exports, require);
    }
    return modules[name].exports;
  };
  const { createElement, useState } = require("react");
  function Lesson() {
    const [time, setTime] = useState(0);
    return createElement("main", null,
      createElement("lesson-player", {
        playbackId: id, token: "a.b.c", renewToken: async () => token, muted: true, autoplay: true,
        ontimeupdate: (event) => setTime(event.target.currentTime),
      }),
      createElement("output", null, time));
  }
  require("react-dom/client").createRoot(document.getElementById("app")).render(createElement(Lesson));
}
"""
VUE = """
([id, token]) => {
  const app = Vue.createApp({
    data: () => ({ id, token: "a.b.c", time: 0 }),
    methods: { renew: async () => token },
    template: `<lesson-player :playback-id="id" :token="token" :renewToken.prop="renew" muted autoplay
      @timeupdate="time = $event.target.currentTime"></lesson-player><output>{{ time }}</output>`,
  });
  app.config.compilerOptions.isCustomElement = (tag) => tag === "lesson-player";
  app.mount("#app");
}
"""


@pytest.fixture
def issued(page: Page, partner: Partner, stack: RunningStack, lessons: dict[str, Any]) -> dict[str, Any]:
    """A signed playback ID and its token; the page has the component's script and an empty place."""
    path = f"/v1/assets/{lessons['film']['id']}/playback-ids"
    signed = json.loads(stack.request("POST", path, json={"policy": "signed"}).data)
    made = stack.request("POST", "/v1/playback-tokens", json={"playback_id": signed["id"]})
    issued: dict[str, Any] = json.loads(made.data)
    script, _ = issued["snippets"]["component"].split("\n")
    partner.show(page, f"{script}<div id=app></div>")
    page.evaluate("customElements.whenDefined('lesson-player').then(() => null)")
    return issued


def _plays(page: Page) -> None:
    wait_for(page, "Number(document.querySelector('output').textContent) > 1")
    expect(page.frames[1].locator("#notice")).to_be_hidden()


def test_react(page: Page, issued: dict[str, Any]) -> None:
    sources = {name: npm_file(*place).read_text() for name, place in REACT_FILES.items()}
    page.evaluate(REACT, [sources, issued["playback_id"], issued["token"]])
    _plays(page)


def test_vue(page: Page, issued: dict[str, Any]) -> None:
    page.add_script_tag(path=npm_file("vue", "dist/vue.global.prod.js"))
    page.evaluate(VUE, [issued["playback_id"], issued["token"]])
    _plays(page)
