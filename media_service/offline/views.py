"""``POST /v1/offline-packs``, and the archives that its answers lead to: written while they are sent."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final, Literal

from flask import Blueprint, Response, render_template, request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session
from zipstream import ZipStream

import player_embed
from media_service import auth
from media_service.offline.gather import GatheredLesson, gather_lesson, located
from media_service.offline.layout import Entry, Lesson, Piece, entries, folder_name, page_data
from media_service.openapi import operation
from media_service.playback.access import tokens
from media_service.playback.access.tokens import DOWNLOAD, MAX_LIFETIME, Grant
from media_service.playback.parts import parts
from media_service.playback.serving.content_disposition import content_disposition
from media_service.problems import ApiError, wrong_value
from media_service.script_json import to_script_json
from media_service.services import services
from storage.catalogue import collection_items, visibility
from storage.catalogue.models import Asset, Collection
from storage.catalogue.visibility import Viewer
from storage.ids import is_id
from storage.objects import ObjectStore

blueprint = Blueprint("offline", __name__)

PAGE: Final = "index.html"

_RANGE: Final = 512 * 1024
"""Bytes of a file that are fetched at a time."""

Kind = Literal["asset", "collection"]


class PackRequest(BaseModel):
    """What to pack: an asset, or all of a collection."""

    model_config = ConfigDict(extra="forbid")

    asset_id: str | None = Field(None, max_length=64, description="One asset.")
    collection_id: str | None = Field(None, max_length=64, description="Or a collection, in its order.")
    expires_in: int = Field(
        MAX_LIFETIME, ge=1, le=MAX_LIFETIME, description="Seconds within which the download has to begin."
    )


class PackAnswer(BaseModel):
    """``url`` is fetched without an API key; ``size`` in bytes; ``lessons`` counts them."""

    url: str
    expires_at: datetime
    size: int
    lessons: int


@blueprint.post("/v1/offline-packs")
@auth.require("admin", "author", "portal", scope="play")
@operation(
    "Make an offline pack",
    tag="Playback",
    body=PackRequest,
    answer=PackAnswer,
    status=201,
    location=lambda pack: pack.url,
    is_secret=True,
    errors=("asset_not_found", "collection_not_found", "pack_not_ready", "pack_not_possible"),
)
def make(body: PackRequest) -> PackAnswer:
    """A link to a ZIP with videos, all their sounds, captions, chapters and a page that plays them from a USB stick."""
    given: list[tuple[Kind, str]] = []
    given += [("asset", body.asset_id)] if body.asset_id else []
    given += [("collection", body.collection_id)] if body.collection_id else []
    if len(given) != 1:
        raise wrong_value("Give one of asset_id and collection_id.", pointer="#")
    ((kind, wanted),) = given
    viewer = auth.viewer()
    with services().sessions() as session:
        owner = auth.asset(session, wanted) if kind == "asset" else auth.collection(session, wanted)
        gathered = _gathered(session, owner, viewer)
    lessons = [located(lesson, services().objects) for lesson in gathered]
    now = int(time.time())
    signer = parts().keys.signer()
    token = tokens.sign(
        key_id=signer.key_id,
        algorithm=signer.algorithm,
        private_key=signer.private_key,
        playback_id=_subject(kind, owner.id),
        kinds={DOWNLOAD},
        now=now,
        lifetime=body.expires_in,
        claims=_claims(viewer),
    )
    return PackAnswer(
        url=f"{services().settings.public_url}/offline/{kind}/{owner.id}.zip?token={token}",
        expires_at=datetime.fromtimestamp(now + body.expires_in, UTC),
        size=len(_pack(owner.title, lessons, services().objects)),
        lessons=len(lessons),
    )


@blueprint.get("/offline/<any(asset, collection):kind>/<wanted>.zip")
def send(kind: Kind, wanted: str) -> Response:
    """The archive. Its length is known before its first byte is read, and it is never whole in memory."""
    grant = parts().gate.require(request.args.get("token", ""), _subject(kind, wanted), DOWNLOAD)
    with services().sessions() as session:
        owner, viewer = _find(session, kind, wanted, grant)
        gathered = _gathered(session, owner, viewer)
    lessons = [located(lesson, services().objects) for lesson in gathered]
    pack = _pack(owner.title, lessons, services().objects)
    headers = {
        "Content-Type": "application/zip",
        "Content-Length": str(len(pack)),
        "Content-Disposition": content_disposition(owner.title, ".zip"),
        "Cache-Control": "private, no-store",
    }
    if request.method == "HEAD":
        return Response(headers=headers)
    return Response(iter(pack), 200, headers, direct_passthrough=True)


def _subject(kind: Kind, wanted: str) -> str:
    """What the token is for. No playback ID looks like it, so neither opens what the other does."""
    return f"offline:{kind}:{wanted}"


def _claims(viewer: Viewer) -> dict[str, Any]:
    """Who asked: whoever brings the token gets what they see then."""
    said = {"organization": viewer.organization_id, "person": viewer.person_id, "preview": viewer.manages}
    return {name: value for name, value in said.items() if value}


def _find(session: Session, kind: Kind, wanted: str, grant: Grant) -> tuple[Asset | Collection, Viewer]:
    """What is to be packed, and for whom: still there, and still seen by who asked for the token."""
    found: Asset | Collection | None = None
    if is_id(wanted):
        found = session.get(Asset, wanted) if kind == "asset" else session.get(Collection, wanted)
    if isinstance(found, Asset) and found.deleted_at is not None:
        found = None
    if found is not None:
        # A release that did not say who asks issued tokens to the organization itself, or to one above.
        viewer = Viewer(grant.organization or found.organization_id, grant.person, manages=grant.preview)
        if visibility.seen(session, viewer, [found]):
            return found, viewer
    raise ApiError("asset_not_found" if kind == "asset" else "collection_not_found")


def _gathered(session: Session, owner: Asset | Collection, viewer: Viewer) -> list[GatheredLesson]:
    if isinstance(owner, Asset):
        wanted = [owner.id]
    else:
        wanted = [item.asset_id for item in collection_items.items_for(session, viewer, owner.id).seen]
    if not wanted:
        raise ApiError("pack_not_possible", "The collection is empty.")
    downloads = services().settings.downloads
    return [gather_lesson(session, asset_id, downloads=downloads) for asset_id in wanted]


def _pack(title: str, lessons: list[Lesson], objects: ObjectStore) -> ZipStream:
    """The archive, stored and not deflated: videos do not get smaller, and so its size is known."""
    folder = folder_name(title)
    pack = ZipStream(sized=True)
    data = to_script_json(page_data(title, lessons))
    page = render_template(
        "offline.html", look=player_embed.look(), title=title, data=data, course=len(lessons) > 1
    )
    pack.add(page.encode(), f"{folder}/{PAGE}")
    for entry in entries(folder, lessons):
        pack.add(_bytes(objects, entry), entry.path, size=entry.size)
    return pack


def _bytes(objects: ObjectStore, entry: Entry) -> Iterator[bytes]:
    """Read when its turn has come, and not before; between two ranges no connection is held for a slow client."""
    yield from entry.bytes_of(part for piece in entry.pieces for part in _parts(objects, piece))


def _parts(objects: ObjectStore, piece: Piece) -> Iterator[bytes]:
    if isinstance(piece, bytes):
        yield piece
        return
    end = piece.start + piece.size
    for start in range(piece.start, end, _RANGE):
        yield objects.get(piece.key, start, min(_RANGE, end - start))
