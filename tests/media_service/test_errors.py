"""The one error shape, without a server: every code, every way to fail, nothing leaked."""

from __future__ import annotations

import json
import re
from typing import get_args

import pytest
from flask import Flask, abort
from psycopg.errors import DiskFull
from sqlalchemy.exc import OperationalError

from configs.failures import FAILURES
from configs.messages import Message
from configs.notices import NOTICES
from media_service import errors
from media_service.layers import mark
from media_service.problems import PROBLEMS, ApiError, ErrorCode
from storage.objects import StorageError, StorageFull

CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def app() -> Flask:
    app = Flask(__name__)
    errors.register(app)
    app.wsgi_app = mark(app.wsgi_app)  # type: ignore[method-assign, assignment]

    @app.get("/fail/<what>")
    def fail(what: str) -> str:
        raise {
            "bug": ValueError("secret-password"),
            "objects": StorageError("http://10.0.0.1 does not answer"),
            "full": StorageFull("XMinioStorageFull at http://10.0.0.1"),
            "full catalogue": OperationalError(
                "INSERT secret", {}, DiskFull("10.0.0.2: could not extend file")
            ),
            "catalogue": OperationalError("SELECT secret", {}, Exception("10.0.0.2")),
            "api": ApiError("asset_not_found", "There is none.", headers={"X-More": "1"}),
        }[what]

    @app.get("/status/<int:status>")
    def status(status: int) -> None:
        abort(status)

    return app


def answer(app: Flask, path: str, method: str = "GET") -> tuple[int, dict[str, object], dict[str, str]]:
    got = app.test_client().open(path, method=method)
    assert got.content_type == "application/problem+json"
    assert got.headers["Cache-Control"] == "no-store"
    return got.status_code, json.loads(got.data), dict(got.headers)


@pytest.mark.parametrize("what", ["bug", "objects", "full", "catalogue", "api"])
def test_every_error_is_found_in_the_log_by_the_request(
    app: Flask, caplog: pytest.LogCaptureFixture, what: str
) -> None:
    with caplog.at_level("INFO"):
        _, problem, headers = answer(app, f"/fail/{what}")
    [line] = [
        record.getMessage() for record in caplog.records if headers["X-Request-Id"] in record.getMessage()
    ]
    assert line.startswith(f"refused {problem['code']}, request ")
    assert f"GET /fail/{what}" in line


def test_every_code_has_its_row() -> None:
    assert PROBLEMS.keys() == set(get_args(ErrorCode))


@pytest.mark.parametrize("code", PROBLEMS)
def test_every_code_speaks_two_languages(code: str) -> None:
    problem = PROBLEMS[code]
    assert problem.status == 302 if code == "played_at_origin" else 400 <= problem.status < 600
    assert problem.message.en.endswith(".") and not CHINESE.search(problem.message.en)
    assert CHINESE.search(problem.message.zh)
    assert re.fullmatch("[a-z_]+", code)


@pytest.mark.parametrize("message", [*FAILURES.values(), *NOTICES.values()], ids=[*FAILURES, *NOTICES])
def test_every_failure_and_notice_speaks_two_languages(message: Message) -> None:
    assert message.en.endswith(".") and not CHINESE.search(message.en)
    assert CHINESE.search(message.zh)
    places = [set(re.findall(r"{(\w+)}", sentence)) for sentence in (message.en, message.zh)]
    assert places[0] == places[1]


def test_words_stand_in_their_places_as_they_are() -> None:
    message = Message("It is {codec}, track {number}.", "{codec}").filled({"codec": "{number}"})
    assert message == Message("It is {number}, track ….", "{number}")


def test_the_document_is_that_of_rfc_9457_with_a_code_and_two_languages(app: Flask) -> None:
    status, document, headers = answer(app, "/fail/api")
    assert (status, headers["X-More"]) == (404, "1")
    assert document == {
        "type": "/v1/docs#asset_not_found",
        "title": PROBLEMS["asset_not_found"].message.en,
        "status": 404,
        "detail": "There is none.",
        "code": "asset_not_found",
        "message": {
            "en": PROBLEMS["asset_not_found"].message.en,
            "zh": PROBLEMS["asset_not_found"].message.zh,
        },
    }


def test_a_bug_is_a_bare_500_and_is_logged(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    status, document, _ = answer(app, "/fail/bug")
    assert (status, document["code"]) == (500, "internal_error")
    assert "secret" not in json.dumps(document)
    assert "secret-password" in caplog.text
    answer(app, "/fail/bug%0A2026-01-01 forged?token=aaa.bbb.ccc")
    last = caplog.records[-1].getMessage()
    assert "GET /fail/bug%0A2026-01-01%20forged:" in last
    assert "\n" not in last and "aaa" not in last


def test_each_refusal_is_one_line_with_its_request_and_without_its_token(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    answered = app.test_client().get("/nothing%0Ahere?token=aaa.bbb.ccc")
    [line] = [record.getMessage() for record in caplog.records if record.name == "media_service.errors"]
    assert line == f"refused not_found, request {answered.headers['X-Request-Id']}: GET /nothing%0Ahere"


@pytest.mark.parametrize(
    ("what", "code"), [("objects", "storage_unavailable"), ("catalogue", "catalogue_unavailable")]
)
def test_a_part_that_is_away_is_a_503_to_come_back_to(app: Flask, what: str, code: str) -> None:
    status, document, headers = answer(app, f"/fail/{what}")
    assert (status, document["code"]) == (503, code)
    assert headers["Retry-After"] == "5"
    assert "10.0.0" not in json.dumps(document)


@pytest.mark.parametrize("what", ["full", "full catalogue"])
def test_a_full_storage_is_no_passing_fault(app: Flask, what: str) -> None:
    status, document, headers = answer(app, f"/fail/{what}")
    assert (status, document["code"], headers["Retry-After"]) == (507, "storage_full", "60")
    assert "10.0.0" not in json.dumps(document)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "bad_request"),
        (404, "not_found"),
        (411, "length_required"),
        (413, "too_large"),
        (415, "wrong_content_type"),
        (418, "bad_request"),
        (502, "internal_error"),
    ],
)
def test_errors_of_the_framework_take_the_same_shape(app: Flask, status: int, code: str) -> None:
    assert answer(app, f"/status/{status}")[1]["code"] == code


def test_a_wrong_method_is_told_the_right_ones(app: Flask) -> None:
    status, document, headers = answer(app, "/fail/api", "DELETE")
    assert (status, document["code"]) == (405, "method_not_allowed")
    assert "GET" in headers["Allow"]
