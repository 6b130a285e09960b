"""Why a foreign repository could not be harvested: stable codes and what administrators read about them."""

from __future__ import annotations

from typing import Final

from configs.messages import Message
from configs.words import HarvestFailure

HARVEST_FAILURES: Final[dict[HarvestFailure, Message]] = {
    "url_invalid": Message(
        "The repository's address is none that can be asked.", "该资源库的网址无效，无法访问。"
    ),
    "address_refused": Message(
        "The repository's address is in a private network, which the operator has to allow first "
        "(OUTBOUND_ALLOWED_NETWORKS).",
        "该资源库的地址属于内网，须先由运维人员允许访问（OUTBOUND_ALLOWED_NETWORKS）。",
    ),
    "name_unknown": Message("The name in the repository's address is not known.", "无法解析该资源库的域名。"),
    "connect_failed": Message(
        "Nobody answers at the repository's address.", "该资源库没有响应，无法建立连接。"
    ),
    "tls_failed": Message("The repository's certificate is not in order.", "该资源库的安全证书有问题。"),
    "proxy_failed": Message(
        "The proxy that leads to others does not let this through.", "用于访问外部的代理未放行此请求。"
    ),
    "timed_out": Message("The repository took too long to answer.", "该资源库响应超时。"),
    "broken_off": Message("The connection to the repository broke off.", "与该资源库的连接中断。"),
    "answer_invalid": Message("What the repository answered cannot be read.", "无法读取该资源库的应答。"),
    "answer_too_large": Message(
        "The repository's answer is larger than it may be.", "该资源库的应答超出允许的大小。"
    ),
    "redirect_refused": Message(
        "The repository's address leads elsewhere in a way that is not followed. Enter the address that it has now.",
        "该资源库的网址被转向他处且不能跟随，请填写其现在的网址。",
    ),
    "too_many_redirects": Message(
        "The repository's address leads elsewhere again and again.", "该资源库的网址被反复转向。"
    ),
    "no_repository": Message(
        "What answers at this address is no OAI-PMH repository, or its XML is broken.",
        "该网址上的服务不是 OAI-PMH 资源库，或其 XML 有误。",
    ),
    "repository_refused": Message(
        "The repository does not accept the request: compare the set and the format with what it has.",
        "该资源库不接受此请求，请核对集合和元数据格式。",
    ),
    "repository_in_trouble": Message(
        "The repository answers, and says that it cannot help at the moment.",
        "该资源库有应答，但暂时无法提供服务。",
    ),
    "format_unknown": Message(
        "The repository has no records in a format that is read here (LOM, Dublin Core).",
        "该资源库没有本平台可读取的元数据格式（LOM、Dublin Core）。",
    ),
    "token_refused": Message(
        "The repository keeps forgetting where its list goes on, so that no harvest comes to its end.",
        "该资源库反复丢失列表的续传位置，采集无法完成。",
    ),
    "list_goes_round": Message(
        "The repository tells the same records again and again.", "该资源库反复返回相同的记录。"
    ),
    "list_too_long": Message(
        "The repository has more records than are harvested of one. Choose a set of it.",
        "该资源库的记录数超出单个来源的采集上限，请指定其中一个集合。",
    ),
}
"""All codes. A new one is a row here and a word of ``HarvestFailure``."""
