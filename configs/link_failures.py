"""Why the other platform of a link could not be spoken to: stable codes and what administrators read about them."""

from __future__ import annotations

from typing import Final

from configs.messages import Message
from configs.words import LinkFailure

LINK_FAILURES: Final[dict[LinkFailure, Message]] = {
    "url_invalid": Message(
        "The other platform's address is none that can be asked.", "对方平台的网址无效，无法访问。"
    ),
    "address_refused": Message(
        "The other platform's address is in a private network, which the operator has to allow first "
        "(OUTBOUND_ALLOWED_NETWORKS).",
        "对方平台的地址属于内网，须先由运维人员允许访问（OUTBOUND_ALLOWED_NETWORKS）。",
    ),
    "name_unknown": Message(
        "The name in the other platform's address is not known.", "无法解析对方平台的域名。"
    ),
    "connect_failed": Message(
        "Nobody answers at the other platform's address.", "对方平台没有响应，无法建立连接。"
    ),
    "tls_failed": Message("The other platform's certificate is not in order.", "对方平台的安全证书有问题。"),
    "proxy_failed": Message(
        "The proxy that leads to other platforms does not let this through.",
        "用于访问外部的代理未放行此请求。",
    ),
    "timed_out": Message("The other platform took too long to answer.", "对方平台响应超时。"),
    "broken_off": Message("The connection to the other platform broke off.", "与对方平台的连接中断。"),
    "answer_invalid": Message("What the other platform answered cannot be read.", "无法读取对方平台的应答。"),
    "answer_too_large": Message(
        "The other platform's answer is larger than it may be.", "对方平台的应答超出允许的大小。"
    ),
    "redirect_refused": Message(
        "The other platform's address leads elsewhere. Link it by the address that it has now.",
        "对方平台的网址被转向他处，请使用其现在的网址重新建立连接。",
    ),
    "too_many_redirects": Message(
        "The other platform's address leads elsewhere again and again.", "对方平台的网址被反复转向。"
    ),
    "link_not_answered": Message(
        "The other platform has not been given your code yet.", "对方平台尚未粘贴您的连接码。"
    ),
    "link_refused": Message(
        "The other platform does not accept this link's signature. Compare fingerprints; if they differ, link anew.",
        "对方平台不认可此连接的签名。请双方核对指纹；若不一致，请重新建立连接。",
    ),
    "link_paused_there": Message("The other platform has paused the link.", "对方平台已暂停此连接。"),
    "link_ended_there": Message("The other platform has ended the link.", "对方平台已终止此连接。"),
    "clocks_apart": Message(
        "The clocks of both platforms differ by more than five minutes. Set them by a time server.",
        "双方平台的时钟相差超过五分钟，请通过时间服务器校准。",
    ),
    "no_lessonstream": Message(
        "What answers at the other platform's address is no Lessonstream, or an older one.",
        "该网址上的服务不是 Lessonstream，或版本过旧。",
    ),
    "platform_in_trouble": Message(
        "The other platform answers, and says that it cannot help at the moment.",
        "对方平台有应答，但暂时无法提供服务。",
    ),
    "key_sealed_otherwise": Message(
        "The link's key cannot be opened: SECRET_KEY is another one than before. Link anew.",
        "无法打开此连接的密钥：SECRET_KEY 已被更换。请重新建立连接。",
    ),
    "offers_full": Message(
        "The other platform has as many unanswered offers as it takes. This one is told again later.",
        "对方平台待答复的推荐已达上限，稍后将重新发送。",
    ),
    "offers_unknown": Message(
        "The other platform is of a release that takes no offers yet, or does not know this one.",
        "对方平台的版本尚不支持推荐，或不认识此条推荐。",
    ),
    "link_full": Message(
        "As many bytes as may be stored for this link are stored. Raise its limit, or follow less.",
        "此连接的存储已达上限。请提高上限，或减少关注的内容。",
    ),
    "not_playable_there": Message(
        "The other platform does not tell by what this lesson is played there: it has no playback ID, or an older "
        "release. It can be copied.",
        "对方平台未提供此课程的播放标识（没有播放标识，或版本较旧）。可改为复制。",
    ),
    "lesson_not_understood": Message(
        "What the other platform tells of this lesson's video is not understood, or could not be played. What was here "
        "before still plays. One of the platforms needs a newer release, or the lesson is to be sent there anew.",
        "无法识别对方平台提供的该课程视频信息，或据此无法播放；此前的版本仍可播放。请升级其中一方的版本，或在对方平台重新上传该课程。",
    ),
    "reference_there": Message(
        "The other platform has no copy of this lesson: it plays there from yet another platform. Link with that "
        "one, or have it copied there.",
        "对方平台没有该课程的副本，只是从第三方平台播放。请与第三方平台建立连接，或请对方改为复制。",
    ),
    "storage_failed_here": Message(
        "The object storage of this platform does not take what is copied: it is away, or its disk is full. It is "
        "tried again by itself.",
        "本平台的对象存储无法写入复制的内容：存储服务不可用，或磁盘已满。系统会自动重试。",
    ),
}
"""All codes. A new one is a row here and a word of ``LinkFailure``."""
