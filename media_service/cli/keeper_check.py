"""``lessonstream doctor --keeper``: whether the keepers did their tasks lately, and nothing else."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from functools import partial

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from configs.keeping import KEEPING
from configs.settings import Settings
from media_service.cli.findings import CheckFailed, database_failed, finding, report
from media_service.cli.installation import load_installation_settings
from storage.catalogue.database import connect
from storage.catalogue.keeping import Trace, traces


def run(options: argparse.Namespace) -> int:
    """Print the one finding; exit status 0 only if all is well."""
    look_here = partial(look, load_installation_settings(options.data))
    return report([finding("keeper", look_here)], as_json=options.json)


def look(settings: Settings) -> str:
    """Return what the tasks of the keepers did lately. Raises ``CheckFailed``."""
    engine = connect(settings.database_url)
    try:
        with Session(engine) as session:
            return judge_keeper(traces(session))
    except SQLAlchemyError as error:
        raise database_failed(error) from error
    finally:
        engine.dispose()


def judge_keeper(found: Sequence[Trace]) -> str:
    """Return what its tasks did lately. Raises ``CheckFailed`` if one did nothing for too long: that none runs is one
    reason, that it cannot reach a server another."""
    known = {trace.task: trace for trace in found}
    late = [task for task in KEEPING if task not in known or known[task].late]
    if late:
        reasons = {known[task].error for task in late if task in known and known[task].error}
        raise CheckFailed(
            f"nothing was done lately of: {', '.join(late)}" + "".join(f"; {reason}" for reason in reasons),
            "Start `lessonstream keeper` (`lessonstream up` has one), or look at its log. / "
            "请启动 `lessonstream keeper`（`lessonstream up` 已自带），或查看其日志。",
        )
    return f"all {len(KEEPING)} tasks were done lately"
