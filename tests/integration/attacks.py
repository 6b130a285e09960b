"""Files that lie about themselves: containers whose tables, sizes and references are made to harm a reader.

Each is built from a tiny clip by changing bytes; nothing here needs more than ffmpeg's muxers.
"""

from __future__ import annotations

import io
import struct
import subprocess
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import imageio_ffmpeg
from PIL import Image

MANY = 0x7FFFFFFF
_X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "10")
_PICTURE = ("-f", "lavfi", "-i", "testsrc2=s=64x48:r=10:d=1")
_LARGE = ("-f", "lavfi", "-i", "color=s=8192x4320:r=2:d=1")
_TONE = ("-f", "lavfi", "-i", "sine=440:r=48000:d=1")

BOXES_OF_BOXES = {b"moov", b"trak", b"edts", b"mdia", b"minf", b"dinf", b"stbl", b"udta"}


def encoded(form: str, *options: str, picture: tuple[str, ...] = _PICTURE) -> bytes:
    """A clip of one second in the format, as a pipe gets it."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", *picture, *options]
    done = subprocess.run(
        [*command, "-fflags", "+bitexact", "-f", form, "pipe:1"], check=True, capture_output=True, timeout=60
    )
    return done.stdout


def clip(folder: Path, suffix: str, *options: str) -> bytes:
    """The same for formats whose muxers go back to complete what they wrote."""
    path = folder / f"clip.{suffix}"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-y", *_PICTURE, *_TONE, *options]
    subprocess.run(
        [*command, "-shortest", "-fflags", "+bitexact", path], check=True, capture_output=True, timeout=60
    )
    return path.read_bytes()


def mp4(folder: Path, *options: str) -> bytes:
    """Picture and sound, the index at the end: what grows in it moves no media data."""
    return clip(folder, "mp4", *_X264, "-c:a", "aac", *options)


# ISO base media files (ISO/IEC 14496-12)


def box(kind: bytes, content: bytes) -> bytes:
    """A box."""
    return struct.pack(">I4s", 8 + len(content), kind) + content


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        yield kind, data[at + 8 : at + size]
        at += size


def edit(data: bytes, kind: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """The file with the content of every box of a kind changed, and the sizes around it corrected."""
    parts = []
    for found, content in _boxes(data):
        new = change(content) if found == kind else content
        if found != kind and found in BOXES_OF_BOXES:
            new = edit(content, kind, change)
        parts.append(box(found, new))
    return b"".join(parts)


def append(data: bytes, kind: bytes, extra: bytes) -> bytes:
    """The file with ``extra`` at the end of every box of a kind."""
    return edit(data, kind, lambda content: content + extra)


def _iso_attacks(folder: Path, canary: str, secret: Path) -> dict[str, bytes]:
    data = mp4(folder)

    def table(count: int, *words: int) -> Callable[[bytes], bytes]:
        return lambda _: struct.pack(f">II{len(words)}I", 0, count, *words)

    def unsized(_: bytes) -> bytes:
        return struct.pack(">III", 0, 1, MANY)

    many_edits = struct.pack(">II", 0, 10_000) + struct.pack(">IIHH", 1, 0, 1, 0) * 10_000
    url = box(b"url ", b"\0\0\0\0" + f"{canary}/media.mov\0".encode())
    alias = _alias(secret)
    moved_header = box(
        b"cmov",
        box(b"dcom", b"zlib") + box(b"cmvd", struct.pack(">I", MANY) + zlib.compress(bytes(50_000_000), 9)),
    )
    reference = box(
        b"rmra",
        box(
            b"rmda",
            box(b"rdrf", b"\0\0\0\0url " + struct.pack(">I", len(canary) + 5) + canary.encode() + b"/mov\0"),
        ),
    )
    title = box(b"\xa9nam", struct.pack(">HH", 65535, 0) + b"x" * 10_000_000)
    deep = box(b"udta", b"")
    for _ in range(5000):
        deep = box(b"trak", deep)
    head, tail = data[: data.index(b"moov") - 4], data[data.index(b"moov") - 4 :]
    return {
        "edits_claimed.mp4": edit(data, b"elst", table(MANY, 1000, 0, 0x10000)),
        "edits_many.mp4": edit(data, b"elst", lambda _: many_edits),
        "edits_far.mp4": edit(data, b"elst", table(1, 0xFFFFFFFE, MANY, 0x10000)),
        "times_many.mp4": edit(edit(data, b"stts", table(1, MANY, 1)), b"stsz", unsized),
        "times_claimed.mp4": edit(data, b"stts", table(MANY, 1, 1)),
        "times_long.mp4": edit(data, b"stts", table(1, 10, MANY)),
        "sizes_huge.mp4": edit(data, b"stsz", lambda _: struct.pack(">III", 0, MANY, 40)),
        "chunks_claimed.mp4": edit(data, b"stsc", table(MANY, 1, MANY, 1)),
        "offsets_outside.mp4": edit(data, b"stco", table(1, 0xFFFFFFF0)),
        "descriptions.mp4": edit(data, b"stsd", lambda old: old[:4] + struct.pack(">I", MANY) + old[8:]),
        "compressed_header.mov": head + box(b"moov", moved_header),
        "timescale_zero.mp4": edit(data, b"mdhd", lambda old: old[:12] + bytes(4) + old[16:]),
        "deep.mp4": append(data, b"moov", deep),
        "size_64.mp4": head + struct.pack(">I4sQ", 1, b"free", (1 << 63) + 7) + tail,
        "size_zero.mp4": append(data, b"moov", struct.pack(">I4s", 0, b"trak")),
        "size_small.mp4": append(data, b"stbl", struct.pack(">I4s", 3, b"stss")),
        "fragments.mp4": _fragments(),
        "title_10mb.mp4": append(data, b"moov", box(b"udta", title)),
        "media_elsewhere_url.mov": edit(data, b"dref", lambda _: struct.pack(">II", 0, 1) + url),
        "media_elsewhere_alias.mov": edit(data, b"dref", lambda _: struct.pack(">II", 0, 1) + alias),
        "reference_movie.mov": box(b"ftyp", b"qt  \0\0\2\0qt  ") + box(b"moov", reference),
        "encrypted.mp4": mp4(
            folder, "-encryption_scheme", "cenc-aes-ctr", "-encryption_key", "0" * 32, "-encryption_kid", "1" * 32
        ),
    }  # fmt: skip


def _alias(target: Path) -> bytes:
    """A data reference by a Macintosh alias record, as ffmpeg would read it: volume, folder and file names."""
    record = bytearray(150)
    struct.pack_into(">H", record, 8, 2)
    record[10:37] = bytes([8]) + b"Macintos" + bytes(18)
    record[50:114] = bytes([len(target.name)]) + target.name.encode().ljust(63, b"\0")
    struct.pack_into(">hh", record, 130, 1, 1)
    path = str(target).encode()
    record += struct.pack(">HH", 2, len(path)) + path + b"\0" * (len(path) % 2)
    record += (
        struct.pack(">HH", 18, len(path)) + path + b"\0" * (len(path) % 2) + struct.pack(">HH", 0xFFFF, 0)
    )
    return box(b"alis", b"\0\0\0\0" + bytes(record))


def _fragments() -> bytes:
    """A fragmented file whose first run claims two thousand million samples."""
    data = bytearray(encoded("mp4", *_X264, "-movflags", "+frag_keyframe+empty_moov"))
    run = data.index(b"trun")
    data[run + 8 : run + 12] = struct.pack(">I", MANY)
    return bytes(data)


# Matroska (RFC 9559), whose elements are those of EBML (RFC 8794)


def element(identifier: int, content: bytes) -> bytes:
    """An EBML element with a size of eight bytes."""
    name = identifier.to_bytes((identifier.bit_length() + 7) // 8, "big")
    return name + ((1 << 56) | len(content)).to_bytes(8, "big") + content


_CLUSTER = b"\x1f\x43\xb6\x75"
_HEADER = element(0x1A45DFA3, element(0x4282, b"matroska"))


def _inserted(data: bytes, extra: bytes) -> bytes:
    """A live stream (segment of unknown size, no index) with ``extra`` before its first cluster."""
    at = data.index(_CLUSTER)
    return data[:at] + extra + data[at:]


def flood(blocks: int) -> bytes:
    """A recording without a length whose blocks each hold 256 frames of two bytes."""
    crowd = element(0xA3, b"\x81\0\0\x04\xff" + bytes(256 * 2))
    live = encoded("matroska", *_X264, "-live", "1")
    return live + element(0x1F43B675, element(0xE7, b"\0") + crowd * blocks)


def _matroska_attacks(canary: str) -> dict[str, bytes]:
    pair = (*_TONE, *_X264, "-c:a", "aac", "-live", "1")
    data = encoded("matroska", *pair)
    pcm = encoded("matroska", *_TONE, *_X264, "-c:a", "pcm_s16le", "-live", "1")
    rate, tall = struct.pack(">d", 48000.0), b"\xb0\x81\x40"
    chapter = element(0xB6, element(0x73C4, b"\1") + element(0x91, b"\0") + element(0x6E67, b"u" * 16))
    ordered = element(0x1043A770, element(0x45B9, element(0x45DD, b"\1") + chapter))
    names = element(0x3E83BB, f"{canary}/next.mkv".encode()) + element(0x3C83AB, b"../../etc/passwd")
    linked = element(0x1549A966, element(0x2AD7B1, b"\x0f\x42\x40") + element(0x3EB923, b"n" * 16) + names)
    point = element(
        0xBB, element(0xB3, b"\1") + element(0xB7, element(0xF7, b"\1") + element(0xF1, b"\x7f" * 8))
    )
    laced = b"\x81\0\0\x06\xfe" + b"\x08\xff\xff\xff\xff\xff\xff\xff" * 30
    nested = b""
    for _ in range(2000):
        nested = element(0x67C8, nested)
    squeezed = zlib.compress(bytes(50_000_000), 9)
    encoding = element(0x6D80, element(0x6240, element(0x5034, element(0x4254, b"\0"))))
    video = element(0xE0, element(0xB0, b"\x40") + element(0xBA, b"\x30"))
    track = element(
        0xAE,
        element(0xD7, b"\1")
        + element(0x73C5, b"\1")
        + element(0x83, b"\1")
        + element(0x86, b"V_MJPEG")
        + element(0x23E383, (10**8).to_bytes(4, "big"))
        + video
        + encoding,
    )
    block = element(0x1F43B675, element(0xE7, b"\0") + element(0xA3, b"\x81\0\0\x80" + squeezed))
    attached = element(
        0x61A7,
        element(0x466E, b"../../a.bin")
        + element(0x4660, b"application/x-font")
        + element(0x465C, bytes(4_000_000))
        + element(0x46AE, b"\1"),
    )
    return {
        "chapters_elsewhere.mkv": _inserted(data, ordered),
        "linked.mkv": _inserted(data, linked),
        "index_huge.mkv": _inserted(data, element(0x1C53BB6B, point * 60_000)),
        "lacing.mkv": data + element(0x1F43B675, element(0xE7, b"\0") + element(0xA3, laced) * 200),
        "nested.mkv": _inserted(data, element(0x1254C367, element(0x7373, nested))),
        "squeezed.mkv": _HEADER + element(0x18538067, element(0x1654AE6B, track) + block),
        "attachments.mkv": _inserted(data, element(0x1941A469, attached * 2)),
        "segment_only.mkv": _HEADER + bytes.fromhex("1853806701ffffffffffffff"),
        "rate_absurd.mkv": pcm.replace(rate, struct.pack(">d", 1e9), 1),
        "rate_one.mkv": pcm.replace(rate, struct.pack(">d", 1.0), 1),
        "rate_nan.mkv": pcm.replace(rate, struct.pack(">d", float("nan")), 1),
        "size_absurd.mkv": data.replace(tall, b"\xb0\x81\xff", 1),
    }  # fmt: skip


# Others


def _checked(kind: bytes, content: bytes) -> bytes:
    """A chunk of a PNG file."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _pictures() -> dict[str, bytes]:
    moving = encoded("apng", "-plays", "0")
    control = moving.index(b"acTL") - 4
    claimed = moving[:control] + _checked(b"acTL", struct.pack(">II", MANY, 0)) + moving[control + 20 :]
    frames = [Image.new("RGB", (32, 32), colour) for colour in ("red", "green", "blue")]
    buffer = io.BytesIO()
    frames[0].save(buffer, "WEBP", save_all=True, append_images=frames[1:], duration=400)
    webp = bytearray(buffer.getvalue())
    small = bytes(webp)
    webp[24:30] = b"\xff\xff\xff" * 2
    still: dict[str, bytes] = {}
    for form in ("PNG", "JPEG", "WEBP", "BMP", "TIFF"):
        buffer = io.BytesIO()
        Image.new("RGB", (64, 48), "navy").save(buffer, form)
        still[f"still.{form.lower()}"] = buffer.getvalue()
    buffer = io.BytesIO()
    Image.new("P", (64, 48), 1).save(buffer, "GIF")
    return {
        "frames_claimed.png": claimed,
        "canvas.webp": bytes(webp),
        "moving.webp": small,
        "still.gif": buffer.getvalue(),
        **still,
    }


def _transport_stream_of_8000() -> bytes:
    """A packet with a start of elementary stream data on each of 8,000 PIDs, then a real stream."""
    lone = b"".join(
        struct.pack(">BHB", 0x47, 0x4000 | pid, 0x10) + b"\0\0\1\xe0\0\0\x80\0\0".ljust(184, b"\xff")
        for pid in range(0x120, 0x120 + 7800)
    )
    return lone + encoded("mpegts", *_X264)


def _advanced_systems(folder: Path, canary: str) -> bytes:
    """A Windows Media file whose script tells the player to go elsewhere (ASF specification, 3.6)."""
    data = clip(folder, "wmv", "-c:v", "wmv2", "-c:a", "wmav2")
    kind, text = "URL".encode("utf-16-le"), f"{canary}/script.asx".encode("utf-16-le")
    content = bytes(16) + struct.pack("<HH", 1, 1)
    content += struct.pack("<H", len(kind) // 2) + kind
    content += struct.pack("<IHH", 0, 0, len(text) // 2) + text
    identifier = bytes.fromhex("301afb1e620bd011a39b00a0c90348f6")
    script = identifier + struct.pack("<Q", 24 + len(content)) + content
    size, objects = struct.unpack_from("<QI", data, 16)
    return data[:16] + struct.pack("<QI", size + len(script), objects + 1) + data[28:30] + script + data[30:]


def _avi_attacks(folder: Path) -> dict[str, bytes]:
    data = clip(folder, "avi", "-c:v", "mpeg4", "-c:a", "libmp3lame")
    # The reserve that the muxer leaves in each stream's header for an OpenDML index.
    spare = data.index(b"JUNK")
    room = struct.unpack_from("<I", data, spare + 4)[0]
    entry = struct.pack("<QII", spare, room, MANY)
    index = struct.pack("<HBBI4s12x", 4, 0, 0, MANY, b"00dc") + entry * ((room - 24) // 16)
    nested = (
        data[:spare] + b"indx" + struct.pack("<I", room) + index.ljust(room, b"\0") + data[spare + 8 + room :]
    )
    old = bytearray(data)
    struct.pack_into("<I", old, old.index(b"idx1") + 4, 0xFFFFFFF0)
    header = bytearray(data)
    scale = header.index(b"strh") + 8 + 20
    struct.pack_into("<II", header, scale, 1, 0xFFFFFFFF)
    return {"index_opendml.avi": nested, "index_claimed.avi": bytes(old), "rate_absurd.avi": bytes(header)}  # fmt: skip


def _flash_attacks() -> dict[str, bytes]:
    data = encoded("flv", *_TONE, "-c:v", "flv", "-c:a", "libmp3lame", "-ar", "44100")

    def timed(time: Callable[[int, int], int], kinds: bytes = b"\x08\x09\x12") -> bytes:
        """With other timestamps (milliseconds, from the tag's number and its own) on tags of these kinds."""
        changed, at, count = bytearray(data), 13, 0
        while at + 11 <= len(changed):
            if changed[at] in kinds:
                value = time(count, int.from_bytes(changed[at + 4 : at + 7], "big")) & 0xFFFFFFFF
                changed[at + 4 : at + 8] = (value & 0xFFFFFF).to_bytes(3, "big") + bytes([value >> 24])
            at, count = at + 15 + int.from_bytes(changed[at + 1 : at + 4], "big"), count + 1
        return bytes(changed)

    duration = data.index(b"duration") + 9
    endless = data[:duration] + struct.pack(">d", float("inf")) + data[duration + 8 :]
    unknown = data[:duration] + struct.pack(">d", float("nan")) + data[duration + 8 :]
    swf = b"\x0a" + struct.pack("<I", 2000) + bytes(2000)
    return {
        "times_absurd.flv": timed(lambda count, _: MANY if count % 2 else 0),
        "times_backwards.flv": timed(lambda count, _: 4_000_000 - 1000 * count),
        "times_same.flv": timed(lambda *_: 0),
        "sound_jumps.flv": timed(lambda count, old: old + 14_400_000 * (count == 21), b"\x08"),
        "picture_jumps.flv": timed(lambda count, old: old + 14_400_000 * (10 < count < 30), b"\x09"),
        "duration_endless.flv": endless,
        "duration_unknown.flv": unknown,
        "plain.swf": b"FWS" + swf,
        "squeezed.swf": b"CWS" + swf[:5] + zlib.compress(swf[5:]),
        "lzma.swf": b"ZWS" + swf,
    }


def _sound_and_others(folder: Path, canary: str) -> dict[str, bytes]:
    ogg = encoded("ogg", *_TONE, "-c:v", "libtheora", "-c:a", "libvorbis")
    mxf = clip(folder, "mxf", "-r", "25", "-c:v", "mpeg2video", "-c:a", "pcm_s16le")
    essence = mxf.index(bytes.fromhex("060e2b34010201010d01030115"))
    locator = f"{canary}/essence.mxf".encode("utf-16-be")
    local = struct.pack(">HH", 0x4001, len(locator)) + locator
    network = (
        bytes.fromhex("060e2b34025301010d01010101013200")
        + bytes([0x83])
        + len(local).to_bytes(3, "big")
        + local
    )
    tag = struct.pack(">3sHB4B", b"ID3", 0x400, 0, 0x5F, 0x5F, 0x5F, 0x5F)
    return {
        "chained.ogv": ogg * 40,
        "essence_elsewhere.mxf": mxf[:essence] + network,
        "tag_200mb.mp3": tag + bytes(100_000),
        "tag_before_video.mp4": b"ID3\4\0\0" + bytes([0, 1, 0x1A, 0]) + bytes(19712) + mp4(folder),
        "pids_8000.ts": _transport_stream_of_8000(),
        "script.wmv": _advanced_systems(folder, canary),
        "grows.ts": encoded("mpegts", *_X264) + encoded("mpegts", *_X264, "-output_ts_offset", "1", picture=_LARGE),
    }  # fmt: skip


def make_attacks(folder: Path, canary: str, secret: Path) -> dict[str, bytes]:
    """All of them by file name. ``canary`` is an address, ``secret`` a file, that nobody may ask for."""
    return {
        **_iso_attacks(folder, canary, secret),
        **_matroska_attacks(canary),
        **_pictures(),
        **_avi_attacks(folder),
        **_flash_attacks(),
        **_sound_and_others(folder, canary),
    }
