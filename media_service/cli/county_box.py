"""``lessonstream up --county-box``: settings of a machine that serves its own network what it copied at night."""

from __future__ import annotations

import socket
from typing import Final

COUNTY_BOX: Final = {
    "WORKERS": "1",
    "MIRRORS_ASKED_FOR": "at_once",
    "MIRRORS_UNCHECKED_DAYS": "30",
}
"""What is different from other installations; the environment wins over it."""

WHAT_NEXT: Final = (
    "County box / 县级节点: link the platform whose lessons it copies, then follow it (docs/county-box.md):\n"
    "连接上级平台后开始复制其课程：\n"
    '  lessonstream links begin --name "…"          # send the code there / 将连接码发给上级平台\n'
    "    there / 对方执行: lessonstream links paste --asks-only CODE\n"
    "  lessonstream links paste CODE                # what comes back / 粘贴对方发回的连接码\n"
    "  lessonstream links follow ID --window 22:00-06:00 --visibility public"
)

_ELSEWHERE: Final = ("192.0.2.1", 9)
"""An address that nobody has (RFC 5737): the system only says by which of its own it would go there."""


def own_address() -> str:
    """The address by which this machine goes to others, which is where others reach it; 127.0.0.1 if there is none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            asking.connect(_ELSEWHERE)
        except OSError:
            return "127.0.0.1"
        return str(asking.getsockname()[0])
