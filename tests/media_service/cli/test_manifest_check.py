"""What a walk through a playlist asks for."""

from __future__ import annotations

import m3u8

from media_service.cli.manifest_check import byte_ranges


def test_byte_ranges() -> None:
    playlist = m3u8.loads(
        "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:4\n"
        '#EXT-X-MAP:URI="chunk.mp4",BYTERANGE="700@0"\n'
        "#EXTINF:4,\n#EXT-X-BYTERANGE:1000@708\nchunk.mp4\n"
        "#EXTINF:4,\n#EXT-X-BYTERANGE:50\nchunk.mp4\n"
        "#EXTINF:4,\nwhole.mp4\n#EXT-X-ENDLIST\n"
    )
    assert list(dict.fromkeys(byte_ranges(playlist))) == [
        ("chunk.mp4", 0, 700),
        ("chunk.mp4", 708, 1000),
        ("chunk.mp4", 1708, 50),
        ("whole.mp4", 0, None),
    ]
