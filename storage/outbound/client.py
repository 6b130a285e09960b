"""The one way out to strangers: webhooks, imports, mirrors. No other module connects to what somebody typed.

The name is resolved once, every address of it is judged, the connection goes to an address that was judged, and its
peer is judged again: a name that changes its mind in between (DNS rebinding) leads nowhere. Redirects are followed by
hand, each hop judged as the first one. One deadline counts for everything, names and handshakes included. Bodies are
read by ``http.client``, whose lines are bounded; nothing is decompressed.
"""

from __future__ import annotations

import base64
import http.client
import queue
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import unquote, urljoin, urlsplit

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from storage.outbound.answers import Answer, BoundedHead, Download
from storage.outbound.deadline import Deadline
from storage.outbound.kept import KeptConnections
from storage.strangers import Network, OutboundError, Target, read_url, require_allowed

USER_AGENT: Final = "Lessonstream"
MOST_REDIRECTS: Final = 5
CONNECT_SECONDS: Final = 10.0

Resolve = Callable[[str, int], Sequence[str]]
"""Host and port: the numeric addresses of it. Raises ``OSError``."""

Connect = Callable[[str, int, float], socket.socket]
"""Numeric address, port, seconds: a connected socket. Raises ``OSError``."""

_REDIRECTS: Final = {301, 302, 303, 307, 308}


def resolve(host: str, port: int) -> Sequence[str]:
    """As the system does."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def connect(address: str, port: int, seconds: float) -> socket.socket:
    """To a numeric address, so that nothing is resolved again."""
    return socket.create_connection((address, port), timeout=seconds)


@dataclass(frozen=True)
class Outbound:
    """How strangers are reached. ``allowed`` are networks that the operator opens; with a ``proxy``
    (``http://user:password@host:port``) all connections go to it, and it judges the addresses.
    """

    allowed: tuple[Network, ...] = ()
    proxy: str = ""
    tls: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    resolve: Resolve = resolve
    connect: Connect = connect

    def post(
        self,
        url: str,
        body: bytes,
        headers: Mapping[str, str],
        *,
        seconds: float,
        most_bytes: int = 64 * 1024,
    ) -> Answer:
        """Send a small body, and return the answer with what it says, cut after ``most_bytes``. A redirect is an answer
        like others: nobody is sent what was meant for another. Raises ``OutboundError``.
        """
        target = read_url(url, self.allowed)
        deadline = Deadline(seconds)
        connection = None
        try:
            with _told(deadline):
                connection = self._open(target, deadline)
                heads = self._heads(target, headers)
                response = _ask(connection, "POST", self._line(target), heads, deadline.left(), body=body)
                answer = Download(response, target.url, deadline)
                return Answer(response.status, answer.headers, answer.read(most_bytes))
        finally:
            deadline.end()
            if connection is not None:
                connection.close()

    @contextmanager
    def get(
        self,
        url: str,
        *,
        seconds: float,
        idle_seconds: float = 30.0,
        start: int = 0,
        validator: str = "",
        headers: Mapping[str, str] | None = None,
        secrets: Mapping[str, str] | None = None,
        kept: Kept | None = None,
        redirects: int = MOST_REDIRECTS,
    ) -> Iterator[Download]:
        """Ask for what may be large, from byte ``start`` on if it is still what ``validator`` (of an earlier
        ``Download``) tells of, else from the beginning: ``Download.start`` says which. So many ``redirects`` are
        followed; ``secrets`` are headers that only the first origin is told. ``idle_seconds`` is how long nothing may
        come. A connection of ``kept`` is used if there is one, and goes back there once all was read.

        Raises ``OutboundError``, here and wherever it is read.
        """
        asked = {**(headers or {}), **_range(start, validator)}
        target, private = read_url(url, self.allowed), dict(secrets or {})
        deadline = Deadline(seconds)
        connection = None
        try:
            for hop in range(redirects + 1):
                with _told(deadline):
                    heads = self._heads(target, {**asked, **private}, is_kept=kept is not None)
                    connection = kept.take(target.origin) if kept else None
                    response = self._try_again(connection, target, deadline, idle_seconds, heads)
                    if response is None:
                        connection = self._open(target, deadline)
                        idle = min(idle_seconds, deadline.left())
                        response = _ask(connection, "GET", self._line(target), heads, idle)
                    is_answer = response.status not in _REDIRECTS
                    download = Download(response, target.url, deadline) if is_answer else None
                if download is not None:
                    yield download
                    if kept is not None and connection is not None and download.is_over:
                        download.let_go()
                        kept.give(target.origin, connection)
                        connection = None
                    return
                assert connection is not None  # noqa: S101  (for the type checker)
                if hop == redirects == 0:
                    raise OutboundError("redirect_refused", "none is followed here")
                following = self._follow(target, response.getheader("Location"))
                private = private if following.origin == target.origin else {}
                connection.close()
                target = following
            raise OutboundError("too_many_redirects", f"more than {redirects}")
        finally:
            deadline.end()
            if connection is not None:
                connection.close()

    def _try_again(
        self,
        connection: Guarded | None,
        target: Target,
        deadline: Deadline,
        idle_seconds: float,
        heads: Mapping[str, str],
    ) -> http.client.HTTPResponse | None:
        """What is answered over a connection that was kept; None if there is none, or the other side has closed it
        meanwhile, as it may at any time."""
        if connection is None or connection.handle is None:
            return None
        deadline.watch(connection.handle)
        try:
            return _ask(connection, "GET", self._line(target), heads, min(idle_seconds, deadline.left()))
        except (http.client.RemoteDisconnected, ConnectionError, http.client.CannotSendRequest):
            connection.close()
            return None

    def _follow(self, target: Target, location: str | None) -> Target:
        if not location:
            raise OutboundError("redirect_refused", "a redirect to nowhere")
        try:
            wanted = urljoin(target.url, location.strip())
        except ValueError as error:
            raise OutboundError("url_invalid", str(error)) from None
        following = read_url(wanted, self.allowed)
        if target.scheme == "https" and following.scheme == "http":
            raise OutboundError("redirect_refused", "from https to http")
        return following

    def _open(self, target: Target, deadline: Deadline) -> Guarded:
        """A connection to the target, or through the proxy."""
        connection: Guarded
        if target.scheme == "https":
            connection = _Secure(target.host, target.port, ssl_context=self.tls)
        else:
            connection = _Plain(target.host, target.port)

        def open_socket() -> socket.socket:
            opened = self._socket(target, deadline)
            connection.handle = opened.dup()
            return opened

        connection.open_socket = open_socket
        connection.response_class = BoundedHead
        if self.proxy and target.scheme == "https":
            connection.set_tunnel(target.host, target.port, headers=_proxy_authorization(self.proxy))
        connection.connect()
        connection.sock.settimeout(deadline.left())
        return connection

    def _socket(self, target: Target, deadline: Deadline) -> socket.socket:
        if self.proxy:
            parts = urlsplit(self.proxy)
            opened = self._connect_any([parts.hostname or ""], parts.port or 80, deadline, "proxy_failed")
        else:
            addresses = self._addresses(target, deadline)
            opened = self._connect_any(addresses, target.port, deadline, "connect_failed")
            try:
                require_allowed(str(opened.getpeername()[0]), self.allowed)
            except (OutboundError, OSError):
                opened.close()
                raise
        deadline.watch(opened)
        opened.settimeout(deadline.left())
        return opened

    def _addresses(self, target: Target, deadline: Deadline) -> Sequence[str]:
        """All addresses of a name, each of them judged: whoever lists one of ours is up to something."""
        found = _within(deadline, lambda: self.resolve(target.host, target.port))
        if not found:
            raise OutboundError("name_unknown", f"{target.host} has no address")
        for address in found:
            require_allowed(address, self.allowed)
        return found

    def _connect_any(
        self, addresses: Sequence[str], port: int, deadline: Deadline, code: Any
    ) -> socket.socket:
        problem: OSError | None = None
        for address in addresses:
            try:
                return self.connect(address, port, min(CONNECT_SECONDS, deadline.left()))
            except OSError as error:
                problem = error
        raise OutboundError(code, f"nobody answers: {problem}")

    def _line(self, target: Target) -> str:
        return target.url if self.proxy and target.scheme == "http" else target.path

    def _heads(self, target: Target, headers: Mapping[str, str], *, is_kept: bool = False) -> dict[str, str]:
        through = _proxy_authorization(self.proxy) if self.proxy and target.scheme == "http" else {}
        return {
            "Host": target.authority,
            "User-Agent": USER_AGENT,
            "Accept-Encoding": "identity",
            **({} if is_kept else {"Connection": "close"}),
            **headers,
            **through,
        }


class _Plain(HTTPConnection):
    """urllib3's connection, whose socket comes from ``Outbound``. ``handle`` is another name of that socket, by which
    a deadline shuts it, whatever is wrapped around it."""

    open_socket: Callable[[], socket.socket]
    handle: socket.socket | None = None

    def _new_conn(self) -> socket.socket:
        return self.open_socket()

    def close(self) -> None:
        super().close()
        _let_go(self)


class _Secure(HTTPSConnection):
    """The same over TLS: certificate and name are verified as urllib3 does."""

    open_socket: Callable[[], socket.socket]
    handle: socket.socket | None = None

    def _new_conn(self) -> socket.socket:
        return self.open_socket()

    def close(self) -> None:
        super().close()
        _let_go(self)


Guarded = _Plain | _Secure
"""A connection whose peer was judged."""

Kept = KeptConnections[Guarded]
"""Those that wait for another request."""


def _let_go(connection: Guarded) -> None:
    if connection.handle is not None:
        connection.handle.close()
        connection.handle = None


def _ask(
    connection: HTTPConnection,
    method: str,
    line: str,
    headers: Mapping[str, str],
    idle_seconds: float,
    *,
    body: bytes = b"",
) -> http.client.HTTPResponse:
    """Send a request and read the head of its answer. Nothing may come for ``idle_seconds``, now and later."""
    # Not of the socket alone: urllib3 sets that anew with each request.
    connection.timeout = idle_seconds
    connection.request(method, line, body=body or None, headers=dict(headers))
    connection.sock.settimeout(idle_seconds)
    # Not urllib3's own answer: it reads lines without a bound.
    return http.client.HTTPConnection.getresponse(connection)


def _range(start: int, validator: str) -> dict[str, str]:
    if not start or not validator:
        return {}
    return {"Range": f"bytes={start}-", "If-Range": validator}


def _proxy_authorization(proxy: str) -> dict[str, str]:
    parts = urlsplit(proxy)
    if not parts.username:
        return {}
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
    return {"Proxy-Authorization": "Basic " + base64.b64encode(pair).decode()}


def _within(deadline: Deadline, ask: Callable[[], Sequence[str]]) -> Sequence[str]:
    """What the resolver says; it knows no time-out, so a thread that it holds up is left behind."""
    said: queue.SimpleQueue[Sequence[str] | OSError | UnicodeError] = queue.SimpleQueue()

    def run() -> None:
        try:
            said.put(ask())
        except (OSError, UnicodeError) as error:
            said.put(error)

    threading.Thread(target=run, name="resolver", daemon=True).start()
    try:
        found = said.get(timeout=min(CONNECT_SECONDS, deadline.left()))
    except queue.Empty:
        raise OutboundError("timed_out", "the name server does not answer") from None
    if isinstance(found, OSError | UnicodeError):
        raise OutboundError("name_unknown", str(found))
    return found


@contextmanager
def _told(deadline: Deadline) -> Iterator[None]:
    """Errors of the libraries as ours."""
    try:
        yield
    except OutboundError:
        raise
    except (OSError, HTTPError, http.client.HTTPException) as error:
        if deadline.is_over or isinstance(error, TimeoutError):
            raise OutboundError("timed_out", "the answer took too long") from error
        if isinstance(error, ssl.SSLError) or isinstance(error.__cause__, ssl.SSLError):
            raise OutboundError("tls_failed", str(error)) from error
        if isinstance(error, HTTPError) or "unnel" in str(error):
            raise OutboundError("proxy_failed", str(error)) from error
        is_broken = isinstance(error, OSError | http.client.RemoteDisconnected)
        raise OutboundError("broken_off" if is_broken else "answer_invalid", str(error)) from error
    except ValueError as error:  # numbers of thousands of digits
        raise OutboundError("answer_invalid", str(error)) from error
