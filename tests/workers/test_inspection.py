"""Each kind of source has a door; whatever comes through it becomes a plan."""

from __future__ import annotations

import struct
import subprocess
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any, NoReturn

import imageio_ffmpeg
import pytest
from PIL import Image

from tests import rehearsal
from workers import browser
from workers.ffmpeg import ToolMissing
from workers.inspection.examine import Examined
from workers.inspection.inspected import LeftToBrowser
from workers.plan.decisions.facts import facts_of
from workers.plan.failure import MediaFailure

BACKGROUND = 0x336699
PICTURE = ("-f", "lavfi", "-i", "testsrc2=s=160x90:r=10:d=1,format=rgba")
SOUND = ("-f", "lavfi", "-i", "sine=440:r=44100:d=1")


def examined(folder: Path, file: str, *arguments: str) -> Examined:
    """What becomes of a file that ffmpeg makes of a second of test pictures."""
    path = folder / file
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", *PICTURE, *arguments, str(path)]
    subprocess.run(command, check=True, timeout=60)
    return examine_bytes(folder, path.read_bytes())


examine_bytes = partial(rehearsal.examined, background=BACKGROUND)


def test_a_video_file_is_read_as_it_is(tmp_path: Path) -> None:
    found = examined(tmp_path, "lesson.mp4", *SOUND, "-c:v", "libx264", "-pix_fmt", "yuv420p")
    assert (found.plan.kind, len(found.plan.sounds)) == ("video", 1)
    assert found.source.stand_in_key is None


def made(folder: Path, file: str, *arguments: str) -> bytes:
    path = folder / file
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", *arguments, str(path)]
    subprocess.run(command, check=True, timeout=60)
    return path.read_bytes()


@pytest.mark.parametrize("rate", ["25", "30000/1001"])
def test_fragments_of_one_picture_each_have_the_rate_of_their_pictures(rate: str, tmp_path: Path) -> None:
    picture = (
        "-f",
        "lavfi",
        "-i",
        f"testsrc2=s=160x90:r={rate}:d=3",
        "-c:v",
        "libx264",
        "-pix_fmt",
        "yuv420p",
    )
    fragments = ("-movflags", "+frag_every_frame+empty_moov+default_base_moof")
    plan = examine_bytes(tmp_path, made(tmp_path, "live.mp4", *picture, *fragments)).plan
    assert plan.video is not None
    assert plan.video.grid.frame_rate == Fraction(rate)


@pytest.mark.parametrize(
    ("file", "options"),
    [
        ("lesson.mp4", PICTURE),
        ("lesson.mp4", (*PICTURE, "-movflags", "+faststart")),
        ("lesson.mp4", (*PICTURE, "-movflags", "+frag_keyframe+empty_moov")),
        ("lesson.mkv", PICTURE),
        ("talk.wav", SOUND),
    ],
)
def test_of_files_put_together_the_first_is_played_and_the_author_told(
    file: str, options: tuple[str, ...], tmp_path: Path
) -> None:
    one = made(tmp_path, file, *options)
    assert examine_bytes(tmp_path, one).plan.notices == ()
    assert [notice.code for notice in examine_bytes(tmp_path, one * 2).plan.notices] == [
        "other_files_left_out"
    ]


@pytest.mark.parametrize("codec", ["flac", "libvorbis", "libopus"])
def test_a_stream_without_its_headers_is_incomplete(codec: str, tmp_path: Path) -> None:
    whole = made(tmp_path, "radio.ogg", *SOUND, "-c:a", codec)
    with pytest.raises(MediaFailure, match="source_truncated"):
        examine_bytes(tmp_path, whole[whole.rindex(b"OggS") :])


@pytest.mark.parametrize(("file", "role"), [("film.mkv", "visual_impaired"), ("film.mp4", "descriptions")])
def test_an_audio_description_is_offered_as_such(file: str, role: str, tmp_path: Path) -> None:
    streams = ("-map", "0", "-map", "1", "-map", "1", "-metadata:s:a", "language=eng")
    found = examined(tmp_path, file, *SOUND, *streams, "-disposition:a:1", role, "-c:v", "mpeg4")
    assert [(sound.label, sound.described) for sound in found.plan.sounds] == [
        ("English", False),
        ("English (audio description)", True),
    ]
    facts = facts_of(found.plan, {})
    assert [facts.is_described(sound.name) for sound in found.plan.sounds] == [False, True]


def test_the_tool_that_decodes_a_picture_says_what_it_is_like(tmp_path: Path) -> None:
    found = examined(tmp_path, "screen.flv", *SOUND, "-c:v", "flashsv", "-pix_fmt", "bgr24")
    assert (found.plan.kind, found.plan.width, found.plan.height) == ("video", 160, 90)


def test_a_stream_that_nobody_needs_is_left_out(tmp_path: Path) -> None:
    second = (
        "-map",
        "0",
        "-map",
        "0",
        "-map",
        "1",
        "-c:v:0",
        "libx264",
        "-c:v:1",
        "magicyuv",
        "-pix_fmt",
        "yuv420p",
    )
    found = examined(tmp_path, "views.mkv", *SOUND, *second)
    assert (found.plan.kind, len(found.plan.sounds)) == ("video", 1)
    assert [notice.code for notice in found.plan.notices] == ["picture_left_out"]


def test_windows_media_with_rights_management_is_refused_as_such(tmp_path: Path) -> None:
    """The header has a content encryption object (ASF specification 1.20.3, 3.14)."""
    path = tmp_path / "lesson.wmv"
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(),
        "-nostdin",
        "-v",
        "error",
        *PICTURE,
        "-c:v",
        "wmv2",
        str(path),
    ]
    subprocess.run(command, check=True, timeout=60)
    data, secret = (
        path.read_bytes(),
        b"".join(struct.pack("<I4s", 4, text) for text in (b"abcd", b"DRM\0") * 2),
    )
    encryption = (
        bytes.fromhex("fbb3112223bdd211b4b700a0c955fc6e") + struct.pack("<Q", 24 + len(secret)) + secret
    )
    size, count = struct.unpack_from("<QI", data, 16)
    header = data[:16] + struct.pack("<QI", size + len(encryption), count + 1) + data[28:30]
    with pytest.raises(MediaFailure) as failure:
        examine_bytes(tmp_path, header + encryption + data[30:])
    assert failure.value.code == "source_encrypted"


def test_an_animated_image_plays_again(tmp_path: Path) -> None:
    found = examined(tmp_path, "moving.gif")
    assert (found.plan.kind, found.plan.loop) == ("animation", True)
    assert found.plan.picture.treatment.background == BACKGROUND


@pytest.mark.parametrize(("loop", "again"), [("0", True), ("1", False)])
def test_an_animated_avif_keeps_its_rate_and_plays_as_often_as_it_says(
    loop: str, again: bool, tmp_path: Path
) -> None:
    coded = ("-c:v", "libaom-av1", "-cpu-used", "8", "-pix_fmt", "yuv420p", "-r", "20", "-loop", loop)
    found = examined(tmp_path, "moving.avif", *coded)
    assert (found.plan.kind, found.plan.loop) == ("animation", again)
    assert (found.plan.picture.grid.rate, found.plan.picture.grid.frames) == ((20, 1), 20)


def pictures(**options: Any) -> bytes:
    """A red, a green and a blue picture, the last one transparent, that stand for 100, 200 and 300 ms."""
    red, green, blue = (
        Image.new("RGBA", (64, 48), colour) for colour in ((255, 0, 0), (0, 255, 0), (0, 0, 255, 0))
    )
    file = BytesIO()
    red.save(file, save_all=True, append_images=[green, blue], duration=[100, 200, 300], **options)
    return file.getvalue()


def test_an_avif_that_is_called_a_still_picture_and_moves(tmp_path: Path) -> None:
    """As libavif writes it: the brand of a still, which stands before the track, and that of a sequence after it."""
    found = examine_bytes(tmp_path, pictures(format="AVIF"))
    assert (found.plan.kind, found.plan.duration) == ("animation", pytest.approx(0.6))
    assert found.plan.picture.treatment.background == BACKGROUND
    assert (found.plan.picture.alpha_stream is None, found.plan.notices) == (False, ())


def moving_jpeg_xl(folder: Path) -> bytes:
    """The pictures of ``pictures``, with some noise, without which ffmpeg takes so small a file for none."""
    (folder / "moving.png").write_bytes(pictures(format="PNG"))
    coding = ("-vf", "noise=alls=8:allf=t", "-fps_mode", "passthrough", "-c:v", "libjxl_anim")
    return made(folder, "moving.jxl", "-i", str(folder / "moving.png"), *coding, "-f", "image2pipe")


def boxed(stream: bytes) -> bytes:
    """A codestream in boxes, some metadata first."""

    def box(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I4s", 8 + len(data), kind) + data

    brand = box(b"ftyp", b"jxl \0\0\0\0jxl ")
    return box(b"JXL ", b"\r\n\x87\n") + brand + box(b"Exif", bytes(900)) + box(b"jxlc", stream)


@pytest.mark.parametrize("pack", [bytes, boxed], ids=["bare", "boxed"])
def test_a_moving_jpeg_xl_keeps_its_times(pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    found = examine_bytes(tmp_path, pack(moving_jpeg_xl(tmp_path)))
    assert (found.plan.kind, found.plan.loop, found.plan.duration) == ("animation", True, pytest.approx(0.6))
    assert (found.plan.picture.grid.rate, found.plan.picture.grid.frames) == ((10, 1), 6)
    assert found.plan.picture.treatment.background == BACKGROUND
    assert found.plan.notices == ()


def test_a_jpeg_xl_that_does_not_move_is_a_picture(tmp_path: Path) -> None:
    still = made(tmp_path, "still.jxl", *PICTURE, "-frames:v", "1", "-c:v", "libjxl")
    for data in (still, boxed(still), still[:3]):
        with pytest.raises(MediaFailure) as failure:
            examine_bytes(tmp_path, data)
        assert failure.value.code == "source_is_image"


@pytest.mark.parametrize("part", [0.02, 0.6])
def test_a_jpeg_xl_that_is_cut_off(part: float, tmp_path: Path) -> None:
    data = moving_jpeg_xl(tmp_path)
    with pytest.raises(MediaFailure) as failure:
        examine_bytes(tmp_path, data[: int(part * len(data))])
    assert failure.value.code == "source_damaged"


def test_an_apng_may_begin_with_a_picture_that_is_blended_over_nothing(tmp_path: Path) -> None:
    found = examine_bytes(tmp_path, pictures(format="PNG", blend=1))
    assert (found.plan.kind, found.plan.duration) == ("animation", pytest.approx(0.6))


def test_the_video_of_a_flash_movie_stands_in_for_it(tmp_path: Path) -> None:
    found = examined(tmp_path, "wrapped.swf", "-c:v", "flv", "-pix_fmt", "yuv420p")
    assert (found.plan.kind, found.source.media.container) == ("video", "flv")
    assert found.source.stand_in_key


def test_a_lottie_animation_is_drawn(tmp_path: Path) -> None:
    lottie = (
        b'{"v":"5.7.0","fr":10,"ip":0,"op":5,"w":64,"h":36,"layers":[{"ty":1,"ind":1,"ip":0,"op":5,"st":0,'
    )
    lottie += b'"sw":64,"sh":36,"sc":"#ff0000","ks":{}}]}'
    found = examine_bytes(tmp_path, lottie)
    assert (found.plan.kind, found.plan.picture.grid.frames) == ("animation", 5)
    assert found.source.stand_in_key


TEXT = b'{"ty":5,"ind":1,"ip":0,"op":5,"st":0,"ks":{},"t":{"d":{"k":[]}}}'
GROUND = b'{"ty":1,"ind":2,"ip":0,"op":5,"st":0,"sw":64,"sh":36,"sc":"#ff0000","ks":{}}'
BAR = GROUND.replace(b'"sw":64', b'"sw":32')


def lottie_of(*layers: bytes) -> bytes:
    return b'{"v":"5.7.0","fr":10,"ip":0,"op":5,"w":64,"h":36,"layers":[' + b",".join(layers) + b"]}"


@pytest.mark.parametrize("layers", [[TEXT], [TEXT, GROUND], [TEXT, BAR]])
def test_a_lottie_animation_with_text_is_left_to_a_browser(layers: list[bytes], tmp_path: Path) -> None:
    with pytest.raises(LeftToBrowser):
        examine_bytes(tmp_path, lottie_of(*layers))


@pytest.fixture
def no_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object) -> NoReturn:
        raise ToolMissing("there is none")

    monkeypatch.setattr(browser, "find_browser", missing)


@pytest.mark.usefixtures("no_browser")
def test_without_a_browser_a_lottie_animation_without_its_text_says_so(tmp_path: Path) -> None:
    found = examine_bytes(tmp_path, lottie_of(TEXT, BAR), by_browser=True)
    assert [notice.code for notice in found.plan.notices] == ["lottie_text_left_out"]


@pytest.mark.usefixtures("no_browser")
@pytest.mark.parametrize("layers", [[TEXT], [TEXT, GROUND]], ids=["text alone", "text on a background"])
def test_without_a_browser_one_that_would_be_blank_is_refused(layers: list[bytes], tmp_path: Path) -> None:
    with pytest.raises(MediaFailure) as failure:
        examine_bytes(tmp_path, lottie_of(*layers), by_browser=True)
    assert failure.value.code == "browser_missing"


def test_a_film_with_transparency_lies_on_the_background_that_its_author_named(tmp_path: Path) -> None:
    codec = ("-c:v", "prores_ks", "-profile:v", "4444", "-pix_fmt", "yuva444p10le")
    treatment = examined(tmp_path, "film.mov", *codec).plan.picture.treatment
    assert (treatment.flatten_alpha, treatment.background) == (True, BACKGROUND)
