"""Clips of the kinds that teachers upload, made here: what matters is how much of a picture moves, and how."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from benchmarks.clips import QUIET, ffmpeg

RATE = 25
SECONDS = 40
PAGE_SECONDS = 8
SIZE = (1920, 1080)
HEAD_INPUT = ("-f", "lavfi", "-t", str(SECONDS), "-i", "cellauto=s=110x140:rate=8:rule=110")
WORDS = ("water", "light", "school", "river", "number", "letter", "mountain", "garden", "science", "music")


def slides(folder: Path) -> Path:
    """Pages of text and a chart, each on the screen for eight seconds, as a constant-rate recording."""
    pages, joined = _pages(folder)
    return _make(folder / "slides.mp4", pages, joined)


def slides_with_speaker(folder: Path) -> Path:
    """The same pages with the picture of a webcam in a corner, as recorders of lectures make them."""
    pages, joined = _pages(folder)
    camera = _head(SECONDS // PAGE_SECONDS, "240:320")
    corner = "[pages][noisy]overlay=x='1600+6*sin(t*1.7)':y='700+3*sin(t*2.9)'"
    graph = f"{joined}[pages];{camera};[head]noise=alls=6:allf=t[noisy];{corner}"
    return _make(folder / "speaker.mp4", [*pages, *HEAD_INPUT], graph)


def _pages(folder: Path) -> tuple[list[str], str]:
    pages: list[str] = []
    for number in range(SECONDS // PAGE_SECONDS):
        page = folder / f"page-{number}.png"
        _page(number).save(page)
        pages += ["-loop", "1", "-framerate", str(RATE), "-t", str(PAGE_SECONDS), "-i", str(page)]
    joined = "".join(f"[{number}:v]" for number in range(SECONDS // PAGE_SECONDS))
    return pages, f"{joined}concat=n={SECONDS // PAGE_SECONDS}:v=1:a=0"


def talking_head(folder: Path) -> Path:
    """A still room, camera noise, and a head-sized texture that sways and changes a little."""
    room = folder / "room.png"
    _page(99).resize((960, 540)).resize(SIZE).save(room)
    inputs = ["-loop", "1", "-framerate", str(RATE), "-t", str(SECONDS), "-i", str(room)]
    inputs += HEAD_INPUT
    sway = "overlay=x='740+24*sin(t*1.7)':y='300+10*sin(t*2.9)'"
    return _make(folder / "head.mp4", inputs, f"{_head(1, '440:560')};[0:v][head]{sway},noise=alls=3:allf=t")


def _head(number: int, size: str) -> str:
    skin = "colorchannelmixer=.9:.1:0:0:.7:.1:0:0:.6"
    return f"[{number}:v]scale={size}:flags=bicubic,format=gbrp,gblur=sigma=9,fps={RATE},{skin}[head]"


def cartoon(folder: Path) -> Path:
    """Flat colours with hard edges that pan and grow, and cuts."""
    scenes = [
        f"testsrc2=s={SIZE[0]}x{SIZE[1]}:r={RATE},rotate='0.15*sin(t)':c=0x88bbee",
        f"mandelbrot=s=960x540:rate={RATE}:maxiter=24:start_scale=1.5:end_scale=0.3:end_pts=200,scale={SIZE[0]}:{SIZE[1]}:flags=neighbor",
        f"life=s=96x54:r=6:mold=20:life_color=#f0d060:death_color=#308050,scale={SIZE[0]}:{SIZE[1]}:flags=neighbor,fps={RATE}",
        f"gradients=s={SIZE[0]}x{SIZE[1]}:r={RATE}:n=4:speed=0.03,drawgrid=w=240:h=240:t=8:c=black",
    ]
    return _join(folder / "cartoon.mp4", scenes, "")


def film(folder: Path) -> Path:
    """Soft textures that move all over, with grain and cuts."""
    scenes = [
        f"mandelbrot=s=480x270:rate={RATE}:start_scale=2,scale={SIZE[0]}:{SIZE[1]}:flags=bicubic",
        f"life=s=240x136:r={RATE}:mold=10:life_color=#b0a080:death_color=#204060,scale={SIZE[0]}:{SIZE[1]},gblur=sigma=6",
        f"gradients=s=480x270:r={RATE}:n=6:speed=0.05,scale={SIZE[0]}:{SIZE[1]}",
        f"cellauto=s=240x136:rate={RATE}:rule=110,scale={SIZE[0]}:{SIZE[1]}:flags=bicubic,gblur=sigma=3",
    ]
    return _join(folder / "film-40.mp4", scenes, "noise=alls=4:allf=t")


SCENES: dict[str, Callable[[Path], Path]] = {
    "slides": slides,
    "slides with a speaker": slides_with_speaker,
    "talking head": talking_head,
    "cartoon": cartoon,
    "film": film,
}


def telecined(folder: Path) -> Path:
    """A film of 20 pictures a second in 25: every fifth is the one before once more, as every fifth of a cinema's 24 in
    30 is."""
    scenes = [
        "mandelbrot=s=480x270:rate=20:start_scale=2,scale=1280:720:flags=bicubic",
        "cellauto=s=240x136:rate=20:rule=110,scale=1280:720:flags=bicubic,gblur=sigma=3",
    ]
    return _join(folder / "telecined.mp4", scenes, f"noise=alls=4:allf=t,fps={RATE}", rate=20)


def frugal_camera(folder: Path) -> Path:
    """Some 300 kbit/s of a noisy picture in which somebody walks, with a keyframe every ten seconds, as a camera that
    watches a room writes it."""
    room = folder / "room-720.png"
    _page(98).resize((640, 360)).resize((1280, 720)).save(room)
    inputs = ["-loop", "1", "-framerate", str(RATE), "-t", str(SECONDS), "-i", str(room), *HEAD_INPUT]
    walk = "overlay=x='640+600*sin(t/4)':y='200+8*sin(t*5)',noise=alls=8:allf=t"
    camera = [
        "-c:v",
        "libx264",
        "-preset",
        "veryfast",
        "-b:v",
        "300k",
        "-maxrate",
        "600k",
        "-bufsize",
        "600k",
    ]
    return _make(
        folder / "camera.mp4",
        inputs,
        f"{_head(1, '120:360')};[0:v][head]{walk}",
        [*camera, "-pix_fmt", "yuv420p", "-g", str(10 * RATE)],
    )


HARD_TO_JUDGE: dict[str, Callable[[Path], Path]] = {
    "telecined film": telecined,
    "frugal camera": frugal_camera,
}
"""Scenes of which pieces may tell something else than the whole."""


def _join(target: Path, scenes: Sequence[str], finish: str, rate: int = RATE) -> Path:
    length = SECONDS // len(scenes)
    inputs = [part for scene in scenes for part in ("-f", "lavfi", "-t", str(length), "-i", scene)]
    same = "".join(f"[{n}:v]fps={rate},format=yuv420p,setsar=1[s{n}];" for n in range(len(scenes)))
    joined = "".join(f"[s{n}]" for n in range(len(scenes)))
    graph = f"{same}{joined}concat=n={len(scenes)}:v=1:a=0"
    return _make(target, inputs, f"{graph},{finish}" if finish else graph)


GOOD_CODEC = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "14", "-pix_fmt", "yuv420p", "-g", "50")
"""As a good camera or editor writes it."""


def _make(target: Path, inputs: Sequence[str], graph: str, codec: Sequence[str] = GOOD_CODEC) -> Path:
    if not target.exists():
        unfinished = target.with_name(f"unfinished-{target.name}")
        colours = ["-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709"]
        command = [ffmpeg(), *QUIET, *inputs, "-filter_complex", graph, *codec, *colours, str(unfinished)]
        subprocess.run(command, check=True)
        unfinished.rename(target)
    return target


def _page(number: int) -> Image.Image:
    chance = random.Random(number)
    page = Image.new("RGB", SIZE, (250, 250, 246))
    draw = ImageDraw.Draw(page)
    draw.rectangle((0, 0, SIZE[0], 130), fill=(30, 70, 140))
    draw.text(
        (60, 30), f"Lesson {number + 1}: the shape of things", font=ImageFont.load_default(64), fill="white"
    )
    for line in range(11):
        text = " ".join(chance.choices(WORDS, k=7))
        draw.text((80, 190 + 62 * line), f"- {text}", font=ImageFont.load_default(36), fill=(20, 20, 20))
    for bar in range(8):
        top = 960 - chance.randrange(80, 700)
        draw.rectangle((1380 + 60 * bar, top, 1425 + 60 * bar, 960), fill=(200, 90 + 15 * bar, 60))
    return page
