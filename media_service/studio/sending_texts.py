"""What the page of an upload link says. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from configs.messages import Message

TEXTS: Final[Mapping[str, Message]] = {
    "missing": Message("Upload link", "投稿链接"),
    "other_language": Message("中文", "English"),
    "closes": Message("Open until", "截止时间："),
    "upcoming": Message("Not open yet. It opens", "投稿尚未开始。开始时间："),
    "late": Message("It is closed. What you send now counts as late.", "已过截止时间，现在投稿将算作迟交。"),
    "closed": Message("Closed: nothing comes in any more.", "投稿已经截止，不再接收。"),
    "file": Message("Your lesson", "课程文件"),
    "any_kind": Message("A video, an animation or a recording.", "视频、动画或录音。"),
    "kinds": Message("Only {kinds}.", "只接收{kinds}。"),
    "video": Message("videos", "视频"),
    "animation": Message("animations", "动画"),
    "audio": Message("recordings", "录音"),
    "and": Message(" and ", "和"),
    "at_most_bytes": Message("At most {size}.", "不超过 {size}。"),
    "at_most_minutes": Message("At most {minutes} minutes long.", "时长不超过 {minutes} 分钟。"),
    "optional": Message("(optional)", "（选填）"),
    "agree": Message("I agree", "我同意"),
    "licence": Message("Licence", "许可条款"),
    "send": Message("Send", "提交"),
    "sending": Message("Sending. Please keep this page open.", "正在上传，请不要关闭本页面。"),
    "waiting": Message(
        "The connection is lost. It goes on by itself as soon as it is back.",
        "网络已断开，恢复后会自动继续上传。",
    ),
    "interrupted": Message(
        "Sending was interrupted. Choose the same file again, and it goes on where it stopped.",
        "上次上传中断了。重新选择同一个文件，即可从中断处继续。",
    ),
    "code": Message("QR code of this page, for a wall or a screen", "本页面的二维码（可打印张贴或投屏）"),
    "missed": Message(
        "Your file was there only after closing: it was not taken. If you sent one before, that one counts.",
        "文件在截止之后才传完，未被接收。如此前已提交过文件，以原来的文件为准。",
    ),
    "received": Message("Received. Thank you!", "已收到，谢谢！"),
    "number": Message("Number", "投稿编号"),
    "at": Message("Received at", "收到时间"),
    "hash": Message("Fingerprint of your file (SHA-256)", "文件指纹（SHA-256）"),
    "is_late": Message("It counts as late.", "算作迟交。"),
    "receipt": Message("Save the receipt", "保存回执"),
    "replace": Message("Send another file instead", "换一个文件重新提交"),
    "replace_help": Message(
        "Until closing, and in this browser. What you sent counts until the new file has arrived.",
        "截止之前可在此浏览器中替换。新文件到齐之前，原来的文件有效。",
    ),
    "late_replace_help": Message(
        "In this browser. From then on your entry counts as late.",
        "可在此浏览器中替换，替换后算作迟交。",
    ),
    "processing": Message("Your file is being looked at.", "正在检查文件。"),
    "accepted": Message("Your file can be played.", "文件可以播放。"),
    "failed": Message("Your file cannot be played. Please send another one.", "文件无法播放，请换一个文件。"),
    "too_long": Message("Your lesson is too long. Please send a shorter one.", "课程太长，请换一个较短的。"),
    "wrong_kind": Message(
        "Lessons of this kind are not taken here. Please send another one.",
        "不接收这种类型的课程，请换一个文件。",
    ),
    "taken_down": Message(
        "Those who asked for lessons took this one down. It is not shown any more. Their reason:",
        "主办方已将此作品下架，不再展示。原因：",
    ),
    "script": Message("Please enable JavaScript to use this page.", "请启用 JavaScript 以使用本页面。"),
}

_SCALE: Final = (("GB", 10**9), ("MB", 10**6), ("kB", 10**3))


def amount_of(size: int) -> str:
    """A number of bytes as people read it in either language, never more than there are."""
    for name, unit in _SCALE:
        if size >= unit:
            return f"{size * 10 // unit / 10:g} {name}"
    return f"{size} B"
