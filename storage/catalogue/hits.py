"""Where in lessons the words of a search are said, and which courses and names hold them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Integer,
    Row,
    Select,
    Text,
    bindparam,
    cast,
    func,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import Session

from configs.words import TrackKind
from storage.catalogue.candidate_queries import fit
from storage.catalogue.candidates import Audience, Wanted, named
from storage.catalogue.collections import CollectionFilter, conditions
from storage.catalogue.models import Asset, Collection, Passage
from storage.catalogue.reach import Reach
from storage.search_folding import fold
from storage.search_matches import Range, matches
from storage.search_words import Piece, query_of

MOST: Final = 3
"""Hits of an asset that are told."""

MOST_COURSES: Final = 10
_LOOKED_AT: Final = 500
"""Courses that hold the words, whosever they are."""

SUGGESTIONS: Final = 8
_SUGGESTED_FROM: Final = 60
"""Assets whose names are looked at."""

_LONGEST_SUGGESTION: Final = 100


@dataclass(frozen=True)
class Hit:
    """Where the words are said: milliseconds from the beginning of the first cue that has one to the end of the last;
    ``ranges`` of ``text``, all of the passage."""

    kind: TrackKind
    language: str
    start: int
    end: int
    text: str
    ranges: Sequence[Range]


@dataclass(frozen=True)
class Course:
    """A collection that holds the words; ``fit`` is where all of them stand (``candidates``)."""

    id: str
    public_id: str
    organization_id: str
    title: str
    description: str
    fit: int


def hits(
    session: Session, asset_ids: Sequence[str], chunks: Sequence[Sequence[Piece]]
) -> dict[str, list[Hit]]:
    """The first ones in each of these assets that has any."""
    if not asset_ids or not chunks:
        return {}
    found: dict[str, list[Hit]] = {}
    for row in session.execute(_PASSAGES, {"ids": list(asset_ids), "words": query_of(chunks)}):
        before = found.setdefault(row.id, [])
        if len(before) == MOST:
            continue
        ranges = matches(row.text, chunks)
        start, end = _when(row.text, row.times, ranges)
        if (row.kind, row.language, start) not in [(hit.kind, hit.language, hit.start) for hit in before]:
            before.append(Hit(row.kind, row.language, start, end, row.text, ranges))
    return found


def _select_passages() -> Select[Any]:
    asked = func.unnest(bindparam("ids", type_=ARRAY(Text))).table_valued("id").render_derived("asked")
    first = (
        select(Passage.kind, Passage.language, Passage.times, Passage.text)
        .where(
            Passage.asset_id == Asset.id,
            Passage.version_id == Asset.current_version_id,
            Passage.words.bool_op("@@")(cast(bindparam("words"), TSQUERY)),
        )
        .order_by(Passage.start_ms, Passage.kind, Passage.language)
        # A line between two passages stands in both.
        .limit(2 * MOST)
        .lateral("first")
    )
    joined = asked.join(Asset, Asset.id == asked.c.id).join(first, literal(True))
    return select(Asset.id, first).select_from(joined)


# Written once: making it takes as long as asking.
_PASSAGES: Final = _select_passages()


def _when(text: str, times: Sequence[int], ranges: Sequence[Range]) -> tuple[int, int]:
    if not ranges:
        return times[0], max(times[1::2])
    first = text.count("\n", 0, ranges[0][0])
    last = text.count("\n", 0, ranges[0][1] - 1)
    return times[2 * first], times[2 * last + 1]


def courses(session: Session, audience: Audience, wanted: Wanted, most: int = MOST_COURSES) -> list[Course]:
    """Some that hold the words, those that fit best first, then the newest; none where only lessons are asked for."""
    narrowed = wanted.narrowed_to
    of_lessons = (wanted.shortest, wanted.longest, narrowed.has_captions)
    if wanted.kinds or any(asked is not None for asked in of_lessons):
        return []
    if wanted.has_words and not wanted.chunks:
        return []
    has_words = bool(wanted.chunks)
    query = _courses(audience.reach.shape, audience.courses, _filter(wanted), has_words=has_words)
    values = {**wanted.values, **audience.reach.values, "most": most}
    return [Course(*row) for row in session.execute(query, values)]


# Kept, for making it takes as long as asking; what is asked for is the same most often.
@lru_cache(maxsize=64)
def _courses(
    reach: Reach, seen: tuple[ColumnElement[bool], ...], asked: CollectionFilter, *, has_words: bool
) -> Select[str, str, str, str, str, int]:
    some = _courses_within(reach, seen, asked, has_words=has_words).subquery("some")
    best = fit(Collection, has_words=has_words).label("fit")
    return (
        select(
            Collection.id,
            Collection.public_id,
            Collection.organization_id,
            Collection.title,
            Collection.description,
            best,
        )
        .join(some, some.c.id == Collection.id)
        .order_by(best, Collection.id.desc())
        .limit(bindparam("most", type_=Integer))
    )


def _filter(wanted: Wanted) -> CollectionFilter:
    narrowed = wanted.narrowed_to
    return CollectionFilter(
        since=narrowed.since,
        before=narrowed.before,
        languages=tuple(narrowed.languages),
        subjects=tuple(narrowed.subjects),
        tags=tuple(narrowed.tags),
        category_ids=tuple(narrowed.category_ids),
        levels=tuple(narrowed.levels),
        licences=tuple(narrowed.licences),
    )


@lru_cache(maxsize=64)
def _courses_within(
    reach: Reach, seen: tuple[ColumnElement[bool], ...], asked: CollectionFilter, *, has_words: bool
) -> Select[str]:
    query = select(Collection.id)
    if has_words:
        # The index first, and no further than to its end: whatever is looked for costs no more.
        holds = Collection.search_words.bool_op("@@")(cast(bindparam("words_"), TSQUERY))
        some = select(Collection.id).where(holds).limit(_LOOKED_AT).subquery("held")
        query = query.join(some, some.c.id == Collection.id)
    return (
        query.where(
            Collection.organization_id.in_(reach.select()),
            reach.owned(Collection.owner_id),
            *seen,
            *conditions(asked),
        )
        .order_by(Collection.id.desc())
        .limit(_LOOKED_AT)
    )


def suggestions(session: Session, audience: Audience, wanted: Wanted) -> list[str]:
    """Titles and keywords that hold the words, those that begin with them first, then those of the most clicked lessons
    and of courses."""
    if not wanted.chunks:
        return []
    ids = list(named(session, audience, wanted, most=_SUGGESTED_FROM).ids)
    rows = session.execute(select(Asset.id, Asset.title, Asset.tags).where(Asset.id.in_(ids))).all()
    ranked = sorted(rows, key=lambda row: ids.index(row.id))
    within = _courses_within(audience.reach.shape, audience.courses, _filter(wanted), has_words=True)
    courses = session.execute(
        select(Collection.id, Collection.title, Collection.tags)
        .where(Collection.id.in_(within.limit(_SUGGESTED_FROM)))
        .order_by(Collection.id.desc()),
        {**wanted.values, **audience.reach.values},
    ).all()
    begun = fold(wanted.text).strip()
    found: dict[str, str] = {}
    for text in _names([*ranked, *courses]):
        if len(text) <= _LONGEST_SUGGESTION and all(matches(text, [chunk]) for chunk in wanted.chunks):
            found.setdefault(fold(text), text)
    best = sorted(found, key=lambda folded: not folded.startswith(begun))
    return [found[folded] for folded in best[:SUGGESTIONS]]


def _names(rows: Sequence[Row[str, str, list[str]]]) -> Iterator[str]:
    for row in rows:
        yield from row.tags
    for row in rows:
        yield row.title
