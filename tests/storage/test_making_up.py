"""Which lessons lack what was switched on when they were ready, and how gently it is made up for, on a real
PostgreSQL."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from ledger import new_lesson
from rehearsal import ENVIRONMENT
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session, sessionmaker

from configs.words import StepState, TrackKind
from media_service.cli import extras
from media_service.cli.main import main
from storage.catalogue import claims, making_up, organizations, steps
from storage.catalogue.making_up import CAPTIONS_STEP, SLIDES_STEP, Wanted
from storage.catalogue.models import Asset, Rendition, Step, Track, Version
from storage.catalogue.new_steps import NewStep

pytestmark = pytest.mark.integration

BOTH = (CAPTIONS_STEP, SLIDES_STEP)


@dataclass(frozen=True)
class Lesson:
    asset_id: str
    version_id: str


@pytest.fixture(autouse=True)
def _nothing_else(sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        session.execute(delete(Step))


def ready(sessions: sessionmaker[Session], kind: str = "video", *, heard: bool = True) -> Lesson:
    """A lesson that became ready when nothing was switched on."""
    version_id = new_lesson(sessions)
    with sessions.begin() as session:
        session.execute(delete(Step).where(Step.version_id == version_id))
        session.execute(
            update(Version)
            .where(Version.id == version_id)
            .values(kind=kind, state="ready", playable_at=func.now(), ready_at=func.now())
        )
        for made in ["video"] * (kind != "audio") + ["audio"] * heard:
            session.add(
                Rendition(version_id=version_id, kind=made, name=made, position=0, planned_bandwidth=1)
            )
        asset_id = session.get_one(Version, version_id).asset_id
    return Lesson(asset_id, version_id)


def lacking(sessions: sessionmaker[Session], *lessons: Lesson) -> list[tuple[int, int]]:
    """Of each lesson whether it is to get captions, and whether slides."""
    with sessions() as session:
        counts = (
            making_up.count_left(session, Wanted(BOTH, asset_ids=[lesson.asset_id])) for lesson in lessons
        )
        return [(count[CAPTIONS_STEP], count[SLIDES_STEP]) for count in counts]


def change(sessions: sessionmaker[Session], lesson: Lesson, **values: object) -> None:
    with sessions.begin() as session:
        session.execute(update(Asset).where(Asset.id == lesson.asset_id).values(**values))


def write(sessions: sessionmaker[Session], lesson: Lesson, kind: TrackKind, language: str) -> None:
    with sessions.begin() as session:
        session.add(
            Track(version_id=lesson.version_id, kind=kind, language=language, label="", object_key="x")
        )


def leave(sessions: sessionmaker[Session], lesson: Lesson, kind: str, state: StepState) -> None:
    """A step that was there when the lesson was made."""
    with sessions.begin() as session:
        steps.add_steps(session, lesson.version_id, [NewStep(kind, kind, optional=True)])  # type: ignore[arg-type]
        session.execute(update(Step).where(Step.version_id == lesson.version_id).values(state=state))


def queue(sessions: sessionmaker[Session], lessons: list[Lesson], most: int = 100) -> int:
    with sessions.begin() as session:
        wanted = Wanted(BOTH, asset_ids=[lesson.asset_id for lesson in lessons])
        return making_up.queue_some(session, wanted, most)


def test_what_can_be_made_of_a_lesson_is_made_up(sessions: sessionmaker[Session]) -> None:
    film, silent = ready(sessions), ready(sessions, heard=False)
    sound, drawing = ready(sessions, "audio"), ready(sessions, "animation", heard=False)
    assert lacking(sessions, film, silent, sound, drawing) == [(1, 1), (0, 1), (1, 0), (0, 0)]


def test_what_people_or_machines_have_made_stays(sessions: sessionmaker[Session]) -> None:
    captioned, foreign, read, unread = (ready(sessions) for _ in range(4))
    change(sessions, foreign, language="zh-Hans")
    write(sessions, captioned, "captions", "zh")
    write(sessions, foreign, "captions", "en")
    write(sessions, read, "slides", "zh")
    write(sessions, unread, "chapters", "zh")
    assert lacking(sessions, captioned, foreign, read, unread) == [(0, 1), (1, 1), (1, 0), (1, 1)]
    write(sessions, foreign, "captions", "zh")
    assert lacking(sessions, foreign) == [(0, 1)]


@pytest.mark.parametrize(
    ("kind", "state", "left"),
    [
        (CAPTIONS_STEP, "done", (0, 1)),  # nobody speaks in it
        (CAPTIONS_STEP, "failed", (1, 1)),
        (CAPTIONS_STEP, "queued", (0, 1)),
        (SLIDES_STEP, "done", (1, 1)),  # found when nobody could read them
        (SLIDES_STEP, "leased", (1, 0)),
    ],
)
def test_what_was_tried_counts(
    sessions: sessionmaker[Session], kind: str, state: StepState, left: tuple[int, int]
) -> None:
    lesson = ready(sessions)
    leave(sessions, lesson, kind, state)
    assert lacking(sessions, lesson) == [left]
    assert queue(sessions, [lesson]) == sum(left)
    assert lacking(sessions, lesson) == [(0, 0)], "and not again and again"


def test_only_what_plays_and_was_made_here(sessions: sessionmaker[Session]) -> None:
    trashed, unready = ready(sessions), ready(sessions)
    change(sessions, trashed, deleted_at=func.now())
    with sessions.begin() as session:
        session.execute(update(Version).where(Version.id == unready.version_id).values(state="playable"))
    assert lacking(sessions, trashed, unready) == [(0, 0), (0, 0)]


def test_of_an_organization_and_all_below_it(sessions: sessionmaker[Session]) -> None:
    lesson = ready(sessions)
    with sessions.begin() as session:
        above = organizations.create_organization(session, "上级")
        own = organizations.create_organization(session, "学校", parent_id=above.id)
        other = organizations.create_organization(session, "别的")
        session.execute(update(Asset).where(Asset.id == lesson.asset_id).values(organization_id=own.id))
        found = [
            making_up.count_left(session, Wanted((CAPTIONS_STEP,), organization.id))[CAPTIONS_STEP]
            for organization in (above, own, other)
        ]
    assert found == [1, 1, 0]


def test_no_more_than_a_few_are_queued_and_behind_what_comes_of_new_lessons(
    sessions: sessionmaker[Session],
) -> None:
    lessons = [ready(sessions) for _ in range(4)]
    with sessions() as session:
        assert making_up.is_quiet(session)
    assert queue(sessions, lessons, 3) == 3
    with sessions() as session:
        assert making_up.count_made(session) == 3
        assert making_up.is_quiet(session), "its own steps do not keep it from going on"
    assert sum(map(sum, lacking(sessions, *lessons))) == 5

    fresh = ready(sessions)
    with sessions.begin() as session:
        organization = session.get_one(Asset, lessons[0].asset_id).organization_id
        session.execute(update(Step).values(organization_id=organization))
        steps.add_steps(session, fresh.version_id, [NewStep("transcribe", "transcribe", optional=True)])
        session.execute(
            update(Step)
            .where(Step.version_id == fresh.version_id)
            .values(
                organization_id=organization,
                in_line_since=select(Version.queued_at)
                .where(Version.id == lessons[0].version_id)
                .scalar_subquery(),
            )
        )
    with sessions.begin() as session:
        assert not making_up.is_quiet(session)
        lane = claims.Lane("extras", ("transcribe", "slides"), 16)
        taken = claims.claim_best(session, lane, "w")
    assert taken is not None
    assert taken.version_id == fresh.version_id


@pytest.fixture
def _environment(sessions: sessionmaker[Session], monkeypatch: pytest.MonkeyPatch) -> None:
    address = sessions.kw["bind"].url.set(drivername="postgresql").render_as_string(hide_password=False)
    for name, value in {**ENVIRONMENT, "DATABASE_URL": address}.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("_environment")
def test_an_operator_is_told_how_many_there_are_and_goes_on_to_the_end(
    sessions: sessionmaker[Session], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lessons = [ready(sessions) for _ in range(3)]
    command = ["extras", "make-up", *(lesson.asset_id for lesson in lessons)]
    assert main([*command, "--count"]) == 0
    assert capsys.readouterr().out == "captions / 字幕: 3\nslides / 幻灯片: 3\n"
    assert main(command) == 1
    assert "MODEL_DIR" in capsys.readouterr().err
    with sessions() as session:
        assert making_up.count_made(session) == 0

    def work(_seconds: float) -> None:
        """As workers do meanwhile."""
        with sessions.begin() as session:
            assert 0 < making_up.count_made(session) <= 2
            session.execute(update(Step).where(Step.state == "queued").values(state="done"))

    monkeypatch.setattr(extras, "sleep", work)
    assert main([*command, "--slides", "--at-once", "2"]) == 0
    assert lacking(sessions, *lessons) == [(1, 0)] * 3
    assert capsys.readouterr().out.splitlines()[-1].startswith("0 to do, 0 at work")
