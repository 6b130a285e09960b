"""What the pages in learning platforms say. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from configs.messages import Message
from configs.words import LtiRefusal
from media_service.reference_text import Language

TOOL_NAME: Final = Message("Lessonstream", "Lessonstream 课程视频")
TOOL_ABOUT: Final = Message(
    "Video lessons and courses from the library, with progress.", "来自课程库的视频课程，可回传学习进度。"
)

TEXTS: Final[Mapping[str, Message]] = {
    "opening": Message("Opening…", "正在打开…"),
    "open_window": Message("Open in a new window", "在新窗口中打开"),
    "window_why": Message(
        "Your browser keeps this page from remembering anything while it stands inside another one.",
        "您的浏览器不允许嵌入的页面记住任何内容。",
    ),
    "no_script": Message(
        "This page needs JavaScript. Please allow it for this site.", "本页面需要 JavaScript，请为本站启用。"
    ),
    "other_browser": Message(
        "This did not begin in this browser. Please open the lesson again from your course.",
        "此次打开并非由本浏览器发起。请回到课程中重新打开。",
    ),
    "refused": Message("This cannot be opened", "无法打开"),
    "code": Message("For whoever looks after the platform:", "供平台管理员参考："),
    "pick_title": Message("Choose lessons", "选择课程内容"),
    "search_label": Message("Search lessons and courses", "搜索课时和课程"),
    "search": Message("Search", "搜索"),
    "add": Message("Add", "添加"),
    "add_this": Message("Add {title}", "添加 {title}"),
    "choose_this": Message("Choose {title}", "选择 {title}"),
    "add_chosen": Message("Add what is ticked", "添加已勾选的内容"),
    "graded": Message("Report progress as a grade (0 to 100)", "将学习进度作为成绩回传（0–100 分）"),
    "courses": Message("Courses", "课程"),
    "lessons": Message("Lessons", "课时"),
    "chosen": Message("Ticked", "已勾选"),
    "nothing": Message(
        "Nothing was found. Try fewer or shorter words.", "没有找到内容，请尝试更少或更短的词。"
    ),
    "none_chosen": Message(
        "Tick at least one lesson, or press Add beside it.", "请至少勾选一项，或直接点击旁边的“添加”。"
    ),
    "more": Message("More", "更多"),
    "length": Message("Length", "时长"),
    "lessons_count": Message("{count} lessons", "{count} 个课时"),
    "lesson": Message("Lesson", "课时"),
    "course": Message("Course", "课程"),
    "returning": Message("Adding to your course…", "正在添加到您的课程…"),
    "go_on": Message("Go on", "继续"),
    "back": Message("All lessons of the course", "返回课程目录"),
    "done": Message("Completed", "已完成"),
    "part": Message("{percent} % watched", "已学习 {percent}%"),
    "not_begun": Message("Not begun", "未开始"),
    "course_done": Message("You have completed this course.", "您已完成本课程。"),
    "registered": Message("The learning platform is connected", "学习平台已接入"),
    "registered_next": Message(
        "Close this window. In your learning platform, switch the tool on if it asks for it.",
        "请关闭此窗口；如学习平台提示，请在其中启用该工具。",
    ),
    "link_title": Message("Connect a learning platform", "接入学习平台"),
    "link_what": Message(
        "This address is not for reading. Paste it into your learning platform, where it asks for a registration URL "
        "(in Moodle: Site administration, Plugins, Activity modules, External tool, Manage tools, Tool URL).",
        "此地址不是用来浏览的。请将其粘贴到学习平台要求填写注册网址的位置"
        "（Moodle：网站管理 → 插件 → 活动模块 → 外部工具 → 管理工具 → 工具网址）。",
    ),
    "only_inside": Message(
        "Open this lesson from your course in the learning platform.", "请从学习平台的课程中打开此内容。"
    ),
}

REFUSALS: Final[Mapping[LtiRefusal, Message]] = {
    "platform_unknown": Message(
        "This learning platform is not connected here, or was switched off.", "该学习平台尚未接入，或已停用。"
    ),
    "platform_away": Message(
        "The learning platform does not answer. Please try again in a minute.",
        "学习平台没有响应，请稍后重试。",
    ),
    "state_unknown": Message(
        "This page was opened twice, or too late. Please open the lesson again from your course.",
        "此页面被重复打开或已超时，请回到课程中重新打开。",
    ),
    "browser_unknown": TEXTS["other_browser"],
    "message_invalid": Message(
        "The learning platform's message cannot be read.", "无法读取学习平台发来的消息。"
    ),
    "key_unknown": Message(
        "The message is signed with a key that the learning platform does not show.",
        "消息的签名密钥未被学习平台公布。",
    ),
    "signature_wrong": Message("The message's signature is wrong.", "消息签名不正确。"),
    "issuer_wrong": Message("The message is from another platform.", "消息来自其他平台。"),
    "audience_wrong": Message("The message is for another tool.", "消息的接收方不是本工具。"),
    "nonce_wrong": Message("The message belongs to another sign-in.", "消息不属于本次登录。"),
    "message_expired": Message(
        "This was opened too late. Please open the lesson again from your course.",
        "打开已超时，请回到课程中重新打开。",
    ),
    "issued_wrong": Message(
        "The clocks of the learning platform and of this service differ too much.",
        "学习平台与本服务的时钟相差过大。",
    ),
    "deployment_unknown": Message(
        "The tool is not allowed at this place of the learning platform.",
        "学习平台的此处未被允许使用本工具。",
    ),
    "version_wrong": Message("Only LTI 1.3 is understood here.", "仅支持 LTI 1.3。"),
    "message_unknown": Message("This kind of message is not understood here.", "不支持此类消息。"),
    "target_wrong": Message(
        "The link does not lead to a lesson of this service.", "该链接不指向本服务的课时。"
    ),
    "platform_refused": Message("The learning platform did not sign you in.", "学习平台未完成登录。"),
    "lesson_unknown": Message(
        "This lesson is not there any more, or is not for this platform.",
        "该课时已不存在，或不向此平台开放。",
    ),
    "session_over": Message(
        "Your time here is over. Please open it again from your course.", "会话已过期，请回到课程中重新打开。"
    ),
    "link_over": Message(
        "This link was used, or is too old. Ask for another one.", "此链接已被使用或已过期，请重新索取。"
    ),
    "registration_failed": Message("The learning platform could not be connected.", "无法接入学习平台。"),
    "service_away": Message("Please try again in a minute.", "请稍后重试。"),
}

Say = Callable[..., str]


def speaker(language: Language) -> Say:
    """Says a text in this language, with words in its places."""

    def say(name: str, **words: object) -> str:
        message = TEXTS[name].filled({key: str(value) for key, value in words.items()})
        return message.zh if language == "zh" else message.en

    return say
