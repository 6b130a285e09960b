"""Uploaders that pages of other origins use: tus-js-client and Uppy, interrupted, in parallel, with what they send by
themselves."""

from __future__ import annotations

import json
from typing import Any

import pytest
from npm import npm_file
from partner_site import Partner, partner
from playwright.sync_api import Page
from support import RunningStack

__all__ = ["partner"]

pytestmark = [pytest.mark.browser, pytest.mark.integration]

SIZE = 9 * 1024 * 1024 + 5

FILE = """
const bytes = new Uint8Array(size);
for (let at = 0; at < size; at += 65536) crypto.getRandomValues(bytes.subarray(at, at + 65536));
const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
const sha256 = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const file = new File([bytes], "第一课.mp4", { type: "video/mp4", lastModified: 1 });
"""

TUS = f"""async ([endpoint, headers, size, options]) => {{
  {FILE}
  const interrupted = !options.parallelUploads;
  const upload = await new Promise((resolve, reject) => {{
    const upload = new tus.Upload(file, {{
      endpoint, headers, ...options, metadata: {{ filename: file.name, filetype: file.type }},
      onError: reject, onSuccess: () => resolve(upload),
      onChunkComplete: async (_size, accepted) => {{
        if (!interrupted || upload.wasCut || accepted === size) return;
        upload.wasCut = true;
        await upload.abort();
        const [before] = await upload.findPreviousUploads();
        upload.resumeFromPreviousUpload(before);
        upload.start();
      }},
    }});
    upload.start();
  }});
  return {{ url: upload.url, sha256, wasCut: Boolean(upload.wasCut) }};
}}"""

UPPY = f"""async ([endpoint, headers, size]) => {{
  {FILE}
  const uppy = new Uppy.Uppy().use(Uppy.Tus, {{ endpoint, headers, chunkSize: 2 * 1024 * 1024 }});
  uppy.addFile({{ name: file.name, type: file.type, data: file, meta: {{ relativePath: "课程/第一课.mp4" }} }});
  const paused = new Promise((resolve) => uppy.on("upload-progress", (_file, progress) => {{
    if (progress.bytesUploaded > 0) resolve();
  }}));
  const done = uppy.upload();
  await paused;
  uppy.pauseAll();
  uppy.resumeAll();
  const {{ successful, failed }} = await done;
  return {{ url: successful[0]?.uploadURL, sha256, failed: failed.map((each) => String(each.error)) }};
}}"""


@pytest.fixture
def key(stack: RunningStack) -> str:
    """Of whom may only upload, as pages have it."""
    wish = {"role": "author", "scopes": ["upload"]}
    return str(json.loads(stack.request("POST", "/v1/api-keys", json=wish).data)["key"])


def run(page: Page, stack: RunningStack, key: str, script: str, options: Any = None) -> tuple[Any, Any]:
    """What a page says of its upload, and the asset that came of it."""
    headers = {"Authorization": f"Bearer {key}"}
    said = page.evaluate(script, [f"{stack.url}/v1/uploads", headers, SIZE, options or {}])
    answer = stack.request("HEAD", said["url"], headers={"Tus-Resumable": "1.0.0"}, key=key)
    asset_id = answer.headers["Lessonstream-Asset"]
    asset = stack.client.get(f"/v1/assets/{asset_id}")
    listed = json.loads(stack.request("GET", "/v1/uploads", key=key).data)["uploads"]
    stack.forget(asset_id)
    return {**said, "path": listed[0]["relative_path"]}, asset


@pytest.mark.parametrize(
    "options",
    [
        {"chunkSize": 3 * 1024 * 1024},
        {"chunkSize": 4 * 1024 * 1024, "uploadDataDuringCreation": True, "addRequestId": True},
        {"chunkSize": 3 * 1024 * 1024, "overridePatchMethod": True},
        {"parallelUploads": 3},
    ],
    ids=["resumed", "with-creation", "method-overridden", "parallel"],
)
def test_tus_js_client(
    page: Page, partner: Partner, stack: RunningStack, key: str, options: dict[str, Any]
) -> None:
    partner.show(page, "")
    page.add_script_tag(path=npm_file("tus-js-client", "dist/tus.min.js"))
    said, asset = run(page, stack, key, TUS, options)
    assert said["wasCut"] is ("parallelUploads" not in options)
    assert (asset["source"]["sha256"], asset["source"]["size"]) == (said["sha256"], SIZE)
    assert (asset["title"], asset["source"]["file_name"]) == ("第一课", "第一课.mp4")


def test_uppy(page: Page, partner: Partner, stack: RunningStack, key: str) -> None:
    partner.show(page, "")
    page.add_script_tag(path=npm_file("uppy", "dist/uppy.min.js"))
    said, asset = run(page, stack, key, UPPY)
    assert said["failed"] == []
    assert asset["source"]["sha256"] == said["sha256"]
    assert (asset["title"], said["path"]) == ("第一课", "课程/第一课.mp4")
