"""Fetch the source of a version from the address that somebody gave."""

from __future__ import annotations

import logging
import time
from typing import Final

from sqlalchemy.orm import Session

from configs.words import FailureCode, OutboundFailure
from storage.catalogue import claims, imports, steps, uploads
from storage.catalogue.models import Step
from storage.catalogue.steps import StaleFence
from storage.outbound.answers import Download
from storage.outbound.client import Outbound
from storage.strangers import OutboundError, networks
from workers.context import Publish, StepContext
from workers.fetching import Fetched
from workers.plan.failure import MediaFailure, OriginAway
from workers.plan.source.addresses import refusal
from workers.plan.source.sniff import SNIFF_BYTES
from workers.retries import with_retries

log = logging.getLogger(__name__)

TURN_SECONDS: Final = 300.0
"""So long one import keeps a worker to itself while others wait."""

PAUSE_SECONDS: Final = 1.0
"""Between two connections to an origin that breaks off, but gives something each time."""

FAILURES: Final[dict[OutboundFailure, FailureCode]] = {
    "url_invalid": "import_address_refused",
    "address_refused": "import_address_refused",
    "redirect_refused": "import_address_refused",
    "too_many_redirects": "import_address_refused",
    "answer_too_large": "import_too_large",
    "name_unknown": "import_unreachable",
    "connect_failed": "import_unreachable",
    "tls_failed": "import_unreachable",
    "proxy_failed": "import_unreachable",
    "timed_out": "import_broken_off",
    "broken_off": "import_broken_off",
    "answer_invalid": "import_broken_off",
}
_FOR_GOOD: Final = {"import_address_refused", "import_too_large"}
OK: Final = 200
PARTIAL: Final = 206
NO_SUCH_RANGE: Final = 416
_PASSING: Final = {408, 425, 429}
"""Statuses of requests that may be sent again as they are (RFC 9110, 8470, 6585)."""

_MEBIBYTE: Final = 1024 * 1024


def fetch(context: StepContext) -> Publish:
    """Go on where the last attempt ended. Raises ``MediaFailure`` where no other attempt would help, and ``OriginAway``
    where one may."""
    with context.sessions() as session:
        transfer = uploads.upload_of(session, context.version.id)
        wish = imports.wish(session, context.version.id)
    if transfer is None:
        raise StaleFence
    if transfer.finished:  # the keeper did what a worker died before
        return lambda _session: None
    fetched = Fetched(context, transfer)
    settings = context.settings
    outbound = Outbound(networks(settings.outbound_allowed_networks), settings.outbound_proxy)
    try:
        if not transfer.complete:
            _Fetching(context, fetched, outbound, wish).run()
        digest = fetched.end()
    except MediaFailure:
        fetched.discard()
        raise

    def write(session: Session) -> None:
        steps.lock_version(session, context.version.id)
        uploads.finish(session, fetched.transfer, digest)
        # How long others took is no measure of how fast we are.
        session.get_one(Step, context.claim.step_id).started_at = None

    return write


class _Fetching:
    """One attempt at one file."""

    def __init__(
        self, context: StepContext, fetched: Fetched, outbound: Outbound, wish: imports.Wish
    ) -> None:
        self._context = context
        self._fetched = fetched
        self._outbound = outbound
        self._url = wish.url
        self._validator = wish.validator
        self._began = time.monotonic()
        self._seconds = wish.seconds
        self._reached = fetched.position
        self._is_whole = False

    def run(self) -> None:
        """Ask as often as that brings something."""
        while not self._is_whole:
            before = self._reached
            left = self._began + self._seconds - time.monotonic()
            if left <= 0:
                raise MediaFailure("import_too_slow", f"{self._fetched.position} bytes came")
            try:
                self._ask(left)
            except OutboundError as error:
                self._judge(error, gained=self._reached > before)
            self._require_wanted(PAUSE_SECONDS if not self._is_whole else 0)

    def _judge(self, error: OutboundError, *, gained: bool) -> None:
        """Go on if it was worth while. Raises ``MediaFailure`` and ``OriginAway``."""
        code = FAILURES[error.code]
        if code in _FOR_GOOD:
            raise self._failure(code, error)
        log.info("import of version %s: %s: %s", self._context.version.id, error.code, error)
        if gained:
            return
        if not self._is_anew():
            self._fetched.keep()
        version_id = self._context.version.id

        def note() -> int:
            with self._context.sessions.begin() as session:
                steps.renew(session, self._context.claim, self._context.heartbeat.progress)
                return imports.note_fruitless(session, version_id, error.code)

        if with_retries(note) >= imports.MOST_FRUITLESS:
            raise self._failure(code, error)
        raise OriginAway(f"{error.code}: {error}") from None

    def _ask(self, seconds: float) -> None:
        start = 0 if self._is_anew() else self._fetched.position
        with self._outbound.get(
            self._url, seconds=seconds, start=start, validator=self._validator
        ) as download:
            if not (start and download.status == NO_SUCH_RANGE):
                _require_given(download)
            if start and not self._goes_on(download, start):
                # Another file than before, or no ranges of it: nothing is mixed.
                self._validator = ""
                if download.status != OK:
                    return
            if download.start != (0 if self._is_anew() else start):
                raise OutboundError("answer_invalid", f"asked for byte {start}, got byte {download.start}")
            if download.start == 0:
                self._begin(download)
            self._take(download)

    def _is_anew(self) -> bool:
        """Whether the next request asks for all: there is nothing, or nothing by which to tell that it is the same."""
        return not self._validator or not self._fetched.position

    def _goes_on(self, download: Download, start: int) -> bool:
        length = self._fetched.transfer.length
        return (
            download.status == PARTIAL
            and download.start == start
            and download.validator == self._validator
            and (length is None or download.size in (None, length))
        )

    def _begin(self, download: Download) -> None:
        """Look at what the origin offers, before anything is stored."""
        most = self._context.settings.max_upload_bytes
        if (download.size or 0) > most:
            raise self._failure("import_too_large", f"{download.size} bytes are offered")
        head = download.read(SNIFF_BYTES)
        if len(head) < min(SNIFF_BYTES, download.size or 0):
            raise OutboundError("broken_off", f"{len(head)} of {download.size} bytes came")
        code = refusal(head, download.content_type)
        if code is not None:
            raise self._failure(code, f"{download.content_type}, starts with {head[:40]!r}")
        self._fetched.begin(download.validator, download.size)
        self._validator = download.validator
        self._fetched.add(head)

    def _take(self, download: Download) -> None:
        most = self._context.settings.max_upload_bytes - download.start
        for piece in download.slices(most):
            length = self._fetched.transfer.length
            if length is not None and self._fetched.position + len(piece) > length:
                self._validator = ""
                raise OutboundError("answer_invalid", "more than was told")
            self._fetched.add(piece)
            self._reached = max(self._reached, self._fetched.position)
            if self._fetched.position == length:
                break
            self._require_wanted(0)
            self._give_way()
        length = self._fetched.transfer.length
        self._is_whole = length is None or self._fetched.position == length

    def _require_wanted(self, seconds: float) -> None:
        if self._context.heartbeat.lost.wait(seconds):
            raise StaleFence

    def _give_way(self) -> None:
        if time.monotonic() - self._began < TURN_SECONDS:
            return
        with self._context.sessions() as session:
            waiting = claims.is_waiting(session, (self._context.claim.kind,))
        self._began, self._seconds = time.monotonic(), self._seconds - (time.monotonic() - self._began)
        if waiting and self._validator:
            self._fetched.keep()
            raise OriginAway("others wait for their turn")

    def _failure(self, code: FailureCode, error: object) -> MediaFailure:
        words = {}
        if code == "import_too_large":
            words["limit"] = f"{self._context.settings.max_upload_bytes // _MEBIBYTE} MiB"
        return MediaFailure(code, str(error), **words)


def _require_given(download: Download) -> None:
    """Go on if it is the file that comes. Raises ``MediaFailure`` and, if it may come later, ``OutboundError``."""
    status = download.status
    if status >= 500 or status in _PASSING:
        raise OutboundError("broken_off", f"HTTP status {status}")
    if status not in (OK, PARTIAL):
        raise MediaFailure("import_refused", f"HTTP status {status}", status=str(status))
