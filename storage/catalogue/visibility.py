"""Who may find and play an asset or a course: one table, from which the condition for lists, the decision for single
rows, and the words of the log of changes are made.

Viewers see what is published: through its review, not before ``published_at``, not from ``withdraw_at`` on. Whoever
owns or manages something sees it anyway.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final, Literal, Protocol

from sqlalchemy import ARRAY, ColumnElement, Text, and_, cast, exists, false, func, or_, select, true
from sqlalchemy.orm import Session, aliased

from configs.words import LicenceCode, OfferState, Visibility
from storage.catalogue.models import (
    Asset,
    CollectionItem,
    FollowedCourse,
    FollowedLesson,
    Offer,
    PartnerCollection,
    PlatformShare,
)
from storage.catalogue.models import Collection as Course
from storage.catalogue.publication import Publishable, is_published, published
from storage.catalogue.reach import Reach, above

Relation = Literal[
    "owner",
    "manager",
    "within",
    "below",
    "named",
    "partner_named",
    "partner_given",
    "platform_named",
    "platform_set",
    "platform_offered",
    "anybody",
]
"""What somebody is to a thing: its owner; one who manages its organization; of its organization or of one above;
of one below; of one that it is shared with, or below that; a partner that it is shared with; a partner that was given
it, or a collection with it and of its organization or of one above; a linked platform for which it is named, itself or
a collection with it, or that has accepted an offer of it; or with which a set is shared that it belongs to, unless
somebody has said of it who may see it (but copies for all below, too); one to which it is offered; or whoever comes."""

_KEEPERS: Final[frozenset[Relation]] = frozenset({"owner", "manager"})
"""Who sees what is not published, too."""

BY_PARTNER: Final[frozenset[Relation]] = frozenset({"partner_named", "partner_given"})
"""What makes a thing one that a partner may show on its pages."""
BY_PLATFORM: Final[frozenset[Relation]] = frozenset({"platform_named", "platform_set"})
"""What makes a thing one that is shared with a linked platform: that everybody may see it does not."""

ON_OFFER: Final[frozenset[Relation]] = BY_PLATFORM | {"platform_offered"}
"""The same, and what lets a linked platform look at a thing before it decides: of that it is told by offers alone."""

_HERE: Final[frozenset[Relation]] = _KEEPERS | ON_OFFER | {"within", "partner_given"}
SEEN_BY: Final[Mapping[Visibility, frozenset[Relation]]] = {
    "private": _KEEPERS,
    "organization": _HERE,
    "subtree": _HERE | {"below"},
    "shared": _HERE | {"named", "partner_named"},
    "public": _HERE | {"below", "named", "partner_named", "anybody"},
}

TO_WHOM: Final[frozenset[Relation]] = SEEN_BY["public"] - {"anybody"}
"""What makes somebody more than whoever comes."""


@dataclass(frozen=True)
class SharedSet:
    """Lessons and courses of which all that is said is true: of ``organization_id`` or below it, in one of
    ``category_ids``, with this ``licence``; None where it may be any."""

    organization_id: str | None = None
    category_ids: frozenset[str] | None = None
    licence: LicenceCode | None = None


@dataclass(frozen=True)
class Platform:
    """A linked platform: what is shared with it by the link ``link_id`` of ``organization_id``, and of none that is not
    below that organization, beside what the link names one by one."""

    link_id: str
    organization_id: str
    sets: tuple[SharedSet, ...] = ()


@dataclass(frozen=True)
class Viewer:
    """Somebody who looks: of ``organization_id``, as ``person_id``, for the partner ``partner_id`` or for another
    ``platform``, each None of who is none. ``manages``: administers the organization and all below it."""

    organization_id: str | None = None
    person_id: str | None = None
    partner_id: str | None = None
    manages: bool = False
    platform: Platform | None = None


ANYBODY: Final = Viewer()


class Shown(Publishable, Protocol):
    """A row with what decides on who sees it."""

    @property
    def id(self) -> Any:
        """Its ID."""

    @property
    def organization_id(self) -> Any:
        """Whose it is."""

    @property
    def owner_id(self) -> Any:
        """Who brought or made it."""

    @property
    def effective_visibility(self) -> Any:
        """Who may see it."""

    @property
    def shared_organization_ids(self) -> Any:
        """With whom it is shared."""

    @property
    def shared_partner_ids(self) -> Any:
        """With which partners it is shared."""


def shared_with(row: Shown) -> frozenset[str]:
    """Organizations with which it is shared, with all below them; none of what is everybody's."""
    allowed = SEEN_BY[row.effective_visibility]
    if "anybody" in allowed:
        return frozenset()
    named = row.shared_organization_ids if "named" in allowed else ()
    return frozenset([*named, *([row.organization_id] if "below" in allowed else ())])


def visible(
    viewer: Viewer, of: Any, *, within: bool = False, only: frozenset[Relation] | None = None
) -> ColumnElement[bool]:
    """Which rows of the model ``of`` (``Asset``, ``Collection``) somebody may find. ``within``: all that are asked for
    are of the viewer's organization or of those below, as is known without asking. ``only``: for which reasons."""
    allowed: list[ColumnElement[bool]] = []
    for relation, condition in _conditions(viewer, of, within=within).items():
        if only is not None and relation not in only:
            continue
        words = [word for word, relations in SEEN_BY.items() if relation in relations]
        seen = true() if len(words) == len(SEEN_BY) else of.effective_visibility.in_(words)
        allowed.append(and_(condition, seen, true() if relation in _KEEPERS else published(of)))
    return or_(false(), *allowed)


# Made once for each: lists are asked for again and again, and are known by their conditions.
@lru_cache(maxsize=128)
def visible_within(viewer: Viewer, of: Any) -> ColumnElement[bool]:
    """``visible`` among rows that are all of the viewer's organization or of those below."""
    return visible(viewer, of, within=True)


def seen(
    session: Session, viewer: Viewer, rows: Sequence[Shown], *, only: frozenset[Relation] | None = None
) -> set[str]:
    """The IDs of those rows that somebody may find: assets, or courses, which partners are given directly. ``only``:
    for which reasons."""
    relations = _relations(session, viewer, rows)
    now = datetime.now(UTC)
    wanted = {visibility: allowed & (only or SEEN_BY["public"]) for visibility, allowed in SEEN_BY.items()}
    return {
        row.id
        for row in rows
        if (held := relations(row) & wanted[row.effective_visibility])
        and (held & _KEEPERS or is_published(row, now))
    }


def keeps(session: Session, viewer: Viewer, row: Shown) -> bool:
    """Whether somebody sees it though it is not published: its owner, or who manages it."""
    return bool(_relations(session, viewer, [row])(row) & _KEEPERS)


EVERYBODY: Final = "anybody"
"""The word of ``audience_of`` that everybody has."""


def audience_of(
    row: Shown, way_up: Iterable[str], given: Iterable[str], now: datetime | None = None
) -> frozenset[str]:
    """Who sees a row though they do not keep it, in words of which ``words_of`` has one for each of these; none of what
    is not published ``now``. ``way_up`` are its organization and those above, ``given`` partners that were given it,
    or a collection with it. So what somebody saw at some time can be told later, when the row is not there any more."""
    if not is_published(row, now):
        return frozenset()
    allowed = SEEN_BY[row.effective_visibility]
    if "anybody" in allowed:
        # The others say no more.
        return frozenset({EVERYBODY})
    found: Mapping[Relation, Iterable[str]] = {
        "within": (f"within:{each}" for each in way_up),
        "below": (f"below:{row.organization_id}",),
        "named": (f"named:{each}" for each in row.shared_organization_ids),
        "partner_named": (f"partner:{each}" for each in row.shared_partner_ids),
        "partner_given": (f"partner:{each}" for each in given),
    }
    return frozenset(word for relation, words in found.items() if relation in allowed for word in words)


def platform_word(link_id: str) -> str:
    """The word of a linked platform, which is told of nothing but what is shared with it."""
    return f"platform:{link_id}"


def words_of(session: Session, viewer: Viewer) -> frozenset[str]:
    """What somebody is, in the words of ``audience_of`` and ``platform_word``."""
    if viewer.platform is not None:
        return frozenset({platform_word(viewer.platform.link_id)})
    words = {EVERYBODY}
    if viewer.organization_id is not None:
        words.add(f"within:{viewer.organization_id}")
        for each in session.execute(above(viewer.organization_id)).scalars():
            words |= {f"below:{each}", f"named:{each}"}
    if viewer.partner_id is not None:
        words.add(f"partner:{viewer.partner_id}")
    return frozenset(words)


def _conditions(viewer: Viewer, of: Any, *, within: bool) -> Mapping[Relation, ColumnElement[bool]]:
    """What a viewer can be to a row, and when it is that."""
    found: dict[Relation, ColumnElement[bool]] = {"anybody": true()}
    if viewer.person_id is not None:
        found["owner"] = of.owner_id == viewer.person_id
    if viewer.organization_id is not None:
        own = true() if within else of.organization_id.in_(Reach(viewer.organization_id).select())
        found["within"] = own
        if viewer.manages:
            found["manager"] = own
        if not within:
            mine = above(viewer.organization_id)
            found["below"] = of.organization_id.in_(mine)
            named = of.shared_organization_ids.bool_op("&&")
            found["named"] = named(func.array(mine.scalar_subquery()))
    if viewer.partner_id is not None:
        found["partner_named"] = of.shared_partner_ids.bool_op("@>")(cast([viewer.partner_id], ARRAY(Text)))
        found["partner_given"] = _given(viewer.partner_id, of)
    if viewer.platform is not None:
        ours = of.organization_id.in_(Reach(viewer.platform.organization_id).select())
        found["platform_named"] = and_(ours, _named_for(viewer.platform.link_id, of))
        found["platform_set"] = and_(ours, _in_sets(viewer.platform, of))
        if of is Asset:
            found["platform_offered"] = and_(ours, _offered(viewer.platform.link_id, "offered", "returned"))
    return found


def _named_for(link_id: str, of: Any) -> ColumnElement[bool]:
    share, item = aliased(PlatformShare), aliased(CollectionItem)
    named = exists().where(share.link_id == link_id)
    if of is Course:
        return named.where(share.collection_id == Course.id)
    by_course = named.where(
        share.collection_id == item.collection_id, item.asset_id == Asset.id, item.is_foreign.is_(False)
    )
    return or_(named.where(share.asset_id == Asset.id), by_course, _offered(link_id, "accepted"))


def _offered(link_id: str, *states: OfferState) -> ColumnElement[bool]:
    offer = aliased(Offer)
    return exists().where(
        offer.link_id == link_id,
        offer.direction == "sent",
        offer.asset_id == Asset.id,
        offer.state.in_(states),
    )


def _in_sets(platform: Platform, of: Any) -> ColumnElement[bool]:
    """What somebody has said of a single lesson is stronger than what is said of a set of them. A copy has its
    ``subtree`` from the link by which it came, as all copies have: that is no word against other platforms."""
    sets = [_in_set(each, of, platform.organization_id) for each in platform.sets]
    copy = FollowedCourse.collection_id == Course.id if of is Course else FollowedLesson.asset_id == Asset.id
    is_open = or_(
        of.visibility.is_(None),
        of.effective_visibility == "public",
        and_(of.effective_visibility == "subtree", exists().where(copy)),
    )
    return and_(is_open, or_(false(), *sets))


def _in_set(shared: SharedSet, of: Any, root: str) -> ColumnElement[bool]:
    conditions: list[ColumnElement[bool]] = [true()]
    if shared.organization_id not in (None, root):
        conditions.append(of.organization_id.in_(Reach(shared.organization_id).select()))
    if shared.category_ids is not None:
        conditions.append(of.category_ids.bool_op("&&")(cast(sorted(shared.category_ids), ARRAY(Text))))
    if shared.licence is not None:
        conditions.append(of.licence["code"].astext == shared.licence)
    return and_(*conditions)


def _given(partner_id: str, of: Any) -> ColumnElement[bool]:
    # Names of their own, whatever the statement around it has.
    deal, item = aliased(PartnerCollection), aliased(CollectionItem)
    given = exists().where(deal.partner_id == partner_id)
    if of is Course:
        return given.where(deal.collection_id == Course.id)
    return given.where(
        deal.collection_id == item.collection_id, item.asset_id == Asset.id, item.is_foreign.is_(False)
    )


def _relations(
    session: Session, viewer: Viewer, rows: Sequence[Shown]
) -> Callable[[Shown], frozenset[Relation]]:
    """As ``_conditions``, of rows that are here: what the viewer is to each."""
    within: Collection[str] = ()
    mine: Collection[str] = ()
    if viewer.organization_id is not None:
        within = Reach(viewer.organization_id).among(session, {row.organization_id for row in rows})
        # Who needs nothing else is not asked for.
        if any(row.organization_id not in within for row in rows):
            mine = set(session.execute(above(viewer.organization_id)).scalars())
    ids = [row.id for row in rows]
    given = _given_of(session, viewer.partner_id, ids) if viewer.partner_id else set()
    by_platform = _by_platform(session, viewer, ids) if viewer.platform else {}

    def relations(row: Shown) -> frozenset[Relation]:
        held: dict[Relation, bool] = {
            "anybody": True,
            "owner": viewer.person_id is not None and row.owner_id == viewer.person_id,
            "within": row.organization_id in within,
            "manager": viewer.manages and row.organization_id in within,
            "below": row.organization_id in mine,
            "named": any(each in mine for each in row.shared_organization_ids),
            "partner_named": viewer.partner_id in row.shared_partner_ids,
            "partner_given": row.id in given,
            **{relation: row.id in those for relation, those in by_platform.items()},
        }
        return frozenset(relation for relation, is_held in held.items() if is_held)

    return relations


def _given_of(session: Session, partner_id: str, ids: Sequence[str]) -> set[str]:
    """Assets and courses that a partner was given; their IDs differ."""
    assets = select(CollectionItem.asset_id).join(
        PartnerCollection, PartnerCollection.collection_id == CollectionItem.collection_id
    )
    courses = select(PartnerCollection.collection_id).where(PartnerCollection.collection_id.in_(ids))
    found = assets.where(
        CollectionItem.asset_id.in_(ids),
        CollectionItem.is_foreign.is_(False),
        PartnerCollection.partner_id == partner_id,
    ).union_all(courses.where(PartnerCollection.partner_id == partner_id))
    return set(session.execute(found).scalars())


def shared_by(session: Session, viewer: Viewer, of: Any, ids: Sequence[str]) -> set[str]:
    """Those of some rows of the model ``of`` that a linked platform sees because they are shared with it."""
    query = select(of.id).where(of.id.in_(ids), visible(viewer, of, only=BY_PLATFORM))
    return set(session.execute(query).scalars())


def _by_platform(session: Session, viewer: Viewer, ids: Sequence[str]) -> Mapping[Relation, set[str]]:
    """The same of what is shared with a linked platform, for each reason."""
    found: dict[Relation, set[str]] = {relation: set() for relation in ON_OFFER}
    for of in (Asset, Course):
        conditions = _conditions(Viewer(platform=viewer.platform), of, within=False)
        for relation in ON_OFFER & conditions.keys():
            query = select(of.id).where(of.id.in_(ids), conditions[relation])
            found[relation] |= set(session.execute(query).scalars())
    return found
