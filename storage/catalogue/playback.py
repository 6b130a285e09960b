"""Playback IDs, what they play, and the keys that sign playback tokens."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from sqlalchemy import (
    ARRAY,
    CollectionAggregate,
    Select,
    Text,
    any_,
    bindparam,
    case,
    false,
    func,
    select,
    text,
    type_coerce,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from configs.words import Policy, StepState
from storage.catalogue import shown_assets
from storage.catalogue.facts import FORMAT
from storage.catalogue.models import (
    Asset,
    Organization,
    PlaybackId,
    Rendition,
    SigningKey,
    Step,
    Version,
)
from storage.catalogue.publication import is_published
from storage.catalogue.reach import Reach
from storage.catalogue.shown_assets import ShownAsset
from storage.catalogue.steps import UNFINISHED
from storage.catalogue.visibility import TO_WHOM, Viewer, seen

_SIGNING_LOCK = 7_205_003
"""Key of the advisory lock under which the key that signs is chosen and replaced."""


def find_playback(session: Session, playback_id: str) -> tuple[PlaybackId, Asset, Version] | None:
    """The playback ID with its asset and current version; None if unknown or deleted."""
    row = session.execute(_PLAYBACK, {"playback_id": playback_id}).one_or_none()
    return (row[0], row[1], row[2]) if row else None


@dataclass(frozen=True, kw_only=True)
class Playable(ShownAsset):
    """What addresses are made of: a playback ID and its asset. ``duration`` in seconds and the size of its source are
    known once it was inspected; of sound there is no size."""

    playback_id: str
    policy: Policy
    external_id: str | None
    title: str
    is_inspected: bool
    duration: float | None
    source_width: int | None
    source_height: int | None
    origin_link_id: str | None = None
    origin_playback_id: str | None = None

    @property
    def is_hidden(self) -> bool:
        """Whether it plays for nobody but those who keep it."""
        return self.effective_visibility == "private" or not is_published(self)

    @property
    def needs_token(self) -> bool:
        """Whether nobody plays it without one."""
        return self.policy == "signed" or self.effective_visibility != "public" or self.is_hidden


def find_playables(
    session: Session,
    reach: Reach,
    viewer: Viewer,
    *,
    playback_ids: Collection[str] = (),
    asset_ids: Collection[str] = (),
    external_ids: Collection[str] = (),
) -> list[Playable]:
    """Playback IDs by their own ID or by their asset's IDs, oldest first, as far as ``viewer`` may see them for more
    than being public. What an author has not brought, and external IDs of other organizations than those in ``reach``,
    are not looked for.

    Names go in as arrays, so that the text of a statement never changes and the server plans it once; whose they are is
    looked at here, for the server thinks too little of a long list and would read every asset. No plan of a version is
    read: it may be large.
    """
    assets = {*asset_ids}
    if external_ids:
        assets.update(_assets_called(session, external_ids, reach))
    rows = session.execute(_PLAYABLES, {"playback_ids": sorted(playback_ids), "asset_ids": sorted(assets)})
    names = [*rows.keys()]
    playables = (Playable(**dict(zip(names, row, strict=True))) for row in rows)
    found = [each for each in playables if reach.is_owner(each.owner_id)]
    visible = seen(session, viewer, found, only=TO_WHOM)
    return [playable for playable in found if playable.asset_id in visible]


def _assets_called(session: Session, external_ids: Collection[str], reach: Reach) -> Sequence[str]:
    asked = {**reach.values, "external_ids": sorted(external_ids)}
    return session.execute(_called_within(reach.shape), asked).scalars().all()


@cache
def _called_within(shape: Reach) -> Select[str]:
    return _ASSETS_CALLED.where(Asset.organization_id.in_(shape.select()), shape.owned(Asset.owner_id))


def _any_of(name: str) -> CollectionAggregate[bool]:
    return any_(bindparam(name, type_=ARRAY(Text)))


# Written once: making them takes as long as asking.
_PLAYBACK = (
    select(PlaybackId, Asset, Version)
    .join(Asset, Asset.id == PlaybackId.asset_id)
    .join(Version, Version.id == Asset.current_version_id)
    .where(PlaybackId.id == bindparam("playback_id"), Asset.deleted_at.is_(None))
)
_VERSION = select(Version).where(
    Version.id == bindparam("version_id"), Version.asset_id == bindparam("asset_id")
)
_ASSETS_CALLED = select(Asset.id).where(
    Asset.external_id == _any_of("external_ids"),
    # As the index says: with an array the server does not see it by itself.
    Asset.external_id.is_not(None),
    Asset.deleted_at.is_(None),
)
_FACTS = type_coerce(Version.facts, JSONB)
# What another release wrote is as if it were not there.
_IS_KNOWN = _FACTS["format"].as_string() == str(FORMAT)
_PLAYABLES = (
    select(
        PlaybackId.id.label("playback_id"),
        PlaybackId.policy,
        *shown_assets.COLUMNS,
        Asset.external_id,
        Asset.title,
        func.coalesce(_IS_KNOWN, false()).label("is_inspected"),
        # Of a page of 100 the facts as a whole take as long to read as all else.
        case((_IS_KNOWN, _FACTS["duration"].as_float())).label("duration"),
        *(
            case((_IS_KNOWN, _FACTS[name].as_integer())).label(name)
            for name in ("source_width", "source_height")
        ),
        Version.origin_link_id,
        Version.origin_playback_id,
    )
    .join(Asset, Asset.id == PlaybackId.asset_id)
    .join(Version, Version.id == Asset.current_version_id)
    .where(
        (PlaybackId.id == _any_of("playback_ids")) | (PlaybackId.asset_id == _any_of("asset_ids")),
        Asset.deleted_at.is_(None),
    )
    .order_by(PlaybackId.created_at, PlaybackId.id)
)


def preferred_playback_ids(session: Session, asset_ids: Sequence[str]) -> dict[str, PlaybackId]:
    """What each asset is shown by to strangers: its oldest public playback ID, else its oldest; by asset."""
    rows = session.execute(
        select(PlaybackId)
        .where(PlaybackId.asset_id.in_(asset_ids))
        .order_by(PlaybackId.policy != "public", PlaybackId.created_at, PlaybackId.id)
    ).scalars()
    found: dict[str, PlaybackId] = {}
    for row in rows:
        found.setdefault(row.asset_id, row)
    return found


def played_there(session: Session, playback_ids: Collection[str]) -> set[tuple[str | None, str]]:
    """Links by which some of these play from another platform, with what plays them there."""
    query = (
        select(Version.origin_link_id, Version.origin_playback_id)
        .join(Asset, Asset.current_version_id == Version.id)
        .join(PlaybackId, PlaybackId.asset_id == Asset.id)
        .where(PlaybackId.id.in_(playback_ids), Version.origin_playback_id.is_not(None))
    )
    return {(row[0], str(row[1])) for row in session.execute(query)}


def find_version(session: Session, asset_id: str, version_id: str) -> Version | None:
    """A version of the asset, current or not; None if it is another asset's."""
    named = {"version_id": version_id, "asset_id": asset_id}
    return session.execute(_VERSION, named).scalar_one_or_none()


def rendition_heights(session: Session, version_id: str) -> dict[str, int]:
    """Heights of a version's renditions in pixels, by name; 0 for sound."""
    rows = session.execute(
        select(Rendition.name, func.coalesce(Rendition.height, 0)).where(Rendition.version_id == version_id)
    )
    return {row[0]: row[1] for row in rows}


def first_rendition(session: Session, version_id: str) -> str | None:
    """Name of the rendition that players can begin with: the lowest picture, or the sound alone."""
    return session.execute(
        select(Rendition.name)
        .where(Rendition.version_id == version_id)
        .order_by(Rendition.kind.desc(), Rendition.position, Rendition.name)
        .limit(1)
    ).scalar_one_or_none()


def unfinished_thumbnails(session: Session, version_id: str) -> int:
    """How many thumbnails of a version are asked for and not made yet."""
    return session.execute(
        select(func.count())
        .select_from(Step)
        .where(
            Step.version_id == version_id,
            Step.kind == "thumbnail",
            Step.state.in_(UNFINISHED),
        )
    ).scalar_one()


def recent_thumbnails(session: Session, version_id: str, within: timedelta) -> int:
    """How many thumbnails of a version were asked for ``within`` the time before now."""
    return session.execute(
        select(func.count())
        .select_from(Step)
        .where(
            Step.version_id == version_id,
            Step.kind == "thumbnail",
            Step.queued_at > func.now() - within,
        )
    ).scalar_one()


def is_coming(session: Session, version_id: str, name: str) -> bool:
    """Whether a step of this name is still to be done."""
    return step_state(session, version_id, name) in UNFINISHED


def step_state(session: Session, version_id: str, name: str) -> StepState | None:
    """State of the step with this name; None if there is none."""
    return session.execute(
        select(Step.state).where(Step.version_id == version_id, Step.name == name)
    ).scalar_one_or_none()


def verifying_keys(session: Session) -> Sequence[SigningKey]:
    """Keys whose signatures count: all that are not revoked, but for those of closed organizations."""
    return (
        session.execute(
            select(SigningKey)
            .outerjoin(Organization, Organization.id == SigningKey.organization_id)
            .where(SigningKey.revoked_at.is_(None), Organization.closed_at.is_(None))
        )
        .scalars()
        .all()
    )


def own_keys(session: Session) -> Sequence[SigningKey]:
    """The service's own keys, former ones too, oldest first."""
    query = select(SigningKey).where(SigningKey.organization_id.is_(None)).order_by(SigningKey.id)
    return session.execute(query).scalars().all()


def signing_key(session: Session) -> SigningKey | None:
    """The service's own key that signs now: the newest that is neither retired nor revoked."""
    return session.execute(
        select(SigningKey)
        .where(
            SigningKey.organization_id.is_(None),
            SigningKey.private_key.is_not(None),
            SigningKey.revoked_at.is_(None),
            SigningKey.retired_at.is_(None),
        )
        .order_by(SigningKey.created_at.desc(), SigningKey.id.desc())
        .limit(1)
    ).scalar_one_or_none()


def ensure_signing_key(session: Session, make: Callable[[], SigningKey]) -> SigningKey:
    """The key that signs now, made by ``make`` if there is none. Processes that ask at once get the same one."""
    found = signing_key(session)
    if found is not None:
        return found
    _lock_signing(session)
    return signing_key(session) or _add(session, make())


def replace_signing_key(session: Session, key: SigningKey) -> SigningKey:
    """Let ``key`` sign from now on and retire the service's keys before it; those still verify."""
    _lock_signing(session)
    session.execute(
        update(SigningKey)
        .where(SigningKey.organization_id.is_(None), SigningKey.retired_at.is_(None))
        .values(retired_at=func.now())
    )
    return _add(session, key)


def list_signing_keys(session: Session, reach: Reach, limit: int, after: str | None) -> Sequence[SigningKey]:
    """Keys of organizations, oldest first, revoked ones too; ``after`` is the last ID of the page before."""
    query = select(SigningKey).where(
        SigningKey.organization_id.in_(reach.select()), SigningKey.id > (after or "")
    )
    return session.execute(query.order_by(SigningKey.id).limit(limit)).scalars().all()


def add_signing_key(session: Session, key: SigningKey, most: int) -> bool:
    """Register an organization's key; False if it has ``most`` in force. Raises ``IntegrityError`` if it had this
    very key before.
    """
    _lock_signing(session)
    in_force = session.execute(
        select(func.count())
        .select_from(SigningKey)
        .where(SigningKey.organization_id == key.organization_id, SigningKey.revoked_at.is_(None))
    ).scalar_one()
    if in_force >= most:
        return False
    _add(session, key)
    return True


def revoke_signing_key(session: Session, key_id: str, reach: Reach) -> str | None:
    """Refuse all tokens of a key of ``reach``. Returns whose it was; None if there is no such key in force."""
    return session.execute(
        update(SigningKey)
        .where(
            SigningKey.id == key_id,
            SigningKey.revoked_at.is_(None),
            SigningKey.organization_id.in_(reach.select()),
        )
        .values(revoked_at=func.now())
        .returning(SigningKey.organization_id)
    ).scalar_one_or_none()


def _lock_signing(session: Session) -> None:
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _SIGNING_LOCK})


def _add(session: Session, key: SigningKey) -> SigningKey:
    session.add(key)
    session.flush()
    return key
