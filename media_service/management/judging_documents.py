"""What the API says of judging, to those who judge and to those who asked them, and what it takes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from configs.words import EntryState, JudgingState
from media_service.cataloguing.texts import Description
from media_service.cataloguing.values import Name
from media_service.management.upload_link_documents import FIELD_NAME

MOST_CRITERIA: Final = 12
GREATEST: Final = 100
_USUAL: Final = 10


class Criterion(BaseModel):
    """By what is judged: ``name`` is what programs call it, ``label`` what people read. Scores are whole numbers from 0
    to ``greatest``; in a total the mean of them counts ``weight`` times."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(pattern=FIELD_NAME)]
    label: Name
    greatest: int = Field(_USUAL, ge=1, le=GREATEST)
    weight: float = Field(1.0, gt=0, le=1000, allow_inf_nan=False)


def _each_once(criteria: list[Criterion]) -> list[Criterion]:
    if len({each.name for each in criteria}) < len(criteria):
        raise ValueError("must not name a criterion twice")
    return criteria


class JudgingTerms(BaseModel):
    """By what the entries of a link are judged."""

    model_config = ConfigDict(extra="forbid")

    criteria: Annotated[
        list[Criterion], Field(min_length=1, max_length=MOST_CRITERIA), AfterValidator(_each_once)
    ]


class CriterionDocument(BaseModel):
    """By what is judged, as ``Criterion``."""

    name: str
    label: str
    greatest: int
    weight: float


class JudgingDocument(BaseModel):
    """How the entries of a link are judged. ``state``: ``waiting`` until the link is closed and there are criteria,
    ``open``, or ``closed`` since ``closed_at``: nothing of it changes any more."""

    link_id: str
    state: JudgingState
    criteria: list[CriterionDocument]
    entries: int
    closed_at: datetime | None


class NewJudge(BaseModel):
    """Somebody who is to judge; ``name`` is seen by those who asked them, and by nobody else."""

    model_config = ConfigDict(extra="forbid")

    name: Name


class JudgeDocument(BaseModel):
    """Somebody who judges, and how far they are: ``judged`` of ``entries`` by every criterion. From ``revoked_at`` on
    they do not, and what they gave counts for nothing."""

    id: str
    link_id: str
    name: str
    judged: int
    entries: int
    created_at: datetime
    revoked_at: datetime | None


class NewJudgeDocument(JudgeDocument):
    """Somebody who judges, with the secret, which is told this once; ``page_url`` is the page where they judge, with
    the secret in it."""

    secret: str
    page_url: str


class JudgeList(BaseModel):
    """All who judge or judged the entries of a link, in the order in which they came."""

    judges: list[JudgeDocument]


class Scores(BaseModel):
    """What a judge gives to an entry: ``scores`` by the names of criteria, null for what is not given yet. It takes the
    place of what they gave before."""

    model_config = ConfigDict(extra="forbid")

    scores: dict[str, int | None] = Field({}, max_length=MOST_CRITERIA, examples=[{"idea": 8}])
    comment: Description = ""


class OwnSheet(BaseModel):
    """An entry as judges see it: a number, whether it can be played, and what they gave to it. Nothing of whoever sent
    it, nothing of what others gave. ``is_complete``: by every criterion, so that it counts."""

    number: int
    state: EntryState
    scores: dict[str, int]
    comment: str
    is_complete: bool


class OwnSheets(BaseModel):
    """What a judge has to do. ``state`` as of judging; ``judged`` of the ``entries`` are done."""

    link_name: str
    judge_name: str
    state: JudgingState
    begins_at: datetime
    closed_at: datetime | None
    criteria: list[CriterionDocument]
    judged: int
    entries: list[OwnSheet]


class BlindPlayback(BaseModel):
    """Where an entry is played under its number: a page for a frame, which opens with this ``token`` and shows nothing
    that people wrote about the entry. The token opens nothing else, and ends at ``expires_at``."""

    playback_id: str
    token: str
    embed_url: str
    manifest_url: str
    expires_at: datetime


class JudgesSheet(BaseModel):
    """What one judge gave to an entry."""

    judge_id: str
    judge_name: str
    scores: dict[str, int]
    comment: str
    is_complete: bool


class ResultDocument(BaseModel):
    """What became of an entry. Complete sheets count, of ``judges``: ``means`` by criterion, and ``total``, the sum of
    means times weights, both rounded to four decimals. Who has the same total has the same ``rank``; it and the total
    are null of what nobody has judged."""

    rank: int | None
    number: int
    judges: int
    total: float | None
    means: dict[str, float]
    asset_id: str | None
    file_name: str
    answers: dict[str, str]
    sheets: list[JudgesSheet]


class Results(BaseModel):
    """All entries, best first. They are final since ``closed_at``; while that is null they may change."""

    link_id: str
    closed_at: datetime | None
    criteria: list[CriterionDocument]
    results: list[ResultDocument]


def criteria_of(criteria: Sequence[Any]) -> list[CriterionDocument]:
    """By what is judged, as the catalogue has it."""
    return [CriterionDocument(**each) for each in criteria]
