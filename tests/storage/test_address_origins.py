"""Which addresses are of one site."""

from __future__ import annotations

import pytest

from storage.origins import host_of, origin_of


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("https://Video.Example.org:443/oai?x=1", "https://video.example.org"),
        ("HTTP://a.example:80", "http://a.example"),
        ("http://a.example:443/", "http://a.example:443"),
        ("https://a.example:8443", "https://a.example:8443"),
        ("https://user:secret@a.example/", "https://a.example"),
        ("http://[2001:DB8::1]:80/x", "http://[2001:db8::1]"),
        ("//a.example/x", ""),
        ("a.example", ""),
        ("http://[", ""),
        ("", ""),
    ],
)
def test_an_origin_is_written_as_browsers_write_it(address: str, origin: str) -> None:
    assert origin_of(address) == origin


def test_a_host_is_read_without_its_port() -> None:
    assert host_of("https://A.Example:8443/x") == "a.example"
    assert host_of("http://[") == host_of("x") == ""
