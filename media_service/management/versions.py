"""Versions of an asset: list, bring another one, choose one, try again, cancel or remove."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from flask import Blueprint, Response
from sqlalchemy.orm import Session

from configs.words import PosterOrigin
from media_service import audit, auth
from media_service.changes import after_commit, transaction
from media_service.management.version_documents import (
    Choice,
    NewVersion,
    VersionDocument,
    VersionList,
    VersionQuery,
    describe_switch,
    describe_version,
)
from media_service.openapi import operation, respond
from media_service.playback.serving.links import Links
from media_service.problems import ApiError
from media_service.progress import describe_progress
from media_service.services import services
from media_service.uploads.at_once import content_type, receive_at_once, required_length
from media_service.uploads.lifecycle import address_of, drop_upload, end_upload
from media_service.uploads.protocol import make_intake, make_replacement
from media_service.uploads.replacements import REPLACING_ERRORS, author, refusing
from storage import carrying
from storage.catalogue import endings, posters, renditions, upload_locks, uploads, versions
from storage.catalogue.follows import follows_from_json
from storage.catalogue.models import Asset, Version
from storage.catalogue.uploads import Transfer
from storage.ids import is_id

blueprint = Blueprint("versions", __name__, url_prefix="/v1/assets/<asset_id>/versions")

TAG: Final = "Versions"


@blueprint.get("")
@auth.require(*auth.READERS, scope="read")
@operation("List the versions of an asset", tag=TAG, answer=VersionList, errors=("asset_not_found",))
def list_(asset_id: str) -> VersionList:
    """The one that plays, those that played before, and those that may follow: how far they are and why they failed."""
    with services().sessions() as session:
        asset = auth.asset(session, asset_id)
        found = versions.versions_of(session, asset.id)
        return VersionList(
            versions=[_document(session, asset, version) for version in found],
            switches=[describe_switch(switch) for switch in versions.switches_of(session, asset.id)],
        )


def _sent_before(created: Response) -> Response | None:
    """The version that an earlier request has made; None if that request broke off."""
    version_id = created.headers.get("Lessonstream-Version") or created.headers["Location"].rpartition("/")[2]
    with services().sessions() as session:
        version = session.get(Version, version_id)
        if version is None:
            return None
        if version.state != "uploading":
            return _made(session, auth.asset(session, version.asset_id), version)
        transfer = uploads.upload_of(session, version.id)
        if transfer is not None and upload_locks.is_held(session, transfer.id):
            raise ApiError("idempotency_key_busy", headers={**address_of(transfer), "Retry-After": "10"})
    if transfer is not None:
        drop_upload(transfer)
    return None


@blueprint.post("")
@auth.require(*auth.WRITERS, scope="edit")
@operation(
    "Bring another version of an asset",
    tag=TAG,
    query=VersionQuery,
    body=NewVersion,
    answer=VersionDocument,
    status=201,
    consumes="application/octet-stream",
    errors=(
        *REPLACING_ERRORS,
        "source_gone",
        "length_required",
        "file_too_large",
        "file_empty",
        "file_type_refused",
        "checksum_malformed",
        "checksum_mismatch",
        "upload_interrupted",
        "upload_lost",
        "storage_full",
        "storage_unavailable",
        "uploads_busy",
    ),
    refresh=_sent_before,
)
def add(query: VersionQuery, body: NewVersion | None, asset_id: str) -> Response:
    """The body is another file, or JSON that has the current one's file processed again. What plays goes on playing
    until the new version is ready, and is left alone if that fails. A file may also come by a resumable upload with
    `replaces` in its metadata.
    """
    if body is not None:
        return _process_again(body, asset_id)
    intake = make_intake(
        required_length(),
        services().settings.max_upload_bytes,
        file_name=query.filename,
        title="",
        policy=services().settings.default_policy,
        sha256=query.sha256,
        content_type=content_type(query.filename),
        replacement=make_replacement(asset_id, query.note, query.activate, query.background or ""),
    )
    return receive_at_once(intake, _sent)


def _process_again(body: NewVersion, asset_id: str) -> Response:
    with refusing(), transaction() as session:
        asset = auth.asset(session, asset_id)
        auth.require_open(session, asset.organization_id)
        awaited = body.activate == "ready"
        try:
            version = versions.process_again(session, asset, by=author(), note=body.note, awaited=awaited)
        except versions.SourceGone:
            raise ApiError("source_gone") from None
        audit.record(
            session,
            "version.create",
            asset.organization_id,
            asset.id,
            version_id=version.id,
            reprocess=True,
            note=body.note,
            activate=body.activate,
        )
        after_commit(services().wake)
        return _made(session, asset, version)


@blueprint.get("/<version_id>")
@auth.require(*auth.READERS, scope="read")
@operation("Show a version", tag=TAG, answer=VersionDocument, errors=("asset_not_found", "version_not_found"))
def show(asset_id: str, version_id: str) -> VersionDocument:
    """One of them, whichever is current."""
    with services().sessions() as session:
        asset = auth.asset(session, asset_id)
        return _document(session, asset, _version(session, asset, version_id))


@blueprint.post("/<version_id>/activate")
@auth.require(*auth.WRITERS, scope="edit")
@operation(
    "Show this version",
    tag=TAG,
    body=Choice,
    answer=VersionDocument,
    errors=(
        "asset_not_found",
        "version_not_found",
        "version_not_ready",
        "version_removed",
        "changed_meanwhile",
    ),
)
def activate(asset_id: str, version_id: str, body: Choice) -> VersionDocument:
    """Let it be the one that plays: a new one that waits for it, or an earlier one again. Who has begun to watch
    another one goes on watching that. Of the version that is current already nothing changes.
    """
    with services().sessions() as session:
        ready = _version(session, auth.asset(session, asset_id), version_id).state == "ready"
    carried = carrying.prepare(services().sessions, services().objects, version_id) if ready else None
    with transaction() as session:
        asset = versions.hold(session, auth.asset(session, asset_id).id)
        version = _version(session, asset, version_id)
        before = asset.current_version_id
        try:
            carrying.apply(session, carried)
            switched = versions.choose(session, asset, version.id, by=author(), note=body.note)
        except carrying.Outdated:
            raise ApiError("changed_meanwhile") from None
        except versions.NotSwitchable:
            gone = version.removed_at is not None or version.discarded_at is not None
            raise ApiError("version_removed" if gone else "version_not_ready") from None
        if switched:
            audit.record(
                session,
                "version.activate",
                asset.organization_id,
                asset.id,
                version_id=version.id,
                before=before,
                reason="chosen",
                note=body.note,
            )
            after_commit(services().wake)
        session.expire_all()
        return _document(session, asset, version)


@blueprint.post("/<version_id>/retry")
@auth.require(*auth.WRITERS, scope="edit")
@operation(
    "Try a version again that failed",
    tag=TAG,
    answer=VersionDocument,
    status=202,
    errors=("asset_not_found", "version_not_found", "nothing_failed"),
)
def retry(asset_id: str, version_id: str) -> VersionDocument:
    """The steps that failed begin anew, with all their attempts; what is done is kept."""
    with transaction() as session:
        asset = auth.asset(session, asset_id)
        version = _version(session, asset, version_id)
        if version.discarded_at is not None or not endings.retry(session, version.id):
            raise ApiError("nothing_failed")
        audit.record(session, "version.retry", asset.organization_id, asset.id, version_id=version.id)
        after_commit(services().wake)
        session.flush()
        session.expire_all()
        return _document(session, asset, version)


@blueprint.delete("/<version_id>")
@auth.require(*auth.WRITERS, scope="delete")
@operation(
    "Cancel a version, or remove an earlier one",
    tag=TAG,
    status=204,
    errors=("asset_not_found", "version_not_found", "version_current"),
)
def delete(asset_id: str, version_id: str) -> None:
    """One that was never current is as if it had not been; of one that was, the list goes on telling, but it cannot be
    chosen any more. The one that plays is not removed.
    """
    with transaction() as session:
        asset = versions.hold(session, auth.asset(session, asset_id).id)
        version = _version(session, asset, version_id)
        if version.id == asset.current_version_id:
            raise ApiError("version_current")
        audit.record(session, "version.delete", asset.organization_id, asset.id, version_id=version.id)
        transfer = uploads.upload_of(session, version.id)
        if transfer is None or transfer.finished:
            versions.discard(session, version)
        else:
            end_upload(transfer)


def _sent(transfer: Transfer) -> Response:
    with services().sessions() as session:
        asset = auth.asset(session, transfer.asset_id)
        return _made(session, asset, _version(session, asset, transfer.version_id))


def _made(session: Session, asset: Asset, version: Version) -> Response:
    response = respond(_document(session, asset, version), 201)
    response.headers["Location"] = f"/v1/assets/{asset.id}/versions/{version.id}"
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _version(session: Session, asset: Asset, version_id: str) -> Version:
    found = versions.find(session, asset.id, version_id) if is_id(version_id) else None
    if found is None:
        raise ApiError("version_not_found")
    return found


def _document(session: Session, asset: Asset, version: Version) -> VersionDocument:
    settings, playback_ids = services().settings, asset.playback_ids
    plays = version.shown_state in ("playable", "ready") and version.removed_at is None and playback_ids
    shown_by = min(playback_ids, key=lambda each: each.policy != "public") if plays else None
    unfinished = version.state not in ("ready", "failed")
    return describe_version(
        version,
        current_id=asset.current_version_id,
        admin=auth.caller().role == "admin",
        progress=describe_progress(session, version, uploads.upload_of(session, version.id))
        if unfinished
        else None,
        manifest_url=Links(settings.public_url, shown_by.id).manifest_of(version.id) if shown_by else None,
        grace=timedelta(days=settings.version_grace_days),
        poster_before=_poster_before(session, version),
    )


def _poster_before(session: Session, version: Version) -> PosterOrigin:
    follows = follows_from_json(version.follows)
    before = session.get(Version, follows.before_id) if follows else None
    if before is None:
        return "automatic"
    return posters.origin_of(before, renditions.find_image(session, before.id, before.poster))
