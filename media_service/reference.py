"""The page that shows the API: its operations by topic, each with a command to try it by. Pure functions."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

_METHODS: Final = ("post", "get", "head", "put", "patch", "delete")
"""What one does first with an address stands first."""

_VIDEO: Final = "lesson.mp4"
_FILES: Final = {"text/plain": "lesson.srt"}
_REFERENCE: Final = "#/components/schemas/"

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Entry:
    """One operation; ``described`` is its object in the OpenAPI document, ``command`` a line for a shell."""

    method: str
    path: str
    described: Document
    command: str


@dataclass(frozen=True)
class Topic:
    """The operations of one tag."""

    name: str
    anchor: str
    description: str
    entries: tuple[Entry, ...]


def topics(api: Document) -> list[Topic]:
    """All operations of an OpenAPI document, in the order of its tags."""
    entries = tuple(_entries(api))
    return [
        Topic(
            tag["name"],
            re.sub("[^a-z]+", "-", tag["name"].lower()),
            tag["description"],
            tuple(entry for entry in entries if tag["name"] in entry.described["tags"]),
        )
        for tag in api["tags"]
    ]


def _entries(api: Document) -> Iterator[Entry]:
    for path, methods in api["paths"].items():
        for method in sorted(methods, key=_METHODS.index):
            yield Entry(method, path, methods[method], _command(api, path, method, methods[method]))


def _command(api: Document, path: str, method: str, described: Document) -> str:
    """A curl command that the operation understands. ``KEY`` and the IDs of the path are variables of the shell."""
    parameters = described["parameters"]
    sent = _sent(api, described)
    implied = {"get": not sent, "post": sent[:1] == ["--json"], "put": sent[:1] == ["-T"]}
    lines = [
        "curl --head" if method == "head" else "curl" if implied.get(method) else f"curl -X {method.upper()}"
    ]
    if "security" not in described:
        lines.append('-H "Authorization: Bearer $KEY"')
    lines += [
        f'-H "{header["name"]}: {header["example"]}"'
        for header in parameters
        if header["in"] == "header" and (header["required"] or "example" in header)
    ]
    lines += [
        f'-H "Content-Type: {media_type}"' for media_type in _media_types(described) if sent[:1] == ["-T"]
    ]
    lines += [" ".join(sent)] if sent else []
    places = {entry["name"]: entry["example"] for entry in parameters if "example" in entry}
    place = re.sub("{([^}]+)}", lambda part: places.get(part[1], f"${part[1].upper()}"), path)
    wants_name = _VIDEO not in place and any(parameter["name"] == "filename" for parameter in parameters)
    wanted = {"filename": _VIDEO} if wants_name else {}
    wanted |= {
        parameter["name"]: _example(api, parameter["schema"])
        for parameter in parameters
        if parameter["in"] == "query" and parameter["required"]
    }
    query = f"?{urlencode(wanted)}" if wanted else ""
    lines.append(f'"{api["servers"][0]["url"]}{place}{query}"')
    return " \\\n  ".join(lines)


def _sent(api: Document, described: Document) -> list[str]:
    """curl's arguments for a body that the operation takes."""
    for media_type, content in _media_types(described).items():
        if media_type == "application/json":
            return ["--json", shlex.quote(json.dumps(_example(api, content["schema"]), ensure_ascii=False))]
        return ["-T", _FILES.get(media_type, _VIDEO)]
    return []


def _media_types(described: Document) -> Document:
    found: Document = described.get("requestBody", {}).get("content", {})
    return found


def _example(api: Document, schema: Document) -> Any:
    """A value of ``schema``: of an object what it requires, or else its first property."""
    if "$ref" in schema:
        return _example(api, api["components"]["schemas"][schema["$ref"].removeprefix(_REFERENCE)])
    if "examples" in schema:
        return schema["examples"][0]
    if "anyOf" in schema:
        return _example(api, schema["anyOf"][0])
    if "enum" in schema:
        return schema["enum"][-1]
    if "properties" in schema:
        wanted = schema.get("required") or list(schema["properties"])[:1]
        return {name: _example(api, schema["properties"][name]) for name in wanted}
    return {"integer": 1, "number": 1, "boolean": True, "array": []}.get(schema.get("type", ""), "…")
