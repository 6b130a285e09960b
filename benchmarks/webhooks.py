"""How long after a commit a webhook arrives, and what the guarded way out takes beside a bare POST."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median, quantiles

import urllib3

from benchmarks.figure import Figure
from benchmarks.stack import measured_stack
from storage.outbound.client import Outbound
from storage.strangers import networks

GOAL_SECONDS = 2.0
ATTEMPT_GOAL = 5.0
CHANGES = 200
PAUSE = 0.05
"""Seconds between two changes."""


def measure(folder: Path) -> Sequence[Figure]:
    """Titles are changed, one after another; the event has the time of its commit, by the clock of this machine."""
    variables = {"OUTBOUND_ALLOWED_NETWORKS": "127.0.0.0/8", "WORKERS": "1", "DOWNLOADS": "off"}
    with measured_stack(folder, **variables) as stack, _receiver() as (url, arrived):
        asset = json.loads(stack.request("POST", "/v1/assets?filename=a.mp4", body=b"x").data)["id"]
        stack.request("POST", "/v1/webhook-endpoints", json={"url": url, "event_types": ["asset.changed"]})
        _wait(arrived, 1)  # the ping
        for number in range(CHANGES):
            stack.request("PATCH", f"/v1/assets/{asset}", json={"title": f"lesson {number}"})
            time.sleep(PAUSE)
        _wait(arrived, 1 + CHANGES)
        late = [at - datetime.fromisoformat(event["timestamp"]).timestamp() for event, at in arrived[1:]]
        outbound = Outbound(allowed=networks([variables["OUTBOUND_ALLOWED_NETWORKS"]]))
        ours, bare = [], []
        for event, _ in list(arrived):
            body = json.dumps(event).encode()
            bare.append(_milliseconds(partial(_post, url, body)))
            ours.append(_milliseconds(partial(outbound.post, url, body, {}, seconds=20)))
    p95 = quantiles(late, n=20)[-1]
    note = (
        f"{CHANGES} events, {1 / PAUSE:.0f} a second; median {median(late):.2f} s, longest {max(late):.2f} s"
    )
    return [
        Figure("webhook after its commit, p95", p95, GOAL_SECONDS, "s", 1.0, note=note),
        Figure("guarded POST beside a bare one, median", median(ours), median(bare), "ms", ATTEMPT_GOAL),
    ]


@contextmanager
def _receiver() -> Iterator[tuple[str, list[tuple[dict[str, str], float]]]]:
    arrived: list[tuple[dict[str, str], float]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            at = time.time()
            arrived.append((json.loads(self.rfile.read(int(self.headers["Content-Length"]))), at))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/", arrived
        server.shutdown()


def _wait(arrived: Sequence[object], wanted: int) -> None:
    until = time.monotonic() + 60
    while len(arrived) < wanted:
        if time.monotonic() > until:
            raise RuntimeError(f"{len(arrived)} of {wanted} webhooks arrived")
        time.sleep(0.02)


def _post(url: str, body: bytes) -> None:
    urllib3.request("POST", url, body=body, headers={"Connection": "close"}, retries=False)


def _milliseconds(action: Callable[[], object]) -> float:
    began = time.monotonic()
    action()
    return (time.monotonic() - began) * 1000
