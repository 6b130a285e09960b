"""Lessons of a sheet put into the courses that it names, once all of them are there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

from configs.messages import Message
from media_service.cli.client import ApiFailure, Client
from media_service.cli.import_row import Outcome
from media_service.sheets.checking import Checked

_ATTEMPTS: Final = 5
_LAST: Final = 2**53
"""Where a lesson stands that has no number."""


@dataclass
class Courses:
    """What belongs into which course, by title: positions, rows and assets."""

    _wanted: defaultdict[str, list[tuple[int, int, str]]] = field(default_factory=lambda: defaultdict(list))

    def note(self, checked: Checked, outcome: Outcome) -> None:
        """A row has been carried out; it may be told by several threads."""
        row = checked.row
        if row.course and outcome.asset_id and outcome.result in ("imported", "updated", "unchanged"):
            place = row.position if row.position is not None else _LAST
            self._wanted[row.course].append((place, row.number, outcome.asset_id))

    def fill(self, client: Client) -> list[Outcome]:
        """Make the courses that there are not, and let each have its lessons in their order. What else stands in them
        stays behind these. Returns what could not be done. Raises ``ApiFailure`` if the service is away."""
        if not self._wanted:
            return []
        known = dict(_titles(client))
        failed: list[Outcome] = []
        for title, lessons in self._wanted.items():
            wanted = [asset_id for _, _, asset_id in sorted(lessons)]
            try:
                _fill(client, title, known.get(title), list(dict.fromkeys(wanted)))
            except ApiFailure as failure:
                if failure.status == 0:
                    raise
                told = Message(failure.told.get("en", str(failure)), failure.told.get("zh", str(failure)))
                first = min(number for _, number, _ in lessons)
                failed.append(Outcome(first, title, "", "failed", "", failure.code, told))
        return failed


def _titles(client: Client) -> Iterator[tuple[str, str]]:
    """Titles and IDs of the collections of the caller's own organization; of equal titles the oldest comes last."""
    own = client.get("/v1/whoami")["organization"]["id"]
    after = ""
    while True:
        page = client.get(f"/v1/collections?limit=200{after}")
        yield from (
            (each["title"], each["id"]) for each in page["collections"] if each["organization_id"] == own
        )
        if page["next"] is None:
            return
        after = f"&after={quote(page['next'])}"


def _fill(client: Client, title: str, collection_id: str | None, wanted: Sequence[str]) -> None:
    if collection_id is None:
        client.send("POST", "/v1/collections", {"title": title, "asset_ids": list(wanted)})
        return
    for left in reversed(range(_ATTEMPTS)):
        path = f"/v1/collections/{collection_id}"
        shown, tag = client.get_with_tag(path)
        there = [item["asset_id"] for item in shown["items"]]
        order = [*wanted, *(asset_id for asset_id in there if asset_id not in wanted)]
        if order == there:
            return
        try:
            _change(client, path, order, tag)
            return
        except ApiFailure as failure:
            if failure.code != "changed_meanwhile" or not left:
                raise


def _change(client: Client, path: str, order: Sequence[str], tag: str | None) -> Any:
    return client.send("PATCH", path, {"asset_ids": list(order)}, if_match=tag)
