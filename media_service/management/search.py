"""Search in all that is said of lessons and in them: results with the places where words are said, and suggestions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal, get_args

from flask import Blueprint
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from configs.words import TrackKind
from media_service import auth
from media_service.management.asset_documents import AssetSummary, summarize
from media_service.management.filters import (
    Categories,
    CreatedBefore,
    CreatedSince,
    HasCaptions,
    Kinds,
    Languages,
    Levels,
    Licences,
    OfOrganization,
    Subjects,
    Tags,
)
from media_service.management.paging import read_cursor, write_cursor
from media_service.openapi import operation
from media_service.problems import ApiError
from media_service.services import services
from storage.catalogue import (
    asset_lists,
    candidate_queries,
    candidates,
    categories,
    facets,
    hits,
    ranking,
    versions,
)
from storage.catalogue.asset_lists import AssetFilter
from storage.catalogue.candidates import Audience, Candidates, SearchOrder, Wanted
from storage.catalogue.facets import FacetValue
from storage.catalogue.models import Asset, Collection
from storage.catalogue.visibility import visible_within
from storage.search_matches import Range, matches
from storage.search_words import chunks_of

blueprint = Blueprint("search", __name__, url_prefix="/v1/search")

TAG: Final = "Search"

LONGEST_TYPED: Final = 10_000
"""Characters; only the first 200 count, but whoever pastes a page shall find something."""

Found = Literal["title", "keywords", "description", "passages", "all"]
Sought = Literal["lesson", "course"]
_FOUND: Final[dict[int, Found]] = {
    candidate_queries.TITLE_ITSELF: "title",
    candidate_queries.TITLE: "title",
    candidate_queries.KEYWORDS: "keywords",
    candidate_queries.DESCRIPTION: "description",
    candidate_queries.PASSAGES: "passages",
}


class PlaceDocument(BaseModel):
    """Where words stand in a text: the first character and the one after the last, in Unicode code points from 0."""

    start: int
    end: int


class SearchQuery(BaseModel):
    """What to look for, among what, in which order, and which page."""

    model_config = ConfigDict(extra="forbid")

    q: str = Field(
        "",
        max_length=LONGEST_TYPED,
        description="Words, as in `GET /v1/assets`; 200 characters count. Everything if left out, courses only if "
        "`kinds` asks for them.",
    )
    kinds: list[Sought] = Field(
        [],
        max_length=len(get_args(Sought)),
        description="Only lessons, or only courses: then at most `limit` of them. `kind`, `has_captions` and durations "
        "are of lessons alone.",
    )
    kind: Kinds = Field([])
    language: Languages = Field([])
    subject: Subjects = Field([])
    tag: Tags = Field([])
    category: Categories = Field([])
    level: Levels = Field([])
    licence: Licences = Field([])
    organization_id: OfOrganization = None
    has_captions: HasCaptions = None
    min_duration: float | None = Field(None, ge=0, description="Only those of so many seconds or more.")
    max_duration: float | None = Field(None, ge=0, description="Only those of fewer seconds.")
    external: bool = Field(
        False, description="Also references to pages of other sites, which do not play here."
    )
    created_since: CreatedSince = None
    created_before: CreatedBefore = None
    sort: SearchOrder = Field(
        "relevance",
        description="What fits best first, and the most clicked of what fits equally; by clicks; newest first.",
    )
    facets: bool = Field(False, description="Whether to count results by what they may be narrowed to, too.")
    limit: int = Field(20, ge=1, le=50, description="Most results of the page.")
    after: str | None = Field(None, max_length=2000, description="The `next` of the page before.")


class SuggestionQuery(BaseModel):
    """What was typed so far."""

    model_config = ConfigDict(extra="forbid")

    q: str = Field(max_length=LONGEST_TYPED, description="What was typed so far.")
    organization_id: str | None = Field(
        None, max_length=64, description="Only from assets of this organization and of all below it."
    )


class HitDocument(BaseModel):
    """Where words are said, which chapter is called so, or on which slide they stand: seconds from the beginning of
    the lesson. ``text`` has the lines around them, ``matches`` tells where in it the words stand."""

    kind: TrackKind
    language: str
    start: float
    end: float
    text: str
    matches: list[PlaceDocument]


class FoundDocument(BaseModel):
    """An asset that was found. ``found_in`` is the best place that holds all words; ``clicks`` are counted views."""

    asset: AssetSummary
    clicks: int
    found_in: Found
    title_matches: list[PlaceDocument]
    hits: list[HitDocument]


class CourseResult(BaseModel):
    """A collection that was found. ``found_in`` is the best place that holds all words."""

    id: str
    public_id: str
    organization_id: str
    title: str
    description: str
    found_in: Found
    title_matches: list[PlaceDocument]


class CountDocument(BaseModel):
    """How many there are, as far as was looked; ``more``: there are others. At most 1,000 are counted."""

    count: int
    more: bool


class FacetDocument(CountDocument):
    """How many of the results have this value."""

    value: str


class FacetsDocument(BaseModel):
    """Results by value, the commonest first, 50 values at most. Languages and subjects that nobody has said are left
    out or `und`."""

    kind: list[FacetDocument]
    language: list[FacetDocument]
    subject: list[FacetDocument]
    category_id: list[FacetDocument]
    level: list[FacetDocument]
    licence: list[FacetDocument]
    has_captions: list[FacetDocument]
    organization_id: list[FacetDocument]


class SearchPage(BaseModel):
    """Results. ``courses`` are on the first page only, ten of them unless nothing else is asked for. ``next`` goes into
    ``after`` for the next page of the same query; null at the end, which comes after 1,000 results at the latest."""

    results: list[FoundDocument]
    courses: list[CourseResult]
    total: CountDocument
    facets: FacetsDocument | None
    next: str | None


class SuggestionList(BaseModel):
    """Titles and keywords that hold what was typed."""

    suggestions: list[str]


@blueprint.get("")
@auth.require(*auth.READERS, scope="read")
@operation(
    "Search lessons and what is said in them",
    tag=TAG,
    query=SearchQuery,
    answer=SearchPage,
    errors=("invalid_cursor", "organization_not_found"),
)
def search(query: SearchQuery) -> SearchPage:
    """Titles, keywords, descriptions, captions and chapters of all lessons that play. Captions are found up to a few
    seconds after they were published.
    """
    cursor = read_cursor(query.after, ranking.length_of_cursor(query.sort))
    with services().sessions() as session:
        wanted = _wanted(session, query)
        audience = _audience(session, query.organization_id)
        found = Candidates([], more=False)
        if not query.kinds or "lesson" in query.kinds:
            found = candidates.candidates(session, audience, wanted, query.sort)
        try:
            page, following = ranking.page(found, query.sort, query.limit, cursor)
        except ValueError:
            raise ApiError("invalid_cursor") from None
        ids = [one.id for one in page]
        listed = {asset.id: asset for asset in asset_lists.listed(session, ids)}
        said = hits.hits(session, ids, wanted.chunks)
        pending = versions.pending_of(session, ids)
        courses = _courses(session, audience, wanted, query) if cursor is None else []
        counted = facets.facets(session, found.ids) if query.facets else None
    url, is_admin = services().settings.public_url, auth.caller().role == "admin"
    return SearchPage(
        results=[
            FoundDocument(
                asset=summarize(listed[one.id], url, admin=is_admin, pending=pending.get(one.id)),
                clicks=one.clicks,
                found_in=_FOUND[one.fit] if wanted.chunks else "all",
                title_matches=_matches(listed[one.id].title, wanted),
                hits=[_hit(hit) for hit in said.get(one.id, ())],
            )
            for one in page
            if one.id in listed
        ],
        courses=[
            CourseResult(
                id=course.id,
                public_id=course.public_id,
                organization_id=course.organization_id,
                title=course.title,
                description=course.description,
                found_in=_FOUND[course.fit] if wanted.chunks else "all",
                title_matches=_matches(course.title, wanted),
            )
            for course in courses
        ],
        total=CountDocument(count=len(found.found), more=found.more),
        facets=None if counted is None else _facets(counted, more=found.more),
        next=write_cursor(following) if following else None,
    )


@blueprint.get("/suggestions")
@auth.require(*auth.READERS, scope="read")
@operation(
    "Suggest what to search for",
    tag=TAG,
    query=SuggestionQuery,
    answer=SuggestionList,
    errors=("organization_not_found",),
)
def suggest(query: SuggestionQuery) -> SuggestionList:
    """At most 8 titles and keywords, those that begin with what was typed first, for a list below the field."""
    wanted = Wanted(query.q, chunks_of(query.q))
    with services().sessions() as session:
        audience = _audience(session, query.organization_id)
        return SuggestionList(suggestions=hits.suggestions(session, audience, wanted))


def _audience(session: Session, organization_id: str | None) -> Audience:
    """The caller's reach, as far as they may see what is within it (``storage.catalogue.visibility``)."""
    limited = auth.limited_viewer()
    reach = auth.reach_of(session, organization_id)
    if limited is None:
        return Audience(reach)
    return Audience(reach, (visible_within(limited, Asset),), (visible_within(limited, Collection),))


def _courses(session: Session, audience: Audience, wanted: Wanted, query: SearchQuery) -> list[hits.Course]:
    if not query.kinds:
        return hits.courses(session, audience, wanted) if wanted.chunks else []
    if "course" not in query.kinds:
        return []
    return hits.courses(
        session, audience, wanted, query.limit if len({*query.kinds}) == 1 else hits.MOST_COURSES
    )


def _wanted(session: Session, query: SearchQuery) -> Wanted:
    return Wanted(
        query.q,
        chunks_of(query.q),
        AssetFilter(
            since=query.created_since,
            before=query.created_before,
            languages=query.language,
            subjects=query.subject,
            tags=query.tag,
            category_ids=categories.with_those_below(session, query.category) if query.category else (),
            levels=query.level,
            licences=query.licence,
            has_captions=query.has_captions,
        ),
        kinds=query.kind,
        shortest=query.min_duration,
        longest=query.max_duration,
        with_external=query.external,
    )


def _matches(text: str, wanted: Wanted) -> list[PlaceDocument]:
    return _places(matches(text, wanted.chunks))


def _places(ranges: Sequence[Range]) -> list[PlaceDocument]:
    return [PlaceDocument(start=start, end=end) for start, end in ranges]


def _hit(hit: hits.Hit) -> HitDocument:
    return HitDocument(
        kind=hit.kind,
        language=hit.language,
        start=hit.start / 1000,
        end=hit.end / 1000,
        text=hit.text,
        matches=_places(hit.ranges),
    )


def _facets(counted: Mapping[str, Sequence[FacetValue]], *, more: bool) -> FacetsDocument:
    def values(name: str) -> list[FacetDocument]:
        return [FacetDocument(value=one.value, count=one.count, more=more) for one in counted[name]]

    return FacetsDocument(**{name: values(name) for name in counted})
