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
    "picture_unreadable": Message(
        "This picture cannot be read. Please save it as JPEG or PNG once more and send it again.",
        "无法读取这张图片。请重新另存为 JPEG 或 PNG 后再上传。",
    ),
    "source_empty": Message(
        "The file is empty. Please upload it again.",
        "文件是空的，请重新上传。",
    ),
    "source_not_media": Message(
        "This file is not a video, an animation or a sound recording. Please upload the recording itself: a "
        "video as MP4, sound as MP3 or M4A.",
        "这个文件不是视频、动画或音频。请上传录制的文件本身：视频用 MP4，音频用 MP3 或 M4A。",
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
        "This Flash animation (SWF) cannot be played here. Please export it as a video (MP4).",
        "本平台无法播放这个 Flash 动画（SWF），请先导出为视频（MP4）再上传。",
    ),
    "flash_too_large": Message(
        "The Flash file (SWF) is too large: at most 256 MB around a video, and 64 MB otherwise. Please export it as a "
        "video (MP4).",
        "Flash 文件（SWF）过大：仅封装视频的不得超过 256 MB，其他不得超过 64 MB。请导出为视频（MP4）再上传。",
    ),
    "flash_blank": Message(
        "Nothing is seen or heard of this Flash animation (SWF) when it plays by itself; perhaps it loads other files. "
        "Please export it as a video (MP4).",
        "这个 Flash 动画（SWF）自行播放时没有画面也没有声音，可能需要加载其他文件。请先导出为视频（MP4）再上传。",
    ),
    "html_package_invalid": Message(
        "This HTML5 package (ZIP with an index.html) cannot be shown by itself. Please export it so that it holds all "
        "of its files, or as a video (MP4).",
        "无法独立显示这个 HTML5 课件包（含 index.html 的 ZIP）。请在导出时包含全部文件，或导出为视频（MP4）再上传。",
    ),
    "html_package_too_large": Message(
        "The HTML5 package is too large: at most 64 MB, 2,000 files, and 256 MB of files unpacked. Please export it as "
        "a video (MP4).",
        "HTML5 课件包过大：不得超过 64 MB、2000 个文件，解压后不得超过 256 MB。请导出为视频（MP4）再上传。",
    ),
    "html_package_blank": Message(
        "Nothing is seen of this HTML5 package when it runs by itself; perhaps it needs files from elsewhere. Please "
        "export it as a video (MP4).",
        "这个 HTML5 课件包自行运行时没有画面，可能需要包外的文件。请导出为视频（MP4）再上传。",
    ),
    "source_truncated": Message(
        "The file is incomplete: a part of it is missing. Please export or copy it again.",
        "文件不完整，缺少部分内容，请重新导出或复制后再上传。",
    ),
    "source_encrypted": Message(
        "The file is protected against copying (DRM or a scrambled recording), so nothing can decode it here. Please "
        "ask where it comes from for one without protection.",
        "文件带有版权保护（DRM 或加扰录像），本平台无法解码。请向来源方索取无保护的文件后再上传。",
    ),
    "no_picture": Message(
        "The file holds neither a moving picture nor sound. Please upload the video itself.",
        "文件中既没有视频画面也没有声音，请上传视频本身。",
    ),
    "picture_too_large": Message(
        "The picture is larger than 8192 × 4320 pixels. Please export it smaller: 1920 × 1080 is enough for any "
        "screen here.",
        "画面尺寸超过 8192 × 4320 像素。请缩小后导出再上传，1920 × 1080 即可。",
    ),
    "animation_too_large": Message(
        "The animation's picture is larger than 4096 × 4096 pixels. Please export it smaller.",
        "动画画面尺寸超过 4096 × 4096 像素，请缩小后导出再上传。",
    ),
    "animation_too_complex": Message(
        "The animation is too complex: at most 5,000 layers, and 15 minutes to draw it. Please export it as a "
        "video (MP4).",
        "动画过于复杂：最多 5000 个图层，绘制时间不超过 15 分钟。请导出为视频（MP4）再上传。",
    ),
    "browser_missing": Message(
        "This animation has to be drawn by a browser, and the machines of this service have none. Its operators can "
        "install Chromium (see CHROMIUM in their guide) and have it tried again; or export the animation as a video "
        "(MP4).",
        "该动画需要由浏览器绘制，但本平台的机器上没有可用的浏览器。"
        "请运维人员安装 Chromium（见运维手册中的 CHROMIUM）后重试，或将动画导出为视频（MP4）再上传。",
    ),
    "lottie_too_large": Message(
        "The Lottie file is too large: at most 5 MB of JSON, or 20 MB as a .lottie archive with 16 MB of "
        "pictures. Please export it as a video (MP4).",
        "Lottie 文件过大：JSON 不超过 5 MB，.lottie 压缩包不超过 20 MB（其中图片不超过 16 MB）。"
        "请导出为视频（MP4）再上传。",
    ),
    "lottie_invalid": Message(
        "The Lottie animation cannot be drawn. Please export it again, or as a video (MP4).",
        "无法绘制该 Lottie 动画，请重新导出，或导出为视频（MP4）再上传。",
    ),
    "lottie_blank": Message(
        "Nothing of this Lottie animation would be seen. Turn text into shapes and expressions into keyframes before "
        "the export, or export it as a video (MP4).",
        "该 Lottie 动画绘制出来是空白的。"
        "请在导出前将文字转换为形状、表达式转换为关键帧，或导出为视频（MP4）再上传。",
    ),
    "duration_too_long": Message(
        "The file plays for longer than {limit} (hours:minutes:seconds), the most that is accepted. Please cut "
        "it into parts.",
        "播放时长超过上限 {limit}（时:分:秒），请分成几段后再上传。",
    ),
    "duration_unknown": Message(
        "The length of the video cannot be determined. Please export it again as MP4.",
        "无法确定视频时长，请重新导出为 MP4 再上传。",
    ),
    "too_many_streams": Message(
        "The file holds more than 32 tracks and attachments. Please export it with one picture and the sounds "
        "that are needed.",
        "文件中的轨道和附件超过 32 个。请只保留一路画面和需要的音轨，导出后再上传。",
    ),
    "too_many_frames": Message(
        "There are more pictures than can be converted: of an animation at most 20,000, and 8 billion pixels in "
        "all of them. Please export it as a video (MP4).",
        "图片帧过多，无法转换：动画最多 20000 帧，所有帧合计不超过 80 亿像素。请导出为视频（MP4）再上传。",
    ),
    "frame_rate_too_high": Message(
        "The video has more than 300 pictures per second. Please export it with at most 60.",
        "视频帧率超过每秒 300 帧，请以不超过每秒 60 帧导出后再上传。",
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
        "Nothing could be read from the file that can be shown. Please see whether it plays on your computer, "
        "and export it again as MP4.",
        "无法从文件中读取任何可播放的内容。请先在电脑上确认能否播放，再重新导出为 MP4 上传。",
    ),
    "source_damaged": Message(
        "The file is damaged and cannot be converted. Please export or copy it again; if it plays on your "
        "computer, export it as MP4 with H.264 and AAC.",
        "文件已损坏，无法转换，请重新导出或复制后再上传；"
        "若在电脑上能正常播放，请另存为 MP4（H.264 视频、AAC 音频）。",
    ),
    "source_too_complex": Message(
        "Converting the file takes far longer than a video of its length should. Please export it as MP4 with "
        "H.264 and AAC, at most 1920 × 1080 and 30 pictures per second.",
        "转换该文件所需时间远远超出其时长应有的范围。"
        "请导出为 MP4（H.264 视频、AAC 音频），不超过 1920 × 1080、每秒 30 帧，再上传。",
    ),
    "output_rejected": Message(
        "What was made of the file did not pass this platform's checks, so it is not shown. Uploading the same "
        "file again does not help: export it anew as MP4 with H.264 and AAC, and tell the operator.",
        "转换结果未通过本平台的质量检查，因此没有发布。重复上传同一文件没有用处："
        "请重新导出为 MP4（H.264 视频、AAC 音频）再上传，并告知平台管理员。",
    ),
    "import_address_refused": Message(
        "This address is not asked: files are fetched from the public internet only, by http:// or https://, and "
        "never from https:// on to http://.",
        "该地址无法使用：只能通过 http:// 或 https:// 从公共互联网获取文件，且不能从 https:// 转到 http://。",
    ),
    "import_unreachable": Message(
        "The server at this address could not be reached, however often it was tried. Please check the address, and "
        "try again.",
        "多次尝试后仍无法连接该地址的服务器。请检查地址后重试。",
    ),
    "import_refused": Message(
        "The server at this address does not give the file (HTTP status {status}). Please check that the address "
        "is right and has not expired.",
        "该地址的服务器不提供此文件（HTTP 状态 {status}）。请检查地址是否正确、是否已过期。",
    ),
    "import_is_page": Message(
        "This address leads to a web page, not to a file. Please give the address of the video itself.",
        "该地址是网页，不是文件。请填写视频文件本身的地址。",
    ),
    "import_broken_off": Message(
        "The server at this address broke off again and again before the file was whole. Please try again later, or "
        "upload the file.",
        "该地址的服务器多次中断，文件未能完整获取。请稍后重试，或直接上传文件。",
    ),
    "import_too_large": Message(
        "The file at this address is larger than {limit}, the most that is accepted.",
        "该地址的文件超过上限 {limit}。",
    ),
    "import_over_quota": Message(
        "There is no room left for the file at this address: the quota is used up. Please delete what is no longer "
        "needed, or ask whoever looks after the platform for more.",
        "剩余配额不足以存放该地址的文件。请删除不再需要的内容，或联系平台管理员增加配额。",
    ),
    "import_too_slow": Message(
        "The file did not come within a day. Please try again later, or upload the file.",
        "一天之内未能取得完整文件。请稍后重试，或直接上传文件。",
    ),
    "speech_model_unusable": Message(
        "Captions cannot be written: the speech model of this service is incomplete or does not work. Please tell the "
        "operator (MODEL_DIR in their guide).",
        "无法生成字幕：本平台的语音模型不完整或无法使用。请联系平台管理员（见运维手册中的 MODEL_DIR）。",
    ),
    "superseded": Message(
        "A newer version of this lesson was ready first, so this one was not finished. Try it again if you want it "
        "after all.",
        "更新的版本已先处理完成，这个版本不再继续处理。如果仍然需要，请重试。",
    ),
    "worker_lost": Message(
        "The machine gave up on this video again and again, perhaps for want of memory. Please tell the operator, who "
        "can have it tried again.",
        "处理该视频时，服务器多次中断（可能是内存不足）。请联系平台管理员，由其重试。",
    ),
    "processing_failed": Message(
        "The file could not be processed, which is not its fault as far as is known. Please tell the operator, "
        "who can have it tried again.",
        "文件处理失败，目前看来不是文件本身的问题。请联系平台管理员，由其重试。",
    ),
}


def failure_message(code: str | None, words: Mapping[str, str] | None) -> Message:
    """Return why a version failed, with ``words`` in their places."""
    known = code if code in FAILURES else CODE_UNKNOWN
    return FAILURES[known].filled(words or {})
