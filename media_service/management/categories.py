"""Categories: what lessons are sorted into. An organization has a tree of its own, which all below it use as well."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Final

from flask import Blueprint
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema
from sqlalchemy.orm import Session

from media_service import audit, auth
from media_service.cataloguing.values import Line
from media_service.changes import transaction
from media_service.openapi import operation
from media_service.preconditions import IF_MATCH, require_match, tag_of
from media_service.problems import ApiError
from media_service.services import services
from media_service.strict_values import Changes
from media_service.uploads.protocol import LONGEST_EXTERNAL_ID, clean_external_id
from storage.catalogue import categories
from storage.catalogue.categories import (
    CategoriesFull,
    CategoryCircle,
    CategoryCodeTaken,
    CategoryInUse,
    CategoryUnknown,
)
from storage.catalogue.models import Category
from storage.ids import is_id

blueprint = Blueprint("categories", __name__, url_prefix="/v1/categories")

TAG: Final = "Categories"


def _code(text: str) -> str:
    if (cleaned := clean_external_id(text)) is None:
        raise ValueError("must be one line without spaces around it, up to 200 characters")
    return cleaned


Code = Annotated[
    str,
    AfterValidator(_code),
    WithJsonSchema(
        {"type": "string", "minLength": 1, "maxLength": LONGEST_EXTERNAL_ID, "pattern": r"^\S(.*\S)?$"}
    ),
]
Place = Annotated[int, Field(ge=0, le=1_000_000)]


class CategoryDocument(BaseModel):
    """A category. ``parent_id`` is null at the top; ``code`` is what other systems know it by, unique in its
    organization; ``position`` its place among those beside it."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    organization_id: str
    parent_id: str | None
    code: str
    name_zh: str
    name_en: str
    position: int
    created_at: datetime
    updated_at: datetime


class CategoryList(BaseModel):
    """All that may be used in an organization: its own and those of all above it, by place and code."""

    categories: list[CategoryDocument]


class CategoryQuery(BaseModel):
    """For which organization."""

    model_config = ConfigDict(extra="forbid")

    organization_id: str | None = Field(
        None, max_length=64, description="Those that may be used there; in the caller's own if left out."
    )


class NewCategory(BaseModel):
    """A category of the caller's organization, or of ``organization_id`` below it."""

    model_config = ConfigDict(extra="forbid")

    code: Code
    name_zh: Line
    name_en: Line
    parent_id: Annotated[str, Field(max_length=64)] | None = None
    position: Place = 0
    organization_id: str | None = None


class CategoryChanges(Changes):
    """What to change; null as ``parent_id`` puts it at the top."""

    code: Code = ""
    name_zh: Line = ""
    name_en: Line = ""
    parent_id: Annotated[str, Field(max_length=64)] | None = None
    position: Place = 0


def _tag(shown: CategoryDocument | Category) -> str:
    return tag_of(shown.code, shown.name_zh, shown.name_en, shown.parent_id, shown.position)


@blueprint.get("")
@auth.require(*auth.READERS, scope="read")
@operation(
    "List categories",
    tag=TAG,
    query=CategoryQuery,
    answer=CategoryList,
    errors=("organization_not_found",),
)
def list_(query: CategoryQuery) -> CategoryList:
    """What lessons of an organization may be sorted into, as a flat list."""
    with services().sessions() as session:
        found = categories.usable(session, auth.reach_of(session, query.organization_id).root)
        return CategoryList(categories=[CategoryDocument.model_validate(each) for each in found])


@blueprint.post("")
@auth.require("admin", scope="manage")
@operation(
    "Add a category",
    tag=TAG,
    body=NewCategory,
    answer=CategoryDocument,
    status=201,
    location=lambda made: f"/v1/categories/{made.id}",
    etag=_tag,
    errors=("organization_not_found", "category_not_found", "category_code_taken", "category_limit"),
)
def add(body: NewCategory) -> CategoryDocument:
    """All organizations below use it as well."""
    values = body.model_dump(exclude={"organization_id"})
    with transaction() as session, _refused():
        made = categories.create(session, auth.owner(session, body.organization_id), **values)
        session.refresh(made)
        audit.record(session, "category.create", made.organization_id, made.id, **values)
        return CategoryDocument.model_validate(made)


@blueprint.get("/<category_id>")
@auth.require("admin", scope="manage")
@operation("Show a category", tag=TAG, answer=CategoryDocument, errors=("category_not_found",), etag=_tag)
def show(category_id: str) -> CategoryDocument:
    """One of the caller's organization, or of one below it."""
    with services().sessions() as session:
        return CategoryDocument.model_validate(_category(session, category_id))


@blueprint.patch("/<category_id>")
@auth.require("admin", scope="manage")
@operation(
    "Change a category",
    tag=TAG,
    body=CategoryChanges,
    answer=CategoryDocument,
    errors=("category_not_found", "category_code_taken", "category_circle", "changed_meanwhile"),
    request_headers=(IF_MATCH,),
    etag=_tag,
)
def change(category_id: str, body: CategoryChanges) -> CategoryDocument:
    """Rename it, or move it with all below it. What stands in it stays there."""
    changes = body.given()
    with transaction() as session, _refused():
        found = _category(session, category_id, for_update=True)
        require_match(lambda: _tag(found))
        categories.change(session, found, **changes)
        session.refresh(found)
        audit.record(session, "category.change", found.organization_id, found.id, **changes)
        return CategoryDocument.model_validate(found)


@blueprint.delete("/<category_id>")
@auth.require("admin", scope="manage")
@operation(
    "Delete a category",
    tag=TAG,
    status=204,
    errors=("category_not_found", "category_in_use", "changed_meanwhile"),
    request_headers=(IF_MATCH,),
)
def delete(category_id: str) -> None:
    """Only one in which nothing stands, and nothing below it."""
    with transaction() as session, _refused():
        found = _category(session, category_id, for_update=True)
        require_match(lambda: _tag(found))
        audit.record(session, "category.delete", found.organization_id, found.id, code=found.code)
        categories.delete(session, found)


@contextmanager
def _refused() -> Iterator[None]:
    try:
        yield
    except CategoryUnknown as error:
        raise ApiError("category_not_found", f"Unknown here: {str(error)!r}.") from None
    except CategoryCodeTaken:
        raise ApiError("category_code_taken") from None
    except CategoryInUse:
        raise ApiError("category_in_use") from None
    except CategoryCircle:
        raise ApiError("category_circle") from None
    except CategoriesFull:
        raise ApiError("category_limit", f"An organization has {categories.MOST} categories.") from None


def _category(session: Session, category_id: str, *, for_update: bool = False) -> Category:
    found = (
        categories.find(session, category_id, auth.reach(), for_update=for_update)
        if is_id(category_id)
        else None
    )
    if found is None:
        raise ApiError("category_not_found")
    return found
