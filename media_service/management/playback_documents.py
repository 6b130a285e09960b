"""How an asset is played, as the API says it: playback IDs, renditions, pictures, downloads, and their addresses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    model_validator,
)

from configs.words import (
    Origins,
    Policy,
    RenditionKind,
)
from media_service.embed.snippet import Snippets, shape_of, snippets
from media_service.playback.serving.links import Links
from storage.catalogue.asset_lists import PublicName
from storage.catalogue.facts import VersionFacts
from storage.catalogue.file_names import AUDIO_FILE, VIDEO_FILE
from storage.catalogue.models import File, Image, PlaybackId

_KINDS_OF_FILES: Final[dict[str, Literal["video", "audio"]]] = {VIDEO_FILE: "video", AUDIO_FILE: "audio"}


class RenditionDocument(BaseModel):
    """An encoded quality. Bandwidths are in bit/s: as planned and, once published, as measured."""

    model_config = ConfigDict(from_attributes=True)

    name: str
    kind: RenditionKind
    width: int | None
    height: int | None
    frame_rate: float | None
    channels: int | None
    language: str | None
    codecs: str | None
    planned_bandwidth: int
    peak_bandwidth: int | None
    average_bandwidth: int | None


class PlaybackIdDocument(BaseModel):
    """What the public plays by. A signed one also wants ``?token=`` (``POST /v1/playback-tokens``). ``origins`` says
    whose pages may show a public one; ``snippet`` is the iframe of ``snippets``."""

    id: str
    policy: Policy
    origins: Origins
    manifest_url: str
    dash_url: str
    embed_url: str
    snippet: str
    snippets: Snippets


class NewPlaybackId(BaseModel):
    """``public`` plays for everyone, ``signed`` only with a token. A public one with origins ``partners`` is shown only
    by pages of partners with whom the asset is shared."""

    model_config = ConfigDict(extra="forbid")

    policy: Policy
    origins: Origins = "any"

    @model_validator(mode="after")
    def _restricted_is_public(self) -> NewPlaybackId:
        if self.policy == "signed" and self.origins != "any":
            raise ValueError("origins is for public ones; of a signed one its tokens decide")
        return self


class DownloadDocument(BaseModel):
    """A whole file: ``video`` is an MP4 of the best quality with its sound, ``audio`` an M4A; ``size`` in bytes."""

    kind: Literal["video", "audio"]
    url: str
    size: int


def describe_playback_id(
    playback_id: PublicName, title: str, facts: VersionFacts | None, public_url: str
) -> PlaybackIdDocument:
    """A playback ID with its addresses and the line of HTML that shows it."""
    links = Links(public_url, playback_id.id)
    shown = snippets(links, shape_of(facts), title=title)
    return PlaybackIdDocument.model_validate(
        {
            "id": playback_id.id,
            "policy": playback_id.policy,
            "origins": playback_id.origins,
            "manifest_url": links.manifest,
            "dash_url": links.dash,
            "embed_url": links.embed,
            "snippet": shown.iframe,
            "snippets": shown,
        }
    )


def images_of(images: Mapping[str, Image], links: Links | None) -> dict[str, str]:
    addresses: dict[str, str] = {}
    if links is None:
        return addresses
    if "poster" in images:
        addresses["poster"] = links.poster
    if "storyboard" in images:
        addresses |= {"thumbnail": links.thumbnail, "storyboard": links.storyboard}
    if "preview" in images:
        addresses["preview"] = links.preview
    return addresses


def downloads_of(files: Sequence[File], links: Links | None) -> list[DownloadDocument]:
    if links is None:
        return []
    sizes = {file.name: file.joined_size or file.size for file in files}
    return [
        DownloadDocument(kind=kind, url=links.file(name), size=sizes[name])
        for name, kind in _KINDS_OF_FILES.items()
        if name in sizes
    ]


def links_of(playback_ids: Sequence[PlaybackIdDocument | PlaybackId], public_url: str) -> Links | None:
    """Addresses under the first public playback ID, or the first of all."""
    if not playback_ids:
        return None
    return Links(public_url, min(playback_ids, key=lambda entry: entry.policy != "public").id)
