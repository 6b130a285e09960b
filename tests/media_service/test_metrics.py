"""What Prometheus reads, without servers: who may, what is told while all are away, and how requests are named."""

from __future__ import annotations

import time

import pytest
from flask import Flask
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families
from without_servers import make_app

from media_service.playback.serving import playlists
from media_service.revalidated import RevalidatedValue
from storage.measures import Measures


def families(app: Flask) -> dict[str, Metric]:
    answer = app.test_client().get("/metrics")
    assert answer.status_code == 200
    return {family.name: family for family in text_string_to_metric_families(answer.text)}


def test_figures_of_the_process_are_there_though_the_catalogue_is_away(tmp_path) -> None:
    app = make_app(DATA_DIR=str(tmp_path))
    client = app.test_client()
    for path in ("/healthz", "/healthz", "/v1/assets", "/nowhere/at/all"):
        client.get(path)
    client.open("/healthz", method="BREW")
    told = families(app)
    up = {sample.labels["source"]: sample.value for sample in told["lessonstream_source_up"].samples}
    assert up["catalogue"] == 0
    assert told["lessonstream_disk_free_bytes"].samples[0].value > 0
    counted = {
        (sample.labels["route"], sample.labels["method"], sample.labels["status"]): sample.value
        for sample in told["lessonstream_http_request_seconds"].samples
        if sample.name.endswith("_count")
    }
    assert counted["/healthz", "GET", "200"] == 2
    assert counted["/v1/assets", "GET", "401"] == 1
    assert counted["unknown", "GET", "404"] == 1
    assert counted["unknown", "other", "405"] == 1


def test_a_histogram_adds_up() -> None:
    measures = Measures()
    for seconds in (0.001, 0.3, 99.0):
        measures.observe("s3", seconds, False)
    app = make_app(measures)
    samples = families(app)["lessonstream_server_request_seconds"].samples
    buckets = [sample.value for sample in samples if sample.name.endswith("_bucket")]
    assert buckets == [1, 1, 1, 2, 2, 2, 3]
    [total] = [sample.value for sample in samples if sample.name.endswith("_sum")]
    assert total == pytest.approx(99.301)


@pytest.mark.parametrize(
    ("token", "address", "headers", "status"),
    [
        ("", "127.0.0.1", {}, 200),
        ("", "10.1.2.3", {}, 200),
        ("", "8.8.8.8", {}, 404),
        ("", "10.1.2.3", {"X-Forwarded-For": "8.8.8.8"}, 404),
        ("", "10.1.2.3", {"Forwarded": "for=8.8.8.8"}, 404),
        ("secret", "8.8.8.8", {"Authorization": "Bearer secret"}, 200),
        ("secret", "127.0.0.1", {}, 404),
        ("secret", "127.0.0.1", {"Authorization": "Bearer secrer"}, 404),
        ("secret", "127.0.0.1", {"Authorization": "Basic secret"}, 404),
    ],
)
def test_who_may_read(token: str, address: str, headers: dict[str, str], status: int) -> None:
    app = make_app(METRICS_TOKEN=token)
    answer = app.test_client().get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": address})
    assert answer.status_code == status


def test_playlists_that_are_answered_before_flask_are_named_as_its_views() -> None:
    rules = {rule.rule for rule in make_app().url_map.iter_rules()}
    assert {playlists.MASTER_ROUTE, playlists.MEDIA_ROUTE} <= rules


def test_what_takes_too_long_is_not_waited_for_and_comes_later() -> None:
    made = iter(range(10))

    def slowly() -> int:
        time.sleep(0.3)
        return next(made)

    kept = RevalidatedValue("slow", slowly, 60.0)
    assert kept.fresh(0.0) is None
    assert kept.fresh(60.0) == kept.recent() == 0


def test_what_fails_is_made_again() -> None:
    answers = iter([ValueError("away"), 7])

    def make() -> int:
        if isinstance(answer := next(answers), ValueError):
            raise answer
        return answer

    kept = RevalidatedValue("sometimes", make, 60.0)
    assert [kept.fresh(60.0), kept.fresh(60.0)] == [None, 7]
