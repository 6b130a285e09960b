"""The player for any front end, as files: an embed page (Jinja templates), its scripts and style, and hls.js.

This package imports nothing of the service and holds no view. A service renders `embed.html` or `embed_error.html`
from `TEMPLATES` and serves two kinds of files, with `X-Content-Type-Options: nosniff`:

- Files of the page: each name of `static_files()` at `.../<hash>/<name>` with the bytes `static_content(name)`. The
  hash is one for the whole release and changes with any byte of any file, so answers may be cached for ever as
  `immutable`. The modules and styles of `static/` reach the browser joined (see `bundle`).
- Ruffle, which plays Flash movies, is among those files. What is in `PACKED` is large, so its bytes come compressed
  (gzip) by `packed_content(name)`. Nothing loads them until somebody asks for the movie of a lesson.
- The web component, which stands on the pages of partners and so must never change nor go away: `component_files()`
  at `.../<name>`. A new version is a new file, made of `component/lesson-player.js` by `component/release.py` and
  listed with its hash in `component/released.json`.

`embed.html` takes `lang` ("zh" or "en"), `nonce`, `title`, `width`, `height`, `page_url`, `oembed_url`,
`manifest_url` (None while there is none), `poster_url`, `shared_poster_url` (absolute), `movie_page_url`,
`asset(name) -> url` and
`page_data_json` (JSON with `<`, `>`, `&`, U+2028 and U+2029 escaped as `\\uXXXX`); `embed_error.html` takes `lang`,
`nonce`, `code`, `title`, `message`, `advice`, `lessons` (of a course: `title`, `address`, `current`), `asset` and
`refusal_json` (`{playback_id, error: {code, message: {en, zh}}}`, escaped the same way). Both work under this policy,
where MEDIA are the origins of manifests, segments, images and tracks (left out where they are the page's own):

    default-src 'none'; script-src 'nonce-N'; style-src 'self'; connect-src 'self' MEDIA;
    img-src 'self' data: MEDIA; media-src 'self' blob: MEDIA; base-uri 'none'; form-action 'none';
    frame-src 'self'; frame-ancestors ...

`movie.html` is the document at `movie_page_url`, in which Ruffle plays a movie; it takes `nonce` and `asset`. The page
stands in a frame with `sandbox="allow-scripts"`, gets movie and Ruffle's program by `postMessage` from the player
around it, and must be served under `movie_policy(nonce)`, which lets it reach nothing.

The controls are our own and not a library's: media-chrome 4.19, the best kept one, writes `<style>` elements that need
`style-src 'unsafe-inline'` (its issue 898), and shows the growing length of a playlist instead of the known final one.
"""

import gzip
import hashlib
import json
import lzma
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from player_embed.bundle import bundle, stylesheet

_HERE = Path(__file__).parent

TEMPLATES: Path = _HERE / "templates"
STATIC: Path = _HERE / "static"
VENDOR: Path = _HERE / "vendor"
COMPONENT: Path = _HERE / "component"
LOOK: Path = _HERE / "look" / "tokens.css"

_HASH_LENGTH = 16
_SCRIPTS = ("player.js", "refusal.js", "movie-frame.js")
_RUFFLE = "ruffle-rs/ruffle@*/"
_VENDORED = {"ruffle.js": "ruffle.js", "ruffle-core.js": "core.ruffle.*.js", "ruffle.wasm": "*.wasm.xz"}
"""Files of Ruffle: the loader, what it would load, and its program."""

PACKED = frozenset({"ruffle.wasm"})
_SHEETS = (
    *("base", "stage", "captions", "controls", "seekbar", "menu", "course", "panels"),
    *("movie", "adaptation"),
)
_LAYERS = f"@layer tokens, {', '.join(_SHEETS)}, always;\n"
"""One for each sheet; a later one prevails, whatever the selectors are."""


@cache
def _contents() -> Mapping[str, bytes]:
    scripts = {name: bundle(name, _module).encode() for name in _SCRIPTS}
    sheets = [LOOK, *(STATIC / "styles" / f"{name}.css" for name in _SHEETS)]
    style = stylesheet([_LAYERS, *(path.read_text(encoding="utf-8") for path in sheets)])
    return MappingProxyType(scripts | {"player.css": style.encode()})


def _module(name: str) -> str:
    path = vendored(name) if name == "hls.js" else STATIC / name
    return path.read_text(encoding="utf-8")


def vendored(name: str) -> Path:
    """Where a vendored file lies, by its name without package and version: ``hls.js``, ``ui.js``, ``icons.svg``."""
    (path,) = VENDOR.rglob(f"*@*/{name}")
    return path


@cache
def static_files() -> Mapping[str, str]:
    """Names of the page's public files and the hash that belongs into their URLs (the same for all: see above)."""
    release = hashlib.sha256()
    for name, content in _contents().items():
        release.update(f"{name}\0{hashlib.sha256(content).hexdigest()}\0".encode())
    for name in _VENDORED:
        # Their folder has the version in its name, and its bytes are the manifest's (tests).
        release.update(f"{name}\0{_vendored_file(name).relative_to(VENDOR)}\0".encode())
    return MappingProxyType(dict.fromkeys((*_contents(), *_VENDORED), release.hexdigest()[:_HASH_LENGTH]))


def _vendored_file(name: str) -> Path:
    (path,) = VENDOR.glob(_RUFFLE + _VENDORED[name])
    return path


def look() -> str:
    """The design tokens for pages that hold their own style and may be opened by old browsers: without their layer."""
    text = stylesheet([LOOK.read_text(encoding="utf-8")])
    return text.strip().removeprefix("@layer tokens {").removesuffix("}").strip()


def static_content(name: str) -> bytes:
    """What a public name stands for. Raises KeyError for every other name, so no path can be smuggled in."""
    if name not in _VENDORED:
        return _contents()[name]
    path = _vendored_file(name)
    return lzma.decompress(path.read_bytes()) if path.suffix == ".xz" else path.read_bytes()


@cache
def packed_content(name: str) -> bytes:
    """One of ``PACKED`` as gzip. Made when it is asked for first, which takes a second."""
    return gzip.compress(static_content(name), compresslevel=6, mtime=0)


def movie_policy(nonce: str) -> str:
    """The policy of ``movie.html``: an origin of its own wherever it is opened, no address at all but its scripts'."""
    return (
        f"sandbox allow-scripts; default-src 'none'; script-src 'nonce-{nonce}' 'wasm-unsafe-eval'; "
        f"style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
    )


@cache
def component_files() -> Mapping[str, Path]:
    """Public files of the web component by name: every released script, and its types for TypeScript."""
    return MappingProxyType(
        {
            name: COMPONENT / name
            for script in _released()
            for name in (script, script.removesuffix(".js") + ".d.ts")
        }
    )


def component_script() -> tuple[str, str]:
    """Name and integrity (Subresource Integrity, SHA-384) of the newest script of the web component."""
    return list(_released().items())[-1]


@cache
def _released() -> Mapping[str, str]:
    return MappingProxyType(json.loads((COMPONENT / "released.json").read_text())["scripts"])
