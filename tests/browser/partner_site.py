"""A site of another origin, which embeds lessons."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Page


@dataclass
class Partner:
    """A site that holds whatever HTML it is given, on an origin of its own."""

    html: str = ""
    origin: str = field(default="", init=False)

    def show(self, page: Page, html: str) -> None:
        self.html = html
        page.goto(self.origin)


@pytest.fixture(scope="module")
def partner() -> Iterator[Partner]:
    site = Partner()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = f"<!doctype html><meta charset=utf-8><body>{site.html}".encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site.origin = f"http://127.0.0.1:{server.server_port}/"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1})
    thread.start()
    yield site
    server.shutdown()
    server.server_close()
    thread.join()
