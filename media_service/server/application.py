"""The ASGI application (version 3.0): the WSGI one in threads, for requests whose bodies have arrived."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from io import BytesIO
from typing import Any, Final
from wsgiref.types import WSGIApplication

from flask import Response

from media_service.bodies import BodyWanted, NotYet
from media_service.event_loop import WouldWait
from media_service.problems import ApiError, ErrorCode
from media_service.request_state import state_of
from media_service.server.answer import SLICE, Answer, Receive, Send, Sending, call
from media_service.server.request_body import DocumentCut, DocumentLarge, DocumentLate, RequestBody
from media_service.server.wsgi_environ import environ_of

_SHORT: Final = 16 * 1024
"""Bytes of a document that is received before anyone looks at the request: they mostly come along with it."""

_NOTHING: Final = ("", "0")


class Server:
    """Serves ``app`` with ``threads`` threads for views and as many for what is fetched and stored.

    ``answers`` long answers are sent at a time; the next ones wait. ``is_prompt`` tells requests that can mostly be
    answered from memory: those are tried in the event loop, where nothing may wait. ``is_upload`` tells those that
    begin by the thousand when a network comes back: viewers do not queue behind them, but they for ``uploads`` threads.
    """

    def __init__(
        self,
        app: WSGIApplication,
        *,
        threads: int,
        answers: int,
        uploads: int,
        is_prompt: Callable[[dict[str, Any]], bool],
        is_upload: Callable[[dict[str, Any]], bool],
    ) -> None:
        self._app = app
        self._is_prompt, self._is_upload = is_prompt, is_upload
        self._views = ThreadPoolExecutor(threads, "view")
        self._upload_views = ThreadPoolExecutor(uploads, "upload-view")
        self._carriers = ThreadPoolExecutor(threads, "carrier")
        self._answers = asyncio.Semaphore(answers)

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request."""
        environ = environ_of(scope)
        answer = self._at_once(environ) if self._is_prompt(environ) else None
        if answer is None:
            asyncio.get_running_loop().set_default_executor(self._carriers)
            body = RequestBody(receive, environ)
            answer = await self._answer(environ, body)
        stream = state_of(environ).stream
        if stream is not None and isinstance(answer.content, bytes):
            answer.headers = [header for header in answer.headers if header[0].lower() != "content-length"]
            await send(answer.start)
            await send({"type": "http.response.body", "body": answer.content, "more_body": True})
            await stream.run(receive, send)
            return
        await send(answer.start)
        content = answer.content
        if isinstance(content, bytes) and len(content) <= SLICE:
            await send({"type": "http.response.body", "body": content, "more_body": False})
            return
        await Sending(content, receive, send, self._answers).run()

    def _at_once(self, environ: dict[str, Any]) -> Answer | None:
        environ["wsgi.input"] = BytesIO()
        state = state_of(environ)
        state.must_not_wait = True
        try:
            return call(self._app, environ)
        except WouldWait:
            state.must_not_wait = False
            return None

    async def _answer(self, environ: dict[str, Any], body: RequestBody) -> Answer:
        state_of(environ).is_asynchronous = True
        environ["wsgi.input"] = BytesIO() if body.is_whole else NotYet()
        if _is_short_document(environ):
            await _receive_document(environ, body)
        answer = await self._call(environ, body)
        # Who was too slow would only be so again.
        if answer.status >= 400 and answer.status != 408:
            await body.drain()
        if not body.is_whole:
            answer.headers.append(("Connection", "close"))
        return answer

    async def _call(self, environ: dict[str, Any], body: RequestBody) -> Answer:
        loop = asyncio.get_running_loop()
        views = self._upload_views if self._is_upload(environ) else self._views
        while True:
            # A future cannot carry an exception that is no ``Exception`` out of every loop.
            answer, wanted = await loop.run_in_executor(views, _try, self._app, environ)
            if answer is not None:
                return answer
            if wanted is None or wanted.receive is None:
                await _receive_document(environ, body)
            else:
                state_of(environ).resume = await wanted.receive(body)


def _try(app: WSGIApplication, environ: dict[str, Any]) -> tuple[Answer | None, BodyWanted | None]:
    try:
        return call(app, environ), None
    except BodyWanted as wanted:
        return None, wanted


def _is_short_document(environ: dict[str, Any]) -> bool:
    length = environ.get("CONTENT_LENGTH", "")
    is_short = length.isdecimal() and 0 < int(length) <= _SHORT
    is_json = environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower() == "application/json"
    return is_short and is_json and "HTTP_EXPECT" not in environ


async def _receive_document(environ: dict[str, Any], body: RequestBody) -> None:
    try:
        environ["wsgi.input"] = BytesIO(await body.document())
    except DocumentLate:
        state_of(environ).resume = partial(_refuse, "request_timeout")
    except DocumentCut:
        state_of(environ).resume = partial(_refuse, "bad_request")
    except DocumentLarge:
        state_of(environ).resume = partial(_refuse, "too_large")


def _refuse(code: ErrorCode) -> Response:
    raise ApiError(code)
