"""What the page of a judge says. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from configs.messages import Message

TEXTS: Final[Mapping[str, Message]] = {
    "missing": Message("Judging", "评审"),
    "other_language": Message("中文", "English"),
    "waiting_until": Message(
        "Judging begins when all has come in, and the criteria are set. Nothing comes in any more from",
        "投稿全部截止并设定评分标准之后开始评审。停止接收投稿的时间：",
    ),
    "blind": Message(
        "Nobody sees here who sent an entry or what other judges gave. Your scores are saved as you type.",
        "此处不显示投稿者，也不显示其他评委的评分。评分会随填写自动保存。",
    ),
    "closed": Message(
        "Judging is closed. What you gave does not change any more.", "评审已经结束，您的评分不能再修改。"
    ),
    "nothing": Message("Nothing came in.", "没有收到投稿。"),
    "count": Message("{judged} of {all} judged", "已评 {judged} / {all} 份"),
    "entries": Message("Entries", "投稿"),
    "entry": Message("Entry {number}", "{number} 号作品"),
    "judged_entry": Message("Entry {number}, judged", "{number} 号作品，已评"),
    "taken_down_entry": Message("Entry {number}, taken down", "{number} 号作品，已下架"),
    "taken_down": Message("This entry was taken down: it is not judged.", "该作品已下架，不参加评审。"),
    "unplayable": Message("This entry cannot be played.", "该作品无法播放。"),
    "range": Message("0 to {greatest}", "0 至 {greatest} 分"),
    "comment": Message("Comment", "评语"),
    "comment_help": Message("Those who asked you to judge read it.", "评语将提供给邀请您评审的主办方。"),
    "saving": Message("Saving…", "正在保存…"),
    "all_saved": Message("Saved.", "已保存。"),
    "waiting": Message(
        "Not saved yet: the connection is lost. It is tried again by itself.",
        "尚未保存：网络已断开，将自动重试。",
    ),
    "before": Message("← Entry before", "← 上一份"),
    "after": Message("Next entry →", "下一份 →"),
    "script": Message("Please enable JavaScript to use this page.", "请启用 JavaScript 以使用本页面。"),
}
