"""Sources of many kinds, each a few seconds, that a checker must let pass.

``python tests/workers/good_sources.py`` encodes every one of them by the workers' own functions, compares it with its
source and ends with status 1 if there is an alarm; the suite does so with a few.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import imageio_ffmpeg

X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "100")
TALK = "aevalsrc='0.3*sin(2*PI*(200+150*sin(2*PI*0.7*t))*t)*(0.3+0.7*gt(sin(2*PI*1.9*t),-0.3))':s=44100:d={d}"
CLICKS = "aevalsrc='0.4*sin(2*PI*1000*t)*lt(mod(t,1),0.05)':s=48000:d=5"


def picture(
    size: str = "426x240", rate: str = "25", seconds: float = 5, kind: str = "testsrc2", extra: str = ""
) -> tuple[str, ...]:
    """A moving picture."""
    return ("-f", "lavfi", "-i", f"{kind}=s={size}:r={rate}{extra},trim=duration={seconds}")


def sound(graph: str = TALK, seconds: float = 5) -> tuple[str, ...]:
    """A sound like a voice."""
    return ("-f", "lavfi", "-i", graph.format(d=seconds))


def filtered(graph: str, *rest: str) -> tuple[str, ...]:
    """A picture made by a graph of its own, with a sound."""
    return ("-f", "lavfi", "-i", graph, *sound(), *(rest or X264))


SLIDES = "color=white:s=426x240:r=25:d=5,drawbox=x=40+100*floor(t/1.7):y=60:w=80:h=100:c=0x2040a0:t=fill"
SCREEN = "color=0xf0f0f0:s=640x360:r=30:d=5,drawgrid=w=9:h=12:c=0x303030,drawbox=x=20*t:y=100:w=8:h=16:c=red:t=fill"
FILM = "mandelbrot=s=426x240:r=24:start_scale=0.5,trim=duration=5,noise=alls=12:allf=t"
CUTS = (
    "testsrc2=s=426x240:r=25:d=1.3[a];mandelbrot=s=426x240:r=25,trim=duration=1.3[b];"
    "color=black:s=426x240:r=25:d=1[c];rgbtestsrc=s=426x240:r=25:d=1.3[d];[a][b][c][d]concat=n=4"
)
STATIC = "color=gray:s=320x240:r=25:d=5,noise=alls=100:allf=t+u"
WHITEBOARD = (
    "testsrc=s=640x360:r=25:d=0.04,loop=-1:1,setpts=N/25/TB,trim=duration=5,format=yuv420p,"
    "noise=alls=12:allf=t"
)
DAWN = (
    "mandelbrot=s=426x240:r=25:maxiter=99,trim=end_frame=1,loop=-1:1,setpts=N/25/TB,trim=duration=11,"
    "eq=eval=frame:brightness='0.004*t',noise=alls=6:allf=t"
)
VARIABLE = ("-vf", r"select='not(mod(n\,7))+gt(n\,90)'", "-fps_mode", "vfr")
TWO_SOUNDS = (
    "-map",
    "0",
    "-map",
    "1",
    "-map",
    "2",
    "-metadata:s:a:0",
    "language=chi",
    "-metadata:s:a:1",
    "language=eng",
)

GOOD: dict[str, tuple[str, ...]] = {
    "ordinary.mp4": (*picture(), *sound(), *X264),
    "ntsc.mp4": (*picture(rate="30000/1001", seconds=9), *sound(seconds=9), *X264),
    "film_rate.mkv": (*picture(rate="24000/1001"), *sound(), *X264),
    "fifty.mp4": (*picture(rate="50"), *sound(), *X264),
    "sixty.mp4": (*picture(rate="60", seconds=5), *sound(), *X264),
    "hundred_and_twenty.mp4": (*picture(rate="120", seconds=3), *sound(seconds=3), *X264),
    "one_a_second.mp4": (*picture(rate="1", seconds=9), *sound(seconds=9), *X264),
    "five_a_second.mp4": (*picture(rate="5", seconds=9), *sound(seconds=9), *X264),
    "portrait.mp4": (*picture("240x426"), *sound(), *X264),
    "square.mp4": (*picture("300x300"), *sound(), *X264),
    "very_wide.mp4": (*picture("960x120"), *sound(), *X264),
    "tiny.mp4": (*picture("16x16"), *sound(), *X264),
    "two_pixels.avi": (*picture("2x2", kind="color", extra=":c=red"), "-c:v", "rawvideo"),
    "odd_size.mkv": (*picture("427x241"), *sound(), "-c:v", "libx264", "-pix_fmt", "yuv444p"),
    "high_definition.mp4": (*picture("1280x720", seconds=5), *sound(), *X264),
    "narrow_pixels.mp4": (*picture("360x240"), "-vf", "setsar=4/3", *X264),
    "ten_bits.mkv": (*picture(), *sound(), "-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", "yuv420p10le",
                     "-x265-params", "log-level=none"),
    "full_range.mp4": (*picture(), *sound(), "-vf", "scale=out_range=pc", *X264, "-color_range", "pc"),
    "tagged_601.mp4": (*picture(), *sound(), "-vf", "scale=out_color_matrix=bt601", *X264, "-colorspace", "smpte170m"),
    "tagged_709.mp4": (*picture(), *sound(), "-vf", "scale=out_color_matrix=bt709", *X264, "-colorspace", "bt709"),
    "rgb.avi": (*picture(seconds=4), *sound(seconds=4), "-c:v", "rawvideo", "-pix_fmt", "bgr24", "-c:a", "pcm_s16le"),
    "motion_jpeg.mov": (*picture(), *sound(), "-c:v", "mjpeg", "-q:v", "3", "-c:a", "pcm_s16be"),
    "phone.mpg": (*picture("352x288"), *sound(), "-c:v", "mpeg2video", "-b:v", "2M", "-c:a", "mp2"),
    "broadcast.ts": (*picture(seconds=9), *sound(seconds=9), *X264, "-c:a", "ac3"),
    "old.wmv": (*picture("320x240"), *sound(), "-c:v", "wmv2", "-b:v", "1M", "-c:a", "wmav2"),
    "old.flv": (*picture("320x240"), *sound(), "-c:v", "flv1", "-b:v", "1M", "-c:a", "libmp3lame", "-ar", "22050"),
    "web.webm": (*picture("320x240", seconds=4), *sound(), "-c:v", "libvpx", "-deadline", "realtime",
                 "-c:a", "libopus"),
    "old.avi": (*picture("320x240"), *sound(), "-c:v", "mpeg4", "-q:v", "4", "-c:a", "libmp3lame"),
    "silent.mp4": (*picture(), *sound("anullsrc=r=48000:cl=stereo,atrim=duration={d}"), *X264),
    "no_sound.mp4": (*picture(), *X264),
    "black.mp4": (*picture(kind="color", extra=":c=black"), *sound(), *X264),
    "white.mp4": (*picture(kind="color", extra=":c=white"), *sound(), *X264),
    "still.mp4": (*filtered("mandelbrot=s=426x240:r=25:maxiter=99,trim=end_frame=1,loop=124:1"),),
    "slides.mp4": filtered(SLIDES),
    "screen.mp4": filtered(SCREEN),
    "whiteboard.mp4": filtered(WHITEBOARD, *X264, "-crf", "12"),
    "slow_light.mp4": filtered(DAWN, *X264, "-crf", "8", "-g", "25"),
    "only_keyframes.mp4": (*picture(), *sound(), *X264, "-g", "1", "-crf", "30"),
    "film.mp4": filtered(FILM),
    "cuts.mp4": filtered(CUTS),
    "only_noise.mp4": filtered(STATIC),
    "only_noise_at_its_cap.mp4": filtered("life=s=320x240:r=25:mold=10:ratio=0.3:seed=1,trim=duration=4"),
    "fade.mp4": filtered("testsrc2=s=426x240:r=25:d=5,fade=in:d=2,fade=out:st=3:d=2"),
    "dim.mp4": filtered("testsrc2=s=426x240:r=25:d=5,lutyuv=y=16+(val-16)/12,noise=alls=3:allf=t"),
    "strobe.mp4": filtered("color=black:s=320x240:r=25:d=5,drawbox=c=white:t=fill:enable='lt(mod(n,5),2)'"),
    "fast_spin.mp4": filtered("testsrc2=s=320x240:r=25:d=5,rotate=20*t"),
    "mono.mp4": (*picture(), *sound(), *X264, "-ac", "1"),
    "left_only.mp4": (*picture(), *sound(TALK + ",pan=stereo|c0=c0"), *X264),
    "opposite_phase.mp4": (*picture(), *sound(TALK + ",pan=stereo|c0=c0|c1=-1*c0"), *X264),
    "surround.mkv": (*picture(), *sound(TALK + ",pan=5.1|FC=c0|FL=0.3*c0|LFE=0.2*c0"), *X264, "-c:a", "ac3"),
    # Decodes to more than full scale.
    "overdriven.mkv": (*picture(), *sound("anoisesrc=a=1:d={d}:r=44100"), *X264, "-c:a", "libmp3lame"),
    "white_noise.mp4": (*picture(), *sound("anoisesrc=a=0.3:d={d}:r=48000,pan=stereo|c0=c0|c1=c0"), *X264),
    "clicks.mp4": (*picture(), *sound(CLICKS), *X264),
    "quiet.mp4": (*picture(), *sound(TALK + ",volume=-38dB"), *X264),
    "loud.mp4": (*picture(), *sound(TALK + ",volume=16dB"), *X264),
    "telephone.mkv": (*picture(), *sound(), *X264, "-c:a", "pcm_mulaw", "-ar", "8000", "-ac", "1"),
    "late_sound.mkv": (*picture(), "-itsoffset", "1.3", *sound(seconds=3), *X264),
    "early_sound.mkv": ("-itsoffset", "0.7", *picture(seconds=4), *sound(), *X264),
    "short_sound.mp4": (*picture(seconds=7), *sound(seconds=2), *X264),
    "long_sound.mp4": (*picture(seconds=2), *sound(seconds=9), *X264),
    "drifting_sound.mkv": (*picture(seconds=9), *sound(TALK + ",asetpts=PTS*1.004", 9), *X264, "-c:a", "pcm_s16le"),
    "joined_sound.mkv": (*picture(seconds=9), *sound(TALK + ",asetpts=PTS+floor(T/2)*0.0227/TB", 9), *X264,
                         "-c:a", "pcm_s16le"),
    "two_languages.mkv": (*picture(), *sound(), *sound("anoisesrc=a=0.2:d={d}:c=pink"), *X264, *TWO_SOUNDS),
    "one_frame.mp4": (*picture(seconds=0.04), *X264),
    "fifth_of_a_second.mp4": (*picture(seconds=0.2), *sound(seconds=0.2), *X264),
    "half_a_second.mp4": (*picture(seconds=0.5), *sound(seconds=0.5), *X264),
    "variable_rate.mp4": (*picture(rate="30"), *sound(), *VARIABLE, *X264),
    "variable_rate.mkv": (*picture(rate="30", seconds=9), *sound(seconds=9), *VARIABLE, *X264),
    "one_long_frame.mp4": (*picture(rate="25", seconds=9), "-vf", r"select='lt(n\,40)+gt(n\,200)'", "-fps_mode", "vfr",
                           *X264),
    "archive.mkv": (*picture(), *sound(), "-c:v", "ffv1", "-c:a", "dca", "-strict", "-2", "-ar", "48000"),
    "game.avi": (*picture("320x240"), *sound(), "-c:v", "zmbv", "-c:a", "pcm_s32le"),
    "old_screen.flv": (*picture("320x240"), *sound(), "-c:v", "flashsv", "-c:a", "libmp3lame"),
    "old.mov": (*picture("320x240"), *sound(), "-c:v", "rpza", "-c:a", "pcm_f32be"),
    "phone_apv.mp4": (*picture(seconds=2), *sound(seconds=2), "-c:v", "liboapv"),
    "studio.mov": (*picture(), *sound(), "-c:v", "v210", "-c:a", "pcm_s24le"),
    "talk.caf": (*sound(), "-c:a", "alac"),
    "talk.w64": (*sound(),),
    "talk.wv": (*sound(),),
    "talk.ac3": (*sound(), "-ar", "48000"),
    "talk.aiff": (*sound(), "-c:a", "pcm_f32be"),
    "animation.gif": (*picture("200x150", "10", 4),),
    "transparent.apng": (*picture("200x150", "10", 3), "-vf", "format=rgba,colorkey=black:0.3", "-plays", "0"),
    "talk.mp3": (*sound(seconds=13), "-c:a", "libmp3lame", "-q:a", "4"),
    "talk.flac": (*sound(seconds=9),),
    "talk.m4a": (*sound(seconds=13), "-c:a", "aac"),
    "short_talk.wav": (*sound(seconds=0.3),),
}  # fmt: skip

ROTATED = {"turned.mp4": "90", "upside_down.mp4": "180"}
"""The same picture with a note that it is to be turned when shown."""


def make(name: str, folder: Path) -> Path:
    """Write one of the sources."""
    target = folder / name
    if name in ROTATED:
        plain = make("ordinary.mp4", folder)
        run("-display_rotation", ROTATED[name], "-i", str(plain), "-c", "copy", str(target))
    else:
        run(*GOOD[name], str(target))
    return target


def run(*arguments: str) -> None:
    """Run the wheel's ffmpeg."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-y", *arguments]
    subprocess.run(command, check=True, timeout=120)


def main(names: Sequence[str]) -> int:
    """Encode and compare these, or all; prints every alarm."""
    from lessons import alarms, media_tools

    tools = media_tools()
    chosen = [name for name in (*GOOD, *ROTATED) if not names or name in names]
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(lambda name: alarms(tools, make(name, Path(folder))), chosen))
    for name, sentences in zip(chosen, found, strict=True):
        print(name, *(sentences or ["passes"]), sep="\n    ")
    print(f"{sum(map(bool, found))} alarms over {len(chosen)} good sources")
    return int(any(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
