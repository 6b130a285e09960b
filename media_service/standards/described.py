"""What is known of an asset or a course, as the standards are told it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from configs.words import AssetKind
from storage.descriptions import Description, Licence

OURS: Final = "Lessonstream"
W3CDTF: Final = "W3CDTF"
URI: Final = "URI"


@dataclass(frozen=True)
class Value:
    """A value of a standard. ``language`` is that of a text (BCP 47); ``scheme`` names the vocabulary or syntax that it
    is of: LOM's ``source``, an encoding scheme of Dublin Core."""

    text: str
    language: str | None = None
    scheme: str | None = None


COURSE: Final = "course"
DescribedKind = AssetKind | Literal["course"]


@dataclass(frozen=True, kw_only=True)
class Described(Description):
    """What is known of an asset or a course. ``organization`` is the name of the one that it belongs to."""

    id: str
    organization: str
    created_at: datetime
    kind: DescribedKind | None = None


FORMATS: Final[Mapping[DescribedKind, str]] = {
    "video": "video/mp4",
    "animation": "video/mp4",
    "audio": "audio/mp4",
}

_CREATIVE_COMMONS: Final = "https://creativecommons.org"


def licence_url(licence: Licence) -> str | None:
    """Where people read the licence; None if there is no such page."""
    if licence.code == "custom":
        return licence.url
    if licence.code == "CC0-1.0":
        return f"{_CREATIVE_COMMONS}/publicdomain/zero/1.0/"
    if licence.code == "public_domain":
        return f"{_CREATIVE_COMMONS}/publicdomain/mark/1.0/"
    if licence.code == "all_rights_reserved":
        return None
    kind, version = licence.code.removeprefix("CC-").lower().rsplit("-", 1)
    return f"{_CREATIVE_COMMONS}/licenses/{kind}/{version}/"


def licence_name(licence: Licence) -> str:
    """As its makers write it: CC BY-NC 4.0 for CC-BY-NC-4.0, CC0 1.0; any other by its code."""
    if licence.code == "CC0-1.0":
        return "CC0 1.0"
    if not licence.code.startswith("CC-"):
        return licence.code
    kind, version = licence.code.removeprefix("CC-").rsplit("-", 1)
    return f"CC {kind} {version}"


def moment(at: datetime) -> str:
    """A moment in W3CDTF, in UTC."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def length(described: Described) -> str | None:
    """How long it is, as ISO 8601 has durations."""
    return None if described.duration is None else f"PT{described.duration:.3f}".rstrip("0").rstrip(".") + "S"
