import gzip
import hashlib
import json
import re

import jinja2
import pytest

import player_embed

GZIPPED_SCRIPT_LIMIT = 180_000


def test_every_public_file_has_one_release_hash() -> None:
    files = player_embed.static_files()

    assert {"player.js", "player-core.js", "texts.js", "player.css", "hls.js"} <= set(files)
    assert len(set(files.values())) == 1, "modules import each other by relative name, so they share a folder"
    assert all(player_embed.static_path(name).is_file() for name in files)


@pytest.mark.parametrize("name", ["../__init__.py", "vendor.json", "update.py", "", "/etc/passwd"])
def test_nothing_else_is_public(name: str) -> None:
    with pytest.raises(KeyError):
        player_embed.static_path(name)


def test_relative_imports_name_public_files() -> None:
    files = player_embed.static_files()
    for script in player_embed.STATIC.glob("*.js"):
        for imported in re.findall(r'from "\./([^"]+)"', script.read_text(encoding="utf-8")):
            assert imported in files, f"{script.name} imports {imported}"


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


def test_scripts_of_the_page_stay_light() -> None:
    scripts = [name for name in player_embed.static_files() if name.endswith(".js")]
    weight = sum(len(gzip.compress(player_embed.static_path(name).read_bytes())) for name in scripts)

    assert weight < GZIPPED_SCRIPT_LIMIT


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
        code="token_expired", message="<b>过期</b>", advice="<b>过期</b>",
    )  # fmt: skip

    assert "<script>" not in html
    assert "<b>过期" not in html
    assert not re.search(r"\sstyle=|\son[a-z]+=", html)
    assert all('nonce="n0nce"' in tag for tag in re.findall(r"<script[^>]*>", html))
