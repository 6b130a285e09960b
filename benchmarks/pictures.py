"""``python -m benchmarks.pictures``: the pictures of Studio and the library in the documents, anew, as they are."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy.orm import Session

from benchmarks import watched
from benchmarks.chromium import launch
from benchmarks.clips import QUIET, ffmpeg
from benchmarks.stack import MeasuredStack, measured_stack
from storage.catalogue import database

IMAGES: Final = Path(__file__).parents[1] / "docs" / "images"
QUALITY: Final = 80
SPEECH: Final = "0.3*sin(2*PI*220*t)*lt(mod(t\\,6)\\,4.2)*(0.6+0.4*sin(9*t))"
"""Four seconds of something that swells like speech, then silence."""

LESSONS: Final = (
    ("Smartphones: your first video call", "手机课堂：第一次视频通话", "#2d6a4f", "#95d5b2"),
    ("Calligraphy: the brush and the ink", "书法入门：笔与墨", "#3d2c2e", "#d9c5b2"),
    ("Healthy cooking for two", "两个人的健康饮食", "#9a3412", "#fdba74"),
    ("Tai chi for beginners, lesson 1", "太极拳入门 第一课", "#1d4e89", "#a8dadc"),
)
CUES: Final = (
    ("Stand with your feet apart.", "两脚分开，与肩同宽。"),
    ("Let your shoulders sink.", "肩膀放松，自然下沉。"),
    ("Breathe in as your arms rise.", "手臂上抬时吸气。"),
    ("And breathe out slowly.", "然后慢慢呼气。"),
)
DAYS: Final = 120
"""That lessons have been watched for."""

LANGUAGES: Final = (("en-US", ""), ("zh-CN", "-zh"))


def main() -> int:
    """Draw all of them; the stack and its lessons are thrown away afterwards."""
    with (
        tempfile.TemporaryDirectory(prefix="lessonstream-pictures-") as folder,
        measured_stack(Path(folder)) as stack,
        sync_playwright() as playwright,
    ):
        browser = launch(playwright)
        for number, (language, ending) in enumerate(LANGUAGES):
            made = [_lesson(browser, stack, Path(folder), each, number) for each in LESSONS]
            for asset in made:
                stack.wait_ready(asset)
            while stack.request("GET", f"/v1/assets/{made[-1]}/peaks").status != 200:
                time.sleep(1)
            _draw(browser, stack, made[-1], language, ending)
            _draw_more(browser, stack, made, language, ending)
            _draw_library(browser, stack, made[-1], language)
            for asset in made:
                stack.remove(asset)
        browser.close()
    return 0


def _lesson(
    browser: Browser, stack: MeasuredStack, folder: Path, lesson: tuple[str, str, str, str], number: int
) -> str:
    title, dark, light = lesson[number], *lesson[2:]
    card, film = folder / "card.png", folder / "lesson.mp4"
    page = browser.new_page(viewport={"width": 640, "height": 360})
    page.set_content(
        f"<body style='margin:0;height:100vh;display:grid;place-content:center;text-align:center;color:#fff;"
        f"font:600 34px sans-serif;background:linear-gradient(135deg,{dark} 40%,{light})'>{title}"
    )
    page.screenshot(path=card)
    page.close()
    command = [
        ffmpeg(), *QUIET, "-loop", "1", "-framerate", "10", "-i", str(card), "-f", "lavfi", "-i", f"aevalsrc={SPEECH}",
        "-t", "24", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", str(film),
    ]  # fmt: skip
    subprocess.run(command, check=True)
    asset = stack.upload(film, title)
    language = ("en", "zh")[number]
    about = {
        "subject": ("Health", "健康")[number],
        "tags": [("spring course", "春季课程")[number]],
        "language": language,
    }
    stack.request("PATCH", f"/v1/assets/{asset}", json=about)
    cues = "\n\n".join(
        f"00:{6 * at:02}.300 --> 00:{6 * at + 4:02}.000\n{cue[number]}" for at, cue in enumerate(CUES)
    )
    text = f"WEBVTT\n\n{cues}\n".encode()
    stack.request("PUT", f"/v1/assets/{asset}/tracks/captions/{language}", body=text)
    return asset


def _draw(browser: Browser, stack: MeasuredStack, asset: str, language: str, ending: str) -> None:
    lesson = f"{stack.url}/studio/lessons/{asset}"
    for name, width in (("", 1120), ("-phone", 390)):
        if name and ending:
            continue
        context = browser.new_context(
            viewport={"width": width, "height": 844 if name else 800}, locale=language, color_scheme="light"
        )
        page = context.new_page()
        page.goto(f"{stack.url}/studio/sign-in?key")
        page.locator("input[type=password]").fill(stack.api_key)
        page.locator("main form button").click()
        page.locator(".drop-zone").wait_for()
        page.goto(f"{stack.url}/studio/lessons")
        page.locator(".lesson img").nth(3).wait_for()
        if not name:
            _save(page, f"studio-lessons{ending}")
        page.goto(lesson)
        page.frame_locator("iframe.player").locator("#start").wait_for()
        page.locator("[data-part=poster] img").wait_for()
        _save(page, f"studio-lesson{name}{ending}")
        if not name:
            page.goto(f"{lesson}/captions/captions/{language[:2]}")
            page.locator(".cue").nth(1).click()
            page.frame_locator("iframe.desk-player").locator("video").wait_for(state="attached")
            page.locator(".wave-tools").wait_for()
            _save(page, f"studio-captions{ending}")
        context.close()


def _draw_more(browser: Browser, stack: MeasuredStack, made: list[str], language: str, ending: str) -> None:
    """A course, how the library looks, and the figures of some months that nobody has waited for."""
    title = {"zh-CN": "春季健康课程", "en-US": "Staying well: a spring course"}[language]
    course = stack.post("/v1/collections", {"title": title, "asset_ids": made, "level": "senior"})
    owner = course["organization_id"]
    name = {"zh-CN": "社区学院", "en-US": "Community College"}[language]
    looks = {"name": name, "slug": "college", "accent": "#2d6a4f", "header": "#1b4332"}
    stack.request("PATCH", f"/v1/organizations/{owner}/library", json=looks)
    engine = database.connect(stack.environment["DATABASE_URL"])
    with Session(engine) as session:
        watched.watch(session, made, [], DAYS)
        session.commit()
    engine.dispose()
    context = browser.new_context(
        viewport={"width": 1120, "height": 800}, locale=language, color_scheme="light"
    )
    page = context.new_page()
    page.goto(f"{stack.url}/studio/sign-in?key")
    page.locator("input[type=password]").fill(stack.api_key)
    page.locator("main form button").click()
    page.locator(".drop-zone").wait_for()
    for picture, path, shown in (
        ("studio-course", f"courses/{course['id']}", ".course-poster img"),
        ("studio-library", "library", ".sample"),
        ("studio-statistics", "statistics", ".chart-bar"),
    ):
        page.goto(f"{stack.url}/studio/{path}")
        page.locator(shown).first.wait_for()
        _save(page, f"{picture}{ending}")
    context.close()
    stack.request("DELETE", f"/v1/collections/{course['id']}")


def _draw_library(browser: Browser, stack: MeasuredStack, asset: str, language: str) -> None:
    """Its search on a phone in Chinese, and a lesson on a large screen in English."""
    owner = stack.client.get(f"/v1/assets/{asset}")["organization_id"]
    stack.request("PATCH", f"/v1/organizations/{owner}", json={"library": True})
    name = {"zh-CN": "社区学院", "en-US": "Community College"}[language]
    stack.request("PATCH", f"/v1/organizations/{owner}/library", json={"name": name, "accent": "#2d6a4f"})
    base = f"{stack.url}/library/{owner}"
    is_phone = language == "zh-CN"
    address = f"{base}/search?q=肩膀" if is_phone else f"{base}/lessons/{asset}?find=breathe&t=12"
    while "<mark>" not in stack.request("GET", address, key=None).data.decode():
        time.sleep(1)
    size = {"width": 390, "height": 760} if is_phone else {"width": 1180, "height": 760}
    context = browser.new_context(viewport=size, locale=language, color_scheme="light")
    page = context.new_page()
    for _ in range(2):  # the first visit has the pictures made
        page.goto(address)
        page.wait_for_timeout(3000)
    _save(page, "library-search-phone" if is_phone else "library-lesson")
    context.close()


def _save(page: Page, name: str) -> None:
    """What is seen of a page, as a small picture."""
    page.wait_for_load_state("networkidle")
    page.evaluate("document.fonts.ready")
    page.wait_for_timeout(1500)
    picture = Image.open(io.BytesIO(page.screenshot()))
    picture.save(IMAGES / f"{name}.webp", quality=QUALITY, method=6)
    print(json.dumps({"picture": name, "bytes": (IMAGES / f"{name}.webp").stat().st_size}), flush=True)


if __name__ == "__main__":
    sys.exit(main())
