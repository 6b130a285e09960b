"""The web component in React, in Vue, in bundles and on plain pages, by the code that docs/player.md prints."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest
from npm import npm_file
from partner_site import Partner, partner
from playwright.sync_api import Page, expect
from support import RunningStack
from watching import TIME, wait_for

import player_embed
from player_embed.component import release
from player_embed.vendor.update import platform_name

__all__ = ["partner"]

pytestmark = [pytest.mark.browser, pytest.mark.integration]

DOCUMENT = Path(__file__).parents[2].joinpath("docs", "player.md").read_text(encoding="utf-8")
SERVICE = "https://media.example"
SERVER = """import { renderToString } from "react-dom/server";
import { Lesson } from "./Lesson.jsx";
console.log(renderToString(<Lesson id=ID token="a.b.c" renew={async () => TOKEN} />));
"""
CLIENT = """import { hydrateRoot } from "react-dom/client";
import { Lesson } from "./Lesson.jsx";
hydrateRoot(document.getElementById("app"), <Lesson id=ID token="a.b.c" renew={async () => TOKEN} />);
"""
BARE = """import { useState } from "react";
import { createRoot } from "react-dom/client";
function Lesson({ id, token, renew }) {
  const [time, setTime] = useState(0);
  return <main>ELEMENT<output>{time}</output></main>;
}
createRoot(document.getElementById("app")).render(<Lesson id=ID token="a.b.c" renew={async () => TOKEN} />);
"""
VUE = """
([template, id, token]) => {
  const app = Vue.createApp({
    template: template + "<output>{{ time }}</output>",
    data: () => ({ id, token: "a.b.c", time: 0 }),
    methods: { renew: async () => token },
  });
  app.config.compilerOptions.isCustomElement = (tag) => tag === "lesson-player";
  app.mount("#app");
}
"""


def printed(language: str, part: str) -> str:
    """The one block of code in the document that is in a language and has a part."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```", DOCUMENT, re.DOTALL | re.MULTILINE)
    (found,) = [block for block in blocks if part in block]
    return found


@pytest.fixture(scope="module")
def project(stack: RunningStack, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as a partner's: React, and the package that would be released next, as npm packs it."""
    folder = tmp_path_factory.mktemp("project")
    source, types = (
        (player_embed.COMPONENT / name).read_text(encoding="utf-8")
        for name in ("lesson-player.js", "types.d.ts")
    )
    package = release.package("99.0.0", release.script(source), types, folder / "package")
    subprocess.run(["npm", "pack", "--silent"], cwd=package, check=True, timeout=60, capture_output=True)
    modules = folder / "node_modules"
    unpacked = modules / "@lessonstream" / "player"
    unpacked.parent.mkdir(parents=True)
    with tarfile.open(next(package.glob("*.tgz"))) as archive:
        archive.extraction_filter = getattr(tarfile, "data_filter", None)
        archive.extractall(folder / "unpacked")
    (folder / "unpacked" / "package").rename(unpacked)
    for name in ("react", "react-dom", "scheduler", "@types/react", "csstype"):
        (modules / name).parent.mkdir(exist_ok=True)
        (modules / name).symlink_to(npm_file(name, ""))
    lesson = printed("jsx", "export function Lesson").replace(SERVICE, stack.url)
    (folder / "Lesson.jsx").write_text(lesson, encoding="utf-8")
    return folder


def bundled(project: Path, text: str, issued: dict[str, Any], *options: str) -> str:
    """A module of the project, bundled with all that it imports."""
    entry = project / "entry.jsx"
    names = {"ID": issued["playback_id"], "TOKEN": issued["token"]}
    for name, value in names.items():
        text = re.sub(rf"\b{name}\b", json.dumps(value), text)
    entry.write_text(text, encoding="utf-8")
    command = [str(npm_file(f"@esbuild/{platform_name()}", "bin/esbuild")), entry.name]
    command += [
        "--bundle",
        "--preserve-symlinks",
        "--jsx=automatic",
        '--define:process.env.NODE_ENV="production"',
        *options,
    ]
    done = subprocess.run(command, cwd=project, check=True, timeout=60, capture_output=True, text=True)
    return done.stdout


@pytest.fixture
def issued(stack: RunningStack, lessons: dict[str, Any]) -> dict[str, Any]:
    """A signed playback ID and its token."""
    path = f"/v1/assets/{lessons['film']['id']}/playback-ids"
    signed = json.loads(stack.request("POST", path, json={"policy": "signed"}).data)
    made = stack.request("POST", "/v1/playback-tokens", json={"playback_id": signed["id"]})
    issued: dict[str, Any] = json.loads(made.data)
    return issued


def _served(page: Page, partner: Partner, stack: RunningStack, html: str, kind: str = "") -> None:
    """Shows HTML on a page with the script that would be released next, where the service has its scripts."""
    source = (player_embed.COMPONENT / "lesson-player.js").read_text(encoding="utf-8")
    address = f"{stack.url}/embed/component/lesson-player@99.0.0.js"
    headers = {"Access-Control-Allow-Origin": "*"}
    page.route(
        address,
        lambda route: route.fulfill(
            body=release.script(source), content_type="text/javascript", headers=headers
        ),
    )
    partner.show(page, f'<script src="{address}" crossorigin {kind}></script>{html}')


def _plays(page: Page) -> None:
    wait_for(page, "Number(document.querySelector('output').textContent) > 1")
    expect(page.frames[1].locator("#notice")).to_be_hidden()


def test_react_rendered_on_a_server_comes_to_life_in_the_browser(
    page: Page, partner: Partner, project: Path, issued: dict[str, Any]
) -> None:
    server = bundled(project, SERVER, issued, "--platform=node")
    rendered = subprocess.run(
        ["node", "-"], input=server, check=True, timeout=60, capture_output=True, text=True
    ).stdout
    assert f'playback-id="{issued["playback_id"]}"' in rendered
    client = bundled(project, CLIENT, issued)
    partner.show(page, f"<div id=app>{rendered}</div><script>{client}</script>")
    _plays(page)


def test_the_bare_element_in_react(
    page: Page, partner: Partner, stack: RunningStack, project: Path, issued: dict[str, Any]
) -> None:
    element = printed("jsx", "<lesson-player").replace("playbackId", "muted autoplay playbackId")
    client = bundled(project, BARE.replace("ELEMENT", element.strip()), issued)
    _served(page, partner, stack, f"<div id=app></div><script>{client}</script>")
    _plays(page)


def test_vue(page: Page, partner: Partner, stack: RunningStack, issued: dict[str, Any]) -> None:
    template = printed("html", "renewToken.prop").replace(SERVICE, stack.url)
    _served(page, partner, stack, "<div id=app></div>")
    page.add_script_tag(path=npm_file("vue", "dist/vue.global.prod.js"))
    page.evaluate(VUE, [template, issued["playback_id"], issued["token"]])
    _plays(page)


def test_a_plain_page(
    page: Page, partner: Partner, stack: RunningStack, lessons: dict[str, Any], issued: dict[str, Any]
) -> None:
    """Its script as a module, as some content systems load all; its token asked of the page's own server."""
    page.route("**/my/token?lesson=7", lambda route: route.fulfill(json={"token": issued["token"]}))
    script = printed("js", "markAsSeen")
    element = f"<lesson-player playback-id={issued['playback_id']} token=a.b.c muted></lesson-player>"
    marking = "window.seen = []; const markAsSeen = (lesson) => window.seen.push(lesson);"
    html = f"{element}<script type=module>{marking}{script}</script>"
    _served(page, partner, stack, html, "type=module")
    wait_for(page, "window.seen?.length === 1")
    assert page.frames[1].evaluate(TIME) > 23


def test_a_bundle_without_a_service_says_what_is_missing(
    page: Page, partner: Partner, project: Path, issued: dict[str, Any]
) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    script = bundled(project, printed("js", 'import "@lessonstream/player"'), issued)
    partner.show(
        page, f"<lesson-player playback-id={issued['playback_id']}></lesson-player><script>{script}</script>"
    )
    page.wait_for_function("document.querySelector('lesson-player').shadowRoot")
    expect(page.locator("lesson-player")).to_be_visible()
    assert any('set the attribute "service"' in text for text in said)


def test_the_package_is_imported_in_node_and_its_types_fit(project: Path) -> None:
    script = printed("js", 'import "@lessonstream/player"')
    command = ["node", "--input-type=module"]
    done = subprocess.run(
        command, cwd=project, input=script, timeout=60, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    lesson = printed("jsx", "export function Lesson").replace(
        "{ id, token, renew })",
        "{ id, token, renew }: { id: string; token: string; renew: () => Promise<string> })",
    )
    bare = printed("ts", "IntrinsicElements").replace("./lesson-player", "@lessonstream/player")
    element = (
        "export const Bare = () => <lesson-player playbackId='x' ref={(player) => void player?.play()} />;"
    )
    for name, text in (("Typed.tsx", lesson), ("Bare.tsx", f"{bare}{element}")):
        (project / name).write_text(text, encoding="utf-8")
    compiler = Path(sys.prefix) / "build" / "node_modules" / ".bin" / "tsc"
    options = "--noEmit --strict --preserveSymlinks --jsx react-jsx --target es2024"
    options += " --module esnext --moduleResolution bundler"
    done = subprocess.run(
        [str(compiler), *options.split(), "Typed.tsx", "Bare.tsx"],
        cwd=project, timeout=60, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "")
