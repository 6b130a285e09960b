"""An offline pack of a course, extracted and opened by its file in a real browser that has no network."""

from __future__ import annotations

import subprocess
import time
import zipfile
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from support import PATIENCE, RunningStack
from watching import TIME, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.integration]

TITLES = ('</script><script>alert(1)</script> ../..\\"第一课"?', "第二课 #2 100%")
CHAPTERS = b"WEBVTT\n\n00:00.000 --> 00:02.500\nRivers\n\n00:02.500 --> 00:04.900\nMountains\n"
CUE = (
    "[...document.querySelector('video').textTracks].find((t) => t.mode === 'showing')?.activeCues?.[0]?.text"
)


@pytest.fixture(scope="module")
def pack(stack: RunningStack, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the archive of a course of two lessons unfolds to."""
    folder = tmp_path_factory.mktemp("offline")
    assets = []
    for number, title in enumerate(TITLES):
        path = folder / f"{number}.mp4"
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error"]
        command += ["-f", "lavfi", "-i", "testsrc2=s=320x240:r=25:d=5", "-f", "lavfi", "-i", "sine=330:d=5"]
        command += ["-f", "lavfi", "-i", "sine=880:d=5", "-map", "0:v", "-map", "1:a"]
        if number == 0:
            command += ["-map", "2:a", "-metadata:s:a:0", "language=zho", "-metadata:s:a:1", "language=eng"]
        command += [
            "-c:v",
            "libx264",
            "-preset",
            "ultrafast",
            "-pix_fmt",
            "yuv420p",
            "-c:a",
            "aac",
            str(path),
        ]
        subprocess.run(command, check=True, timeout=60)
        assets.append(stack.upload(path, title))
    for asset_id in assets:
        stack.wait(asset_id, "ready")
        for language, text in (("fr", "mont"), ("zh-CN", "山 &lt;x&gt;"), ("zh-TW", "山丘")):
            address = f"/v1/assets/{asset_id}/tracks/captions/{language}"
            body = f"WEBVTT\n\n00:00.000 --> 00:10.000\n{text}\n".encode()
            assert stack.request("PUT", address, body=body).status == 200
    chapters = f"/v1/assets/{assets[0]}/tracks/chapters/en"
    assert stack.request("PUT", chapters, body=CHAPTERS).status == 200
    body = {"title": TITLES[0], "asset_ids": assets}
    course: dict[str, Any] = stack.request("POST", "/v1/collections", json=body).json()
    deadline = time.monotonic() + PATIENCE
    while (
        answer := stack.request("POST", "/v1/offline-packs", json={"collection_id": course["id"]})
    ).status != 201:
        assert answer.json()["code"] == "pack_not_ready" and time.monotonic() < deadline, answer.data
        time.sleep(0.5)
    made = answer.json()
    fetched = stack.request("GET", made["url"], key=None)
    assert fetched.status == 200 and len(fetched.data) == made["size"]
    archive = folder / "pack.zip"
    archive.write_bytes(fetched.data)
    with zipfile.ZipFile(archive) as opened:
        assert opened.testzip() is None
        opened.extractall(folder / "stick")
    (top,) = (folder / "stick").iterdir()
    return top


@pytest.fixture
def fetched(context: BrowserContext) -> list[str]:
    """Addresses that the page asked for."""
    context.set_offline(True)
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    return asked


def test_lessons_play_from_a_stick(page: Page, pack: Path, fetched: list[str]) -> None:
    page.goto((pack / "index.html").as_uri())
    expect(page.locator("h1")).to_have_text(TITLES[0])
    lessons = page.locator("#lessons button")
    expect(lessons).to_have_count(2)
    assert lessons.nth(0).locator("img").evaluate("(img) => img.decode().then(() => img.naturalWidth)") == 320
    page.keyboard.press("k")
    wait_for(page, f"{TIME} > 1")
    figures = page.evaluate(
        "[document.querySelector('video').getVideoPlaybackQuality().totalVideoFrames,"
        " document.querySelector('video').webkitAudioDecodedByteCount]"
    )
    assert figures[0] > 15 and figures[1] > 4000
    # Nothing is chosen for those who read English; one who reads Chinese chooses.
    assert page.evaluate(CUE) is None
    page.locator("#captions").select_option("1")
    wait_for(page, f"{CUE}?.startsWith('山 ')")
    wait_for(page, f"document.querySelector('#title').textContent === {TITLES[1]!r}")
    wait_for(page, f"{TIME} > 0.3")
    wait_for(page, f"{CUE}?.startsWith('山 ')")
    assert page.locator("#captions").input_value() == "1", "the choice goes on to the next lesson"
    assert all(address.startswith(("file:", "data:")) for address in fetched), fetched


def test_the_page_is_used_by_keyboard_and_in_both_languages(
    page: Page, pack: Path, fetched: list[str]
) -> None:
    page.goto((pack / "index.html").as_uri())
    expect(page.locator("#previous")).to_be_disabled()
    page.locator("#lessons button").nth(1).focus()
    page.keyboard.press("Enter")
    expect(page.locator("#title")).to_have_text(TITLES[1])
    expect(page.locator("#lessons [aria-current]")).to_contain_text(TITLES[1])
    page.keyboard.press("p")
    expect(page.locator("#title")).to_have_text(TITLES[0])
    expect(page.locator("#next")).to_have_text("Next")
    page.locator("#language").press("Enter")
    expect(page.locator("#next")).to_have_text("下一课")
    assert page.evaluate("document.documentElement.lang") == "zh-CN"


def test_one_caption_is_shown_to_who_reads_chinese(browser: Browser, pack: Path) -> None:
    """Browsers switch on captions by themselves, beside those that the page chooses."""
    with browser.new_context(locale="zh-CN") as context:
        page = context.new_page()
        page.goto((pack / "index.html").as_uri())
        page.keyboard.press("k")
        wait_for(page, f"{TIME} > 1")
        shown = page.evaluate(
            "[...document.querySelectorAll('track')].filter((each) => each.track.mode === 'showing')"
            ".map((each) => [each.dataset.index, each.srclang])"
        )
        assert shown == [["1", "zh-CN"]]
        assert page.locator("#captions").input_value() == "1"


def test_a_file_that_is_not_there_is_told(page: Page, pack: Path) -> None:
    for file in (pack / "files").glob("002*.mp4"):
        file.rename(file.with_suffix(".gone"))
    page.goto((pack / "index.html").as_uri())
    page.keyboard.press("n")
    expect(page.locator("#problem")).to_contain_text("Extract the whole archive")


def test_all_sounds_and_chapters_are_there(page: Page, pack: Path, fetched: list[str]) -> None:
    page.emulate_media(color_scheme="light")
    page.goto((pack / "index.html").as_uri())
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(245, 246, 248)"
    expect(page.locator("#sounds option")).to_have_text(["中文", "English"])
    expect(page.locator("#chapters button")).to_have_text(["0:00Rivers", "0:03Mountains"])
    page.locator("#sounds").select_option("1")
    wait_for(page, "Math.abs(other.duration - 5) < 0.1")
    page.locator("#chapters button").nth(1).click()
    page.keyboard.press("k")
    wait_for(page, f"{TIME} > 3.2 && !other.paused")
    assert abs(page.evaluate(f"other.currentTime - {TIME}")) < 0.3
    expect(page.locator("#chapters [aria-current]")).to_contain_text("Mountains")
    page.locator("#sounds").select_option("0")
    assert page.evaluate("!document.querySelector('video').muted && other.paused")
