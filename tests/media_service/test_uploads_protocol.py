"""The pure part of the upload protocol."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import Headers

from media_service.problems import ApiError
from media_service.uploads.protocol import (
    MEBIBYTE,
    MOST_PARTS,
    USUAL_PART_SIZE,
    Intake,
    clean_name,
    intake_from_headers,
    is_upload,
    make_intake,
    parse_metadata,
    parse_number,
    part_size,
)


@given(st.integers(min_value=0, max_value=5 * 1024**4))
def test_parts_keep_the_limits_of_s3(length: int) -> None:
    size = part_size(length)
    assert size >= USUAL_PART_SIZE >= 5 * MEBIBYTE
    assert size % MEBIBYTE == 0
    assert -(-length // size) <= MOST_PARTS
    assert part_size(length + 1) >= size


@given(st.text())
def test_a_name_is_one_clean_line(text: str) -> None:
    name = clean_name(text)
    assert len(name) <= 255
    assert name == clean_name(name)
    assert not any(ord(character) < 32 or character in "\x7f\u2028\u2029\u202e\u2066" for character in name)
    name.encode()


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "-y.mp4",
        "a:b.mp4",
        "%03d.png",
        ";id.mp4",
        "con.mp4",
        "第一课 认识智能手机.mp4",
        "🎓.mp4",
    ],
)
def test_odd_names_are_kept_as_they_are(name: str) -> None:
    assert clean_name(name) == name


def test_no_name_turns_the_direction_of_what_stands_after_it() -> None:
    assert clean_name("\u202egpj.exe\u202c \u2066课\u2069 \u200fא") == "gpj.exe 课 \u200fא"


def test_lines_of_a_name_do_not_run_together() -> None:
    assert clean_name("\nLesson one\r\nIntroduction\tA\u2028B\x00C\n") == "Lesson one Introduction A BC"


def test_the_background_is_a_colour_in_hexadecimal_digits_or_refused() -> None:
    def background(colour: str) -> int:
        encoded = base64.b64encode(colour.encode()).decode()
        headers = Headers({"Upload-Length": "1", "Upload-Metadata": f"background {encoded}"})
        return intake_from_headers(headers, "public", 10).background

    assert background("#00aAff") == 0x00AAFF
    assert background("") == 0xFFFFFF
    for wrong in ("white", "#fff", "#00aaff\n", "#00aaff;drawtext", "#٠٠٠٠٠٠"):
        with pytest.raises(ApiError) as refused:
            background(wrong)
        assert refused.value.code == "invalid_request"


@pytest.mark.parametrize(
    ("file_name", "title"),
    [
        ("lesson.mp4", "lesson"),
        ("第3.2讲 皴法.MOV", "第3.2讲 皴法"),
        ("a.tar.gz", "a.tar"),
        ("Lesson 1. Ink and brush", "Lesson 1. Ink and brush"),
        ("version 1.2", "version 1.2"),
        (".mp4", ".mp4"),
        ("", "untitled"),
    ],
)
def test_the_title_defaults_to_the_name_of_the_file(file_name: str, title: str) -> None:
    intake = make_intake(1, 10, file_name=file_name, title="", policy="public", sha256=None, content_type="")
    assert (intake.title, intake.file_name) == (title, file_name)


MAY_BE_VIDEO = (
    "",
    "video/mp4",
    "VIDEO/X-MATROSKA",
    "image/gif",
    "application/octet-stream",
    "foo/bar",
    "video/vnd.dlna.mpeg-tts",
    "text/vnd.trolltech.linguist",
    "application/json",
    "audio/mpeg",
)
CANNOT_BE_VIDEO = (
    "text/html",
    "text/plain; charset=utf-8",
    "IMAGE/SVG+XML",
    "image/jpeg",
    "application/pdf",
    "application/dash+xml",
    "application/vnd.apple.mpegurl",
    "audio/x-mpegurl",
    "application/sdp",
)


@pytest.mark.parametrize("content_type", MAY_BE_VIDEO)
def test_types_that_may_be_video_pass(content_type: str) -> None:
    make_intake(1, 10, file_name="", title="", policy="public", sha256=None, content_type=content_type)


@pytest.mark.parametrize("content_type", CANNOT_BE_VIDEO)
def test_types_that_cannot_be_video_are_refused(content_type: str) -> None:
    with pytest.raises(ApiError) as caught:
        make_intake(1, 10, file_name="", title="", policy="public", sha256=None, content_type=content_type)
    assert caught.value.code == "file_type_refused"


def test_metadata_pairs() -> None:
    assert parse_metadata("") == {}
    assert parse_metadata("filename bGVzc29uLm1wNA==, private ,is_confidential") == {
        "filename": "lesson.mp4",
        "private": "",
        "is_confidential": "",
    }


@pytest.mark.parametrize(
    "header",
    ["a b64!", "a YQ==,a YQ==", ",", "a YQ==,", "é YQ==", "a /w==", "a Y", "a YQ== extra", "a" * 9000],
)
def test_malformed_metadata_is_refused(header: str) -> None:
    with pytest.raises(ApiError) as caught:
        parse_metadata(header)
    assert caught.value.code == "upload_metadata_invalid"


@pytest.mark.parametrize("text", ["", "-1", "+1", "1.0", " 1", "1e3", "0x1", "٣", "9" * 31])
def test_what_is_not_a_number(text: str) -> None:
    assert parse_number(text) is None


def test_numbers() -> None:
    assert parse_number("0") == 0
    assert parse_number("00012") == 12


@pytest.mark.parametrize(
    ("method", "path", "is_one"),
    [
        ("POST", "/v1/uploads", True),
        ("HEAD", "/v1/uploads/0mx2", True),
        ("POST", "/v1/assets", True),
        ("PUT", "/v1/assets/lesson.mp4", True),
        ("GET", "/v1/assets", False),
        ("PUT", "/v1/assets/0mx2/tracks/captions/zh", False),
        ("POST", "/v1/assets/0mx2/retry", False),
        ("POST", "/v1/playback-tokens", False),
    ],
)
def test_what_is_an_upload(method: str, path: str, is_one: bool) -> None:
    """Others do not queue behind it."""
    assert is_upload({"REQUEST_METHOD": method, "PATH_INFO": path}) is is_one


def test_who_may_see_a_lesson_is_said_before_its_file_is_sent() -> None:
    def made(visibility: str | None) -> Intake:
        return make_intake(
            1,
            10,
            file_name="l.mp4",
            title="",
            policy="public",
            sha256=None,
            content_type="",
            visibility=visibility,
        )

    assert (made("private").visibility, made(None).visibility) == ("private", None)
    with pytest.raises(ApiError, match="visibility must be one of"):
        made("everybody")
