"""Clips to measure with, made by ffmpeg's own sources; one that is there already is taken as it is."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from configs.settings import load_settings
from workers.ffmpeg import find_tools

QUIET = ("-nostdin", "-hide_banner", "-loglevel", "error", "-y")
FRAME_RATE = 24


def ffmpeg() -> str:
    """The ffmpeg that the workers use, so that both sides encode with the same program."""
    nowhere = {"DATABASE_URL": "postgresql://-", "REDIS_URL": "redis://-", "S3_ENDPOINT": "http://-"}
    secrets = {"S3_ACCESS_KEY": "-", "S3_SECRET_KEY": "-", "SECRET_KEY": "-" * 32}
    return str(find_tools(load_settings({**nowhere, **secrets})).ffmpeg)


def film(folder: Path) -> Path:
    """Two minutes of 1080p with hard cuts, slow and fast movement, grain, text-like edges, and sound."""
    seconds = 31
    noise = "noise=alls=6:allf=t"
    scenes = (
        f"mandelbrot=size=480x270:rate={FRAME_RATE}:start_scale=2,scale=1920:1080,{noise}",
        f"testsrc2=size=1920x1080:rate={FRAME_RATE},rotate=0.1*sin(t/3),{noise}",
        f"life=size=240x136:rate={FRAME_RATE}:mold=10:life_color=#b0a080:death_color=#204060,"
        "scale=1920:1080:flags=bicubic,gblur=sigma=6",
        f"gradients=size=480x270:rate={FRAME_RATE}:nb_colors=6:speed=0.02,scale=1920:1080,{noise}",
    )
    sources = [part for scene in scenes for part in ("-f", "lavfi", "-t", str(seconds), "-i", scene)]
    joined = "".join(f"[{number}:v]format=yuv420p,setsar=1[s{number}];" for number in range(len(scenes)))
    joined += "".join(f"[s{number}]" for number in range(len(scenes))) + f"concat=n={len(scenes)}[picture]"
    sound = f"sine=frequency=220:beep_factor=4:duration={seconds * len(scenes)}"
    target = folder / "film.mp4"
    arguments = [*sources, "-f", "lavfi", "-i", sound, "-filter_complex", joined]
    return make(target, [*arguments, "-map", "[picture]", "-map", f"{len(scenes)}:a", *codecs(18)])


def conforming(folder: Path) -> Path:
    """The film as an author exports it: within the ladder's bit rate, a keyframe every 2 seconds, patiently encoded."""
    picture = ["-c:v", "libx264", "-preset", "medium", "-crf", "24", "-maxrate", "4500k", "-bufsize", "9000k"]
    picture += ["-g", "48", "-sc_threshold", "0", "-pix_fmt", "yuv420p", "-c:a", "copy"]
    return make(folder / "conforming.mp4", ["-i", str(film(folder)), *picture])


def lesson(folder: Path) -> Path:
    """One minute of a calm 1080p picture with sound."""
    picture = f"gradients=size=480x270:rate={FRAME_RATE}:nb_colors=4:speed=0.005:duration=60,scale=1920:1080"
    sound = "sine=frequency=330:beep_factor=4:duration=60"
    inputs = ["-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound]
    return make(folder / "lesson-1.mp4", [*inputs, *codecs(28)])


def small_lesson(folder: Path) -> Path:
    """Half a minute that is encoded in no time."""
    inputs = ["-f", "lavfi", "-i", f"testsrc2=size=160x90:rate={FRAME_RATE}:duration=30"]
    inputs += ["-f", "lavfi", "-i", "sine=frequency=330:duration=30"]
    return make(folder / "small.mp4", [*inputs, *codecs(28)])


def moving_lesson(folder: Path) -> Path:
    """One minute of 720p in which much moves: some 650 kB of picture in each segment of the top rung."""
    picture = f"testsrc2=size=1280x720:rate={FRAME_RATE}:duration=60,noise=alls=4:allf=t"
    sound = "sine=frequency=330:beep_factor=4:duration=60"
    inputs = ["-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound]
    return make(folder / "moving.mp4", [*inputs, *codecs(22)])


def long_lesson(folder: Path, minutes: int) -> Path:
    """The same minute over and over, copied; its index stands at the end, as cameras write it."""
    return lasting(lesson(folder), 60 * minutes, folder / f"lesson-{minutes}.mp4")


def lasting(clip: Path, seconds: int, target: Path) -> Path:
    """A clip over and over for so many seconds, copied."""
    return make(target, ["-stream_loop", "-1", "-i", str(clip), "-t", str(seconds), "-c", "copy"])


def ten_minutes(folder: Path) -> Path:
    """Ten minutes of 480p, some of it moving."""
    picture = f"testsrc2=size=854x480:rate={FRAME_RATE}:duration=600,noise=alls=4:allf=t"
    sound = "sine=frequency=250:beep_factor=4:duration=600"
    return make(folder / "ten.mp4", ["-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound, *codecs(22)])


def codecs(quality: int) -> list[str]:
    """H.264 that costs little to make, and AAC."""
    picture = ["-c:v", "libx264", "-preset", "ultrafast", "-crf", str(quality), "-pix_fmt", "yuv420p"]
    return [*picture, "-g", "48", "-c:a", "aac", "-b:a", "128k", "-ac", "2", "-shortest"]


def make(target: Path, arguments: Sequence[str]) -> Path:
    """Run ffmpeg with ``arguments`` into ``target``, unless that is there."""
    if not target.exists():
        unfinished = target.with_name(f"unfinished-{target.name}")
        subprocess.run([ffmpeg(), *QUIET, *arguments, str(unfinished)], check=True)
        unfinished.rename(target)
    return target
