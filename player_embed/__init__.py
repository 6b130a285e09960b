"""The player for any front end, as files: an embed page (Jinja templates), its scripts and style, and hls.js.

This package imports nothing of the service and holds no view. A service renders `embed.html` or `embed_error.html`
from `TEMPLATES` and serves each name of `static_files()` at `.../<hash>/<name>` from the file `static_path(name)`:

- The hash is one for the whole release, because the modules import each other by relative name (`./texts.js`) and so
  must share a folder. It changes with any byte of any file, so answers may be cached for ever as `immutable`.
- `.js` is `text/javascript`, `.css` is `text/css`, with `X-Content-Type-Options: nosniff`. No other file is public.

`embed.html` takes `lang` ("zh" or "en"), `nonce`, `title`, `oembed_url`, `poster_url`, `asset(name) -> url` and
`page_data_json` (JSON with `<`, `>`, `&`, U+2028 and U+2029 escaped as `\\uXXXX`); `embed_error.html` takes `lang`,
`code`, `title`, `message`, `advice` and `asset`. Both work under this policy, where MEDIA are the origins of
manifests, segments, images and tracks (left out where they are the page's own):

    default-src 'none'; script-src 'nonce-N'; style-src 'self'; connect-src 'self' MEDIA;
    img-src 'self' data: MEDIA; media-src 'self' blob: MEDIA; base-uri 'none'; form-action 'none';
    frame-ancestors ...

The controls are our own and not a library's: media-chrome 4.19, the best kept one, writes `<style>` elements that need
`style-src 'unsafe-inline'` (its issue 898), and shows the growing length of a playlist instead of the known final one.
"""

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

_HERE = Path(__file__).parent

TEMPLATES: Path = _HERE / "templates"
STATIC: Path = _HERE / "static"
VENDOR: Path = _HERE / "vendor"

_HASH_LENGTH = 16


@cache
def _paths() -> Mapping[str, Path]:
    (hls,) = VENDOR.glob("hls.js@*/hls.js")
    return MappingProxyType({path.name: path for path in [*sorted(STATIC.iterdir()), hls]})


@cache
def static_files() -> Mapping[str, str]:
    """Names of the public files and the hash that belongs into their URLs (the same for all: see above)."""
    release = hashlib.sha256()
    for name, path in _paths().items():
        release.update(f"{name}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\0".encode())
    return MappingProxyType(dict.fromkeys(_paths(), release.hexdigest()[:_HASH_LENGTH]))


def static_path(name: str) -> Path:
    """The file behind a public name. Raises KeyError for every other name, so no path can be smuggled in."""
    return _paths()[name]
