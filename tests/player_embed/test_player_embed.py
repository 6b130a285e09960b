import base64
import gzip
import hashlib
import json
import re
import shutil
import subprocess
from pathlib import Path

import jinja2
import pytest

import player_embed
from player_embed.bundle import BundleError, bundle, stylesheet
from player_embed.component.release import ReleaseError, release

PLAYER_LIMIT = 158 * 1024
"""Bytes of the page's script and style, compressed."""

COMPONENT_LIMIT = 6 * 1024


def test_what_the_player_decides_without_a_browser() -> None:
    scripts = sorted(Path(__file__).parent.glob("*.test.js"))
    done = subprocess.run(
        ["node", "--test", *scripts], check=False, capture_output=True, text=True, timeout=60
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_what_decides_imports_nothing_of_the_page() -> None:
    imports = {
        (path.name, found)
        for path in (player_embed.STATIC / "pure").glob("*.js")
        for found in re.findall(
            r'^import .* from "([^"]+)";$', path.read_text(encoding="utf-8"), re.MULTILINE
        )
    }
    assert imports
    assert [pair for pair in imports if not re.fullmatch(r"\./\w+\.js", pair[1])] == []


def test_every_element_that_modules_ask_for_is_in_a_page() -> None:
    pages = "".join(path.read_text(encoding="utf-8") for path in player_embed.TEMPLATES.glob("embed*.html"))
    modules = "".join(path.read_text(encoding="utf-8") for path in player_embed.STATIC.glob("*.js"))
    asked = set(re.findall(r'\b(?:element|dataOf|label)\("([\w-]+)"', modules))
    assert len(asked) > 30
    assert asked - set(re.findall(r'\bid="([\w-]+)"', pages)) == set()


def test_every_public_file_has_one_release_hash() -> None:
    files = player_embed.static_files()

    movies = {"movie-frame.js", "ruffle.js", "ruffle-core.js", "ruffle.wasm"}
    assert set(files) == {"player.js", "refusal.js", "player.css"} | movies
    assert len(set(files.values())) == 1
    assert all(player_embed.static_content(name) for name in files)


@pytest.mark.parametrize("name", ["../__init__.py", "vendor.json", "update.py", "", "/etc/passwd"])
def test_nothing_else_is_public(name: str) -> None:
    with pytest.raises(KeyError):
        player_embed.static_content(name)


def test_modules_are_joined_in_order_and_each_once() -> None:
    modules = {
        "a.js": 'import { b } from "./b.js";\nimport C from "./c.js";\nexport const a = b + C;\n',
        "b.js": 'import C from "./c.js";\nexport function b() {}\n',
        "c.js": "const x=1;export{x as default};\n",
    }
    joined = bundle("a.js", modules.__getitem__)
    assert joined.index("$c_js = ") < joined.index("$b_js = ") < joined.index("$a_js = ")
    assert joined.count("const x=1;") == 1
    assert not re.search(r"^(import|export)", joined, re.MULTILINE)


def test_modules_of_folders_are_found_by_relative_paths() -> None:
    modules = {
        "a.js": 'import { b } from "./pure/b.js";\n',
        "pure/b.js": 'import { c } from "./c.js";\nimport { d } from "../d.js";\nexport const b = c + d;\n',
        "pure/c.js": "export const c = 1;\n",
        "d.js": "export const d = 2;\n",
    }
    joined = bundle("a.js", modules.__getitem__)
    assert re.findall(r"^const (\$\w+) = \(", joined, re.MULTILINE) == [
        "$pure_c_js",
        "$d_js",
        "$pure_b_js",
        "$a_js",
    ]


def test_doc_comments_stay_behind_and_nothing_else() -> None:
    text = (
        "/** What it is.\n * More. */\n/** @import { T } from './t' */\nconst a = 1; // why\n"
        '  /** @type {T} */ (a).b = "/** text */";\n  /**\n   * @param {T} t\n   */\n/*! Licence */\nf(a);\n'
    )
    joined = bundle("a.js", lambda _: text)
    assert joined.split("{\n", 1)[1].rsplit("\nreturn", 1)[0] == (
        'const a = 1; // why\n  /** @type {T} */ (a).b = "/** text */";\n/*! Licence */\nf(a);\n'
    )


def test_sheets_are_joined_without_comments_and_indentation() -> None:
    sheets = [
        "/* One. */\n\n@layer a {\n  b {\n    /* why */\n    color: red;\n  }\n}\n",
        "c {\n  top: 0;\n}\n",
    ]
    assert stylesheet(sheets) == "@layer a {\nb {\ncolor: red;\n}\n}\nc {\ntop: 0;\n}\n"


def test_every_rule_stands_in_a_layer_and_none_is_important() -> None:
    style = player_embed.static_content("player.css").decode()
    order = re.match(r"@layer ([\w, ]+);\n", style)
    assert order
    assert re.findall(r"^@layer (\w+) \{", style, re.MULTILINE) == order[1].split(", ")
    assert "!important" not in style

    depth = 0
    for line in style.splitlines()[1:]:
        assert depth or line.startswith("@layer"), line
        depth += line.count("{") - line.count("}")
    sheets = {path.stem for path in (player_embed.STATIC / "styles").glob("*.css")}
    assert {*order[1].split(", ")} == {"tokens", *sheets, "always"}


@pytest.mark.parametrize(
    "text",
    [
        'import * as b from "./b.js";',
        "export default 1;",
        'export { a } from "./b.js";',
        'import { a } from "./a.js";',
    ],
)
def test_other_forms_of_modules_are_named_and_not_joined(text: str) -> None:
    with pytest.raises(BundleError, match=r"a\.js"):
        bundle("a.js", lambda _: text)


def test_a_released_component_never_changes() -> None:
    released = json.loads((player_embed.COMPONENT / "released.json").read_text(encoding="utf-8"))["scripts"]
    for name, integrity in released.items():
        digest = hashlib.sha384((player_embed.COMPONENT / name).read_bytes()).digest()
        assert integrity == f"sha384-{base64.b64encode(digest).decode()}", f"{name}: release a new version"
    assert set(player_embed.component_files()) == {
        path.name for path in player_embed.COMPONENT.glob("*@*")
    }, "every script has its types"


def test_a_release_is_made_of_the_source_once(tmp_path: Path) -> None:
    folder = tmp_path / "component"
    shutil.copytree(player_embed.COMPONENT, folder, ignore=shutil.ignore_patterns("__pycache__"))
    before = {path.name: path.read_bytes() for path in folder.glob("*@*")}
    release("99.0.0", folder)

    made = folder / "lesson-player@99.0.0.js"
    scripts = json.loads((folder / "released.json").read_text(encoding="utf-8"))["scripts"]
    digest = hashlib.sha384(made.read_bytes()).digest()
    assert list(scripts.items())[-1] == (made.name, f"sha384-{base64.b64encode(digest).decode()}")
    assert "/**" not in made.read_text(encoding="utf-8").replace("/** @type", "")
    assert made.read_text(encoding="utf-8").startswith("/*!")
    assert "<lesson-player>` 99.0.0:" in made.with_suffix(".d.ts").read_text(encoding="utf-8")
    assert {name: (folder / name).read_bytes() for name in before} == before
    subprocess.run(["node", "--check", made], check=True, timeout=60)

    for version in ("99.0.0", "1.0.1", "next"):
        with pytest.raises(ReleaseError, match=version):
            release(version, folder)


def test_vendored_files_are_those_of_the_manifest() -> None:
    manifest = json.loads((player_embed.VENDOR / "vendor.json").read_text(encoding="utf-8"))
    ours = {"vendor.json", "update.py"}
    present = {
        path.relative_to(player_embed.VENDOR).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in player_embed.VENDOR.rglob("*")
        if path.is_file() and path.name not in ours and path.suffix != ".pyc"
    }

    assert present == manifest["files"]
    for package in manifest["packages"] + manifest["builders"]:
        assert package["integrity"].startswith("sha512-")
        assert package["licence"]
    licences = [name for name in manifest["files"] if name.endswith("/LICENSE")]
    assert len(licences) == len(manifest["packages"]), "each bundled package keeps its licence"


def test_nothing_of_ruffle_is_in_the_page() -> None:
    page = player_embed.static_content("player.js").decode()
    assert "RufflePlayer" not in page
    assert "RufflePlayer" in player_embed.static_content("movie-frame.js").decode()


def test_player_and_component_stay_light() -> None:
    player = [gzip.compress(player_embed.static_content(name)) for name in ("player.js", "player.css")]
    component, _ = player_embed.component_script()

    assert sum(map(len, player)) <= PLAYER_LIMIT
    assert len(gzip.compress(player_embed.component_files()[component].read_bytes())) <= COMPONENT_LIMIT


@pytest.mark.parametrize("template", ["embed.html", "embed_error.html"])
def test_templates_have_no_inline_style_or_handler_and_escape_titles(template: str) -> None:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(player_embed.TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
    )
    html = environment.get_template(template).render(
        lang="zh", nonce="n0nce", title="</title><script>alert(1)</script>", page_data_json="{}",
        asset=lambda name: f"/static/{name}", oembed_url="/oembed?url=x", poster_url=None,
        shared_poster_url=None, page_url="/embed/x", movie_page_url="/embed/movie", manifest_url=None,
        width=16, height=9, refusal_json="{}",
        code="token_expired", message="<b>过期</b>", advice="<b>过期</b>",
        lessons=[{"number": 3, "title": "<b>过期</b>", "address": '?lesson="><script>', "current": True}],
    )  # fmt: skip

    assert "<script>" not in html
    assert "<b>过期" not in html
    assert not re.search(r"\sstyle=|\son[a-z]+=", html)
    assert all('nonce="n0nce"' in tag for tag in re.findall(r"<script[^>]*>", html))
