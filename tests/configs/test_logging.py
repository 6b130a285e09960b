"""Credentials do not reach the logs."""

from __future__ import annotations

import pytest

from configs.logging import mask


@pytest.mark.parametrize(
    ("line", "logged"),
    [
        ("GET /v/a/master.m3u8?token=eyJhbGciO.e30.c2ln&x=1", "GET /v/a/master.m3u8?token=eyJh…&x=1"),
        ("GET /v/a/t/eyJhbGciO.e30.c2ln/b/240p.m3u8?x=1", "GET /v/a/t/eyJh…/b/240p.m3u8?x=1"),
        ("Authorization: Bearer ls_0123456789", "Authorization: Bearer ls_0…"),
        (f"GET /j/lsj_{'aB-_' * 8}: no", "GET /j/lsj_…: no"),
        (f"GET /u/lsu_{'x' * 32}/qr.svg", "GET /u/lsu_…/qr.svg"),
        (f"'whsec_{'A+/9' * 11}='", "'whsec_…'"),
        ("postgresql://user:secret-word@127.0.0.1:5432/name", "postgresql://user:…@127.0.0.1:5432/name"),
        ("redis://:secret-word@127.0.0.1:6379/0", "redis://:…@127.0.0.1:6379/0"),
        ("http://127.0.0.1:8080/v1/assets?limit=5", "http://127.0.0.1:8080/v1/assets?limit=5"),
    ],
)
def test_mask(line: str, logged: str) -> None:
    assert mask(line) == logged
