"""``/v1/views``: how often lessons were viewed, why each view counted, and views that other front ends tell of."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Final, Literal

from flask import Blueprint, Response
from pydantic import BaseModel, ConfigDict, Field

from configs.words import PlayOutcome
from media_service import auth
from media_service.learning.asked import (
    SCOPE_ERRORS,
    Format,
    ScopeQuery,
    csv_answer,
    scope_of,
    stretch,
)
from media_service.learning.day_values import Day
from media_service.learning.figures import (
    DayDocument,
    FiguresDocument,
    days_as_csv,
    describe,
    describe_day,
)
from media_service.learning.senders import identity_of_person, name_viewer
from media_service.openapi import operation
from media_service.problems import ApiError
from media_service.services import services
from storage.beat_stream import BeatsRefused
from storage.catalogue import playback, totals_reports
from storage.catalogue import views as sums
from storage.catalogue.models import StoredPlay
from storage.catalogue.views import Scope
from storage.ids import ID_PATTERN, is_id
from storage.learning.beats import Beat, Sending, Told, to_text
from storage.learning.figures import Figures, add_up
from storage.learning.periods import Bucket, buckets

blueprint = Blueprint("views", __name__, url_prefix="/v1/views")

TAG: Final = "Views"
_LATER: Final = {"Retry-After": "10"}


class ViewsQuery(ScopeQuery):
    """Of what, of which days, and how they are put together."""

    by: Bucket | None = Field(None, description="Tell the sum of each day, week (from Monday) or month, too.")
    format: Format = Field("json", description="`csv`: a line for each day, week or month, with a BOM.")


class AllTimeViews(BaseModel):
    """``counted`` on all days that there are, ``imported`` from what a platform before had counted; ``total`` is their
    sum."""

    total: int
    counted: int
    imported: int


class ViewsDocument(BaseModel):
    """Sums from one day to another. ``imported`` are views that a platform before had counted, of all time: no day has
    them; ``all_time`` has them in its sum. ``retention`` tells of one asset how many plays saw each hundredth of it.
    ``storage_bytes`` is what organizations' assets took on the last day, others take now, and of a partner what it may
    show; null until it was measured. ``rules`` are the versions of the rule by which was counted."""

    first: date
    last: date
    time_zone: str
    rules: list[int]
    imported: int
    all_time: AllTimeViews
    total: FiguresDocument
    days: list[DayDocument] | None
    retention: list[int] | None
    storage_bytes: int | None


class ExplainQuery(BaseModel):
    """Which asset, which day, and which page."""

    model_config = ConfigDict(extra="forbid")

    asset: str = Field(max_length=64, description="The asset.", examples=["0mx2sthiya4lot76gz8k8jvd"])
    day: Day = Field(description="The day on which plays began.")
    limit: int = Field(100, ge=1, le=1000, description="Most plays of the page.")
    after: str | None = Field(None, max_length=64, description="The `next` of the page before.")


class PlayDocument(BaseModel):
    """A play, and what the rule says of it: ``counted``, or why not. ``viewer`` is the beginning of a hash that means
    nobody and nothing the day after."""

    id: str
    began_at: datetime
    last_at: datetime
    outcome: PlayOutcome
    rule: int
    source: Literal["player", "front_end"]
    viewer: str
    partner_id: str | None
    attendance: int
    playing_seconds: float
    attended_seconds: float
    watched_seconds: float


class ToldViews(BaseModel):
    """What another platform told of the day, in its ``time_zone``: a total, for only it knows the plays. ``revision``
    is how often it was told or told anew, the last time at ``told_at``; ``rule`` the version of the rule by which it
    counts. What is not ``counted`` an administrator here has left out."""

    link_id: str
    platform_id: str
    name: str
    url: str
    time_zone: str
    copy_id: str
    revision: int
    rule: int
    told_at: datetime
    counted: bool
    views: int
    viewers: int
    attendance: int
    plays: int
    watched_seconds: float
    completed: int


class ExplainDocument(BaseModel):
    """Plays of an asset that began on a day here, in ``elsewhere`` what other platforms told of it, and the sum of
    both. ``next`` goes into ``after`` for the next page; null at the
    end. Of playlists that were fetched without a play being told of, ``total.refused`` has only the number."""

    day: date
    time_zone: str
    total: FiguresDocument
    plays: list[PlayDocument]
    elsewhere: list[ToldViews]
    next: str | None


class NewView(BaseModel):
    """A play that a front end of your own tells of. ``id`` is your name for it: told twice, it counts once. ``seconds``
    is how long it played by the clock; ``viewer`` your pseudonym for who watched, without whom each play stands for
    itself; ``attendance`` how many sat before the screen."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(min_length=1, max_length=200)
    playback_id: str = Field(pattern=f"^{ID_PATTERN}$", examples=["0mx2sthiya4lot76gz8k8jvd"])
    seconds: float = Field(ge=0, le=86_400)
    viewer: str | None = Field(None, min_length=1, max_length=200)
    attendance: int = Field(1, ge=1, le=10_000)


class TakenView(BaseModel):
    """``play`` is what ``GET /v1/views/explain`` calls it, some seconds later."""

    id: str
    play: str


@blueprint.get("")
@auth.require(*auth.READERS, scope="read")
@operation(
    "Count views",
    tag=TAG,
    query=ViewsQuery,
    answer=ViewsDocument,
    errors=SCOPE_ERRORS,
)
def show(query: ViewsQuery) -> ViewsDocument | Response:
    """How often and how lessons were viewed: of an asset, a course, a partner or an organization with all below it,
    from one day to another. The sum of today goes on growing; it is some seconds behind the players. `partner` may
    stand beside each of the others."""
    first, last = stretch(query)
    with services().sessions() as session:
        scope = scope_of(session, query)
        found = sums.by_day(session, scope, first, last)
        days = None
        if query.by is not None or query.format == "csv":
            days = [
                describe_day(begin, end, _of_days(found, begin, end))
                for begin, end in buckets(first, last, query.by or "day")
            ]
        if query.format == "csv":
            return csv_answer(days_as_csv(days or []), "views", first, last)
        old, counted = sums.imported(session, scope), sums.counted(session, scope)
        return ViewsDocument(
            first=first,
            last=last,
            time_zone=services().settings.time_zone.key,
            rules=sums.rule_versions(session, scope, first, last),
            imported=old,
            all_time=AllTimeViews(total=counted + old, counted=counted, imported=old),
            total=describe(add_up(found.values())),
            days=days,
            retention=sums.retention(session, scope, first, last) if query.asset else None,
            storage_bytes=sums.storage(session, scope, last),
        )


@blueprint.get("/explain")
@auth.require(*auth.READERS, scope="read")
@operation(
    "Explain views",
    tag=TAG,
    query=ExplainQuery,
    answer=ExplainDocument,
    errors=("asset_not_found", "invalid_cursor"),
)
def explain(query: ExplainQuery) -> ExplainDocument:
    """Every play of an asset that began on a day: what was counted, what was not, and why. Plays are kept for some time
    (`PLAY_DAYS`), sums for good."""
    if query.after is not None and not is_id(query.after):
        raise ApiError("invalid_cursor")
    with services().sessions() as session:
        asset = auth.asset(session, query.asset)
        found = sums.plays_of(session, asset.id, query.day, after=query.after or "", limit=query.limit + 1)
        scope = Scope(auth.reach(), asset_id=asset.id)
        total = sums.by_day(session, scope, query.day, query.day).get(query.day, Figures())
        elsewhere = [_told(each) for each in totals_reports.told_of(session, asset.id, query.day)]
    page = found[: query.limit]
    return ExplainDocument(
        day=query.day,
        time_zone=services().settings.time_zone.key,
        total=describe(total),
        plays=[_play(row) for row in page],
        elsewhere=elsewhere,
        next=page[-1].id if len(found) > query.limit else None,
    )


@blueprint.post("")
@auth.require("admin", "portal", scope="play")
@operation(
    "Tell of a view",
    tag=TAG,
    body=NewView,
    answer=TakenView,
    status=202,
    errors=("playback_not_found", "service_unavailable"),
)
def add(body: NewView) -> TakenView:
    """For players that are not ours: tell of a play when it is over, or once ten seconds of it have played. It is
    judged by the same rule as all others, and appears a few seconds later."""
    with services().sessions() as session:
        found = playback.find_playback(session, body.playback_id)
        if found is None or not auth.reach().includes(session, found[1].organization_id):
            raise ApiError("playback_not_found")
    named, asset, version = found
    caller = auth.caller()
    now = datetime.now(UTC)
    milliseconds = round(body.seconds * 1000)
    play = _play_id(caller.organization_id, body.id)
    taker = services().beats
    try:
        viewer = (
            name_viewer(
                identity_of_person(caller.organization_id, body.viewer),
                now,
                services().settings.time_zone,
                taker.salt,
            )
            if body.viewer
            else None
        )
        told = Told(
            received=int(time.time() * 1000),
            playback_id=named.id,
            asset_id=asset.id,
            organization_id=asset.organization_id,
            version_id=version.id,
            viewer=viewer.today if viewer else "",
            viewer_before=viewer.before if viewer else "",
            duration=round(version.facts.duration * 1000) if version.facts else None,
            source="front_end",
            attendance=body.attendance,
        )
        beat = Beat(0, milliseconds, [(0, milliseconds)] if milliseconds else [])
        taker.append(to_text(Sending(play, milliseconds, [beat], told)))
    except BeatsRefused as error:
        raise ApiError("service_unavailable", headers=_LATER) from error
    return TakenView(id=body.id, play=play)


def _play_id(organization_id: str, name: str) -> str:
    """Ours for what a portal calls a play."""
    return hashlib.sha256(f"{organization_id}\n{name}".encode()).hexdigest()[:32]


def _of_days(found: Mapping[date, Figures], first: date, last: date) -> Figures:
    if first == last:
        return found.get(first, Figures())
    return add_up(figures for day, figures in found.items() if first <= day <= last)


def _told(told: totals_reports.Told) -> ToldViews:
    platform, figures = told.platform, told.figures
    return ToldViews(
        link_id=platform.link_id,
        platform_id=platform.id,
        name=platform.name,
        url=platform.url,
        time_zone=platform.time_zone,
        copy_id=told.copy_id,
        revision=told.revision,
        rule=told.rule,
        told_at=told.told_at,
        counted=platform.counted,
        watched_seconds=figures["watched_ms"] / 1000,
        **{name: figures[name] for name in ("views", "viewers", "attendance", "plays", "completed")},
    )


def _play(row: StoredPlay) -> PlayDocument:
    return PlayDocument(
        id=row.id,
        began_at=row.began_at,
        last_at=row.last_at,
        outcome=row.outcome,
        rule=row.rule_version,
        source="front_end" if row.source == "front_end" else "player",
        viewer=row.viewer[:12],
        partner_id=row.partner_id or None,
        attendance=row.attendance,
        playing_seconds=row.playing_ms / 1000,
        attended_seconds=row.attended_ms / 1000,
        watched_seconds=row.watched_ms / 1000,
    )
