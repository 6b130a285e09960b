"""Clips of every family that authors own, each as FFmpeg writes it, and what must become of them.

All show the same scene: patches of colour in the corners, a bar that moves below the middle, a flash in the middle
and a beep at each whole second.
"""

from __future__ import annotations

import subprocess
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import imageio_ffmpeg

FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()
FLASH_SECONDS = 0.12
Colour = tuple[int, int, int]

SCENE: dict[str, Colour] = {
    "top left": (200, 40, 40),
    "top right": (40, 160, 60),
    "bottom left": (40, 60, 200),
    "bottom right": (200, 200, 200),
}
X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "14")
AAC = ("-c:a", "aac")
SPARK = ("-c:v", "flv1", "-q:v", "3", "-c:a", "libmp3lame", "-ar", "44100")


@dataclass(frozen=True)
class Family:
    """How to make a clip, and what a viewer must get: ``frames`` at ``rate`` of ``size``, flashes at ``flashes``
    (seconds), ``colours`` in the corners within ``tolerance`` for each of red, green and blue.
    """

    file: str
    make: Callable[[Path], None]
    frames: int = 75
    rate: float = 25.0
    size: tuple[int, int] = (320, 240)
    flashes: tuple[float, ...] = (1.0, 2.0)
    colours: dict[str, Colour] = field(default_factory=lambda: SCENE)
    tolerance: int = 14
    sound: bool = True
    combed: bool = False
    fine: bool = False


def run(*arguments: str | Path) -> None:
    command = [FFMPEG, "-nostdin", "-v", "error", "-y", *map(str, arguments)]
    subprocess.run(command, check=True, timeout=60)


def scene(
    rate: str = "25",
    seconds: float = 3,
    size: tuple[int, int] = (320, 240),
    colours: dict[str, Colour] = SCENE,
    then: str = "",
    matrix: str = "bt601",
    pixels: str = "yuv420p",
    full: bool = False,
    speed: int = 100,
) -> str:
    """A filter graph; ``then`` follows it."""
    width, height = size
    across, down = width // 4, height // 4
    places = ((0, 0), (width - across, 0), (0, height - down), (width - across, height - down))
    patches = ",".join(
        f"drawbox={x}:{y}:{across}:{down}:0x{red:02x}{green:02x}{blue:02x}:fill"
        for (x, y), (red, green, blue) in zip(places, colours.values(), strict=True)
    )
    return (
        f"color=0x505050:s={width}x{height}:r={rate}:d={seconds},format=gbrp,{patches}[ground];"
        f"color=0xd0d0d0:s={width // 16}x{down}:r={rate}:d={seconds},format=gbrp[bar];"
        f"color=white:s={across}x{down}:r={rate}:d={seconds},format=gbrp[light];"
        f"[ground][bar]overlay='{across}+mod(t*{speed},{width // 2 - width // 16})':{height - down}:format=gbrp[a];"
        f"[a][light]overlay={(width - across) // 2}:{(height - down) // 2}:format=gbrp"
        f":enable='gte(t,0.99)*lt(mod(t+0.0001,1),{FLASH_SECONDS})'[b];"
        f"[b]scale=out_color_matrix={matrix}:out_range={'pc' if full else 'tv'},format={pixels},setsar=1{then}"
    )


def beeps(seconds: float = 2.97, channels: str = "mono", level: float = 0.5) -> str:
    count = {"mono": 1, "stereo": 2, "5.1": 6}[channels]
    one = f"{level}*sin(2*PI*1000*t)*gte(t,0.99)*lt(mod(t+0.0001,1),{FLASH_SECONDS})"
    return f"aevalsrc='{'|'.join([one] * count)}':c={channels}:s=48000:d={seconds}"


def clip(*codecs: str, picture: str = "", sound: str | None = "") -> Callable[[Path], None]:
    """Scene and beeps in these codecs."""
    inputs = ["-f", "lavfi", "-i", picture or scene()]
    if sound is not None:
        inputs += ["-f", "lavfi", "-i", sound or beeps()]
    return lambda path: run(*inputs, *codecs, path)


def again(options: tuple[str, ...], *copy: str) -> Callable[[Path], None]:
    """An ordinary clip, and then the same remuxed."""

    def make(path: Path) -> None:
        first = path.with_suffix(".first.mp4")
        clip(*X264, *AAC, "-g", "25")(first)
        run(*options, "-i", first, "-c", "copy", *copy, path)

    return make


def delayed(stream: str) -> Callable[[Path], None]:
    """A clip whose picture, or sound, lacks its first 0.6 seconds."""
    picture = ["-f", "lavfi", "-i", scene(then=",trim=0.6" if stream == "v" else "")]
    sound = ["-f", "lavfi", "-i", beeps() + (",atrim=0.6" if stream == "a" else "")]
    late = ("-itsoffset", "0.6")
    inputs = [*late, *picture, *sound] if stream == "v" else [*picture, *late, *sound]
    return lambda path: run(*inputs, *X264, *AAC, "-fps_mode", "vfr", path)


def joined(make_part: Callable[[Path], None], suffix: str) -> Callable[[Path], None]:
    """Two recordings in one file, each with its own clock."""

    def make(path: Path) -> None:
        part = path.with_suffix(f".part{suffix}")
        make_part(part)
        path.write_bytes(part.read_bytes() * 2)

    return make


def leaping(milliseconds: int) -> Callable[[Path], None]:
    """Two recordings in one FLV file, the clock of the second ahead by so much of where it was at the first's start."""

    def make(path: Path) -> None:
        part = path.with_suffix(".part.flv")
        clip(*X264, *AAC)(part)
        first = part.read_bytes()
        second, at = bytearray(first[13:]), 0
        while at < len(second):
            time = int.from_bytes(second[at + 4 : at + 7]) + milliseconds
            second[at + 4 : at + 8] = (time & 0xFFFFFF).to_bytes(3) + bytes([time >> 24])
            at += 15 + int.from_bytes(second[at + 1 : at + 4])
        path.write_bytes(first + bytes(second))

    return make


def growing(path: Path) -> None:
    """The picture grows in the middle, and time goes on."""
    parts = []
    for start, size in (("0", (320, 240)), ("3", (640, 480))):
        part = path.with_suffix(f".{start}.ts")
        clip(*X264, *AAC, "-output_ts_offset", start, picture=scene(size=size))(part)
        parts.append(part.read_bytes())
    path.write_bytes(b"".join(parts))


def streamed(*options: str) -> Callable[[Path], None]:
    """Written to a pipe: nothing in the header can be filled in afterwards."""

    def make(path: Path) -> None:
        command = [
            FFMPEG,
            "-nostdin",
            "-v",
            "error",
            "-f",
            "lavfi",
            "-i",
            scene(),
            "-f",
            "lavfi",
            "-i",
            beeps(),
        ]
        done = subprocess.run([*command, *options, "pipe:1"], check=True, timeout=60, capture_output=True)
        path.write_bytes(done.stdout)

    return make


def packed(path: Path) -> None:
    """Two pictures in one packet, and an empty one after them. The encoder leaves a gap that no recorder leaves."""
    first = path.with_suffix(".first.avi")
    clip("-c:v", "libxvid", "-bf", "2", "-q:v", "3", "-c:a", "pcm_s16le")(first)
    run("-i", first, "-c", "copy", "-bsf:v", r"setts=ts=if(eq(N\,0)\,0\,DTS-2)", path)


def shorter(path: Path) -> None:
    """The header says one second; there are three."""
    streamed("-c:v", "flv", "-q:v", "3", "-c:a", "libmp3lame", "-ar", "44100", "-f", "flv")(path)
    data = path.read_bytes()
    at = data.index(b"duration\0") + 9
    path.write_bytes(data[:at] + bytes.fromhex("3ff0000000000000") + data[at + 8 :])


def squeezed(path: Path) -> None:
    """A Flash movie, packed as most are."""
    clip(*SPARK, "-f", "swf")(path)
    data = path.read_bytes()
    path.write_bytes(b"C" + data[1:8] + zlib.compress(data[8:]))


# Signals of HDR as ITU-R BT.2408 names them: reference white, and a grey card of 18 %.
HLG_SCENE = {**SCENE, "bottom left": (97, 97, 97), "bottom right": (191, 191, 191)}
PQ_SCENE = {**SCENE, "bottom left": (97, 97, 97), "bottom right": (148, 148, 148)}
HDR_RESULT: dict[str, Colour] = {"bottom left": (109, 109, 109), "bottom right": (229, 229, 229)}


def hdr(transfer: str, colours: dict[str, Colour]) -> Callable[[Path], None]:
    marks = f",setparams=color_primaries=bt2020:color_trc={transfer}:colorspace=bt2020nc"
    tags = f"log-level=none:colorprim=bt2020:transfer={transfer}:colormatrix=bt2020nc"
    return clip(
        *("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", tags, "-tag:v", "hvc1", *AAC),
        *("-color_primaries", "bt2020", "-color_trc", transfer, "-colorspace", "bt2020nc"),
        picture=scene(colours=colours, matrix="bt2020", pixels="yuv420p10le", then=marks),
    )


def interlaced(order: str, size: tuple[int, int] = (352, 288)) -> str:
    return scene("50", size=size, then=f",tinterlace=interleave_{order}")


FIELDS = ("-flags", "+ildct+ilme")
MOBILE = ("-c:v", "h263", "-q:v", "3", *AAC)
FAMILIES: dict[str, Family] = {
    "MP4, index at the end": Family("plain.mp4", clip(*X264, *AAC)),
    "MP4, fragmented": Family(
        "fragmented.mp4",
        streamed(*X264, *AAC, "-movflags", "+frag_keyframe+empty_moov", "-f", "mp4"),
        frames=76,
    ),
    "MP4, cut by an edit list": Family("cut.mp4", again(("-ss", "0.52")), frames=62, flashes=(0.48, 1.48)),
    "MP4, turned by 90": Family(
        "turned90.mp4",
        again(("-display_rotation", "90")),
        size=(240, 320),
        colours={
            "top left": SCENE["top right"],
            "top right": SCENE["bottom right"],
            "bottom left": SCENE["top left"],
            "bottom right": SCENE["bottom left"],
        },
    ),
    "MP4, turned by 180": Family(
        "turned180.mp4",
        again(("-display_rotation", "180")),
        colours=dict(zip(SCENE, reversed(SCENE.values()), strict=True)),
    ),
    "MOV, iPhone HDR (HLG), turned by 270": Family(
        "phone.mov",
        lambda path: (
            hdr("arib-std-b67", HLG_SCENE)(path.with_suffix(".flat.mov")),
            run("-display_rotation", "270", "-i", path.with_suffix(".flat.mov"), "-c", "copy", path),
        )[-1],
        size=(240, 320),
        colours={"top left": HDR_RESULT["bottom left"], "bottom left": HDR_RESULT["bottom right"]},
    ),
    "MKV, HDR10 (PQ)": Family("cinema.mkv", hdr("smpte2084", PQ_SCENE), colours=HDR_RESULT),
    "MOV, ProRes 4:2:2": Family(
        "studio.mov", clip("-c:v", "prores_ks", "-c:a", "pcm_s16le", picture=scene(pixels="yuv422p10le"))
    ),
    "MKV, H.264 4:4:4, 5.1": Family(
        "sharp.mkv",
        clip(*X264, "-c:a", "ac3", picture=scene(pixels="yuv444p"), sound=beeps(channels="5.1", level=0.9)),
    ),
    "MKV, H.264 10 bit 4:2:2": Family(
        "deep.mkv",
        clip(*X264, "-c:a", "flac", picture=scene(pixels="yuv422p10le")),
    ),
    "MKV, sound starts late": Family("late_sound.mkv", delayed("a")),
    "MKV, picture starts late": Family("late_picture.mkv", delayed("v")),
    "TS, picture starts late": Family("late_picture.ts", delayed("v"), frames=76),
    "TS, sound starts late": Family("late_sound.ts", delayed("a")),
    "WebM, VP8, no duration": Family(
        "browser.webm",
        streamed("-c:v", "libvpx", "-deadline", "realtime", "-b:v", "2M", "-c:a", "libvorbis", "-f", "webm"),
    ),
    "WebM, VP9": Family(
        "vp9.webm",
        clip(
            "-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-crf", "20", "-c:a", "libopus"
        ),
    ),
    "WebM, AV1": Family(
        "av1.webm",
        clip("-c:v", "libsvtav1", "-preset", "12", "-crf", "20", "-svtav1-params", "lp=1", "-c:a", "libopus"),
    ),
    "AVI, MPEG-4": Family("divx.avi", clip("-c:v", "mpeg4", "-q:v", "3", "-c:a", "libmp3lame"), frames=76),
    "AVI, packed B frames": Family("xvid.avi", packed, frames=73),
    "AVI, MJPEG, full range": Family(
        "camera.avi",
        clip("-c:v", "mjpeg", "-q:v", "3", "-c:a", "pcm_s16le", picture=scene(pixels="yuvj420p", full=True)),
    ),
    "AVI, DV, bottom field first": Family(
        "dv.avi",
        clip(
            "-c:v", "dvvideo", "-c:a", "pcm_s16le", picture=interlaced("bottom", (720, 576)) + ",setsar=16/15"
        ),
        size=(768, 576),
        combed=True,
    ),
    "WMV": Family("windows.wmv", clip("-c:v", "wmv2", "-q:v", "3", "-c:a", "wmav2"), frames=77),
    "FLV, no duration": Family("flash.flv", streamed(*X264, *AAC, "-f", "flv"), frames=76),
    "FLV, too short a duration": Family("short.flv", shorter, tolerance=18, frames=76),
    "FLV, joined": Family("joined.flv", leaping(0), frames=151, flashes=(1.0, 2.0, 4.0, 5.0)),
    "FLV, after a break of four hours": Family(
        "break.flv", leaping(4 * 3600 * 1000), frames=151, flashes=(1.0, 2.0, 4.0, 5.0)
    ),
    "SWF around a video": Family("wrapped.swf", clip(*SPARK, "-f", "swf"), tolerance=18),
    "SWF around a video, packed": Family("squeezed.swf", squeezed, tolerance=18),
    "MPEG-1": Family("old.mpg", clip("-c:v", "mpeg1video", "-q:v", "3", "-c:a", "mp2", "-f", "mpeg")),
    "VOB of a DVD, top field first, anamorphic": Family(
        "dvd.vob",
        clip(
            "-c:v",
            "mpeg2video",
            "-q:v",
            "3",
            *FIELDS,
            "-c:a",
            "ac3",
            "-aspect",
            "16:9",
            "-f",
            "vob",
            picture=interlaced("top"),
        ),
        size=(512, 288),
        combed=True,
    ),
    "VOB, joined": Family(
        "joined.vob",
        joined(clip("-c:v", "mpeg2video", "-q:v", "3", "-c:a", "ac3", "-f", "vob"), ".vob"),
        frames=150,
        flashes=(1.0, 2.0, 4.0, 5.0),
    ),
    "TS, interlaced H.264": Family(
        "broadcast.ts",
        clip(*X264, "-x264-params", "tff=1", "-c:a", "mp2", picture=interlaced("top")),
        size=(352, 288),
        combed=True,
    ),
    "TS, joined": Family(
        "joined.ts", joined(clip(*X264, *AAC), ".ts"), frames=151, flashes=(1.0, 2.0, 4.0, 5.0)
    ),
    "TS, the picture grows": Family("growing.ts", growing, frames=150, flashes=(1.0, 2.0, 4.0, 5.0)),
    "MP4, whole pictures flagged as fields": Family(
        "false_fields.mp4",
        clip(*X264, "-x264-params", "tff=1:fake-interlaced=1", *AAC, picture=scene(speed=60)),
        fine=True,
    ),
    "3GP": Family("phone.3gp", clip(*MOBILE, picture=scene(size=(176, 144))), size=(176, 144), tolerance=18),
    "OGV": Family("open.ogv", clip("-c:v", "libtheora", "-q:v", "9", "-c:a", "libvorbis")),
    "OGV, chained": Family(
        "chained.ogv",
        joined(clip("-c:v", "libtheora", "-q:v", "9", "-c:a", "libvorbis"), ".ogv"),
        frames=153,
        flashes=(1.0, 2.0, 4.12, 5.12),
    ),
    "MKV, starts after an hour and more": Family("late.mkv", clip(*X264, *AAC, "-output_ts_offset", "5000")),
    "RealMedia": Family("real.rm", clip("-c:v", "rv20", "-q:v", "3", "-c:a", "ac3", "-f", "rm")),
    "MP4, variable rate": Family(
        "variable.mp4",
        clip(
            *X264,
            *AAC,
            "-fps_mode",
            "vfr",
            picture=scene("30", then=r",select='not(mod(n\,3))+between(t\,0.9\,1.5)'"),
        ),
        frames=71,
        rate=24,
    ),
    "MP4, slides at one frame per second": Family(
        "slides.mp4",
        clip(*X264, *AAC, picture=scene("1", 6), sound=beeps(6)),
        frames=6,
        rate=1,
        flashes=(1.0,),
    ),
    "MP4, 60 frames per second": Family(
        "sixty.mp4", clip(*X264, *AAC, picture=scene("60")), frames=180, rate=60
    ),
    "MP4, 60 of which 30 are copies": Family(
        "doubled.mp4", clip(*X264, *AAC, picture=scene("30", then=",fps=60")), frames=90, rate=30
    ),
    "MP4, HD without tags": Family(
        "hd.mp4",
        clip(*X264, *AAC, picture=scene(size=(1280, 720), matrix="bt709", seconds=2.2), sound=beeps(2.2)),
        frames=55,
        size=(1280, 720),
        flashes=(1.0, 2.0),
    ),
    "MP4, odd size, wide pixels, no sound": Family(
        "odd.mp4",
        clip(*X264, picture=scene(size=(321, 241), pixels="yuv444p", then=",setsar=4/3"), sound=None),
        size=(428, 242),
        sound=False,
    ),
}

RESEMBLING = {
    "MP4, turned by 180",
    "MKV, H.264 10 bit 4:2:2",
    "MKV, picture starts late",
    "TS, sound starts late",
    "WebM, VP9",
    "AVI, MPEG-4",
    "AVI, packed B frames",
    "FLV, too short a duration",
    "SWF around a video, packed",
    "VOB, joined",
    "TS, joined",
    "OGV",
    "3GP",
}
"""What takes the same way as another one of them, nearly to its end."""
