"""Segments that do not go through the web service: a real nginx or presigned URLs, the real S3 server behind them."""

from __future__ import annotations

import hashlib
import json
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import imageio_ffmpeg
import m3u8
import pytest
import urllib3
from delivery_site import NEW, OLD, Site, site, storage_for_browsers, web
from support import PATIENCE, RunningStack

from benchmarks.edge_server import free_port
from configs.settings import load_settings
from media_service.cli import delivery_check
from media_service.cli.findings import CheckFailed
from media_service.playback.manifests.delivery import LIFETIME, Scope, edge_signature

pytestmark = pytest.mark.integration

FOREIGN = "f" * 32


@dataclass(frozen=True)
class Course:
    """A ready lesson with a public and a signed playback ID."""

    asset_id: str
    version_id: str
    public_id: str
    signed_id: str


@pytest.fixture(scope="module")
def course(stack: RunningStack, tmp_path_factory: pytest.TempPathFactory) -> Course:
    source = tmp_path_factory.mktemp("lesson") / "lesson.mp4"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error"]
    command += [
        "-f",
        "lavfi",
        "-i",
        "testsrc2=s=640x360:r=25:d=9",
        "-f",
        "lavfi",
        "-i",
        "sine=440:r=48000:d=9",
    ]
    command += ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", str(source)]
    subprocess.run(command, check=True, timeout=60)
    asset = stack.wait(stack.upload(source), "ready")
    path = f"/v1/assets/{asset['id']}/playback-ids"
    signed = json.loads(stack.request("POST", path, json={"policy": "signed"}).data)
    public = asset["playback_ids"][0]["id"]
    master = m3u8.loads(get(f"{stack.url}/v/{public}/master.m3u8").data.decode())
    version = master.playlists[0].uri.partition("/")[0]
    return Course(asset["id"], version, public, signed["id"])


def get(url: str, **headers: str) -> urllib3.BaseHTTPResponse:
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return urllib3.request("GET", url, headers=headers, retries=False, timeout=30)


@pytest.fixture
def new_site(stack: RunningStack, tmp_path: Path) -> Iterator[Site]:
    with site(stack, tmp_path / "edge") as running:
        yield running


@dataclass(frozen=True)
class Play:
    """The playlists of a play: one of video, one of sound."""

    playlists: tuple[m3u8.M3U8, ...]

    def segments(self) -> list[tuple[str, int, int]]:
        """Address, first byte and length of everything that a player fetches."""
        return [
            _range(item)
            for playlist in self.playlists
            for item in (*playlist.segment_map, *playlist.segments)
        ]


def _range(item: m3u8.Segment | m3u8.model.InitializationSection) -> tuple[str, int, int]:
    length, _, first = item.byterange.partition("@")
    return item.absolute_uri, int(first), int(length)


def start_play(manifest: str) -> Play:
    """Ask for what a player asks for when a viewer presses play."""
    master = m3u8.loads(get(manifest).data.decode(), manifest)
    wanted = [master.playlists[0].absolute_uri, master.media[0].absolute_uri]
    return Play(tuple(m3u8.loads(get(url).data.decode(), url) for url in wanted))


def issue(stack: RunningStack, course: Course, base: str, seconds: int = 3600) -> str:
    """A manifest's address with a token."""
    wish = {"playback_id": course.signed_id, "expires_in": seconds}
    token = json.loads(stack.request("POST", "/v1/playback-tokens", json=wish).data)["token"]
    return f"{base}/v/{course.signed_id}/master.m3u8?token={token}"


def fetch(segment: tuple[str, int, int]) -> bytes:
    url, first, length = segment
    answer = get(url, Range=f"bytes={first}-{first + length - 1}")
    assert answer.status == 206, answer.data[:300]
    assert answer.headers["Content-Range"].startswith(f"bytes {first}-{first + length - 1}/")
    return answer.data


def test_two_viewers_at_the_edge(stack: RunningStack, course: Course, new_site: Site) -> None:
    """Three requests to Python for a start, none while it plays, one to the storage for an object; then all dies."""
    first = start_play(issue(stack, course, new_site.edge.url))
    assert len(new_site.asked_of_the_service()) == 3
    assert {urlsplit(url).path[:3] for url, _, _ in first.segments()} == {"/s/"}
    with ThreadPoolExecutor(8) as pool:
        bytes_of_all = list(pool.map(fetch, [segment for segment in first.segments() for _ in range(8)]))
    second = start_play(issue(stack, course, new_site.edge.url, 1800))
    assert [fetch(segment) for segment in second.segments()] == bytes_of_all[::8]
    assert {url for url, _, _ in first.segments()}.isdisjoint(url for url, _, _ in second.segments())
    assert len(new_site.asked_of_the_service()) == 6
    objects = {urlsplit(url).path.removeprefix("/s/") for url, _, _ in first.segments()}
    asked = new_site.asked_of_the_storage()
    assert len(asked) == len(objects)
    assert {path.split("/", 2)[2] for path in asked} == objects
    for key in objects:
        whole = stack.objects.get(key)
        url = next(url for url, _, _ in first.segments() if key in url)
        assert hashlib.sha256(get(url).data).digest() == hashlib.sha256(whole).digest()

    public = f"{new_site.edge.url}/v/{course.public_id}/master.m3u8"
    shared = start_play(public)
    new_site.web.terminate()
    new_site.web.wait(30)
    for play in (first, second, shared):
        assert [fetch(segment) for segment in play.segments()] == bytes_of_all[::8]
    # A public video can even be begun: its playlists are everyone's.
    assert [fetch(segment) for segment in start_play(public).segments()] == bytes_of_all[::8]
    assert get(issue(stack, course, new_site.edge.url)).status == 503


def test_what_segments_say_to_caches_and_other_sites(course: Course, new_site: Site) -> None:
    play = start_play(f"{new_site.edge.url}/v/{course.public_id}/master.m3u8")
    url = play.segments()[0][0]
    for answer in (get(url), get(url, Range="bytes=0-0"), get(url, Origin="https://school.example")):
        assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["Content-Type"] in ("video/mp4", "audio/mp4")
        assert not {name.lower() for name in answer.headers} & {"x-amz-request-id", "set-cookie"}
    assert get(url, Range="bytes=999999999-").status == 416
    assert urllib3.request("HEAD", url).status == 200
    preflight = urllib3.request("OPTIONS", url, headers={"Access-Control-Request-Headers": "range"})
    assert preflight.status == 204
    assert "Range" in preflight.headers["Access-Control-Allow-Headers"]
    again = start_play(f"{new_site.edge.url}/v/{course.public_id}/master.m3u8")
    assert again.segments() == play.segments()
    assert len(new_site.asked_of_the_service()) == 3


def test_a_switch_reaches_who_comes_by_the_edge_and_leaves_who_watches(
    stack: RunningStack, course: Course, new_site: Site
) -> None:
    manifest = f"{new_site.edge.url}/v/{course.public_id}/master.m3u8"
    versions = f"/v1/assets/{course.asset_id}/versions"

    def plays() -> str:
        return m3u8.loads(get(manifest).data.decode()).playlists[0].uri.partition("/")[0]

    def becomes(version_id: str) -> None:
        """Within the seconds for which the edge keeps a playlist."""
        deadline = time.monotonic() + 15
        while plays() != version_id:
            assert time.monotonic() < deadline
            time.sleep(0.3)

    begun = start_play(manifest)
    first = fetch(begun.segments()[0])
    made = json.loads(stack.request("POST", versions, json={"reprocess": True, "activate": "manual"}).data)
    stack_waits = time.monotonic() + PATIENCE
    while json.loads(stack.request("GET", f"{versions}/{made['id']}").data)["state"] != "ready":
        assert time.monotonic() < stack_waits
        time.sleep(0.3)
    assert plays() == course.version_id  # and the edge has it, just now
    assert stack.request("POST", f"{versions}/{made['id']}/activate", json={}).status == 200
    becomes(made["id"])
    fresh = start_play(manifest)
    assert all(made["id"] in url for url, _, _ in fresh.segments())
    assert all(fetch(segment) for segment in fresh.segments())
    # Who has begun goes on, with what the edge has and with what it has to ask for now.
    assert all(course.version_id in url for url, _, _ in begun.segments())
    again = [fetch(segment) for segment in begun.segments()]
    assert again[0] == first and all(again)
    assert stack.request("POST", f"{versions}/{course.version_id}/activate", json={}).status == 200
    becomes(course.version_id)
    assert [fetch(segment) for segment in fresh.segments()]


def test_the_edge_lets_nobody_else_in(stack: RunningStack, course: Course, new_site: Site) -> None:
    play = start_play(issue(stack, course, new_site.edge.url))
    url = next(url for url, _, _ in play.segments() if "audio" not in urlsplit(url).path)
    path, _, query = url.partition("?")
    assert get(url).status == 200
    rendition = urlsplit(path).path.rsplit("/", 1)[1].rpartition("-")[0]
    scope = Scope(course.asset_id, course.version_id, rendition)
    later, past = int(time.time()) + 60, int(time.time()) - 1

    def signed(secret: str, expires: int, scope: Scope = scope) -> str:
        return f"{path}?e={expires}&s={edge_signature(secret, scope, expires)}"

    # Both secrets count, so that one can take the other's place.
    assert get(signed(OLD, later)).status == get(signed(NEW, later)).status == 200
    other = "a" * 24
    refused = {
        path: "token_invalid",
        f"{path}?e={later + 99}&{query}": "token_invalid",
        f"{path}?{query[:-1]}": "token_invalid",
        f"{path}?{query}x": "token_invalid",
        signed(NEW, past): "token_expired",
        signed(FOREIGN, later): "token_invalid",
        signed("", later): "token_invalid",
        signed(NEW, later).replace(f"e={later}", f"e={later + 1}"): "token_invalid",
        signed(NEW, later, replace(scope, asset_id=other)): "token_invalid",
        signed(NEW, later, replace(scope, version_id=other)): "token_invalid",
        signed(NEW, later, replace(scope, rendition="audio")): "token_invalid",
        url.replace(f"/{rendition}-", "/audio-"): "token_invalid",
        f"{new_site.edge.url}/s/assets/{course.asset_id}/{course.version_id}/source?{query}": "not_found",
        path.rsplit("/", 1)[0] + f"/download.mp4?{query}": "not_found",
        path.replace("/s/", "/s/../s/x/") + f"?{query}": "not_found",
        f"{new_site.edge.url}/s/?{query}": "not_found",
        url.replace(f"/{rendition}-0.", f"/{rendition}-99."): "not_found",
    }
    for address, code in refused.items():
        answer = get(address)
        assert (answer.status, json.loads(answer.data)["code"]) == (
            404 if code == "not_found" else 401,
            code,
        ), address
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "immutable" not in answer.headers.get("Cache-Control", "")
    assert urllib3.request("PUT", url, body=b"x", retries=False).status == 404
    assert not [line for line in new_site.edge.log.splitlines() if "s=" in line]


def test_segments_end_with_the_token(stack: RunningStack, course: Course, new_site: Site) -> None:
    began = time.time()
    play = start_play(issue(stack, course, new_site.edge.url, 300))
    query = urlsplit(play.segments()[0][0]).query
    assert abs(int(query.split("&")[0].removeprefix("e=")) - (began + 300 + 600)) < 30


def test_presigned_urls_are_shared_and_need_no_service(stack: RunningStack, course: Course) -> None:
    with web(stack, DELIVERY="presigned") as (port, process):
        base = f"http://127.0.0.1:{port}"
        first = start_play(issue(stack, course, base))
        second = start_play(issue(stack, course, base, 1800))
        # Signed to the hour: browsers know again what they have.
        assert first.segments() == second.segments()
        process.terminate()
        process.wait(30)
    for url, start, length in first.segments():
        assert url.startswith(stack.environment["S3_ENDPOINT"])
        assert f"X-Amz-Expires={LIFETIME + 3600}" in url
        answer = get(url, Range=f"bytes={start}-{start + length - 1}")
        key = urlsplit(url).path.split("/", 2)[2]
        assert answer.data == stack.objects.get(key, start, length)
    url = first.segments()[0][0]
    assert get(url.replace("X-Amz-Expires=9", "X-Amz-Expires=8")).status == 403


def test_the_doctor_looks_at_the_delivery(
    stack: RunningStack, course: Course, new_site: Site, tmp_path: Path
) -> None:
    del course
    settings = load_settings(stack.environment)
    assert delivery_check.look(settings) == "service: the web service"
    presigned = replace(settings, delivery="presigned")
    with storage_for_browsers(stack, tmp_path / "storage") as address:
        assert "gives bytes to any site" in delivery_check.look(replace(presigned, s3_public_url=address))
    with pytest.raises(CheckFailed, match="not 206"):
        delivery_check.look(presigned)
    with pytest.raises(CheckFailed):
        delivery_check.look(replace(presigned, s3_public_url=f"http://127.0.0.1:{free_port()}"))
    at_edge = replace(settings, delivery="edge", edge_url=new_site.edge.url, edge_secrets=(NEW, OLD))
    assert "2 secrets" in delivery_check.look(at_edge)
    with pytest.raises(CheckFailed, match="EDGE_SECRETS"):
        delivery_check.look(replace(at_edge, edge_secrets=(FOREIGN,)))
    with pytest.raises(CheckFailed, match="not the 401 of an edge"):
        delivery_check.look(replace(at_edge, edge_url=stack.url))
