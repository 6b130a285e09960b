"""``/v1/exchange/contacts``: by which linked platforms know of each other that they are there."""

from __future__ import annotations

import time
from typing import Final

from flask import Blueprint
from pydantic import BaseModel

from media_service.exchange.callers import link, linked
from media_service.openapi import operation

blueprint = Blueprint("exchange_contacts", __name__, url_prefix="/v1/exchange")

TAG: Final = "Exchange"
PROTOCOL: Final = 1
"""Rises with what an older release could not understand."""


class ContactDocument(BaseModel):
    """That the other platform is there. ``name`` is what it calls itself, ``time`` what its clock says, in seconds
    since 1970; ``protocol`` rises with what an older release could not understand."""

    protocol: int
    link_id: str
    name: str
    time: float


@blueprint.post("/contacts")
@linked
@operation("Meet a linked platform", tag=TAG, answer=ContactDocument, is_repeatable=False)
def contact() -> ContactDocument:
    """Both platforms of a link ask each other every minute, and so learn that both are linked and how their clocks
    differ."""
    asked = link()
    return ContactDocument(protocol=PROTOCOL, link_id=asked.id, name=asked.own_name, time=time.time())
