"""A second web service on the servers of a stack, and an edge before it that delivers segments."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from support import RunningStack

from benchmarks.edge_server import Edge, edge, free_port, wait_for
from configs.settings import load_settings
from storage.embedded.supervisor import tied_to_this_process

OLD, NEW = "old-secret-of-the-edge-32-letters", "new-secret-of-the-edge-32-letters"


@contextmanager
def web(
    stack: RunningStack, *, port: int | None = None, **variables: str
) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """Another web service on the same servers, with other settings."""
    port = port or free_port()
    command = [sys.executable, "-P", "-m", "media_service.cli.main", "web", "--port", str(port)]
    process = subprocess.Popen(
        tied_to_this_process(command),
        env={
            **stack.environment,
            "WEB_PROCESSES": "1",
            "PUBLIC_URL": f"http://127.0.0.1:{port}",
            **variables,
        },
    )
    try:
        wait_for(port, process)
        yield port, process
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def storage_for_browsers(stack: RunningStack, folder: Path) -> Iterator[str]:
    """The address of an S3 server that answers ranges with 206: the embedded one does with 200, which browsers keep
    for the whole object.
    """
    port = free_port()
    added = (
        f"server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass {stack.environment['S3_ENDPOINT']};"
        ' proxy_set_header Host $http_host; proxy_set_header Range ""; proxy_force_ranges on; } }\n'
    )
    with edge(folder, "http", free_port(), added=added):
        yield f"http://127.0.0.1:{port}"


@dataclass
class Site:
    """A web service that delivers by the edge, and that edge."""

    edge: Edge
    web: subprocess.Popen[bytes]

    def asked_of_the_service(self) -> list[str]:
        """Paths of all requests that went on to the web service."""
        time.sleep(1.2)  # it writes once a second
        lines = [line for line in self.edge.log.splitlines() if '"GET /v/' in line]
        return [line.split('"GET ')[1].split()[0] for line in lines if line.split()[-2] != "-"]

    def asked_of_the_storage(self) -> list[str]:
        """Paths of all requests that went on to the S3 server."""
        time.sleep(1.2)  # it writes once a second
        return (self.edge.folder / "s3.log").read_text().splitlines()


@contextmanager
def site(stack: RunningStack, folder: Path, pages_at: str = "127.0.0.1") -> Iterator[Site]:
    """The S3 server is behind a slow door that counts, so that misses at the same time are at the same time.

    ``pages_at`` is the host of all addresses but those of segments: another name of this machine is another origin.
    """
    door, public = free_port(), free_port()
    added = (
        "log_format path $uri;\n"
        f"server {{ listen 127.0.0.1:{door}; access_log {folder}/s3.log path;"
        f" location / {{ limit_rate 2m; proxy_pass {stack.environment['S3_ENDPOINT']};"
        " proxy_set_header Host $http_host; } }\n"
    )
    environment = {
        "S3_ENDPOINT": f"http://127.0.0.1:{door}",
        "S3_BUCKET": load_settings(stack.environment).s3_bucket,
        "EDGE_S3_ACCESS_KEY": stack.environment["S3_ACCESS_KEY"],
        "EDGE_S3_SECRET_KEY": stack.environment["S3_SECRET_KEY"],
        "EDGE_SECRETS": f"{OLD},{NEW}",
    }
    variables = {
        "DELIVERY": "edge",
        "EDGE_SECRETS": f"{NEW},{OLD}",
        "EDGE_URL": f"http://127.0.0.1:{public}",
        "PUBLIC_URL": f"http://{pages_at}:{public}",
    }
    with (
        web(stack, **variables) as (port, process),
        edge(folder, "http", port, environment=environment, port=public, added=added) as running,
    ):
        yield Site(running, process)
