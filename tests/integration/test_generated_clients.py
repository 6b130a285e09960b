"""Clients that others generate from the service's description: they compile, and do what portals do."""

from __future__ import annotations

import importlib
import json
import shutil
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from support import RunningStack

CLIENTS = Path(__file__).parent.parent / "clients"
NODE_MODULES = Path(sys.prefix) / "build/clients/node_modules"


@pytest.fixture(scope="module")
def asset_id(stack: RunningStack) -> str:
    answer = stack.request("POST", "/v1/assets?filename=lesson.mp4", body=b"no video")
    found: str = json.loads(answer.data)["id"]
    return found


@pytest.fixture
def description(stack: RunningStack, tmp_path: Path) -> Path:
    path = tmp_path / "api.json"
    path.write_bytes(stack.request("GET", "/v1/openapi.json", key=None).data)
    return path


WITHOUT_AN_IMPORT = {"put_assets_asset_id_poster", "put_collections_collection_id_poster"}
"""openapi-python-client forgets to import ``Unset`` where a body is of one of two types and all else is needed."""


def test_a_client_in_python(
    stack: RunningStack,
    asset_id: str,
    description: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    target = tmp_path / "lessonstream_client"
    command = [
        sys.executable,
        "-m",
        "openapi_python_client",
        "generate",
        "--fail-on-warning",
        "--meta",
        "none",
    ]
    command += ["--path", str(description), "--output-path", str(target)]
    command += ["--config", str(CLIENTS / "openapi-python-client.yml")]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    monkeypatch.syspath_prepend(str(tmp_path))

    def module(name: str) -> Any:
        return importlib.import_module(f"lessonstream_client.{name}")

    models, files = module("models"), module("types")
    client = module("client").AuthenticatedClient(base_url=stack.url, token=stack.api_key)
    described = json.loads(description.read_bytes())
    operations = [entry for methods in described["paths"].values() for entry in methods.values()]
    for entry in operations:
        if entry["operationId"] in WITHOUT_AN_IMPORT:
            continue
        module(f"api.{entry['tags'][0].lower().replace(' ', '_')}.{entry['operationId']}")

    title = module("api.assets.get_assets_asset_id").sync(asset_id, client=client).title
    changed = module("api.assets.patch_assets_asset_id").sync(
        asset_id, client=client, body=models.AssetChanges(external_id="python-1")
    )
    assert (changed.external_id, changed.title) == ("python-1", title)
    page = module("api.assets.get_assets").sync(client=client, external_id="python-1")
    assert [asset.id for asset in page.assets] == [asset_id]
    issued = module("api.playback.post_playback_tokens").sync(
        client=client, body=models.TokenRequest(external_id="python-1")
    )
    assert issued.tokens[0].asset_id == asset_id
    captions = module("api.captions_and_chapters.put_assets_asset_id_tracks_kind_language").sync(
        asset_id,
        models.PutAssetsAssetIdTracksKindLanguageKind.CAPTIONS,
        "zh-CN",
        client=client,
        body=files.File(payload=BytesIO(b"1\n00:00:00,000 --> 00:00:01,000\nhello\n")),
    )
    assert captions.language == "zh-CN"
    begun = module("api.uploads.post_uploads").sync_detailed(
        client=client,
        body=files.File(payload=BytesIO(b"first ")),
        tus_resumable="1.0.0",
        upload_length="10",
    )
    assert (begun.status_code, begun.headers["Upload-Offset"]) == (201, "6")
    problem = module("api.assets.get_assets_asset_id").sync("0" * 24, client=client)
    assert problem.code == "asset_not_found"


def test_a_client_in_typescript(
    stack: RunningStack, asset_id: str, description: Path, tmp_path: Path
) -> None:
    for name in ("client.ts", "tsconfig.json", "package.json"):
        shutil.copy(CLIENTS / name, tmp_path)
    (tmp_path / "node_modules").symlink_to(NODE_MODULES)

    def run(*command: str) -> str:
        ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    run("node_modules/.bin/openapi-typescript", str(description), "--output", "api.d.ts")
    run("node_modules/.bin/tsc", "--project", ".")
    told = json.loads(run("node", "out/client.js", stack.url, stack.api_key, asset_id))
    assert told == {
        "title": "lesson",
        "found": [asset_id],
        "count": 0,
        "issued": [True],
        "requests": 500,
        "problem": "asset_not_found",
    }
