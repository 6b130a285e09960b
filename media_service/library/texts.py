"""What the library says. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from configs.messages import Message
from configs.words import ContributorRole, Level
from media_service.reference_text import Language

Say = Callable[..., str]

TEXTS: Final[Mapping[str, Message]] = {
    "skip": Message("Skip to content", "跳到正文"),
    "other_language": Message("中文", "English"),
    "large_print": Message("Large print", "大字版"),
    "usual_print": Message("Usual print", "标准字号"),
    "preview": Message(
        "Preview: nobody but administrators sees this library yet.", "预览：课程库尚未公开，仅管理员可见。"
    ),
    "home": Message("Home", "首页"),
    "path": Message("You are here", "当前位置"),
    "search": Message("Search", "搜索"),
    "search_label": Message("Search lessons and what is said in them", "搜索课程名称和讲课内容"),
    "subjects": Message("Subjects", "课程分类"),
    "newest": Message("Newest lessons", "最新课程"),
    "watched": Message("Most watched", "热门课程"),
    "courses": Message("Courses", "系列课程"),
    "continue": Message("Continue watching", "继续观看"),
    "continue_note": Message("Kept in this browser only.", "仅保存在本浏览器中。"),
    "continue_clear": Message("Clear list", "清空列表"),
    "left_at": Message("Left at {time}", "看到 {time}"),
    "all_lessons": Message("All lessons", "全部课程"),
    "lessons_count": Message("{count} lessons", "{count} 个课程"),
    "lesson_count": Message("1 lesson", "1 个课程"),
    "views": Message("{count} views", "播放 {count} 次"),
    "view": Message("1 view", "播放 1 次"),
    "old_views": Message(" ({number} of them on an earlier platform)", "（含原平台 {number} 次）"),
    "lessons": Message("Lessons", "课程"),
    "captions": Message("Captions", "有字幕"),
    "results_for": Message("Results for “{words}”", "“{words}”的搜索结果"),
    "results": Message("{count} results", "共 {count} 个结果"),
    "result": Message("1 result", "共 1 个结果"),
    "results_more": Message("More than {count} results", "超过 {count} 个结果"),
    "no_results": Message("Nothing was found.", "没有找到相关内容。"),
    "advice_shorter": Message(
        "Try fewer or shorter words, or another word for the same.", "试试更少、更短的词，或者换一个说法。"
    ),
    "advice_filters": Message("Take filters away", "清除筛选条件"),
    "advice_browse": Message(
        "Look through the subjects, or at what others watch.", "也可以按分类浏览，或看看热门课程。"
    ),
    "said_at": Message("Said at {time}", "{time} 讲到"),
    "chapter_at": Message("Chapter at {time}", "{time} 章节"),
    "narrow": Message("Filter", "筛选"),
    "sort": Message("Order", "排序"),
    "relevance": Message("Best match", "相关度"),
    "clicks": Message("Most watched", "播放最多"),
    "-created_at": Message("Newest", "最新发布"),
    "apply": Message("Apply", "应用"),
    "any": Message("All", "全部"),
    "kind": Message("Kind", "类型"),
    "video": Message("Video", "视频"),
    "animation": Message("Animation", "动画"),
    "audio": Message("Audio", "音频"),
    "language": Message("Language", "授课语言"),
    "level": Message("Level", "学习阶段"),
    "with_captions": Message("With captions only", "仅看有字幕的课程"),
    "next_page": Message("Next page", "下一页"),
    "first_page": Message("First page", "回到第一页"),
    "nothing_here": Message("There are no lessons here yet.", "这里还没有课程。"),
    "play": Message("Play", "播放"),
    "player": Message("Player", "播放器"),
    "transcript": Message("Transcript", "文字稿"),
    "transcript_search": Message("Search the transcript", "在文字稿中查找"),
    "found_lines": Message("Found in {count} lines", "在 {count} 行中找到"),
    "found_line": Message("Found in 1 line", "在 1 行中找到"),
    "found_none": Message("Not found in the transcript", "文字稿中没有找到"),
    "transcript_language": Message("Language of the transcript", "文字稿语言"),
    "find": Message("Find", "查找"),
    "part": Message("Part {number} of {count}", "第 {number} 部分，共 {count} 部分"),
    "part_before": Message("Part before", "上一部分"),
    "part_after": Message("Next part", "下一部分"),
    "chapters": Message("Chapters", "章节"),
    "about": Message("About this lesson", "课程简介"),
    "subject": Message("Subject", "学科"),
    "details": Message("Details", "详细信息"),
    "length": Message("Length", "时长"),
    "organization": Message("From", "来源机构"),
    "published": Message("Published", "发布日期"),
    "original_date": Message("Made", "制作日期"),
    "until": Message("Available until", "开放至"),
    "licence": Message("Licence", "许可协议"),
    "keywords": Message("Keywords", "关键词"),
    "audience": Message("For", "适用人群"),
    "source": Message("Made by", "制作单位"),
    "came_by": Message("Came here by", "来源平台"),
    "related": Message("Related lessons", "相关课程"),
    "in_course": Message("Lesson {number} of {count} of", "第 {number} 课，共 {count} 课："),
    "before": Message("Lesson before", "上一课"),
    "after": Message("Next lesson", "下一课"),
    "start": Message("Start the course", "开始学习"),
    "go_on": Message("Continue the course", "继续学习"),
    "at": Message("At {source}", "来源：{source}"),
    "open_there": Message("Open there", "前往观看"),
    "not_here": Message(
        "This lesson is a page of another site, which opens there.", "该课程位于其他网站，将在其网站打开。"
    ),
    "share": Message("Share", "分享"),
    "share_address": Message("Address of this lesson", "课程链接"),
    "share_moment": Message("Address of this moment", "当前时间点的链接"),
    "share_embed": Message("For other websites", "嵌入其他网站的代码"),
    "copy": Message("Copy", "复制"),
    "copied": Message("Copied", "已复制"),
    "feed": Message("News feed (RSS)", "订阅更新（RSS）"),
    "no_script": Message(
        "The player needs JavaScript. All else on this page works without it.",
        "播放视频需要启用 JavaScript，页面其他功能不受影响。",
    ),
    "not_found": Message("This page is not here", "页面不存在"),
    "not_found_text": Message(
        "The lesson may have been withdrawn, or the address is not quite right.",
        "课程可能已经下架，或者地址不完整。",
    ),
    "failed": Message("This did not work", "暂时无法显示"),
    "failed_text": Message("Please try again in a moment.", "请稍后再试。"),
    "all_rights_reserved": Message("All rights reserved", "保留所有权利"),
    "public_domain": Message("Public domain", "公有领域"),
    "custom": Message("Terms of its own", "自定义许可"),
    "made_with": Message("Lessonstream", "Lessonstream"),
}

LEVELS: Final[Mapping[Level, Message]] = {
    "preschool": Message("Preschool", "学前教育"),
    "primary": Message("Primary school", "小学"),
    "secondary": Message("Secondary school", "中学"),
    "vocational": Message("Vocational education", "职业教育"),
    "higher": Message("Higher education", "高等教育"),
    "adult": Message("Adult education", "成人教育"),
    "community": Message("Community education", "社区教育"),
    "senior": Message("Education for seniors", "老年教育"),
    "other": Message("Other", "其他"),
}

ROLES: Final[Mapping[ContributorRole, Message]] = {
    "author": Message("Author", "作者"),
    "presenter": Message("Presenter", "主讲"),
    "publisher": Message("Publisher", "出版者"),
    "editor": Message("Editor", "编辑"),
    "script_writer": Message("Script", "脚本"),
    "instructional_designer": Message("Instructional design", "教学设计"),
    "subject_matter_expert": Message("Subject expert", "学科专家"),
    "content_provider": Message("Content", "内容提供"),
    "graphical_designer": Message("Graphic design", "美术设计"),
    "technical_implementer": Message("Technical production", "技术制作"),
    "initiator": Message("Initiated by", "发起人"),
    "validator": Message("Reviewed by", "审核"),
    "educational_validator": Message("Educational review", "教育审核"),
    "technical_validator": Message("Technical review", "技术审核"),
}

_ONE: Final[Mapping[str, str]] = {
    "lessons_count": "lesson_count",
    "views": "view",
    "results": "result",
    "found_lines": "found_line",
}


def speaker(language: Language) -> Say:
    """What says a text of ``TEXTS`` by its name, with words in its places; ``count`` is written as people read it."""

    def say(name: str, **words: object) -> str:
        count = words.get("count")
        if count == 1 and name in _ONE:
            name = _ONE[name]
        said = {key: f"{value:,}" if isinstance(value, int) else str(value) for key, value in words.items()}
        text: str = getattr(TEXTS[name].filled(said), language)
        return text

    return say
