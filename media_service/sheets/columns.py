"""Columns of a sheet of lessons: what people may call each, how its cells are read, and how they are written. Pure.

``docs/importing.md`` has the same table for people; a test compares them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from media_service.sheets import cells
from media_service.sheets.cells import Cell, Reading
from media_service.sheets.choices import (
    LEVEL_CHOICES,
    LICENCES,
    POLICY_CHOICES,
    VISIBILITY_CHOICES,
    Choices,
    require_chosen,
)
from media_service.sheets.faults import Fault, SheetInvalid

Write = Callable[[Any], str]

FILE: Final = "file"


@dataclass(frozen=True)
class Column:
    """``name`` is its head in what we write; ``heads`` are others. ``read`` gives its value as the API takes it and
    raises ``CellInvalid``; ``write`` is the inverse. A column that is only ``told`` says what the platform knows by
    itself, and is passed over by an import."""

    name: str
    heads: tuple[str, ...] = ()
    read: Callable[[Cell, Reading], Any] = cells.line
    write: Write = str
    told: bool = False
    role: str = ""
    """Of a column of names: what they did."""
    apart: bool = False
    """What it tells is no part of a lesson."""


def _choice(choices: Choices) -> Callable[[Cell, Reading], str | None]:
    return partial(_chosen, choices)


def _chosen(choices: Choices, cell: Cell, _: Reading) -> str | None:
    return require_chosen(choices, cells.text_of(cell))


def _told(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, told=True) for name in names)


COLUMNS: Final[tuple[Column, ...]] = (
    Column(FILE, ("文件", "文件名", "文件路径", "视频文件", "filename", "path")),
    Column("title", ("标题", "名称", "课程名称", "资源名称")),
    Column(
        "external_id", ("old_id", "编号", "原编号", "旧编号", "资源编号", "原ID", "旧ID"), read=cells.own_id
    ),
    Column("description", ("简介", "描述", "说明", "内容简介"), read=cells.lines),
    Column("language", ("语言", "语种")),
    Column("subject", ("学科", "科目", "专题")),
    Column("tags", ("keywords", "标签", "关键词", "关键字"), read=cells.listed, write=cells.written_list),
    Column(
        "categories",
        ("category", "分类", "类别", "分类编码"),
        read=cells.categories,
        write=cells.written_list,
    ),
    Column("level", ("学段", "层次", "教育层次"), read=_choice(LEVEL_CHOICES)),
    Column("audience", ("适用对象", "适用人群", "受众", "对象")),
    Column("contributors", ("贡献者", "责任者"), read=cells.contributors, write=cells.written_contributors),
    Column("presenter", ("主讲", "主讲人", "主讲教师", "讲师"), read=cells.listed, role="presenter"),
    Column("author", ("作者",), read=cells.listed, role="author"),
    Column("publisher", ("出版者", "出版社"), read=cells.listed, role="publisher"),
    Column("licence", ("license", "许可", "许可协议", "授权"), read=_choice(LICENCES)),
    Column("licence_text", ("license_text", "许可说明", "授权说明"), read=cells.lines),
    Column("licence_url", ("license_url", "许可网址")),
    Column("source_organization", ("来源单位", "来源机构", "来源")),
    Column("source_organization_id", ("来源单位编号", "来源机构编号"), read=cells.own_id),
    Column("original_date", ("原始日期", "制作日期", "首发日期", "原发布日期"), read=cells.original_date),
    Column("published_at", ("发布时间", "发布日期", "上线时间", "上线日期"), read=cells.moment),
    Column("withdraw_at", ("下线时间", "下线日期"), read=cells.moment),
    Column("other_ids", ("其他编号",), read=cells.other_ids, write=cells.written_other_ids),
    Column(
        "old_views",
        ("old_clicks", "原点击量", "旧点击量", "历史点击量", "点击量", "点击数", "播放量", "浏览量"),
        read=cells.whole_number,
    ),
    Column("visibility", ("可见范围", "公开范围"), read=_choice(VISIBILITY_CHOICES)),
    Column("shared_organization_ids", ("共享机构",), read=cells.listed, write=cells.written_list),
    Column("shared_partner_ids", ("共享合作方",), read=cells.listed, write=cells.written_list),
    Column("policy", ("播放策略",), read=_choice(POLICY_CHOICES)),
    Column("background", ("背景色",)),
    Column("sha256", ("校验和",)),
    Column("course", ("所属课程", "专辑", "系列"), apart=True),
    Column("course_position", ("课程序号", "集数"), read=cells.whole_number, apart=True),
    *_told("id", "organization_id", "owner", "kind", "state", "review_state", "effective_visibility"),
    *_told("duration", "width", "height", "size", "has_captions", "playback_ids", "views"),
    *_told("created_at", "updated_at"),
)

WRITTEN: Final[tuple[Column, ...]] = tuple(column for column in COLUMNS if not (column.role or column.apart))
"""Those that an export has, in its order: who did what stands in ``contributors``, and courses are apart."""


@dataclass(frozen=True)
class Head:
    """A column as a sheet has it: ``shown`` is what its author called it."""

    column: Column
    shown: str


@dataclass(frozen=True)
class Heads:
    """The first row of a sheet: what stands in each of its places, None for what is passed over. ``unknown`` are heads
    that mean nothing here."""

    places: Sequence[Head | None]
    unknown: Sequence[str]

    def cells(self, row: Sequence[Cell]) -> dict[str, tuple[Head, Cell]]:
        """What a row has by the columns' names."""
        return {
            head.column.name: (head, cell)
            for head, cell in zip(self.places, row, strict=False)
            if head is not None
        }


def _key(head: str) -> str:
    return "".join(unicodedata.normalize("NFKC", head).casefold().split()).replace("-", "_")


_BY_HEAD: Final[Mapping[str, Column]] = {
    _key(head): column for column in COLUMNS for head in (column.name, *column.heads)
}


def column_of(head: str) -> Column | None:
    """The column that a head means: its case, width and spaces do not matter."""
    return _BY_HEAD.get(_key(head))


def known_heads(row: Iterable[Cell]) -> int:
    """How many of these mean a column."""
    return sum(isinstance(cell, str) and column_of(cell) is not None for cell in row)


def heads_of(row: Sequence[Cell]) -> Heads:
    """The heads of a sheet. Raises ``SheetInvalid`` if two mean the same, or none means the file."""
    shown = ["" if cell is None else str(cell).strip() for cell in row]
    found = [column_of(head) for head in shown]
    first: dict[str, str] = {}
    for column, head in zip(found, shown, strict=True):
        if column is not None and column.name in first:
            words = {"column": column.name, "heads": f"{first[column.name]}, {head}"}
            raise SheetInvalid(Fault("column_twice", 1, head, words))
        if column is not None:
            first[column.name] = head
    if FILE not in first:
        raise SheetInvalid(Fault("column_missing", 1, words={"column": f"{FILE} (文件)"}))
    return Heads(
        [
            Head(column, head) if column is not None and not column.told else None
            for column, head in zip(found, shown, strict=True)
        ],
        [head for column, head in zip(found, shown, strict=True) if column is None and head],
    )
