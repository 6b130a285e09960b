"""What an author should know of a lesson that was made all the same: stable codes and what people read about them.

Workers note what they left out; the service shows the sentences of ``NOTICES``, with the words of the note in the
places that they name. A code is never renamed or reused, for clients decide by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from configs.messages import Message
from configs.words import NoticeCode

NOTICES: Final[dict[NoticeCode, Message]] = {
    "sound_left_out": Message(
        "Sound track {number} was left out: it is coded as {codec}, which cannot be decoded here. If it is needed, "
        "export the file with that track as AAC and upload it again.",
        "第 {number} 条音轨未收录：其编码为 {codec}，本平台无法解码。如需要该音轨，请将其导出为 AAC 后重新上传。",
    ),
    "picture_left_out": Message(
        "A second picture in the file (video track {number}, {codec}) was left out: a lesson shows one. If it is "
        "needed, upload it as a file of its own.",
        "文件中的另一路画面（第 {number} 条视频轨，{codec}）未收录：一节课只显示一路画面。"
        "如需要，请另存为单独的文件上传。",
    ),
    "captions_left_out": Message(
        "Caption track {number} was left out: it consists of pictures of text ({codec}). Upload these captions as "
        "SRT or WebVTT.",
        "第 {number} 条字幕未收录：它是图形字幕（{codec}），不是文本。请将字幕另存为 SRT 或 WebVTT 上传。",
    ),
    "captions_incomplete": Message(
        "The automatic captions lack some {seconds} seconds, of which the model made nothing in time. Add what is said "
        "there in the editor of captions.",
        "自动生成的字幕缺少约 {seconds} 秒：模型未能及时识别这些片段。请在字幕编辑器中补充。",
    ),
    "transparency_left_out": Message(
        "The picture has transparent parts, which are shown opaque here. To have a background shine through, export it "
        "as APNG or animated WebP.",
        "画面含透明部分，本平台按不透明显示。如需保留透明效果，请导出为 APNG 或动态 WebP。",
    ),
    "ground_changed": Message(
        "The drawing would not be seen on white, so {colour} was put behind it. To have another colour there, draw it "
        "behind before the export.",
        "该画面放在白色背景上看不见，已改用 {colour} 作为背景。如需其他颜色，请在导出前为画面加上背景。",
    ),
    "drawing_unseen": Message(
        "The drawing is not seen on the background colour that was chosen, {colour}, for it has the same colour. "
        "Upload the file again with another background colour.",
        "该画面与所选背景色 {colour} 相同，看不见。请换一种背景色重新上传。",
    ),
    "picture_plain": Message(
        "Nothing is seen in this animation: its picture is of one colour from beginning to end. See whether it is the "
        "right file, and export it again.",
        "该动画从头到尾只有一种颜色，看不到内容。请检查文件是否正确，重新导出后再上传。",
    ),
    "programmes_left_out": Message(
        "The recording holds {count} programmes, of which programme {number} is shown. If another one is needed, "
        "export it as a file of its own.",
        "该录像含 {count} 个节目，这里只显示第 {number} 个。如需要其他节目，请另存为单独的文件上传。",
    ),
    "sounds_joined": Message(
        "Two mono sound tracks (streams {left} and {right} of the file) became the left and the right of one sound.",
        "两条单声道音轨（文件中的流 {left} 和 {right}）已合并为一条立体声的左、右声道。",
    ),
    "alike_sounds_left_out": Message(
        "Sound tracks that nothing tells from another one were left out (streams {numbers} of the file). If one is "
        "needed, give it a language or a title of its own and upload the file again.",
        "有音轨与已收录的音轨语言和标题相同，未收录（文件中的流 {numbers}）。"
        "如需要，请为其设置单独的语言或标题后重新上传。",
    ),
    "other_files_left_out": Message(
        "Several files were put together into this one without an editor, and only the first of them is played. Join "
        "them in an editor and upload the result, or upload each as a lesson of its own.",
        "该文件由多个文件首尾拼接而成，只播放其中的第一个。请用剪辑软件合并后重新上传，或将各文件分别上传。",
    ),
    "lottie_text_left_out": Message(
        "Text in the Lottie animation is not shown. Turn it into shapes before the export (After Effects: Create "
        "Shapes from Text).",
        "Lottie 动画中的文字不会显示。请在导出前将文字转换为形状（After Effects：从文字创建形状）。",
    ),
    "lottie_expressions_left_out": Message(
        "Expressions in the Lottie animation are not carried out, so some of it may stand still. Turn them into "
        "keyframes before the export.",
        "Lottie 动画中的表达式不会执行，部分内容可能静止不动。请在导出前将表达式转换为关键帧。",
    ),
    "lottie_effects_left_out": Message(
        "Effects in the Lottie animation, shadows and blurs for example, are not shown. If they are needed, export it "
        "as a video (MP4).",
        "Lottie 动画中的效果（如阴影、模糊）不会显示。如需要，请导出为视频（MP4）再上传。",
    ),
    "lottie_sound_left_out": Message(
        "The sound of the Lottie animation is left out. If it is needed, export it as a video (MP4).",
        "Lottie 动画中的声音未收录。如需要，请导出为视频（MP4）再上传。",
    ),
    "lottie_pictures_left_out": Message(
        "Pictures that the Lottie animation refers to and does not hold are not shown. Export it with its pictures in "
        "the file.",
        "Lottie 动画引用了文件之外的图片，这些图片不会显示。请将图片嵌入文件后重新导出。",
    ),
    "flash_interactive": Message(
        "The Flash animation waits for its reader: it has buttons, or stops on its way. The lesson shows what runs by "
        "itself; where the platform allows it, readers can try the animation in the player.",
        "该 Flash 动画需要观看者操作（如点击按钮），视频只显示其自行播放的部分；"
        "平台允许时，观看者可在播放器中点“动手操作”直接操作原动画。",
    ),
    "flash_cut_off": Message(
        "Of the Flash animation the first {seconds} seconds are shown: it is longer than what is drawn of one, or what "
        "comes then cannot be played here. If the rest is needed, export it as a video (MP4).",
        "该 Flash 动画只收录了前 {seconds} 秒：超过可绘制的长度，或其后的内容在本平台无法播放。"
        "如需要其余内容，请导出为视频（MP4）再上传。",
    ),
    "flash_sound_alone": Message(
        "Nothing is seen in the Flash animation when it plays by itself, so the lesson has its sound alone.",
        "该 Flash 动画自行播放时没有画面，只收录了声音。",
    ),
    "html_package_drawn": Message(
        "The HTML5 package is shown as a video of what runs by itself, of a minute at most. What waits for its reader "
        "is not in it.",
        "该 HTML5 课件包以视频形式显示其自行运行的部分，最长一分钟；需要观看者操作的内容未收录。",
    ),
    "html_package_sound_left_out": Message(
        "The sound of the HTML5 package is left out. If it is needed, export it as a video (MP4).",
        "HTML5 课件包中的声音未收录。如需要，请导出为视频（MP4）再上传。",
    ),
}


def notice_message(code: str, words: Mapping[str, str]) -> Message | None:
    """Return what people read, with ``words`` in their places; None of a code that only another release has."""
    return next((message.filled(words) for known, message in NOTICES.items() if known == code), None)
