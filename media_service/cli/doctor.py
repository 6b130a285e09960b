"""``lessonstream doctor``: looks at every part and says in a sentence what to do about what is wrong."""

from __future__ import annotations

import argparse
import json
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import urllib3
from redis.exceptions import AuthenticationError, OutOfMemoryError, RedisError, ResponseError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from configs.jobs import LANES, lane_of
from configs.settings import DISK_WARNING_BYTES, Settings, SettingsError, to_environment
from media_service.cli import deep_check, delivery_check, keeper_check
from media_service.cli.findings import CheckFailed, Finding, database_failed, finding, report
from media_service.cli.installation import Installation, find_installation
from storage.catalogue.database import connect, pending_migrations
from storage.catalogue.steps import Backlog, backlog
from storage.embedded import servers
from storage.job_queue import JobQueue, connect_redis
from storage.objects import BucketMissing, StorageError, StorageRefused
from storage.redis_versions import weakness
from storage.s3 import S3ObjectStore

GIBIBYTE = 1024**3
_SERVERS = {"DATABASE_URL", "REDIS_URL", "S3_ENDPOINT"}
"""Where all of these are set, the data folder holds nothing that could outgrow it."""
_LARGEST_CLOCK_DIFFERENCE = 5.0
"""Seconds. Leases, tokens and S3 signatures all compare clocks."""

_IDLE_SECONDS = 60.0
"""A step that nobody takes for so long while nothing as urgent is at work is one that nobody will take."""
_LONG_SECONDS = 900.0
_START_WORKERS = (
    "Start workers (`lessonstream worker --lanes …`; `lessonstream up` has them) and look at their logs. / "
    "请启动工作进程（`lessonstream worker --lanes …`；`lessonstream up` 已自带）并查看其日志。"
)


def run(options: argparse.Namespace) -> int:
    """Print the findings; exit status 0 only if all is well."""
    installation = find_installation(options.data)
    if options.deep:
        findings = list(deep_check.examine(installation.settings(), read_all=options.hash))
    else:
        findings = list(examine(installation))
    return report(findings, as_json=options.json)


def examine(installation: Installation) -> Iterator[Finding]:
    """Every part in turn."""
    yield finding("python", _python)
    if installation.stack is not None or not installation.environment.keys() >= _SERVERS:
        yield finding("disk", partial(_disk, installation))
    for name, variable, find in (
        ("postgres program", "DATABASE_URL", servers.postgres_binaries),
        ("redis program", "REDIS_URL", servers.redis_binary),
        ("s3 program", "S3_ENDPOINT", servers.rclone_binary),
    ):
        if installation.stack is not None or variable not in installation.environment:
            yield finding(name, partial(_program, find))
    try:
        settings = installation.settings()
    except SettingsError as error:
        for problem in error.problems:
            yield Finding(
                "settings",
                False,
                problem,
                "Start `lessonstream up`, or set the variable in the environment. / "
                "请运行 `lessonstream up`，或设置该环境变量。",
            )
        return
    yield finding("catalogue", partial(_catalogue, settings))
    yield finding("migrations", partial(_migrations, settings))
    yield finding("clock", partial(_clock, settings))
    yield finding("redis", partial(_redis, settings))
    yield finding("keeper", partial(keeper_check.look, settings))
    yield from _workers(settings)
    yield from _waiting_work(settings)
    yield finding("object storage", partial(_object_storage, settings))
    yield finding("web", partial(_web, settings))
    yield finding("delivery", partial(delivery_check.look, settings))
    yield from _media_tools(settings, installation.environment)


def _python() -> str:
    return f"{platform.python_version()} on {platform.machine()}"


def _disk(installation: Installation) -> str:
    folder = next(path for path in (installation.folder, *installation.folder.parents) if path.exists())
    free = shutil.disk_usage(folder).free
    detail = f"{free / GIBIBYTE:.1f} GiB free at {folder}"
    try:
        least = installation.settings().disk_warning_bytes
    except SettingsError:
        least = DISK_WARNING_BYTES  # what is wrong with the settings is said in a row of its own
    if free < least:
        raise CheckFailed(
            detail, "Make room or choose another folder with --data. / 请清理磁盘或用 --data 另选目录。"
        )
    return detail


def _program(find: Callable[[], Any]) -> str:
    try:
        return str(find())
    except servers.ServerMissing as error:
        raise CheckFailed("not found", str(error)) from error


def _catalogue(settings: Settings) -> str:
    return f"PostgreSQL {_ask_database(settings, 'SHOW server_version')}"


def _migrations(settings: Settings) -> str:
    engine = connect(settings.database_url)
    try:
        pending = pending_migrations(engine)
    except SQLAlchemyError as error:
        raise database_failed(error) from error
    finally:
        engine.dispose()
    if pending:
        raise CheckFailed(
            "the catalogue is older than this code",
            "Run `lessonstream migrate`; `lessonstream up` does it by itself. / "
            "请运行 `lessonstream migrate`；`lessonstream up` 会自动完成。",
        )
    return "up to date"


def _clock(settings: Settings) -> str:
    difference = abs(
        float(_ask_database(settings, "SELECT extract(epoch FROM clock_timestamp())")) - time.time()
    )
    detail = f"{difference:.1f} s from the database server's"
    if difference > _LARGEST_CLOCK_DIFFERENCE:
        raise CheckFailed(
            detail, "Synchronise the clocks of all machines (NTP). / 请用 NTP 同步各台机器的时钟。"
        )
    return detail


def _redis(settings: Settings) -> str:
    client: Any = connect_redis(settings.redis_url, retries=0)
    try:
        about = client.info("server")
        JobQueue(client).check()
        try:
            append_only = client.config_get("appendonly").get("appendonly")
        except ResponseError:
            append_only = "not told"  # hosted servers hide their configuration
    except OutOfMemoryError as error:
        raise CheckFailed(
            str(error),
            "Give Redis more memory (`maxmemory`), or remove what others keep in it. / "
            "请提高 Redis 的内存上限（`maxmemory`），或清除其中的其他数据。",
        ) from error
    except AuthenticationError as error:
        raise CheckFailed(
            str(error), "Correct the password in REDIS_URL. / 请更正 REDIS_URL 中的密码。"
        ) from error
    except RedisError as error:
        raise CheckFailed(
            str(error), "Start Redis or correct REDIS_URL. / 请启动 Redis 或更正 REDIS_URL。"
        ) from error
    finally:
        client.close()
    product = "Valkey" if "valkey_version" in about else "Redis"
    detail = f"{product} {about[f'{product.lower()}_version']}, appendonly {append_only}"
    if weak := weakness(about):
        detail += f". {weak}: take one, unless your distribution has mended this / 该版本有已知漏洞，请升级"
    if append_only == "no":
        raise CheckFailed(
            detail, "Set `appendonly yes` in redis.conf. / 请在 redis.conf 中设置 `appendonly yes`。"
        )
    return detail


def _workers(settings: Settings) -> Iterator[Finding]:
    """One row for each lane."""
    client = connect_redis(settings.redis_url, retries=0)
    try:
        serving = JobQueue(client).workers()
    except RedisError:
        return  # said in the row of Redis
    finally:
        client.close()
    for lane in LANES:
        count = serving[lane]
        if count:
            yield Finding(f"lane {lane}", True, f"{count} worker{'s' * (count > 1)}")
        else:
            yield Finding(f"lane {lane}", False, "no live worker takes its steps", _START_WORKERS)


def _waiting_work(settings: Settings) -> Iterator[Finding]:
    engine = connect(settings.database_url)
    try:
        with Session(engine) as session:
            rows = backlog(session)
    except SQLAlchemyError:
        return  # said in the rows of the catalogue
    finally:
        engine.dispose()
    yield judge_backlog(rows)


def judge_backlog(rows: Sequence[Backlog]) -> Finding:
    """What the step that has waited longest tells: idle workers are a fault, busy ones want more beside them. Those of
    a lane may all be at more urgent work.
    """
    queued = [row for row in rows if row.queued]
    if not queued:
        return Finding("work", True, "nothing waits")
    first = max(queued, key=lambda row: row.oldest)
    lane = lane_of(first.kind)
    first_served = LANES[: LANES.index(lane) + 1]
    busy = sum(row.leased for row in rows if lane_of(row.kind) in first_served)
    detail = (
        f"{sum(row.queued for row in queued)} steps wait; the oldest, {first.kind} in lane {lane}, "
        f"for {first.oldest:.0f} s; {busy} of that lane or more urgent ones in work"
    )
    if first.oldest > _IDLE_SECONDS and not busy:
        return Finding("work", False, detail, _START_WORKERS)
    if first.oldest > _LONG_SECONDS:
        return Finding(
            "work", True, detail, "More workers would shorten the wait. / 增加工作进程可缩短等待。"
        )
    return Finding("work", True, detail)


def _object_storage(settings: Settings) -> str:
    store = S3ObjectStore.of(settings, places=1)
    try:
        facts = store.check()
    except StorageRefused as error:
        raise CheckFailed(
            str(error),
            "Correct S3_ACCESS_KEY and S3_SECRET_KEY, or allow that key to read and write S3_BUCKET. / "
            "请更正 S3_ACCESS_KEY 和 S3_SECRET_KEY，或授权该密钥读写 S3_BUCKET。",
        ) from error
    except BucketMissing as error:
        raise CheckFailed(
            str(error), "Make the bucket, or correct S3_BUCKET. / 请创建存储桶，或更正 S3_BUCKET。"
        ) from error
    except StorageError as error:
        raise CheckFailed(
            str(error),
            "Start the S3 server, or correct S3_ENDPOINT. / 请启动 S3 服务器，或更正 S3_ENDPOINT。",
        ) from error
    return ", ".join(f"{name} {value}" for name, value in facts.items())


def _web(settings: Settings) -> str:
    url = f"{settings.public_url}/readyz"
    try:
        answer = urllib3.request("GET", url, timeout=10, retries=False)
    except urllib3.exceptions.HTTPError as error:
        raise CheckFailed(
            f"{url}: {error}",
            "Start `lessonstream up` or `lessonstream web`, or correct PUBLIC_URL. / "
            "请启动 `lessonstream up` 或 `lessonstream web`，或更正 PUBLIC_URL。",
        ) from error
    if answer.status != 200:
        raise CheckFailed(
            f"{url} answered {answer.status}: {answer.data[:300].decode(errors='replace')}",
            "Mend the part that it names. / 请修复其中所指的部分。",
        )
    return f"{url} answers"


def _media_tools(settings: Settings, environment: Mapping[str, str]) -> Iterator[Finding]:
    """FFmpeg and the sandbox, looked at by the workers' own doctor: the service does not import ``workers``."""
    try:
        answer = subprocess.run(
            [sys.executable, "-P", "-m", "workers.doctor", "--json", "--hardware"],
            env={**environment, **to_environment(settings)},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        for check in json.loads(answer.stdout):
            if check["ok"]:
                yield Finding(check["check"], True, check["message_en"])
                continue
            detail = f"{check['message_en']} / {check['message_zh']}"
            yield Finding(check["check"], False, detail, f"{check['remedy_en']} / {check['remedy_zh']}")
    except (subprocess.TimeoutExpired, ValueError, KeyError) as error:
        yield Finding("media tools", False, f"workers.doctor: {error}", _REINSTALL)


_REINSTALL = "Run `make up` again to repair the installation. / 请重新运行 `make up` 修复安装。"


def _ask_database(settings: Settings, query: str) -> Any:
    engine = connect(settings.database_url)
    try:
        with engine.connect() as connection:
            return connection.execute(text(query)).scalar_one()
    except SQLAlchemyError as error:
        raise database_failed(error) from error
    finally:
        engine.dispose()
