"""Search results of a library: lessons with the moments at which the words are said, pages and filters."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, cast, get_args

from sqlalchemy.orm import Session

from configs.words import LEVELS, AssetKind, Level
from media_service.library.addresses import Addresses
from media_service.library.cards import Card, CourseCard, Said, card, course_card
from media_service.library.transcripts import Bit, excerpt, marked
from media_service.problems import ApiError
from storage.catalogue import (
    asset_lists,
    candidates,
    categories,
    facets,
    harvests,
    hits,
    libraries,
    library_courses,
    ranking,
)
from storage.catalogue.asset_lists import AssetFilter, ListedAsset
from storage.catalogue.candidates import Audience, SearchOrder, Wanted
from storage.languages import TAG_PATTERN
from storage.search_matches import matches
from storage.search_words import LONGEST_QUERY, chunks_of

PAGE: Final = 20

_LONGEST_TEXT: Final = 255
_ORDERS: Final = get_args(SearchOrder)
_KINDS: Final = get_args(AssetKind)


@dataclass(frozen=True)
class Asked:
    """What somebody asks for; what makes no sense is as if it were not there, for it stands in an address."""

    words: str = ""
    category: str | None = None
    subject: str | None = None
    tag: str | None = None
    kind: AssetKind | None = None
    language: str | None = None
    level: Level | None = None
    has_captions: bool = False
    order: SearchOrder = "relevance"
    after: str = ""

    @property
    def is_narrowed(self) -> bool:
        """Whether there are filters that may be taken away."""
        return bool(self.subject or self.tag or self.kind or self.language or self.level or self.has_captions)

    def query(self, **changed: str | None) -> dict[str, str | None]:
        """The parameters of an address that asks for this, with changes."""
        return {
            "q": self.words,
            "subject": self.subject,
            "tag": self.tag,
            "kind": self.kind,
            "language": self.language,
            "level": self.level,
            "captions": "1" if self.has_captions else None,
            "sort": self.order if self.order != "relevance" else None,
            **changed,
        }


@dataclass(frozen=True)
class Choice:
    """A value that results may be narrowed to, and how many have it."""

    value: str
    count: int


@dataclass(frozen=True)
class Found:
    """A page of results. ``following`` goes into ``after`` for the next one."""

    cards: Sequence[Card]
    courses: Sequence[CourseCard]
    count: int
    more: bool
    choices: Mapping[str, Sequence[Choice]]
    following: str | None


def asked_for(arguments: Mapping[str, str], category: str | None = None) -> Asked:
    """What an address asks for."""
    kind, level, order = (arguments.get(name, "") for name in ("kind", "level", "sort"))
    language = arguments.get("language", "")
    return Asked(
        words=_text(arguments.get("q", ""))[:LONGEST_QUERY].strip(),
        category=category,
        subject=_text(arguments.get("subject", ""))[:_LONGEST_TEXT] or None,
        tag=_text(arguments.get("tag", ""))[:_LONGEST_TEXT] or None,
        kind=cast("AssetKind", kind) if kind in _KINDS else None,
        language=language if re.fullmatch(TAG_PATTERN, language) else None,
        level=level if level in LEVELS else None,
        has_captions=arguments.get("captions") == "1",
        order=cast("SearchOrder", order) if order in _ORDERS else "relevance",
        after=arguments.get("after", ""),
    )


def find(
    session: Session, organization_id: str, asked: Asked, to: Addresses, *, with_external: bool = True
) -> Found:
    """The lessons, and on the first page the courses, that hold the words; ``with_external``: also references to pages
    of other sites. Raises ``invalid_cursor``."""
    wanted = replace(_wanted(session, asked), with_external=with_external)
    audience = libraries.audience(organization_id)
    found = candidates.candidates(session, audience, wanted, asked.order)
    cursor = asked.after.split(".") if asked.after else None
    try:
        if cursor is not None and len(cursor) != ranking.length_of_cursor(asked.order):
            raise ValueError(asked.after)
        page, following = ranking.page(found, asked.order, PAGE, cursor)
    except ValueError:
        raise ApiError("invalid_cursor") from None
    ids = [one.id for one in page]
    listed = {asset.id: asset for asset in asset_lists.listed(session, ids)}
    said = hits.hits(session, ids, wanted.chunks)
    at = harvests.external(session, [each.id for each in listed.values() if each.state == "external"])
    has_courses = cursor is None and (asked.words or asked.category)
    courses = _courses(session, audience, wanted) if has_courses else []
    return Found(
        cards=[
            _card(
                listed[one.id],
                to,
                one.clicks,
                wanted,
                said=said.get(one.id, ()),
                external=at.get(one.id),
            )
            for one in page
            if one.id in listed
        ],
        courses=[course_card(each, to) for each in courses],
        count=len(found.found),
        more=found.more,
        choices={
            name: [Choice(each.value, each.count) for each in values if each.value != "und"]
            for name, values in facets.facets(session, found.ids).items()
        },
        following=".".join(following) if following else None,
    )


def suggest(session: Session, organization_id: str, typed: str) -> list[str]:
    """Titles and keywords that hold what was typed."""
    words = _text(typed)
    wanted = Wanted(words, chunks_of(words), libraries.public())
    return hits.suggestions(session, libraries.audience(organization_id), wanted)


def _wanted(session: Session, asked: Asked) -> Wanted:
    return Wanted(
        asked.words,
        chunks_of(asked.words),
        libraries.public(
            AssetFilter(
                languages=[asked.language] if asked.language else (),
                subjects=[asked.subject] if asked.subject else (),
                tags=[asked.tag] if asked.tag else (),
                category_ids=categories.with_those_below(session, [asked.category]) if asked.category else (),
                levels=[asked.level] if asked.level else (),
                has_captions=True if asked.has_captions else None,
            )
        ),
        kinds=[asked.kind] if asked.kind else (),
    )


def _card(
    asset: ListedAsset,
    to: Addresses,
    views: int,
    wanted: Wanted,
    *,
    said: Sequence[hits.Hit],
    external: harvests.External | None,
) -> Card:
    return card(
        asset,
        to,
        views,
        bits=_marked(asset.title, wanted),
        said=[
            Said(
                hit.start / 1000,
                hit.kind == "chapters",
                excerpt(hit.text, hit.ranges),
                to.lesson(asset.id, t=hit.start / 1000, find=wanted.text or None),
            )
            for hit in said
        ],
        external=external,
    )


def _marked(text: str, wanted: Wanted) -> list[Bit]:
    return marked(text, matches(text, wanted.chunks)) if wanted.chunks else [(text, False)]


def _courses(session: Session, audience: Audience, wanted: Wanted) -> Sequence[library_courses.Course]:
    return library_courses.by_id(session, [each.id for each in hits.courses(session, audience, wanted)])


def _text(value: str) -> str:
    """Without what PostgreSQL cannot hold."""
    return value.replace("\0", "").encode("utf-8", "ignore").decode()
