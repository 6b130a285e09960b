"""What may be written as a partner's origin, and which pages it means."""

from __future__ import annotations

import pytest

from media_service import proxies
from media_service.playback.access.origins import allows, asking_origin, frame_ancestors, read_origin


@pytest.mark.parametrize(
    ("written", "origin"),
    [
        ("https://learn.example.cn", "https://learn.example.cn"),
        ("HTTPS://Learn.Example.CN", "https://learn.example.cn"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("http://portal", "http://portal"),
        ("https://learn.example.cn:443", "https://learn.example.cn"),
        ("http://learn.example.cn:443", "http://learn.example.cn:443"),
        ("https://*.example.edu.cn", "https://*.example.edu.cn"),
        ("https://*.example.edu.cn:8443", "https://*.example.edu.cn:8443"),
        ("https://学习.中国", "https://xn--vjq503a.xn--fiqs8s"),
        ("https://*.学习.公司.cn", "https://*.xn--vjq503a.xn--55qx5d.cn"),
        ("https://a.b-c.example.com:65535", "https://a.b-c.example.com:65535"),
    ],
)
def test_origins_have_one_spelling(written: str, origin: str) -> None:
    assert read_origin(written) == origin == read_origin(origin)


@pytest.mark.parametrize(
    "nonsense",
    [
        "", "*", "null", "https://", "https://*", "*://a.example", "*.example.com", "//a.example", "a.example",
        "https://*.", "https://*.com", "https://*.edu.cn", "https://*.bj.cn", "https://*.公司.cn", "https://*.github.io",
        "https://a.*.example.com", "https://*a.example.com", "https://*.*.example.com", "https://a.example:*",
        "https://a.example/", "https://a.example/page", "https://a.example?x", "https://a.example#x",
        "https://user@a.example", "https://user:pass@a.example", "https://a.example:0", "https://a.example:65536",
        "https://a.example:", "https://a.example:x", "ftp://a.example", "file://", "file:///etc", "data:text/html,x",
        "javascript:alert(1)", "ws://a.example", "https://127.0.0.1", "https://10.1", "https://0x7f.1", "https://[::1]",
        "https://a..example", "https://.example", "https://a.example.", "https://-a.example", "https://a_b.example",
        "https://a.example https://b.example", "https://a.example;script-src", "https://a.example,b", "https://a\n.example",
        "https://'self'", "https://a.example\\b", "https://" + "a" * 64 + ".example", "https://" + "a." * 130 + "cn",
    ],
)  # fmt: skip
def test_nonsense_is_refused_with_a_sentence(nonsense: str) -> None:
    with pytest.raises(ValueError, match=" "):
        read_origin(nonsense)


ORIGINS = (
    "https://learn.example.cn",
    "https://*.school.edu.cn",
    "http://old.example.cn",
    "https://dev.example.cn:8443",
)


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("https://learn.example.cn", True),
        ("https://learn.example.cn:8443", False),
        ("http://learn.example.cn", False),
        ("https://x.learn.example.cn", False),
        ("https://learn.example.cn.evil.example", False),
        ("https://evil-learn.example.cn", False),
        ("https://a.school.edu.cn", True),
        ("https://a.b.school.edu.cn", True),
        ("https://school.edu.cn", False),
        ("https://aschool.edu.cn", False),
        ("https://*.school.edu.cn", True),  # no browser can be there
        ("http://old.example.cn", True),
        ("https://old.example.cn", True),
        ("http://old.example.cn:8080", False),
        ("https://dev.example.cn:8443", True),
        ("https://dev.example.cn", False),
        ("null", False),
        ("", False),
        ("https://learn.example.cn/", False),
        ("https://learn.example.cn@evil.example", False),
        ("file://", False),
    ],
)
def test_which_pages_are_meant(page: str, expected: bool) -> None:
    assert allows(ORIGINS, page) is expected


def test_who_may_frame() -> None:
    assert frame_ancestors(None) == "frame-ancestors *"
    assert frame_ancestors(()) == "frame-ancestors 'self'"
    assert frame_ancestors(("https://a.example", "https://*.b.example")) == (
        "frame-ancestors 'self' https://a.example https://*.b.example"
    )


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, None),
        ({"HTTP_ORIGIN": "https://a.example"}, "https://a.example"),
        ({"HTTP_ORIGIN": "null"}, "null"),
        ({"HTTP_SEC_FETCH_SITE": "same-origin"}, None),
        ({"HTTP_SEC_FETCH_SITE": "none"}, None),
        ({"HTTP_SEC_FETCH_SITE": "cross-site", "HTTP_REFERER": "https://a.example/x?y"}, "https://a.example"),
        (
            {"HTTP_SEC_FETCH_SITE": "same-site", "HTTP_REFERER": "https://a.example:8443/"},
            "https://a.example:8443",
        ),
        ({"HTTP_SEC_FETCH_SITE": "cross-site"}, "null"),
        ({"HTTP_SEC_FETCH_SITE": "cross-site", "HTTP_SEC_FETCH_DEST": "iframe"}, "null"),
        ({"HTTP_SEC_FETCH_SITE": "cross-site", "HTTP_SEC_FETCH_DEST": "document"}, None),
        ({"HTTP_SEC_FETCH_SITE": "cross-site", "HTTP_REFERER": "https://a@b.example/"}, "null"),
        ({"HTTP_REFERER": "https://a.example/"}, None),
    ],
)
def test_whose_page_asks(environ: dict[str, str], expected: str | None) -> None:
    assert asking_origin(environ) == expected


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"REMOTE_ADDR": "8.8.8.8"}, "8.8.8.8"),
        ({"REMOTE_ADDR": "8.8.8.8", "HTTP_X_FORWARDED_FOR": "198.51.100.1"}, "8.8.8.8"),
        ({"REMOTE_ADDR": "10.0.0.6", "HTTP_X_FORWARDED_FOR": "198.51.100.1"}, "10.0.0.6"),
        ({"REMOTE_ADDR": "10.0.0.5", "HTTP_X_FORWARDED_FOR": "1.1.1.1, 198.51.100.1"}, "198.51.100.1"),
        ({"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "2001:db8:1:2:3:4:5:6"}, "2001:0db8:0001:0002"),
        ({"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "fe80::1%eth0"}, "fe80:0000:0000:0000"),
        ({"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "::ffff:198.51.100.1"}, "198.51.100.1"),
        ({"REMOTE_ADDR": "::ffff:8.8.8.8", "HTTP_X_FORWARDED_FOR": "198.51.100.1"}, "8.8.8.8"),
        ({"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "nonsense"}, ""),
        ({"HTTP_X_FORWARDED_FOR": "198.51.100.1"}, "198.51.100.1"),  # by a Unix socket
        ({}, ""),
    ],
)
def test_whose_address_counts(environ: dict[str, str], expected: str) -> None:
    seen: list[str] = []

    def app(environ: dict[str, str], _start: object) -> list[bytes]:
        seen.append(proxies.client_address(environ))
        return []

    proxies.believe(app, ["127.0.0.0/8", "10.0.0.5/32"])(environ, lambda *_: None)
    assert seen == [expected]
