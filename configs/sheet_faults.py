"""What people read of a sheet of lessons that cannot be imported as it is: stable codes and their sentences.

Words in braces are places that the reader of sheets fills. A code is never renamed or reused.
"""

from __future__ import annotations

from typing import Final

from configs.messages import Message
from configs.words import SheetFaultCode

SHEET_FAULTS: Final[dict[SheetFaultCode, Message]] = {
    "sheet_encoding": Message(
        "The sheet is neither UTF-8 nor GB18030 (line {line}). Save it as CSV UTF-8 or as .xlsx.",
        "表格既不是 UTF-8 也不是 GB18030 编码（第 {line} 行）。请另存为“CSV UTF-8”或 .xlsx。",
    ),
    "sheet_damaged": Message(
        "This is no spreadsheet that can be read ({reason}). Save it again as .xlsx or CSV.",
        "无法读取该表格（{reason}）。请重新另存为 .xlsx 或 CSV。",
    ),
    "sheet_too_large": Message("The sheet is larger than {limit}.", "表格超过 {limit}。"),
    "sheet_empty": Message("The sheet has no row below its heads.", "表格在标题行之下没有内容。"),
    "line_invalid": Message("This line is no object of JSON.", "该行不是 JSON 对象。"),
    "column_missing": Message(
        "There is no column {column}, and without it nobody knows which file a row means.",
        "缺少“{column}”列，无法得知每行对应的文件。",
    ),
    "column_twice": Message("Two columns are {column}: {heads}.", "有两列都是 {column}：{heads}。"),
    "cells_too_many": Message("The row has more cells than there are heads.", "该行的单元格多于标题。"),
    "file_missing": Message("No file is named.", "未填写文件名。"),
    "file_not_found": Message("There is no such file in the folder.", "文件夹中没有这个文件。"),
    "file_ambiguous": Message(
        "Several files may be meant: {files}. Write the path from the folder on.",
        "可能对应多个文件：{files}。请填写文件夹内的相对路径。",
    ),
    "file_outside": Message("The path leads out of the folder.", "路径指向文件夹之外。"),
    "file_empty": Message("The file is empty.", "文件为空。"),
    "file_refused": Message(
        "This file is neither video nor sound nor animation.", "该文件不是视频、音频或动画。"
    ),
    "file_twice": Message(
        "Row {row} has the same file. If these are two lessons, give each an external ID.",
        "第 {row} 行是同一个文件。如果确为两个课程，请分别填写编号。",
    ),
    "file_differs": Message(
        "The file is not the one whose SHA-256 is given, or not the one of the lesson with this ID.",
        "文件与所填的 SHA-256 不符，或与平台上该编号课程的文件不同。",
    ),
    "external_id_twice": Message("Row {row} has the same ID.", "编号与第 {row} 行重复。"),
    "external_id_invalid": Message(
        "An ID has up to 200 characters, without line breaks and without spaces around it.",
        "编号最多 200 个字符，不能换行，首尾不能有空格。",
    ),
    "number_rounded": Message(
        "The spreadsheet has rounded this number. Format the column as text and enter it again.",
        "该数字已被电子表格舍入。请将此列设为文本格式后重新填写。",
    ),
    "number_invalid": Message("This is no whole number of 0 or more.", "这不是大于或等于 0 的整数。"),
    "value_too_long": Message("The text is longer than {limit} characters.", "文本超过 {limit} 个字符。"),
    "value_invalid": Message("This value cannot be taken: {reason}.", "无法接受此值：{reason}。"),
    "values_too_many": Message("There are more than {limit}.", "数量超过 {limit} 个。"),
    "character_invalid": Message("The text holds a character that no text has.", "文本含有非法字符。"),
    "choice_unknown": Message("{value} is none of: {choices}.", "“{value}”不在可选范围：{choices}。"),
    "language_unknown": Message(
        "This is no tag of a language, such as zh or en.", "这不是语言标签，例如 zh 或 en。"
    ),
    "date_invalid": Message(
        "Write the date as 2009, 2009-05 or 2009-05-04.", "请将日期写为 2009、2009-05 或 2009-05-04。"
    ),
    "moment_invalid": Message(
        "Write the time as 2026-11-30 or 2026-11-30 08:00.", "请将时间写为 2026-11-30 或 2026-11-30 08:00。"
    ),
    "withdrawn_too_early": Message("It is withdrawn before it is published.", "下线时间早于发布时间。"),
    "url_invalid": Message(
        "Write an address that begins with https:// or http://.", "请填写以 https:// 或 http:// 开头的地址。"
    ),
    "licence_incomplete": Message(
        "Text or address of a licence goes with custom, which has one of them or both.",
        "许可说明或网址只用于 custom（自定义），且至少填写其一。",
    ),
    "other_ids_invalid": Message(
        "Write other IDs as system=ID; a system has lower case letters, digits, ., _ and -.",
        "其他编号请写为“系统=编号”；系统名只含小写字母、数字、.、_、-。",
    ),
    "contributors_invalid": Message(
        "Write contributors as role: name (organization), separated by semicolons. Roles: {choices}.",
        "贡献者请写为“角色: 姓名 (单位)”，以分号分隔。角色：{choices}。",
    ),
    "category_unknown": Message(
        "The organization has no category {value}.", "机构没有编码为“{value}”的分类。"
    ),
    "category_ambiguous": Message(
        "Several organizations above have a category {value}: write its ID.",
        "多个上级机构都有编码为“{value}”的分类，请填写分类的 ID。",
    ),
    "colour_invalid": Message("Write the colour as #rrggbb.", "请将颜色写为 #rrggbb。"),
    "checksum_invalid": Message("A SHA-256 has 64 hexadecimal digits.", "SHA-256 应为 64 位十六进制数字。"),
    "captions_invalid": Message("{file}, line {line}: {reason}", "{file} 第 {line} 行：{reason}"),
    "captions_too_large": Message("{file} is larger than {limit}.", "{file} 超过 {limit}。"),
    "captions_twice": Message(
        "{file} and another file are captions of the same language.", "{file} 与另一文件是同一语言的字幕。"
    ),
    "chapters_invalid": Message(
        "{file}, line {line}: a line such as 00:01:23 Title is expected, later than the one before.",
        "{file} 第 {line} 行：应为“00:01:23 标题”这样的行，且时间晚于上一行。",
    ),
    "picture_refused": Message(
        "{file} is neither JPEG nor PNG nor WebP.", "{file} 不是 JPEG、PNG 或 WebP 图片。"
    ),
    "picture_too_large": Message("{file} is larger than {limit}.", "{file} 超过 {limit}。"),
}
