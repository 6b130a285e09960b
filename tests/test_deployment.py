"""The files that others deploy with, read by the programs they are for: docker-compose, nginx, a shell."""

from __future__ import annotations

import json
import os
import re
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast

import pytest
import redis
import urllib3
import yaml
from redis.backoff import ConstantBackoff
from redis.retry import Retry
from support import RunningStack

from benchmarks.edge_server import Edge, edge, free_port, program
from configs.jobs import LANES
from configs.settings import Part, Settings, SettingsError, hidden_from, load_settings
from media_service.cli.main import _parser
from media_service.playback.manifests.delivery import Scope, edge_signature
from storage.embedded.servers import redis_binary

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "configs" / "env"
NGINX = ROOT / "configs" / "nginx"
OURS = {"web", "web-2", "worker", "worker-control", "worker-fetch", "keeper", "setup"}
WEBS = {"web", "web-2"}


def part_of(service: str) -> Part:
    return "web" if service in WEBS else "keeper" if service == "keeper" else "worker"


def read_environment_file(path: Path) -> dict[str, str]:
    lines = [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


# The example environments.


def with_own_secrets(environment: dict[str, str]) -> dict[str, str]:
    return {name: value.replace("FAKE-", "own-") for name, value in environment.items()}


def published(name: str) -> dict[str, str]:
    """All that an example file sets, the lines that are commented out included."""
    lines = re.findall(r"^#?([A-Z][A-Z0-9_]*=.*)$", (EXAMPLES / name).read_text(), re.MULTILINE)
    return dict(line.split("=", 1) for line in lines)


def test_the_example_environment_has_every_setting_and_loads() -> None:
    example = read_environment_file(EXAMPLES / "lessonstream.example.env")
    assert list(example) == [item.metadata["name"] for item in fields(Settings)]
    load_settings(with_own_secrets(example))


def test_no_secret_of_an_example_is_taken(services: dict[str, Any]) -> None:
    example = published("lessonstream.example.env")
    by_compose = {name: value or "" for name, value in services["web"]["environment"].items()}
    by_compose["EDGE_SECRETS"] = published("compose.example.env")["EDGE_SECRETS"]
    for given in (example, by_compose):
        fake = {name for name, value in given.items() if "FAKE-" in value}
        assert fake >= {"DATABASE_URL", "REDIS_URL", "S3_SECRET_KEY", "SECRET_KEY", "EDGE_SECRETS"}
        for name in fake:
            with pytest.raises(SettingsError) as refused:
                load_settings(with_own_secrets(given) | {name: given[name]})
            assert len(refused.value.problems) == 1
            assert refused.value.problems[0].startswith(f"{name} holds a secret of a published example")


def test_secrets_are_told_to_those_who_need_them(services: dict[str, Any]) -> None:
    for name in OURS | {"postgres", "redis", "s3"}:
        environment = services[name].get("environment", {})
        told = hidden_from("worker") & environment.keys()
        assert told == hidden_from("worker") - hidden_from(part_of(name)), name
    assert hidden_from("worker") - hidden_from("keeper") == {"SECRET_KEY"}
    example = with_own_secrets(read_environment_file(EXAMPLES / "lessonstream.example.env"))
    bare = {name: value for name, value in example.items() if name not in hidden_from("worker")}
    known = load_settings(bare, part="worker")
    assert (known.secret_key, known.edge_secrets) == ("", ())
    assert load_settings(example, part="worker") == known
    assert load_settings(bare, part="keeper") == known  # which then sends no webhooks
    assert load_settings(example, part="keeper").secret_key == example["SECRET_KEY"]


def test_what_a_container_may_take_has_an_end(services: dict[str, Any]) -> None:
    for name, service in services.items():
        assert 0 < service["pids_limit"] <= 4096, name
        assert service["mem_limit"], name


@pytest.mark.parametrize("name", ["lessonstream.example.env", "compose.example.env"])
def test_every_secret_of_an_example_is_visibly_fake(name: str) -> None:
    for variable, value in read_environment_file(EXAMPLES / name).items():
        if re.search(r"SECRET|PASSWORD|ACCESS_KEY|://[^/]*:[^/]*@", f"{variable}={value}"):
            assert "FAKE" in value, f"{name}: {variable}"


# docker-compose.yml.


def compose(**variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [program("docker-compose"), "--file", str(ROOT / "docker-compose.yml"), "config"],
        cwd=ROOT,
        env={"PATH": os.environ.get("PATH", os.defpath), **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    answer = compose(**read_environment_file(EXAMPLES / "compose.example.env"))
    assert answer.returncode == 0, answer.stderr
    return cast("dict[str, Any]", yaml.safe_load(answer.stdout)["services"])


def test_compose_names_the_secret_that_is_missing() -> None:
    example = read_environment_file(EXAMPLES / "compose.example.env")
    for secret in ("SECRET_KEY", "POSTGRES_PASSWORD", "REDIS_PASSWORD", "S3_SECRET_KEY", "PUBLIC_URL"):
        answer = compose(**{name: value for name, value in example.items() if name != secret})
        assert answer.returncode != 0
        assert secret in answer.stderr


def test_every_part_is_there_watched_and_pinned(services: dict[str, Any]) -> None:
    assert services.keys() == OURS | {"edge", "postgres", "redis", "s3"}
    for name, service in services.items():
        tag = service["image"].partition(":")[2]
        assert tag not in ("", "latest"), name
        assert "no-new-privileges:true" in service["security_opt"], name
        if name != "setup":
            assert service["restart"] == "unless-stopped", name
            assert service["healthcheck"]["test"], name
    for name in OURS | {"edge"}:
        assert services[name]["read_only"] is True, name
        assert services[name]["cap_drop"] == ["ALL"], name


def test_processes_start_after_the_migrations(services: dict[str, Any]) -> None:
    for name in OURS - {"setup"}:
        condition = services[name]["depends_on"]["setup"]["condition"]
        assert condition == "service_completed_successfully", name


def test_every_setting_can_be_set_through_compose(services: dict[str, Any]) -> None:
    names = {item.metadata["name"] for item in fields(Settings)}
    for name in OURS:
        environment = {key: value or "" for key, value in services[name]["environment"].items()}
        needless = set() if name in WEBS else hidden_from(part_of(name)) | {"TRUSTED_PROXIES"}
        assert environment.keys() == names - needless, name
        load_settings(with_own_secrets(environment), part=part_of(name))


def test_compose_starts_commands_that_exist(services: dict[str, Any]) -> None:
    for name in OURS:
        command = services[name]["command"]
        options = _parser().parse_args(command)
        if options_lanes := getattr(options, "lanes", None):
            assert set(options_lanes.split(",")) <= set(LANES), name


def test_redis_keeps_what_it_was_given_and_its_password_to_itself(
    services: dict[str, Any], tmp_path: Path
) -> None:
    """Compose's own command line, with a stand-in for the image's entry point and its folder."""
    entry = tmp_path / "docker-entrypoint.sh"
    port = free_port()
    entry.write_text(f'#!/bin/sh\nshift\nexec {redis_binary()} --port {port} --dir {tmp_path} "$@"\n')
    entry.chmod(0o755)
    server = subprocess.Popen(
        [text.replace("$$", "$") for text in services["redis"]["command"]],
        env={"PATH": f"{tmp_path}:{os.defpath}", "REDISCLI_AUTH": "own-password"},
        stdout=subprocess.DEVNULL,
    )
    try:
        client: Any = redis.Redis(port=port, password="own-password", retry=Retry(ConstantBackoff(0.1), 100))
        kept = {"appendonly": "yes", "appendfsync": "everysec", "save": "", "maxmemory-policy": "noeviction"}
        for name, value in kept.items():
            assert client.config_get(name) == {name: value}
        with pytest.raises(redis.AuthenticationError):
            redis.Redis(port=port).ping()
        assert b"own-password" not in Path(f"/proc/{server.pid}/cmdline").read_bytes()
    finally:
        server.terminate()
        server.wait(10)


def test_the_image_holds_what_compose_starts() -> None:
    """Docker is not needed to develop; the file is read for what a build would trip over."""
    lines = (ROOT / "Dockerfile").read_text()
    assert re.search(r"PYTHON_IMAGE=python:3\.\d+\.\d+-slim-\w+$", lines, re.MULTILINE)
    assert "--require-hashes" in lines
    assert re.search(r"^USER [1-9]\d*:", lines, re.MULTILINE)
    copied = re.findall(r"^COPY (?!--from)(?:--\S+ )?(.+) \S+$", lines, re.MULTILINE)
    sources = [source for line in copied for source in line.split()]
    kept = re.findall(r"^!(\S+)", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    for source in sources:
        assert (ROOT / source).exists(), source
        assert source.partition("/")[0] in kept, f".dockerignore keeps {source} out"
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"benchmarks"}
    assert packages <= set(sources)
    assert {f"requirements-{extra}.lock" for extra in ("slides", "speech")} <= set(sources)


def test_an_operator_adds_extras_to_the_image_and_a_model_to_its_workers() -> None:
    example = read_environment_file(EXAMPLES / "compose.example.env")
    for extras, model in (("slides", ""), ("slides speech", "/srv/speech")):
        answer = compose(**example, EXTRAS=extras, MODEL_DIR=model)
        worker = yaml.safe_load(answer.stdout)["services"]["worker"]
        assert worker["build"]["args"] == {"EXTRAS": extras}
        assert worker["environment"]["MODEL_DIR"] == model
        assert worker["volumes"] == [f"{model or 'models'}:{model or '/models'}:ro"]


@pytest.mark.integration
@pytest.mark.parametrize("name", ["web", "worker", "keeper"])
def test_a_healthy_process_passes_its_health_check(
    name: str, services: dict[str, Any], stack: RunningStack
) -> None:
    kind, interpreter, *arguments = services[name]["healthcheck"]["test"]
    assert (kind, interpreter) == ("CMD", "python")
    # Compose itself writes a dollar sign twice.
    arguments = [text.replace("$$", "$").replace("http://127.0.0.1:8080", stack.url) for text in arguments]
    subprocess.run([sys.executable, *arguments], env=dict(stack.environment), timeout=120, check=True)


@pytest.mark.integration
def test_migrate_can_be_repeated_and_keys_can_be_made_after_it(stack: RunningStack) -> None:
    command = [sys.executable, "-m", "media_service.cli.main"]
    environment = dict(stack.environment)
    subprocess.run([*command, "migrate"], env=environment, timeout=60, check=True)
    made = subprocess.run(
        [
            *command,
            "keys",
            "create",
            "--role",
            "admin",
            "--label",
            "operator",
            "--scope",
            "read",
            "--days",
            "1",
        ],
        env=environment,
        timeout=60,
        check=True,
        capture_output=True,
        text=True,
    )
    key = made.stdout.strip()
    assert stack.request("GET", "/v1/assets", key=key).status == 200
    told = json.loads(stack.request("GET", "/v1/whoami", key=key).data)["api_key"]
    assert told["scopes"] == ["read"] and told["expires_at"] > told["created_at"]
    assert stack.request("POST", "/v1/collections", json={"title": "x"}, key=key).status == 403
    [entry] = stack.client.get(f"/v1/audit-log?target_id={told['id']}")["entries"]
    assert (entry["action"], entry["key_id"]) == ("api_key.create", None)


# nginx.


@dataclass
class Seen:
    """A request as it came to the web service."""

    method: str
    path: str
    headers: dict[str, str]
    body_began: float = 0.0
    body: bytes = b""


@dataclass
class Upstream:
    """A small web service behind the edge, which remembers what came."""

    port: int = 0
    seen: list[Seen] = field(default_factory=list)
    began: threading.Event = field(default_factory=threading.Event)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._remember()
        playlist = self.path.split("?")[0].endswith(".m3u8")
        body = b"#EXTM3U\n" * 500 if playlist else bytes(range(256)) * 16
        status = 200
        if wanted := self.headers.get("Range"):
            first, last = wanted.removeprefix("bytes=").split("-")
            body, status = body[int(first) : int(last) + 1], 206
        self.send_response(status)
        self.send_header("Content-Type", "application/vnd.apple.mpegurl" if playlist else "video/mp4")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", "default-src 'none'")
        self.end_headers()
        self.wfile.write(body)

    def do_PATCH(self) -> None:
        upstream = self._remember()
        first = self.rfile.read(1)
        upstream.seen[-1].body_began = time.monotonic()
        upstream.began.set()
        upstream.seen[-1].body = first + self.rfile.read(int(self.headers["Content-Length"]) - 1)
        self.send_response(204)
        self.end_headers()

    def do_POST(self) -> None:
        self.do_PATCH()

    def _remember(self) -> Upstream:
        upstream: Upstream = self.server.upstream  # type: ignore[attr-defined]
        upstream.seen.append(Seen(self.command, self.path, dict(self.headers)))
        return upstream

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def serving() -> Iterator[Upstream]:
    upstream = Upstream()
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.upstream = upstream  # type: ignore[attr-defined]
        server.daemon_threads = True
        upstream.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield upstream
        server.shutdown()


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    with serving() as running:
        yield running


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory, upstream: Upstream) -> Iterator[Edge]:
    with edge(tmp_path_factory.mktemp("edge"), "http", upstream.port) as running:
        yield running


def test_the_edge_passes_ranges_and_headers(plain: Edge, upstream: Upstream) -> None:
    answer = urllib3.request(
        "GET",
        f"{plain.url}/v/abc/video-0.mp4?token=secret",
        headers={"Range": "bytes=10-19", "X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"},
    )
    assert (answer.status, answer.data) == (206, bytes(range(10, 20)))
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'"
    seen = upstream.seen[-1]
    assert seen.path == "/v/abc/video-0.mp4?token=secret"
    assert seen.headers["Range"] == "bytes=10-19"
    assert seen.headers["Host"] == f"127.0.0.1:{plain.http}"
    # Not believed: the client is no trusted proxy.
    assert seen.headers["X-Forwarded-For"] == "127.0.0.1"
    assert seen.headers["X-Forwarded-Proto"] == "http"


def test_the_edge_believes_a_trusted_proxy(tmp_path: Path, upstream: Upstream) -> None:
    with edge(tmp_path / "edge", "http", upstream.port, trusted="127.0.0.1/32") as running:
        claim = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
        urllib3.request("GET", f"{running.url}/v/abc/master.m3u8", headers=claim)
    assert upstream.seen[-1].headers["X-Forwarded-For"] == "203.0.113.9"
    assert upstream.seen[-1].headers["X-Forwarded-Proto"] == "https"


def test_the_edge_compresses_playlists_and_not_media(plain: Edge) -> None:
    accepting = {"Accept-Encoding": "gzip"}
    playlist = urllib3.request("GET", f"{plain.url}/v/abc/master.m3u8", headers=accepting)
    assert playlist.headers["Content-Encoding"] == "gzip"
    assert playlist.data.startswith(b"#EXTM3U")
    assert (
        "Content-Encoding"
        not in urllib3.request("GET", f"{plain.url}/v/abc/1.mp4", headers=accepting).headers
    )


def test_no_token_reaches_the_log(plain: Edge) -> None:
    urllib3.request("GET", f"{plain.url}/v/logged/t/very-secret/version/240p.m3u8?x=1")
    urllib3.request("GET", f"{plain.url}/v/logged/master.m3u8?x=1&token=very-secret")
    deadline = time.monotonic() + 5
    while "/v/logged/master.m3u8" not in plain.log and time.monotonic() < deadline:
        time.sleep(0.05)
    assert '"GET /v/logged/master.m3u8 HTTP/1.1" 200' in plain.log
    assert '"GET /v/logged/t/.../version/240p.m3u8 HTTP/1.1" 200' in plain.log
    assert "very-secret" not in plain.log


def test_no_token_reaches_the_log_when_the_service_is_away(tmp_path: Path) -> None:
    with edge(tmp_path / "edge", "http", free_port()) as running:
        answer = urllib3.request("GET", f"{running.url}/v/abc?token=very-secret", retries=False)
        assert (answer.status, answer.json()["code"]) == (503, "service_unavailable")
        assert answer.headers["Retry-After"]
    assert " 503 " in running.log
    assert "very-secret" not in running.log


@pytest.mark.parametrize("path", ["/v1/uploads/abc", "/v1/uploads", "/v1/assets"])
def test_an_upload_is_passed_on_while_it_arrives(plain: Edge, upstream: Upstream, path: str) -> None:
    size = 3 * 1024 * 1024
    upstream.began.clear()
    with socket.create_connection(("127.0.0.1", plain.http), timeout=10) as connection:
        connection.sendall(
            f"PATCH {path} HTTP/1.1\r\nHost: edge\r\nConnection: close\r\nContent-Length: {size}\r\n\r\n".encode()
        )
        connection.sendall(b"x" * 1000)
        assert upstream.began.wait(5), "the edge waits for the whole body"
        connection.sendall(b"x" * (size - 1000))
        assert b"204" in connection.recv(100)
    assert len(upstream.seen[-1].body) == size


def test_a_large_body_is_refused_elsewhere(plain: Edge) -> None:
    answer = urllib3.request(
        "POST", f"{plain.url}/v1/playback-tokens", body=b"x" * (2 * 1024 * 1024), retries=2
    )
    assert answer.status == 413
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "too_large"


@pytest.mark.parametrize(
    ("request_line", "status", "code"),
    [
        ("GET /v1/assets HTTP/1.1\r\nHost: a\r\nHost: b", 400, "bad_request"),
        (f"GET /v1/{'a' * 40_000} HTTP/1.1\r\nHost: edge", 413, "too_large"),
        (f"GET /v1/assets HTTP/1.1\r\nHost: edge\r\nX-Long: {'a' * 40_000}", 413, "too_large"),
    ],
    ids=["two hosts", "long address", "long header"],
)
def test_what_the_edge_cannot_read_is_answered_as_all_errors(
    plain: Edge, request_line: str, status: int, code: str
) -> None:
    with socket.create_connection(("127.0.0.1", plain.http), timeout=10) as connection:
        connection.sendall(f"{request_line}\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status} ".encode())
    assert json.loads(body)["code"] == code


def test_metrics_are_not_public(plain: Edge) -> None:
    assert urllib3.request("GET", f"{plain.url}/metrics").status == 404
    assert urllib3.request("GET", f"{plain.url}/edge-health").status == 200


SEGMENT = f"assets/{'a' * 26}/{'b' * 26}/{'c' * 26}/1/video-0.mp4"


def test_the_edge_takes_no_published_secret(tmp_path: Path) -> None:
    fake = published("compose.example.env")["EDGE_SECRETS"]
    signature = edge_signature(fake, Scope("a" * 26, "b" * 26, "video"), int(time.time()) + 60)
    with edge(tmp_path / "edge", "http", free_port(), environment={"EDGE_SECRETS": fake}) as running:
        answer = urllib3.request("GET", f"{running.url}/s/{SEGMENT}?e={int(time.time()) + 60}&s={signature}")
    assert answer.status == 401


def test_tls_ends_at_the_edge(tmp_path: Path, upstream: Upstream) -> None:
    with edge(tmp_path / "edge", "https", upstream.port) as running:
        moved = urllib3.request("GET", f"{running.url}/v/abc/master.m3u8?token=t", redirect=False)
        assert moved.status == 308
        assert moved.headers["Location"] == "https://127.0.0.1/v/abc/master.m3u8?token=t"
        assert urllib3.request("GET", f"{running.url}/edge-health").status == 200
        trust = ssl.create_default_context(cafile=str(running.folder / "tls" / "fullchain.pem"))
        with urllib3.PoolManager(ssl_context=trust) as pool:
            answer = pool.request("GET", f"https://127.0.0.1:{running.https}/v/abc/master.m3u8")
            missing = pool.request("GET", f"https://127.0.0.1:{running.https}/s/{SEGMENT}")
        for each in (answer, missing):
            assert each.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert upstream.seen[-1].headers["X-Forwarded-Proto"] == "https"


# .ci/run.


def test_the_ci_script_is_a_program_that_a_shell_can_read() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    subprocess.run(["bash", "-n", str(script)], timeout=10, check=True)
