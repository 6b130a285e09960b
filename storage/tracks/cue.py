"""A cue, and what can be wrong with a file of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from configs.messages import Message

MAX_BYTES: Final = 2 * 1024 * 1024
MAX_CUES: Final = 20_000
MAX_CUE_CHARACTERS: Final = 2_000
"""Of one cue as written: more is no caption that anybody could read, and keeps all work on a cue small."""

MAX_FAULTS: Final = 20
"""How many faults of a file are told."""


@dataclass(frozen=True)
class Cue:
    """``text`` is shown from ``start`` to ``end``, in milliseconds. Plain text: no markup, nothing escaped."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Fault:
    """What is wrong in ``line``, the first being 1; ``code`` is a key of ``MESSAGES``."""

    line: int
    code: str


MESSAGES: Final[dict[str, Message]] = {
    "encoding": Message(
        "The text is neither UTF-8 nor GB18030 here.", "此处的文本既不是 UTF-8 也不是 GB18030 编码。"
    ),
    "not_text": Message("This is not a text file.", "这不是文本文件。"),
    "format": Message(
        "This is neither an SRT nor a WebVTT nor an ASS file.", "文件不是 SRT、WebVTT 或 ASS 格式。"
    ),
    "time": Message(
        "A line such as 00:01:02,500 --> 00:01:04,000 is expected here.",
        "此处应为时间行，例如 00:01:02,500 --> 00:01:04,000。",
    ),
    "time_missing": Message("This text has no time.", "这段文本没有时间。"),
    "order": Message("The cue ends before it begins.", "结束时间早于开始时间。"),
    "dialogue": Message(
        "A dialogue such as Dialogue: 0,0:01:02.50,0:01:04.00,Default,,0,0,0,,Text is expected here.",
        "此处应为对白行，例如 Dialogue: 0,0:01:02.50,0:01:04.00,Default,,0,0,0,,文本。",
    ),
    "cue_too_long": Message(
        f"A cue may have at most {MAX_CUE_CHARACTERS} characters.",
        f"每条字幕最多 {MAX_CUE_CHARACTERS} 个字符。",
    ),
    "too_many_cues": Message(
        f"A track may have at most {MAX_CUES} cues.", f"每个轨道最多 {MAX_CUES} 条字幕。"
    ),
    "empty": Message("There is no cue with text in the file.", "文件中没有任何带文本的字幕。"),
}
"""All faults. A code is never renamed or reused."""


@dataclass(frozen=True)
class Reading:
    """What a file holds: the good cues in order of time, and what is wrong with the rest."""

    cues: tuple[Cue, ...]
    faults: tuple[Fault, ...]
