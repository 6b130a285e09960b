"""Modules joined into one script, and sheets into one style, so that a page asks once and not a dozen times. Pure.

Done when the service starts and not by a bundler: what is served is what stands in the sources but for doc comments
(types among them), no build tool is needed, and no made file can be older than what it was made from. Each module
becomes a function called once, after those that it imports. That is all, because the modules keep to a few forms, each
at the start of a line: `import { a, b } from "./x.js";`, `import X from "../x.js";`, `export
function|async function|class|const name`, and at the end of vendored files `export{y as default};`. Doc comments stand
on lines of their own.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable

_IMPORT = re.compile(
    r'^import (?:(?P<default>\w+)|(?P<names>\{[^}]+\})) from "(?P<module>\.\.?/[^"]+)";$', re.MULTILINE
)
_EXPORT = re.compile(r"^export (?=(?:async function|function|class|const) (?P<name>\w+))", re.MULTILINE)
_EXPORT_DEFAULT = re.compile(r"export\{(\w+) as default\};\s*\Z")
_DOC_COMMENT = re.compile(r"^[ \t]*/\*\*(?:(?!\*/).)*\*/[ \t]*\n", re.MULTILINE | re.DOTALL)
_STYLE_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_STYLE_SPACE = re.compile(r"^\s+", re.MULTILINE)
_LEFT = re.compile(r"^(?:import|export)\b", re.MULTILINE)


class BundleError(ValueError):
    """A module uses a form that is not joined here; the text names it."""


def bundle(entry: str, read: Callable[[str], str]) -> str:
    """``entry`` and all it imports as one strict script. ``read`` gives a module's text by its name, which is its path.

    Raises ``BundleError`` for modules that import each other and for other forms of import and export.
    """
    written: dict[str, str] = {}
    _add(entry, read, written, ())
    return '"use strict";\n' + "\n".join(written.values()) + "\n"


def _add(name: str, read: Callable[[str], str], written: dict[str, str], above: tuple[str, ...]) -> None:
    if name in written:
        return
    if name in above:
        raise BundleError(f"modules import each other: {' > '.join((*above, name))}")
    text = without_doc_comments(read(name))
    for found in _IMPORT.finditer(text):
        _add(_imported(found, name), read, written, (*above, name))
    exported = {found["name"]: found["name"] for found in _EXPORT.finditer(text)}
    if default := _EXPORT_DEFAULT.search(text):
        exported["default"] = default[1]
    text = _EXPORT.sub(
        "", _EXPORT_DEFAULT.sub("", _IMPORT.sub(lambda found: _local_names(found, name), text))
    )
    if _LEFT.search(text):
        raise BundleError(f"{name}: a form of import or export that is not joined")
    members = ", ".join(f"{public}: {local}" for public, local in exported.items())
    written[name] = f"const {_variable(name)} = (() => {{\n{text}\nreturn {{ {members} }};\n}})();"


def imports_of(text: str, name: str) -> list[str]:
    """The modules that the module ``name`` imports when it is loaded, in their order."""
    return [_imported(found, name) for found in _IMPORT.finditer(text)]


def _imported(found: re.Match[str], by: str) -> str:
    """The name of the module that an import of the module ``by`` names by a relative path."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(by), found["module"]))


def _local_names(found: re.Match[str], by: str) -> str:
    names = found["names"] or f"{{ default: {found['default']} }}"
    return f"const {names} = {_variable(_imported(found, by))};"


def _variable(module: str) -> str:
    return "$" + re.sub(r"\W", "_", module)


def without_doc_comments(text: str) -> str:
    """A module without its doc comments, which are for those who read and check it."""
    return _DOC_COMMENT.sub("", text)


def stylesheet(texts: Iterable[str]) -> str:
    """Style sheets as one, in their order, without comments and indentation. What prevails, their layers say."""
    return "".join(_STYLE_SPACE.sub("", _STYLE_COMMENT.sub("", text)) for text in texts)
