"""``GET /v1/live``: what happens, as it happens (server-sent events)."""

from __future__ import annotations

import asyncio
from typing import Any, Final, cast

from flask import Blueprint, Flask, Response, current_app, request
from pydantic import BaseModel, ConfigDict, Field

from media_service import auth
from media_service.events import messages
from media_service.events.hub import BEAT_SECONDS, SILENCE_SECONDS, Hub, Reader
from media_service.openapi import Header, operation
from media_service.problems import ApiError
from media_service.request_state import state_of
from media_service.services import Services, services
from storage.catalogue.live import Position
from storage.catalogue.organizations import Caller
from storage.ids import is_id

blueprint = Blueprint("live", __name__, url_prefix="/v1/live")

TAG: Final = "Events"
_LAST: Final = "Last-Event-ID"
_HUB: Final = "lessonstream_live"


class LiveQuery(BaseModel):
    """Where to begin."""

    model_config = ConfigDict(extra="forbid")

    after: str | None = Field(
        None, max_length=64, description="The `id` of the last event that you have seen; or `Last-Event-ID`."
    )


def register(app: Flask, given: Services) -> None:
    """Give the application its streams."""
    app.extensions[_HUB] = Hub(given.sessions, given.measures)


def hub_of(app: Flask) -> Hub:
    """The streams of an application."""
    return cast("Hub", app.extensions[_HUB])


@blueprint.get("")
@auth.require(*auth.READERS, scope="read")
@operation(
    "Watch what happens",
    tag=TAG,
    query=LiveQuery,
    errors=("invalid_cursor", "streams_busy"),
    request_headers=(Header(_LAST, "What a browser sends by itself when it connects again."),),
)
def watch(query: LiveQuery) -> Response:
    """Server-sent events (`text/event-stream`) of what you may see: every event of the feed, named by its type, and
    `progress` with state, percent and place in the queue. `hello` comes first; `reset` says that more happened since
    you left than is told: load anew. A stream may end at any time; connect again, browsers do so by themselves."""
    after = request.headers.get(_LAST) or query.after
    if after is not None and not is_id(after):
        raise ApiError("invalid_cursor")
    hub = hub_of(current_app)
    if hub.is_closed or hub.count >= services().settings.web_streams:
        raise ApiError("streams_busy", headers={"Retry-After": "30"})
    state_of(request.environ).stream = LiveStream(hub, auth.caller(), after)
    return Response(
        messages.RETRY,
        mimetype="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


class LiveStream:
    """The body of one answer, for as long as its client reads and its caller may."""

    def __init__(self, hub: Hub, caller: Caller, after: str | None) -> None:
        self._hub = hub
        self._caller = caller
        self._after = after

    async def run(self, receive: Any, send: Any) -> None:
        """Send what is said until either side has enough."""
        reader = Reader(self._caller)
        gone = asyncio.ensure_future(_until_gone(receive, reader))
        try:
            position = await self._hub.join(reader)
            text = messages.hello(self._after or (position[2] if position else ""))
            if self._after and position:
                missed, position = await self._hub.missed(reader, self._after, position)
                text += missed
            await _send(send, text)
            while not reader.ended:
                await _send(send, await _next(reader, position))
            if not gone.done():
                await _send(send, b"", more=False)
        except TimeoutError:
            return  # who reads nothing hears nothing
        finally:
            gone.cancel()
            self._hub.leave(reader)


async def _next(reader: Reader, known: Position | None) -> bytes:
    """All that waits; a beat if nothing comes."""
    try:
        said = await asyncio.wait_for(reader.waiting.get(), BEAT_SECONDS)
    except TimeoutError:
        return messages.BEAT
    parts = []
    while said is not None:
        # What happened before the reader came was told as missed.
        if said.position is None or known is None or said.position > known:
            parts.append(reader.text_of(said))
        if reader.waiting.empty():
            break
        said = reader.waiting.get_nowait()
    return b"".join(parts)


async def _send(send: Any, text: bytes, *, more: bool = True) -> None:
    if text or not more:
        event = {"type": "http.response.body", "body": text, "more_body": more}
        await asyncio.wait_for(send(event), SILENCE_SECONDS)


async def _until_gone(receive: Any, reader: Reader) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    reader.end()
