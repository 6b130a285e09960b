"""``/v1/judges/current``: what judges see and give, with their secret alone. Entries are numbers to them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from flask import Blueprint
from sqlalchemy.orm import Session

from configs.words import EntryState
from media_service import audit, auth
from media_service.changes import transaction
from media_service.management.entry_documents import entry_number, entry_state
from media_service.management.judging import TAG
from media_service.management.judging_documents import (
    BlindPlayback,
    CriterionDocument,
    OwnSheet,
    OwnSheets,
    Scores,
    criteria_of,
)
from media_service.openapi import operation
from media_service.playback.access import tokens
from media_service.playback.access.tokens import IMAGE, STORYBOARD, VIDEO
from media_service.playback.parts import parts
from media_service.playback.serving.links import Links
from media_service.problems import ApiError, wrong_value
from media_service.services import services
from media_service.uploads.entering import bearer
from storage.catalogue import judging, playback, upload_links
from storage.catalogue.judging import Entered, Sheet
from storage.catalogue.models import Judge, LinkEntry, UploadLink
from storage.catalogue.reach import Reach
from storage.catalogue.visibility import Viewer

blueprint = Blueprint("score_sheets", __name__, url_prefix="/v1/judges/current")

_WATCHED_WITHIN: Final = 6 * 3600
"""Seconds that a token lasts: an entry is watched in one go, and the page asks for another."""


@blueprint.get("")
@operation(
    "Show what the judge whose secret is sent has to do",
    tag=TAG,
    answer=OwnSheets,
    errors=("judge_not_found",),
)
def show() -> OwnSheets:
    """``Authorization: Bearer SECRET`` of the judge, and no key. Entries are told once judging has begun."""
    with services().sessions() as session:
        judge, link = _judge(session)
        found = judging.find(session, link.id)
        state = judging.state_of(session, link, found)
        entries = judging.entered(session, link.id) if state != "waiting" else []
        sheets = {sheet.number: sheet for sheet in judging.sheets_of(session, link.id, judge.id)}
    shown = [_describe(_state(link, entry), entry.number, sheets.get(entry.number)) for entry in entries]
    return OwnSheets(
        link_name=link.name,
        judge_name=judge.name,
        state=state,
        begins_at=upload_links.ends_at(link),
        closed_at=found.closed_at if found else None,
        criteria=criteria_of(found.criteria if found else []),
        judged=sum(sheet.is_complete for sheet in shown),
        entries=shown,
    )


@blueprint.put("/entries/<number>")
@operation(
    "Score an entry",
    tag=TAG,
    body=Scores,
    answer=OwnSheet,
    errors=(
        "judge_not_found",
        "entry_not_found",
        "entry_taken_down",
        "judging_not_open",
        "judging_closed",
        "organization_closed",
    ),
)
def put(body: Scores, number: str) -> OwnSheet:
    """``Authorization: Bearer SECRET`` of the judge, and no key. As often as wanted until judging is closed."""
    with transaction() as session:
        judge, link = _judge(session)
        auth.require_open(session, link.organization_id)
        found = judging.share(session, link.id)
        state = judging.state_of(session, link, found)
        if state == "closed":
            raise ApiError("judging_closed")
        if found is None or state == "waiting":
            raise ApiError("judging_not_open")
        entry = _entry(session, link, number)
        criteria = {each.name: each for each in criteria_of(found.criteria)}
        scores = _given(criteria, body)
        done = scores.keys() == criteria.keys()
        judging.save(session, judge, entry, scores, body.comment, done=done)
        auth.act_as(judging.caller_of(judge, link))
        audit.record(
            session,
            "judge.score",
            link.organization_id,
            judge.id,
            upload_link_id=link.id,
            entry_number=entry.number,
            scores=scores,
        )
        (entered,) = judging.entered(session, link.id, entry.number)
    saved = Sheet(judge.id, entered.number, scores, body.comment, done)
    return _describe(_state(link, entered), entered.number, saved)


@blueprint.get("/entries/<number>/playback")
@operation(
    "Play an entry blindly",
    tag=TAG,
    answer=BlindPlayback,
    is_secret=True,
    errors=(
        "judge_not_found",
        "entry_not_found",
        "entry_taken_down",
        "judging_not_open",
        "playback_not_found",
    ),
)
def play(number: str) -> BlindPlayback:
    """``Authorization: Bearer SECRET`` of the judge, and no key. Whole files are not opened."""
    now = time.time()
    with services().sessions() as session:
        _, link = _judge(session)
        if judging.state_of(session, link, judging.find(session, link.id)) == "waiting":
            raise ApiError("judging_not_open")
        entry = _entry(session, link, number)
        # A public one would need no token, and so tell what the token does not.
        signed = [
            playable.playback_id
            for playable in playback.find_playables(
                session,
                Reach(link.organization_id, alone=True),
                Viewer(link.organization_id, manages=True),
                asset_ids={entry.asset_id or ""},
            )
            if playable.policy == "signed"
        ]
    if not signed:
        raise ApiError("playback_not_found")
    signer = parts().keys.signer()
    token = tokens.sign(
        key_id=signer.key_id,
        algorithm=signer.algorithm,
        private_key=signer.private_key,
        playback_id=signed[0],
        kinds=(VIDEO, IMAGE, STORYBOARD),
        now=now,
        lifetime=_WATCHED_WITHIN,
        # Judges see entries before anybody else does.
        claims={"alias": number, "preview": True},
    )
    links = Links(services().settings.public_url, signed[0], token)
    return BlindPlayback(
        playback_id=signed[0],
        token=token,
        embed_url=links.embed,
        manifest_url=links.manifest,
        expires_at=datetime.fromtimestamp(int(now) + _WATCHED_WITHIN, UTC),
    )


def _judge(session: Session) -> tuple[Judge, UploadLink]:
    """Whose secret the request brings along. Raises ``judge_not_found``."""
    found = judging.find_by_secret(session, bearer())
    if found is None:
        raise ApiError("judge_not_found")
    return found


def _entry(session: Session, link: UploadLink, number: str) -> LinkEntry:
    """Raises ``entry_not_found`` and ``entry_taken_down``."""
    entry = judging.find_entry(session, link.id, entry_number(number))
    if entry is None:
        raise ApiError("entry_not_found")
    if entry.taken_down_at is not None:
        raise ApiError("entry_taken_down")
    return entry


def _given(criteria: Mapping[str, CriterionDocument], body: Scores) -> dict[str, int]:
    """The scores of a body without those that are not given yet. Raises ``invalid_request``."""
    for name, score in body.scores.items():
        if name not in criteria:
            raise wrong_value("is no criterion.", pointer=f"#/scores/{name}")
        if score is not None and not 0 <= score <= criteria[name].greatest:
            raise wrong_value(f"must be 0 to {criteria[name].greatest}.", pointer=f"#/scores/{name}")
    return {name: score for name, score in body.scores.items() if score is not None}


def _state(link: UploadLink, entry: Entered) -> EntryState:
    return entry_state(link, entry.state, entry.kind, entry.facts, is_taken_down=entry.is_taken_down)


def _describe(state: EntryState, number: int, sheet: Sheet | None) -> OwnSheet:
    return OwnSheet(
        number=number,
        state=state,
        scores=dict(sheet.scores) if sheet else {},
        comment=sheet.comment if sheet else "",
        is_complete=sheet.is_complete if sheet else False,
    )
