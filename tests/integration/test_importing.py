"""A folder and a sheet become a catalogue, whatever kills the import meanwhile, and go out as they came in."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import openpyxl
import pytest
from support import LESSONSTREAM, SMALL, Pauses, RunningStack, running_stack

from media_service.cli.client import connect_to
from media_service.sheets.columns import COLUMNS

pytestmark = pytest.mark.integration

LESSONS = 30
SHOWN = 2
"""So many are real; the others are files that nobody can play, which an import does not know."""

VTT = "WEBVTT\n\n00:00.100 --> 00:00.900\n你好 {}\n"
TOLD = {column.name for column in COLUMNS if column.told}


def school(stack: RunningStack, name: str) -> tuple[str, str]:
    """An organization of one's own, and a key to it."""
    made = stack.client.send("POST", "/v1/organizations", {"name": name})["id"]
    wanted = {"role": "admin", "organization_id": made}
    return made, stack.client.send("POST", "/v1/api-keys", wanted)["key"]


def begin(stack: RunningStack, key: str, *arguments: str | Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*LESSONSTREAM, *map(str, arguments)],
        env={**os.environ, "LESSONSTREAM_URL": stack.url, "LESSONSTREAM_KEY": key},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(stack: RunningStack, key: str, *arguments: str | Path, status: int = 0) -> str:
    process = begin(stack, key, *arguments)
    out, told = process.communicate(timeout=180)
    assert process.returncode == status, out + told
    return out


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("clip") / "a.mp4"
    program, picture = imageio_ffmpeg.get_ffmpeg_exe(), "testsrc2=size=160x90:rate=25:duration=1"
    command = [program, "-loglevel", "error", "-f", "lavfi", "-i", picture, "-pix_fmt", "yuv420p", str(path)]
    subprocess.run(command, check=True)
    return path.read_bytes()


def numbered(number: int) -> dict[str, str]:
    """What the sheet says of a lesson; every other one has an ID of the old platform."""
    return {
        "文件": f"单元{number % 3}/第{number}课.mp4",
        "标题": f"第{number}课，“健康”",
        "旧编号": f"旧-{number}" if number % 2 else "",
        "简介": f"第一行\n第二行 {number}",
        "语言": "zh-CN",
        "标签": "健康、养生",
        "学段": "老年教育",
        "主讲人": "李老师、王老师",
        "许可": "CC BY 4.0",
        "制作日期": "2009/5/4",
        "发布时间": "2020-01-02 08:00",
        "点击量": f"1,{number:03}",
        "可见范围": "本机构",
        "所属课程": "健康课" if number < 4 else "",
        "课程序号": str(10 - number) if number < 4 else "",
        "备注": "不读",
    }


@pytest.fixture
def folder(tmp_path: Path, clip: bytes) -> Path:
    root = tmp_path / "lessons"
    for number in range(LESSONS):
        file = root / numbered(number)["文件"]
        file.parent.mkdir(parents=True, exist_ok=True)
        # Behind the film stands a box that nobody reads, so that no two files are the same.
        tail = b"\0\0\0\x10free" + number.to_bytes(8, "big")
        file.write_bytes(clip + tail if number < SHOWN else f"no film {number}".encode())
        file.with_suffix(".zh.vtt").write_text(VTT.format(number))
        if number < SHOWN:
            file.with_suffix(".en.srt").write_text("1\n00:00:00,100 --> 00:00:00,900\nHello\n")
            file.with_suffix(".chapters.txt").write_text("00:00 开始\n00:00:00.5 结束\n")
            png = ["-f", "lavfi", "-i", "color=red:size=64x36", "-frames:v", "1"]
            program = imageio_ffmpeg.get_ffmpeg_exe()
            subprocess.run([program, "-loglevel", "error", *png, file.with_suffix(".png")], check=True)
    return root


def write_sheet(path: Path, rows: list[Mapping[str, str]]) -> Path:
    with path.open("w", encoding="gb18030", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def exported(stack: RunningStack, key: str) -> list[dict[str, Any]]:
    """What is said of all lessons, in an order of their own."""
    pieces: list[bytes] = []
    connect_to(stack.url, key).save("/v1/assets/export?format=jsonl", pieces.append)
    found = [json.loads(line) for line in b"".join(pieces).splitlines()]
    return sorted(found, key=lambda each: each["file"])


def said(lessons: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in each.items() if name not in TOLD} for each in lessons]


def test_a_catalogue_is_brought_in_through_three_kills_and_goes_out_as_it_came(
    stack: RunningStack, folder: Path, tmp_path: Path
) -> None:
    _, key = school(stack, "导入一")
    rows = [numbered(number) for number in range(LESSONS)]
    wrong = {**rows[0], "文件": "第9课.mp4", "语言": "普通话", "点击量": "很多", "旧编号": "旧-1"}
    sheet = write_sheet(tmp_path / "lessons.csv", [*rows, wrong])
    # A dry run names what is wrong, and sends nothing.
    faulty = tmp_path / "faulty.csv"
    command = ("import", folder, "--sheet", sheet, "--dry-run", "--result", faulty)
    told = run(stack, key, *command, status=1)
    faults = [line.split(": ")[:2] for line in told.splitlines()[:-1]]
    place = f"row {LESSONS + 2} / 第 {LESSONS + 2} 行"
    assert faults == [
        [f"{place}, 语言", "language_unknown"],
        [f"{place}, 点击量", "number_invalid"],
        [f"{place}, 旧编号", "external_id_twice"],
    ]
    [named] = csv.DictReader(faulty.read_text(encoding="utf-8-sig").splitlines())
    codes = "language_unknown number_invalid external_id_twice"
    assert (named["row"], named["result"], named["code"]) == (str(LESSONS + 2), "invalid", codes)
    assert exported(stack, key) == []

    # Killed three times in the middle, it goes on each time.
    journal, command = (
        tmp_path / "lessons.csv.journal",
        ("import", folder, "--sheet", sheet, "--parallel", "2"),
    )
    for done in (LESSONS // 4, LESSONS // 2, 3 * LESSONS // 4):
        process, pauses = begin(stack, key, *command), Pauses()
        while journal.read_text(errors="replace").count('"done"') < done if journal.exists() else True:
            assert process.poll() is None, process.communicate()
            assert pauses.waited < 120
            pauses.sleep()
        process.send_signal(signal.SIGKILL)
        process.communicate()
    before = journal.read_text().count('"done"')
    assert before < LESSONS
    told = run(stack, key, *command, status=1)
    assert "1 not valid / 表格有误" in told
    results = list(csv.DictReader(io.StringIO((tmp_path / "lessons.csv.result.csv").read_text("utf-8-sig"))))
    assert [each["result"] for each in results].count("imported") == LESSONS - before
    assert results[-1]["code"].split() != [] and "第 3 行" in results[-1]["message_zh"]

    # Nothing is lost, nothing is there twice, and every value is found again.
    lessons = exported(stack, key)
    by_file = {each["file"]: each for each in lessons}
    assert len(lessons) == len(by_file) == LESSONS
    for number, row in enumerate(rows):
        lesson = by_file[f"第{number}课.mp4"]
        wanted = {
            "title": row["标题"], "external_id": row["旧编号"] or None, "description": row["简介"], "language": "zh-CN",
            "tags": ["健康", "养生"], "level": "senior", "licence": "CC-BY-4.0", "original_date": "2009-05-04",
            "published_at": "2020-01-02T00:00:00Z", "old_views": 1000 + number, "visibility": "organization",
            "has_captions": True, "views": 1000 + number,
        }  # fmt: skip
        assert {name: lesson[name] for name in wanted} == wanted
        assert [each["name"] for each in lesson["contributors"]] == ["李老师", "王老师"]
    for number in range(SHOWN):
        asset_id = by_file[f"第{number}课.mp4"]["id"]
        asset = stack.wait(asset_id, "ready")
        kinds = {(track["kind"], track["language"]) for track in asset["tracks"]}
        assert kinds == {("captions", "zh"), ("captions", "en"), ("chapters", "zh-CN")}
        pauses = Pauses()
        while (poster := stack.client.get(f"/v1/assets/{asset_id}/poster"))["origin"] != "picture":
            assert pauses.waited < 60, poster
            pauses.sleep()

    [course] = json.loads(stack.request("GET", "/v1/collections", key=key).data)["collections"]
    shown = json.loads(stack.request("GET", f"/v1/collections/{course['id']}", key=key).data)
    ordered = [by_file[f"第{number}课.mp4"]["id"] for number in (3, 2, 1, 0)]
    assert (shown["title"], [item["asset_id"] for item in shown["items"]]) == ("健康课", ordered)

    # Once more changes nothing; a row that is changed is changed, and nothing else.
    assert f"{LESSONS} there already" in run(stack, key, *command, status=1)
    rows[4]["标题"] = "新标题"
    write_sheet(sheet, rows)
    told = run(stack, key, *command)
    assert f"1 updated / 已更新, {LESSONS - 1} there already" in told
    # Without its journal it finds those with an ID again.
    write_sheet(tmp_path / "some.csv", rows[1:6:2])
    told = run(stack, key, "import", folder, "--sheet", tmp_path / "some.csv")
    assert "3 imported" in told
    assert len(exported(stack, key)) == LESSONS

    # Out as a table, in at another place, and out again: the same to the letter.
    hostile = ["=cmd|' /C calc'!A0", "'=1", 'a "b", c;d', "第一课 🎓", "x" * 200, "[y]", "-1"]
    for lesson, text in zip(exported(stack, key), hostile, strict=False):
        changes = {
            "title": text, "description": f"{text}\n{text}" * 20, "tags": [text[:50], "b"], "subject": text,
            "audience": text, "other_ids": {"old": text}, "source_organization": {"name": text, "id": text},
            "licence": {"code": "custom", "text": text}, "withdraw_at": "2031-01-01T00:00:00.123456Z",
            "contributors": [{"role": "author", "name": text, "organization": text}],
        }  # fmt: skip
        stack.client.send("PATCH", f"/v1/assets/{lesson['id']}", changes)
    whole = exported(stack, key)
    run(stack, key, "export", "--output", str(tmp_path / "out.csv"))
    second, other_key = school(stack, "导入二")
    told = run(
        stack, stack.api_key, "import", folder, "--sheet", tmp_path / "out.csv", "--organization", second
    )
    assert f"{LESSONS} imported" in told
    assert said(exported(stack, other_key)) == said(whole)
    assert (tmp_path / "out.csv").read_bytes().startswith(b"\xef\xbb\xbffile,")
    # The administrator of both is told of the very same files; that of one is not.
    results = list(csv.DictReader(io.StringIO((tmp_path / "out.csv.result.csv").read_text("utf-8-sig"))))
    ids = {each["id"] for each in whole}
    assert all(set(each["duplicate_of"].split()) & ids for each in results)
    shown = json.loads(stack.request("GET", f"/v1/assets/{results[0]['asset_id']}", key=other_key).data)
    assert shown["duplicate_of"] == []


def test_what_the_service_refuses_is_told_and_tried_again(stack: RunningStack, tmp_path: Path) -> None:
    _, key = school(stack, "导入三")
    root = tmp_path / "files"
    root.mkdir()
    (root / "a.mp4").write_text("x")
    (root / "b.mp4").write_text("y")
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["file", "shared_partner_ids", "sha256"])
    sheet.append(["a.mp4", "0abcdefghijklmnopqrstuvw", None])
    sheet.append(["b.mp4", None, "0" * 64])
    book.save(tmp_path / "s.xlsx")
    command = ("import", root, "--sheet", tmp_path / "s.xlsx", "--result", tmp_path / "r.csv")
    told = run(stack, key, *command, status=1)
    assert "shared_with_unknown" in told and "checksum_mismatch" in told and "2 failed" in told
    assert exported(stack, key) == []
    sheet.cell(2, 2).value = sheet.cell(3, 3).value = None
    book.save(tmp_path / "s.xlsx")
    assert "2 imported" in run(stack, key, *command)
    assert [each["title"] for each in exported(stack, key)] == ["a", "b"]
    # A journal belongs to one organization, and is written by one process.
    _, other = school(stack, "导入四")
    run(stack, other, *command, status=1)


@pytest.mark.long
def test_a_thousand_files_through_three_kills(tmp_path: Path) -> None:
    """What an import is promised to bear, on a stack of its own; its figures stand in what the test prints."""
    many = 1000
    root, rows = tmp_path / "lessons", [numbered(number) for number in range(many)]
    for number, row in enumerate(rows):
        file = root / row["文件"]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"no film " + number.to_bytes(4, "big") * 1000)
        file.with_suffix(".zh.vtt").write_text(VTT.format(number))
        row["点击量"] = str(number)
    sheet, journal = write_sheet(tmp_path / "lessons.csv", rows), tmp_path / "lessons.csv.journal"
    with running_stack(tmp_path / "stack", **SMALL) as stack:
        key, command = stack.api_key, ("import", root, "--sheet", sheet)
        began, took = time.monotonic(), 0.0
        for done in (250, 500, 750):
            process = begin(stack, key, *command)
            while (journal.read_text(errors="replace").count('"done"') if journal.exists() else 0) < done:
                assert process.poll() is None, process.communicate()
                time.sleep(0.2)
            process.send_signal(signal.SIGKILL)
            process.communicate()
        run(stack, key, *command)
        took = time.monotonic() - began
        lessons = exported(stack, key)
        assert len(lessons) == len({each["file"] for each in lessons}) == many
        by_file = {each["file"]: each for each in lessons}
        for number, row in enumerate(rows):
            lesson = by_file[f"第{number}课.mp4"]
            found = (lesson["title"], lesson["external_id"], lesson["old_views"], lesson["has_captions"])
            assert found == (row["标题"], row["旧编号"] or None, number, True)
        uploads = stack.client.get("/v1/uploads?state=open")["uploads"]
        assert uploads == []
    print(f"{many} files with captions in {took:.0f} s, {many / took:.1f} rows/s, killed three times")
