"""How the file of an asset is replaced: what arrives becomes a version beside the current one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from media_service import audit, auth
from media_service.changes import transaction
from media_service.problems import ApiError, ErrorCode
from media_service.uploads import joining, quotas
from media_service.uploads.announcing import announced
from media_service.uploads.entering import require_no_entry
from media_service.uploads.protocol import Intake, Replacement
from storage.catalogue import uploads, versions
from storage.catalogue.uploads import Transfer
from storage.catalogue.versions import Author

REPLACING_ERRORS: Final[tuple[ErrorCode, ...]] = (
    "asset_not_found",
    "asset_external",
    "asset_is_entry",
    "first_upload_unfinished",
    "version_limit",
    "scope_not_allowed",
    "organization_closed",
)


def begin(intake: Intake, replacement: Replacement) -> Transfer:
    """Make the version and its upload. A key that may only upload does not bring another file into what is there.

    Raises ``REPLACING_ERRORS``.
    """
    auth.require_scope("edit")
    with refusing(), transaction() as session:
        asset = auth.asset(session, replacement.asset_id)
        auth.require_here(asset)
        auth.require_open(session, asset.organization_id)
        require_no_entry(session, asset.id)
        if intake.concat is not None:
            joining.give_way(intake.concat)
        quotas.reserve(session, asset.organization_id, intake)
        version = versions.add(
            session,
            asset,
            file_name=intake.file_name,
            background=replacement.background,
            by=author(),
            note=replacement.note,
            awaited=replacement.awaited,
        )
        audit.record(
            session,
            "version.create",
            asset.organization_id,
            asset.id,
            version_id=version.id,
            file_name=intake.file_name,
            size=intake.length,
            note=replacement.note,
            activate="ready" if replacement.awaited else "manual",
        )
        return uploads.await_source(session, version, announced(intake, asset.organization_id))


def author() -> Author:
    """The caller, key or person, as versions remember who brought and chose them."""
    caller = auth.caller()
    return Author(caller.key_id, caller.label, caller.person_id)


@contextmanager
def refusing() -> Iterator[None]:
    """Tell the caller why no version can be added."""
    try:
        yield
    except versions.NoFirstVersion:
        raise ApiError("first_upload_unfinished") from None
    except versions.TooManyPending:
        raise ApiError(
            "version_limit", f"{versions.MOST_PENDING} versions of an asset may be pending at a time."
        ) from None
