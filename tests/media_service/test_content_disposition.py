"""Names of saved files: whatever a title holds, the header is one line and the file stays in its folder."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest

from media_service.playback.serving.content_disposition import content_disposition, safe_name

TITLES = {
    "第1课：山水画": "第1课：山水画",
    "Café 100%": "Café 100%",
    "../../etc/passwd": "_.._etc_passwd",
    'a\\b/c:d*e?f"g<h>i|j': "a_b_c_d_e_f_g_h_i_j",
    "one\r\nSet-Cookie: a=b": "one Set-Cookie_ a=b",
    "invoice\u202e4pm.exe": "invoice4pm.exe",
    "\x00\x1b[31mred": "[31mred",
    " .hidden. ": "hidden",
    "": "lesson",
    "...": "lesson",
    "\u200b": "lesson",
    "it's (new); v=1, 'ok'": "it's (new); v=1, 'ok'",
}


@pytest.mark.parametrize(("title", "name"), TITLES.items())
def test_names(title: str, name: str) -> None:
    assert safe_name(title) == name


@pytest.mark.parametrize("title", [*TITLES, "水" * 500, "😀" * 99])
def test_header_says_the_name_to_old_and_new_clients(title: str) -> None:
    header = content_disposition(title, ".mp4")
    found = re.fullmatch(
        r"attachment; filename=\"([ !#-\[\]-~]+)\"; filename\*=UTF-8''([A-Za-z0-9!#$&+.^_`|~%-]+)", header
    )
    assert found is not None, header
    assert unquote(found[2], errors="strict") == f"{safe_name(title)}.mp4"
    assert found[1].endswith(".mp4") and len(found[1]) > 4
    assert len(unquote(found[2]).encode()) <= 200
