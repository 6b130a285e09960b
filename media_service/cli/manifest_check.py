"""Fetches everything that a playback manifest leads to, as a player would in the end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urljoin

import m3u8
import urllib3


@dataclass
class ManifestCheck:
    """A check under way, with its problems so far. ``checked`` counts URLs and byte ranges."""

    pool: urllib3.PoolManager
    checked: int = 0
    problems: list[str] = field(default_factory=list)

    def manifest(self, url: str) -> None:
        """The multivariant playlist, its media playlists, and every initialization section and segment in them."""
        text = self.fetch(url)
        if text is None:
            return
        master = m3u8.loads(text.decode())
        uris = [
            item.uri for group in (master.playlists, master.iframe_playlists, master.media) for item in group
        ]
        if not uris:
            self.problems.append(f"{url}: names no media playlist")
        for uri in dict.fromkeys(uri for uri in uris if uri):
            self._media_playlist(urljoin(url, uri))

    def page(self, url: str) -> None:
        """A page or an image by itself."""
        self.fetch(url)

    def storyboard(self, url: str) -> None:
        """A WebVTT file of previews and the pictures that it cuts from."""
        text = self.fetch(url)
        pictures = re.findall(r"^(\S+)#xywh=", text.decode(), re.MULTILINE) if text else []
        if text and not pictures:
            self.problems.append(f"{url}: names no picture")
        for picture in dict.fromkeys(pictures):
            self.fetch(urljoin(url, picture))

    def fetch(self, url: str, start: int = 0, length: int | None = None) -> bytes | None:
        """The bytes of a URL or of a range of it; None, with a problem noted, if they cannot be had."""
        self.checked += 1
        what = url if length is None else f"{url} bytes {start}-{start + length - 1}"
        headers = {} if length is None else {"Range": f"bytes={start}-{start + length - 1}"}
        try:
            answer = self.pool.request("GET", url, headers=headers)
        except urllib3.exceptions.HTTPError as error:
            self.problems.append(f"{what}: {error}")
            return None
        expected = 200 if length is None else 206
        if answer.status != expected:
            self.problems.append(f"{what}: status {answer.status}, not {expected}")
        elif not answer.data or (length is not None and len(answer.data) != length):
            self.problems.append(f"{what}: {len(answer.data)} bytes")
        else:
            return answer.data
        return None

    def _media_playlist(self, url: str) -> None:
        text = self.fetch(url)
        if text is None:
            return
        playlist = m3u8.loads(text.decode())
        if not playlist.segments:
            self.problems.append(f"{url}: has no segments")
        for uri, start, length in dict.fromkeys(byte_ranges(playlist)):
            self.fetch(urljoin(url, uri), start, length)


def byte_ranges(playlist: m3u8.M3U8) -> Iterator[tuple[str, int, int | None]]:
    """URI, first byte and length (None: all) of each initialization section and segment (RFC 8216bis, 4.4.4.2)."""
    after: dict[str, int] = {}
    for segment in playlist.segments:
        if segment.init_section is not None:
            yield _range(segment.init_section.uri, segment.init_section.byterange, 0)
        uri, start, length = _range(segment.uri, segment.byterange, after.get(segment.uri, 0))
        after[uri] = start + (length or 0)
        yield uri, start, length


def _range(uri: str, byterange: str | None, default_start: int) -> tuple[str, int, int | None]:
    if not byterange:
        return uri, 0, None
    length, _, start = byterange.partition("@")
    return uri, int(start) if start else default_start, int(length)
