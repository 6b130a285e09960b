"""Parts of what another platform shares, by what its documents tell: what is followed if not everything is. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from configs.words import LicenceCode
from storage.exchange.lessons import Id, SharedMetadata

Text = Annotated[str, Field(min_length=1, max_length=300)]


class Part(BaseModel):
    """A line of what is followed: a lesson, a course with its lessons, or a set. ``owner`` is the name of the
    organization there, ``category_code`` a category or one above it; of what is said in a line, all has to be true. IDs
    are those of the other platform."""

    model_config = ConfigDict(extra="forbid")

    owner: Text | None = None
    category_code: Text | None = None
    licence: LicenceCode | None = None
    course_id: Id | None = None
    lesson_id: Id | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Part:
        names = [each for each in (self.course_id, self.lesson_id) if each is not None]
        of_set = [each for each in (self.owner, self.category_code, self.licence) if each is not None]
        if len(names) > 1 or bool(names) == bool(of_set):
            raise ValueError("name a lesson, a course, or what is true of a set")
        return self


def read_parts(kept: Sequence[Any] | None) -> list[Part] | None:
    """Parts as the catalogue keeps them; None: everything."""
    return None if kept is None else [Part.model_validate(each) for each in kept]


def wants_lesson(
    only: Sequence[Part] | None, lesson_id: str, told: SharedMetadata, course_ids: Collection[str]
) -> bool:
    """Whether a lesson is followed that stands in these courses there."""
    return only is None or any(
        part.lesson_id == lesson_id or part.course_id in course_ids or _is_set_with(part, told)
        for part in only
    )


def wants_course(only: Sequence[Part] | None, course_id: str, told: SharedMetadata) -> bool:
    """Whether a course is followed."""
    return only is None or any(part.course_id == course_id or _is_set_with(part, told) for part in only)


def _is_set_with(part: Part, told: SharedMetadata) -> bool:
    if part.course_id is not None or part.lesson_id is not None:
        return False
    codes = {category.code for way in told.categories for category in way}
    return (
        part.owner in (None, told.owner)
        and (part.category_code is None or part.category_code in codes)
        and (part.licence is None or (told.licence is not None and told.licence.code == part.licence))
    )
