"""The way out leads to the public internet, and nowhere else."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from strangers import Stranger, Talk, connections, read_request, says, stranger

from storage import webhooks
from storage.outbound.client import Guarded, Kept, Outbound
from storage.outbound.kept import KeptConnections
from storage.strangers import OutboundError, networks, read_url

PUBLIC = "203.0.114.7"
"""An address that anybody might have; nothing here connects to it."""

GOOD = "127.0.0.2"
"""The one private address that these tests allow: everything else on this machine is as private as ever."""

OPEN = Outbound(allowed=networks([GOOD]))

PRIVATE = [
    "http://127.0.0.1:{port}/",
    "http://127.0.0.3:{port}/",
    "http://127.1:{port}/",
    "http://2130706433:{port}/",
    "http://0x7f000001:{port}/",
    "http://0x7f.1:{port}/",
    "http://0177.0.0.1:{port}/",
    "http://017700000001:{port}/",
    "http://127.0.0.1.:{port}/",
    "http://0:{port}/",
    "http://0.0.0.0:{port}/",
    "http://localhost:{port}/",
    "http://LOCALHOST:{port}/",
    "http://①②⑦.⓪.⓪.①:{port}/",
    "http://127。0。0。1:{port}/",
    "http://[::1]:{port}/",
    "http://[::]:{port}/",
    "http://[0:0:0:0:0:0:0:1]:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://[::ffff:7f00:1]:{port}/",
    "http://[::127.0.0.1]:{port}/",
    "http://[64:ff9b::127.0.0.1]:{port}/",
    "http://[64:ff9b:1::7f00:1]:{port}/",
    "http://[2002:7f00:1::]:{port}/",
    "http://[2001:0:7f00:1::]:{port}/",
    "http://[fe80::1]:{port}/",
    "http://[fe80::1%25lo]:{port}/",
    "http://[fc00::1]:{port}/",
    "http://[fd00:ec2::254]:{port}/",
    "http://[fec0::1]:{port}/",
    "http://[ff02::1]:{port}/",
    "http://[2001:db8::1]:{port}/",
    "http://[3fff::1]:{port}/",
    "http://[100::1]:{port}/",
    "http://[5f00::1]:{port}/",
    "http://10.0.0.1/",
    "http://100.64.0.1/",
    "http://100.100.100.200/latest/meta-data/",
    "http://169.254.169.254/latest/meta-data/",
    "http://168.63.129.16/machine",
    "http://172.16.0.1/",
    "http://172.31.255.255/",
    "http://192.0.0.192/opc/v2/",
    "http://192.88.99.1/",
    "http://192.168.1.1/",
    "http://198.18.0.1/",
    "http://224.0.0.1/",
    "http://240.0.0.1/",
    "http://255.255.255.255/",
]
UNREADABLE = [
    "http://user@127.0.0.2:{port}/",
    "http://example.com@127.0.0.1:{port}/",
    "http://127.0.0.2:{port}\\@127.0.0.1/",
    "http://127.0.0.1:{port} .example.com/",
    "http://127.0.0.2:{port}\r\nHost: other/",
    "http://exa mple.com/",
    "http://[::1/",
    "http://127.0.0.2:99999/",
    "http://127.0.0.2:6379x/",
    "http://127.0.0.2:25/",
    "http:///nowhere",
    "http://-/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:{port}/_x",
    "ftp://127.0.0.1:{port}/",
    "dict://127.0.0.1:{port}/",
    "//127.0.0.1:{port}/",
    "http://" + "a" * 3000 + "/",
]


@pytest.fixture
def canary() -> Iterator[Stranger]:
    """Our own server: nobody may ever connect to it."""
    with stranger(says("HTTP/1.1 200 OK\n\nsecret"), "127.0.0.1") as found:
        yield found


def names(**table: Sequence[str]) -> Outbound:
    """Outbound whose names resolve one way the first time and another the next."""
    asked: dict[str, int] = {}

    def resolve(host: str, _port: int) -> Sequence[str]:
        if host == urlsplit(f"//{host}").hostname and host[0].isdigit():
            return [host]
        turn = asked[host] = asked.get(host, -1) + 1
        answers = table[host.partition(".")[0]]
        return answers[min(turn, len(answers) - 1)].split()

    return Outbound(allowed=networks([GOOD]), resolve=resolve)


def refused(outbound: Outbound, url: str) -> str:
    with pytest.raises(OutboundError) as by_post:
        outbound.post(url, b"{}", {}, seconds=5)
    with pytest.raises(OutboundError) as by_get, outbound.get(url, seconds=5):
        pass
    assert by_post.value.code == by_get.value.code
    return by_post.value.code


@pytest.mark.parametrize("url", PRIVATE)
def test_what_is_private_is_not_even_connected_to(canary: Stranger, url: str) -> None:
    with connections() as made:
        assert refused(OPEN, url.format(port=canary.port)) == "address_refused"
    assert (made, canary.connections) == ([], 0)


@pytest.mark.parametrize("url", UNREADABLE)
def test_what_can_be_read_in_two_ways_is_read_in_none(canary: Stranger, url: str) -> None:
    with connections() as made:
        assert refused(OPEN, url.format(port=canary.port)) == "url_invalid"
    assert (made, canary.connections) == ([], 0)


@pytest.mark.parametrize(
    "addresses",
    [
        "127.0.0.1",
        "::1",
        "::ffff:127.0.0.1",
        "169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        f"{PUBLIC} 127.0.0.1",  # one of ours among others
        f"{GOOD} ::1",
        "fe80::1%1",
        "nonsense",
    ],
)
def test_a_name_that_leads_to_us_is_refused(canary: Stranger, addresses: str) -> None:
    with connections() as made:
        assert refused(names(evil=[addresses]), f"http://evil.example:{canary.port}/") == "address_refused"
    assert (made, canary.connections) == ([], 0)


def test_a_name_that_changes_its_mind_leads_nowhere_else(canary: Stranger) -> None:
    with stranger(says("HTTP/1.1 200 OK\nContent-Length: 2\n\nok")) as good, connections() as made:
        rebinding = names(rebind=[GOOD, "127.0.0.1"])
        answer = rebinding.post(f"http://rebind.example:{good.port}/", b"", {}, seconds=5)
        assert (answer.status, answer.body) == (200, b"ok")
        assert refused(rebinding, f"http://rebind.example:{good.port}/") == "address_refused"
    assert [address[0] for address in made] == [GOOD]
    assert canary.connections == 0


def test_a_connection_that_ends_elsewhere_is_dropped_before_a_word_is_said(canary: Stranger) -> None:
    """As where somebody redirects packets."""

    def astray(_address: str, _port: int, seconds: float) -> socket.socket:
        return socket.create_connection((canary.address, canary.port), seconds)

    lost = Outbound(resolve=lambda *_: [PUBLIC], connect=astray)
    assert refused(lost, "http://a.example/") == "address_refused"
    assert [request for request in canary.requests if request] == []


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1:{port}/",
        "//127.0.0.1:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/",
        "http://169.254.169.254/",
        "http://0x7f.1:{port}/",
        "http://localhost:{port}/",
    ],
)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_lead_to_nothing_private(canary: Stranger, location: str, status: int) -> None:
    there = location.format(port=canary.port)
    with stranger(says(f"HTTP/1.1 {status} X\nLocation: {there}\nContent-Length: 0\n\n")) as good:
        with pytest.raises(OutboundError) as error, OPEN.get(good.url, seconds=5):
            pass
        assert error.value.code == "address_refused"
        assert OPEN.post(good.url, b"", {}, seconds=5).status == status  # followed by nobody
    assert canary.connections == 0


def test_redirects_are_followed_so_far_and_tell_no_secret() -> None:
    with stranger(says("HTTP/1.1 200 OK\nContent-Length: 4\n\nfilm")) as end:
        away = f"HTTP/1.1 302 X\nLocation: {end.url}/there?a=b\nContent-Length: 0\n\n"
        secrets = {"Authorization": "Bearer x"}
        with stranger(says(away)) as begin, OPEN.get(begin.url, seconds=5, secrets=secrets) as found:
            assert (found.url, b"".join(found.slices(10))) == (f"{end.url}/there?a=b", b"film")
        assert b"Bearer x" in begin.requests[0]
        assert b"GET /there?a=b HTTP/1.1" in end.requests[0] and b"Bearer" not in end.requests[0]
    with stranger(says("HTTP/1.1 302 X\nLocation: /again\nContent-Length: 0\n\n")) as circle:
        with pytest.raises(OutboundError) as error, OPEN.get(circle.url, seconds=5):
            pass
        assert (error.value.code, circle.connections) == ("too_many_redirects", 6)


def test_where_no_redirect_is_expected_nobody_is_asked_by_one() -> None:
    with stranger(says("HTTP/1.1 200 OK\nContent-Length: 0\n\n")) as end:
        away = f"HTTP/1.1 302 X\nLocation: {end.url}/there\nContent-Length: 0\n\n"
        wanted = pytest.raises(OutboundError)
        with stranger(says(away)) as begin, wanted as error, OPEN.get(begin.url, seconds=5, redirects=0):
            pass
        assert (error.value.code, end.connections) == ("redirect_refused", 0)


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"])
def test_who_says_nothing_for_long_is_not_waited_for(head: bytes) -> None:
    over = threading.Event()

    def silent(connection: socket.socket, _request: bytes) -> None:
        connection.sendall(head)
        over.wait(30)

    began = time.monotonic()
    with stranger(silent) as other:
        with (
            pytest.raises(OutboundError) as error,
            OPEN.get(other.url, seconds=60, idle_seconds=0.5) as found,
        ):
            b"".join(found.slices(10))
        over.set()
    assert error.value.code == "timed_out"
    assert time.monotonic() - began < 20


def test_no_redirect_gives_up_encryption() -> None:
    target = read_url("https://a.example/x")
    with pytest.raises(OutboundError) as error:
        OPEN._follow(target, "http://a.example/x")
    assert error.value.code == "redirect_refused"
    assert OPEN._follow(target, "y?z=ü").url == "https://a.example/y?z=%C3%BC"


@pytest.mark.parametrize(
    ("talk", "code"),
    [
        (lambda _connection, _request: time.sleep(5), "timed_out"),
        (says("HTTP/1.1 200 OK\nContent-Length: 9\n\n1"), "broken_off"),
        (says(""), "broken_off"),
        (says("SSH-2.0-OpenSSH_9\n"), "answer_invalid"),
        (says("HTTP/1.1 200 OK\n" + "X: " + "y" * 70_000 + "\n\n"), "answer_too_large"),
        (says("HTTP/1.1 200 OK\n" + ("X: " + "y" * 60_000 + "\n") * 3 + "\n"), "answer_too_large"),
        (says("HTTP/1.1 100 Continue\n\n" * 10_000), "answer_too_large"),
        (says("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n" + "f" * 70_000), "broken_off"),
        (says("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n5\nab"), "broken_off"),
        (says("HTTP/1.1 200 OK\nContent-Encoding: gzip\nContent-Length: 2\n\n\x1f\x8b"), "answer_invalid"),
        (says("HTTP/1.1 206 X\nContent-Range: pages 1-2/3\nContent-Length: 2\n\nab"), "answer_invalid"),
        (says("HTTP/1.1 206 X\nContent-Range: bytes 0-1/" + "9" * 5000 + "\n\nab"), "answer_invalid"),
        (says("HTTP/1.1 200 OK\nContent-Length: " + "9" * 5000 + "\n\nab"), "answer_invalid"),
        (says("HTTP\0/1.1 200 OK\n\n"), "answer_invalid"),
        (says("HTTP/1.1 2\0 OK\n\n"), "answer_invalid"),
        (says("HTTP/1.1 302 X\nLocation: http://[\nContent-Length: 0\n\n"), "url_invalid"),
        (says("HTTP/1.1 200 OK\nContent-Length: 200000\n\n" + "x" * 200_000), "answer_too_large"),
    ],
)
def test_bad_answers_have_names(talk: Talk, code: str) -> None:
    with (
        stranger(talk) as other,
        pytest.raises(OutboundError) as error,
        OPEN.get(other.url, seconds=1) as found,
    ):
        list(found.slices(100_000))
    assert error.value.code == code
    assert str(error.value).isprintable(), "the catalogue has to keep it"


def test_headers_hold_nothing_that_cannot_be_kept_or_sent_back() -> None:
    head = 'HTTP/1.1 200 OK\nETag: "a\0b\n c"\nContent-Length: 2\n\nok'
    with stranger(says(head)) as other:
        with OPEN.get(other.url, seconds=5) as found:
            validator = found.validator
        with OPEN.get(other.url, seconds=5, start=1, validator=validator):
            pass
    assert validator.isprintable() and validator.encode() in other.requests[1]


@pytest.mark.parametrize(
    "written",
    ["Mon, 01 Jan 99999999999 00:00:00 GMT", "Mon, 01 Jan 2026 00:00:00 +99999999999999999999", "9x", ""],
)
def test_a_wait_that_nobody_can_read_is_none(written: str) -> None:
    assert webhooks.read_retry_after(written, datetime.now(UTC)) is None


def test_who_drips_ends_at_the_deadline() -> None:
    def drip(connection: socket.socket, _request: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
        while True:
            connection.sendall(b"y")
            time.sleep(0.05)

    began = time.monotonic()
    with stranger(drip) as other, pytest.raises(OutboundError) as error:
        OPEN.post(other.url, b"", {}, seconds=0.5)
    assert error.value.code == "timed_out"
    assert time.monotonic() - began < 30


def test_a_name_server_that_is_silent_holds_nobody_up() -> None:
    held = threading.Event()
    silent = Outbound(resolve=lambda *_: [str(held.wait(30))])
    with pytest.raises(OutboundError) as error:
        silent.post("http://a.example/", b"", {}, seconds=0.2)
    held.set()
    assert error.value.code == "timed_out"
    unknown = Outbound(resolve=lambda *_: [])
    assert refused(unknown, "http://a.example/") == "name_unknown"
    with stranger(says("")) as gone:
        pass
    assert refused(OPEN, gone.url) == "connect_failed"


def test_a_post_sends_what_it_is_given_and_reads_no_more_than_it_may() -> None:
    with stranger(says("HTTP/1.1 503 X\nRetry-After: 7\nContent-Length: 100\n\n" + "x" * 100)) as other:
        answer = OPEN.post(f"{other.url}/hook?a=1", b'{"a":1}', {"webhook-id": "i"}, seconds=5, most_bytes=10)
    assert (answer.status, answer.headers["retry-after"], answer.body) == (503, "7", b"x" * 10)
    [request] = other.requests
    head, _, body = request.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /hook?a=1 HTTP/1.1\r\n") and b"webhook-id: i" in head
    assert f"Host: {other.address}:{other.port}".encode() in head
    assert body == b'{"a":1}'


def test_a_download_goes_on_where_it_broke_off_unless_it_is_another_file() -> None:
    film = bytes(range(200))

    def serve(connection: socket.socket, request: bytes) -> None:
        tag = b'"v1"'
        if b"Range: bytes=50-" in request and b'If-Range: "v1"' in request:
            part = film[50:]
            head = b"HTTP/1.1 206 X\r\nContent-Range: bytes 50-199/200\r\nContent-Length: 150\r\n"
        else:
            part, head = film, b"HTTP/1.1 200 OK\r\nContent-Length: 200\r\nContent-Type: Video/MP4; a=b\r\n"
        connection.sendall(head + b"ETag: " + tag + b"\r\n\r\n" + part)

    with stranger(serve) as other:
        with OPEN.get(other.url, seconds=5) as first:
            assert (first.start, first.size, first.content_type) == (0, 200, "video/mp4")
            assert first.read(50) == film[:50]
        with OPEN.get(other.url, seconds=5, start=50, validator=first.validator) as rest:
            assert (rest.start, rest.size, b"".join(rest.slices(1000))) == (50, 200, film[50:])
        with OPEN.get(other.url, seconds=5, start=50, validator='"v0"') as anew:
            assert (anew.status, anew.start, b"".join(anew.slices(1000))) == (200, 0, film)


def test_through_a_proxy_it_is_the_proxy_who_judges() -> None:
    with stranger(says("HTTP/1.1 200 OK\nContent-Length: 2\n\nok"), "127.0.0.3") as proxy:
        through = Outbound(proxy=f"http://me:s%40@127.0.0.3:{proxy.port}", resolve=lambda *_: ["10.0.0.1"])
        assert through.post("http://a.example/x", b"", {}, seconds=5).body == b"ok"
        assert proxy.requests[0].startswith(b"POST http://a.example/x HTTP/1.1\r\n")
        assert b"Proxy-Authorization: Basic bWU6c0A=" in proxy.requests[0]
        assert refused(through, "http://127.0.0.1/") == "address_refused"
    with stranger(says("HTTP/1.1 403 X\n\n"), "127.0.0.3") as proxy:
        through = Outbound(proxy=f"http://127.0.0.3:{proxy.port}")
        assert refused(through, "https://a.example/") == "proxy_failed"
        assert proxy.requests[0].startswith(b"CONNECT a.example:443 ")


def several(connection: socket.socket, request: bytes) -> None:
    """Answers again and again; ``/last`` is the last answer of a connection, though it does not say so, and ``/half``
    tells of more than comes."""
    while request:
        length = 4000 if b" /half " in request else 4
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\nbody" % length)
        if b" /last " in request or b" /half " in request:
            return
        request = read_request(connection)


def fetch(kept: Kept, url: str, seconds: float = 5) -> bytes:
    with OPEN.get(url, seconds=seconds, kept=kept) as download:
        return b"".join(download.slices(1000))


def test_connections_are_used_again_by_those_who_ask_for_it() -> None:
    with stranger(several, GOOD) as found, KeptConnections[Guarded]() as kept:
        for _ in range(5):
            assert fetch(kept, found.url) == b"body"
        assert found.connections == 1
        # Two at a time need two.
        with OPEN.get(found.url, seconds=5, kept=kept) as first:
            assert fetch(kept, found.url) == b"body"
            assert first.read(10) == b"body"
        assert found.connections == 2
        with OPEN.get(found.url, seconds=5) as download:
            assert download.read(10) == b"body"
        assert found.connections == 3


def test_a_connection_that_was_closed_meanwhile_is_replaced() -> None:
    with stranger(several, GOOD) as found, KeptConnections[Guarded]() as kept:
        assert fetch(kept, f"{found.url}/last") == b"body"
        assert fetch(kept, found.url) == b"body"
        assert found.connections == 2


def test_what_was_not_read_whole_is_not_used_again() -> None:
    with stranger(several, GOOD) as found, KeptConnections[Guarded]() as kept:
        with pytest.raises(OutboundError) as broken:
            fetch(kept, f"{found.url}/half")
        assert broken.value.code == "broken_off"
        with OPEN.get(found.url, seconds=5, kept=kept) as download:
            assert download.read(2) == b"bo"
        assert fetch(kept, found.url) == b"body"
        assert found.connections == 3


def test_a_kept_connection_has_a_deadline_as_others_have() -> None:
    def silent(connection: socket.socket, request: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody")
        read_request(connection)
        time.sleep(5)

    with stranger(silent, GOOD) as found, KeptConnections[Guarded]() as kept:
        assert fetch(kept, found.url) == b"body"
        began = time.monotonic()
        with pytest.raises(OutboundError) as late:
            fetch(kept, found.url, seconds=0.5)
        assert late.value.code == "timed_out" and time.monotonic() - began < 3


def test_a_connection_that_waited_for_long_is_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.outbound.kept.IDLE_SECONDS", 0.0)
    with stranger(several, GOOD) as found, KeptConnections[Guarded]() as kept:
        assert [fetch(kept, found.url), fetch(kept, found.url)] == [b"body", b"body"]
        assert found.connections == 2
