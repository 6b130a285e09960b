"""A crowd of slow clients in a process of its own: ``upload`` sends a few bytes a second, ``read`` takes a few.

Standard input has a path for each client, then an empty line; ``ready`` on standard output says that all are at work.
It ends with its standard input.
"""

from __future__ import annotations

import resource
import selectors
import socket
import sys
import time
from urllib.parse import urlsplit

BYTES_A_SECOND = {"upload": 250, "read": 16 * 1024}
UPLOAD_SIZE = 1024 * 1024
WINDOW = 64 * 1024
"""What the kernel keeps for a reader. On a loopback it would swallow megabytes before a client looks slow."""


def main(mode: str, url: str, key: str) -> None:
    """Until standard input is closed."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    paths = list(iter(sys.stdin.readline, "\n"))
    crowd = [_join(mode, url, path.strip(), key) for path in paths]
    print("ready", flush=True)
    over = selectors.DefaultSelector()
    over.register(sys.stdin, selectors.EVENT_READ)
    turns = 10
    while True:
        for turn in range(turns):
            begun = time.monotonic()
            for client in crowd[turn::turns]:
                if mode == "upload":
                    client.send(b"x" * BYTES_A_SECOND[mode])
                else:
                    client.recv(BYTES_A_SECOND[mode])
            if over.select(max(0.0, 1 / turns - (time.monotonic() - begun))):
                return


def _join(mode: str, url: str, path: str, key: str) -> socket.socket:
    place = urlsplit(url)
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, WINDOW)
    client.connect((place.hostname, place.port))
    if mode == "upload":
        head = [
            f"PATCH {path} HTTP/1.1",
            f"Authorization: Bearer {key}",
            "Tus-Resumable: 1.0.0",
            "Upload-Offset: 0",
            "Content-Type: application/offset+octet-stream",
            f"Content-Length: {UPLOAD_SIZE}",
        ]
    else:
        head = [f"GET {path} HTTP/1.1"]
    client.sendall("\r\n".join([*head, f"Host: {place.netloc}", "", ""]).encode())
    return client


if __name__ == "__main__":
    main(*sys.argv[1:4])
