"""What the API says of learning platforms, and what it takes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from media_service.lti.id_tokens import is_web_address
from media_service.strict_values import Changes
from media_service.uploads.protocol import clean_name

LONGEST_LIFE: Final = 30 * 24


def _address(text: str) -> str:
    if not is_web_address(text):
        raise ValueError("is no address by http or https")
    return text


def _identifier(text: str) -> str:
    if not text.isprintable():
        raise ValueError("holds what cannot be printed")
    return text


Address = Annotated[
    str,
    Field(min_length=1, max_length=2048, examples=["https://learning.example.org/lti"]),
    AfterValidator(_address),
]
Identifier = Annotated[str, Field(min_length=1, max_length=255), AfterValidator(_identifier)]
Name = Annotated[str, Field(min_length=1, max_length=255), AfterValidator(clean_name)]
Deployments = Annotated[
    list[Identifier],
    Field(
        max_length=100,
        description="Deployments that may launch. While there is none, the first that launches becomes the one.",
    ),
]


class PlatformDocument(BaseModel):
    """A learning platform that launches lessons of its organization. ``course_id`` is the collection in which its
    learners study lessons that stand in no studied course, once there is one. ``launched_at`` is the last launch."""

    id: str
    organization_id: str
    name: str
    issuer: str
    client_id: str
    authorization_url: str
    token_url: str
    keys_url: str
    token_audience: str | None
    deployment_ids: list[str]
    enabled: bool
    course_id: str | None
    launched_at: datetime | None
    scores_waiting: int = Field(description="Scores that the platform has not taken so far.")
    score_failure: str | None = Field(description="What one of them met at the last attempt.")
    created_at: datetime
    updated_at: datetime


class PlatformPage(BaseModel):
    """Some learning platforms."""

    platforms: list[PlatformDocument]
    next: str | None


class NewPlatform(BaseModel):
    """A learning platform that cannot register itself: what it shows after this tool was entered there by hand."""

    model_config = ConfigDict(extra="forbid")

    organization_id: str | None = Field(None, max_length=64)
    name: Name
    issuer: Address
    client_id: Identifier
    authorization_url: Address
    token_url: Address
    keys_url: Address
    token_audience: Identifier | None = Field(
        None, description="How its token server is called in what we sign; its address if null."
    )
    deployment_ids: Deployments = []


class PlatformChanges(Changes):
    """What may be changed; what is left out stays."""

    name: Name = ""
    authorization_url: Address = ""
    token_url: Address = ""
    keys_url: Address = ""
    token_audience: Identifier | None = None
    deployment_ids: Deployments = Field([])
    enabled: bool = True


class ToolDocument(BaseModel):
    """What a learning platform without dynamic registration asks for. ``launch_url`` is also the redirect URL, and the
    one for deep linking; ``domain`` is what some call the tool's domain."""

    login_url: str
    launch_url: str
    keys_url: str
    domain: str


class NewLink(BaseModel):
    """A link by which one learning platform registers itself."""

    model_config = ConfigDict(extra="forbid")

    organization_id: str | None = Field(None, max_length=64)
    hours: int = Field(72, ge=1, le=LONGEST_LIFE, description="How long it may be used.")


class LinkDocument(BaseModel):
    """``url`` is pasted into the learning platform, where that asks for a registration URL; it is shown this once, and
    used once. Where a platform cannot do that, the other addresses are entered by hand, and what it then shows is
    added as a platform."""

    id: str
    organization_id: str
    url: str
    expires_at: datetime
    login_url: str
    launch_url: str
    keys_url: str
