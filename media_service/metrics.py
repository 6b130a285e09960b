"""What Prometheus reads: every metric of the whole installation, whichever process answers.

Counts and durations come from all processes (``storage.measures``), what waits and what failed from the catalogue,
live workers from the queue. Each of these is asked in the background and waited for only briefly: where one is away,
``lessonstream_source_up`` says so, its figures are missing, and all others are there.
"""

from __future__ import annotations

import platform
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from configs.failures import FAILURES
from configs.jobs import LANES, lane_of
from configs.keeping import KEEPING
from configs.words import StepKind
from media_service.revalidated import RevalidatedValue
from media_service.services import Services
from storage.catalogue.statistics import Statistics, gather
from storage.job_queue import LANE_HOLDS
from storage.measures import BUCKETS, Name

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
FRESH_SECONDS: Final = 4.0
PATIENCE_SECONDS: Final = 1.0
"""How long one answer waits for each source."""


@dataclass(frozen=True)
class _Measured:
    """A metric that is made of what was measured under a name."""

    name: str
    text: str
    labels: tuple[str, ...] = ()


_DURATIONS: Final = {
    "http_seconds": _Measured(
        "lessonstream_http_request_seconds",
        "Time until a request was answered; of streams, until the first byte.",
        ("route", "method", "status"),
    ),
    "server_seconds": _Measured(
        "lessonstream_server_request_seconds",
        "Requests of the web service to the servers it stands on.",
        ("server", "outcome"),
    ),
    "webhook_seconds": _Measured(
        "lessonstream_webhook_delay_seconds",
        "From an event until an endpoint had taken it, of those that took it at once.",
    ),
}
_COUNTS: Final = {
    "upload_bytes": _Measured("lessonstream_upload_bytes", "Bytes of sources that became durable."),
    "steps": _Measured(
        "lessonstream_steps", "Attempts at steps that ended, by what became of them.", ("kind", "outcome")
    ),
    "webhook_attempts": _Measured(
        "lessonstream_webhook_attempts", "Attempts to deliver an event, by what became of it.", ("outcome",)
    ),
    "scores": _Measured(
        "lessonstream_scores",
        "Attempts to tell a learning platform a score, by what became of it.",
        ("outcome",),
    ),
    "statements": _Measured(
        "lessonstream_statements",
        "Statements that record stores took or refused, and batches for stores that were away.",
        ("outcome",),
    ),
    "step_seconds": _Measured(
        "lessonstream_step_seconds", "Time that steps took which were done.", ("kind",)
    ),
    "step_cpu_seconds": _Measured("lessonstream_step_cpu_seconds", "Processor time of steps.", ("kind",)),
    "beats": _Measured("lessonstream_beats", "What players told that reached the catalogue."),
    "storage_requests": _Measured(
        "lessonstream_storage_requests", "Requests by which steps read the object storage.", ("kind",)
    ),
    "storage_bytes": _Measured(
        "lessonstream_storage_read_bytes", "What steps read from the object storage.", ("kind",)
    ),
    "block_bytes": _Measured(
        "lessonstream_block_read_bytes", "What steps read from their own disk instead.", ("kind",)
    ),
    "source_seconds": _Measured(
        "lessonstream_source_seconds", "Seconds of sources that steps encoded.", ("kind",)
    ),
}
_LATEST: Final = {
    "live_streams": _Measured("lessonstream_live_streams", "Streams of events that are open."),
    "beats_waiting": _Measured("lessonstream_beats_waiting", "Messages of players that wait in Redis."),
    "versions": _Measured(
        "lessonstream_versions", "Assets by state, as the keeper counted them some minutes ago.", ("state",)
    ),
}


@dataclass(frozen=True)
class Standing:
    """How things stand: the catalogue's counts, live workers by lane, and what all processes measured; each is None
    where its server is away."""

    catalogue: Statistics | None
    workers: Mapping[str, int] | None
    measures: Mapping[Name, float] | None


class Metrics:
    """All metrics, as one process tells them."""

    def __init__(self, services: Services) -> None:
        self._services = services

        def count() -> Statistics:
            with services.sessions() as session:
                return gather(session)

        self._catalogue = RevalidatedValue("metrics of the catalogue", count, FRESH_SECONDS)
        self._queue = RevalidatedValue("metrics of the queue", services.count_workers, FRESH_SECONDS)
        # Never an older answer than the one before, by whichever process: a counter that falls looks like a restart.
        self._measures = RevalidatedValue("measures", services.measures.totals, 0.0, pause=0.0)

    def render(self) -> bytes:
        """Everything in Prometheus' text format."""
        registry = CollectorRegistry()
        registry.register(_Families(self._collect))
        return generate_latest(registry)

    def standing(self) -> Standing:
        """What the metrics are made of, for people."""
        return Standing(
            self._catalogue.fresh(PATIENCE_SECONDS),
            self._queue.fresh(PATIENCE_SECONDS),
            self._measures.fresh(PATIENCE_SECONDS),
        )

    def _collect(self) -> Iterator[Metric]:
        standing = self.standing()
        catalogue, workers, measures = standing.catalogue, standing.workers, standing.measures
        yield _build()
        yield from _disk(self._services.settings.data_dir)
        up = {"catalogue": catalogue, "queue": workers, "measures": measures}
        yield _gauge(
            "lessonstream_source_up",
            "Whether the figures of this source are there.",
            "source",
            {source: float(value is not None) for source, value in up.items()},
        )
        if catalogue is not None:
            yield from _of_catalogue(catalogue)
        if workers is not None:
            yield _gauge(
                "lessonstream_workers",
                "Live workers that take from a lane.",
                "lane",
                {lane: workers.get(lane, 0) for lane in LANES},
            )
        if measures is not None:
            yield from _measured(measures)


class _Families(Collector):
    def __init__(self, collect: Callable[[], Iterator[Metric]]) -> None:
        self._collect = collect

    def collect(self) -> Iterable[Metric]:
        return self._collect()


def _build() -> Metric:
    family = GaugeMetricFamily(
        "lessonstream_build_info", "What runs here, always 1.", labels=["version", "python"]
    )
    try:
        running = version("lessonstream")
    except PackageNotFoundError:
        running = "source"  # run from its folder, without having been installed
    family.add_metric([running, platform.python_version()], 1)
    return family


def _disk(folder: Path) -> Iterator[Metric]:
    """Of the disk that holds ``DATA_DIR``; of one that is gone nothing."""
    try:
        usage = shutil.disk_usage(folder)
    except OSError:
        return
    yield GaugeMetricFamily("lessonstream_disk_free_bytes", "Room left where DATA_DIR is.", usage.free)
    yield GaugeMetricFamily("lessonstream_disk_bytes", "Size of the disk where DATA_DIR is.", usage.total)


def _of_catalogue(found: Statistics) -> Iterator[Metric]:
    lanes = (
        ("lessonstream_steps_queued", "Steps that wait for a worker.", found.queued, sum),
        ("lessonstream_steps_leased", "Steps that a worker holds.", found.leased, sum),
        ("lessonstream_steps_overdue", "Steps whose lease ran out.", found.overdue, sum),
        ("lessonstream_oldest_queued_seconds", "Age of the oldest queued step.", found.oldest_queued, max),
    )
    for name, text, by_kind, join in lanes:
        yield _gauge(name, text, "lane", by_lane(by_kind, join))
    # Known codes are told though nothing failed: how many more there are now, only a series that was there can tell.
    failed = dict.fromkeys(FAILURES, 0) | found.failed
    yield _gauge("lessonstream_failed_versions", "Assets that failed, by why.", "code", failed)
    yield GaugeMetricFamily(
        "lessonstream_outbox_unsent", "Wake-ups that are due.", sum(found.unsent.values())
    )
    yield GaugeMetricFamily(
        "lessonstream_outbox_oldest_seconds",
        "How long one is due for which the queue has room.",
        _longest_due(found),
    )
    yield GaugeMetricFamily("lessonstream_uploads_unfinished", "Uploads under way.", found.uploads)
    yield GaugeMetricFamily(
        "lessonstream_webhook_endpoints_failing",
        "Endpoints that took nothing of late.",
        found.failing_endpoints,
    )
    yield GaugeMetricFamily(
        "lessonstream_webhook_failing_seconds", "Since when one of them does not.", found.failing_longest
    )
    yield GaugeMetricFamily(
        "lessonstream_scores_waiting", "Scores that learning platforms have not taken yet.", found.scores
    )
    yield GaugeMetricFamily(
        "lessonstream_scores_oldest_seconds", "Since when one of them waits.", found.oldest_score
    )
    yield GaugeMetricFamily(
        "lessonstream_statements_waiting", "Statements that record stores have not got yet.", found.statements
    )
    yield GaugeMetricFamily(
        "lessonstream_statements_oldest_seconds", "Age of the oldest of them.", found.oldest_statement
    )
    known = {trace.task: trace for trace in found.keeper}
    yield _gauge(
        "lessonstream_keeper_round_age_seconds",
        "How long ago the keeper last ended a task without an error.",
        "task",
        {task: trace.age.total_seconds() for task, trace in known.items() if trace.age is not None},
    )
    yield _gauge(
        "lessonstream_keeper_late",
        "Whether that is too long ago, or there is no trace of the task.",
        "task",
        {task: float(task not in known or known[task].late) for task in KEEPING},
    )


def _longest_due(found: Statistics) -> float:
    """How long wake-ups wait in vain, in seconds: not those of a lane that holds plenty."""
    queued, unsent = by_lane(found.queued, sum), by_lane(found.unsent, sum)
    due = by_lane(found.oldest_unsent, max)
    return max(due[lane] for lane in LANES if queued[lane] - unsent[lane] < LANE_HOLDS // 2) if due else 0.0


def by_lane(
    by_kind: Mapping[StepKind, float], join: Callable[[Iterable[float]], float]
) -> Mapping[str, float]:
    """Figures of steps put together by the lanes in which they travel; of each lane one."""
    values: dict[str, list[float]] = {lane: [0.0] for lane in LANES}
    for kind, value in by_kind.items():
        values[lane_of(kind)].append(float(value))
    return {lane: join(found) for lane, found in values.items()}


def _gauge(name: str, text: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=[label])
    for value, number in sorted(values.items()):
        family.add_metric([value], number)
    return family


def _measured(totals: Mapping[Name, float]) -> Iterator[Metric]:
    """Families of everything that was measured. Names that this version does not know are left out."""
    by_name: dict[str, dict[Name, float]] = defaultdict(dict)
    for (name, *labels), value in totals.items():
        by_name[name][tuple(labels)] = value
    for kinds, family_of in ((_COUNTS, CounterMetricFamily), (_LATEST, GaugeMetricFamily)):
        for name, told in kinds.items():
            family = family_of(told.name, told.text, labels=told.labels)
            for values, value in sorted(by_name[name].items()):
                family.add_metric(values, value)
            yield family
    for name, told in _DURATIONS.items():
        yield _histogram(told, by_name[name])


def _histogram(told: _Measured, values: Mapping[Name, float]) -> Metric:
    family = HistogramMetricFamily(told.name, told.text, labels=told.labels)
    for labels in sorted({name[: len(told.labels)] for name in values}):
        buckets: list[tuple[str, float]] = []
        count = 0.0
        for number, bound in enumerate((*map(str, BUCKETS), "+Inf")):
            count += values.get((*labels, "bucket", str(number)), 0.0)
            buckets.append((bound, count))
        family.add_metric(labels, buckets, values.get((*labels, "sum"), 0.0))
    return family
