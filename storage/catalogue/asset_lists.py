"""Lists of assets: filtered, ordered, counted, a page at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final, Literal, NamedTuple, Protocol

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
from storage.catalogue.visibility import Viewer, visible_within
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

_BY_TITLE: Final = ("title", "-title")

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


class Asked(NamedTuple):
    """Rows that are asked for, and the ``values`` that fill in what their conditions leave open."""

    listed: Listed
    narrowing: Narrowing
    values: Mapping[str, Any]


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
    rows, narrowing, values = asked(wanted, order)
    by = ORDERS[order]
    if narrowing.indexed and not wanted.trashed:
        ids = narrowed.page(
            session, reach, rows, narrowing, order=by, limit=limit, cursor=cursor, values=values
        )
    else:
        ids = pages.page(session, reach, rows, order=by, limit=limit, cursor=cursor, values=values)
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
    rows, narrowing, values = asked(wanted)
    if most_counted(wanted) == narrowed.MOST_COUNTED:
        return narrowed.count(session, reach, rows, narrowing, order=ORDERS["-created_at"], values=values)
    return pages.count(session, reach, rows, values)


def most_counted(wanted: AssetFilter) -> int:
    """Where counting ends."""
    is_narrowed = bool(asked(wanted).narrowing.indexed) and not wanted.trashed
    return narrowed.MOST_COUNTED if is_narrowed else pages.MOST_COUNTED


def cursor_of(asset: Asset | ListedAsset, order: AssetOrder) -> list[str]:
    """Where the next page goes on after ``asset``."""
    return [getattr(asset, column.key) for column in ORDERS[order].columns]


def asked(wanted: AssetFilter, order: AssetOrder | None = None) -> Asked:
    """What is asked of rows: made once for all filters that ask for the same of other values."""
    given = {each.name: getattr(wanted, each.name) for each in fields(wanted)}
    names = frozenset(name for name, value in given.items() if value not in (None, (), []))
    listed, narrowing = _conditions(names - {"seen_by"}, wanted.seen_by, wanted.trashed, order in _BY_TITLE)
    values = {name: given[name] for name in names - {"seen_by", "trashed"}}
    values |= {
        _words(name): [f"{facet.word} {word}" for word in facet.texts(given[name])]
        for name, facet in _FACETED.items()
        if name in names
    }
    if wanted.since is not None:
        values["since_id"] = first_id_of(wanted.since, -_CLOCKS)
    if wanted.before is not None:
        values["before_id"] = first_id_of(wanted.before, _CLOCKS)
    return Asked(listed, narrowing, values)


# Kept, for making them takes as long as asking.
@lru_cache(maxsize=128)
def _conditions(
    names: frozenset[str], seen_by: Viewer | None, trashed: bool, by_title: bool
) -> tuple[Listed, Narrowing]:
    """Of the filters that have something to ask for, which is told with the statement by their names."""
    narrowing = _narrowing(names)
    where: list[ColumnElement[bool]] = []
    if seen_by is not None:
        where.append(visible_within(seen_by, Asset))
    if "external_id" in names:
        where.append(Asset.external_id == bindparam("external_id"))
    if "owner_id" in names:
        where.append(Asset.owner_id == bindparam("owner_id"))
    if "since" in names:
        where += [Asset.created_at >= bindparam("since"), Asset.id >= bindparam("since_id")]
    if "before" in names:
        where += [Asset.created_at < bindparam("before"), Asset.id < bindparam("before_id")]
    branch = Asset.state if "states" in names else Asset.kind if "kinds" in names else None
    branches = _array("states" if "states" in names else "kinds")
    if {"states", "kinds"} <= names:
        where.append(Asset.kind == any_(_array("kinds")))
    if trashed:
        # Few, so that no index has them in every order.
        where += [IN_TRASH, *narrowing.plain]
        if branch is not None:
            where.append(branch == any_(branches))
        return Listed(
            Asset.organization_id, where, person=Asset.owner_id, indexed=(Asset.deleted_at.is_not(None),)
        ), narrowing
    return Listed(
        Asset.organization_id,
        where,
        branch=branch,
        branches=branches,
        person=Asset.owner_id,
        indexed=(Asset.deleted_at.is_(None), Asset.current_version_id.is_not(None)),
        # No index has titles after states; and what an external ID or an owner leaves are few, found by organization.
        of_everybody=not names & {"external_id", "owner_id"} and not (branch is not None and by_title),
    ), narrowing


def _narrowing(names: frozenset[str]) -> Narrowing:
    indexed: list[ColumnElement[bool]] = []
    plain: list[ColumnElement[bool]] = []
    if "search" in names:
        found = Asset.search_words.bool_op("@@")(cast(bindparam("search"), TSQUERY))
        indexed.append(found)
        plain.append(func.coalesce(found, false()))
    for name, facet in _FACETED.items():
        if name in names:
            indexed.append(_FACETS.bool_op(facet.operator)(_array(_words(name))))
            plain.append(facet.plain(name))
    return Narrowing(indexed, plain)


def _array(name: str) -> Any:
    return bindparam(name, type_=ARRAY(Text))


def _words(name: str) -> str:
    """What the values of a filter are called as the index has them."""
    return f"{name}_indexed"


@dataclass(frozen=True)
class _Facet:
    """What a filter looks for: in the index words that begin with ``word``, all (``@>``) or one of them (``&&``), and
    the same without the index."""

    word: str
    operator: Literal["&&", "@>"]
    plain: Callable[[str], ColumnElement[bool]]
    texts: Callable[[Any], Iterable[str]] = iter


def _one_of(column: Any) -> Callable[[str], ColumnElement[bool]]:
    return lambda name: column == any_(_array(name))


def _spoken(name: str) -> ColumnElement[bool]:
    language = func.coalesce(Asset.language, "und")
    return or_(language == any_(_array(name)), func.split_part(language, "-", 1) == any_(_array(name)))


_FACETED: Final[Mapping[str, _Facet]] = {
    "languages": _Facet("language", "&&", _spoken),
    "subjects": _Facet("subject", "&&", _one_of(Asset.subject)),
    "tags": _Facet("tag", "@>", lambda name: Asset.tags.bool_op("@>")(_array(name))),
    "has_captions": _Facet(
        "captions",
        "@>",
        lambda name: Asset.has_captions == bindparam(name),
        lambda has_captions: (str(has_captions).lower(),),
    ),
    "category_ids": _Facet("category", "&&", lambda name: Asset.category_ids.bool_op("&&")(_array(name))),
    "levels": _Facet("level", "&&", _one_of(Asset.level)),
    "licences": _Facet("licence", "&&", _one_of(Asset.licence["code"].astext)),
    "visibilities": _Facet("visibility", "&&", _one_of(Asset.effective_visibility)),
    "reviews": _Facet("review", "&&", _one_of(Asset.review_state)),
}
