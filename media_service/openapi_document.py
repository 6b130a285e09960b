"""The API describes itself: OpenAPI 3.1, made from the routes that carry an ``@operation``, and the page that shows it.

Clients are generated from it, so it says what has to be sent and nothing else: of a body no field has a default that a
client would send for it, of an answer every field is there.
"""

from __future__ import annotations

import functools
import hashlib
import inspect
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final, NamedTuple, get_args

from flask import Flask, Response, render_template, request
from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, models_json_schema

import player_embed
from configs.failures import FAILURES
from configs.notices import NOTICES
from media_service import reference
from media_service.openapi import TOPICS, Header, Operation, PathParameter, ProblemDocument, is_once
from media_service.page_language import page_language
from media_service.problems import PROBLEMS, ErrorCode
from media_service.reference_text import Language, speaker
from media_service.services import services
from media_service.session_cookie import CSRF_HEADER, cookie_name
from storage.ids import ID_PATTERN
from storage.languages import TAG_PATTERN
from storage.tracks.names import KINDS

_DESCRIBED_SECONDS: Final = 300
"""How long caches keep the description: an upgrade changes it."""

_TEMPLATE: Final = "#/components/schemas/{model}"
_PARAMETER: Final = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>")
_ANYWHERE: Final[tuple[ErrorCode, ...]] = ("internal_error", "catalogue_unavailable")
_WITH_BODY: Final[tuple[ErrorCode, ...]] = (
    "content_range_refused",
    "wrong_content_type",
    "content_encoding_refused",
)
_WITH_JSON: Final[tuple[ErrorCode, ...]] = ("bad_request", "too_large", "request_timeout")

_ETAG: Final = Header("ETag", "Entity tag of what can be edited of it, for `If-Match`.")
_LOCATION: Final = Header("Location", "Address of what was made.")
_REPLAYED: Final = Header(
    "Idempotency-Replayed", "`true` where an earlier request with this Idempotency-Key was carried out."
)
_RETRY_AFTER: Final = Header("Retry-After", "Seconds after which to ask again.")
_CHALLENGE: Final = Header("WWW-Authenticate", "How to show a key (RFC 6750).")
_SENT_WITH: Final[Mapping[ErrorCode, Header]] = {
    "external_id_taken": Header(
        "Location", "Where the caller has begun an upload of the same, to go on with."
    ),
    **dict.fromkeys(
        (
            "key_missing",
            "key_invalid",
            "key_expired",
            "session_over",
            "link_token_invalid",
            "link_token_used",
            "link_clocks_apart",
        ),
        _CHALLENGE,
    ),
    **dict.fromkeys(
        (
            "idempotency_key_busy",
            "upload_locked",
            "upload_lost",
            "uploads_busy",
            "pack_not_ready",
            "storage_unavailable",
            "storage_full",
            "catalogue_unavailable",
            "service_unavailable",
        ),
        _RETRY_AFTER,
    ),
    "changed_meanwhile": _ETAG,
    "upload_offset_mismatch": Header("Upload-Offset", "The byte to go on from: how many are durable."),
    "tus_version": Header("Tus-Version", "The versions that are spoken here."),
    "content_encoding_refused": Header("Accept-Encoding", "The codings that are taken: `identity`."),
}
"""What clients need of the answer beside its document."""
_WITH_KEY: Final[tuple[ErrorCode, ...]] = (
    "key_missing",
    "key_invalid",
    "key_expired",
    "session_over",
    "csrf_invalid",
    "role_not_allowed",
    "scope_not_allowed",
    "organization_closed",
)
_OF_PLATFORMS: Final[tuple[ErrorCode, ...]] = (
    "link_token_invalid",
    "link_token_used",
    "link_clocks_apart",
    "link_not_answered",
    "link_paused",
    "link_ended",
    "service_unavailable",
)
_ONCE: Final[tuple[ErrorCode, ...]] = ("bad_request", "idempotency_key_used", "idempotency_key_busy")
_IDEMPOTENCY_KEY: Final = Header(
    "Idempotency-Key",
    "A text of your own, such as a UUID: what is sent again with it within 24 hours is done once.",
    pattern="^[!-~]{1,255}$",
)

_ID: Final = {"type": "string", "pattern": f"^{ID_PATTERN}$"}
_PATH: Final = {
    "asset_id": PathParameter("ID of the asset.", _ID),
    "change_set_id": PathParameter("ID of the change.", _ID),
    "playback_id": PathParameter("A playback ID of the asset.", _ID),
    "upload_id": PathParameter("ID of the upload.", _ID),
    "link_id": PathParameter("ID of the upload link.", _ID),
    "judge_id": PathParameter("ID of the judge.", _ID),
    "number": PathParameter("Number of the entry.", {"type": "string", "pattern": "^[1-9][0-9]{0,8}$"}, "1"),
    "version_id": PathParameter("ID of a version of the asset.", _ID),
    "category_id": PathParameter("ID of the category.", _ID),
    "collection_id": PathParameter("ID of the collection.", _ID),
    "partner_id": PathParameter("ID of the partner.", _ID),
    "platform_link_id": PathParameter("ID of the link.", _ID),
    "reporting_platform_id": PathParameter("ID of the platform that is told of.", _ID),
    "harvest_source_id": PathParameter("ID of the repository that is harvested.", _ID),
    "offer_id": PathParameter("ID of the offer.", _ID),
    "followed_id": PathParameter("ID of the followed lesson.", _ID),
    "shared_asset_id": PathParameter("ID of the asset.", _ID),
    "shared_course_id": PathParameter("ID of the collection.", _ID),
    "shared_version_id": PathParameter("ID of the version.", _ID),
    "object_path": PathParameter(
        "Its `path`, as the lesson tells it.",
        {"type": "string", "pattern": "^[A-Za-z0-9._/-]{1,200}$"},
        "images/poster",
    ),
    "platform_id": PathParameter("ID of the learning platform.", _ID),
    "endpoint_id": PathParameter("ID of the webhook endpoint.", _ID),
    "delivery_id": PathParameter(
        "ID of the delivery.", {"type": "string", "pattern": "^[0-9]{1,18}$"}, "4711"
    ),
    "key_id": PathParameter("ID of the key.", _ID),
    "person_id": PathParameter("ID of the person.", _ID),
    "session_id": PathParameter("ID of the session.", _ID),
    "organization_id": PathParameter("ID of the organization.", _ID),
    "kind": PathParameter(
        "What it is; `subtitles` is the same as `captions`.",
        {"type": "string", "enum": list(KINDS)},
        "captions",
    ),
    "language": PathParameter(
        "Language, as a BCP 47 tag.", {"type": "string", "pattern": f"^{TAG_PATTERN}$"}, "zh-CN"
    ),
}
"""What stands in addresses. One name means one thing, but where an operation says otherwise."""


def document(app: Flask, server_url: str) -> dict[str, Any]:
    """The OpenAPI 3.1 document of every ``/v1`` route that carries an ``@operation``."""
    routes = list(_routes(app))
    schemas = _Schemas(routes)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method] = _describe(route, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Lessonstream",
            "version": "1",
            "description": "Upload course videos and animations, and play them anywhere. "
            "Every error is a problem document (RFC 9457) with a stable `code`.",
        },
        "tags": [{"name": name, "description": text} for name, text in TOPICS.items()],
        "servers": [{"url": server_url}],
        "security": [{"api_key": []}, {"session": []}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": schemas.components,
            "securitySchemes": {
                "api_key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An API key of an organization, or the token of somebody who signed in.",
                },
                "platform": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "A token that a linked platform signs for this one request with the key of the "
                    "link (docs/sharing.md).",
                },
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": cookie_name(server_url),
                    "description": "The cookie of a browser that signed in to Studio. It counts only where no "
                    f"Authorization header is sent; what changes something needs {CSRF_HEADER}, too, as "
                    "`GET /v1/whoami` tells it.",
                },
            },
        },
    }


def register(app: Flask) -> None:
    """Add ``/v1/openapi.json`` and the page that shows it: anyone may ask, and making one takes a hundred playlists'
    time, so they are made once, the page in each language.
    """

    @functools.cache
    def described() -> dict[str, Any]:
        return document(app, services().settings.public_url)

    @functools.cache
    def as_json() -> tuple[bytes, str]:
        return _with_tag(json.dumps(described(), ensure_ascii=False))

    @functools.cache
    def as_page(language: Language) -> tuple[bytes, str]:
        api = described()
        return _with_tag(
            render_template(
                "docs.html",
                look=player_embed.look(),
                api=api,
                topics=reference.topics(api),
                say=speaker(language),
                language=language,
                problems=PROBLEMS,
                failures=FAILURES,
                notices=NOTICES,
            )
        )

    @app.get("/v1/openapi.json")
    def openapi_json() -> Response:
        return _tagged(as_json(), "application/json")

    @app.get("/v1/docs")
    def docs() -> Response:
        page = _tagged(as_page(page_language()), "text/html")
        page.headers["Vary"] = "Accept-Language"
        page.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'"
        return page


def _with_tag(text: str) -> tuple[bytes, str]:
    body = text.encode()
    return body, hashlib.sha256(body).hexdigest()[:32]


def _tagged(content: tuple[bytes, str], media_type: str) -> Response:
    """What is the same until the next release, or 304 if the client has it."""
    body, etag = content
    response = Response(body, mimetype=media_type)
    response.set_etag(etag)
    response.headers["Cache-Control"] = f"public, max-age={_DESCRIBED_SECONDS}"
    response.make_conditional(request)
    return response


class _Route(NamedTuple):
    """One method of one path; ``roles`` are those that may call it, and a key with scopes needs one of ``scopes``.
    ``text`` is its description; ``of_platforms``: linked platforms alone may call it, by requests that they sign.
    """

    path: str
    method: str
    described: Operation
    roles: tuple[str, ...]
    scopes: tuple[str, ...]
    text: str
    of_platforms: bool


def _routes(app: Flask) -> Iterator[_Route]:
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        described = getattr(view, "operation", None)
        if described is None or not rule.rule.startswith("/v1/"):
            continue
        for method in sorted((rule.methods or set()) - {"OPTIONS"}):
            if method == "HEAD" and "GET" in (rule.methods or set()):
                continue
            path = _PARAMETER.sub(r"{\1}", rule.rule)
            roles, text = getattr(view, "allowed_roles", ()), inspect.getdoc(view) or ""
            scopes = tuple(getattr(view, "scopes", ()))
            of_platforms = getattr(view, "of_platforms", False)
            yield _Route(path, method.lower(), described, roles, scopes, text, of_platforms)


class _Generator(GenerateJsonSchema):
    """Every field of an answer is there, whether or not it has a default where it is made."""

    def field_is_required(self, field: Any, total: bool) -> bool:
        return self.mode == "serialization" or super().field_is_required(field, total)


class _Schemas:
    """The schemas of all bodies and answers, in ``components``."""

    def __init__(self, routes: list[_Route]) -> None:
        # Of a problem, what may be missing is missing.
        models: set[tuple[type[BaseModel], JsonSchemaMode]] = {(ProblemDocument, "validation")}
        for route in routes:
            if route.described.body:
                models.add((route.described.body, "validation"))
            if route.described.answer:
                models.add((route.described.answer, "serialization"))
        self._references, found = models_json_schema(
            sorted(models, key=lambda entry: (entry[0].__name__, entry[1])),
            ref_template=_TEMPLATE,
            schema_generator=_Generator,
        )
        self.components: dict[str, Any] = found["$defs"]
        for schema in self.components.values():
            for field in schema.get("properties", {}).values():
                _tell_default(field)

    def of_body(self, model: type[BaseModel]) -> Mapping[str, Any]:
        return self._references[model, "validation"]

    def of_answer(self, model: type[BaseModel]) -> Mapping[str, Any]:
        return self._references[model, "serialization"]


def _tell_default(field: dict[str, Any]) -> None:
    """Say in words what a field is if it is left out: a ``default`` is sent, or asked for, by generated clients."""
    default = field.pop("default", None)
    if default not in (None, "", []):
        shown = default if isinstance(default, str) else json.dumps(default)
        field["description"] = f"{field.get('description', '')} If left out: `{shown}`.".strip()


def _describe(route: _Route, schemas: _Schemas) -> dict[str, Any]:
    described = route.described
    entry: dict[str, Any] = {
        "operationId": f"{route.method}_"
        + re.sub(r"[^a-z0-9]+", "_", route.path.removeprefix("/v1/")).strip("_"),
        "summary": described.summary,
        "description": route.text,
        "tags": [described.topic],
        "parameters": [
            *_path_parameters(route),
            *(_query_parameters(described.query) if described.query else ()),
            *_header_parameters(route),
        ],
        "responses": _responses(route, schemas),
    }
    if route.roles:
        entry["description"] += f"\n\nRoles: {', '.join(f'`{role}`' for role in route.roles)}."
        if route.scopes:
            entry["description"] += f" Scope: {' or '.join(f'`{scope}`' for scope in route.scopes)}."
    else:
        entry["security"] = [{"platform": []}] if route.of_platforms else []
    content: dict[str, Any] = {}
    if described.consumes:
        content[described.consumes] = {"schema": {"type": "string", "format": "binary"}}
    if described.body:
        content["application/json"] = {"schema": schemas.of_body(described.body)}
    if content:
        entry["requestBody"] = {**({"required": True} if described.body else {}), "content": content}
    return entry


def _errors(route: _Route) -> tuple[ErrorCode, ...]:
    described = route.described
    of_keys = _WITH_KEY if route.roles else _OF_PLATFORMS if route.of_platforms else ()
    of_body = _WITH_BODY if described.body or described.consumes else ()
    of_body += _WITH_JSON if described.body else ()
    of_keys += _ONCE if is_once(route.method.upper(), described) else ()
    return (*of_keys, *described.errors, *of_body, "invalid_request", *_ANYWHERE)


def _responses(route: _Route, schemas: _Schemas) -> dict[str, Any]:
    described, errors = route.described, _errors(route)
    good: dict[str, Any] = {"description": described.summary}
    if described.answer:
        good["content"] = {"application/json": {"schema": schemas.of_answer(described.answer)}}
        if described.query and "csv" in _formats(described.query):
            good["content"]["text/csv"] = {"schema": {"type": "string"}}
    told = {header.name: header for header in described.response_headers}
    if described.status == HTTPStatus.CREATED:
        told.setdefault(_LOCATION.name, _LOCATION)
    if described.etag:
        told[_ETAG.name] = _ETAG
    if is_once(route.method.upper(), described):
        told[_REPLAYED.name] = _REPLAYED
    good |= _headers(told.values())
    problem = {"application/problem+json": {"schema": schemas.of_body(ProblemDocument)}}
    responses: dict[str, Any] = {str(described.status): good}
    for status in sorted({PROBLEMS[code].status for code in errors}):
        codes = [code for code in dict.fromkeys(errors) if PROBLEMS[code].status == status]
        responses[str(status)] = {
            "description": " ".join(f"`{code}`: {PROBLEMS[code].message.en}" for code in codes),
            # The answer to HEAD has no body (RFC 9110, section 9.3.2).
            **({} if route.method == "head" else {"content": problem}),
            **_headers(_SENT_WITH[code] for code in codes if code in _SENT_WITH),
        }
    return responses


def _formats(query: type[BaseModel]) -> tuple[str, ...]:
    """In which an answer comes, where one of them is asked for."""
    field = query.model_fields.get("format")
    return get_args(field.annotation) if field else ()


def _headers(told: Iterable[Header]) -> dict[str, Any]:
    described = {
        header.name: {"description": header.description, "schema": {"type": "string"}} for header in told
    }
    return {"headers": described} if described else {}


def _path_parameters(route: _Route) -> Iterator[dict[str, Any]]:
    for name in re.findall(r"{([^}]+)}", route.path):
        parameter = route.described.path.get(name) or _PATH[name]
        yield {
            "name": name,
            "in": "path",
            "required": True,
            "description": parameter.description,
            "schema": parameter.schema,
            **({"example": parameter.example} if parameter.example else {}),
        }


def _query_parameters(model: type[BaseModel]) -> Iterator[dict[str, Any]]:
    schema = model.model_json_schema(ref_template=_TEMPLATE)
    for name, field in schema["properties"].items():
        kept = dict(field)
        # A query knows no null: what may be null may be left out.
        if "anyOf" in kept:
            [only] = [one for one in kept.pop("anyOf") if one != {"type": "null"}]
            kept |= only
        if kept.get("default", "") in (None, ""):
            kept.pop("default", None)
        yield {
            "name": name,
            "in": "query",
            "required": name in schema.get("required", []),
            "description": kept.pop("description", ""),
            "schema": kept,
        }


def _header_parameters(route: _Route) -> Iterator[dict[str, Any]]:
    once = (_IDEMPOTENCY_KEY,) if is_once(route.method.upper(), route.described) else ()
    for header in (*route.described.request_headers, *once):
        yield {
            "name": header.name,
            "in": "header",
            "required": header.required,
            "description": header.description,
            "schema": {"type": "string", **({"pattern": header.pattern} if header.pattern else {})},
            **({"example": header.example} if header.example else {}),
        }
