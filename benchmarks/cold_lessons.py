"""What it costs to begin with a lesson that no cache knows: all playlists of half an hour, once each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from sqlalchemy import insert, select
from sqlalchemy.orm import sessionmaker

from benchmarks.figure import Figure
from benchmarks.lessons import pack_all, planned
from benchmarks.stack import MeasuredStack, is_database, is_web, measured_stack
from storage.catalogue import database
from storage.catalogue.models import Asset, Chunk, Organization, PlaybackId, Rendition, Version
from storage.ids import new_id, new_public_id

LESSONS = 300
WARM_UP = 20
GOAL_MS = 10.0
CHUNKS = 30
SEGMENTS: Final = [[4.0, 800 + 512_345 * number, 512_345] for number in range(15)]
HEIGHTS: Final = (180, 270, 360, 540, 720, 1080)

_FACTS: Final = planned(CHUNKS, longest_segment=4.0)


def measure(folder: Path) -> Sequence[Figure]:
    """Each lesson is asked for once, so nothing is remembered of any."""
    with measured_stack(folder, WORKERS="1", ADDRESS_REQUESTS_PER_SECOND="0") as stack:
        lessons = _fill(stack)
        for lesson in lessons[:WARM_UP]:
            _ask(stack, lesson)
        sizes, (web, data) = stack.cpu_of(
            lambda: [_ask(stack, lesson) for lesson in lessons[WARM_UP:]], is_web, is_database
        )
    each = 1000 / len(sizes)
    note = (
        f"{web * each:.1f} ms of the web service, {data * each:.1f} of PostgreSQL; {sizes[0] / 1000:.0f} kB"
    )
    return [Figure("CPU of a cold start of 30 minutes", (web + data) * each, GOAL_MS, "ms", 1, note=note)]


def _ask(stack: MeasuredStack, lesson: tuple[str, str]) -> int:
    """Bytes of all playlists."""
    public, version = lesson
    names = ["master", *(f"{version}/video-{height}" for height in HEIGHTS), f"{version}/audio"]
    answers = [stack.client.pool.request("GET", f"{stack.url}/v/{public}/{name}.m3u8") for name in names]
    if [answer.status for answer in answers] != [200] * len(names):
        raise RuntimeError(f"lesson {public} does not play: {[answer.status for answer in answers]}")
    return sum(len(answer.data) for answer in answers)


def _fill(stack: MeasuredStack) -> list[tuple[str, str]]:
    """Ready, public lessons: playback ID and version of each."""
    engine = database.connect(stack.environment["DATABASE_URL"])
    lessons = []
    with sessionmaker(engine).begin() as session:
        root = session.execute(select(Organization.id).where(Organization.parent_id.is_(None))).scalar_one()
        for number in range(LESSONS):
            asset_id, version_id, public = new_id(), new_id(), new_public_id()
            asset = {"id": asset_id, "organization_id": root, "title": f"第 {number} 课"}
            session.execute(insert(Asset), [asset])
            version = {"id": version_id, "asset_id": asset_id, "file_name": "lesson.mp4", "kind": "video"}
            session.execute(insert(Version), [{**version, "state": "ready", "facts": _FACTS}])
            session.execute(insert(PlaybackId), [{"id": public, "asset_id": asset_id, "policy": "public"}])
            renditions = [_rendition(version_id, place) for place in range(len(HEIGHTS) + 1)]
            session.execute(insert(Rendition), renditions)
            session.execute(
                insert(Chunk), [_chunk(each["id"], at) for each in renditions for at in range(CHUNKS)]
            )
            session.get_one(Asset, asset_id).current_version_id = version_id
            lessons.append((public, version_id))
    pack_all(engine)
    engine.dispose()
    return lessons


def _rendition(version_id: str, place: int) -> dict[str, object]:
    shared = {"id": new_id(), "version_id": version_id, "position": place, "planned_bandwidth": 500_000}
    if place == len(HEIGHTS):
        sound = {"kind": "audio", "name": "audio", "channels": 2, "codecs": "mp4a.40.2"}
        return {**shared, **sound, "width": None, "height": None, "frame_rate": None}
    height = HEIGHTS[place]
    picture = {"kind": "video", "name": f"video-{height}", "channels": None, "codecs": "avc1.64001f"}
    return {**shared, **picture, "width": height * 16 // 9, "height": height, "frame_rate": 25.0}


def _chunk(rendition_id: object, number: int) -> dict[str, object]:
    return {
        "rendition_id": rendition_id,
        "number": number,
        "object_key": f"assets/{new_id()}/{new_id()}/{new_id()}/1/chunk.mp4",
        "size": SEGMENTS[-1][1] + SEGMENTS[-1][2],
        "sha256": "0" * 64,
        "init_length": 800,
        "init_sha256": "0" * 64,
        "frames": 1500,
        "segments": SEGMENTS,
    }
