"""Lectures that are made here: slides whose text is known, as pictures and as a film that shows them."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import imageio_ffmpeg
from PIL import Image, ImageDraw, ImageFilter, ImageFont

SIZE: Final = (1280, 720)
FONTS: Final = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/opentype/noto/NotoSerifCJK-Bold.ttc",
)
WORDS: Final = (
    "社区教育", "健康生活", "水质安全", "家庭园艺", "书法入门", "中国绘画", "民族音乐", "手机摄影",
    "营养烹饪", "茶艺文化", "养生太极", "智能手机", "防范诈骗", "老年大学", "山川河流", "历史名城",
    "传统节日", "急救常识", "法律法规", "垃圾分类", "阅读方法", "口语表达", "亲子沟通", "剪纸艺术",
)  # fmt: skip
FOOTER: Final = "社区学院"
"""Stands on every page."""

THEMES: Final = (
    ((250, 250, 246), (30, 70, 140), (255, 255, 255), (20, 20, 20)),
    ((24, 28, 40), (24, 28, 40), (240, 240, 240), (210, 210, 210)),
    ((255, 255, 255), (255, 255, 255), (180, 30, 30), (40, 40, 40)),
    ((232, 240, 228), (60, 110, 60), (255, 255, 255), (30, 40, 30)),
)
"""Ground, band behind the title, title, text."""


@dataclass(frozen=True)
class Page:
    """A slide: what it says, and how it looks."""

    title: str
    lines: tuple[str, ...]
    theme: int = 0
    chart: int = 0

    @property
    def text(self) -> str:
        """All that is to be read on it, but for what stands on every slide."""
        return "\n".join((self.title, *self.lines))


@dataclass(frozen=True)
class Lecture:
    """Pages, and for how many seconds each is shown. Their lines may come one by one."""

    pages: tuple[Page, ...]
    seconds: tuple[float, ...]
    builds: bool = False
    fade: float = 0.0
    speaker: bool = False
    pointer: bool = False

    @property
    def starts(self) -> list[float]:
        """Seconds at which the pages come."""
        return [sum(self.seconds[:number]) for number in range(len(self.pages))]

    @property
    def duration(self) -> float:
        return sum(self.seconds)


def lecture(seed: int, pages: int, seconds: tuple[float, float]) -> Lecture:
    """Any lecture; the same for the same seed."""
    chance = random.Random(seed)
    theme = chance.randrange(len(THEMES))
    return Lecture(
        tuple(page(chance, theme) for _ in range(pages)),
        tuple(chance.uniform(*seconds) for _ in range(pages)),
        builds=chance.random() < 0.5,
        fade=chance.choice((0.0, 0.0, 0.5, 1.0)),
        speaker=chance.random() < 0.5,
        pointer=chance.random() < 0.5,
    )


def page(chance: random.Random, theme: int) -> Page:
    """Any page."""
    title = "".join(chance.sample(WORDS, 2))
    few = chance.random() < 0.25
    lines = (
        "".join(chance.sample(WORDS, chance.randint(2, 5))) for _ in range(chance.randint(1, 2) if few else 6)
    )
    return Page(title, tuple(lines), theme, chance.randrange(1, 1000) if chance.random() < 0.3 else 0)


@cache
def font(size: int) -> ImageFont.FreeTypeFont:
    """A font with Chinese characters."""
    found = next((path for path in FONTS if Path(path).exists()), None)
    assert found is not None, "no font with Chinese characters: install fonts-wqy-zenhei or fonts-noto-cjk"
    return ImageFont.truetype(found, size)


@cache
def drawn(shown: Page, lines: int) -> Image.Image:
    """A page with so many of its lines."""
    ground, band, title, text = THEMES[shown.theme]
    picture = Image.new("RGB", SIZE, ground)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, SIZE[0], 90), fill=band)
    draw.text((50, 16), shown.title, font=font(44), fill=title)
    draw.text((1000, 680), FOOTER, font=font(22), fill=text)
    for number, line in enumerate(shown.lines[:lines]):
        draw.text((70, 130 + 84 * number), line, font=font(34), fill=text)
    if shown.chart:
        heights = random.Random(shown.chart)
        for bar in range(5):
            draw.rectangle(
                (860 + 40 * bar, 640 - heights.randrange(40, 100), 885 + 40 * bar, 640), fill=(200, 90, 60)
            )
    return picture


@cache
def _head() -> Image.Image:
    chance = random.Random(7)
    noise = Image.new("L", (50, 65))
    noise.putdata([chance.randrange(256) for _ in range(50 * 65)])
    return noise.resize((200, 260)).filter(ImageFilter.GaussianBlur(6)).convert("RGB")


def at(shown: Lecture, time: float, chance: random.Random) -> Image.Image:
    """What is seen at a time; the speaker and the pointer are where they happen to be."""
    number = max(n for n, start in enumerate(shown.starts) if start <= time + 1e-6)
    since, here = time - shown.starts[number], shown.pages[number]
    lines = len(here.lines)
    if shown.builds:
        lines = min(lines, 1 + int(since / shown.seconds[number] * (lines + 1)))
    picture = drawn(here, lines)
    if number and since < shown.fade:
        before = shown.pages[number - 1]
        picture = Image.blend(drawn(before, len(before.lines)), picture, since / shown.fade)
    picture = picture.copy()
    if shown.speaker:
        picture.paste((90, 80, 70), (1060, 400, 1280, 670))
        picture.paste(
            _head().rotate(chance.uniform(-6, 6)), (1064 + chance.randrange(14), 405 + chance.randrange(8))
        )
    if shown.pointer:
        x, y = chance.randrange(100, 900), chance.randrange(100, 600)
        arrow = ((x, y), (x + 18, y + 18), (x, y + 26))
        ImageDraw.Draw(picture).polygon(arrow, fill=(255, 255, 255), outline=(0, 0, 0))
    return picture


def film(
    shown: Lecture, path: Path, rate: int = 5, size: tuple[int, int] = SIZE, shown_rate: int = 0
) -> Path:
    """Record a lecture: ``rate`` pictures a second are drawn, ``shown_rate`` are in the film, the same if 0."""
    chance = random.Random(1)
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24",
        "-s", f"{SIZE[0]}x{SIZE[1]}", "-r", str(rate), "-i", "-", "-s", f"{size[0]}x{size[1]}", "-c:v", "libx264",
        "-preset", "ultrafast", "-crf", "18", "-pix_fmt", "yuv420p", "-r", str(shown_rate or rate), str(path),
    ]  # fmt: skip
    frames = (at(shown, number / rate, chance).tobytes() for number in range(round(shown.duration * rate)))
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        for frame in frames:
            process.stdin.write(frame)
        process.stdin.close()
        assert process.wait(timeout=300) == 0
    return path


def frames(path: Path, size: tuple[int, int]) -> bytes:
    """All frames of a film, blue, green and red, a byte each."""
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-i", str(path), "-s", f"{size[0]}x{size[1]}",
        "-f", "rawvideo", "-pix_fmt", "bgr24", "-",
    ]  # fmt: skip
    return subprocess.run(command, check=True, capture_output=True, timeout=120).stdout


def errors(told: str, wanted: str) -> int:
    """Characters that have to be changed, added or taken away (Levenshtein)."""
    row = list(range(len(wanted) + 1))
    for number, character in enumerate(told, 1):
        before, row[0] = row[0], number
        for place, other in enumerate(wanted, 1):
            before, row[place] = (
                row[place],
                min(row[place] + 1, row[place - 1] + 1, before + (character != other)),
            )
    return row[-1]


def cartoon(seed: int, seconds: float, every: float) -> Iterator[Image.Image]:
    """Pictures of flat figures with outlines: shots of some seconds in which one of them moves a little."""
    chance = random.Random(seed)
    time = 0.0
    while time < seconds:
        end = time + chance.uniform(8, 25)
        ground = tuple(chance.randrange(60, 250) for _ in range(3))
        shapes = [
            [chance.randrange(1280), chance.randrange(720), chance.randrange(60, 400)] for _ in range(8)
        ]
        colours = [tuple(chance.randrange(256) for _ in range(3)) for _ in shapes]
        left = chance.randrange(100, 900)
        while time < min(end, seconds):
            picture = Image.new("RGB", SIZE, ground)
            draw = ImageDraw.Draw(picture)
            for (x, y, width), colour in zip(shapes, colours, strict=True):
                draw.ellipse((x, y, x + width, y + 0.7 * width), fill=colour, outline=(0, 0, 0), width=5)
            x = left + chance.randrange(30)
            draw.ellipse((x, 300, x + 120, 420), fill=(250, 210, 170), outline=(0, 0, 0), width=6)
            draw.rectangle((x + 20, 420, x + 100, 650), fill=(50, 50, 200), outline=(0, 0, 0), width=6)
            yield picture
            time += every
