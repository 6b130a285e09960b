"""Categories as sheets name them: by their codes, or by their IDs where a code leaves doubt. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from media_service.sheets.faults import CellInvalid


@dataclass(frozen=True)
class Named:
    """A category that may be used in an organization: its own, or one of those above."""

    id: str
    organization_id: str
    code: str


class CategoryNames:
    """What may be used in an organization. Of equal codes its own one counts."""

    def __init__(self, organization_id: str, usable: Iterable[Named]) -> None:
        self._by_id: dict[str, str] = {}
        own: dict[str, str] = {}
        others: defaultdict[str, list[str]] = defaultdict(list)
        for category in usable:
            self._by_id[category.id] = category.code
            if category.organization_id == organization_id:
                own[category.code] = category.id
            else:
                others[category.code].append(category.id)
        self._by_code = {**others, **{code: [category_id] for code, category_id in own.items()}}

    def find(self, name: str) -> str:
        """The ID of a category by its ID or code. Raises ``CellInvalid``."""
        if name in self._by_id:
            return name
        found = self._by_code.get(name, [])
        if len(found) > 1:
            raise CellInvalid("category_ambiguous", value=name[:50])
        if not found:
            raise CellInvalid("category_unknown", value=name[:50])
        return found[0]

    def name(self, category_id: str) -> str:
        """What ``find`` finds it by: its code, if that leaves no doubt."""
        code = self._by_id.get(category_id, category_id)
        try:
            return code if self.find(code) == category_id else category_id
        except CellInvalid:
            return category_id
