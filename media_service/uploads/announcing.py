"""What a client declares of a file, as the ledger of uploads takes it down."""

from __future__ import annotations

from datetime import timedelta

from media_service import auth
from media_service.services import services
from media_service.uploads.protocol import Intake, part_size
from storage.catalogue.uploads import Announced


def announced(intake: Intake, organization_id: str) -> Announced:
    """An upload of the caller's into an organization."""
    settings, concat = services().settings, intake.concat
    return Announced(
        organization_id=organization_id,
        api_key_id=auth.caller().key_id,
        owner_id=auth.caller().person_id,
        length=intake.length,
        lifetime=timedelta(seconds=settings.upload_lifetime),
        metadata=intake.metadata,
        part_size=_part_size(intake, settings.max_upload_bytes),
        expected_sha256=intake.sha256,
        relative_path=intake.relative_path,
        head_tail_sha256=intake.head_tail_sha256,
        declared_seconds=intake.seconds,
        concat=concat.text if concat else None,
        partial_ids=concat.partial_ids if concat else (),
    )


def _part_size(intake: Intake, most: int) -> int | None:
    """What the ledger has to remember of it: what does not follow from the length by the rules of tomorrow."""
    if intake.length is None:
        return part_size(most)
    return part_size(intake.length) if intake.concat and intake.concat.partial_ids else None
