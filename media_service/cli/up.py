"""``lessonstream up``: the whole of Lessonstream on one machine."""

from __future__ import annotations

import argparse
import http.client
import json
import os
import shlex
import shutil
import signal
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from sqlalchemy.orm import Session

from configs.logging import setup_logging
from configs.settings import (
    Part,
    Settings,
    hidden_from,
    load_settings,
    process_environment,
    to_environment,
)
from media_service.cli import county_box
from media_service.cli.installation import choose_folder, complete
from media_service.cli.migrate import FIRST_ORGANIZATION, prepare
from media_service.cli.studio_link import make_link
from media_service.studio_links import SIGN_IN
from storage.catalogue.database import connect
from storage.catalogue.organizations import ensure_first_key, find_caller
from storage.catalogue.people import PersonDisabled
from storage.embedded import data_folder, servers
from storage.embedded.data_folder import DataFolderInUse, Stack
from storage.embedded.servers import ServerMissing
from storage.embedded.supervisor import RELOAD_SIGNAL, Program, StartError, StopRequested, Supervisor

_DEFAULT_PORT = 8080


class PortTaken(Exception):
    """The port that was asked for is in use."""


def run(options: argparse.Namespace) -> int:
    """Start the servers that the environment does not name, then our own processes; stay until a stop signal."""
    environment = process_environment()
    if options.county_box:
        environment = {**county_box.COUNTY_BOX, **environment}
    host = options.host or (county_box.own_address() if options.county_box else "127.0.0.1")
    folder = choose_folder(options.data)
    try:
        lock = data_folder.lock_folder(folder)
        stack = data_folder.open_stack(folder)
        port = _choose_port(host, options.port)
    except DataFolderInUse as error:
        print(f"{error}. / 数据目录正被另一个进程使用。", file=sys.stderr)
        return 1
    except PortTaken as error:
        print(f"{error}: choose another one with --port. / 端口已被占用，请用 --port 另选。", file=sys.stderr)
        return 1

    url = f"http://{_host_to_visit(host)}:{port}"
    settings = load_settings(
        {
            "PUBLIC_URL": url,
            **complete(environment, stack),
            "DATA_DIR": str(folder),
            **({"WORKERS": str(options.workers)} if options.workers is not None else {}),
        }
    )
    setup_logging("WARNING")  # this is a terminal; the processes have logs of their own
    supervisor = Supervisor(folder / "logs")
    try:
        start_servers(supervisor, folder, stack, lock, environment)
        studio_url = _prepare(settings, stack)
        supervisor.start(*_our_processes(settings, environment, host, port))
        data_folder.write_stack(folder, replace(stack, url=url))
        _announce(settings, stack, folder, url, studio_url, as_json=options.json)
        if options.county_box and not options.json:
            print(county_box.WHAT_NEXT)
        supervisor.watch()
    except StopRequested:
        print("Stopping… / 正在停止……", file=sys.stderr)
    except (ServerMissing, StartError) as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        supervisor.stop()
    return 0


def reload(options: argparse.Namespace) -> int:
    """Let the processes of a running stack load their code anew, while it goes on answering."""
    folder = choose_folder(options.data)
    stack = data_folder.read_stack(folder)
    if stack is None or not data_folder.is_running(folder):
        print(f"Nothing runs on {folder}. / 该数据目录上没有正在运行的服务。", file=sys.stderr)
        return 1
    os.kill(stack.pid, RELOAD_SIGNAL)
    return 0


def start_servers(
    supervisor: Supervisor, folder: Path, stack: Stack, lock: int, environment: Mapping[str, str]
) -> None:
    """Start those servers of the stack that the environment does not name."""
    programs = []
    if "DATABASE_URL" not in environment:
        servers.make_cluster(supervisor, folder, stack)
        programs.append(servers.postgres(folder, stack, lock))
    if "REDIS_URL" not in environment:
        if weak := servers.redis_weakness():
            print(f"! {weak}. / Redis 版本有已知漏洞，请升级。", file=sys.stderr)
        programs.append(servers.redis_server(folder, stack, lock))
    if "S3_ENDPOINT" not in environment:
        programs.append(servers.s3_server(folder, stack, lock))
    supervisor.start(*programs)
    if "DATABASE_URL" not in environment:
        servers.ensure_database(stack)


def _prepare(settings: Settings, stack: Stack) -> str:
    """What ``lessonstream migrate`` does, and let the stack's key in; a link that signs in to Studio once."""
    prepare(settings)
    engine = connect(settings.database_url)
    with Session(engine) as session, session.begin():
        ensure_first_key(session, stack.api_key, FIRST_ORGANIZATION)
        session.flush()
        holder = find_caller(session, stack.api_key)
        assert holder is not None  # noqa: S101  (for the type checker)
        try:
            link = make_link(session, settings.public_url, holder.organization_id, name=None, role="admin")
        except PersonDisabled:  # somebody wanted it so
            link = settings.public_url + SIGN_IN
    engine.dispose()
    return link


def _our_processes(
    settings: Settings, environment: Mapping[str, str], host: str, port: int
) -> Iterator[Program]:
    known = {**environment, **to_environment(settings)}
    encoders = settings.workers or os.cpu_count() or 1
    commands = {
        "web": ["-m", "media_service.cli.main", "web", "--host", host, "--port", str(port)],
        "keeper": ["-m", "workers.keeper"],
        "worker-control": ["-m", "workers.main", "--lanes", "control"],
        "worker-fetch": ["-m", "workers.main", "--lanes", "fetch"],
    }
    for number in range(1, encoders + 1):
        commands[f"worker-{number}"] = ["-m", "workers.main", "--lanes", "control,first,ladder,draw,extras"]
    for name, arguments in commands.items():
        worker = name.startswith("worker")
        part: Part = "web" if name == "web" else "keeper" if name == "keeper" else "worker"
        yield Program(
            name=name,
            command=[sys.executable, "-P", *arguments],
            environment={key: value for key, value in known.items() if key not in hidden_from(part)},
            ready=(lambda: _answers_ready(host, port)) if name == "web" else (lambda: ""),
            # A worker gives its step back, which takes a fraction of a second where PostgreSQL answers.
            stop_within=10,
            # The web server replaces its processes one by one and refuses nobody; the others end and are started again.
            reload_signal=signal.SIGHUP if name == "web" else signal.SIGTERM,
            death_signal=signal.SIGKILL if worker else signal.SIGTERM,
        )


def _announce(
    settings: Settings, stack: Stack, folder: Path, url: str, studio_url: str, *, as_json: bool
) -> None:
    if as_json:
        facts = {"url": url, "api_key": stack.api_key, "data": str(folder), "pid": os.getpid()}
        facts |= {"public_url": settings.public_url, "studio_url": studio_url}
        print(json.dumps(facts), flush=True)
        return
    print(
        f"Lessonstream is ready / 已就绪: {url}\n"
        f"  Studio / 课程工作室: {studio_url}\n"
        f"    Counts once, within a day. More links / 一天内有效，仅可登录一次，再次获取: "
        f"{_command()} studio-link --data {shlex.quote(str(folder))}\n"
        f"  API key / 密钥: {stack.api_key}\n"
        f"  data / 数据:    {folder}\n"
        f"In another terminal / 在另一个终端中:\n"
        f"  export LESSONSTREAM_URL={url} LESSONSTREAM_KEY={stack.api_key}\n"
        f"  {_command()} put --wait playable lesson.mp4\n"
        f"Ctrl-C stops everything / 按 Ctrl-C 全部停止.",
        flush=True,
    )


def _command() -> str:
    """How this very command is called from where we stand; it need not be on PATH."""
    called = Path(sys.executable).with_name("lessonstream")
    if shutil.which("lessonstream") or not called.exists():
        return "lessonstream"
    inside = called.is_relative_to(Path.cwd())
    return shlex.quote(str(called.relative_to(Path.cwd()) if inside else called))


def _choose_port(host: str, wanted: int | None) -> int:
    if wanted is None:
        return _DEFAULT_PORT if data_folder.is_free(_DEFAULT_PORT, host) else data_folder.free_port(host=host)
    if wanted == 0:
        return data_folder.free_port(host=host)
    if not data_folder.is_free(wanted, host):
        raise PortTaken(f"Port {wanted} is in use")
    return wanted


def _host_to_visit(host: str) -> str:
    """An address that a browser on this machine can open."""
    if host in ("0.0.0.0", "::", ""):  # noqa: S104  (compared, not bound)
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _answers_ready(host: str, port: int) -> str:
    connection = http.client.HTTPConnection(_host_to_visit(host).strip("[]"), port, timeout=10)
    try:
        connection.request("GET", "/readyz")
        response = connection.getresponse()
        body = response.read(2000).decode(errors="replace")
        return "" if response.status == 200 else f"/readyz answered {response.status}: {body}"
    except (OSError, http.client.HTTPException) as error:
        return str(error)
    finally:
        connection.close()
