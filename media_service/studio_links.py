"""Addresses of Studio: how one signs in, and where one goes from there. Pure."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlencode, urlsplit

STUDIO: Final = "/studio"
SIGN_IN: Final = "/studio/sign-in"

_PLACE: Final = re.compile(
    r"/studio(?:[/?][A-Za-z0-9\-._~!$&'()*+,;=:@%/?]*)?(?:#[A-Za-z0-9\-._~!$&'()*+,;=:@%/?]*)?"
)
LONGEST_PLACE: Final = 500


def is_place(text: str) -> bool:
    """Whether ``text`` is the path of a page of Studio, and so may be gone to: nothing that leads to another site, and
    not the page that signs in.
    """
    if len(text) > LONGEST_PLACE or _PLACE.fullmatch(text) is None:
        return False
    path = urlsplit(text).path
    return ".." not in path and "//" not in path and not path.startswith((SIGN_IN, "/studio/sign-out"))


def sign_in_url(public_url: str, code: str) -> str:
    """Where a code is brought."""
    return f"{public_url}{SIGN_IN}?{urlencode({'code': code})}"
