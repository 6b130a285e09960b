"""Why totals that a linked platform tells are not taken: stable codes and what administrators read about them."""

from __future__ import annotations

from typing import Final

from configs.messages import Message
from configs.words import TotalsRefusal

TOTALS_REFUSALS: Final[dict[TotalsRefusal, Message]] = {
    "lesson_not_followed": Message(
        "This lesson is not shared with the platform that tells of it, and never was handed to it.",
        "该课程未共享给上报平台，也从未提供给该平台。",
    ),
    "day_not_over_there": Message(
        "This day has not begun yet. Set the clocks of both platforms by a time server.",
        "这一天尚未开始，请通过时间服务器校准双方平台的时钟。",
    ),
    "day_before_lesson": Message(
        "On this day the platform did not have the lesson yet.", "在这一天，上报平台还没有该课程。"
    ),
    "totals_out_of_bounds": Message(
        "The numbers contradict each other, or are larger than a day of one lesson can have.",
        "上报的数字互相矛盾，或超出一门课程一天可能达到的数量。",
    ),
    "too_many_platforms": Message(
        "The platform tells of more platforms behind it than are kept for one link.",
        "上报平台转报的下级平台数量超过单个连接的上限。",
    ),
    "too_many_totals": Message(
        "The platform has told as much as is kept for one link.", "上报平台的上报数据量已达单个连接的上限。"
    ),
}
"""All codes. A new one is a row here and a word of ``TotalsRefusal``."""
