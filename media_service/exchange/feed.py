"""``/v1/exchange/changes``: what became of the lessons and courses that are shared with a linked platform."""

from __future__ import annotations

import re
from typing import Final

from flask import Blueprint
from pydantic import BaseModel, ConfigDict, Field

from media_service.exchange.callers import linked, viewer
from media_service.openapi import operation
from media_service.problems import ApiError
from media_service.services import services
from storage.catalogue import change_log
from storage.catalogue.change_log import WINDOW, Wanted
from storage.catalogue.visibility import words_of
from storage.exchange.lessons import MOST_CHANGES, SharedChange, SharedChanges

blueprint = Blueprint("exchange_feed", __name__, url_prefix="/v1/exchange")

TAG: Final = "Exchange"
_CURSOR: Final = re.compile(r"([0-9a-z]{1,32})\.([0-9]{1,18})")


class SharedChangesQuery(BaseModel):
    """From where on."""

    model_config = ConfigDict(extra="forbid")

    after: str = Field(
        "", max_length=64, description="The `next` of the page before; everything if left out."
    )
    limit: int = Field(500, ge=1, le=MOST_CHANGES, description="Most changes of the page.")


@blueprint.get("/changes")
@linked
@operation(
    "Read what became of what is shared with a linked platform",
    tag=TAG,
    query=SharedChangesQuery,
    answer=SharedChanges,
    errors=("invalid_cursor",),
)
def changes(query: SharedChangesQuery) -> SharedChanges:
    """Everything that is shared is told once, and then each change of it, also that it is not shared any more. What was
    committed late is not passed by."""
    found = _CURSOR.fullmatch(query.after)
    if query.after and found is None:
        raise ApiError("invalid_cursor")
    with services().sessions() as session:
        epoch, last = change_log.position(session)
        # A number that was not given yet is from before an old state of the catalogue was put back.
        is_anew = found is None or found[1] != epoch or int(found[2]) > last
        after = 0 if found is None or is_anew else int(found[2])
        until = min(last, after + WINDOW)
        words = words_of(session, viewer(session))
        lines = change_log.page(session, words, Wanted(after=after, until=until), query.limit)
    reached = lines[-1].sequence if len(lines) == query.limit else until
    return SharedChanges(
        changes=[
            SharedChange(
                id=line.record_id, kind=line.kind, change=line.change, version_id=line.version_id, at=line.at
            )
            for line in lines
        ],
        next=f"{epoch}.{reached}",
        more=reached < last,
        from_the_beginning=is_anew,
    )
