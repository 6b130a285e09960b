"""Why a source cannot become a lesson: stable codes and what people read about them.

Workers fail a version with a code of ``FAILURES``; the service shows its sentences. A code is never renamed
or reused, for clients decide by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from configs.messages import Message
from configs.words import FailureCode

CODE_UNKNOWN: Final = "processing_failed"
"""Stands for a code that only another release has."""

FAILURES: Final[dict[FailureCode, Message]] = {
    "source_empty": Message(
        "The file is empty. Please upload it again.",
        "文件是空的，请重新上传。",
    ),
    "source_not_media": Message(
        "This file is not a video, an animation or a sound recording.",
        "这个文件不是视频、动画或音频。",
    ),
    "source_is_reference": Message(
        "This file only refers to other files or addresses. Please upload the video itself.",
        "这个文件只是指向其他文件或网址的列表，请上传视频本身。",
    ),
    "source_is_document": Message(
        "This is a document, not a video. If it holds slides, export them as a video (MP4) from the program that "
        "made them.",
        "这是文档，不是视频。如果是课件，请先在原软件中导出为视频（MP4）再上传。",
    ),
    "source_is_image": Message(
        "This is a still picture. Please upload a video, an animation or a sound recording.",
        "这是静态图片，请上传视频、动画或音频文件。",
    ),
    "source_is_archive": Message(
        "This is a compressed archive. Please unpack it and upload the video inside.",
        "这是压缩包，请先解压，再上传其中的视频文件。",
    ),
    "source_is_captions": Message(
        "These are captions without a video. Please upload the video itself.",
        "这是字幕文件，不含视频，请上传视频本身。",
    ),
    "source_is_program": Message(
        "This is a program, not a video. Courseware packed as a program must be exported or recorded as a video "
        "first.",
        "这是程序文件，不是视频。打包成程序的课件，请先导出或录制成视频再上传。",
    ),
    "flash_not_supported": Message(
        "Flash animations (SWF) are not supported. Please export the animation as a video (MP4).",
        "不支持 Flash 动画（SWF），请先导出为视频（MP4）再上传。",
    ),
    "flash_too_large": Message(
        "The Flash file (SWF) is too large: at most 256 MB. Please export it as a video (MP4).",
        "Flash 文件（SWF）过大，不得超过 256 MB，请导出为视频（MP4）再上传。",
    ),
    "source_truncated": Message(
        "The file is incomplete: a part of the video is missing. Please export or copy it again.",
        "文件不完整，缺少部分内容，请重新导出或复制后再上传。",
    ),
    "no_picture": Message(
        "The file holds no moving picture.",
        "文件中没有视频画面。",
    ),
    "picture_too_large": Message(
        "The picture is larger than 8192 × 4320 pixels.",
        "画面尺寸超过 8192 × 4320 像素。",
    ),
    "animation_too_large": Message(
        "The animation's picture is larger than 4096 × 4096 pixels.",
        "动画画面尺寸超过 4096 × 4096 像素。",
    ),
    "animation_too_complex": Message(
        "The animation is too complex to be drawn in reasonable time.",
        "动画过于复杂，无法在合理时间内完成绘制。",
    ),
    "lottie_too_large": Message(
        "The Lottie file is too large: at most 5 MB of JSON, or 20 MB as a .lottie archive.",
        "Lottie 文件过大：JSON 不超过 5 MB，.lottie 压缩包不超过 20 MB。",
    ),
    "lottie_invalid": Message(
        "The Lottie animation cannot be drawn. Please export it again.",
        "无法绘制该 Lottie 动画，请重新导出后再上传。",
    ),
    "duration_too_long": Message(
        "The video is longer than this platform accepts.",
        "视频时长超过本平台的上限。",
    ),
    "duration_unknown": Message(
        "The length of the video cannot be determined. Please export it again.",
        "无法确定视频时长，请重新导出后再上传。",
    ),
    "too_many_streams": Message(
        "The file holds too many tracks or attachments.",
        "文件中的轨道或附件过多。",
    ),
    "too_many_frames": Message(
        "The video has more pictures than this platform accepts.",
        "视频的总帧数超过本平台的上限。",
    ),
    "frame_rate_too_high": Message(
        "The video has more pictures per second than this platform accepts.",
        "视频帧率超过本平台的上限。",
    ),
    "codec_not_supported": Message(
        "The file is coded as {codec}, which this platform cannot decode. Please export it as MP4 with H.264 and AAC, "
        "sound alone as MP3, M4A or FLAC.",
        "文件采用的编码（{codec}）本平台无法解码。请导出为 MP4（H.264 视频、AAC 音频）再上传；"
        "仅有声音的请导出为 MP3、M4A 或 FLAC。",
    ),
    "dolby_vision_only": Message(
        "The colours of this Dolby Vision video can be read by Dolby's own players only. Please export it as HDR10, "
        "HLG or SDR.",
        "这个杜比视界视频的色彩只有专用播放器才能还原，请导出为 HDR10、HLG 或 SDR 后再上传。",
    ),
    "format_not_supported": Message(
        "Files of this format cannot be read here. Please export it as MP4 with H.264 and AAC, sound alone as MP3, "
        "M4A or FLAC.",
        "本平台无法读取这种格式的文件。请导出为 MP4（H.264 视频、AAC 音频）再上传；"
        "仅有声音的请导出为 MP3、M4A 或 FLAC。",
    ),
    "no_decodable_frames": Message(
        "No picture could be read from the video; the file may be damaged.",
        "无法从视频中读取任何画面，文件可能已损坏。",
    ),
    "source_damaged": Message(
        "The video is damaged and cannot be converted. Please export or copy it again.",
        "视频已损坏，无法转换，请重新导出或复制后再上传。",
    ),
    "output_rejected": Message(
        "What was made of the file did not pass this platform's checks, so it is not shown. Please upload it again; "
        "if that does not help, tell the operator.",
        "转换结果未通过本平台的质量检查，因此没有发布。请重新上传；如仍失败，请联系平台管理员。",
    ),
    "worker_lost": Message(
        "The machine gave up on this video again and again, perhaps for want of memory. Please tell the operator, who "
        "can have it tried again.",
        "处理该视频时，服务器多次中断（可能是内存不足）。请联系平台管理员，由其重试。",
    ),
    "processing_failed": Message(
        "The video could not be processed. Please try again or contact the operator.",
        "视频处理失败，请重试或联系平台管理员。",
    ),
}


def failure_message(code: str | None, words: Mapping[str, str] | None) -> Message:
    """Return why a version failed, with ``words`` in their places."""
    known = code if code in FAILURES else CODE_UNKNOWN
    return FAILURES[known].filled(words or {})
