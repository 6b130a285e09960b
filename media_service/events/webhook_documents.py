"""What the API says of webhook endpoints and deliveries, and what it takes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from configs.words import DeliveryState, EventType, OutboundFailure, WebhookSigning
from media_service.moments import Moment
from media_service.strict_values import Changes
from media_service.uploads.protocol import clean_name
from storage.strangers import LONGEST_URL

LONGEST_OVERLAP: Final = 7 * 24


def _distinct(values: list[Any]) -> list[Any]:
    return list(dict.fromkeys(values))


Url = Annotated[
    str,
    Field(
        max_length=LONGEST_URL,
        description="Where events are posted to: `https://`, at a public address.",
        examples=["https://portal.example/lessonstream"],
    ),
]
Description = Annotated[str, Field(max_length=255), AfterValidator(clean_name)]
EventTypes = Annotated[
    list[EventType],
    AfterValidator(_distinct),
    Field(max_length=100, description="Of which types; all if empty."),
]


class SecretDocument(BaseModel):
    """What events are signed with. ``public_key`` (`whpk_…`) is of Ed25519 keys; an HMAC secret is shown once, when it
    is made. With ``expires_at`` it is one from before a rotation, which signs beside the new one until then."""

    signing: WebhookSigning
    public_key: str | None
    created_at: datetime
    expires_at: datetime | None


class EndpointDocument(BaseModel):
    """An address that is told of events of its organization and of all below it. ``failing_since`` is when attempts
    began to fail without a success since; ``gone_at`` when it answered 410, which disabled it. While it is disabled
    nothing is lost: what happened meanwhile is sent once it is enabled."""

    id: str
    organization_id: str
    url: str
    description: str
    event_types: list[EventType]
    enabled: bool
    gone_at: datetime | None
    failing_since: datetime | None
    secrets: list[SecretDocument]
    created_at: datetime
    updated_at: datetime


class NewEndpointDocument(EndpointDocument):
    """The same with its new ``secret`` (`whsec_…`), which is not shown again; of Ed25519 the public key (`whpk_…`)."""

    secret: str


class EndpointPage(BaseModel):
    """Endpoints, oldest first. ``next`` goes into ``after`` for the next page; null at the end."""

    webhook_endpoints: list[EndpointDocument]
    next: str | None


class NewEndpoint(BaseModel):
    """An endpoint of the caller's organization, or of ``organization_id`` below it."""

    model_config = ConfigDict(extra="forbid")

    url: Url
    organization_id: str | None = None
    description: Description = ""
    event_types: EventTypes = []
    enabled: bool = True
    signing: WebhookSigning = Field(
        "hmac",
        description="`hmac`: a shared secret (`v1`). `ed25519`: a key pair, of which you get the public half (`v1a`).",
    )


class EndpointChanges(Changes):
    """What to change; enabling it also ends a pause and forgets that it failed."""

    url: Url = ""
    description: Description = ""
    event_types: EventTypes = Field([])
    enabled: bool = True


class Rotation(BaseModel):
    """A new secret. Those before sign beside it for ``overlap_hours``."""

    model_config = ConfigDict(extra="forbid")

    overlap_hours: int = Field(24, ge=0, le=LONGEST_OVERLAP)
    signing: WebhookSigning | None = Field(None, description="As before if left out.")


class Replay(BaseModel):
    """Everything that happened since then, delivered before or not."""

    model_config = ConfigDict(extra="forbid")

    since: Moment = Field(description="A date and time with its offset (RFC 3339).")


class AttemptDocument(BaseModel):
    """One try: the ``status`` that was answered and how the ``answer`` began, or why there was none (``failure``)."""

    at: datetime
    milliseconds: int
    status: int | None
    failure: OutboundFailure | None
    answer: str


class DeliveryDocument(BaseModel):
    """An event on its way to the endpoint. ``next_at`` is when it is tried next, null if it is not."""

    id: str
    event_id: str
    event_type: EventType
    state: DeliveryState
    next_at: datetime | None
    delivered_at: datetime | None
    created_at: datetime
    attempts: list[AttemptDocument]


class DeliveryPage(BaseModel):
    """Deliveries, newest first. ``next`` goes into ``after`` for the next page; null at the end."""

    deliveries: list[DeliveryDocument]
    next: str | None


class DeliveryQuery(BaseModel):
    """Which deliveries."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(50, ge=1, le=200, description="Most entries of the page.")
    after: str | None = Field(None, max_length=64, description="The `next` of the page before.")
    state: DeliveryState | None = Field(None, description="Only those in this state.")
