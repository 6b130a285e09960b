"""Many readers of the stream of events, in a process of their own: says "ready" once all are in, and at the end of its
input how many are still there and how many messages came."""

from __future__ import annotations

import asyncio
import resource
import sys
from urllib.parse import urlsplit

READERS = 1_000
AT_A_TIME = 50


async def main(url: str, key: str) -> None:
    """Read until told to stop."""
    place = urlsplit(url)
    request = f"GET /v1/live HTTP/1.1\r\nHost: {place.netloc}\r\nAuthorization: Bearer {key}\r\n\r\n".encode()
    counts = {"there": 0, "messages": 0}
    entering = asyncio.Semaphore(AT_A_TIME)
    greeted = asyncio.Semaphore(0)

    async def read() -> None:
        async with entering:
            reader, writer = await asyncio.open_connection(place.hostname, place.port)
            writer.write(request)
            await reader.readuntil(b"event: hello")
        counts["there"] += 1
        greeted.release()
        while part := await reader.read(65536):
            counts["messages"] += part.count(b"event: ")
        counts["there"] -= 1

    tasks = [asyncio.ensure_future(read()) for _ in range(READERS)]
    for _ in range(READERS):
        await greeted.acquire()
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    print(counts["there"], counts["messages"], flush=True)
    for task in tasks:
        task.cancel()


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    asyncio.run(main(*sys.argv[1:3]))
