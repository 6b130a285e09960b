"""What only a browser draws: by Chromium in the sandbox, driven there by ``programs/draw_page.py``."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from configs.failures import FAILURES
from configs.settings import Settings
from configs.words import FailureCode
from player_embed import vendored
from workers.ffmpeg import ToolFailed, ToolMissing, ToolStuck, ToolTimedOut, run
from workers.plan.failure import MediaFailure
from workers.plan.source.flash import MovieDrawing
from workers.plan.source.lottie import Drawing
from workers.programs import devtools
from workers.rlottie import KILLED, Drawn
from workers.sandbox import Confinement, Limits, Means
from workers.sandbox.policy import GIBIBYTE, SYSTEM_LIBRARIES

DRAW_SECONDS: Final = 1800
"""Of processor time. A second of a movie takes one or two."""

PROCESS_MEMORY: Final = 2 * GIBIBYTE
MEMORY: Final = 3 * GIBIBYTE
SCRATCH: Final = 512 * 1024 * 1024
PROCESSES: Final = 24

VENDOR: Final = Path(__file__).with_name("vendor")

_NAMES: Final = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
_FONTS: Final = tuple(
    map(Path, ("/etc/fonts", "/usr/share/fonts", "/usr/share/fontconfig", "/usr/local/share/fonts"))
)
_START: Final = (
    "import sys; sys.path[:0] = ['/in']; from workers.programs.draw_page import main; main(*sys.argv[1:])"
)


@dataclass(frozen=True)
class Easel:
    """Where a browser draws: ``program`` is its own binary file, no script that starts it; it writes into ``folder``
    until it is ``cancelled``."""

    program: Path
    means: Means
    folder: Path
    cancelled: Callable[[], bool]


@dataclass(frozen=True)
class Played:
    """What came of a movie: how many ``pictures`` of it are worth to be kept, whether anything was ``heard``, whether
    each picture was ``plain``, of one colour, and whether what comes then is ``broken``, and could not be played."""

    pictures: int
    heard: bool
    plain: bool
    broken: bool = False


def find_browser(settings: Settings, means: Means) -> Path:
    """Return the browser that the settings name, else the one on the path. Raises ``ToolMissing`` where there is none,
    or none that could be locked in."""
    if not means.own_file_system:
        raise ToolMissing(f"{means.name} cannot lock a browser in, bubblewrap could")
    named = [settings.chromium] if settings.chromium else _NAMES
    found = next(filter(None, map(shutil.which, named)), None)
    if found is None:
        what = (
            f"CHROMIUM={settings.chromium} is no program" if settings.chromium else "no Chromium on the path"
        )
        raise ToolMissing(f"{what}: install chromium-headless-shell or chromium")
    program = Path(found).resolve()
    # Debian's commands are scripts; no shell is in the sandbox.
    programs = (program, Path("/usr/lib/chromium") / program.name)
    binary = next((path for path in programs if _is_binary(path)), None)
    if binary is None:
        raise ToolMissing(f"{program} is a script: set CHROMIUM to the program that it starts")
    return binary


def draw_lottie(easel: Easel, source: Path, drawing: Drawing) -> Drawn:
    """Draw a Lottie animation, with nothing behind it, into the APNG ``draw_page.OUTPUT``. Raises ``MediaFailure``, and
    what ``workers.ffmpeg.run`` raises."""
    inputs = {"source": source, "lottie.js": library("lottie_svg.min.js")}
    answer = _run(
        easel, "lottie", {**drawing.as_json(), "background": None}, inputs, failure="lottie_invalid"
    )
    return Drawn(transparent=bool(answer["empty"]), plain=bool(answer["plain"]))


def draw_flash(easel: Easel, source: Path, drawing: MovieDrawing) -> Played:
    """Play a Flash movie, into the APNG ``draw_page.OUTPUT`` and the sound ``draw_page.SOUND``. Raises as
    ``draw_lottie``."""
    inputs = {"source": source, "ruffle": vendored("ruffle.js").parent}
    answer = _run(
        easel,
        "flash",
        {**drawing.as_json(), "background": 0xFFFFFF},
        inputs,
        failure="flash_not_supported",
    )
    # The program has played a stranger's movie: its word is taken for no more than there can be.
    return Played(
        pictures=max(1, min(int(answer["kept"]), drawing.frames)),
        heard=bool(answer["heard"]),
        plain=bool(answer["plain"]),
        broken=bool(answer["broken"]),
    )


def draw_html(easel: Easel, source: Path, rate: Fraction, seconds: int, rest: int) -> tuple[Played, bool]:
    """Run an HTML5 package for so many ``seconds``, or until nothing has moved for longer than its ``rest``. Returns
    besides whether it has sounds, which are not heard. Raises as ``draw_lottie``."""
    frames = int(seconds * rate)
    plan: dict[str, Any] = {"background": 0xFFFFFF, "frames": frames, "rest": int(rest * rate)}
    plan |= {"rate": rate.as_integer_ratio(), "delay": (1 / rate).as_integer_ratio()}
    answer = _run(easel, "html", plan, {"source": source}, failure="html_package_invalid")
    pictures = max(1, min(int(answer["kept"]), frames))
    return Played(pictures, heard=False, plain=bool(answer["plain"])), bool(answer["has_sound"])


def library(name: str) -> Path:
    """Return where a vendored file lies, by its name without package and version."""
    (path,) = VENDOR.rglob(f"*@*/{name}")
    return path


def _run(
    easel: Easel, kind: str, plan: Mapping[str, Any], inputs: Mapping[str, Path], *, failure: FailureCode
) -> dict[str, Any]:
    confinement = Confinement(
        tool=Path(sys.executable).resolve(),
        libraries=(Path(sys.base_prefix), *SYSTEM_LIBRARIES, *_FONTS, easel.program.parent),
        inputs={"workers/programs": Path(devtools.__file__).parent, **inputs},
        output=easel.folder,
        scratch_bytes=SCRATCH,
        limits=Limits(
            cpu_seconds=DRAW_SECONDS,
            # The program in the sandbox ends a browser that is silent itself, and says so.
            idle_seconds=2 * devtools.PATIENCE,
            memory_bytes=PROCESS_MEMORY,
            resident_bytes=MEMORY,
            processes=PROCESSES,
        ),
    )
    told = json.dumps({**plan, "browser": str(easel.program)})
    try:
        done = run(
            confinement,
            ["-I", "-S", "-c", _START, kind, told],
            means=easel.means,
            cancelled=easel.cancelled,
        )
    except ToolTimedOut as error:
        raise MediaFailure(
            "animation_too_complex", f"{error.how}: {error.cpu_seconds:.0f} s of processor time"
        ) from error
    except ToolFailed as error:
        if isinstance(error, ToolStuck) or error.returncode in KILLED:
            raise
        # The program takes whatever a movie does; what it does not take is a captured browser's doing.
        raise MediaFailure("animation_too_complex", error.stderr_tail[-500:]) from error
    answer = json.loads(done.stdout.splitlines()[-1] if done.stdout.strip() else b"{}")
    if refused := answer.get("refused"):
        known: list[FailureCode] = [code for code in FAILURES if code == refused]
        raise MediaFailure(known[0] if known else "animation_too_complex", "the program refused it")
    if "failed" in answer:
        raise MediaFailure(failure, str(answer["failed"])[:500])
    return dict(answer)


def _is_binary(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"
