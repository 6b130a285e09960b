"""A small lesson in the catalogue and the object storage, as the workers would leave it: real H.264 and AAC chunks."""

from __future__ import annotations

import hashlib
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import imageio_ffmpeg
from sqlalchemy.orm import Session, sessionmaker

from storage.catalogue.facts import PlannedSound, VersionFacts
from storage.catalogue.models import Asset, Chunk, Image, PlaybackId, Rendition, Track, Version
from storage.catalogue.organizations import create_organization
from storage.ids import new_id, new_public_id
from storage.objects import ObjectStore
from workers.package import PackagedChunk, package
from workers.plan.commands.encoders import FRAGMENT_FLAGS
from workers.plan.decisions.bandwidth import average_bandwidth, peak_bandwidth

RATE = 25
DURATION = 10
CHUNK_FRAMES = ((0, 100), (100, 150))
"""First frame and number of frames of each chunk; segments are 100 frames long, the last one 50."""

RUNGS = (("180p", 320, 180), ("360p", 640, 360))
TITLE = '水墨</script><script>alert(1)</script>&"'
FACTS = VersionFacts(
    duration=float(DURATION),
    width=640,
    height=360,
    source_width=640,
    source_height=360,
    frame_rate=float(RATE),
    loop=False,
    longest_segment=188 * 1024 / 48_000,
    picture_chunks=2,
    sounds=(PlannedSound("audio", chunks=1),),
)


@dataclass(frozen=True)
class Lesson:
    """IDs of one lesson; ``public_id`` and ``signed_id`` are playback IDs of the same asset."""

    organization_id: str
    asset_id: str
    version_id: str
    public_id: str
    signed_id: str
    track_id: str


@cache
def encoded() -> dict[str, list[tuple[PackagedChunk, bytes]]]:
    """Chunks by rendition, encoded once for all tests."""
    made: dict[str, list[tuple[PackagedChunk, bytes]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, width, height in RUNGS:
            made[name] = [
                _chunk(
                    Path(folder),
                    [
                        *("-f", "lavfi", "-i", f"testsrc2=s={width}x{height}:r={RATE}:d={DURATION}"),
                        *("-vf", f"trim=start_frame={first}:end_frame={first + count},setpts=PTS-STARTPTS"),
                        *("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"),
                        *("-sc_threshold", "0", "-force_key_frames", "expr:gte(n,n_forced*100)", "-g", "100"),
                        *("-video_track_timescale", "25000", "-movflags", FRAGMENT_FLAGS),
                    ],
                    first * 1000,
                )
                for first, count in CHUNK_FRAMES
            ]
        sound = [
            "-f",
            "lavfi",
            "-i",
            f"sine=440:r=48000:d={DURATION}",
            "-c:a",
            "aac",
            "-b:a",
            "96k",
            "-ac",
            "2",
        ]
        sound += ["-frag_duration", "4010000", "-movflags", "+empty_moov+default_base_moof+skip_trailer"]
        made["audio"] = [_chunk(Path(folder), sound, 0)]
    return made


def _chunk(folder: Path, arguments: list[str], decode_time: int) -> tuple[PackagedChunk, bytes]:
    written, target = folder / "written.mp4", folder / "chunk.mp4"
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(),
        "-nostdin",
        "-v",
        "error",
        "-y",
        *arguments,
        "-f",
        "mp4",
        str(written),
    ]
    subprocess.run(command, check=True, timeout=60)
    with written.open("rb") as source:
        packaged = package(source, target, 1, decode_time)
    return packaged, target.read_bytes()


def add_lesson(
    sessions: sessionmaker[Session], objects: ObjectStore, *, state: str = "ready", chunks: int = 2
) -> Lesson:
    """A lesson in ``state`` of which each video rendition has ``chunks`` chunks, 360p one less while it grows."""
    with sessions.begin() as session:
        organization = create_organization(session, "学校")
        asset = Asset(organization_id=organization.id, title=TITLE)
        session.add(asset)
        session.flush()
        version = Version(asset_id=asset.id, file_name="l.mp4", state=state, kind="video", facts=FACTS)
        session.add(version)
        session.flush()
        asset.current_version_id = version.id
        public = PlaybackId(id=new_public_id(), asset_id=asset.id, policy="public")
        signed = PlaybackId(id=new_public_id(), asset_id=asset.id, policy="signed")
        track = Track(
            version_id=version.id, kind="captions", language="zh", label="中文", object_key=new_id()
        )
        session.add_all([public, signed, track])
        objects.put(track.object_key, b"WEBVTT\n\n00:00.000 --> 00:02.000\nhello\n")
        for position, (name, width, height) in enumerate(RUNGS):
            add_rendition(
                session,
                objects,
                version,
                name,
                position,
                chunks - (state != "ready") * position,
                width,
                height,
            )
        add_rendition(session, objects, version, "audio", 0, min(chunks, 1))
        if state == "ready":
            for name, details in (("poster", {}), ("storyboard", STORYBOARD)):
                add_image(session, objects, version.id, name, details)
        session.flush()
        return Lesson(organization.id, asset.id, version.id, public.id, signed.id, track.id)


STORYBOARD = {"columns": 2, "rows": 2, "tile_width": 160, "tile_height": 90, "seconds": 2.5, "count": 4}


def add_image(
    session: Session, objects: ObjectStore, version_id: str, name: str, details: dict[str, object]
) -> None:
    """An image row and bytes that could be a JPEG's."""
    data = b"\xff\xd8" + name.encode() + b"\xff\xd9"
    key = new_id()
    objects.put(key, data)
    session.add(
        Image(
            version_id=version_id,
            name=name,
            object_key=key,
            content_type="image/jpeg",
            width=640,
            height=360,
            size=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
            details=details,
        )
    )


def add_rendition(
    session: Session,
    objects: ObjectStore,
    version: Version,
    name: str,
    position: int,
    chunks: int,
    width: int | None = None,
    height: int | None = None,
) -> None:
    """A rendition with its first ``chunks`` chunks; bit rates are measured if the version is ready."""
    video = width is not None
    rendition = Rendition(
        version_id=version.id,
        kind="video" if video else "audio",
        name=name,
        position=position,
        width=width,
        height=height,
        frame_rate=float(RATE) if video else None,
        channels=None if video else 2,
        language=None if video else "zh",
        planned_bandwidth=(400_000 * (position + 1)) if video else 140_000,
    )
    session.add(rendition)
    session.flush()
    sizes: list[tuple[float, int]] = []
    for number, (packaged, data) in enumerate(encoded()[name][:chunks]):
        key = new_id()
        objects.put(key, data)
        segments = [
            [segment.fragment.duration / packaged.track.timescale, segment.offset, segment.length]
            for segment in packaged.segments
        ]
        sizes += [(segment[0], int(segment[2])) for segment in segments]
        rendition.codecs = packaged.track.codecs
        session.add(
            Chunk(
                rendition_id=rendition.id,
                number=number,
                object_key=key,
                size=len(data),
                sha256=packaged.sha256,
                init_length=packaged.init_length,
                init_sha256=packaged.init_sha256,
                frames=0,
                segments=segments,
            )
        )
    if version.state == "ready":
        rendition.peak_bandwidth = peak_bandwidth(sizes, 4)
        rendition.average_bandwidth = average_bandwidth(sizes)
