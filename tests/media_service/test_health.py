"""Health, readiness and metrics of a running stack."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from integration.attacks import mp4
from prometheus_client.parser import text_string_to_metric_families
from support import RunningStack
from tus import Tus

pytestmark = pytest.mark.integration


def test_the_bare_address_leads_to_the_reference(stack: RunningStack) -> None:
    answer = stack.request("GET", "/", key=None)
    assert (answer.status, answer.headers["Location"]) == (302, "/v1/docs")


def test_alive_and_ready(stack: RunningStack) -> None:
    assert stack.request("GET", "/healthz", key=None).status == 200
    answer = stack.request("GET", "/readyz", key=None)
    assert answer.status == 200
    assert json.loads(answer.data)["parts"] == {
        "catalogue": "ready",
        "objects": "ready",
        "queue": "ready",
        "disk": "ready",
    }


def test_a_sound_configuration_starts_without_a_warning(stack: RunningStack) -> None:
    begun, _, _ = (stack.data / "logs" / "web.log").read_text().partition("Started worker-1")
    assert "Starting granian" in begun
    assert "WARNING" not in begun


def test_metrics_tell_of_every_process(stack: RunningStack, tmp_path: Path) -> None:
    Tus(stack).create(10)
    lesson = tmp_path / "lesson.mp4"
    lesson.write_bytes(mp4(tmp_path))
    asset_id = stack.upload(lesson)
    stack.wait(asset_id, "ready")
    for _ in range(5):
        stack.request("GET", "/healthz", key=None)
    deadline = time.monotonic() + 30
    while "inspect" not in (done := values(stack, "lessonstream_steps_total", "kind", outcome="done")):
        assert time.monotonic() < deadline, "what workers measure arrives within seconds"
        time.sleep(0.2)
    assert done["inspect"] >= 1
    assert values(stack, "lessonstream_source_seconds_total", "kind")["encode_first"] > 0
    assert set(values(stack, "lessonstream_source_up", "source").values()) == {1.0}
    assert values(stack, "lessonstream_workers", "lane")["ladder"] >= 1
    assert values(stack, "lessonstream_uploads_unfinished")[""] >= 1
    assert values(stack, "lessonstream_upload_bytes_total")[""] >= lesson.stat().st_size
    assert values(stack, "lessonstream_keeper_round_age_seconds", "task")["relay"] < 60
    assert values(stack, "lessonstream_keeper_late", "task")["reap"] == 0
    assert values(stack, "lessonstream_versions", "state").keys() >= {"ready", "failed"}
    servers = values(stack, "lessonstream_server_request_seconds_count", "server", outcome="ok")
    assert servers.keys() == {"postgresql", "s3", "redis"}
    asked = values(stack, "lessonstream_http_request_seconds_count", "route", status="200")
    assert asked["/healthz"] >= 5


def values(stack: RunningStack, name: str, label: str = "", **labels: str) -> dict[str, float]:
    """Samples with these labels, by the value of another one."""
    answer = stack.request("GET", "/metrics", key=None)
    return {
        sample.labels.get(label, ""): sample.value
        for family in text_string_to_metric_families(answer.data.decode())
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    }


@pytest.mark.parametrize(
    "path", ["/healthz", "/readyz", "/metrics", "/v1/assets", "/v1/docs", "/nowhere", "/v/x/master.m3u8"]
)
def test_every_answer_carries_the_safe_headers(stack: RunningStack, path: str) -> None:
    for method in ("GET", "DELETE"):
        headers = stack.request(method, path, key=None).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] in ("no-referrer", "strict-origin-when-cross-origin")
        assert headers["X-Request-Id"]
