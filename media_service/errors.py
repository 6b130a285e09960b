"""How errors are answered: one shape (RFC 9457 problem details), one handler. ``problems`` has the table."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from flask import Flask, Response, request
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from configs.messages import Message
from media_service.problems import PROBLEMS, ApiError, ErrorCode, Fault, ValueFault
from media_service.request_state import state_of, trace_of
from storage.objects import StorageError, StorageFull

log = logging.getLogger(__name__)


_OF_STATUS: Final[dict[int, ErrorCode]] = {
    400: "bad_request",
    404: "not_found",
    405: "method_not_allowed",
    408: "request_timeout",
    411: "length_required",
    413: "too_large",
    415: "wrong_content_type",
    416: "range_not_satisfiable",
}
"""Codes of the errors that Flask and Werkzeug raise by themselves."""


_DISK_FULL: Final = "53100"
"""SQLSTATE of a PostgreSQL that could not write for want of space."""


def problem_response(
    code: ErrorCode,
    detail: str | None = None,
    headers: Mapping[str, str] | None = None,
    errors: Sequence[Fault | ValueFault] = (),
    *,
    message: Message | None = None,
    cause: Exception | None = None,
    environ: dict[str, Any],
) -> Response:
    """Return the problem document of ``code`` as ``application/problem+json``; never cached. ``message`` is its
    sentence with words in its places; ``cause`` and the request are for the log.
    """
    problem = PROBLEMS[code]
    message = message or problem.message
    log_refusal(code, environ, cause)
    document: dict[str, Any] = {
        "type": f"/v1/docs#{code}",
        "title": message.en,
        "status": problem.status,
        "detail": detail or message.en,
        "code": code,
        "message": message.to_json(),
    }
    if errors:
        document["errors"] = [fault.to_json() for fault in errors]
    response = Response(
        json.dumps(document, ensure_ascii=False), problem.status, mimetype="application/problem+json"
    )
    response.headers["Cache-Control"] = "no-store"
    response.headers.update(headers or {})
    return response


def log_refusal(code: ErrorCode, environ: dict[str, Any], cause: Exception | None = None) -> None:
    """Log one line for a request that is not answered as wished, found by its ID.

    It shows no query, so no tokens. What nobody foresaw comes with its traceback.
    """
    ours = PROBLEMS[code].status >= 500
    reason = f": {' '.join(str(cause).split())}" if cause is not None else ""
    trace = trace_of(environ)
    log.log(
        logging.WARNING if ours else logging.INFO,
        "refused %s, request %s%s: %s %s%s",
        code,
        state_of(environ).id,
        f", trace {trace}" if trace else "",
        environ["REQUEST_METHOD"],
        _one_line(environ.get("PATH_INFO", "")),
        reason,
        exc_info=cause if code == "internal_error" else None,
    )


def register(app: Flask) -> None:
    """Install the one handler.

    What it does not know is logged with the request's ID and answered as a bare 500.
    """

    @app.errorhandler(Exception)
    def handle(error: Exception) -> Response | HTTPException:
        return answer(error, request.environ)


def answer(error: Exception, environ: dict[str, Any]) -> Response | HTTPException:
    """Return the answer to a request that ended with ``error``."""
    if isinstance(error, ApiError):
        return problem_response(
            error.code, error.detail, error.headers, error.errors, message=error.message, environ=environ
        )
    if isinstance(error, HTTPException):
        return _http(error, environ)
    if isinstance(error, StorageFull) or _catalogue_is_full(error):
        return problem_response("storage_full", None, {"Retry-After": "60"}, cause=error, environ=environ)
    if isinstance(error, StorageError):
        code: ErrorCode = "storage_unavailable"
        return problem_response(code, None, {"Retry-After": "5"}, cause=error, environ=environ)
    if is_catalogue_away(error):
        code = "catalogue_unavailable"
        return problem_response(code, None, {"Retry-After": "5"}, cause=error, environ=environ)
    told = f"The operator finds this under request {state_of(environ).id}."
    return problem_response("internal_error", told, cause=error, environ=environ)


def _one_line(path: str) -> str:
    """Return PATH_INFO as a log may show it: whatever a client sends, it cannot begin a line of its own."""
    text = path.encode("latin-1").decode(errors="replace")
    return quote(text[:200], safe="/:@")


def _http(error: HTTPException, environ: dict[str, Any]) -> Response | HTTPException:
    if error.code is not None and error.code < 400:
        return error
    code = _OF_STATUS.get(error.code or 500, "bad_request" if (error.code or 500) < 500 else "internal_error")
    headers = {
        name: value for name, value in error.get_headers() if name.lower() in {"allow", "content-range"}
    }
    return problem_response(code, headers=headers, environ=environ)


def _catalogue_is_full(error: Exception) -> bool:
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) == _DISK_FULL


def is_catalogue_away(error: Exception) -> bool:
    """Return whether the catalogue did not answer; the request itself is not at fault."""
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    return lost or isinstance(error, OperationalError | PoolTimeout)
