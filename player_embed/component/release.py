"""Makes the next version of the web component out of its one source.

    python -m player_embed.component.release 1.2.0

`lesson-player.js` becomes `lesson-player@1.2.0.js`, without doc comments, and `types.d.ts` `lesson-player@1.2.0.d.ts`.
The script's hash goes to the end of `released.json`, which makes it the one that snippets name. A version that was
released is never written again. Both also go into a package for npm, made of `npm/`: `build/lesson-player@1.2.0` is
ready for `npm publish`.
"""

import base64
import hashlib
import json
import re
import shutil
import sys
from pathlib import Path

from player_embed.bundle import without_doc_comments

HERE = Path(__file__).parent
PACKAGES = HERE.parents[1] / "build"

_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)")


class ReleaseError(ValueError):
    """This version cannot be released; the text says why."""


def script(source: str) -> str:
    """The script that is served, of the source."""
    return without_doc_comments(source)


def integrity(content: str) -> str:
    """What browsers compare a script with (Subresource Integrity)."""
    return f"sha384-{base64.b64encode(hashlib.sha384(content.encode()).digest()).decode()}"


def release(version: str, folder: Path = HERE) -> None:
    """Writes the files of a version. Raises ``ReleaseError`` where it is not newer than all others."""
    released = json.loads((folder / "released.json").read_text(encoding="utf-8"))
    if _order(version) <= max(map(_order, released["scripts"])):
        raise ReleaseError(f"{version} is not newer than what was released: {', '.join(released['scripts'])}")
    content = script((folder / "lesson-player.js").read_text(encoding="utf-8"))
    types = (folder / "types.d.ts").read_text(encoding="utf-8")
    name = f"lesson-player@{version}.js"
    (folder / name).write_text(content, encoding="utf-8")
    (folder / name).with_suffix(".d.ts").write_text(types.replace("VERSION", version), encoding="utf-8")
    released["scripts"][name] = integrity(content)
    (folder / "released.json").write_text(json.dumps(released, indent=2) + "\n", encoding="utf-8")


def package(version: str, script: str, types: str, target: Path) -> Path:
    """Writes a version's package for npm into the folder ``target``, which must not be there yet; returns it."""
    shutil.copytree(HERE / "npm", target)
    manifest = target / "package.json"
    written = manifest.read_text(encoding="utf-8").replace("VERSION", version)
    manifest.write_text(written, encoding="utf-8")
    (target / "lesson-player.js").write_text(script, encoding="utf-8")
    (target / "index.d.ts").write_text(types.replace("VERSION", version), encoding="utf-8")
    return target


def _order(name: str) -> tuple[int, ...]:
    found = _VERSION.search(name)
    if not found:
        raise ReleaseError(f"{name}: a version is written like 1.2.0")
    return tuple(map(int, found.groups()))


if __name__ == "__main__":
    try:
        release(sys.argv[1] if len(sys.argv) == 2 else "?")
        made = HERE / f"lesson-player@{sys.argv[1]}.js"
        types = made.with_suffix(".d.ts").read_text(encoding="utf-8")
        print(package(sys.argv[1], made.read_text(encoding="utf-8"), types, PACKAGES / made.stem))
    except ReleaseError as error:
        sys.exit(str(error))
