"""What a viewer would notice: a lesson of known content is uploaded, and what comes out is looked at and listened to.

The source counts its frames in black and white squares, flashes and beeps once a second, and stands still in four
patches of colour; it begins with three seconds of black. Everything is read from the public addresses, by ffmpeg as
an HLS client or from the bytes themselves.
"""

from __future__ import annotations

import io
import re
import subprocess
import sys
from array import array
from bisect import bisect_left
from dataclasses import dataclass
from itertools import pairwise
from math import cos, hypot, pi, sin
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import imageio_ffmpeg
import pytest
from PIL import Image
from support import RunningStack

from workers.plan.formats.cmaf import Fragment, Track, boxes, read_fragment, read_track

pytestmark = pytest.mark.integration

SECONDS = 22
FRAMES = SECONDS * 30_000 // 1001
RATE = 30_000 / 1001
SIZE = (854, 480)
BITS = 12
CELL = 40
BLACK_SECONDS = 3
TONE = 440
BEEP = 4000
SAMPLE_RATE = 48_000
PATCHES = {"red": (220, 30, 30), "green": (30, 160, 60), "blue": (40, 60, 200), "skin": (224, 172, 150)}
FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()


def _read(*arguments: str) -> bytes:
    """What ffmpeg writes to its standard output; it must succeed and have nothing to say."""
    command = [FFMPEG, "-nostdin", "-hide_banner", "-v", "warning", *arguments]
    done = subprocess.run(command, capture_output=True, timeout=120, check=False)
    assert (done.returncode, done.stderr.decode()) == (0, "")
    return done.stdout


def _counter(frame: int) -> bytes:
    """A row of squares that spells the number of the frame, lowest bit first; as gray pixels."""
    row = b"".join((b"\xeb" if frame >> bit & 1 else b"\x10") * CELL for bit in range(BITS))
    return row * CELL


def _make_source(path: Path) -> None:
    """The counter in the upper left, patches of colour below, a flash in the right half at each whole second."""
    width, height = SIZE
    boxes_of_colour = ",".join(
        f"drawbox=x={20 + 200 * place}:y=240:w=160:h=160:c=0x{red:02x}{green:02x}{blue:02x}:t=fill"
        for place, (red, green, blue) in enumerate(PATCHES.values())
    )
    graph = (
        f"color=c=0x404040:s={width}x{height}:r=30000/1001,format=gbrp,{boxes_of_colour}[ground];"
        f"color=c=white:s=300x160:r=30000/1001[light];"
        # The frame that is on the screen at a whole second, and the two after it.
        f"[ground][light]overlay=x=540:y=40:enable='lt(mod(t+0.0334,1),0.1)':format=gbrp[flashing];"
        f"[0:v]format=gbrp[count];[flashing][count]overlay=x=20:y=20:format=gbrp:shortest=1,"
        f"drawbox=c=black:t=fill:enable='lt(t,{BLACK_SECONDS})',"
        "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p[picture];"
        f"aevalsrc='0.25*sin(2*PI*{TONE}*t)+0.4*sin(2*PI*{BEEP}*t)*lt(mod(t,1),0.1)':s={SAMPLE_RATE}:d={SECONDS}"
        "[sound]"
    )
    command = [
        FFMPEG, "-nostdin", "-v", "error", "-f", "rawvideo", "-pix_fmt", "gray", "-s", f"{BITS * CELL}x{CELL}",
        "-r", "30000/1001", "-i", "pipe:0", "-filter_complex", graph, "-map", "[picture]", "-map", "[sound]",
        "-c:v", "libx264", "-preset", "ultrafast", "-crf", "12", "-g", "100", "-colorspace", "bt709",
        "-color_primaries", "bt709", "-color_trc", "bt709", "-c:a", "pcm_s16le", "-frames:v", str(FRAMES), str(path),
    ]  # fmt: skip
    subprocess.run(command, input=b"".join(map(_counter, range(FRAMES))), check=True, timeout=120)


@dataclass(frozen=True)
class Stream:
    """A media playlist and what it points to: one duration (seconds), size (bytes) and fragment for each segment."""

    uri: str
    attributes: dict[str, str]
    track: Track
    durations: list[float]
    sizes: list[int]
    fragments: list[Fragment]


@dataclass(frozen=True)
class Lesson:
    """The uploaded source once it is ready."""

    asset: dict[str, Any]
    master: str
    video: list[Stream]
    audio: Stream

    def url(self, name: str) -> str:
        return urljoin(self.master, name)


@pytest.fixture(scope="module")
def lesson(stack: RunningStack, tmp_path_factory: pytest.TempPathFactory) -> Lesson:
    source = tmp_path_factory.mktemp("outcome") / "counted.mov"
    _make_source(source)
    asset = stack.wait(stack.upload(source), "ready")
    master = asset["playback_ids"][0]["manifest_url"]
    text = stack.request("GET", master, key=None).data.decode()
    lines = text.splitlines()
    video = [
        _stream(stack, urljoin(master, uri), _attributes(line))
        for line, uri in pairwise(lines)
        if line.startswith("#EXT-X-STREAM-INF")
    ]
    (sound,) = (_attributes(line) for line in lines if line.startswith("#EXT-X-MEDIA:TYPE=AUDIO"))
    return Lesson(asset, master, video, _stream(stack, urljoin(master, sound["URI"]), sound))


def _attributes(line: str) -> dict[str, str]:
    found = re.findall(r'([A-Z0-9-]+)=("[^"]*"|[^,]*)', line.partition(":")[2])
    return {name: value.strip('"') for name, value in found}


def _stream(stack: RunningStack, uri: str, attributes: dict[str, str]) -> Stream:
    """Reads a media playlist as a player does: by its byte ranges."""
    text = stack.request("GET", uri, key=None).data.decode()
    assert text.rstrip().endswith("#EXT-X-ENDLIST")
    files: dict[str, bytes] = {}

    def cut(address: str, span: str) -> bytes:
        url = urljoin(uri, address)
        if url not in files:
            files[url] = stack.request("GET", url, key=None).data
        length, _, offset = span.partition("@")
        return files[url][int(offset) : int(offset) + int(length)]

    track: Track | None = None
    durations, sizes, fragments = [], [], []
    span = ""
    for line in text.splitlines():
        if line.startswith("#EXT-X-MAP"):
            named = _attributes(line)
            head = cut(named["URI"], named["BYTERANGE"])
            moov = next(box for box in boxes(head) if box.kind == b"moov")
            track = read_track(head[moov.start : moov.end])
        elif line.startswith("#EXTINF:"):
            durations.append(float(line.removeprefix("#EXTINF:").rstrip(",")))
        elif line.startswith("#EXT-X-BYTERANGE:"):
            span = line.partition(":")[2]
        elif line and not line.startswith("#"):
            segment = cut(line, span)
            assert track is not None
            (moof,) = (box for box in boxes(segment) if box.kind == b"moof")
            fragments.append(read_fragment(segment[moof.start : moof.end], track))
            sizes.append(len(segment))
    assert track is not None
    return Stream(uri, attributes, track, durations, sizes, fragments)


def _shown(stream: Stream) -> list[float]:
    """When each frame is on the screen, as a browser reckons it (ISO/IEC 14496-12: tfdt and composition offsets)."""
    times = [time for fragment in stream.fragments for time in fragment.presentation_times]
    return [time / stream.track.timescale for time in sorted(times)]


def _gray(uri: str, width: int, height: int) -> list[bytes]:
    """All frames, in the order of showing, as gray pixels of this size."""
    scale = f"scale={width}:{height}:flags=area:out_range=pc,format=gray"
    data = _read(
        "-xerror", "-i", uri, "-map", "0:v", "-vf", scale, "-fps_mode", "passthrough", "-f", "rawvideo", "-"
    )
    return [data[at : at + width * height] for at in range(0, len(data), width * height)]


def _number(frame: bytes, width: int) -> int:
    """The number that a frame of ``SIZE`` divided by 10 spells."""
    row = 40 // 10 * width
    return sum(1 << bit for bit in range(BITS) if frame[row + (20 + CELL * bit + CELL // 2) // 10] > 127)


def test_all_rungs_are_there(lesson: Lesson) -> None:
    sizes = {(stream.track.width, stream.track.height) for stream in lesson.video}
    assert sizes == {(854, 480), (428, 240)} or sizes == {(854, 480), (426, 240)}
    assert len(lesson.video[0].fragments) == 6
    assert lesson.asset["duration"] == pytest.approx(SECONDS, abs=0.05)


@pytest.mark.parametrize("rung", [0, 1])
def test_every_frame_is_there_once_and_in_order(lesson: Lesson, rung: int) -> None:
    width, height = SIZE[0] // 10, SIZE[1] // 10
    frames = _gray(lesson.video[rung].uri, width, height)
    assert abs(len(frames) - FRAMES) <= 1
    black = round(BLACK_SECONDS * RATE)
    assert all(max(frame) < 24 for frame in frames[: black - 1])
    numbers = [_number(frame, width) for frame in frames[black + 1 : FRAMES]]
    assert numbers == list(range(black + 1, black + 1 + len(numbers)))


def test_everything_decodes_together(lesson: Lesson) -> None:
    played = _read(
        "-xerror", "-i", lesson.master, "-map", "0:v", "-map", "0:a", "-f", "framecrc", "-"
    ).decode()
    streams = [line.split(",")[0] for line in played.splitlines() if not line.startswith("#")]
    counts = [streams.count(str(number)) for number in range(len(lesson.video) + 1)]
    assert counts[0] == counts[1]
    assert abs(counts[0] - FRAMES) <= 1
    assert abs(counts[2] - SECONDS * SAMPLE_RATE / 1024) <= 2


def test_time_runs_evenly_in_every_rendition(lesson: Lesson) -> None:
    for stream in (*lesson.video, lesson.audio):
        time = 0
        for fragment, duration in zip(stream.fragments, stream.durations, strict=True):
            assert fragment.decode_time == time
            assert all(sample.duration > 0 for sample in fragment.samples)
            assert duration == pytest.approx(fragment.duration / stream.track.timescale, abs=0.001)
            time += fragment.duration
        assert time / stream.track.timescale == pytest.approx(SECONDS, abs=0.06)
    for stream in lesson.video:
        assert all(b - a == pytest.approx(1 / RATE, abs=1e-6) for a, b in pairwise(_shown(stream)))
        assert _shown(stream)[0] == 0


def test_rungs_switch_at_the_same_keyframes(lesson: Lesson) -> None:
    cuts = {tuple(fragment.decode_time for fragment in stream.fragments) for stream in lesson.video}
    assert len(cuts) == 1
    for stream in lesson.video:
        for fragment in stream.fragments:
            assert [sample.keyframe for sample in fragment.samples].count(True) == 1
            assert fragment.samples[0].keyframe


def test_bandwidth_is_at_least_the_peak(lesson: Lesson) -> None:
    sound = max(
        8 * size / time for size, time in zip(lesson.audio.sizes, lesson.audio.durations, strict=True)
    )
    for stream in lesson.video:
        long = [(size, time) for size, time in zip(stream.sizes, stream.durations, strict=True) if time > 2]
        peak = max(8 * size / time for size, time in long) + sound
        assert peak <= int(stream.attributes["BANDWIDTH"]) <= 1.6 * peak
        assert int(stream.attributes["AVERAGE-BANDWIDTH"]) <= int(stream.attributes["BANDWIDTH"])


@pytest.fixture(scope="module")
def sound(lesson: Lesson) -> list[float]:
    """All samples, from time zero on."""
    data = _read("-xerror", "-i", lesson.audio.uri, "-map", "0:a", "-ac", "1", "-f", "s16le", "-")
    samples = array("h", data)
    if sys.byteorder == "big":
        samples.byteswap()
    return [sample / 32768 for sample in samples]


def _wave(samples: list[float], start: int, count: int, frequency: float) -> complex:
    """Amplitude and phase of a sine in the samples."""
    turn = 2 * pi * frequency / SAMPLE_RATE
    window = samples[start : start + count]
    real = sum(value * cos(turn * (start + at)) for at, value in enumerate(window))
    imaginary = sum(value * sin(turn * (start + at)) for at, value in enumerate(window))
    return complex(real, imaginary) * 2 / count


def test_sound_has_no_gap_and_no_click_at_the_seams(lesson: Lesson, sound: list[float]) -> None:
    """The tone keeps its strength and its phase in every 10 ms around the seam; a lost or doubled frame, or the
    encoder's priming, would turn it.
    """
    seams = [
        round(fragment.decode_time / lesson.audio.track.timescale * SAMPLE_RATE)
        for fragment in lesson.audio.fragments[1:]
    ]
    assert len(seams) > 4
    step = SAMPLE_RATE * 10 // 440
    for seam in seams:
        for start in range(seam - 4 * step, seam + 4 * step, step):
            if start % SAMPLE_RATE < 0.12 * SAMPLE_RATE or start % SAMPLE_RATE > 0.97 * SAMPLE_RATE:
                continue
            wave = _wave(sound, start, step, TONE)
            assert abs(wave) == pytest.approx(0.25, rel=0.1), (seam, start)
            assert abs(wave.real) < 0.05, (seam, start)
            assert wave.imag > 0


def test_flash_and_beep_come_together(lesson: Lesson, sound: list[float]) -> None:
    """Within 45 ms at every second (EBU R37 tolerates 40 ms early and 60 ms late)."""
    width, height = SIZE[0] // 10, SIZE[1] // 10
    shown = _shown(lesson.video[0])
    frames = _gray(lesson.video[0].uri, width, height)
    lit = [frame[12 * width + 69] > 160 for frame in frames]
    flashes = [shown[at] for at in range(1, len(lit)) if lit[at] and not lit[at - 1]]
    assert len(flashes) == SECONDS - BLACK_SECONDS - 1 or len(flashes) == SECONDS - BLACK_SECONDS
    step = SAMPLE_RATE // 250
    loud = [
        hypot(wave.real, wave.imag) > 0.2
        for wave in (_wave(sound, at, step, BEEP) for at in range(0, len(sound) - step, step))
    ]
    beeps = [at * step / SAMPLE_RATE for at in range(1, len(loud)) if loud[at] and not loud[at - 1]]
    for flash in flashes:
        near = bisect_left(beeps, flash - 0.5)
        assert beeps[near] == pytest.approx(flash, abs=0.045)


def _assert_colours(image: Image.Image, tolerance: int) -> None:
    scale = image.width / SIZE[0]
    for place, (name, wanted) in enumerate(PATCHES.items()):
        pixel = image.convert("RGB").getpixel((int((100 + 200 * place) * scale), int(320 * scale)))
        assert isinstance(pixel, tuple)
        off = max(abs(got - want) for got, want in zip(pixel, wanted, strict=True))
        assert off <= tolerance, (name, pixel)


def _picture(stack: RunningStack, url: str) -> Image.Image:
    answer = stack.request("GET", url, key=None)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "image/jpeg"), answer.data[:200]
    return Image.open(io.BytesIO(answer.data))


@pytest.mark.parametrize("rung", [0, 1])
def test_colours_stay(lesson: Lesson, rung: int) -> None:
    stream = lesson.video[rung]
    size = (stream.track.width, stream.track.height)
    data = _read(
        "-i", stream.uri, "-vf", "select=eq(n\\,200),scale=in_color_matrix=bt709,format=rgb24", "-frames:v", "1",
        "-f", "rawvideo", "-",
    )  # fmt: skip
    _assert_colours(Image.frombytes("RGB", size, data), 8)


def test_poster_is_not_the_black_start(stack: RunningStack, lesson: Lesson) -> None:
    poster = _picture(stack, lesson.asset["images"]["poster"])
    assert poster.width >= 640
    _assert_colours(poster, 12)


def test_colours_of_hd_without_tags_are_those_that_players_show(stack: RunningStack, tmp_path: Path) -> None:
    """Without a tag, players take BT.709 for granted in HD."""
    source = tmp_path / "untagged.mp4"
    width, height = 1280, 720
    patches = ",".join(
        f"drawbox=x={int((20 + 200 * place) * width / SIZE[0])}:y=360:w=240:h=240:c=0x{r:02x}{g:02x}{b:02x}:t=fill"
        for place, (r, g, b) in enumerate(PATCHES.values())
    )
    graph = (
        f"color=c=0x404040:s={width}x{height}:r=10:d=2,format=gbrp,{patches},scale=out_color_matrix=bt709:out_range=tv,"
        "format=yuv420p,setparams=colorspace=unknown:color_primaries=unknown:color_trc=unknown:range=unknown"
    )
    command = [FFMPEG, "-nostdin", "-v", "error", "-f", "lavfi", "-i", graph, "-c:v", "libx264", str(source)]
    subprocess.run(command, check=True, timeout=60)
    asset = stack.wait(stack.upload(source), "ready")
    playlists = stack.request("GET", asset["playback_ids"][0]["manifest_url"], key=None).data.decode()
    uri = next(line for line in playlists.splitlines() if line.endswith(".m3u8"))
    data = _read(
        "-i", urljoin(asset["playback_ids"][0]["manifest_url"], uri), "-vf", "scale=in_color_matrix=bt709,format=rgb24",
        "-frames:v", "1", "-f", "rawvideo", "-",
    )  # fmt: skip
    shown = next(r for r in asset["renditions"] if 3 * r["width"] * r["height"] == len(data))
    _assert_colours(Image.frombytes("RGB", (shown["width"], shown["height"]), data), 8)
    _assert_colours(_picture(stack, asset["images"]["poster"]), 12)


@pytest.mark.parametrize(("time", "width"), [(10.0, 640), (15.99, 320), (17.5, 854), (21.0, 160)])
def test_thumbnail_shows_its_time(stack: RunningStack, lesson: Lesson, time: float, width: int) -> None:
    picture = _picture(stack, f"{lesson.asset['images']['thumbnail']}?time={time}&width={width}")
    assert picture.width == width
    _assert_colours(picture, 12)
    small = picture.convert("L").resize((SIZE[0] // 10, SIZE[1] // 10), Image.Resampling.BOX)
    assert abs(_number(small.tobytes(), small.width) - int(time * RATE)) <= 1


def test_storyboard_tiles_show_their_times(stack: RunningStack, lesson: Lesson) -> None:
    address = lesson.asset["images"]["storyboard"]
    text = stack.request("GET", address, key=None).data.decode()
    cues = re.findall(r"(\d\d):(\d\d):(\d\d\.\d+) --> \S+\n(\S+)#xywh=(\d+),(\d+),(\d+),(\d+)", text)
    assert len(cues) >= 20
    colours = _picture(stack, urljoin(address, cues[0][3]))
    sheet = colours.convert("L")
    x, y, width, height = map(int, cues[10][4:])
    _assert_colours(colours.crop((x, y, x + width, y + height)), 16)
    for hours, minutes, seconds, _uri, *area in cues:
        start = int(hours) * 3600 + int(minutes) * 60 + float(seconds)
        x, y, width, height = map(int, area)
        tile = sheet.crop((x, y, x + width, y + height))
        assert tile.size == (width, height)
        if start < BLACK_SECONDS:
            continue
        cell = CELL * width / SIZE[0]
        top = int((20 + CELL / 2) * width / SIZE[0])
        found = 0
        for bit in range(BITS):
            pixel = tile.getpixel((int(20 * width / SIZE[0] + cell * (bit + 0.5)), top))
            assert isinstance(pixel, int)
            found |= (pixel > 127) << bit
        assert abs(found - start * RATE) <= 1.5, (start, found)


def test_the_sizes_that_the_api_names_are_those_of_the_bytes(lesson: Lesson) -> None:
    named = {
        (rendition["width"], rendition["height"], rendition["codecs"])
        for rendition in lesson.asset["renditions"]
        if rendition["kind"] == "video"
    }
    assert named == {(s.track.width, s.track.height, s.track.codecs) for s in lesson.video}
    for stream in lesson.video:
        assert stream.attributes["RESOLUTION"] == f"{stream.track.width}x{stream.track.height}"
        assert stream.attributes["CODECS"].split(",") == [stream.track.codecs, lesson.audio.track.codecs]
