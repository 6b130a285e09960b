"""``@operation`` on a view checks what comes in and documents it in one place.

``media_service.openapi_document`` writes OpenAPI 3.1 from it; what a view accepts and what the document says cannot
differ, because both are the same pydantic models.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from flask import Response, request
from pydantic import BaseModel, ConfigDict, Field
from werkzeug.datastructures import MultiDict

from media_service.changes import Refresh, carry_out
from media_service.compressed import compress
from media_service.problems import ApiError, ErrorCode
from media_service.strict_values import read_document, read_query

JSON: Final = "application/json"
MERGE_PATCH: Final = "application/merge-patch+json"

MAX_JSON_BYTES: Final = 64 * 1024
"""Largest JSON body of most operations."""

TOPICS: Final = {
    "Uploads": "Resumable, by tus 1.0: whatever breaks, the upload goes on at the byte that is durable.",
    "Assets": "Course resources: sent in one request, listed, shown, renamed, deleted; and the IDs they play by.",
    "Versions": "Another file for a lesson that plays: built beside it, shown in one step, and taken back in one.",
    "Captions and chapters": "Texts along the time line, by language, at any time before or after encoding.",
    "Search": "Lessons found by what is said of them and in them, with the places where it is said.",
    "Reviews": "Lessons handed in, accepted or given back, and published: who, when, and why.",
    "Categories": "What lessons are sorted into: a tree of each organization, which all below it use as well.",
    "Collections": "Ordered, named lists of assets: courses.",
    "Playback": "Tokens and ready-made addresses for pages that show videos.",
    "Views": "How often lessons were viewed and how, why each play counted or did not, and plays that you tell of.",
    "Study hours": "Which courses are studied, what counts for whom, certificates, and how learners are forgotten.",
    "Learning systems": "Learning platforms that launch lessons by LTI 1.3, and what they are told of their learners.",
    "Partners": "Sites that may embed: whose pages, what is shared with them, and how much they may ask for.",
    "Events": "What happened to assets, uploads, versions and captions, in an order that passes nothing by.",
    "Exchange": "Other platforms: what they follow of the catalogue, how they are linked, what is shared with them.",
    "People": "Who signs in to Studio: single sign-on from your portal, tokens for its pages, people and sessions.",
    "Organizations": "The tree of provinces, cities, counties and schools, and their API keys.",
}
"""All tags, in the order in which one meets them."""

_READING: Final = ("GET", "HEAD")


@dataclass(frozen=True)
class Header:
    """A request or response header that belongs to the protocol of an operation. ``pattern`` is a regular expression
    of all its values."""

    name: str
    description: str
    required: bool = False
    example: str = ""
    pattern: str = ""


@dataclass(frozen=True)
class PathParameter:
    """A part of an address: ``schema`` is JSON Schema, ``example`` a value for those to whom the name gives none."""

    description: str
    schema: Mapping[str, Any]
    example: str = ""


@dataclass(frozen=True)
class Operation:
    """What one method of one route takes and gives. ``errors`` are codes of ``PROBLEMS``."""

    summary: str
    topic: str
    body: type[BaseModel] | None
    query: type[BaseModel] | None
    answer: type[BaseModel] | None
    status: int
    errors: tuple[ErrorCode, ...]
    consumes: str | None
    request_headers: tuple[Header, ...]
    response_headers: tuple[Header, ...]
    path: Mapping[str, PathParameter] = field(default_factory=dict)
    location: Callable[[Any], str | None] | None = None
    is_secret: bool = False
    etag: Callable[[Any], str] | None = None
    is_polled: bool = False
    is_repeatable: bool = True


def is_once(method: str, described: Operation) -> bool:
    """Whether an ``Idempotency-Key`` counts: what is sent again would be done again."""
    return described.is_repeatable and (method == "POST" or described.status == HTTPStatus.CREATED)


class _NoQuery(BaseModel):
    """Of an operation that takes nothing of its query."""

    model_config = ConfigDict(extra="forbid")


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
    path: Mapping[str, PathParameter] | None = None,
    location: Callable[[Any], str | None] | None = None,
    is_secret: bool = False,
    etag: Callable[[Any], str] | None = None,
    is_polled: bool = False,
    largest: int = MAX_JSON_BYTES,
    is_repeatable: bool = True,
    refresh: Refresh = lambda answer: answer,
) -> Callable[[Callable[..., Any]], Callable[..., Response]]:
    """Document a view and do its chores: it gets ``body`` and ``query`` validated, as keyword arguments, and may
    return a model (sent as JSON with ``status``), None (an empty answer) or a ready ``Response``.

    ``consumes`` names the content type of a body that the view reads by itself; where there is a ``body``, too,
    either is taken, and of a file the view gets None for it. ``path`` are parts of the address that mean something
    else here than everywhere; ``location`` tells of an answer the address of what was made, ``etag`` its entity
    tag, which the view compares, and whether it is asked for again and again (``is_polled``); a document of more
    than ``largest`` bytes is refused. An answer that ``is_secret`` is stored nowhere on its way. What the view
    changes is one transaction; an ``Idempotency-Key`` has it carried out once, unless it is not ``is_repeatable``
    and so refused when it is sent again, and ``refresh`` brings the answer up to date for whoever asks again.
    Raises ``wrong_content_type``, ``bad_request``, ``too_large`` and ``invalid_request``.
    """
    described = Operation(
        summary,
        tag,
        body,
        query,
        answer,
        status,
        errors,
        consumes,
        request_headers,
        response_headers,
        path or {},
        location,
        is_secret,
        etag,
        is_polled,
        is_repeatable,
    )

    def decorate(view: Callable[..., Any]) -> Callable[..., Response]:
        @functools.wraps(view)
        def checked(**kwargs: Any) -> Response:
            asked = read_query(query or _NoQuery, _parameters())
            if query is not None:
                kwargs["query"] = asked
            data = b""
            if body is not None or consumes is not None:
                _require_bare_content(is_file=body is None)
            if body is not None and consumes is not None and request.mimetype != JSON:
                kwargs["body"] = None
            elif body is not None:
                data = _document_sent(request.method, largest)
                kwargs["body"] = read_document(body, data)
            if request.method in _READING:
                return _answer(described, view(**kwargs))
            return carry_out(
                lambda: _answer(described, view(**kwargs)),
                data,
                once=is_once(request.method, described),
                refresh=refresh,
            )

        checked.operation = described  # type: ignore[attr-defined]  # found by ``openapi_document``
        return checked

    return decorate


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


def _parameters() -> MultiDict[str, str]:
    """The query, whose text Werkzeug would keep as it came, ``%FF`` for one, where it is not in UTF-8."""
    try:
        unquote_to_bytes(request.query_string).decode()
    except UnicodeDecodeError:
        raise ApiError("invalid_request", "The query is not in UTF-8.") from None
    return request.args


def _require_bare_content(*, is_file: bool) -> None:
    """Refuse headers that make something else of the content than what it looks like (RFC 9110, sections 8.4, 14.5)."""
    encoding = request.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in ("", "identity"):
        raise ApiError("content_encoding_refused", headers={"Accept-Encoding": "identity"})
    if "Content-Range" in request.headers:
        raise ApiError("content_range_refused")
    if request.mimetype == "multipart/form-data":
        raise ApiError(
            "wrong_content_type", "Send the bytes of the file itself, no form: curl -T file, not curl -F."
        )
    if is_file and request.mimetype == JSON:
        # What generated clients say of bytes unless they are told better.
        raise ApiError("wrong_content_type", f"Send the bytes of the file itself, and not as {JSON}.")


def _document_sent(method: str, largest: int) -> bytes:
    if request.mimetype != JSON and not (method == "PATCH" and request.mimetype == MERGE_PATCH):
        raise ApiError("wrong_content_type", f"Send {JSON}.")
    if (request.content_length or 0) > largest or len(data := request.get_data()) > largest:
        raise ApiError("too_large", f"JSON bodies may have {largest} bytes.")
    return data


def _answer(described: Operation, result: Any) -> Response:
    response = respond(result, described.status)
    if described.status == HTTPStatus.CREATED:
        made = described.location(result) if described.location and isinstance(result, BaseModel) else None
        # Without one it is the address that was asked (RFC 9110, section 15.3.2).
        response.headers.setdefault("Location", made or request.path)
    if described.etag and isinstance(result, BaseModel):
        tag = described.etag(result)
        response.headers["ETag"] = _whole_tag(tag, response.get_data()) if described.is_polled else tag
        if described.is_polled:
            response.make_conditional(request)
    # With a key, caches ask each time; what has a secret in it they do not even keep.
    response.headers.setdefault("Cache-Control", "no-store" if described.is_secret else "private, no-cache")
    if request.method == "GET" and not described.is_secret and "ETag" not in response.headers:
        compress(response)
    return response


def _whole_tag(edited: str, shown: bytes) -> str:
    """The entity tag of what is shown: that of what can be edited of it (``preconditions``), and after a hyphen what
    changes with all the rest, such as how far a lesson is."""
    rest = hashlib.sha256(shown).hexdigest()[:12]
    return f'{edited[:-1]}-{rest}"'


def respond(result: Any, status: int) -> Response:
    """The answer of a view that gave a model, None or a ready ``Response``."""
    if isinstance(result, Response):
        return result
    if result is None:
        return Response(status=status)
    return Response(result.model_dump_json(), status, mimetype="application/json")
