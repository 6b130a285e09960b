"""A real nginx on the shipped configuration, with the ports and folders of this machine."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from string import Template

from storage.embedded.data_folder import free_port
from storage.embedded.supervisor import tied_to_this_process

NGINX = Path(__file__).parents[1] / "configs" / "nginx"
_MAIN = ("nginx.conf", "locations.conf", "segments.conf", "segments.js")


def program(name: str) -> str:
    """Path of an installed program. Raises ``RuntimeError`` if there is none."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")
    if not found:
        raise RuntimeError(f"{name} is not installed: run `make test`, which installs it")
    return found


@dataclass(frozen=True)
class Edge:
    """``log`` is all that it wrote."""

    http: int
    https: int
    folder: Path

    @property
    def url(self) -> str:
        """Where it listens without TLS."""
        return f"http://127.0.0.1:{self.http}"

    @property
    def log(self) -> str:
        """Access and error log."""
        return (self.folder / "log").read_text()


@contextmanager
def edge(
    folder: Path,
    kind: str,
    upstream: int,
    trusted: str = "192.0.2.0/24",
    *,
    environment: Mapping[str, str] | None = None,
    port: int | None = None,
    added: str = "",
) -> Iterator[Edge]:
    """Lay the files out as the image does, check and run them before the web service at ``upstream``.

    ``environment`` is what compose gives the edge; ``added`` is more configuration for its ``http`` block.
    """
    running = Edge(port or free_port(), free_port(), folder)
    variables = {
        "WEB_UPSTREAM": f"127.0.0.1:{upstream}",
        "DNS_SERVER": "127.0.0.1",
        "TRUSTED_PROXIES": trusted,
        "EDGE_CACHE_SIZE": "1g",
        "S3_ENDPOINT": "",
        "S3_BUCKET": "",
        **(environment or {}),
    }

    def adapt(text: str) -> str:
        for written, here in (
            ("/tmp/", f"{folder}/"),
            ("/var/cache/nginx/", f"{folder}/cache-"),
            ("/dev/stdout", f"{folder}/log"),
            ("/dev/stderr", f"{folder}/log"),
            ("listen 8080", f"listen 127.0.0.1:{running.http}"),
            ("listen 8443", f"listen 127.0.0.1:{running.https}"),
        ):
            text = text.replace(written, here)
        return text

    (folder / "conf.d").mkdir(parents=True)
    for name in _MAIN:
        (folder / name).write_text(adapt((NGINX / name).read_text()))
    template = Template(adapt((NGINX / kind / "site.conf.template").read_text()))
    # As envsubst does in the image: only the variables that compose sets.
    (folder / "conf.d" / "site.conf").write_text(template.safe_substitute(variables))
    (folder / "conf.d" / "added.conf").write_text(added)
    if kind == "https":
        make_certificate(folder / "tls")
    command = [
        program("nginx"),
        "-p",
        str(folder),
        "-c",
        str(folder / "nginx.conf"),
        "-e",
        str(folder / "log"),
    ]
    env = {"PATH": os.defpath, **(environment or {})}
    checked = subprocess.run(
        [*command, "-t"], env=env, capture_output=True, text=True, timeout=30, check=False
    )
    if checked.returncode != 0:
        raise RuntimeError(checked.stderr + running.log)
    # Workers of a master that root starts would be another user, who may not enter the folder.
    options = "daemon off;" + (" user root;" if os.geteuid() == 0 else "")
    process = subprocess.Popen(tied_to_this_process([*command, "-g", options]), env=env)
    try:
        wait_for(running.http, process)
        yield running
    finally:
        process.terminate()
        process.wait(10)


def make_certificate(folder: Path) -> None:
    """A key and a certificate for 127.0.0.1, good for a day."""
    folder.mkdir()
    subprocess.run(
        [
            *(program("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-days", "1", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", str(folder / "privkey.pem"), "-out", str(folder / "fullchain.pem")),
        ],
        capture_output=True,
        timeout=30,
        check=True,
    )


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Return once something listens at the port. Raises ``RuntimeError``."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        time.sleep(0.05)
    raise RuntimeError(f"nothing listens at {port}, status {process.poll()}")
