"""What the API says of an asset's versions, and what it takes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from configs.words import AssetKind, FollowOutcome, FollowReason, PosterOrigin, SwitchReason, VersionState
from media_service.management.asset_documents import (
    FailureDocument,
    SourceDocument,
    describe_failure,
    describe_source,
)
from media_service.progress import ProgressDocument
from media_service.uploads.protocol import COLOUR_PATTERN, LONGEST_NOTE, SHA256_PATTERN, clean_name
from storage.catalogue.follows import Follows, follows_from_json
from storage.catalogue.models import Version, VersionSwitch

Activate = Literal["ready", "manual"]

Note = Annotated[
    str, Field(max_length=LONGEST_NOTE), AfterValidator(lambda text: clean_name(text, LONGEST_NOTE))
]
"""Why, in the author's own words: one line."""


class FollowerDocument(BaseModel):
    """What becomes of something that belonged to the version before: it is ``kept``, ``shifted``, moved in ``pieces``,
    made ``anew``, or left for somebody to ``check``."""

    what: Literal["captions", "chapters", "poster", "clips", "resume_positions"]
    outcome: FollowOutcome | Literal["anew"]


class FollowsDocument(BaseModel):
    """What follows a version from the one ``before``, as their sounds tell. ``offset``: by how many seconds all of it
    lies later, earlier if negative; null unless it is one number. ``agreement`` is the share of the sound that was
    found again, ``reason`` why somebody has to check."""

    before: str
    outcome: FollowOutcome
    offset: float | None
    agreement: float | None
    reason: FollowReason | None
    table: list[FollowerDocument]


class VersionDocument(BaseModel):
    """One source of an asset and what is made of it. Of all versions one is ``current``: that one plays. Another one
    ``activates`` when it is ``ready``, or waits to be chosen (``manual``); null of one that had its turn.
    ``duration`` in seconds; ``made_by`` is the label of the API key or the name of the person that brought it, empty of
    first ones; ``note`` says why. ``manifest_url`` plays this version, whichever is current. ``retired_at``: since when
    it is not current any more; it can be chosen again until ``kept_until``. Of one with ``removed_at`` nothing can be
    played any more."""

    id: str
    current: bool
    activates: Activate | None
    state: VersionState
    kind: AssetKind | None
    failure: FailureDocument | None
    progress: ProgressDocument | None
    duration: float | None
    width: int | None
    height: int | None
    source: SourceDocument
    manifest_url: str | None
    follows: FollowsDocument | None
    made_by: str
    note: str
    created_at: datetime
    ready_at: datetime | None
    activated_at: datetime | None
    retired_at: datetime | None
    kept_until: datetime | None
    removed_at: datetime | None


class SwitchDocument(BaseModel):
    """That a version became the current one instead of the one ``before``: because it was ``ready``, or ``chosen`` by
    whoever ``made_by`` names, an API key by its label or a person."""

    version_id: str
    before: str | None
    at: datetime
    reason: SwitchReason
    note: str
    made_by: str


class VersionList(BaseModel):
    """All versions, newest first, and the last 100 changes from one to another, the last first."""

    versions: list[VersionDocument]
    switches: list[SwitchDocument]


class VersionQuery(BaseModel):
    """What belongs to a file that is sent in one request."""

    model_config = ConfigDict(extra="forbid")

    filename: str = Field("", max_length=1000, description="Name of the file, for people.")
    note: str = Field("", max_length=LONGEST_NOTE, description="Why it is replaced.")
    activate: Activate = Field(
        "ready",
        description="Whether it is shown as soon as it is ready, or when somebody chooses it (`manual`).",
    )
    sha256: str | None = Field(
        None,
        description="SHA-256 of the file, in hexadecimal, to be checked.",
        json_schema_extra={"pattern": f"^{SHA256_PATTERN}$"},
    )
    background: str | None = Field(
        None,
        max_length=7,
        description="Colour behind transparent pixels, as `#rrggbb` (`%23rrggbb` in a URL); that of the current "
        "version if left out.",
        json_schema_extra={"pattern": f"^{COLOUR_PATTERN}$"},
    )


class NewVersion(BaseModel):
    """A version without another file: the current one's is processed again, by the qualities and settings of today."""

    model_config = ConfigDict(extra="forbid")

    reprocess: Literal[True]
    note: Note = ""
    activate: Activate = "ready"


class Choice(BaseModel):
    """Why this version shall be shown."""

    model_config = ConfigDict(extra="forbid")

    note: Note = ""


def describe_version(
    version: Version,
    *,
    current_id: str | None,
    admin: bool,
    progress: ProgressDocument | None,
    manifest_url: str | None,
    grace: timedelta,
    poster_before: PosterOrigin,
) -> VersionDocument:
    """A version as its asset's people see it; ``grace`` is for how long it is kept once it is retired,
    ``poster_before`` of the version that it follows."""
    facts, current = version.facts, version.id == current_id
    had_its_turn = current or version.activated_at is not None or version.retired_at is not None
    leaves = version.retired_at if version.removed_at is None else None
    return VersionDocument(
        id=version.id,
        current=current,
        activates=None if had_its_turn else "ready" if version.awaited else "manual",
        state=version.state,
        kind=version.kind,
        failure=describe_failure(version, admin=admin),
        progress=progress,
        duration=facts.duration if facts else None,
        width=facts.source_width if facts else None,
        height=facts.source_height if facts else None,
        source=describe_source(version),
        manifest_url=manifest_url,
        follows=_describe_follows(follows_from_json(version.follows), poster_before),
        made_by=version.bringer,
        note=version.note,
        created_at=version.created_at,
        ready_at=version.ready_at,
        activated_at=version.activated_at,
        retired_at=version.retired_at,
        kept_until=leaves and (version.discarded_at or leaves + grace),
        removed_at=version.removed_at,
    )


def _describe_follows(follows: Follows | None, poster_before: PosterOrigin) -> FollowsDocument | None:
    if follows is None:
        return None
    # Captions are moved; what stands in tokens, links and browsers of others is not ours to move.
    elsewhere: FollowOutcome = "kept" if follows.outcome == "kept" else "check"
    poster: FollowOutcome | Literal["anew"] = "kept" if poster_before == "picture" else "anew"
    if poster_before == "frame" and follows.outcome != "check":
        poster = follows.outcome
    return FollowsDocument(
        before=follows.before_id,
        outcome=follows.outcome,
        offset=follows.offset,
        agreement=follows.agreement,
        reason=follows.reason,
        table=[
            FollowerDocument(what="captions", outcome=follows.outcome),
            FollowerDocument(what="chapters", outcome=follows.outcome),
            FollowerDocument(what="poster", outcome=poster),
            FollowerDocument(what="clips", outcome=elsewhere),
            FollowerDocument(what="resume_positions", outcome=elsewhere),
        ],
    )


def describe_switch(switch: VersionSwitch) -> SwitchDocument:
    """A change from one version to another."""
    return SwitchDocument(
        version_id=switch.version_id,
        before=switch.before_id,
        at=switch.at,
        reason=switch.reason,
        note=switch.note,
        made_by=switch.key_label,
    )
