"""The pages of a library that lead to its lessons: home, search results, subjects and courses."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from flask import Response, redirect, request

from media_service.library import catalogue, finding, lessons, pictures, structured
from media_service.library.cards import cards, course_poster
from media_service.library.files import FILES
from media_service.library.finding import Asked, asked_for
from media_service.library.reader import Reader, organization_key, show
from media_service.library.site import blueprint, reading
from media_service.library.texts import LEVELS
from media_service.problems import ApiError
from media_service.script_json import to_script_json
from media_service.services import services
from storage.catalogue import libraries, library_courses
from storage.ids import is_id
from storage.search_words import LONGEST_QUERY


@blueprint.get("/library/static/<release>/<path:name>")
def static(release: str, name: str) -> Response:
    """A file of the pages. The address holds the hash of its release, so it never changes."""
    return FILES.answer(release, name)


@blueprint.get("/library/", strict_slashes=False)
def only_one() -> Any:
    """Where there is one library, its first page."""
    with services().sessions() as session:
        shown = libraries.list_shown(session)
    if len(shown) != 1:
        raise ApiError("not_found")
    return redirect(f"/library/{shown[0].address}")


@blueprint.get("/library/<library>", strict_slashes=False)
def home(library: str) -> Response:
    """Search, subjects, courses, what is new and what others watch."""
    with services().sessions() as session:
        reader, shown = reading(session, library)
        content = catalogue.home(session, shown.organization.id, reader.addresses)
        subjects = catalogue.subjects(session, shown.organization.id)
    bare, public_url = reader.addresses.bare, services().settings.public_url
    return show(
        reader,
        "home",
        canonical=bare.home(),
        home=content,
        subjects=subjects.top(reader.language),
        more=subjects.more,
        key=organization_key(reader),
        structured=[
            to_script_json(
                structured.site(shown.name, f"{public_url}{bare.home()}", f"{public_url}{bare.to('search')}")
            )
        ],
    )


@blueprint.get("/library/<library>/search")
def search(library: str) -> Response:
    """Lessons that hold the words, and the moments at which they are said."""
    asked = asked_for(request.args)
    with services().sessions() as session:
        reader, shown = reading(session, library)
        found = finding.find(session, shown.organization.id, asked, reader.addresses)
        subjects = catalogue.subjects(session, shown.organization.id)
    return show(
        reader,
        "search",
        asked=asked,
        found=found,
        subjects=subjects.top(reader.language) if not found.cards else [],
        more=subjects.more,
        action=reader.addresses.to("search").partition("?")[0],
        following=_following(asked, found.following, reader.addresses.search),
        **_names(reader),
    )


@blueprint.get("/library/<library>/suggestions")
def suggestions(library: str) -> Response:
    """Titles and keywords for the list below the field, as JSON."""
    with services().sessions() as session:
        _, shown = reading(session, library)
        typed = request.args.get("q", "")[:LONGEST_QUERY]
        found = finding.suggest(session, shown.organization.id, typed)
    response = Response(json.dumps(found, ensure_ascii=False), mimetype="application/json")
    response.headers["Cache-Control"] = "public, max-age=60"
    return response


@blueprint.get("/library/<library>/subjects/<category_id>")
def subject(library: str, category_id: str) -> Response:
    """What stands in a category and below it."""
    asked = asked_for(request.args, category_id)
    with services().sessions() as session:
        reader, shown = reading(session, library)
        subjects = catalogue.subjects(session, shown.organization.id)
        way = subjects.way(category_id, reader.language)
        if not way or not is_id(category_id):
            raise ApiError("not_found")
        asked = replace(asked, order="clicks") if asked.order == "relevance" else asked
        found = finding.find(session, shown.organization.id, asked, reader.addresses)
    bare, public_url = reader.addresses.bare, services().settings.public_url
    steps = [(shown.name, bare.home()), *((each.name, bare.subject(each.id or "")) for each in way)]
    return show(
        reader,
        "subject",
        canonical=bare.subject(category_id),
        subject=way[-1],
        way=way[:-1],
        below=subjects.below(category_id, reader.language),
        more=subjects.more,
        asked=asked,
        found=found,
        following=_following(asked, found.following, partial(reader.addresses.subject, category_id)),
        structured=[to_script_json(structured.way([(name, f"{public_url}{url}") for name, url in steps]))],
        **_names(reader),
    )


@blueprint.get("/library/<library>/courses/<public_id>")
def course(library: str, public_id: str) -> Response:
    """A course: its lessons in their order."""
    with services().sessions() as session:
        reader, shown = reading(session, library)
        found = library_courses.find(session, shown.organization.id, public_id)
        if found is None:
            raise ApiError("collection_not_found")
        listed = library_courses.lessons(session, found)
        details = libraries.details(session, [each.id for each in listed])
    bare, public_url = reader.addresses.bare, services().settings.public_url
    described = structured.CourseOf(
        found.title,
        f"{public_url}{bare.course(public_id)}",
        shown.name,
        [(each.title, f"{public_url}{bare.lesson(each.id)}") for each in listed],
        found.row.description,
    )
    return show(
        reader,
        "course",
        canonical=bare.course(public_id),
        course=found,
        key=organization_key(reader),
        facts=lessons.facts_of(found.row, reader.language),
        cards=cards(listed, reader.addresses, details, course=public_id),
        poster=course_poster(found, reader.addresses, pictures.WIDTHS[1]),
        image=f"{public_url}{course_poster(found, bare, pictures.WIDTHS[-1])}",
        structured=[to_script_json(structured.course(described))],
    )


def _names(reader: Reader) -> dict[str, Any]:
    """What values of filters are called."""
    return {
        "levels": {level: getattr(text, reader.language) for level, text in LEVELS.items()},
    }


def _following(asked: Asked, following: str | None, address: Callable[..., str]) -> str | None:
    return address(**asked.query(after=following)) if following else None
