"""Sources whose clock starts late, or again: the lesson lasts as long as what is there to be watched."""

from __future__ import annotations

from pathlib import Path

import pytest
from good_sources import X264, picture, run, sound
from lessons import encode, media_tools

from workers.media import MediaTools

pytestmark = pytest.mark.media

LATE = ("-output_ts_offset", "5000")
CODECS = {
    "mkv": (*X264, "-c:a", "aac"),
    "ts": (*X264, "-c:a", "aac"),
    "flv": (*X264, "-c:a", "aac"),
    "asf": ("-c:v", "wmv2", "-c:a", "wmav2"),
    "ogv": ("-c:v", "libtheora", "-c:a", "libvorbis"),
}


@pytest.fixture(scope="module")
def tools() -> MediaTools:
    return media_tools()


@pytest.mark.parametrize("kind", CODECS)
def test_a_source_may_start_when_it_likes(kind: str, tools: MediaTools, tmp_path: Path) -> None:
    path = tmp_path / f"late.{kind}"
    run(*picture("320x240"), *sound(), *CODECS[kind], *LATE, str(path))
    lesson = encode(tools, path)
    lesson.check()
    assert lesson.duration == pytest.approx(5, abs=0.1)
    assert lesson.faults(tools) == []
    assert not lesson.plan.read_once


@pytest.mark.parametrize("serials", [("1", "2"), ("1", "1")])
def test_a_chain_of_sounds_is_played_to_its_end(
    serials: tuple[str, str], tools: MediaTools, tmp_path: Path
) -> None:
    """As recorders of web radio write it: each piece is a stream of its own."""
    chain = b""
    for serial in serials:
        run(*sound(), "-c:a", "libvorbis", "-serial_offset", serial, str(tmp_path / "link.ogg"))
        chain += (tmp_path / "link.ogg").read_bytes()
    path = tmp_path / "chain.ogg"
    path.write_bytes(chain)
    lesson = encode(tools, path)
    lesson.check()
    assert lesson.duration == pytest.approx(10, abs=0.1)
