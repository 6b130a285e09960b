"""The page of an upload link, as somebody meets it who got nothing but the link: on a telephone, without an account."""

from __future__ import annotations

import hashlib
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import zxingcpp
from accessible import findings
from PIL import Image
from playwright.sync_api import Browser, Route, expect
from support import RunningStack

NAME = '微课 <b>大赛</b> "2026"'


def test_a_lesson_is_sent_and_replaced_by_a_link_alone(
    stack: RunningStack, browser: Browser, tmp_path: Path
) -> None:
    terms = {
        "name": NAME,
        "language": "zh",
        "closes_at": (datetime.now(UTC) + timedelta(hours=1)).isoformat(),
        "max_bytes": 100_000,
        "kinds": ["video", "animation"],
        "fields": [{"name": "school", "label": "学校", "required": True}],
        "licence": "按 CC BY 4.0 发布\n<script>x</script>",
    }
    made = json.loads(stack.request("POST", "/v1/upload-links", json=terms).data)
    first, second, large = (tmp_path / name for name in ("一.mp4", "二.mp4", "大.mp4"))
    for path, size in ((first, 50_000), (second, 60_000), (large, 100_001)):
        path.write_bytes(bytes([size % 251]) * size)

    context = browser.new_context(locale="en-US", viewport={"width": 320, "height": 640})
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(f"{stack.url}/u/{made['secret']}")
    expect(page.locator("h1")).to_have_text(NAME)
    form = page.locator("form")
    expect(form).to_be_visible()
    expect(form).to_contain_text("只接收视频和动画。不超过 100 kB。")
    assert "audio" not in (page.get_by_label("课程文件").get_attribute("accept") or "")
    assert findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 320

    page.get_by_label("课程文件").set_input_files(large)
    page.get_by_label("学校").fill("一中")
    page.get_by_label("我同意").check()
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("文件太大：最多可投稿 100 kB。")
    said.clear()  # the browser itself tells of the refusal
    page.get_by_label("课程文件").set_input_files(first)
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.locator("#number")).to_have_text("1", timeout=20_000)
    expect(page.locator("#hash")).to_have_text(hashlib.sha256(first.read_bytes()).hexdigest())
    assert findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    with page.expect_download() as saved:
        page.get_by_role("button", name="保存回执").click()
    receipt = json.loads(Path(saved.value.path()).read_text(encoding="utf-8"))
    assert json.loads(receipt["text"])["entry"]["number"] == 1 and receipt["signature"]

    # The browser is closed, and opened again.
    page.close()
    page = context.new_page()
    page.on("console", lambda message: said.append(message.text))
    page.goto(f"{stack.url}/u/{made['secret']}")
    expect(page.locator("#number")).to_have_text("1")
    page.get_by_role("button", name="换一个文件重新提交").click()
    page.get_by_label("课程文件").set_input_files(second)
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.locator("#hash")).to_have_text(
        hashlib.sha256(second.read_bytes()).hexdigest(), timeout=20_000
    )
    expect(page.locator("#number")).to_have_text("1")
    (entry,) = json.loads(stack.request("GET", f"/v1/upload-links/{made['id']}/entries").data)["entries"]
    assert entry["answers"] == {"school": "一中"} and entry["size"] == 60_000
    assert said == []

    page.goto(f"{stack.url}/u/{made['secret']}?lang=en")
    expect(page.locator("#received")).to_contain_text("Received. Thank you!")
    expect(page.get_by_role("button", name="Send another file")).to_be_visible()
    down = {"reason": "侵权"}
    stack.request("POST", f"/v1/upload-links/{made['id']}/entries/1/takedown", json=down)
    page.reload()
    expect(page.locator("#reason")).to_have_text("侵权")
    expect(page.get_by_role("button", name="Send another file")).to_be_hidden()
    assert findings(page) == []

    # On the classroom's wall: whatever reads codes finds the page.
    page.set_viewport_size({"width": 400, "height": 400})
    page.goto(stack.url + (page.get_by_role("link", name="QR code").get_attribute("href") or ""))
    (seen,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(page.screenshot())))
    assert seen.text == made["page_url"] == f"{stack.url}/u/{made['secret']}"
    assert page.locator("title").first.text_content() == NAME
    assert stack.request("GET", "/u/lsu_nothing/qr.svg", key=None).status == 404

    answer = page.goto(f"{stack.url}/u/lsu_nothing")
    assert answer is not None and answer.status == 404
    expect(page.get_by_role("alert")).to_have_text("There is no such upload link.")
    assert findings(page) == []
    context.close()


def test_a_file_that_was_interrupted_goes_on_where_it_stopped(
    stack: RunningStack, browser: Browser, tmp_path: Path
) -> None:
    """The page is loaded again in the midst of a file."""
    terms = {"name": "断点", "closes_at": (datetime.now(UTC) + timedelta(hours=1)).isoformat()}
    made = json.loads(stack.request("POST", "/v1/upload-links", json=terms).data)
    file = tmp_path / "课.mp4"
    file.write_bytes(bytes(range(251)) * 12_000)  # 3 MB
    half = file.stat().st_size // 2
    context = browser.new_context(locale="zh-CN", viewport={"width": 320, "height": 640})
    page = context.new_page()
    offsets: list[int] = []

    def cut(route: Route) -> None:
        """The network goes away in the midst of a file: half of it arrives, and no answer."""
        request = route.request
        if request.method != "PATCH":
            return route.continue_()
        offsets.append(int(request.headers["upload-offset"]))
        if len(offsets) > 1:
            return route.continue_()
        token = request.headers["authorization"].removeprefix("Bearer ")
        kept = ("tus-resumable", "upload-offset", "content-type")
        headers = {name: request.headers[name] for name in kept}
        place, body = request.url.removeprefix(stack.url), file.read_bytes()[:half]
        assert stack.request("PATCH", place, key=token, body=body, headers=headers).status == 204
        return route.abort()

    page.route("**/v1/uploads/*", cut)
    page.goto(f"{stack.url}/u/{made['secret']}")
    page.get_by_label("课程文件").set_input_files(file)
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.locator("#waiting")).to_be_visible()
    page.reload()
    expect(page.locator("#interrupted")).to_be_visible()
    assert findings(page) == []
    page.get_by_label("课程文件").set_input_files(file)
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.locator("#number")).to_have_text("1", timeout=20_000)
    assert offsets == [0, half]
    expect(page.locator("#hash")).to_have_text(hashlib.sha256(file.read_bytes()).hexdigest())
    page.reload()
    expect(page.locator("#received")).to_be_visible()
    expect(page.locator("#form")).to_be_hidden()

    def close_first(route: Route) -> None:
        """The link is closed while another file is on its way."""
        closing = {"closes_at": datetime.now(UTC).isoformat()}
        assert stack.request("PATCH", f"/v1/upload-links/{made['id']}", json=closing).status == 200
        route.continue_()

    page.route("**/v1/uploads/*", close_first)
    page.get_by_role("button", name="换一个文件重新提交").click()
    page.get_by_label("课程文件").set_input_files({"name": "晚.mp4", "mimeType": "", "buffer": b"late" * 999})
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_role("alert").filter(has_text="未被接收")).to_be_visible(timeout=20_000)
    expect(page.locator("#hash")).to_have_text(hashlib.sha256(file.read_bytes()).hexdigest())
    for gone in ("#form", "#again", "#standing"):
        expect(page.locator(gone)).to_be_hidden()
    assert findings(page) == []
    page.reload()
    expect(page.locator("#standing")).to_contain_text("投稿已经截止")
    context.close()
