"""Files that people and attackers send: each made by one small function, named for what is wrong with it."""

from __future__ import annotations

import random
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

import imageio_ffmpeg

SEED = 20261124
_X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
_PICTURE = ("-f", "lavfi", "-i", "testsrc2=s=320x180:r=30:d=3")
_TONE = ("-f", "lavfi", "-i", "sine=440:r=48000:d=3")


def ffmpeg(*arguments: str | Path) -> None:
    """Run the wheel's ffmpeg."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-y", *map(str, arguments)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)


def good(path: Path) -> None:
    """An ordinary clip of three seconds."""
    ffmpeg(*_PICTURE, *_TONE, *_X264, "-g", "30", "-c:a", "aac", "-shortest", path)


SECRET = "".join(random.Random(SEED).choices("abcdefghijklmnop", k=32))
"""Stands in a file beside the sources; nobody may read it."""


def tiny(path: Path) -> None:
    """One second, as small as a picture may be to be worth damaging."""
    ffmpeg(
        "-f", "lavfi", "-i", "testsrc2=s=64x48:r=10:d=1", "-f", "lavfi", "-i", "sine=440:r=48000:d=1", *_X264,
        "-c:a", "aac", "-shortest", path,
    )  # fmt: skip


def flipped(data: bytes, number: int) -> bytes:
    """``data`` with a few to a few thousand of its bits flipped."""
    chance, damaged = random.Random(SEED + number), bytearray(data)
    for _ in range((3, 30, 300, 3000)[number % 4]):
        damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
    return bytes(damaged)


def make_bad(folder: Path, canary: str) -> None:
    """Write every file of ``test_bad_inputs.BAD``. ``canary`` is an address that nobody may ask for."""
    clip = folder / "good.mp4"
    good(clip)
    data = clip.read_bytes()
    noise = random.Random(SEED).randbytes(65536)
    literal: dict[str, bytes] = {
        "one_byte.mp4": b"\0",
        "text.mp4": b"This is not a video.\n" * 50,
        "chinese_text.mp4": "这不是视频。\n".encode() * 2000,
        "noise.mp4": noise,
        "program.mp4": b"\x7fELF\x02\x01\x01" + noise,
        "header_only.mp4": b"\0\0\0\x18ftypisom\0\0\2\0isomiso2",
        "header_only.gif": b"GIF89a",
        "no_index.mp4": data[: len(data) // 2],
    }
    for name, content in {**literal, **_references(folder, canary)}.items():
        (folder / name).write_bytes(content)
    fast = folder / "fast.mp4"
    ffmpeg("-i", clip, "-c", "copy", "-movflags", "+faststart", fast)
    (folder / "half.mp4").write_bytes(fast.read_bytes()[: fast.stat().st_size // 2])
    _without_picture(folder)
    _bombs(folder, clip)


def _references(folder: Path, canary: str) -> dict[str, bytes]:
    """Lists that name other files or hosts."""
    secret = folder / "secret.txt"
    secret.write_text(SECRET)

    def hls(address: str) -> bytes:
        lines = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n{}\n#EXT-X-ENDLIST\n"
        return lines.format(address).encode()

    dash = (
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
        'mediaPresentationDuration="PT4S"><Period><AdaptationSet mimeType="video/mp4">'
        f'<Representation id="1" bandwidth="1"><BaseURL>{canary}/x.mp4</BaseURL><SegmentBase/>'
        "</Representation></AdaptationSet></Period></MPD>"
    )
    sdp = (
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n"
        "m=video 9998 RTP/AVP 96\na=rtpmap:96 H264/90000\n"
    )
    return {
        "hls_http.mp4": hls(f"{canary}/segment.ts"),
        "hls_file.mp4": hls(f"file://{secret}"),
        "hls_media.mp4": hls(str(folder / "good.mp4")),
        "hls_concat.mp4": hls(f"concat:{canary}/h|subfile,,start,0,end,32,,:{secret}"),
        "hls_live.mp4": hls("good.mp4").replace(b"#EXT-X-ENDLIST\n", b""),
        "hls_itself.mp4": b"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nsource\n",
        "hls_key.mp4": hls("good.ts").replace(
            b"#EXTINF", f'#EXT-X-KEY:METHOD=AES-128,URI="{canary}/key"\n#EXTINF'.encode()
        ),
        "hls_late.mp4": b"\n \n" + hls(f"{canary}/segment.ts"),
        "hls_marked.mp4": b"\xef\xbb\xbf" + hls(f"{canary}/segment.ts"),
        "concat_file.mp4": b"ffconcat version 1.0\nfile good.mp4\n",
        "concat_http.mp4": f"ffconcat version 1.0\nfile {canary}/x.mp4\n".encode(),
        "concat_bomb.mp4": b"ffconcat version 1.0\n" + b"file good.mp4\n" * 20_000,
        "dash.mp4": dash.encode(),
        "session.mp4": sdp.encode(),
    }


def _without_picture(folder: Path) -> None:
    ffmpeg(*_TONE, "-c:a", "aac", folder / "sound.mp4")
    cover = folder / "cover.bmp"
    ffmpeg("-f", "lavfi", "-i", "color=red:s=64x64", "-frames:v", "1", cover)
    ffmpeg(
        *_TONE, "-i", cover, "-map", "0", "-map", "1", "-c:a", "libmp3lame", "-c:v", "copy",
        "-disposition:v", "attached_pic", folder / "cover.mp3",
    )  # fmt: skip
    captions = folder / "captions.srt"
    captions.write_text("1\n00:00:00,000 --> 00:00:01,000\nhi\n")
    ffmpeg("-i", captions, "-c:s", "srt", folder / "captions_only.mkv")


def _bombs(folder: Path, clip: Path) -> None:
    """Small files that are endless, or enormous, to decode."""
    _grow_png_in_avi(folder / "large.avi")
    # Two pictures with a day between them: the header and the timestamps say so.
    ffmpeg(
        "-f", "lavfi", "-i", "color=black:s=16x16:r=1/43200:d=86400", *_X264, folder / "day.mp4"
    )  # fmt: skip
    ffmpeg("-f", "lavfi", "-i", "color=black:s=16x16:r=1000:d=4", *_X264, folder / "fast_rate.mp4")
    ffmpeg(
        "-f", "lavfi", "-i", "testsrc2=s=320x180:r=10:d=1", "-c:v", "magicyuv", "-pix_fmt", "yuv420p",
        folder / "magicyuv.avi",
    )  # fmt: skip
    ffmpeg("-i", clip, *["-map", "0:v", *["-map", "0:a"] * 99], "-c", "copy", folder / "streams.mkv")
    (folder / "many.gif").write_bytes(_gif(4096, 500, 10))
    (folder / "slow.gif").write_bytes(_gif(4096, 300, 65535))
    (folder / "large.gif").write_bytes(_gif(65535, 2, 10))


def _grow_png_in_avi(path: Path) -> None:
    """A picture of 16000x15000 pixels, of one colour: some 100 kB."""
    ffmpeg(
        "-f", "lavfi", "-i", "color=black:s=16000x15000:r=1:d=1", "-pix_fmt", "gray", "-c:v", "png",
        "-pred", "none", "-f", "avi", path,
    )  # fmt: skip


def _gif(side: int, frames: int, delay: int) -> bytes:
    """A GIF of a large canvas whose frames each change one pixel; ``delay`` in hundredths of a second."""
    head = b"GIF89a" + struct.pack("<HHBBB", side, side, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    frame = b"\x21\xf9\x04\0" + struct.pack("<H", delay) + b"\0\0"
    frame += b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\0"
    return head + frame * frames + b";"


def _pair(*options: str) -> Callable[[Path], None]:
    return lambda path: ffmpeg(*_PICTURE, *_TONE, *options, path)


def _audio_longer(path: Path) -> None:
    ffmpeg(*_PICTURE, "-f", "lavfi", "-i", "sine=440:d=8", *_X264, "-c:a", "aac", path)


def _audio_first(path: Path) -> None:
    clip = path.with_suffix(".clip.mp4")
    good(clip)
    ffmpeg("-itsoffset", "3", "-i", clip, "-i", clip, "-map", "0:v", "-map", "1:a", "-c", "copy", path)


def _with_captions(path: Path) -> None:
    clip, captions = path.with_suffix(".clip.mp4"), path.with_suffix(".srt")
    good(clip)
    captions.write_text("1\n00:00:00,000 --> 00:00:01,000\n山高月小\n", encoding="utf-8")
    codec = "mov_text" if path.suffix == ".mp4" else "srt"
    ffmpeg("-i", clip, "-i", captions, "-map", "0", "-map", "1", "-c", "copy", "-c:s", codec, path)


def _variable_rate(path: Path) -> None:
    ffmpeg(*_PICTURE, "-vf", r"select='not(mod(n\,7))+gt(n\,50)'", "-fps_mode", "vfr", *_X264, path)


def _rotated(path: Path) -> None:
    clip = path.with_suffix(".clip.mp4")
    good(clip)
    ffmpeg("-display_rotation", "90", "-i", clip, "-c", "copy", path)


def _without_duration(path: Path) -> None:
    """As browsers record: the muxer cannot go back to write the duration."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", *_PICTURE, *_TONE]
    command += ["-c:v", "libvpx", "-deadline", "realtime", "-c:a", "libopus", "-f", "webm", "pipe:1"]
    path.write_bytes(subprocess.run(command, check=True, capture_output=True, timeout=60).stdout)


def _size_changes(path: Path) -> None:
    """The picture grows in the middle, as a broadcast's may."""
    parts = []
    for start, size in (("0", "320x180"), ("2", "640x360")):
        part = path.with_suffix(f".{size}.ts")
        picture = f"testsrc2=s={size}:r=30:d=2"
        ffmpeg("-f", "lavfi", "-i", picture, *_X264, "-output_ts_offset", start, "-f", "mpegts", part)
        parts.append(part.read_bytes())
    path.write_bytes(b"".join(parts))


def _two_pictures(path: Path) -> None:
    """Beside the lesson, a picture that nothing here decodes."""
    both = (*_PICTURE, *_PICTURE, *_TONE, "-map", "0", "-map", "1", "-map", "2", "-t", "1")
    ffmpeg(*both, "-c:v:0", "libx264", "-c:v:1", "magicyuv", "-c:a", "aac", path)


def _positional_sound(path: Path) -> None:
    """As new iPhones record: before the stereo sound one of a codec that FFmpeg does not know."""
    both = (*_PICTURE, *_TONE, *_TONE, "-map", "0", "-map", "1", "-map", "2", "-t", "1")
    ffmpeg(*both, *_X264, "-c:a", "aac", path)
    data = path.read_bytes()
    path.write_bytes(data.replace(b"mp4a", b"apac", 1).replace(b"esds", b"dapa", 1))


ODD: dict[str, Callable[[Path], None]] = {
    "audio_longer.mp4": _audio_longer,
    "audio_first.mkv": _audio_first,
    "captions.mkv": _with_captions,
    "captions.mp4": _with_captions,
    "variable_rate.mp4": _variable_rate,
    "rotated.mp4": _rotated,
    "wide_pixels.mp4": lambda path: ffmpeg(*_PICTURE, "-vf", "scale=240:180,setsar=4/3", *_X264, path),
    "odd_size.mp4": lambda path: ffmpeg(
        "-f", "lavfi", "-i", "testsrc2=s=321x181:r=25:d=2,format=yuv444p", "-c:v", "libx264", path
    ),
    "size_changes.ts": _size_changes,
    "animation.gif": lambda path: ffmpeg("-f", "lavfi", "-i", "testsrc2=s=160x120:r=10:d=2", path),
    "no_duration.webm": _without_duration,
    "windows.wmv": _pair("-c:v", "wmv2", "-c:a", "wmav2", "-b:v", "500k"),
    "flash.flv": _pair("-c:v", "flv", "-c:a", "libmp3lame", "-ar", "44100"),
    "divx.avi": _pair("-c:v", "mpeg4", "-c:a", "libmp3lame"),
    "broadcast.ts": _pair("-c:v", "mpeg2video", "-c:a", "mp2"),
    "two_pictures.mkv": _two_pictures,
    "positional_sound.mp4": _positional_sound,
    "camera.mov": _pair(*_X264, "-c:a", "pcm_s16le"),
}
"""Unusual, but a lesson: each must become ready."""
