"""The plan of a version: everything that the encoding steps need to know, decided once."""

from __future__ import annotations

from dataclasses import dataclass

from storage.catalogue.facts import Notice
from workers.plan.model.entry import Entry
from workers.plan.model.passthrough import SourceEncoding
from workers.plan.model.rungs import Rung
from workers.plan.model.sounds import AudioPlan
from workers.plan.model.storyboard import Storyboard
from workers.plan.model.time_grid import TimeGrid
from workers.plan.model.treatment import Treatment
from workers.plan.timing import Span


@dataclass(frozen=True)
class VideoPlan:
    """The picture. Rungs are listed best first, the order in which each is scaled from the one before. The source is
    entered ``margin_frames`` earlier than wanted, so that the wanted frame is surely decoded.
    """

    stream: int
    grid: TimeGrid
    preset: str
    rungs: tuple[Rung, ...]
    margin_frames: int
    treatment: Treatment
    storyboard: Storyboard
    entry: Entry = Entry()
    notes: tuple[str, ...] = ()
    """Why these rungs and qualities, for people."""
    source_rate: tuple[int, int] | None = None
    """Of an animated image with a constant rate."""
    source_encoding: SourceEncoding | None = None
    """The source's own encoding, if it could be the best rung as it is."""
    decode_delay: int = 0
    """Frames by which H.264 is decoded ahead of what is shown."""
    alpha_stream: int | None = None
    """Of a picture whose transparency is a stream of its own."""
    hardware: bool = True
    """Whether graphics hardware may encode some of it, where there is some: it has not failed at it yet."""

    def delay_of(self, rung: Rung) -> int:
        """Return by how many frames this rung is decoded ahead."""
        if rung.passthrough and self.source_encoding:
            return self.source_encoding.decode_delay
        return self.decode_delay if rung.codec == "h264" else 0


@dataclass(frozen=True)
class Plan:
    """What a version becomes. ``kind`` is video, animation or audio; ``duration`` in seconds.

    ``width`` and ``height`` are those of the best rung or, without a picture, of the poster. With a picture
    ``sounds`` are languages, the default first; without one they are qualities of one sound, best first.
    """

    kind: str
    width: int
    height: int
    duration: float
    segment_seconds: float
    video: VideoPlan | None
    sounds: tuple[AudioPlan, ...]
    loop: bool = False
    notes: tuple[str, ...] = ()
    """What was decided about all of it, for people; of rungs see ``VideoPlan.notes``."""
    notices: tuple[Notice, ...] = ()
    """What its author should know: what was left out of the source, for one."""

    @property
    def read_once(self) -> bool:
        """Return whether the source can only be read from its beginning, for its timestamps start again somewhere."""
        return any(part.entry.joint_streams for part in (self.video, *self.sounds) if part)

    @property
    def spans(self) -> dict[str, tuple[Span, ...]]:
        """How each rendition is cut into chunks, by its name."""
        rungs = {rung.name: self.video.grid.chunks for rung in self.video.rungs} if self.video else {}
        return rungs | {sound.name: sound.chunks for sound in self.sounds}

    @property
    def picture(self) -> VideoPlan:
        """The picture of a plan that must have one. Raises ``ValueError``."""
        if self.video is None:
            raise ValueError("a plan of sound alone has no picture")
        return self.video
