"""Makes this folder again from npm packages, or checks that it is what npm gives.

    python player_embed/vendor/update.py           # write the bundle, the licences and the hashes
    python player_embed/vendor/update.py --check   # exit 1 if the committed files differ
    python player_embed/vendor/update.py --folder workers/vendor [--check]   # the same for another folder

`vendor.json` says which packages, by name, version and integrity (SHA-512); npm's own configuration says where from.
Each of its `bundles` becomes one ES module; `written` is the text of an entry that no package has, for what stands on several.
hls.js is bundled from its published sources and not copied, because its light build cannot play audio renditions and its full
build carries DRM, interstitials, in-band subtitles and more that this service never sends. Nor does it send MPEG-TS or bare AAC and
MP3: `replaced` names the sources of hls.js whose place something shorter takes (182, 125 and 109 kB compressed).
`icons` are drawings of Lucide, put into one sheet of symbols. A package may name `files` of its own that are copied; what ends in
`.xz` is compressed on the way.
"""

import argparse
import base64
import hashlib
import json
import lzma
import platform
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

VENDOR = Path(__file__).parent
MANIFEST = VENDOR / "vendor.json"


class VendorError(Exception):
    """What npm gave is not what `vendor.json` names; the text says which package."""


def fetch(package: dict[str, Any], modules: Path, scratch: Path) -> Path:
    """Unpacks one package below `modules` after its integrity was checked, and returns its folder."""
    name, version = package["name"], package["version"]
    command = ["npm", "pack", "--silent", "--pack-destination", str(scratch), f"{name}@{version}"]
    packed = subprocess.run(command, check=True, capture_output=True, text=True)
    tarball = scratch / packed.stdout.split()[-1]
    digest = base64.b64encode(hashlib.sha512(tarball.read_bytes()).digest()).decode()
    if f"sha512-{digest}" != package["integrity"]:
        raise VendorError(f"{name}@{version}: integrity is sha512-{digest}, expected {package['integrity']}")
    target = modules / str(name)
    with tarfile.open(tarball) as archive:
        # Not extractall's argument, which Debian 12's Python 3.11.2 does not have.
        archive.extraction_filter = getattr(tarfile, "data_filter", None)
        archive.extractall(scratch / "unpacked")
    target.parent.mkdir(parents=True, exist_ok=True)
    (folder,) = (scratch / "unpacked").iterdir()  # mostly called "package"
    folder.rename(target)
    return target


def platform_name() -> str:
    """This machine as esbuild's packages name it, such as `linux-x64`."""
    machine = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64"}.get(platform.machine().lower(), platform.machine())
    return f"{platform.system().lower()}-{machine}"


def build(recipe: dict[str, Any], work: Path) -> dict[str, bytes]:
    """The files of the folder by relative path, made from npm packages alone."""
    scratch, modules = work / "scratch", work / "node_modules"
    scratch.mkdir()
    files: dict[str, bytes] = {}
    for package in recipe["packages"]:
        folder = fetch(package, modules, scratch)
        target = f"{package['name']}@{package['version']}".removeprefix("@")
        licence = next(path for path in sorted(folder.iterdir()) if path.name.upper().startswith("LICEN"))
        files[f"{target}/LICENSE"] = licence.read_bytes()
        for name, source in package.get("files", {}).items():
            data = (folder / source).read_bytes()
            files[f"{target}/{name}"] = lzma.compress(data, preset=9) if name.endswith(".xz") else data
    if "bundles" not in recipe:
        return files
    builder_name = f"@esbuild/{platform_name()}"
    builders = {package["name"]: package for package in recipe["builders"]}
    if builder_name not in builders:
        raise VendorError(f"{builder_name}: not listed; the listed builders are {', '.join(builders)}")
    builder = fetch(builders[builder_name], modules, scratch)
    for bundle in recipe["bundles"]:
        files[bundle["output"]] = _bundled(bundle, builder, modules, work)
    icons = recipe["icons"]
    drawings = modules / icons["package"] / "icons"
    files[icons["output"]] = _sheet({name: (drawings / f"{name}.svg").read_text() for name in icons["names"]})
    return files


def _bundled(bundle: dict[str, Any], builder: Path, modules: Path, work: Path) -> bytes:
    """One module, made by esbuild of what was unpacked below `modules`."""
    for name, text in bundle["replaced"].items():
        path = modules / name
        if not path.is_file():
            raise VendorError(f"{name}: not in its package any more")
        path.write_text(text, encoding="utf-8")
    if "written" in bundle:
        (modules / bundle["entry"]).write_text(bundle["written"], encoding="utf-8")
    output = work / "bundle.js"
    defines = [f"--define:{name}={json.dumps(value)}" for name, value in bundle["define"].items()]
    command = [str(builder / "bin" / "esbuild"), f"node_modules/{bundle['entry']}", *bundle["options"], *defines]
    subprocess.run([*command, f"--banner:js={bundle['banner']}", f"--outfile={output}"], check=True, cwd=work)
    return output.read_bytes()


def _sheet(drawings: dict[str, str]) -> bytes:
    """One file of symbols, each with the name of its drawing, in the colour of the text around them."""
    symbols = []
    for name, drawing in drawings.items():
        shapes = re.search(r"<svg[^>]*>(.*)</svg>", drawing, re.DOTALL)
        if shapes is None:
            raise VendorError(f"icon {name}: not a drawing")
        lines = "".join(line.strip() for line in shapes[1].splitlines())
        symbols.append(
            f'<symbol id="icon-{name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" '
            f'stroke-linecap="round" stroke-linejoin="round">{lines}</symbol>'
        )
    body = "\n".join(symbols)
    return f'<svg hidden xmlns="http://www.w3.org/2000/svg">\n{body}\n</svg>\n'.encode()


def main() -> int:
    """Writes the folder, or with `--check` compares it. Returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare with the committed files instead of writing")
    parser.add_argument("--folder", type=Path, default=VENDOR, help="the folder that holds vendor.json")
    arguments = parser.parse_args()
    check, vendor = arguments.check, arguments.folder
    manifest = vendor / MANIFEST.name
    recipe = json.loads(manifest.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as work:
        files = build(recipe, Path(work))
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in sorted(files.items())}
    if check:
        on_disk = {name: hashlib.sha256((vendor / name).read_bytes()).hexdigest() for name in recipe["files"]}
        same = hashes == recipe["files"] == on_disk
        print("vendored files are what npm gives" if same else "vendored files differ from what npm gives")
        return 0 if same else 1
    for name, content in files.items():
        (vendor / name).parent.mkdir(parents=True, exist_ok=True)
        (vendor / name).write_bytes(content)
    manifest.write_text(json.dumps(recipe | {"files": hashes}, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except VendorError as error:
        sys.exit(str(error))
