"""Lists of assets: filtered, ordered, counted, a page at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal, Protocol

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    Text,
    any_,
    bindparam,
    cast,
    false,
    func,
    literal,
    literal_column,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import Session

from configs.words import (
    AssetKind,
    FailureCode,
    Level,
    LicenceCode,
    Origins,
    Policy,
    ReviewState,
    VersionState,
    Visibility,
)
from storage.catalogue import narrowed, pages
from storage.catalogue.facts import VersionFacts
from storage.catalogue.models import FACETS, Asset, Person, PlaybackId, Version
from storage.catalogue.narrowed import Narrowing
from storage.catalogue.pages import Listed, Order
from storage.catalogue.reach import Reach
from storage.catalogue.trash import IN_TRASH
from storage.catalogue.visibility import Viewer, visible
from storage.ids import first_id_of

AssetOrder = Literal["-created_at", "created_at", "title", "-title"]
"""By what assets may be ordered; a minus is from the last to the first."""

ORDERS: Final[dict[AssetOrder, Order]] = {
    # IDs are made in the order of time, and are there before rows have their dates.
    "-created_at": Order((Asset.id,), descending=True),
    "created_at": Order((Asset.id,)),
    "title": Order((Asset.title, Asset.id)),
    "-title": Order((Asset.title, Asset.id), descending=True),
}

_CLOCKS: Final = timedelta(days=1)
"""How much the clocks of those who make IDs and of those who date rows may differ."""


@dataclass(frozen=True)
class AssetFilter:
    """What a list holds; what is None or empty leaves nothing out. ``since`` is the first moment of making,
    ``before`` the first one that is too late. ``trashed`` are those in the trash, instead of all others. ``search`` is
    a ``tsquery`` (``storage.search_words``); ``languages`` are found with their regions, ``und`` are those without one;
    of several ``tags`` an asset has to have all, of other lists one; ``category_ids`` are found
    without those below; ``seen_by`` looks at what is within reach, and may not see all of it."""

    states: Sequence[VersionState] = ()
    kinds: Sequence[AssetKind] = ()
    since: datetime | None = None
    before: datetime | None = None
    external_id: str | None = None
    trashed: bool = False
    owner_id: str | None = None
    search: str | None = None
    languages: Sequence[str] = ()
    subjects: Sequence[str] = ()
    tags: Sequence[str] = ()
    has_captions: bool | None = None
    category_ids: Sequence[str] = ()
    levels: Sequence[Level] = ()
    licences: Sequence[LicenceCode] = ()
    visibilities: Sequence[Visibility] = ()
    reviews: Sequence[ReviewState] = ()
    seen_by: Viewer | None = None


class PublicName(Protocol):
    """A playback ID, as far as lists tell of it."""

    @property
    def id(self) -> str:
        """What the public sees."""

    @property
    def policy(self) -> Policy:
        """Whether it wants a token."""

    @property
    def origins(self) -> Origins:
        """Whose pages may show it."""


@dataclass(frozen=True, slots=True)
class ListedAsset:
    """What lists tell of an asset and its current version. ``shown_state`` is what viewers meet; ``updated_at`` when
    something changed that people notice."""

    id: str
    version_id: str
    organization_id: str
    title: str
    external_id: str | None
    language: str | None
    subject: str | None
    tags: list[str]
    has_captions: bool
    category_ids: list[str]
    level: Level | None
    licence: Mapping[str, Any] | None
    published_at: datetime | None
    withdraw_at: datetime | None
    effective_visibility: Visibility
    review_state: ReviewState
    created_at: datetime
    updated_at: datetime
    kind: AssetKind | None
    state: VersionState
    shown_state: VersionState
    failure_code: FailureCode | None
    failure_detail: str | None
    failure_words: Mapping[str, Any] | None
    facts: VersionFacts | None
    background: int
    file_name: str
    source_size: int | None
    source_sha256: str | None
    source_dropped_at: datetime | None
    trashed_at: datetime | None
    purge_at: datetime | None
    owner_id: str | None
    owner_name: str | None
    playback_ids: Sequence[PublicName] = ()


_FACETS: Final = literal_column(FACETS.replace("(", "(assets.", 1).replace(", ", ", assets."), ARRAY(Text))
"""As the index has it, to the letter."""


def _select_assets() -> Select[Any]:
    """The fields of ``ListedAsset`` but the last."""
    columns: tuple[Any, ...] = (
        Asset.id,
        Version.id.label("version_id"),
        Asset.organization_id,
        Asset.title,
        Asset.external_id,
        Asset.language,
        Asset.subject,
        Asset.tags,
        Asset.has_captions,
        Asset.category_ids,
        Asset.level,
        Asset.licence,
        Asset.published_at,
        Asset.withdraw_at,
        Asset.effective_visibility,
        Asset.review_state,
        Asset.created_at,
        func.greatest(Asset.updated_at, Version.changed_at).label("updated_at"),
        Version.kind,
        Version.state,
        Version.shown_state.label("shown_state"),
        Version.failure_code,
        Version.failure_detail,
        Version.failure_words,
        Version.facts,
        Version.background,
        Version.file_name,
        Version.source_size,
        Version.source_sha256,
        Version.source_dropped_at,
        Asset.deleted_at.label("trashed_at"),
        Asset.purge_at,
        Asset.owner_id,
        Person.name.label("owner_name"),
    )
    return (
        select(*columns)
        .join(Version, Version.id == Asset.current_version_id)
        .outerjoin(Person, Person.id == Asset.owner_id)
        .where(Asset.id == _ASKED)
    )


_ASKED: Final = any_(bindparam("ids", type_=ARRAY(Text)))
# Written once, and of columns: making statements and entities takes longer than asking for a page of them.
_ASSETS: Final = _select_assets()
_PLAYBACK_IDS: Final = (
    select(PlaybackId.asset_id, PlaybackId.id, PlaybackId.policy, PlaybackId.origins)
    .where(PlaybackId.asset_id == _ASKED)
    .order_by(PlaybackId.created_at)
)


def list_assets(
    session: Session,
    reach: Reach,
    wanted: AssetFilter,
    *,
    order: AssetOrder,
    limit: int,
    cursor: Sequence[str] | None,
) -> list[ListedAsset]:
    """The assets of a page; ``cursor`` is ``cursor_of`` of the last one of the page before."""
    rows, narrowing = _listed(wanted, order), _narrowing(wanted)
    if narrowing.indexed and not wanted.trashed:
        ids = narrowed.page(session, reach, rows, narrowing, order=ORDERS[order], limit=limit, cursor=cursor)
    else:
        ids = pages.page(session, reach, rows, order=ORDERS[order], limit=limit, cursor=cursor)
    return listed(session, ids)


def listed(session: Session, ids: Sequence[str]) -> list[ListedAsset]:
    """These assets, as far as they are there, in this order."""
    names: dict[str, list[PublicName]] = {asset_id: [] for asset_id in ids}
    for row in session.execute(_PLAYBACK_IDS, {"ids": ids}):
        names[row.asset_id].append(row)
    rows = session.execute(_ASSETS, {"ids": ids})
    found = {row.id: ListedAsset(**row._mapping, playback_ids=names[row.id]) for row in rows}
    return [found[asset_id] for asset_id in ids if asset_id in found]


def as_listed(asset: Asset, version: Version) -> ListedAsset:
    """What lists tell of this one."""
    return ListedAsset(
        id=asset.id,
        version_id=version.id,
        organization_id=asset.organization_id,
        title=asset.title,
        external_id=asset.external_id,
        language=asset.language,
        subject=asset.subject,
        tags=asset.tags,
        has_captions=asset.has_captions,
        category_ids=asset.category_ids,
        level=asset.level,
        licence=asset.licence,
        published_at=asset.published_at,
        withdraw_at=asset.withdraw_at,
        effective_visibility=asset.effective_visibility,
        review_state=asset.review_state,
        created_at=asset.created_at,
        updated_at=max(asset.updated_at, version.changed_at),
        kind=version.kind,
        state=version.state,
        shown_state=version.shown_state,
        failure_code=version.failure_code,
        failure_detail=version.failure_detail,
        failure_words=version.failure_words,
        facts=version.facts,
        background=version.background,
        file_name=version.file_name,
        source_size=version.source_size,
        source_sha256=version.source_sha256,
        source_dropped_at=version.source_dropped_at,
        trashed_at=asset.deleted_at,
        purge_at=asset.purge_at,
        owner_id=asset.owner_id,
        owner_name=asset.owner.name if asset.owner else None,
        playback_ids=asset.playback_ids,
    )


def count_assets(session: Session, reach: Reach, wanted: AssetFilter) -> int:
    """How many there are; ``most_counted`` + 1 if there are more than that."""
    if most_counted(wanted) == narrowed.MOST_COUNTED:
        return narrowed.count(
            session, reach, _listed(wanted), _narrowing(wanted), order=ORDERS["-created_at"]
        )
    return pages.count(session, reach, _listed(wanted))


def most_counted(wanted: AssetFilter) -> int:
    """Where counting ends."""
    return narrowed.MOST_COUNTED if _narrowing(wanted).indexed and not wanted.trashed else pages.MOST_COUNTED


def conditions(wanted: AssetFilter) -> tuple[Listed, Narrowing]:
    """What is asked of rows, for those who look for assets in another way."""
    return _listed(wanted), _narrowing(wanted)


def cursor_of(asset: Asset | ListedAsset, order: AssetOrder) -> list[str]:
    """Where the next page goes on after ``asset``."""
    return [getattr(asset, column.key) for column in ORDERS[order].columns]


def _listed(wanted: AssetFilter, order: AssetOrder | None = None) -> Listed:
    where: list[ColumnElement[bool]] = []
    if wanted.seen_by is not None:
        where.append(visible(wanted.seen_by, Asset, within=True))
    if wanted.external_id is not None:
        where.append(Asset.external_id == wanted.external_id)
    if wanted.owner_id is not None:
        where.append(Asset.owner_id == wanted.owner_id)
    if wanted.since is not None:
        where += [Asset.created_at >= wanted.since, Asset.id >= first_id_of(wanted.since, -_CLOCKS)]
    if wanted.before is not None:
        where += [Asset.created_at < wanted.before, Asset.id < first_id_of(wanted.before, _CLOCKS)]
    branch, branches = (Asset.state, wanted.states) if wanted.states else (Asset.kind, wanted.kinds)
    if wanted.states and wanted.kinds:
        where.append(Asset.kind.in_(wanted.kinds))
    if wanted.trashed:
        # Few, so that no index has them in every order.
        where += [IN_TRASH, *_narrowing(wanted).plain, *([branch.in_(branches)] if branches else [])]
        return Listed(
            Asset.organization_id, where, person=Asset.owner_id, indexed=(Asset.deleted_at.is_not(None),)
        )
    return Listed(
        Asset.organization_id,
        where,
        branch=branch if branches else None,
        branches=branches,
        person=Asset.owner_id,
        indexed=(Asset.deleted_at.is_(None), Asset.current_version_id.is_not(None)),
        # No index has titles after states; and what an external ID or an owner leaves are few, found by organization.
        of_everybody=wanted.external_id is None
        and wanted.owner_id is None
        and not (branches and order in ("title", "-title")),
    )


def _narrowing(wanted: AssetFilter) -> Narrowing:
    indexed: list[ColumnElement[bool]] = []
    plain: list[ColumnElement[bool]] = []
    if wanted.search is not None:
        found = Asset.search_words.bool_op("@@")(cast(literal(wanted.search), TSQUERY))
        indexed.append(found)
        plain.append(func.coalesce(found, false()))
    if wanted.languages:
        indexed.append(_facets("&&", [f"language {language}" for language in wanted.languages]))
        spoken = func.coalesce(Asset.language, "und")
        plain.append(or_(spoken.in_(wanted.languages), func.split_part(spoken, "-", 1).in_(wanted.languages)))
    if wanted.subjects:
        indexed.append(_facets("&&", [f"subject {subject}" for subject in wanted.subjects]))
        plain.append(Asset.subject.in_(wanted.subjects))
    if wanted.tags:
        indexed.append(_facets("@>", [f"tag {tag}" for tag in wanted.tags]))
        plain.append(Asset.tags.bool_op("@>")(cast(list(wanted.tags), ARRAY(Text))))
    if wanted.has_captions is not None:
        indexed.append(_facets("@>", [f"captions {str(wanted.has_captions).lower()}"]))
        plain.append(Asset.has_captions.is_(wanted.has_captions))
    if wanted.category_ids:
        indexed.append(_facets("&&", [f"category {category_id}" for category_id in wanted.category_ids]))
        plain.append(Asset.category_ids.bool_op("&&")(cast(list(wanted.category_ids), ARRAY(Text))))
    for facet, column, values in (
        ("level", Asset.level, wanted.levels),
        ("licence", Asset.licence["code"].astext, wanted.licences),
        ("visibility", Asset.effective_visibility, wanted.visibilities),
        ("review", Asset.review_state, wanted.reviews),
    ):
        if values:
            indexed.append(_facets("&&", [f"{facet} {value}" for value in values]))
            plain.append(column.in_(values))
    return Narrowing(indexed, plain)


def _facets(operator: str, words: Sequence[str]) -> ColumnElement[bool]:
    return _FACETS.bool_op(operator)(cast(list(words), ARRAY(Text)))
