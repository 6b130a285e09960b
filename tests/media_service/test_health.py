"""Health, readiness and metrics of a running stack."""

from __future__ import annotations

import json

import pytest
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
    assert json.loads(answer.data)["parts"] == {"catalogue": "ready", "objects": "ready", "queue": "ready"}


def test_a_sound_configuration_starts_without_a_warning(stack: RunningStack) -> None:
    begun, _, _ = (stack.data / "logs" / "web.log").read_text().partition("Started worker-1")
    assert "Starting granian" in begun
    assert "WARNING" not in begun


def test_metrics(stack: RunningStack) -> None:
    Tus(stack).create(10)
    answer = stack.request("GET", "/metrics", key=None)
    families = {family.name: family for family in text_string_to_metric_families(answer.data.decode())}
    assert {
        "lessonstream_assets",
        "lessonstream_steps_queued",
        "lessonstream_oldest_queued_seconds",
        "lessonstream_outbox_unsent",
    } <= set(families)
    [uploading] = [s for s in families["lessonstream_assets"].samples if s.labels["state"] == "uploading"]
    assert uploading.value >= 1


@pytest.mark.parametrize(
    "path", ["/healthz", "/readyz", "/metrics", "/v1/assets", "/v1/docs", "/nowhere", "/v/x/master.m3u8"]
)
def test_every_answer_carries_the_safe_headers(stack: RunningStack, path: str) -> None:
    for method in ("GET", "DELETE"):
        headers = stack.request(method, path, key=None).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] in ("no-referrer", "strict-origin-when-cross-origin")
        assert headers["X-Request-Id"]
