"""What a platform tells a linked one of a lesson or a course: all that it needs to show and play it by itself.

Both sides read and write these models, so what one says the other understands; what a later release adds is passed
over. Whoever reads them judges them (bounds, names that become keys): the other platform is known, but not trusted with
our bucket.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from configs.words import (
    AssetKind,
    ContributorRole,
    Level,
    LicenceCode,
    RecordChange,
    RecordKind,
    RenditionKind,
    SharedTrackKind,
)
from storage.catalogue.pictures import grid_from_json
from storage.fingerprints import MOST_TILES, TILE, Fingerprint
from storage.ids import ID_PATTERN
from storage.languages import TAG_PATTERN
from storage.shown_text import shown_line

MOST_BYTES: Final = 32 * 1024 * 1024
"""Of a lesson's document: one of a long lecture has some hundred kilobytes."""

MOST_CHANGES: Final = 1000
"""On one page of them."""

MOST_IN_COURSE: Final = 10_000
"""Lessons."""

MOST_POSTER_BYTES: Final = 4 * 1024 * 1024
"""Of a poster that is copied where nothing else of a lesson is."""

_LARGEST: Final = 2**50

_LARGEST_WHOLE: Final = 2**31 - 1
"""That the catalogue's columns keep."""

Id = Annotated[str, Field(pattern=f"^{ID_PATTERN}$")]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Size = Annotated[int, Field(ge=0, le=_LARGEST)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Whole = Annotated[int, Field(ge=0, le=_LARGEST_WHOLE)]
Path = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*){0,3}$", max_length=200)
]
"""Of an object: names, none of which leads elsewhere."""

Name = Annotated[str, Field(pattern="^[a-z0-9][a-z0-9._-]{0,63}$")]
"""What may become a part of an object's key."""


def _kept(text: str) -> str:
    """As the catalogue can keep it."""
    return text.replace("\0", " ")


def _in_utc(moment: datetime) -> datetime:
    """Without an offset it is taken for UTC. Raises ``ValueError`` for one that the catalogue would keep, and nobody
    could read from it."""
    try:
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except OverflowError:
        raise ValueError("must lie in the years 1 to 9999 of UTC") from None


def _of_calendar(said: str) -> str | None:
    """A year, a month or a day; None if there is no such one."""
    try:
        date(*[*map(int, said.split("-")), 1, 1][:3])
    except ValueError:
        return None
    return said


Line = Annotated[str, Field(max_length=300), AfterValidator(_kept)]
Shown = Annotated[str, Field(max_length=300), AfterValidator(shown_line)]
"""A line that people read."""

Moment = Annotated[datetime, AfterValidator(_in_utc)]
Text = Annotated[str, Field(max_length=20_000), AfterValidator(_kept)]
Language = Annotated[str, Field(pattern=f"^{TAG_PATTERN}$")]
Url = Annotated[str, Field(max_length=2000, pattern=r"^https?://[!#-;=?-\[\]_a-z~%]+$")]
_MediaType = Annotated[str, Field(pattern="^[a-z]+/[a-z0-9.+-]{1,60}$")]


class _Told(BaseModel):
    model_config = ConfigDict(extra="ignore")


class SharedCategory(_Told):
    """A category, by what it is called everywhere."""

    code: Line
    name_zh: Line
    name_en: Line


class Station(_Told):
    """A platform that had a lesson: where it came from first, or was copied to after. ``url`` is its base address,
    ``asset_id`` what it calls the lesson."""

    url: Annotated[str, Field(max_length=500)]
    name: Line
    asset_id: Id


class SharedContributor(_Told):
    """Who did what for a lesson."""

    role: ContributorRole
    name: Shown
    organization: Shown | None = None


class SharedLicence(_Told):
    """What others may do with a lesson. Only ``custom`` terms have words or an address of their own."""

    code: LicenceCode
    text: Text | None = None
    url: Url | None = None

    @model_validator(mode="after")
    def _told_by_its_code(self) -> SharedLicence:
        if self.code != "custom":
            self.text = self.url = None
        return self


class SharedSource(_Told):
    """Who made it, if that was another organization."""

    name: Shown
    id: Line | None = None


class SharedMetadata(_Told):
    """What is said of a lesson or a course. ``categories`` are ways from a root of the tree to where it stands;
    ``owner`` is the organization that it belongs to."""

    title: Shown
    owner: Shown
    description: Text
    language: Language | None
    subject: Shown | None
    tags: Annotated[list[Shown], Field(max_length=100)]
    categories: Annotated[list[list[SharedCategory]], Field(max_length=100)]
    level: Level | None
    audience: Text | None
    contributors: Annotated[list[SharedContributor], Field(max_length=100)]
    licence: SharedLicence | None
    source_organization: SharedSource | None
    original_date: (
        Annotated[str, Field(pattern="^[0-9]{4}(-[0-9]{2}){0,2}$"), AfterValidator(_of_calendar)] | None
    )
    other_ids: dict[Annotated[str, Field(pattern="^[a-z0-9][a-z0-9._-]{0,49}$")], Line]
    external_id: Line | None
    published_at: Moment | None
    withdraw_at: Moment | None


class SharedObject(_Told):
    """An object: under which ``path`` it is fetched, below ``objects/VERSION/``."""

    path: Path
    content_type: _MediaType
    size: Size
    sha256: Sha256


class SharedChunk(SharedObject):
    """A chunk of a rendition. ``segments`` are [seconds, offset, length]."""

    number: Annotated[int, Field(ge=0, le=1_000_000)]
    init_length: Whole
    init_sha256: Sha256
    frames: Whole
    segments: list[tuple[float, Size, Size]]

    @model_validator(mode="after")
    def _lies_within(self) -> SharedChunk:
        ends = [offset + length for _seconds, offset, length in self.segments]
        are_good = all(
            0 < seconds < 3600 and offset >= 0 and length > 0 for seconds, offset, length in self.segments
        )
        if not are_good or max([self.init_length, *ends]) > self.size:
            raise ValueError("a segment that does not lie in its chunk")
        return self


class SharedRendition(_Told):
    """An encoded quality of the picture, or a sound, with its chunks in order."""

    kind: RenditionKind
    name: Name
    position: Annotated[int, Field(ge=0, le=1000)]
    width: Whole | None
    height: Whole | None
    frame_rate: Number | None
    channels: Whole | None
    language: Language | None
    label: Line | None
    codecs: Annotated[str, Field(pattern="^[A-Za-z0-9.,_-]{1,100}$")] | None
    planned_bandwidth: Whole
    peak_bandwidth: Whole | None
    average_bandwidth: Whole | None
    chunks: list[SharedChunk]


_Numbers = Annotated[list[Number], Field(max_length=10)]
_Detail = (
    Annotated[int, Field(ge=-_LARGEST, le=_LARGEST)]
    | Number
    | Text
    | bool
    | Annotated[list[_Numbers], Field(max_length=1000)]
    | None
)


class SharedImage(SharedObject):
    """A poster, a storyboard or a preview."""

    content_type: Annotated[str, Field(pattern="^image/(jpeg|png|webp|avif|gif)$")]
    name: Name
    width: Whole
    height: Whole
    details: Annotated[dict[Annotated[str, Field(max_length=60)], _Detail], Field(max_length=50)]

    @model_validator(mode="after")
    def _is_a_sheet(self) -> SharedImage:
        if self.name == "storyboard":
            grid_from_json(self.details)
        return self


class SharedFile(SharedObject):
    """A whole file, such as one to be saved."""

    content_type: Annotated[
        str, Field(pattern="^((video|audio)/[a-z0-9.+-]{1,60}|application/octet-stream)$")
    ]
    name: Name


class SharedRecipe(SharedFile):
    """How a whole file of ``joined_size`` bytes is put together of the version's chunks, itself an object."""

    joined_size: Size


class SharedText(SharedObject):
    """A track, as WebVTT; ``automatic`` if a machine wrote what is said, and nobody has looked at it."""

    language: Language
    label: Line
    automatic: bool = False


class SharedTrack(SharedText):
    """Captions or chapters."""

    kind: SharedTrackKind


class SharedSlides(SharedText):
    """What is written on slides, and when."""


def _words(text: str) -> bytes:
    """Of Base64. Raises ``ValueError``."""
    return base64.b64decode(text, validate=True)


class SharedFingerprint(_Told):
    """How a version looks and sounds (``storage.fingerprints``), in Base64, by which the same lesson is found that was
    encoded another way. Bounded, for it is compared with those of many others."""

    duration: Annotated[float, Field(gt=0, le=10_000_000, allow_inf_nan=False)]
    pictures: Annotated[str, Field(max_length=40_000, pattern="^[A-Za-z0-9+/]*={0,2}$")] = ""
    picture_seconds: Annotated[float, Field(ge=0, le=10_000_000, allow_inf_nan=False)] = 0.0
    sound: Annotated[str, Field(max_length=12_000, pattern="^[A-Za-z0-9+/]*={0,2}$")] = ""

    @model_validator(mode="after")
    def _is_one(self) -> SharedFingerprint:
        pictures, sound = _words(self.pictures), _words(self.sound)
        tile = TILE[0] * TILE[1]
        if len(pictures) % tile or len(pictures) > MOST_TILES * tile or len(sound) % 4:
            raise ValueError("no whole number of pictures, or of words")
        # Intervals are divided by each other.
        if pictures and self.picture_seconds < 0.001:
            raise ValueError("pictures without an interval")
        return self

    def value(self) -> Fingerprint:
        """As it is compared."""
        return Fingerprint(_words(self.pictures), self.picture_seconds, _words(self.sound))

    @classmethod
    def of(cls, duration: float, told: Fingerprint) -> SharedFingerprint:
        """As it is told."""
        return cls(
            duration=duration,
            pictures=base64.b64encode(told.pictures).decode(),
            picture_seconds=told.picture_seconds,
            sound=base64.b64encode(told.sound).decode(),
        )


class SharedVersion(_Told):
    """A version that plays, and everything that belongs to it. ``facts`` are as the catalogue stores them; ``source``
    is null where it is not shared, as is ``source_sha256``, by which the same file is found again."""

    id: Id
    kind: AssetKind | None
    file_name: Line
    background: Annotated[int, Field(ge=0, le=0xFFFFFF)]
    facts: dict[str, Any]
    poster: Name
    source: SharedObject | None
    source_sha256: Sha256 | None = None
    fingerprint: SharedFingerprint | None = None
    renditions: list[SharedRendition]
    images: list[SharedImage]
    files: list[SharedFile]
    recipes: list[SharedRecipe] = []
    tracks: list[SharedTrack]
    slides: list[SharedSlides] = []

    def objects(self) -> Iterator[SharedObject]:
        """All of it: what a player needs first comes first."""
        yield from self.images
        yield from self.tracks
        yield from self.slides
        for rendition in sorted(self.renditions, key=lambda each: (each.kind != "audio", each.position)):
            yield from rendition.chunks
        yield from self.files
        yield from self.recipes
        if self.source is not None:
            yield self.source


class SharedLesson(_Told):
    """A lesson. ``stations`` tells through which platforms it came, its origin first and the one that tells it last;
    ``version`` is null until it plays as a whole, and of one that ``is_reference``, which plays there from yet another
    platform. ``playback_id`` plays it there, with a token of the link; null where it cannot be played from there."""

    id: Id
    changed_at: Moment
    metadata: SharedMetadata
    stations: Annotated[list[Station], Field(min_length=1, max_length=50)]
    version: SharedVersion | None
    playback_id: Id | None = None
    is_reference: bool = False

    def as_reference(self) -> SharedLesson:
        """What is kept of it where it is played from its origin: what is said of it, and the poster."""
        if self.version is None:
            return self
        posters = [
            each
            for each in self.version.images
            if each.name == self.version.poster and each.size <= MOST_POSTER_BYTES
        ]
        lists = ("renditions", "files", "recipes", "tracks", "slides")
        nothing: dict[str, Any] = {"source": None, **{name: [] for name in lists}}
        return self.model_copy(
            update={"version": self.version.model_copy(update={**nothing, "images": posters})}
        )


class SharedCourse(_Told):
    """A course, with the lessons of it that are shared as well, in order."""

    id: Id
    changed_at: Moment
    metadata: SharedMetadata
    asset_ids: Annotated[list[Id], Field(max_length=MOST_IN_COURSE)]


class SharedChange(_Told):
    """What has become of a lesson or a course. ``version_id`` is the version that plays from then on."""

    id: Id
    kind: RecordKind
    change: RecordChange
    version_id: Id | None
    at: Moment


class SharedChanges(_Told):
    """Changes in their order. ``next`` goes into ``after``, now or later; ``more``: there are others already.
    ``from_the_beginning``: the log began anew, as after a backup was put back, so that all that is shared is told again
    and what is not told any more is gone."""

    changes: Annotated[list[SharedChange], Field(max_length=MOST_CHANGES)]
    next: Annotated[str, Field(pattern="^[A-Za-z0-9_.:-]{0,64}$")]
    more: bool
    from_the_beginning: bool


def chunk_path(rendition: str, number: int) -> str:
    """Where a chunk is fetched."""
    return f"renditions/{rendition}/{number:d}"


def image_path(name: str) -> str:
    """Where an image is fetched."""
    return f"images/{name}"


def file_path(name: str) -> str:
    """Where a file is fetched."""
    return f"files/{name}"


def track_path(kind: str, language: str) -> str:
    """Where captions, chapters or what is on slides are fetched."""
    return f"tracks/{kind}/{language}"


SOURCE_PATH: Final = "source"
