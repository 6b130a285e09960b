"""Sheets of lessons: what is read of them, what is wrong with them, and that nothing is lost on the way out and in."""

from __future__ import annotations

import io
import os
import re
import tracemalloc
import unicodedata
import zipfile
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, get_args
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.sheet_faults import SHEET_FAULTS
from configs.words import SheetFaultCode
from media_service.sheets import workbook
from media_service.sheets.cells import Reading
from media_service.sheets.columns import COLUMNS, WRITTEN, column_of
from media_service.sheets.faults import CellInvalid, SheetInvalid
from media_service.sheets.files import look
from media_service.sheets.folder import Folder
from media_service.sheets.formulas import guarded, is_formula, unguarded
from media_service.sheets.rows import RowValues, read_row
from media_service.sheets.tables import open_table
from media_service.sheets.writing import to_csv, to_json_lines

ROOT = Path(__file__).parents[2]


def category(name: str) -> str:
    if name == "nowhere":
        raise CellInvalid("category_unknown", value=name)
    return name.encode().hex()


READING = Reading(ZoneInfo("Asia/Shanghai"), category)


def rows(data: bytes, name: str = "lessons.csv") -> list[RowValues]:
    table = open_table(io.BytesIO(data), name)
    return [read_row(row.number, row.cells, READING) for row in table.rows]


def one(**cells: Any) -> RowValues:
    """A row of a workbook, which has numbers and dates as well."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["file", *cells])
    sheet.append(["a.mp4", *cells.values()])
    saved = io.BytesIO()
    book.save(saved)
    [row] = rows(saved.getvalue(), "lessons.xlsx")
    return row


def codes(row: RowValues) -> list[tuple[str, str]]:
    return [(fault.code, fault.column) for fault in row.faults]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_encodings_and_delimiters(encoding: str, delimiter: str) -> None:
    text = '文件,标题,旧编号,点击量\r\n第一课.mp4,"健康，从""早""\n开始",A-1,"12,345"\r\n'.replace(
        "12,345", "12 345"
    )
    [row] = rows(text.replace(",", delimiter).encode(encoding))
    assert (row.number, row.file, row.faults) == (2, "第一课.mp4", [])
    assert row.changes == {"title": '健康，从"早" 开始', "external_id": "A-1", "old_views": 12345}


def test_damaged_utf8_is_not_taken_for_gb18030() -> None:
    """Each second byte of it would be some character, and all titles nonsense."""
    damaged = "file,title\na.mp4,社区教育课程管理\nb.mp4,坏".encode()[:-1] + b"\n"
    with pytest.raises(SheetInvalid) as caught:
        rows(damaged)
    assert (caught.value.fault.code, caught.value.fault.words) == ("sheet_encoding", {"line": "3"})


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [
        (b"", "a.csv", "sheet_empty"),
        (b"title\nx\n", "a.csv", "column_missing"),
        ("文件,file\n".encode(), "a.csv", "column_twice"),
        (b"PK\x03\x04nonsense", "a.xlsx", "sheet_damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "a.xls", "sheet_damaged"),
        (b'file,title\na.mp4,"' + b"x" * 2_000_000, "a.csv", "sheet_damaged"),
        (b"[1]\n", "a.jsonl", "line_invalid"),
    ],
)
def test_sheets_that_cannot_be_read(data: bytes, name: str, code: str) -> None:
    with pytest.raises(SheetInvalid) as caught:
        rows(data, name)
    assert caught.value.fault.code == code
    assert caught.value.fault.message.zh


def test_a_workbook_that_unpacks_to_more_than_it_looks_like() -> None:
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/sharedStrings.xml", "w") as part,
    ):
        for _ in range(130):
            part.write(b" " * 2**20)
    assert len(packed.getvalue()) < 2**20
    with pytest.raises(SheetInvalid) as caught:
        rows(packed.getvalue(), "a.xlsx")
    assert caught.value.fault.code == "sheet_too_large"


@pytest.mark.parametrize("name", ["lessons.csv", "lessons.jsonl"])
def test_a_line_without_end_is_not_held_in_memory(name: str) -> None:
    held = io.BytesIO(
        b"file,title\na.mp4" + b"," * 20_000_000 if name == "lessons.csv" else b"[" * 20_000_000
    )
    tracemalloc.start()
    try:
        with pytest.raises(SheetInvalid) as caught:
            list(open_table(held, name).rows)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (caught.value.fault.code, most < 64 * 2**20) == ("sheet_damaged", True)


def test_a_row_with_a_number_beyond_all_sheets_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MOST_ROWS", 1000)
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["file"])
    sheet.cell(1_048_576, 1, "a.mp4")
    saved = io.BytesIO()
    book.save(saved)
    with pytest.raises(SheetInvalid) as caught:
        list(open_table(saved, "lessons.xlsx").rows)
    assert caught.value.fault.code == "sheet_too_large"


DATES = [
    (2009, "2009"), ("2009年", "2009"), ("2009-5", "2009-05"), ("2009年5月", "2009-05"), ("2009/5/4", "2009-05-04"),
    ("2009年5月4日", "2009-05-04"), ("2009.05.04", "2009-05-04"), ("2009-5-4 8:00", "2009-05-04"),
    (datetime(2009, 5, 4, 8), "2009-05-04"), (39937, "2009-05-04"), ("39937", "2009-05-04"), ("", None),
    ("5/4/2009", "date_invalid"), ("2009-13", "date_invalid"), ("soon", "date_invalid"),
]  # fmt: skip
MOMENTS = [
    ("2026-11-30", "2026-11-29T16:00:00Z"), ("2026/11/30 8:00", "2026-11-30T00:00:00Z"),
    ("2026年11月30日 08:00:05", "2026-11-30T00:00:05Z"), ("2026-11-30T08:00:00+01:00", "2026-11-30T07:00:00Z"),
    ("2026-11-30T04:12:09.514302Z", "2026-11-30T04:12:09.514302Z"),
    (datetime(2026, 11, 30, 8), "2026-11-30T00:00:00Z"), (date(2026, 11, 30), "2026-11-29T16:00:00Z"),
    (46356.5, "2026-11-30T04:00:00Z"), ("2026-02-30", "moment_invalid"), ("2026", "moment_invalid"),
    ("8:00 AM", "moment_invalid"), ("9999-99-99 99:99", "moment_invalid"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("column", "cell", "expected"),
    [
        *(("original_date", *case) for case in DATES),
        *(("published_at", *case) for case in MOMENTS),
        ("old_views", 12345, 12345),
        ("old_views", "1,234,567", 1234567),
        ("old_views", 12.0, 12),
        ("old_views", "1.2万", "number_invalid"),
        ("old_views", "-1", "number_invalid"),
        ("old_views", "1.23E+11", "number_rounded"),
        ("old_id", 4711, "4711"),
        ("old_id", "1.23457E+17", "number_rounded"),
        ("old_id", 12345678901234567, "number_rounded"),
        ("old_id", "x" * 201, "external_id_invalid"),
        ("title", "x" * 256, "value_too_long"),
        ("title", "'=1+1", "=1+1"),
        ("title", "'90s", "'90s"),
        ("language", "ZH-cn", "zh-CN"),
        ("language", "中文", "language_unknown"),
        ("level", "老年教育", "senior"),
        ("level", "Senior", "senior"),
        ("level", "高龄", "choice_unknown"),
        ("visibility", "公开", "public"),
        ("policy", "signed", "signed"),
        ("tags", "健康；养生、太极, 茶", ["健康", "养生", "太极", "茶"]),
        ("tags", ";".join(map(str, range(21))), "values_too_many"),
        ("categories", "nowhere", "category_unknown"),
        ("licence", "CC BY 4.0", {"code": "CC-BY-4.0", "text": None, "url": None}),
        ("licence", "custom", "licence_incomplete"),
        ("licence_url", "https://example.org/l", {"code": "custom", "text": None, "url": "https://example.org/l"}),
        ("licence_url", "javascript:x", "url_invalid"),
        ("other_ids", "doi=10.1000/182; old=17", {"doi": "10.1000/182", "old": "17"}),
        ("other_ids", "DOI=1", "other_ids_invalid"),
        ("主讲人", "李老师、王老师", [("presenter", "李老师", None), ("presenter", "王老师", None)]),
        ("contributors", "主讲：李老师（一中）; author: 王", [("presenter", "李老师", "一中"), ("author", "王", None)]),
        ("contributors", "李老师", "contributors_invalid"),
        ("background", "red", "colour_invalid"),
        ("sha256", "abc", "checksum_invalid"),
        ("description", "两行\n文字", "两行\n文字"),
    ],
)  # fmt: skip
def test_cells(column: str, cell: Any, expected: Any) -> None:
    row = one(**{column: cell})
    if row.faults:
        assert codes(row) == [(expected, column)]
        assert row.faults[0].message.zh and "{" not in row.faults[0].message.en
        return
    field = {
        "old_id": "external_id", "categories": "category_ids", "licence_url": "licence", "主讲人": "contributors",
    }.get(column, column)  # fmt: skip
    found = row.policy if column == "policy" else row.changes.get(field)
    if field == "contributors":
        found = [(each["role"], each["name"], each["organization"]) for each in found]
    assert found == expected


@pytest.mark.parametrize(
    ("written", "code"),
    [("NaN", "number_rounded"), ("Infinity", "number_rounded"), (r'"\ud800"', "character_invalid")],
)
def test_what_json_can_write_and_nobody_can_keep_is_a_fault_of_its_row(written: str, code: str) -> None:
    data = f'{{"file": "a.mp4", "external_id": {written}}}\n'.encode()
    assert [codes(row) for row in rows(data, "lessons.jsonl")] == [[(code, "external_id")]]


def test_all_that_is_wrong_with_a_row_is_told_at_once() -> None:
    row = one(标题="x" * 300, 语言="?", 点击量="many", published_at="2026-02-01", withdraw_at="2026-01-01")
    told = [("value_too_long", "标题"), ("language_unknown", "语言"), ("number_invalid", "点击量")]
    assert codes(row) == told
    row = one(published_at="2026-02-01", withdraw_at="2026-01-01")
    assert codes(row) == [("withdrawn_too_early", "withdraw_at")]
    assert codes(rows(b"file,title\n,x\n")[0]) == [("file_missing", "file")]


HOSTILE = [
    "=cmd|' /C calc'!A0", "'=1", "''", "'", " =1", "\t=1", "+8613", "-1", "@x", "＝１", 'a "b", c', "a;b", "；、，",
    "[x]", "{y}", "第一课 🎓 👩‍🏫", "x" * 250, "a\nb", "a:b (c)", "=", "١٢", "<script>", "%0a", "\u200bz",
]  # fmt: skip


def lesson(text: str, number: int) -> dict[str, Any]:
    line = " ".join(text.split()) or "x"
    told: dict[str, Any] = dict.fromkeys((column.name for column in WRITTEN), None)
    return told | {
        "file": f"{number}.mp4", "title": line, "external_id": line[:200], "description": text, "language": "zh-CN",
        "subject": line, "tags": [line[:50], "b"], "categories": [line[:9]], "level": "senior", "audience": line,
        "contributors": [
            {"role": "author", "name": line, "organization": line},
            {"role": "presenter", "name": line, "organization": None},
        ],
        "licence": "custom", "licence_text": text, "licence_url": None, "source_organization": line,
        "source_organization_id": line[:200], "original_date": "2009-05", "published_at": "2026-11-30T04:12:09.514302Z",
        "withdraw_at": None, "other_ids": {"old": line[:200], "doi": "10.1000/182"}, "old_views": 12345,
        "visibility": "shared", "shared_organization_ids": ["0a", "0b"], "shared_partner_ids": [],
        "id": "0abc", "owner": line, "views": 7, "has_captions": True, "playback_ids": "0d; 0e",
    }  # fmt: skip


def values_of(row: RowValues) -> dict[str, Any]:
    """A row as an export has it."""
    changes = dict(row.changes)
    licence = changes.pop("licence") or {"code": None, "text": None, "url": None}
    source = changes.pop("source_organization") or {"name": None, "id": None}
    return changes | {
        "file": row.file,
        "categories": [bytes.fromhex(each).decode() for each in changes.pop("category_ids")],
        "policy": row.policy,
        "background": row.background, "sha256": row.sha256, "licence": licence["code"],
        "licence_text": licence["text"], "licence_url": licence["url"], "source_organization": source["name"],
        "source_organization_id": source["id"],
    }  # fmt: skip


def there_and_back(lessons: list[Mapping[str, Any]]) -> Iterator[list[RowValues]]:
    yield rows(b"".join(to_csv([lessons])))
    yield rows(b"".join(to_json_lines([lessons])), "lessons.jsonl")
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for record in csv_records(b"".join(to_csv([lessons]))):
        sheet.append(record)
        for cell in sheet[sheet.max_row]:
            cell.data_type = "s"  # as a text that somebody has typed
    saved = io.BytesIO()
    book.save(saved)
    yield rows(saved.getvalue(), "lessons.xlsx")


def csv_records(data: bytes) -> list[list[str]]:
    import csv

    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def test_nothing_is_lost_on_the_way_out_and_in() -> None:
    lessons = [lesson(text, number) for number, text in enumerate(HOSTILE)]
    told = {column.name for column in COLUMNS if column.told}
    kept = [{name: value for name, value in each.items() if name not in told} for each in lessons]
    for found in there_and_back(lessons):
        assert [row.faults for row in found] == [[]] * len(lessons)
        back = [values_of(row) for row in found]
        assert back == [normal(each) for each in kept]


def normal(values: Mapping[str, Any]) -> dict[str, Any]:
    """As the API keeps it: texts in lines without what nobody sees."""
    from media_service.cataloguing.texts import clean_description, clean_tags
    from media_service.uploads.protocol import clean_name

    def line(text: str | None) -> str | None:
        return None if text is None else clean_name(text)

    return dict(values) | {
        **{name: line(values[name]) for name in ("title", "subject", "audience", "source_organization")},
        "description": clean_description(values["description"]),
        "licence_text": clean_description(values["licence_text"]) or None,
        "tags": clean_tags(values["tags"]),
        "contributors": [
            each | {"name": clean_name(each["name"]), "organization": line(each["organization"])}
            for each in values["contributors"]
        ],
    }


@given(st.text())
def test_no_cell_is_a_formula_and_each_is_read_back(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert not is_formula(guarded(text))


def test_csv_has_its_mark_and_no_cell_that_is_carried_out() -> None:
    data = b"".join(to_csv([[lesson(text, 1) for text in HOSTILE]]))
    assert data.startswith(b"\xef\xbb\xbffile,title,")
    cells = [cell for record in csv_records(data) for cell in record]
    assert not [cell for cell in cells if is_formula(cell)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "lessons"
    vtt = "WEBVTT\n\n00:01.000 --> 00:02.000\nHi\n"
    for name, content in {
        "第一课.mp4": "x", "第一课.zh.vtt": vtt, "第一课.EN.srt": "1\n00:00:01,000 --> 00:00:02,000\nHi\n",
        "第一课.jpg": "\xff\xd8\xff", "第一课.chapters.txt": "00:00 开始\n1:02:03 结束\n",
        "b/Lesson.MP4": "x", "b/lesson.vtt": vtt, "c/lesson.mp4": "x", "d/1.mp4": "x", "d/1.zh.mp4": "x",
        "d/1.zh.vtt": vtt, "d/1.png": "no picture", "d/1.chapters.txt": "00:10 b\n00:05 a\n", "d/1.en.vtt": "nothing",
        "e/empty.mp4": "", "e/page.html": "x", "e/" + unicodedata.normalize("NFD", "été.mp4"): "x",
    }.items():  # fmt: skip
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode("latin-1" if name.endswith("jpg") else "utf-8"))
    (tmp_path / "secret.mp4").write_text("x")
    (root / "out.mp4").symlink_to(tmp_path / "secret.mp4")
    (root / "away").symlink_to(tmp_path)
    os.link(root / "第一课.mp4", root / "e/hard.mp4")
    return root


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("第一课.mp4", "第一课.mp4"),
        ("./第一课.mp4", "第一课.mp4"),
        ("第一课", "第一课.mp4"),
        ("b\\lesson.mp4", "b/Lesson.MP4"),
        ("E/ÉTÉ.mp4", "e/" + unicodedata.normalize("NFD", "été.mp4")),
        ("hard.mp4", "e/hard.mp4"),
        ("HARD", "e/hard.mp4"),
        ("lesson.mp4", "file_ambiguous"),
        ("a.mp4", "file_not_found"),
        ("out.mp4", "file_not_found"),
        ("away/secret.mp4", "file_not_found"),
        ("../secret.mp4", "file_outside"),
        ("b/../../secret.mp4", "file_outside"),
        ("/etc/passwd", "file_outside"),
        ("C:\\a.mp4", "file_outside"),
    ],
)
def test_files_are_found_by_their_names_and_nothing_outside(folder: Path, written: str, found: str) -> None:
    files = Folder(folder)
    try:
        assert files.find(written) == found
    except CellInvalid as invalid:
        assert invalid.code == found


def test_what_lies_beside_a_file(folder: Path) -> None:
    files = Folder(folder)
    row = RowValues(2, "第一课.mp4", {})
    brought = look(row, files, "zh")
    assert brought is not None and row.faults == []
    assert brought.captions == {"zh": "第一课.zh.vtt", "en": "第一课.EN.srt"}
    assert (brought.chapters, brought.poster) == ("第一课.chapters.txt", "第一课.jpg")
    row = RowValues(2, "b/lesson.mp4", {"language": "en"})
    found = look(row, files, "zh")
    assert found is not None and found.captions == {"en": "b/lesson.vtt"}
    row = RowValues(3, "d/1.mp4", {})
    look(row, files, "zh")
    # What another file of the folder is called like is that one's.
    assert [fault.code for fault in row.faults] == ["captions_invalid", "chapters_invalid", "picture_refused"]
    assert "d/1.en.vtt" in row.faults[0].message.zh and "d/1.chapters.txt 第 2 行" in row.faults[1].message.zh
    for name, code in {"e/empty.mp4": "file_empty", "e/page.html": "file_refused"}.items():
        row = RowValues(4, name, {})
        look(row, files, "zh")
        assert [fault.code for fault in row.faults] == [code]


def test_chapters_become_webvtt(folder: Path) -> None:
    from media_service.sheets.chapters import chapters_as_webvtt

    sent = chapters_as_webvtt((folder / "第一课.chapters.txt").read_bytes(), "x").decode()
    assert re.findall(r"[\d:.]+ --> [\d:.]+\n.*", sent) == [
        "00:00:00.000 --> 01:02:03.000\n开始",
        "01:02:03.000 --> 99:59:59.999\n结束",
    ]


def test_every_fault_has_its_sentence() -> None:
    assert SHEET_FAULTS.keys() == set(get_args(SheetFaultCode))


def test_the_documentation_has_every_column_and_head() -> None:
    text = (ROOT / "docs" / "importing.md").read_text()
    named = set(re.findall(r"`([a-z0-9_]+)`", text))
    assert {column.name for column in COLUMNS if not column.told} <= named
    table = text.partition("| Column |")[2].partition("\n\n")[0]
    heads = [line.split("|")[2] for line in table.splitlines()[2:]]
    shown = {head.strip(" `") for cell in heads for head in re.split("[,;]", cell)} - {""}
    assert [head for head in shown if column_of(head) is None] == []
