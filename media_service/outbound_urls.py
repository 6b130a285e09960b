"""Addresses that callers name for us to ask: judged as far as that can be without asking; the way out judges each time
(``storage/outbound/client.py``)."""

from __future__ import annotations

from media_service.problems import ApiError, ErrorCode
from media_service.services import services
from storage.strangers import OutboundError, networks, read_url


def checked_url(text: str, refused: ErrorCode, *, why_secure: str = "") -> str:
    """The address as it would be asked. Raises ``refused``, with ``why_secure`` also for ``http://`` where the operator
    has opened no network of their own."""
    allowed = networks(services().settings.outbound_allowed_networks)
    try:
        target = read_url(text, allowed)
    except OutboundError as error:
        raise ApiError(refused, f"{error.code}: {error}") from None
    if why_secure and target.scheme != "https" and not allowed:
        raise ApiError(refused, why_secure)
    return target.url
