"""What all pages of the library stand on: whose it is, who reads, and what is said where nothing is."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, g, make_response, request
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from media_service import auth
from media_service.errors import answer, log_refusal
from media_service.library.reader import Reader, reader_of, show
from media_service.problems import ApiError
from media_service.services import services
from storage.catalogue import libraries
from storage.catalogue.libraries import Lesson, Shown
from storage.objects import StorageError

blueprint = Blueprint("library", __name__)

_PREVIEWED: Final = "library_is_previewed"


@blueprint.after_request
def keep_previews_apart(response: Response) -> Response:
    """What only administrators may see no cache keeps, and no search engine."""
    if g.get(_PREVIEWED):
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Robots-Tag"] = "noindex"
        response.headers.pop("ETag", None)
    return response


@blueprint.errorhandler(ApiError)
def refused(error: ApiError) -> Response:
    """What is not here is a page, too: it stands before a person."""
    log_refusal(error.code, request.environ)
    try:
        with services().sessions() as session:
            shown = find_library(session, (request.view_args or {}).get("library", ""))
    except SQLAlchemyError:
        shown = None
    name = "not_found" if error.problem.status < 500 else "failed"
    response = show(reader_of(shown), "error", status=error.problem.status, name=name)
    response.headers.update(error.headers)
    return response


@blueprint.errorhandler(SQLAlchemyError)
@blueprint.errorhandler(StorageError)
def failed(error: Exception) -> Response:
    """And so is what cannot be shown now."""
    answered = make_response(answer(error, request.environ))
    response = show(reader_of(None), "error", status=answered.status_code, name="failed")
    if "Retry-After" in answered.headers:
        response.headers["Retry-After"] = answered.headers["Retry-After"]
    return response


def find_library(session: Session, library: str) -> Shown | None:
    """The library of an address, if it is shown; one that is not to its administrators, before anybody else sees it."""
    if not library:
        return None
    return libraries.find(session, library) or _preview(session, library)


def _preview(session: Session, library: str) -> Shown | None:
    reader = auth.reader_here()
    if reader is None or reader.role != "admin":
        return None
    found = libraries.find_hidden(session, reader.reach, library)
    g.setdefault(_PREVIEWED, found is not None)
    return found


def reading(session: Session, library: str) -> tuple[Reader, Shown]:
    """Who reads which library. Raises ``not_found``."""
    shown = find_library(session, library)
    if shown is None:
        raise ApiError("not_found")
    return reader_of(shown), shown


def shown_lesson(session: Session, shown: Shown, asset_id: str) -> Lesson:
    """A lesson of the library. Raises ``asset_not_found``."""
    found = libraries.find_lesson(session, shown.organization.id, asset_id)
    if found is None:
        raise ApiError("asset_not_found")
    return found
