"""What a picker returns: deep linking 2.0. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

_LTI: Final = "https://purl.imsglobal.org/spec/lti/claim/"
_DEEP: Final = "https://purl.imsglobal.org/spec/lti-dl/claim/"

LIFE_SECONDS: Final = 300

_LONGEST_TEXT: Final = 500


@dataclass(frozen=True)
class Picked:
    """A lesson or a course: ``url`` is what launches it, ``name`` its ID for line items; ``duration`` in seconds,
    ``said`` what people read of it, ``size`` of its picture in pixels."""

    name: str
    url: str
    title: str
    said: str
    duration: float | None = None
    thumbnail: str | None = None
    size: tuple[int, int] = (320, 180)


def content_item(picked: Picked, *, graded: bool, iframe: bool) -> dict[str, Any]:
    """A link to a resource (section 3.2). Length has no field of its own, so it stands in the text and, for machines,
    in what the platform sends back at each launch."""
    item: dict[str, Any] = {
        "type": "ltiResourceLink",
        "title": picked.title,
        "url": picked.url,
        "text": picked.said[:_LONGEST_TEXT],
    }
    if picked.duration:
        item["custom"] = {"duration_seconds": str(round(picked.duration))}
    if picked.thumbnail:
        picture = {"url": picked.thumbnail, "width": picked.size[0], "height": picked.size[1]}
        item["thumbnail"] = picture
    if iframe:
        item["iframe"] = {"width": 960, "height": 600}
    if graded:
        item["lineItem"] = {"scoreMaximum": 100, "label": picked.title, "resourceId": picked.name}
    return item


def response(
    items: Sequence[Mapping[str, Any]],
    *,
    issuer: str,
    client_id: str,
    deployment_id: str,
    data: str | None,
    nonce: str,
    now: int,
) -> dict[str, Any]:
    """The claims of the answer (section 4.5)."""
    claims: dict[str, Any] = {
        "iss": client_id,
        "aud": issuer,
        "iat": now,
        "exp": now + LIFE_SECONDS,
        "nonce": nonce,
        f"{_LTI}deployment_id": deployment_id,
        f"{_LTI}message_type": "LtiDeepLinkingResponse",
        f"{_LTI}version": "1.3.0",
        f"{_DEEP}content_items": list(items),
    }
    if data is not None:
        claims[f"{_DEEP}data"] = data
    return claims
