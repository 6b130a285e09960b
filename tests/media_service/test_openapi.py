"""The API's description of itself: valid OpenAPI 3.1, complete, and shown on a page of its own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from support import RunningStack
from without_servers import make_app

import media_service
from media_service.openapi_document import document
from media_service.problems import PROBLEMS
from storage.ids import new_id

ABOUT_ITSELF = {"/v1/openapi.json", "/v1/docs"}


@pytest.fixture(scope="module")
def app() -> Flask:
    """An application whose catalogue is never asked."""
    return make_app(PUBLIC_URL="https://media.example")


@pytest.fixture(scope="module")
def described(app: Flask) -> dict[str, Any]:
    answer = app.test_client().get("/v1/openapi.json")
    assert answer.mimetype == "application/json"
    found: dict[str, Any] = json.loads(answer.data)
    return found


def test_every_route_is_described(app: Flask, described: dict[str, Any]) -> None:
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith("/v1/") or rule.rule in ABOUT_ITSELF:
            continue
        path = re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule.rule)
        for method in (rule.methods or set()) - {"OPTIONS"}:
            if method == "HEAD" and "GET" in (rule.methods or set()):
                continue
            assert method.lower() in described["paths"].get(path, {}), f"{method} {path}"


def test_addresses_without_ids_are_not_taken_for_others_that_have_some(
    app: Flask, described: dict[str, Any]
) -> None:
    client = app.test_client()
    for path, methods in described["paths"].items():
        if "{" not in path and not path.startswith("/v1/uploads"):  # where tus answers OPTIONS
            allowed = client.options(path).allow.as_set()
            assert allowed - {"head", "options"} == set(methods) - {"head"}, path
    assert client.delete("/v1/upload-links/current").status_code == 405


def test_a_foreign_validator_finds_nothing(described: dict[str, Any]) -> None:
    validate(described)


def test_nothing_is_sent_for_a_client_that_did_not_say_it(described: dict[str, Any]) -> None:
    for name, schema in described["components"]["schemas"].items():
        for field, about in schema.get("properties", {}).items():
            assert "default" not in about, f"{name}.{field}"


def test_answers_hold_every_field(described: dict[str, Any]) -> None:
    schemas = described["components"]["schemas"]
    for name in ("AssetDocument", "IssuedToken", "TokenAnswer", "PlaybackIdDocument"):
        assert set(schemas[name]["required"]) == set(schemas[name]["properties"])


def test_answers_that_come_as_csv_too_say_so(described: dict[str, Any]) -> None:
    for path, methods in described["paths"].items():
        for parameter in methods.get("get", {}).get("parameters", ()):
            content = methods["get"]["responses"]["200"].get("content", {})
            if parameter["name"] == "format" and "application/json" in content:
                assert ("text/csv" in content) is ("csv" in parameter["schema"]["enum"]), path
    assert "text/csv" in described["paths"]["/v1/views"]["get"]["responses"]["200"]["content"]


def test_refusals_of_bodies_are_told(described: dict[str, Any]) -> None:
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            taken = operation.get("requestBody", {}).get("content", {})
            wanted = {"400", "413", "415", "422"} if "application/json" in taken else {"422"}
            assert wanted <= set(operation["responses"]), f"{method} {path}"


def test_every_refusal_that_code_of_the_api_names_is_told(described: dict[str, Any]) -> None:
    told = json.dumps(described["paths"])
    for package in ("uploads", "management", "offline"):
        for module in (Path(media_service.__file__).parent / package).rglob("*.py"):
            for code in re.findall(r'ApiError\(\s*"([a-z_]+)"', module.read_text(encoding="utf-8")):
                assert f"`{code}`" in told, f"{code} of {module.name}"
    begin = described["paths"]["/v1/uploads"]["post"]["responses"]
    assert "`upload_overflow`" in begin["413"]["description"]


def headers_of(answer: dict[str, Any], *needed: str) -> bool:
    return answer.get("headers", {}).keys() >= set(needed)


def test_clients_are_told_of_the_headers_that_they_go_on_by(app: Flask, described: dict[str, Any]) -> None:
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            answers, about = operation["responses"], f"{method} {path}"
            taken = {entry["name"] for entry in operation["parameters"]}
            assert "401" not in answers or headers_of(answers["401"], "WWW-Authenticate"), about
            assert "503" not in answers or headers_of(answers["503"], "Retry-After"), about
            assert "If-Match" not in taken or headers_of(answers["412"], "ETag"), about
            if "Idempotency-Key" in taken:
                assert headers_of(answers["409"], "Retry-After"), about
                assert any(headers_of(answers[code], "Idempotency-Replayed") for code in answers), about
    tus = described["paths"]["/v1/uploads/{upload_id}"]
    assert headers_of(tus["patch"]["responses"]["409"], "Upload-Offset")
    assert headers_of(tus["patch"]["responses"]["204"], "Upload-Offset", "Upload-Expires")
    assert headers_of(tus["head"]["responses"]["200"], "Upload-Metadata")
    assert "WWW-Authenticate" in app.test_client().get("/v1/whoami").headers


def test_the_shape_of_the_document(described: dict[str, Any]) -> None:
    assert described["openapi"] == "3.1.0"
    assert {"title", "version"} <= set(described["info"])
    names = []
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            names.append(operation["operationId"])
            declared = {entry["name"] for entry in operation["parameters"] if entry["in"] == "path"}
            assert declared == set(re.findall(r"{([^}]+)}", path))
            assert operation["responses"] and operation["summary"]
            for status, answer in operation["responses"].items():
                assert re.fullmatch("[1-5][0-9][0-9]", status) and answer["description"]
            assert method == "head" or any(status < "300" for status in operation["responses"])
    assert len(names) == len(set(names))


def test_no_two_models_share_a_name(described: dict[str, Any]) -> None:
    # Else both are called by their Python modules.
    assert [name for name in described["components"]["schemas"] if "__" in name] == []


def test_every_schema_is_valid_and_every_reference_leads_somewhere(described: dict[str, Any]) -> None:
    schemas = described["components"]["schemas"]
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)
    for reference in re.findall(r'"\$ref": "([^"]+)"', json.dumps(described)):
        assert reference.removeprefix("#/components/schemas/") in schemas


def test_it_is_made_anew_from_the_code(app: Flask, described: dict[str, Any]) -> None:
    assert described == document(app, "https://media.example")


def test_the_docs_page_stands_alone(app: Flask, described: dict[str, Any]) -> None:
    page = app.test_client().get("/v1/docs")
    html = page.get_data(as_text=True)
    assert page.mimetype == "text/html"
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert not re.search(r'(?:src|href)="https?:|<script', html)
    for path in described["paths"]:
        assert path in html
    for code in PROBLEMS:
        assert f'id="{code}"' in html
    assert not re.search(r"`|<details[^>]* open", html)


def test_the_docs_page_goes_topic_by_topic(app: Flask, described: dict[str, Any]) -> None:
    html = app.test_client().get("/v1/docs").get_data(as_text=True)
    headings = re.findall(r'<h2 id="[a-z-]+">([^<]+)</h2>', html)
    assert headings[:4] == ["Uploads", "Assets", "Versions", "Captions and chapters"]
    used = {
        tag for methods in described["paths"].values() for entry in methods.values() for tag in entry["tags"]
    }
    assert used == {tag["name"] for tag in described["tags"]} <= set(headings)
    anchors = re.findall(r'id="([^"]+)"', html)
    assert len(anchors) == len(set(anchors))
    assert set(re.findall(r'href="#([^"]+)"', html)) <= set(anchors)


def test_the_docs_page_speaks_the_readers_language(app: Flask) -> None:
    client = app.test_client()
    chinese = client.get("/v1/docs", headers={"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5"})
    assert chinese.headers["Vary"] == "Accept-Language"
    html = chinese.get_data(as_text=True)
    assert '<html lang="zh-CN">' in html and 'href="?lang=en"' in html
    headings = re.findall(r'<h2 id="[a-z-]+">([^<]+)</h2>', html)
    assert headings[:4] == ["上传", "课程", "版本", "字幕与章节"]
    assert html == client.get("/v1/docs?lang=zh", headers={"Accept-Language": "en"}).get_data(as_text=True)
    assert '<html lang="en">' in client.get("/v1/docs?lang=en", headers={"Accept-Language": "zh"}).text
    assert '<html lang="en">' in client.get("/v1/docs").text
    left = re.findall(r'<span lang="en">(.*?)</span>', html, re.DOTALL)
    assert left == [], "to be said in templates/docs.zh.json"


@pytest.mark.integration
def test_every_command_of_the_docs_page_is_understood(stack: RunningStack, tmp_path: Path) -> None:
    html = stack.request("GET", "/v1/docs", key=None).data.decode()
    commands = [unescape(found) for found in re.findall(r"<pre[^>]*>(curl .*?)</pre>", html, re.DOTALL)]
    described = json.loads(stack.request("GET", "/v1/openapi.json", key=None).data)
    assert len(commands) == sum(len(methods) for methods in described["paths"].values())
    for name in ("lesson.mp4", "lesson.srt"):
        (tmp_path / name).write_text("1\n00:00:00,000 --> 00:00:01,000\nhello\n")
    names = (
        "ASSET_ID",
        "UPLOAD_ID",
        "PLAYBACK_ID",
        "KEY_ID",
        "COLLECTION_ID",
        "PARTNER_ID",
        "ORGANIZATION_ID",
        "PERSON_ID",
        "SESSION_ID",
        "ENDPOINT_ID",
    )
    ids = dict.fromkeys(names, new_id())
    for command in commands:
        if "/v1/live" in command:  # which has no end
            continue
        shell = command.replace("curl ", "curl --silent --output answer --write-out '%{http_code}' ", 1)
        run = subprocess.run(
            ["sh", "-c", shell],
            cwd=tmp_path,
            env={**os.environ, **ids, "KEY": stack.api_key},
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
        answer = (tmp_path / "answer").read_text() if run.stdout != "204" else ""
        # What the commands name is not there; that they could be carried out is all that is told.
        is_unknown = "not_found" in answer or "link_code_invalid" in answer or "link_token_invalid" in answer
        assert run.stdout in ("200", "201", "204") or is_unknown or "--head" in command, command + answer


@pytest.mark.parametrize("path", sorted(ABOUT_ITSELF))
def test_the_description_is_made_once_and_sent_to_those_who_have_not_got_it(app: Flask, path: str) -> None:
    client = app.test_client()
    first = client.get(path)
    assert first.headers["Cache-Control"].startswith("public, max-age=")
    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert client.get(path, headers={"If-None-Match": '"another"'}).data == first.data

    def cost(asked: str) -> float:
        began = time.thread_time()
        for _ in range(10):
            client.get(asked)
        return time.thread_time() - began

    assert min(cost(path) for _ in range(3)) < 5 * min(cost("/healthz") for _ in range(3))
