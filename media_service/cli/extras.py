"""``lessonstream extras``: make up what lessons lack that were ready before it was switched on, straight in the
catalogue."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from time import sleep
from typing import Final

from sqlalchemy.orm import Session, sessionmaker

from configs.settings import Settings
from configs.words import StepKind
from media_service.cli.installation import load_installation_settings
from storage.catalogue import making_up
from storage.catalogue.database import connect
from storage.catalogue.making_up import CAPTIONS_STEP, SLIDES_STEP, Wanted

LOOK_SECONDS: Final = 10.0

_NAMES: Final = {CAPTIONS_STEP: "captions / 字幕", SLIDES_STEP: "slides / 幻灯片"}


def run_make_up(options: argparse.Namespace) -> int:
    """Queue steps as long as lessons lack something, a few at a time and only while nothing else is waiting; with
    ``count`` just tell how many lessons that is. What was begun goes on when this is stopped, and no more is."""
    settings = load_installation_settings(options.data)
    chosen = {CAPTIONS_STEP: options.captions, SLIDES_STEP: options.slides}
    kinds = tuple(kind for kind in chosen if chosen[kind] or not any(chosen.values()))
    wanted = Wanted(kinds, options.organization, options.ids or None)
    engine = connect(settings.database_url)
    try:
        sessions = sessionmaker(engine)
        with sessions() as session:
            left = making_up.count_left(session, wanted)
        for kind, lessons in left.items():
            print(f"{_NAMES[kind]}: {lessons}")
        if options.count:
            return 0
        if refusal := _why_not(settings, left):
            print(refusal, file=sys.stderr)
            return 1
        _make_up(sessions, wanted, options.at_once, sum(left.values()))
    finally:
        engine.dispose()
    return 0


def _why_not(settings: Settings, left: Mapping[StepKind, int]) -> str:
    if left.get(CAPTIONS_STEP) and not settings.model_dir:
        return (
            "MODEL_DIR names no speech model here: captions cannot be made. Set it, or choose --slides. / "
            "此处的 MODEL_DIR 未指定语音模型，无法生成字幕。请先设置，或只选 --slides。"
        )
    return ""


def _make_up(sessions: sessionmaker[Session], wanted: Wanted, at_once: int, left: int) -> None:
    told = None
    while True:
        with sessions.begin() as session:
            at_work = making_up.count_made(session)
            if at_work < at_once and making_up.is_quiet(session):
                at_work += making_up.queue_some(session, wanted, at_once - at_work)
                # Half a second for 60,000 lessons: not asked as long as nothing changes by this.
                left = sum(making_up.count_left(session, wanted).values())
        now = f"{left} to do, {at_work} at work / 剩余 {left}，正在处理 {at_work}"
        if now != told:
            print(now, flush=True)
            told = now
        if not left and not at_work:
            return
        sleep(LOOK_SECONDS)
