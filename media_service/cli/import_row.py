"""One row of a sheet brought into the service: its file, what is said of it, and what lies beside it.

Every step may be done again. An upload that was begun goes on; where its address was lost, the same request finds it
again by its ``Idempotency-Key``, or by the lesson's external ID.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Final, Literal, TypeVar
from urllib.parse import quote, urlencode

from configs.messages import Message
from media_service.cli.client import ApiFailure, Begun, Client
from media_service.cli.import_journal import Journal, Known
from media_service.sheets.chapters import chapters_as_webvtt
from media_service.sheets.checking import Checked
from media_service.sheets.faults import Fault
from media_service.sheets.files import RowFiles, digest
from media_service.sheets.folder import Folder

T = TypeVar("T")

Result = Literal["imported", "updated", "unchanged", "failed", "invalid"]
"""What became of a row: it was brought in; it was there and was changed; it was there already; the service refused it;
the sheet is wrong."""

_PATIENCE: Final = 120.0
"""Seconds that a service may be away."""

_SHORT: Final = 48 * 1024
"""Bytes of a change that is made by the usual request."""

_MOST_METADATA: Final = 5000
_READ: Final = 1024 * 1024


class Away(Exception):
    """The service cannot be reached, or has no room: whoever goes on only fails."""


@dataclass(frozen=True)
class Outcome:
    """What became of a row; ``code`` and ``message`` say why it failed. ``duplicates`` are assets with the same
    file."""

    number: int
    file: str
    external_id: str
    result: Result
    asset_id: str = ""
    code: str = ""
    message: Message = field(default_factory=lambda: Message("", ""))
    duplicates: tuple[str, ...] = ()


@dataclass(frozen=True)
class Wishes:
    """What holds for all rows: ``policy`` of those that name none, ``language`` of texts that name none; whether
    reviews are passed over."""

    organization: str | None
    policy: str | None
    language: str
    publish: bool


@dataclass(frozen=True)
class Bringer:
    """Brings rows in, several at a time."""

    client: Client
    journal: Journal
    folder: Folder
    wishes: Wishes

    def bring(self, checked: Checked, sent: Callable[[int], None]) -> Outcome:
        """Bring a row in that has no faults; ``sent`` is told how many bytes of its file are there. Raises ``Away``."""
        assert checked.files is not None  # noqa: S101  (for the type checker)
        files, known = checked.files, self.journal.find(checked.identity)
        try:
            wanted = digest(checked.row, files, self.folder) + ("+" if self.wishes.publish else "")
            if known.done == wanted:
                return self._outcome(checked, "unchanged", known.asset)
            asset_id, asset = self._whole(checked, files, known, sent)
            self._put_beside(checked, files, asset_id)
            if self.wishes.publish and asset["review_state"] != "published":
                self._publish(asset_id)
        except ApiFailure as failure:
            return self._failed(checked, failure)
        except OSError:  # it was there a moment ago
            told = Fault("file_not_found").message
            return self._outcome(checked, "failed", code="file_not_found", message=told)
        self.journal.note(checked.identity, done=wanted, asset=asset_id)
        found = tuple(asset.get("duplicate_of") or ())
        return self._outcome(checked, "updated" if known.done else "imported", asset_id, duplicates=found)

    def _whole(
        self, checked: Checked, files: RowFiles, known: Known, sent: Callable[[int], None]
    ) -> tuple[str, Any]:
        """The asset with its file and all that is said of it. That is said first: nobody meets a lesson that is open
        to everybody until somebody has said that it is not."""
        if known.arrived:
            return known.asset, self._say(checked, known.asset)
        begun = self._again(checked, files, known) or self._begin(checked, files, known)
        if isinstance(begun, str):
            return begun, self._say(checked, begun)
        try:
            self._say(checked, begun.asset_id)
        except ApiFailure:
            if begun.offset == 0:
                # Nothing is gained by a place for a file that does not come.
                with suppress(ApiFailure):
                    self.client.drop_upload(begun.location)
            raise
        asset_id = self.client.send_file(begun, self.folder.path(files.file), lambda done, _: sent(done))
        self.journal.note(checked.identity, arrived=True, asset=asset_id)
        return asset_id, self._ask("GET", f"/v1/assets/{asset_id}")

    def _again(self, checked: Checked, files: RowFiles, known: Known) -> Begun | str | None:
        """An upload that was begun before, or the asset if all of it has arrived; None if there is none any more."""
        if not known.location:
            return None
        if (known.size, known.changed) != (files.size, files.changed):
            # Never a mix of two files.
            with suppress(ApiFailure):
                self.client.drop_upload(known.location)
            return None
        if (begun := _patiently(lambda: self.client.find_upload(known.location))) is not None:
            return begun
        return self._arrived(checked, known.asset, files.size)

    def _arrived(self, checked: Checked, asset_id: str, size: int) -> str | None:
        """The asset of an upload that the service has forgotten, if its file is there."""
        try:
            asset = self._ask("GET", f"/v1/assets/{asset_id}")
        except ApiFailure as failure:
            if failure.status == 404:
                return None
            raise
        if asset["state"] == "uploading" or asset["source"]["size"] != size:
            return None
        self.journal.note(checked.identity, arrived=True, asset=asset_id)
        return asset_id

    def _begin(self, checked: Checked, files: RowFiles, known: Known) -> Begun | str:
        metadata = self._metadata(checked, files)
        attempt = known.attempt + 1
        said = json.dumps([self.journal.name, checked.identity, attempt, metadata, files.size, files.changed])
        once = hashlib.sha256(said.encode()).hexdigest()
        try:
            begun = _patiently(lambda: self.client.begin_upload(metadata, files.size, once))
        except ApiFailure as failure:
            if failure.code != "external_id_taken":
                raise
            found = self._taken(checked, files, failure)
            if isinstance(found, str):
                self.journal.note(checked.identity, arrived=True, asset=found)
                return found
            begun = found
        self.journal.note(
            checked.identity,
            asset=begun.asset_id,
            location=begun.location,
            size=files.size,
            changed=files.changed,
            attempt=attempt,
        )
        return begun

    def _taken(self, checked: Checked, files: RowFiles, failure: ApiFailure) -> Begun | str:
        """What is there under the row's external ID: its upload, or its asset, if they have this very file."""
        if failure.location:
            begun = _patiently(lambda: self.client.find_upload(failure.location or ""))
            if begun is not None and begun.length == files.size:
                return begun
            raise failure
        asked = {"external_id": checked.row.external_id or ""}
        if self.wishes.organization:
            asked["organization_id"] = self.wishes.organization
        for asset in self._ask("GET", f"/v1/assets?{urlencode(asked)}")["assets"]:
            if asset["source"]["size"] == files.size and asset["source"]["sha256"] == self._sha256(files):
                return str(asset["id"])
        told = Fault("file_differs").message
        raise ApiFailure(told.en, status=409, code="file_differs", told=told.to_json())

    def _metadata(self, checked: Checked, files: RowFiles) -> dict[str, str]:
        row = checked.row
        told = {
            "filename": PurePosixPath(files.file).name,
            "title": row.changes.get("title"),
            "external_id": row.external_id,
            "policy": row.policy or self.wishes.policy,
            "background": row.background,
            "sha256": row.sha256,
            "organization_id": self.wishes.organization,
            "relative_path": files.file if len(files.file.encode()) < _MOST_METADATA // 2 else None,
        }
        return {name: str(value) for name, value in told.items() if value}

    def _say(self, checked: Checked, asset_id: str) -> Any:
        """Have the asset say what the row says; its document."""
        changes = checked.row.changes
        if not changes:
            return self._ask("GET", f"/v1/assets/{asset_id}")
        if len(json.dumps(changes).encode()) <= _SHORT:
            return self._ask("PATCH", f"/v1/assets/{asset_id}", changes)
        many = self._ask("POST", "/v1/asset-changes", {"changes": [{"asset_id": asset_id, "set": changes}]})
        [row] = many["rows"]
        if row["outcome"] not in ("changed", "unchanged"):
            told = row["message"] or {}
            raise ApiFailure(told.get("en", row["outcome"]), status=409, code=row["outcome"], told=told)
        return self._ask("GET", f"/v1/assets/{asset_id}")

    def _put_beside(self, checked: Checked, files: RowFiles, asset_id: str) -> None:
        tracks = f"/v1/assets/{asset_id}/tracks"
        for language, path in files.captions.items():
            data = self.folder.path(path).read_bytes()
            self._ask("PUT", f"{tracks}/captions/{quote(language)}", data=data, content_type="text/plain")
        if files.chapters is not None:
            language = checked.row.changes.get("language") or self.wishes.language
            data = chapters_as_webvtt(self.folder.path(files.chapters).read_bytes(), files.chapters)
            self._ask("PUT", f"{tracks}/chapters/{quote(language)}", data=data, content_type="text/plain")
        if files.poster is not None:
            self._ask(
                "PUT", f"/v1/assets/{asset_id}/poster", data=self.folder.path(files.poster).read_bytes()
            )

    def _publish(self, asset_id: str) -> None:
        try:
            self._ask("POST", f"/v1/assets/{asset_id}/reviews", {"action": "publish"})
        except ApiFailure:
            # An answer that was lost has done it.
            if self._ask("GET", f"/v1/assets/{asset_id}")["review_state"] != "published":
                raise

    def _ask(
        self,
        method: str,
        path: str,
        document: Any = None,
        *,
        data: bytes | None = None,
        content_type: str = "application/octet-stream",
    ) -> Any:
        return _patiently(
            lambda: self.client.send(method, path, document, data=data, content_type=content_type)
        )

    def _sha256(self, files: RowFiles) -> str:
        found = hashlib.sha256()
        with self.folder.path(files.file).open("rb") as file:
            while block := file.read(_READ):
                found.update(block)
        return found.hexdigest()

    def _failed(self, checked: Checked, failure: ApiFailure) -> Outcome:
        if failure.status in (0, 401, 507) or failure.status >= 500:
            raise Away(str(failure)) from failure
        told = Message(failure.told.get("en", str(failure)), failure.told.get("zh", str(failure)))
        asset_id = self.journal.find(checked.identity).asset
        return self._outcome(
            checked, "failed", asset_id, code=failure.code or str(failure.status), message=told
        )

    def _outcome(self, checked: Checked, result: Result, asset_id: str = "", **more: Any) -> Outcome:
        row = checked.row
        return Outcome(row.number, row.file, row.external_id or "", result, asset_id, **more)


def invalid(checked: Checked) -> Outcome:
    """Of a row with faults."""
    row, told = checked.row, [fault.message for fault in checked.row.faults]
    places: Mapping[int, str] = {
        at: f"{fault.column}: " if fault.column else "" for at, fault in enumerate(row.faults)
    }
    message = Message(
        "; ".join(places[at] + each.en for at, each in enumerate(told)),
        "；".join(places[at] + each.zh for at, each in enumerate(told)),
    )
    codes = " ".join(fault.code for fault in row.faults)
    return Outcome(row.number, row.file, row.external_id or "", "invalid", "", codes, message)


def _patiently(ask: Callable[[], T]) -> T:
    """Ask until the service answers. Raises ``ApiFailure``."""
    until, pause = time.monotonic() + _PATIENCE, 0.5
    while True:
        try:
            return ask()
        except ApiFailure as failure:
            passes = (
                failure.status in (0, 429)
                or (failure.status >= 500 and failure.status != 507)
                or failure.code == "idempotency_key_busy"
            )
            if not passes or time.monotonic() > until:
                raise
        time.sleep(pause)
        pause = min(2 * pause, 10)
