"""The client of the commands, where the network loses an answer."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from media_service.cli.client import connect_to


def test_an_upload_whose_answer_is_lost_is_begun_once(tmp_path: Path) -> None:
    keys: list[str | None] = []

    class Service(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            keys.append(self.headers["Idempotency-Key"])
            if len(keys) == 1:
                self.close_connection = True
                return
            self.send_response(201)
            for name, value in (
                ("Location", "/v1/uploads/1"),
                ("Lessonstream-Asset", "a"),
                ("Content-Length", "0"),
            ):
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    empty = tmp_path / "empty.mp4"
    empty.touch()
    with HTTPServer(("127.0.0.1", 0), Service) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        client = connect_to(f"http://127.0.0.1:{server.server_port}", "key")
        assert client.upload(empty, "t", lambda _sent, _size: None) == "a"
        server.shutdown()
    assert len(keys) == 2 and keys[0] == keys[1] is not None
