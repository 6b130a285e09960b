"""What the sign-in page says. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from configs.messages import Message

TEXTS: Final[Mapping[str, Message]] = {
    "title": Message("Sign in to Studio", "登录课程工作室"),
    "studio": Message("Lessonstream Studio", "Lessonstream 课程工作室"),
    "welcome": Message("Welcome", "欢迎"),
    "go_on_as": Message("You are about to sign in as", "您将以以下身份登录"),
    "admin": Message("Administrator", "管理员"),
    "author": Message("Author", "作者"),
    "continue": Message("Continue", "继续"),
    "not_you": Message(
        "If that is not you, close this page and ask for a link of your own.",
        "如果不是您本人，请关闭本页面，并索取属于您自己的链接。",
    ),
    "signed_in_as": Message("You are signed in as", "您当前的登录身份是"),
    "go_to_studio": Message("Go to Studio", "进入工作室"),
    "sign_out": Message("Sign out", "退出登录"),
    "by_portal": Message("Sign in by your platform", "通过您的平台登录"),
    "by_link": Message(
        "You come in by a link that signs you in. Ask whoever runs your platform for one, and open it in this browser.",
        "请使用登录链接进入：向平台管理员索取链接，并在此浏览器中打开。",
    ),
    "by_link_too": Message(
        "Or open the link that you were sent in this browser.",
        "也可在此浏览器中打开收到的登录链接。",
    ),
    "signed_out": Message("You are signed out.", "您已退出登录。"),
    "other_ways": Message("Other ways to sign in", "其他登录方式"),
    "key": Message("API key", "API 密钥"),
    "key_help": Message(
        "For those who look after the platform and have a key of an administrator or author.",
        "供持有管理员或作者密钥的平台维护人员使用。",
    ),
    "sign_in": Message("Sign in", "登录"),
    "other_language": Message("中文", "English"),
    "link_over": Message("This link no longer signs in.", "此登录链接已失效。"),
    "link_help": Message(
        "It works once, for a short time, and only in the browser that asked for it. Get a new one where this one came "
        "from.",
        "登录链接只能使用一次，有效时间很短，且只在索取它的浏览器中有效。请在原处重新获取。",
    ),
}
