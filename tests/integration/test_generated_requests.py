"""Requests made from the service's own description, right ones and wrong ones: each is answered as it says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support import RunningStack

CLIENTS = Path(__file__).parent.parent / "clients"


@pytest.mark.parametrize(
    ("phases", "examples"),
    [("fuzzing", 1), pytest.param("coverage,fuzzing", 30, marks=pytest.mark.long)],
)
def test_every_answer_is_as_described(
    stack: RunningStack, tmp_path: Path, phases: str, examples: int
) -> None:
    # Deletes and changes whatever its key sees, so that is nothing of others.
    child = stack.request("POST", "/v1/organizations", json={"name": "generated requests"}).json()
    wanted = {"role": "admin", "organization_id": child["id"]}
    key = stack.request("POST", "/v1/api-keys", json=wanted).json()["key"]
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(CLIENTS / "schemathesis.toml")]
    command += ["run", f"{stack.url}/v1/openapi.json", "--header", f"Authorization: Bearer {key}"]
    command += ["--phases", phases, "--max-examples", str(examples), "--seed", "1", "--no-color"]
    command += ["--exclude-path", "/v1/live"]  # which has no end
    command += ["--generation-database", "none", "--request-timeout", "60"]
    run = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, "SCHEMATHESIS_HOOKS": "schemathesis_hooks", "PYTHONPATH": str(CLIENTS)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-20_000:] + run.stderr[-2000:]
    assert stack.request("GET", "/v1/assets", key=key).status == 200
