"""Requests made from the service's own description, right ones and wrong ones: each is answered as it says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from odd_sources import tiny
from support import RunningStack

CLIENTS = Path(__file__).parent.parent / "clients"
ANSWER = timedelta(days=1)


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
    things = _things(stack, key, child["id"], tmp_path)
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(CLIENTS / "schemathesis.toml")]
    command += ["run", f"{stack.url}/v1/openapi.json", "--header", f"Authorization: Bearer {key}"]
    command += ["--phases", phases, "--max-examples", str(examples), "--seed", "1", "--no-color"]
    command += ["--exclude-path", "/v1/live"]  # which has no end
    command += ["--generation-database", "none", "--request-timeout", "60"]
    run = subprocess.run(
        command,
        cwd=tmp_path,
        env={
            **os.environ,
            "SCHEMATHESIS_HOOKS": "schemathesis_hooks",
            "PYTHONPATH": str(CLIENTS),
            "LESSONSTREAM_THINGS": json.dumps(things),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-20_000:] + run.stderr[-2000:]
    assert stack.request("GET", "/v1/assets", key=key).status == 200


def _things(stack: RunningStack, key: str, organization_id: str, folder: Path) -> dict[str, list[str]]:
    """IDs of what there is, by the names of parameters: one that stays, and others to be deleted."""

    def made(path: str, **said: Any) -> Any:
        answer = stack.request("POST", path, json=said, key=key)
        assert answer.status in (200, 201), answer.data
        return answer.json()

    def several(path: str, *each: dict[str, Any]) -> list[str]:
        return [made(path, **said)["id"] for said in each]

    tiny(folder / "tiny.mp4")
    contents = [(folder / "tiny.mp4").read_bytes(), b"no lesson", b"none either"]
    assets = [stack.request("POST", "/v1/assets/", body=content, key=key).json() for content in contents]
    lessons = [asset["id"] for asset in assets]
    versions = stack.request("GET", f"/v1/assets/{lessons[0]}/versions", key=key)
    courses = several("/v1/collections", *({"title": name, "asset_ids": lessons[:1]} for name in "abc"))
    study = stack.request("PUT", f"/v1/collections/{courses[0]}/study", json={"mode": "free"}, key=key)
    assert study.status == 200, study.data
    closes = (datetime.now(UTC) + ANSWER).isoformat()
    links = several("/v1/upload-links", *({"name": name, "closes_at": closes} for name in "abc"))
    criteria = {"criteria": [{"name": "idea", "label": "Idea"}]}
    judging = stack.request("PUT", f"/v1/upload-links/{links[0]}/judging", json=criteria, key=key)
    assert judging.status == 200, judging.data
    partners = several("/v1/partners", *({"name": name} for name in "ab"))
    return {
        "asset_id": lessons,
        "asset": lessons[:1],
        "version_id": [version["id"] for version in versions.json()["versions"]],
        "playback_id": [each["id"] for each in assets[0]["playback_ids"]],
        "collection_id": courses,
        "course": courses[:1],
        "collection": courses[:1],
        "link_id": links,
        "judge_id": several(f"/v1/upload-links/{links[0]}/judges", *({"name": name} for name in "ab")),
        "category_id": several(
            "/v1/categories", *({"code": name, "name_zh": name, "name_en": name} for name in "ab")
        ),
        "partner_id": partners,
        "partner": partners[:1],
        "endpoint_id": several("/v1/webhook-endpoints", *({"url": f"https://{n}.example"} for n in "ab")),
        "organization_id": [organization_id],
        "organization": [organization_id],
        "learner": ["student-7"],
    }
