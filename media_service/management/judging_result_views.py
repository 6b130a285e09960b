"""``/v1/upload-links/{link_id}/results``: what became of the entries that were judged."""

from __future__ import annotations

from flask import Blueprint, Response

from media_service import auth
from media_service.management.judging import TAG
from media_service.management.judging_documents import (
    JudgesSheet,
    ResultDocument,
    Results,
    criteria_of,
)
from media_service.management.judging_results import shown, standings, table
from media_service.management.upload_links import find_link
from media_service.openapi import operation
from media_service.playback.serving.content_disposition import content_disposition
from media_service.services import services
from storage.catalogue import judging

blueprint = Blueprint("judging_results", __name__, url_prefix="/v1/upload-links/<link_id>")


@blueprint.get("/results")
@auth.require(*auth.WRITERS, scope="read")
@operation("Show the results of judging", tag=TAG, answer=Results, errors=("upload_link_not_found",))
def results(link_id: str) -> Results:
    """Means, totals and ranks, and what each judge gave. Until judging is closed they may change."""
    with services().sessions() as session:
        link = find_link(session, link_id)
        found = judging.share(session, link.id)
        criteria = criteria_of(found.criteria if found else [])
        entries = {entry.number or 0: entry for entry in judging.entries_of(session, link.id)}
        names = {judge.id: judge.name for judge, _ in judging.list_judges(session, link.id)}
        sheets = judging.sheets_of(session, link.id)
    given: dict[int, list[JudgesSheet]] = {number: [] for number in entries}
    for sheet in sheets:
        given[sheet.number].append(
            JudgesSheet(
                judge_id=sheet.judge_id,
                judge_name=names[sheet.judge_id],
                scores=dict(sheet.scores),
                comment=sheet.comment,
                is_complete=sheet.is_complete,
            )
        )
    return Results(
        link_id=link.id,
        closed_at=found.closed_at if found else None,
        criteria=criteria,
        results=[
            ResultDocument(
                rank=each.rank,
                number=each.number,
                judges=each.judges,
                total=shown(each.total),
                means={name: shown(mean) or 0.0 for name, mean in each.means.items()},
                asset_id=entries[each.number].asset_id,
                file_name=entries[each.number].file_name,
                answers=entries[each.number].answers,
                sheets=given[each.number],
            )
            for each in standings(criteria, list(entries), sheets)
        ],
    )


@blueprint.get("/results.csv")
@auth.require(*auth.WRITERS, scope="read")
@operation("Save the results of judging", tag=TAG, errors=("upload_link_not_found",))
def results_csv(link_id: str) -> Response:
    """As a table for spreadsheets, a line for each entry: CSV in UTF-8 with its mark, no cell of which is taken for a
    formula. The column ``closed`` says since when the results are final."""
    with services().sessions() as session:
        link = find_link(session, link_id)
        found = judging.share(session, link.id)
        entries = judging.entries_of(session, link.id)
        judges = [
            (judge.id, judge.name)
            for judge, _ in judging.list_judges(session, link.id)
            if judge.revoked_at is None
        ]
        sheets = judging.sheets_of(session, link.id)
    criteria = criteria_of(found.criteria if found else [])
    text = table(
        criteria,
        judges,
        standings(criteria, [entry.number or 0 for entry in entries], sheets),
        sheets,
        headings=["file", *(field["label"] for field in link.fields)],
        about={
            entry.number or 0: [
                entry.file_name,
                *(entry.answers.get(field["name"], "") for field in link.fields),
            ]
            for entry in entries
        },
        closed_at=found.closed_at if found else None,
    )
    response = Response(text, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = content_disposition(link.name, ".csv")
    response.headers["Cache-Control"] = "no-store"
    return response
