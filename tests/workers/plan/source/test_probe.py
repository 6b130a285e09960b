import json
from typing import Any

import pytest

from configs.failures import FAILURES, failure_message
from configs.words import FailureCode
from workers.plan.failure import MediaFailure
from workers.plan.source.allowlist import MAX_STREAMS
from workers.plan.source.limits import (
    MAX_ANIMATION_DECODED_PIXELS,
    MAX_ANIMATION_FRAMES,
    MAX_FRAME_RATE,
    check_animation,
    check_duration,
    check_end,
    check_streams,
)
from workers.plan.source.lottie import MAX_ARCHIVE_BYTES, MAX_JSON_BYTES
from workers.plan.source.packets import Packets, parse_packets
from workers.plan.source.probe import parse_look, parse_probe
from workers.plan.source.sniff import sniff
from workers.programs import draw_lottie
from workers.rlottie import DRAW_SECONDS


def document(*streams: dict[str, Any], format_name: str = "mov,mp4,m4a,3gp,3g2,mj2") -> dict[str, Any]:
    return {"format": {"format_name": format_name, "duration": "12.5"}, "streams": list(streams)}


def picture(**changes: Any) -> dict[str, Any]:
    stream = {
        "index": 0, "codec_type": "video", "codec_name": "h264", "width": 1920, "height": 1080, "pix_fmt": "yuv420p",
        "r_frame_rate": "25/1", "avg_frame_rate": "25/1", "disposition": {"default": 1, "attached_pic": 0},
    }  # fmt: skip
    return {**stream, **changes}


def test_a_phone_held_upright_is_shown_upright() -> None:
    media = parse_probe(document(picture(side_data_list=[{"rotation": -90}])))
    assert media.video is not None
    assert (media.video.width, media.video.height) == (1080, 1920)


@pytest.mark.parametrize("rotation", [89, -89, 90, -90, 269, 270])
def test_a_quarter_turn_need_not_be_exact(rotation: int) -> None:
    """ffprobe writes 89 for 89.5 degrees, which FFmpeg turns by 90."""
    video = parse_probe(document(picture(side_data_list=[{"rotation": rotation}]))).video
    assert video is not None
    assert (video.width, video.height) == (1080, 1920)


def test_bare_dv_has_the_rate_of_its_pictures() -> None:
    video = parse_probe(document(picture(avg_frame_rate="60000/1"), format_name="dv")).video
    assert video is not None
    assert video.average_rate == video.nominal_rate == 25


@pytest.mark.parametrize(("codec", "says"), [("opus", "7203.0065"), ("vorbis", "3.0065")])
def test_a_radio_recorded_from_the_middle_lasts_as_long_as_it_is_heard(codec: str, says: str) -> None:
    told = {"format_name": "ogg", "start_time": "7200.0", "duration": says}
    sound = {"index": 0, "codec_type": "audio", "codec_name": codec, "channels": 2, **told}
    media = parse_probe({"format": told, "streams": [sound]})
    assert media.duration == media.sounds[0].duration == pytest.approx(3.0065)


@pytest.mark.parametrize(
    ("crop", "aspect", "size"),
    [
        ({"crop_top": 132, "crop_bottom": 132}, "1:1", (1920, 816)),
        ({"crop_left": 240, "crop_right": 240, "crop_top": 0, "crop_bottom": 0}, "4:3", (1920, 1080)),
        ({"crop_left": 2000}, "1:1", (1920, 1080)),
    ],
)
def test_the_part_that_the_container_shows_is_the_picture(
    crop: dict[str, int], aspect: str, size: tuple[int, int]
) -> None:
    sides = [{"side_data_type": "Frame Cropping", **crop}]
    video = parse_probe(document(picture(side_data_list=sides, sample_aspect_ratio=aspect))).video
    assert video is not None
    assert (video.width, video.height) == size
    assert video.cropped == (video.coded_size != (1920, 1080))


@pytest.mark.parametrize(
    ("aspect", "size"),
    [("64:45", (1024, 576)), ("16:15", (768, 576)), ("1:1", (720, 576)), ("0:1", (720, 576))],
)
def test_pixels_become_square(aspect: str, size: tuple[int, int]) -> None:
    media = parse_probe(document(picture(width=720, height=576, sample_aspect_ratio=aspect)))
    assert media.video is not None
    assert (media.video.width, media.video.height) == size


def test_cover_art_is_no_picture() -> None:
    cover = picture(disposition={"attached_pic": 1}, index=1)
    sound = {"index": 0, "codec_type": "audio", "codec_name": "mp3", "channels": 2, "sample_rate": "44100"}
    media = parse_probe(document(sound, cover, format_name="mp3"))
    check_streams(media)
    assert media.video is None
    assert [sound.index for sound in media.sounds] == [0]


def test_the_default_sound_comes_first_and_titles_are_one_short_line() -> None:
    def sound(index: int, title: str, default: int) -> dict[str, Any]:
        tags = {"language": "chi", "title": title}
        return {
            "index": index,
            "codec_type": "audio",
            "codec_name": "aac",
            "channels": 2,
            "tags": tags,
            "disposition": {"default": default},
        }

    media = parse_probe(document(picture(), sound(1, "解\n说\x00 ", 0), sound(2, "x" * 100, 1)))
    assert [(s.index, s.title) for s in media.sounds] == [(2, "x" * 60), (1, "解 说")]


def test_an_audio_description_is_known_by_its_disposition() -> None:
    described = {"default": 1, "visual_impaired": 1, "comment": 0}
    sound = {"index": 1, "codec_type": "audio", "codec_name": "mp2", "channels": 1, "disposition": described}
    assert parse_probe(document(picture(), sound)).sounds[0].roles == ("visual_impaired",)


IPHONE = {
    "codec_name": "hevc", "profile": "Main 10", "width": 1920, "height": 1080, "pix_fmt": "yuv420p10le",
    "color_range": "tv", "color_space": "bt2020nc", "color_transfer": "arib-std-b67", "color_primaries": "bt2020",
    "field_order": "progressive", "r_frame_rate": "30/1", "avg_frame_rate": "27000/901",
    "side_data_list": [
        {"side_data_type": "DOVI configuration record", "dv_version_major": 1, "dv_version_minor": 0,
         "dv_profile": 8, "dv_level": 4, "rpu_present_flag": 1, "el_present_flag": 0, "bl_present_flag": 1,
         "dv_bl_signal_compatibility_id": 4, "dv_md_compression": "none"},
        {"side_data_type": "Display Matrix", "rotation": -90},
    ],
}  # fmt: skip
"""An upright recording in Dolby Vision 8.4, in the fields of ffprobe 8.1."""


def test_a_phones_dolby_vision_is_read_as_hlg() -> None:
    media = parse_probe(document(picture(**IPHONE)))
    check_streams(media)
    assert media.video is not None
    assert (media.video.color, media.video.width, media.video.height) == ("hlg", 1080, 1920)


def test_dolby_vision_without_a_base_layer_is_refused() -> None:
    side = {**IPHONE["side_data_list"][0], "dv_profile": 5, "dv_bl_signal_compatibility_id": 0}  # type: ignore[index]
    with pytest.raises(MediaFailure) as failure:
        check_streams(parse_probe(document(picture(**{**IPHONE, "side_data_list": [side]}))))
    assert failure.value.code == "dolby_vision_only"


@pytest.mark.parametrize(
    ("changes", "color"),
    [
        ({}, "sdr"),
        ({"color_transfer": "smpte2084"}, "pq"),
        ({"color_transfer": "bt709", "color_primaries": "bt2020"}, "wide"),
        ({"color_transfer": "smpte2084", "pix_fmt": "gbrp"}, "sdr"),
    ],
)
def test_light_is_read_as_tagged(changes: dict[str, Any], color: str) -> None:
    media = parse_probe(document(picture(**changes)))
    assert media.video is not None
    assert media.video.color == color


@pytest.mark.parametrize(
    ("order", "fields"),
    [("tt", "tff"), ("bb", "bff"), ("tb", "bff"), ("bt", "tff"), ("progressive", "progressive")],
)
def test_the_second_letter_is_the_order_of_display(order: str, fields: str) -> None:
    media = parse_probe(document(picture(field_order=order)))
    assert media.video is not None
    assert media.video.declared_fields == fields


@pytest.mark.parametrize(("above", "fields"), [(1, "bff"), (2, "tff")])
def test_fields_change_places_where_an_odd_line_is_cropped(above: int, fields: str) -> None:
    crop = [{"crop_top": above, "crop_bottom": 0, "crop_left": 0, "crop_right": 0}]
    media = parse_probe(document(picture(field_order="tt", side_data_list=crop)))
    assert media.video is not None
    assert media.video.declared_fields == fields


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"width": 16000, "height": 15000}, "picture_too_large"),
        ({"r_frame_rate": "1000/1", "avg_frame_rate": "1000/1"}, "frame_rate_too_high"),
    ],
)
def test_bombs_are_refused_by_their_header(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(MediaFailure) as failure:
        check_streams(parse_probe(document(picture(**changes))))
    assert failure.value.code == code


def test_too_many_streams() -> None:
    with pytest.raises(MediaFailure) as failure:
        check_streams(parse_probe(document(*[picture(index=index) for index in range(33)])))
    assert failure.value.code == "too_many_streams"


def test_a_clock_is_not_a_frame_rate() -> None:
    told = parse_probe(document(picture(r_frame_rate="1000/1", avg_frame_rate="1000/1")))
    with pytest.raises(MediaFailure) as failure:
        check_streams(told)
    assert failure.value.code == "frame_rate_too_high"
    untold = parse_probe(document(picture(r_frame_rate="1000/1", avg_frame_rate="0/0")))
    check_streams(untold)
    assert untold.video is not None
    assert untold.video.nominal_rate == untold.video.average_rate == 25


def test_a_day_is_too_long_and_nothing_is_too_short() -> None:
    for seconds, code in ((86400.0, "duration_too_long"), (0.0, "no_decodable_frames")):
        with pytest.raises(MediaFailure) as failure:
            check_duration(seconds, 43200)
        assert failure.value.code == code
    assert failure.value.words == {}
    with pytest.raises(MediaFailure) as failure:
        check_duration(5401, 5400)
    assert "1:30:00" in failure_message(failure.value.code, failure.value.words).zh


@pytest.mark.parametrize(
    ("code", "numbers"),
    [
        ("too_many_streams", [MAX_STREAMS]),
        ("too_many_frames", [MAX_ANIMATION_FRAMES, MAX_ANIMATION_DECODED_PIXELS / 1e9]),
        ("frame_rate_too_high", [MAX_FRAME_RATE]),
        ("animation_too_complex", [draw_lottie.MOST_LAYERS, DRAW_SECONDS / 60]),
        (
            "lottie_too_large",
            [size >> 20 for size in (MAX_JSON_BYTES, MAX_ARCHIVE_BYTES, draw_lottie.MOST_IMAGE_BYTES)],
        ),
    ],
)
def test_a_limit_is_told_with_its_number(code: FailureCode, numbers: list[float]) -> None:
    message = FAILURES[code]
    told = message.en.replace(",", ""), message.zh.replace("80 亿", "8 ")
    assert all(f"{number:.0f} " in sentence for number in numbers for sentence in told)


def test_an_animation_small_on_disk_and_huge_in_memory() -> None:
    media = parse_probe(document(picture(width=4096, height=4096, codec_name="gif"), format_name="gif"))
    with pytest.raises(MediaFailure) as failure:
        check_animation(media, Packets(pictures=600, picture_end=30.0, end=30.0))
    assert failure.value.code == "too_many_frames"


@pytest.mark.parametrize(
    ("head", "code"),
    [
        (b"", "source_empty"),
        (b"#EXTM3U\n#EXT-X-TARGETDURATION:4\n", "source_is_reference"),
        (b"\xef\xbb\xbf#EXTM3U\n", "source_is_reference"),
        (b"ffconcat version 1.0\nfile good.mp4\n", "source_is_reference"),
        (b"v=0\no=- 0 0 IN IP4 127.0.0.1\n", "source_is_reference"),
        (b'<?xml version="1.0"?><MPD xmlns="x">', "source_is_reference"),
        (b"<html><script>alert(1)</script></html>", "source_is_document"),
        ("1\n00:00:01,000 --> 00:00:02,000\n你好\n".encode("gb18030"), "source_is_captions"),
        ("[Script Info]\n".encode("utf-16"), "source_is_captions"),
        (b"rtsp://host/lesson.rm\n", "source_is_reference"),
        (b"http without an address is only text\n", "source_not_media"),
        (b"CWS\x0a\x00\x01\x00\x00\x78", "flash_not_supported"),
        (b"PK\x03\x04" + bytes(26) + b"lesson.mp4", "source_is_archive"),
        (b"PK\x03\x04" + bytes(26) + b"ppt/slides", "source_is_document"),
        (b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\x02", None),
        (b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\x10", "source_is_image"),
        (b"RIFF\0\0\0\0AVI LIST", None),
        (b"FLV\x01\x05\0\0\0\x09", None),
        # A multi-byte character cut where the sniffed bytes end.
        (("这" * 1365).encode() + "不".encode()[:1], "source_not_media"),
        ("你好，这不是视频\n".encode(), "source_not_media"),
        (json.dumps({"a": 1}).encode(), "source_not_media"),
        (b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00", None),
        (b"GIF89a\x01\x00\x01\x00\x80\x00\x00", None),
        (b"\x1aE\xdf\xa3\x01\x00\x00\x00", None),
    ],
)
def test_sniffing(head: bytes, code: str | None) -> None:
    assert sniff(head) == code


@pytest.mark.parametrize(
    ("container", "says", "means"),
    [
        ("matroska,webm", 5006.0, 6.0),
        ("matroska,webm", 6.0, 6.0),
        ("asf", 5006.0, 6.0),
        ("mov,mp4", 5006.0, 5006.0),
    ],
)
def test_a_duration_that_counts_from_zero_counts_from_the_start(
    container: str, says: float, means: float
) -> None:
    told = {"format_name": container, "start_time": "5000.0", "duration": str(says)}
    media = parse_probe({"format": told, "streams": [picture(start_time="5000.0")]})
    assert media.duration == pytest.approx(means)


def test_packets_count_from_the_start_of_the_source() -> None:
    source = document(picture(index=0))
    source["format"]["start_time"] = "10.0"
    packets = [
        {"stream_index": 0, "pts_time": "13.96", "duration_time": "0.04"},
        {"stream_index": 1, "pts_time": "15.00", "duration_time": "0.02"},
        {"stream_index": 1},
    ]
    found = parse_packets({"packets": packets}, parse_probe(source))
    assert (found.pictures, round(found.picture_end, 3), round(found.end, 3)) == (1, 4.0, 5.02)


def test_a_packet_that_tells_only_when_it_is_decoded_is_shown_as_late_as_others() -> None:
    packets = [
        {"stream_index": 0, "pts_time": "2.96", "dts_time": "2.92", "duration_time": "0.04"},
        {"stream_index": 0, "dts_time": "2.96", "duration_time": "0.04"},
        {"stream_index": 5, "pts_time": "9.0", "duration_time": "1.0"},
    ]
    found = parse_packets({"packets": packets}, parse_probe(document(picture())))
    assert (found.pictures, found.picture_end, found.played_end) == (
        2,
        pytest.approx(3.04),
        pytest.approx(3.04),
    )
    assert found.end == 10.0


@pytest.mark.parametrize(
    ("end", "declared", "whole"), [(59.9, 60, True), (30, 60, False), (2.0, 4.0, False), (3590, 3600, True)]
)
def test_a_source_must_have_its_end(end: float, declared: float, whole: bool) -> None:
    packets = Packets(pictures=1, picture_end=end, end=end)
    if whole:
        check_end(packets, declared)
        return
    with pytest.raises(MediaFailure) as failure:
        check_end(packets, declared)
    assert failure.value.code == "source_truncated"


@pytest.mark.parametrize("rate", ["1e999999999", "9" * 5000, "1/0", "0/0", "-25", "nan", "", None])
def test_rates_that_are_none_are_not_worked_out(rate: str | None) -> None:
    stream = picture(r_frame_rate=rate, avg_frame_rate=None)
    media = parse_probe({"format": {"format_name": "mp4"}, "streams": [stream]})
    assert media.video is not None
    assert media.video.nominal_rate == 25


LOOKED = (
    "      title           : [Parsed_showinfo_0 @ 0x1] n: fmt:yuv420p sar:1/1 s:1x1\n"
    "[Parsed_showinfo_0 @ 0x7fa1a0001a40] n:   0 pts:   1024 pts_time:0.1     duration:   1024 duration_time:0.1     "
    "fmt:rgba cl:unspecified sar:4/3 s:160x96 i:P iskey:1 type:I \n"
    "[Parsed_showinfo_0 @ 0x7fa1a0001a40] color_range:pc color_space:gbr\n"
)
"""What ffmpeg 9.0.2 wrote of a PNG in a MOV, whose title is meant to deceive."""


def test_a_look_at_a_picture_is_read() -> None:
    seen = {"pix_fmt": "rgba", "sample_aspect_ratio": "4:3", "width": 160, "height": 96}
    assert parse_look(LOOKED) == seen
    assert parse_look(LOOKED[:80]) == {}
