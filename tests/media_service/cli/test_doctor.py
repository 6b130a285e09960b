"""What the doctor says of work that waits, and of servers that are not what the settings say."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support import RunningStack

from configs.settings import Settings, SettingsError, load_settings
from media_service.cli import doctor
from media_service.cli.doctor import judge_backlog
from media_service.cli.findings import CheckFailed
from storage.catalogue.steps import Backlog


def waiting(kind: str, seconds: float) -> Backlog:
    return Backlog(kind, queued=3, leased=0, oldest=seconds)


def at_work(kind: str) -> Backlog:
    return Backlog(kind, queued=0, leased=1, oldest=0.0)


@pytest.mark.parametrize("urgent", ["preview", "encode", "encode_first", "inspect"])
def test_work_that_waits_while_workers_are_at_something_as_urgent_is_well(urgent: str) -> None:
    finding = judge_backlog([waiting("preview", 300), at_work(urgent)])
    assert (finding.ok, finding.advice) == (True, "")


def test_work_that_waits_for_long_behind_other_work_wants_more_workers() -> None:
    finding = judge_backlog([waiting("preview", 3000), at_work("encode")])
    assert finding.ok
    assert "More workers" in finding.advice


@pytest.mark.parametrize("others", [[], [at_work("preview")]])
def test_work_that_nobody_takes_wants_workers(others: list[Backlog]) -> None:
    finding = judge_backlog([waiting("encode", 300), *others])
    assert not finding.ok
    assert "Start workers" in finding.advice


@pytest.mark.parametrize(
    ("check", "wrong", "advice"),
    [
        (
            doctor._object_storage,
            {"S3_SECRET_KEY": "another secret"},
            "Correct S3_ACCESS_KEY and S3_SECRET_KEY",
        ),
        (doctor._object_storage, {"S3_ACCESS_KEY": "another"}, "Correct S3_ACCESS_KEY and S3_SECRET_KEY"),
        (doctor._object_storage, {"S3_BUCKET": "elsewhere"}, "Make the bucket"),
        (doctor._object_storage, {"S3_ENDPOINT": "http://127.0.0.1:9"}, "Start the S3 server"),
        (doctor._redis, {"REDIS_URL": ("@", "x@")}, "Correct the password in REDIS_URL"),
        (doctor._catalogue, {"DATABASE_URL": ("@", "x@")}, "Correct name and password in DATABASE_URL"),
        (doctor._catalogue, {"DATABASE_URL": ("/lessonstream", "/elsewhere")}, "Make the database"),
    ],
)
def test_what_is_wrong_with_a_server_is_told_apart(
    stack: RunningStack,
    check: Callable[[Settings], str],
    wrong: dict[str, str | tuple[str, str]],
    advice: str,
) -> None:
    environment = dict(stack.environment)
    for name, value in wrong.items():
        is_text = isinstance(value, str)
        environment[name] = value if is_text else value[1].join(environment[name].rsplit(value[0], 1))
    with pytest.raises(CheckFailed) as failed:
        check(load_settings(environment))
    assert advice in failed.value.advice


@pytest.mark.parametrize("name", ["PUBLIC_URL", "S3_ENDPOINT", "S3_PUBLIC_URL"])
def test_an_address_with_a_path_is_refused_at_the_start(stack: RunningStack, name: str) -> None:
    def read(value: str) -> Settings:
        return load_settings({**stack.environment, name: value})

    assert read("https://media.example/")
    for value in ("https://media.example/video", "https://media.example?x=1"):
        with pytest.raises(SettingsError, match=f"{name}.*without a path"):
            read(value)
