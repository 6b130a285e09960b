"""HDR becomes SDR in which colours are the same colours: compared with a conversion worked out by the standards."""

from __future__ import annotations

import struct
import subprocess
from fractions import Fraction
from math import dist, log, sqrt
from pathlib import Path

import imageio_ffmpeg
import pytest

from configs.ladder import load_ladder
from workers.plan.commands.chunks import picture_of
from workers.plan.commands.frames import HDR_PEAK, HDR_WHITE
from workers.plan.commands.lines import Input, compiled
from workers.plan.decisions.planning import make_plan
from workers.plan.source.probe import MediaInfo, VideoStream

pytestmark = pytest.mark.media

Light = tuple[float, float, float]

PATCHES: dict[str, Light] = {
    "grey": (26, 26, 26),
    "paper": (203, 203, 203),
    "skin": (180, 120, 90),
    "yellow": (700, 650, 60),
    "red": (400, 40, 30),
    "orange": (800, 350, 40),
    "green": (100, 500, 80),
    "blue": (60, 80, 500),
    "cyan": (100, 600, 650),
    "magenta": (500, 60, 450),
    "sky": (250, 450, 900),
    "lamp": (900, 900, 900),
}
"""Red, green and blue of ITU-R BT.2020 as a display shows them, in cd/m²."""

SIDE = 32
LARGEST_ERROR = 6.0
"""CIE 1976 colour difference."""

LUMA = (0.2627, 0.6780, 0.0593)
TO_BT709 = (
    (1.660491, -0.587641, -0.072850),
    (-0.124550, 1.132900, -0.008349),
    (-0.018151, -0.100579, 1.118730),
)
TO_XYZ = ((0.4125, 0.3576, 0.1804), (0.2127, 0.7152, 0.0722), (0.0193, 0.1192, 0.9503))
D65 = (0.9505, 1.0, 1.0888)


@pytest.mark.parametrize("transfer", ["arib-std-b67", "smpte2084"])
def test_bright_colours_keep_their_hue(transfer: str, tmp_path: Path) -> None:
    shown = converted(transfer, tmp_path)
    errors = {
        name: dist(lab(reference(light)), lab([(value / 255) ** 2.4 for value in shown[name]]))
        for name, light in PATCHES.items()
    }
    assert max(errors.values()) <= LARGEST_ERROR, errors


def converted(transfer: str, folder: Path) -> dict[str, bytes]:
    """Each patch in 8 bits, as the best rung's encoder gets it."""
    size = (SIDE * len(PATCHES), SIDE)
    signals = [coded(light, transfer) for light in PATCHES.values()]
    planes = (b"".join(struct.pack("<H", signal[at]) * SIDE for signal in signals) * SIDE for at in range(3))
    source = folder / "chart.mkv"
    raw = ("-f", "rawvideo", "-pix_fmt", "yuv444p10le", "-s", f"{size[0]}x{size[1]}", "-i", "-")
    tags = (
        "-color_trc",
        transfer,
        "-colorspace",
        "bt2020nc",
        "-color_primaries",
        "bt2020",
        "-color_range",
        "tv",
    )
    ffmpeg(*tags, *raw, "-c:v", "ffv1", str(source), given=b"".join(planes))
    rate = Fraction(25)
    picture = VideoStream(
        *(0, "ffv1", *size, "yuv444p10le", rate, rate, 0.0, 0.04),
        color_space="bt2020nc", color_transfer=transfer, color_primaries="bt2020", coded_size=size,
    )  # fmt: skip
    media = MediaInfo("matroska", 0.0, 0.04, 1, picture, ())
    plan = make_plan(media, 0.04, 0.04, load_ladder()).picture
    given = picture_of(Input(str(source), {}), plan, 0, 1, 1)
    given = given.filter("scale", *size, in_color_matrix="bt709", out_range="pc").filter("format", "rgb24")
    pixels = ffmpeg(*compiled(given.output("-", format="rawvideo")))
    middle = size[0] * SIDE // 2 + SIDE // 2
    return {name: pixels[3 * (middle + SIDE * n) :][:3] for n, name in enumerate(PATCHES)}


def ffmpeg(*arguments: str, given: bytes = b"") -> bytes:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *arguments]
    return subprocess.run(command, input=given, capture_output=True, check=True).stdout


def coded(light: Light, transfer: str) -> tuple[int, int, int]:
    """The signal of a light in 10 bits (ITU-R BT.2100, tables 4 to 6 and 9)."""
    if transfer == "smpte2084":
        red, green, blue = map(perceptual_quantizer, light)
    else:
        bright = sum(share * value for share, value in zip(LUMA, light, strict=True)) / HDR_PEAK
        red, green, blue = (hybrid_log_gamma(value / HDR_PEAK * bright ** (1 / 1.2 - 1)) for value in light)
    luma = LUMA[0] * red + LUMA[1] * green + LUMA[2] * blue
    return (
        round(64 + 876 * luma),
        round(512 + 896 * (blue - luma) / 1.8814),
        round(512 + 896 * (red - luma) / 1.4746),
    )


def perceptual_quantizer(light: float) -> float:
    power = (light / 10_000) ** 0.1593017578125
    return float(((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** 78.84375)


def hybrid_log_gamma(scene: float) -> float:
    return sqrt(3 * scene) if scene <= 1 / 12 else 0.17883277 * log(12 * scene - 0.28466892) + 0.55991073


def reference(light: Light) -> list[float]:
    """Red, green and blue of ITU-R BT.709, 1 at most: the brightest of them is brought down by a curve of Möbius that
    begins at half of white, and the others by the same factor.
    """
    colours = [
        max(0.0, sum(share * value for share, value in zip(row, light, strict=True)) / HDR_WHITE)
        for row in TO_BT709
    ]
    brightest, begin, peak = max(colours), 0.5, HDR_PEAK / HDR_WHITE
    if brightest > begin:
        a = -begin * begin * (peak - 1) / (begin * begin - 2 * begin + peak)
        b = (begin * begin - 2 * begin * peak + peak) / (peak - 1)
        mapped = (b * b + 2 * b * begin + begin * begin) / (b - a) * (brightest + a) / (brightest + b)
        colours = [value * mapped / brightest for value in colours]
    return [min(1.0, value) for value in colours]


def lab(colours: list[float]) -> tuple[float, float, float]:
    """CIE L*a*b* of linear BT.709."""
    x, y, z = (
        _lightness(sum(share * value for share, value in zip(row, colours, strict=True)) / white)
        for row, white in zip(TO_XYZ, D65, strict=True)
    )
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def _lightness(value: float) -> float:
    return float(value ** (1 / 3)) if value > 0.008856 else 7.787 * value + 16 / 116
