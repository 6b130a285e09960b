"""A judge's page, as somebody meets it who got nothing but a link: on a telephone, blindly, by keyboard."""

from __future__ import annotations

import json
import re
import subprocess
import time
from typing import Any
from urllib.parse import quote, urljoin

import imageio_ffmpeg
import pytest
from accessible import findings
from contest import Contest
from playwright.sync_api import Browser, expect
from sqlalchemy.orm import sessionmaker
from support import PATIENCE, RunningStack

from storage.catalogue import database
from storage.ids import new_id

WORDS = ("SECRET", "张三", "实验小学", "县教育局", "39.9042")
"""What tells who made the lesson: in the tags of its file, in its name, in the form, and in whose contest it is."""

SECRETIVE = [
    *("-metadata", "title=SECRET title", "-metadata", "artist=SECRET 张三"),
    *("-metadata", "location=+39.9042+116.4074/", "-metadata", "comment=SECRET 实验小学"),
    *("-metadata:s:v:0", "title=SECRET camera", "-metadata:s:a:0", "title=SECRET microphone"),
    *("-metadata:s:s:0", "title=SECRET captions", "-metadata:s:s:0", "language=chi"),
]
CRITERIA = [{"name": "idea", "label": "创意"}, {"name": "craft", "label": "制作", "greatest": 20}]


@pytest.fixture(scope="module")
def contest(stack: RunningStack, tmp_path_factory: pytest.TempPathFactory) -> Contest:
    """Closed, with a lesson whose file is full of names as number 1, and with one that cannot be played."""
    folder = tmp_path_factory.mktemp("contest")
    (folder / "zh.srt").write_text("1\n00:00:00,500 --> 00:00:01,500\n山高月小\n", encoding="utf-8")
    (folder / "chapters.txt").write_text(
        ";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=2000\ntitle=SECRET chapter\n",
        encoding="utf-8",
    )
    lesson = folder / "张三 实验小学.mkv"
    subprocess.run(
        [
            imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=4",
            "-f", "lavfi", "-i", "sine=d=4", "-i", folder / "zh.srt", "-f", "ffmetadata", "-i",
            folder / "chapters.txt", "-map", "0", "-map", "1", "-map", "2", "-map_chapters", "3",
            "-map_metadata", "-1", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p",
            "-c:a", "aac", "-c:s", "srt", *SECRETIVE, lesson,
        ],
        check=True,
    )  # fmt: skip
    assert b"SECRET" in lesson.read_bytes()
    sessions = sessionmaker(database.connect(stack.environment["DATABASE_URL"]), expire_on_commit=False)
    contest = Contest(stack, sessions, name="微课 <b>大赛</b>", language="zh")
    contest.enter(lesson.read_bytes(), file_name=lesson.name, answers={"school": "实验小学"})
    contest.enter(b"no video", file_name="坏.mp4", answers={"school": "实验小学"})
    asset = contest.listed()[0]["asset_id"]
    contest.ask("PATCH", f"/v1/assets/{asset}", contest.key, {"title": "SECRET 张三"})
    stack.wait(asset, "ready")
    stack.wait(contest.listed()[1]["asset_id"], "failed")
    contest.manage("PUT", "/judging", {"criteria": CRITERIA})
    contest.pass_time(3700)
    return contest


def test_nothing_that_a_judge_is_sent_tells_who_made_a_lesson(stack: RunningStack, contest: Contest) -> None:
    judge = contest.manage("POST", "/judges", {"name": "评委甲"})
    told = contest.ask("GET", "/v1/judges/current/entries/1/playback", judge["secret"])
    token, playback_id = told["token"], told["playback_id"]
    answers: dict[str, bytes] = {}

    def get(address: str, **more: Any) -> bytes:
        answer = stack.request("GET", address, key=None, **more)
        assert answer.status in (200, 206), (address, answer.status, answer.data[:200])
        answers[address] = answer.data
        return bytes(answer.data)

    answers["sheets"] = json.dumps(
        contest.ask("GET", "/v1/judges/current", judge["secret"]), ensure_ascii=False
    ).encode()
    page = told["embed_url"]
    get(page)
    status = json.loads(get(page.replace("?", "/status?")))
    assert status["title"] == "1" and [track["label"] for track in status["tracks"]] == ["zh"]
    assert get(status["tracks"][0]["url"])
    get(f"/oembed?url={quote(page, safe='')}")
    folder = f"{stack.url}/v/{playback_id}/"
    for name in ("poster.jpg", "storyboard.vtt", "storyboard.jpg", "thumbnail.jpg", "preview.webp"):
        deadline = time.monotonic() + PATIENCE
        while stack.request("GET", f"{folder}{name}?token={token}", key=None).status != 200:
            assert time.monotonic() < deadline, name
            time.sleep(0.5)
        get(f"{folder}{name}?token={token}")
    media: set[str] = set()
    master = get(told["manifest_url"]).decode()
    for playlist in re.findall(r'^[^#\s]+$|(?<=URI=")[^"]+', master, re.MULTILINE):
        place = urljoin(told["manifest_url"], playlist)
        for part in re.findall(r'^[^#\s]+$|(?<=URI=")[^"]+', get(place).decode(), re.MULTILINE):
            media.add(urljoin(place, part))
    chunks = [address for address in media if ".mp4" in address]
    assert len(chunks) >= 2
    for address in media:
        get(address)
    for address, sent in answers.items():
        said = sent.decode("utf-8", "replace")
        forms = {form for word in WORDS for form in (word, json.dumps(word)[1:-1], quote(word))}
        assert not [form for form in forms if form in said], address
    # The token opens nothing else: no whole file, no other address of the lesson, no other lesson.
    for name in ("download.mp4", "audio.m4a", "manifest.mpd"):
        assert stack.request("GET", f"{folder}{name}?token={token}", key=None).status == 403, name
    assert stack.request("GET", page.split("?")[0], key=None).status == 401
    assert stack.request("GET", f"/v1/assets?token={token}", key=token).status == 401


def test_a_judge_scores_by_keyboard_on_a_telephone(
    stack: RunningStack, contest: Contest, browser: Browser
) -> None:
    judge = contest.manage("POST", "/judges", {"name": f"评委乙 {new_id()}"})
    context = browser.new_context(locale="zh-CN", viewport={"width": 360, "height": 740})
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(judge["page_url"])
    expect(page.locator("h1")).to_have_text("微课 <b>大赛</b>")
    expect(page.locator("#count")).to_have_text("已评 0 / 2 份")
    entries = page.get_by_role("navigation", name="投稿")
    entries.get_by_role("link", name="1 号作品").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="1 号作品")).to_be_focused()
    player = page.frame_locator("#player")
    expect(player.locator("h1")).to_have_text("1")
    player.locator("video").evaluate("video => { video.muted = true; return video.play() }")
    page.wait_for_function(
        "() => document.getElementById('player').contentDocument.querySelector('video').currentTime > 0.2"
    )
    assert not [word for word in WORDS if word in page.content() + page.frames[1].content()]
    assert findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360

    page.get_by_label("创意").focus()
    page.keyboard.type("9")
    page.keyboard.press("Tab")
    page.keyboard.type("21")
    expect(page.get_by_label("制作")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("制作").fill("20")
    page.get_by_label("评语").fill('好 <img src=x onerror="alert(1)">')
    expect(page.locator("#saved")).to_have_text("已保存。")
    expect(page.locator("#count")).to_have_text("已评 1 / 2 份")
    page.get_by_role("link", name="下一份").press("Enter")
    expect(page.get_by_role("heading", name="2 号作品")).to_be_focused()
    expect(page.locator("#unplayable")).to_be_visible()
    expect(page.get_by_label("创意")).to_have_value("")

    # The network goes away while something is typed: it is sent as soon as it is back.
    said.clear()
    context.set_offline(True)
    page.get_by_label("创意").fill("3")
    expect(page.locator("#saved")).to_contain_text("网络已断开")
    context.set_offline(False)
    expect(page.locator("#saved")).to_have_text("已保存。", timeout=10_000)
    said.clear()
    page.goto(f"{judge['page_url']}?lang=en#1")
    expect(page.get_by_label("制作")).to_have_value("20")
    expect(page.get_by_label("Comment")).to_have_value('好 <img src=x onerror="alert(1)">')
    expect(page.locator("#count")).to_have_text("1 of 2 judged")
    page.set_viewport_size({"width": 1280, "height": 800})
    assert findings(page) == []
    found = contest.manage("GET", "/results")["results"]
    assert {(each["number"], each["judges"]) for each in found} == {(1, 1), (2, 0)}

    # Somebody takes an entry down that is being judged.
    contest.ask("POST", f"/v1/upload-links/{contest.id}/entries/2/takedown", "", {"reason": "侵权"})
    page.get_by_role("link", name="Next entry").click()
    page.get_by_label("创意").fill("5")
    expect(page.locator("#taken-down")).to_be_visible()
    expect(page.get_by_label("创意")).to_be_hidden()
    expect(page.locator("#count")).to_have_text("1 of 1 judged")
    assert findings(page) == []
    said.clear()
    page.get_by_role("link", name="Entry before").click()

    contest.manage("POST", "/judging/close")
    page.reload()
    expect(page.get_by_role("link", name="Entry 2, taken down")).to_be_visible()
    expect(page.locator(".person")).to_have_text("Judging is closed. What you gave does not change any more.")
    expect(page.get_by_label("制作")).to_be_disabled()
    assert findings(page) == []
    assert said == []
    answer = page.goto(f"{stack.url}/j/lsj_nothing")
    assert answer is not None and answer.status == 404
    expect(page.get_by_role("alert")).to_have_text("该评委不存在。")
    context.close()
