"""The API describes itself: ``@operation`` on a view checks what comes in and documents it in one place.

``document`` walks the application's routes and writes OpenAPI 3.1; what a view accepts and what the document
says cannot differ, because both are the same pydantic models.
"""

from __future__ import annotations

import functools
import hashlib
import inspect
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from flask import Flask, Response, render_template, request
from pydantic import BaseModel, Field
from pydantic.json_schema import models_json_schema

from configs.failures import FAILURES
from media_service import reference
from media_service.problems import PROBLEMS, ApiError, ErrorCode
from media_service.services import services
from media_service.strict_values import read_document, read_query

JSON: Final = "application/json"
MERGE_PATCH: Final = "application/merge-patch+json"

MAX_JSON_BYTES: Final = 64 * 1024
"""Largest JSON body of the management API."""

TOPICS: Final = {
    "Uploads": "Resumable, by tus 1.0: whatever breaks, the upload goes on at the byte that is durable.",
    "Assets": "Course resources: sent in one request, listed, shown, renamed, deleted; and the IDs they play by.",
    "Captions and chapters": "Texts along the time line, by language, at any time before or after encoding.",
    "Collections": "Ordered, named lists of assets: courses.",
    "Playback": "Tokens and ready-made addresses for pages that show videos.",
    "Partners": "Sites that may embed: whose pages, what is shared with them, and how much they may ask for.",
    "Organizations": "The tree of provinces, cities, counties and schools, and their API keys.",
}
"""All tags, in the order in which one meets them."""

_DESCRIBED_SECONDS: Final = 300
"""How long caches keep the description: an upgrade changes it."""

_TEMPLATE: Final = "#/components/schemas/{model}"
_PARAMETER: Final = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>")


@dataclass(frozen=True)
class Header:
    """A request or response header that belongs to the protocol of an operation."""

    name: str
    description: str
    required: bool = False
    example: str = ""


@dataclass(frozen=True)
class Operation:
    """What one method of one route takes and gives. ``errors`` are codes of ``PROBLEMS``."""

    summary: str
    tag: str
    body: type[BaseModel] | None
    query: type[BaseModel] | None
    answer: type[BaseModel] | None
    status: int
    errors: tuple[ErrorCode, ...]
    consumes: str | None
    request_headers: tuple[Header, ...]
    response_headers: tuple[Header, ...]


def operation(
    summary: str,
    *,
    tag: str,
    body: type[BaseModel] | None = None,
    query: type[BaseModel] | None = None,
    answer: type[BaseModel] | None = None,
    status: int = 200,
    errors: tuple[ErrorCode, ...] = (),
    consumes: str | None = None,
    request_headers: tuple[Header, ...] = (),
    response_headers: tuple[Header, ...] = (),
) -> Callable[[Callable[..., Any]], Callable[..., Response]]:
    """Document a view and do its chores: it gets ``body`` and ``query`` validated, as keyword arguments, and may
    return a model (sent as JSON with ``status``), None (an empty answer) or a ready ``Response``.

    ``consumes`` names the content type of a body that the view reads by itself. Raises ``wrong_content_type``,
    ``bad_request``, ``too_large`` and ``invalid_request``.
    """
    described = Operation(
        summary, tag, body, query, answer, status, errors, consumes, request_headers, response_headers
    )

    def decorate(view: Callable[..., Any]) -> Callable[..., Response]:
        @functools.wraps(view)
        def checked(**kwargs: Any) -> Response:
            if query is not None:
                kwargs["query"] = read_query(query, request.args)
            if body is not None:
                kwargs["body"] = read_document(body, _document_sent(request.method))
            return respond(view(**kwargs), status)

        checked.operation = described  # type: ignore[attr-defined]  # found by ``document``
        return checked

    return decorate


def document(app: Flask, server_url: str) -> dict[str, Any]:
    """The OpenAPI 3.1 document of every ``/v1`` route that carries an ``@operation``."""
    found = list(_operations(app))
    models = {
        model for _, _, described, *_ in found for model in (described.body, described.answer) if model
    } | {ProblemDocument}
    schemas = models_json_schema(
        [(model, "serialization") for model in sorted(models, key=lambda model: model.__name__)],
        ref_template=_TEMPLATE,
    )[1]["$defs"]
    paths: dict[str, dict[str, Any]] = {}
    for path, method, described, roles, text in found:
        paths.setdefault(path, {})[method] = _describe(path, method, described, roles, text)
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
        "security": [{"api_key": []}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "api_key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An API key of an organization.",
                }
            },
        },
    }


def register(app: Flask) -> None:
    """Add ``/v1/openapi.json`` and the page that shows it: anyone may ask, and making one takes a hundred playlists'
    time, so both are made once.
    """

    @functools.cache
    def described() -> dict[str, Any]:
        return document(app, services().settings.public_url)

    @functools.cache
    def as_json() -> tuple[bytes, str]:
        return _with_tag(json.dumps(described(), ensure_ascii=False))

    @functools.cache
    def as_page() -> tuple[bytes, str]:
        api = described()
        return _with_tag(
            render_template(
                "docs.html",
                api=api,
                topics=reference.topics(api),
                with_code=reference.with_code,
                problems=PROBLEMS,
                failures=FAILURES,
            )
        )

    @app.get("/v1/openapi.json")
    def openapi_json() -> Response:
        return _tagged(as_json(), "application/json")

    @app.get("/v1/docs")
    def docs() -> Response:
        page = _tagged(as_page(), "text/html")
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


class MessageDocument(BaseModel):
    """One sentence in English and in Chinese."""

    en: str
    zh: str


class FaultDocument(BaseModel):
    """One of several things that are wrong. Of a value: ``detail``, and where it is, a ``pointer`` into the body (JSON
    Pointer, RFC 6901) or the name of a ``parameter``. Of a file: the ``line``, the first being 1, ``code`` and
    ``message``."""

    detail: str = ""
    pointer: str = ""
    parameter: str = ""
    line: int = 0
    code: str = ""
    message: MessageDocument | None = None


class ProblemDocument(BaseModel):
    """A problem document (RFC 9457). Decide by ``code``; show ``message`` to people."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    message: MessageDocument
    errors: list[FaultDocument] = Field([], description="What is wrong, one by one; 20 at most.")


def _operations(app: Flask) -> Any:
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        described = getattr(view, "operation", None)
        if described is None or not rule.rule.startswith("/v1/"):
            continue
        for method in sorted((rule.methods or set()) - {"OPTIONS"}):
            if method == "HEAD" and "GET" in (rule.methods or set()):
                continue
            path = _PARAMETER.sub(r"{\1}", rule.rule)
            yield path, method.lower(), described, getattr(view, "allowed_roles", ()), inspect.getdoc(view)


def _describe(
    path: str, method: str, described: Operation, roles: tuple[str, ...], text: str
) -> dict[str, Any]:
    errors = described.errors
    if roles:
        errors = ("key_missing", "key_invalid", "role_not_allowed", *errors)
    if described.body or described.query:
        errors = (*errors, "invalid_request")
    if described.body:
        errors = (*errors, "request_timeout")
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{([^}]+)}", path)
    ]
    parameters += _query_parameters(described.query) if described.query else []
    parameters += [
        {
            "name": header.name,
            "in": "header",
            "required": header.required,
            "description": header.description,
            "schema": {"type": "string"},
            **({"example": header.example} if header.example else {}),
        }
        for header in described.request_headers
    ]
    entry: dict[str, Any] = {
        "operationId": f"{method}_{re.sub(r'[^a-z0-9]+', '_', path.removeprefix('/v1/')).strip('_')}",
        "summary": described.summary,
        "tags": [described.tag],
        "parameters": parameters,
        "responses": _responses(described, errors),
    }
    entry["description"] = text
    if roles:
        entry["description"] += f"\n\nRoles: {', '.join(f'`{role}`' for role in roles)}."
    else:
        entry["security"] = []
    if described.body:
        entry["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": _reference(described.body)}},
        }
    elif described.consumes:
        entry["requestBody"] = {
            "content": {described.consumes: {"schema": {"type": "string", "format": "binary"}}}
        }
    return entry


def _responses(described: Operation, errors: tuple[ErrorCode, ...]) -> dict[str, Any]:
    good: dict[str, Any] = {"description": described.summary}
    if described.answer:
        good["content"] = {"application/json": {"schema": _reference(described.answer)}}
    if described.response_headers:
        good["headers"] = {
            header.name: {"description": header.description, "schema": {"type": "string"}}
            for header in described.response_headers
        }
    responses: dict[str, Any] = {str(described.status): good}
    for status in sorted({PROBLEMS[code].status for code in errors}):
        codes = [code for code in dict.fromkeys(errors) if PROBLEMS[code].status == status]
        responses[str(status)] = {
            "description": " ".join(f"`{code}`: {PROBLEMS[code].message.en}" for code in codes),
            "content": {"application/problem+json": {"schema": _reference(ProblemDocument)}},
        }
    return responses


def _query_parameters(model: type[BaseModel]) -> list[dict[str, Any]]:
    schema = model.model_json_schema(ref_template=_TEMPLATE)
    return [
        {
            "name": name,
            "in": "query",
            "required": name in schema.get("required", []),
            "description": field.get("description", ""),
            "schema": field,
        }
        for name, field in schema["properties"].items()
    ]


def _reference(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": _TEMPLATE.format(model=model.__name__)}


def _document_sent(method: str) -> bytes:
    if request.mimetype != JSON and not (method == "PATCH" and request.mimetype == MERGE_PATCH):
        raise ApiError("wrong_content_type", f"Send {JSON}.")
    if request.content_length is None:
        raise ApiError("length_required")
    if request.content_length > MAX_JSON_BYTES:
        raise ApiError("too_large", f"JSON bodies may have {MAX_JSON_BYTES} bytes.")
    return request.get_data()


def respond(result: Any, status: int) -> Response:
    """The answer of a view that gave a model, None or a ready ``Response``."""
    if isinstance(result, Response):
        return result
    if result is None:
        return Response(status=status)
    return Response(result.model_dump_json(), status, mimetype="application/json")
