"""Values that no column keeps, sent to every operation that the API describes: refused or carried out, never broken by.

Numbers are as large as the description lets them be, and larger; texts hold what is no text to PostgreSQL. What is
asked for is there, so that values come as far as they can.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from house import House, house
from hypothesis import HealthCheck, Phase, find, settings
from hypothesis import strategies as st
from lesson import add_lesson
from sqlalchemy import update

from storage.catalogue.models import Asset
from storage.ids import new_id

__all__ = ["house"]
pytestmark = pytest.mark.integration

WHOLE = (2**31 - 1, 2**31, -(2**31) - 1, 2**53, 2**63 - 1, 2**63, 10**30)
REAL = (1e308, -1e308, 5e-324)
TEXTS = ("\0", "a\0b")
QUERIES = (
    "%00",
    "a%00b",
    "%ED%A0%80",
    "%FF",
    "2147483648",
    "999999999999999999",
    "9223372036854775808",
    "1e308",
)
PARTS = ("%00", "a%00b", "%ED%A0%80", "2147483648", "9223372036854775808", "99999999999999999999999")
HEADERS = ("2147483648", "9223372036854775808", "9" * 40, "-1", "\x80\xff", "a" * 3000)

ENDLESS = {"/v1/live", "/v1/uploads/{upload_id}"}
"""What ends when the client does; uploads are spoken to by tests of their own (tests/media_service/test_uploads_*)."""

Asked = tuple[str, str, dict[str, Any]]


class Described:
    """What the API says of itself, and bodies that are as it says."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._schemas = document["components"]["schemas"]
        self._parameters = document["components"].get("parameters", {})
        self.operations: list[Asked] = [
            (method, path, operation)
            for path, methods in document["paths"].items()
            for method, operation in methods.items()
            if path.startswith("/v1/") and path not in ENDLESS and method not in ("parameters", "options")
        ]
        # What is deleted is asked for by nobody after.
        self.operations.sort(key=lambda each: each[0] == "delete")

    def parameters(self, operation: dict[str, Any], place: str) -> list[dict[str, Any]]:
        found = [self._followed(each, self._parameters) for each in operation.get("parameters", [])]
        return [each for each in found if each["in"] == place]

    def _followed(self, schema: dict[str, Any], named: dict[str, Any] | None = None) -> dict[str, Any]:
        while "$ref" in schema:
            schema = (self._schemas if named is None else named)[schema["$ref"].rpartition("/")[2]]
        return schema

    def least(self, schema: dict[str, Any]) -> Any:
        """The least that is right."""
        schema = self._followed(schema)
        for name in ("anyOf", "oneOf", "allOf"):
            if name in schema:
                return self.least(next(each for each in schema[name] if each.get("type") != "null"))
        if "const" in schema or "enum" in schema or "default" in schema:
            return schema["const"] if "const" in schema else schema.get("enum", [schema.get("default")])[0]
        kind = schema.get("type")
        if kind == "object":
            of = schema.get("properties", {})
            return {name: self.least(of[name]) for name in schema.get("required", ())}
        if kind == "array":
            return [self.least(schema["items"]) for _ in range(schema.get("minItems", 0))]
        if kind in ("integer", "number"):
            return schema.get("minimum", 1)
        if kind == "boolean":
            return True
        return _text(schema)

    def leaves(
        self, schema: dict[str, Any], path: tuple[Any, ...] = (), seen: tuple[int, ...] = ()
    ) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
        """Where in a document values stand, and what they may be."""
        schema = self._followed(schema)
        if id(schema) in seen:
            return
        seen = (*seen, id(schema))
        for name in ("anyOf", "oneOf", "allOf"):
            for each in schema.get(name, ()):
                yield from self.leaves(each, path, seen)
        for name, each in schema.get("properties", {}).items():
            yield from self.leaves(each, (*path, name), seen)
        if isinstance(schema.get("additionalProperties"), dict):
            yield from self.leaves(schema["additionalProperties"], (*path, "name"), seen)
        if "items" in schema:
            yield from self.leaves(schema["items"], (*path, 0), seen)
        if schema.get("type") in ("integer", "number", "string"):
            yield path, schema

    def changed(self, schema: dict[str, Any], path: tuple[Any, ...], value: Any) -> Any:
        """The least document that has a value at a place."""
        if not path:
            return value
        return self._grown(schema, self.least(schema), path, value)

    def _grown(self, schema: dict[str, Any], document: Any, path: tuple[Any, ...], value: Any) -> Any:
        if not path:
            return value
        step, *rest = path
        schema = self._followed(schema)
        for each in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
            found = self._followed(each)
            if step in found.get("properties", {}) or (step == 0 and "items" in found):
                schema = found
                break
        if step == 0:
            items = document if isinstance(document, list) and document else [self.least(schema["items"])]
            return [self._grown(schema["items"], items[0], tuple(rest), value), *items[1:]]
        inner = schema.get("properties", {}).get(step) or schema.get("additionalProperties") or {}
        known = document if isinstance(document, dict) else {}
        before = known.get(step, self.least(inner) if rest else None)
        return {**known, step: self._grown(inner, before, tuple(rest), value)}


def _text(schema: dict[str, Any]) -> str:
    shapes = {"date-time": "2030-01-01T00:00:00Z", "date": "2026-01-01", "uri": "https://taken.example/"}
    if schema.get("format") in shapes:
        return shapes[schema["format"]]
    least, most = schema.get("minLength", 0), schema.get("maxLength", 10**6)
    if "pattern" not in schema:
        return "taken"[:most] if least <= len("taken") else "t" * least
    quiet = settings(
        max_examples=200, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )
    drawn = st.from_regex(schema["pattern"]).filter(lambda text: least <= len(text) <= most)
    return find(drawn, lambda _: True, settings=quiet)


@pytest.fixture(scope="module")
def described(house: House) -> Described:
    return Described(json.loads(house.client.get("/v1/openapi.json").data))


@pytest.fixture(scope="module")
def admin(house: House) -> tuple[dict[str, str], dict[str, str]]:
    """Who keeps everything, and what there is by the names of parameters."""
    lesson = add_lesson(house.sessions, house.objects)
    key = house.api_key(lesson.organization_id, "admin")
    with house.sessions.begin() as session:
        session.execute(update(Asset).where(Asset.id == lesson.asset_id).values(title="课", visibility=None))

    def made(path: str, **said: Any) -> Any:
        answer = house.client.post(path, json=said, headers=key)
        assert answer.status_code in (200, 201), answer.text
        return answer.json

    courses = made("/v1/collections", title="课程", asset_ids=[lesson.asset_id])
    link = made("/v1/upload-links", name="评比", closes_at="2099-01-01T00:00:00Z")
    criteria = {"criteria": [{"name": "idea", "label": "Idea"}]}
    assert house.client.put(f"/v1/upload-links/{link['id']}/judging", json=criteria, headers=key).json
    platform = made("/v1/platform-links")
    names = {
        "asset_id": lesson.asset_id,
        "version_id": lesson.version_id,
        "playback_id": lesson.public_id,
        "organization_id": lesson.organization_id,
        "collection_id": courses["id"],
        "link_id": link["id"],
        "judge_id": made(f"/v1/upload-links/{link['id']}/judges", name="甲")["id"],
        "category_id": made("/v1/categories", code="x", name_zh="类", name_en="x")["id"],
        "partner_id": made("/v1/partners", name="站")["id"],
        "endpoint_id": made("/v1/webhook-endpoints", url="https://taken.example")["id"],
        "platform_link_id": platform["id"],
        "kind": "captions",
        "language": "zh",
        "number": "1",
    }
    return key, names


def _address(path: str, names: dict[str, str], **other: str) -> str:
    known = {**dict.fromkeys(re.findall(r"{(\w+)}", path), new_id()), **names, **other}
    return path.format(**known)


class Asking:
    """Asks, and keeps what was answered wrongly."""

    def __init__(self, house: House, key: dict[str, str]) -> None:
        self._house = house
        self._key = key
        self.broken: list[str] = []
        self.asked = 0

    def __call__(self, method: str, address: str, data: bytes | None = None, **headers: str) -> None:
        sent = {**self._key, **{name.replace("_", "-"): value for name, value in headers.items()}}
        answer = self._house.client.open(address, method=method.upper(), data=data, headers=sent)
        self.asked += 1
        if answer.status_code >= 500 and answer.status_code != 503:
            self.broken.append(f"{answer.status_code} {method} {address} {(data or b'')[:300]!r} {headers}")
        answer.close()


def test_bodies(house: House, described: Described, admin: tuple[dict[str, str], dict[str, str]]) -> None:
    key, names = admin
    ask = Asking(house, key)
    for method, path, operation in described.operations:
        content = operation.get("requestBody", {}).get("content", {})
        schema = content.get("application/json", {}).get("schema")
        if schema is None:
            continue
        for place, of in described.leaves(schema):
            values: list[Any] = []
            if of["type"] == "string":
                values += TEXTS
            else:
                ends = (of.get(name) for name in ("minimum", "maximum", "exclusiveMaximum"))
                values += [*WHOLE, *(end for end in ends if end is not None)]
                values += REAL if of["type"] == "number" else ()
            for value in values:
                body = json.dumps(described.changed(schema, place, value)).encode()
                ask(method, _address(path, names), body, Content_Type="application/json")
            if of["type"] == "string":
                body = json.dumps(described.changed(schema, place, "\ud800")).encode()
                ask(method, _address(path, names), body, Content_Type="application/json")
    assert not ask.broken, "\n".join(ask.broken)
    assert ask.asked > 1000


def test_addresses(house: House, described: Described, admin: tuple[dict[str, str], dict[str, str]]) -> None:
    key, names = admin
    ask = Asking(house, key)
    for method, path, operation in described.operations:
        if method == "delete":
            names = {**names, **dict.fromkeys(names, new_id())}
        content = operation.get("requestBody", {}).get("content", {})
        schema = content.get("application/json", {}).get("schema")
        data = json.dumps(described.least(schema)).encode() if schema else None
        sent = {"Content_Type": "application/json"} if schema else {}
        for name in re.findall(r"{(\w+)}", path):
            for value in PARTS:
                ask(method, _address(path, names, **{name: value}), data, **sent)
        for parameter in described.parameters(operation, "query"):
            for value in QUERIES:
                ask(method, f"{_address(path, names)}?{quote(parameter['name'])}={value}", data, **sent)
        for parameter in described.parameters(operation, "header"):
            for value in HEADERS:
                ask(method, _address(path, names), data, **{**sent, parameter["name"]: value})
    assert not ask.broken, "\n".join(ask.broken)
    assert ask.asked > 1000
