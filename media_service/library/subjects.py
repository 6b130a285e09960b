"""Subjects of a library: the categories that its lessons stand in, as a tree with counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from media_service.reference_text import Language
from storage.catalogue.libraries import Counted
from storage.catalogue.models import Category


@dataclass(frozen=True)
class Subject:
    """A category with how many lessons stand in it or below; ``id`` is None of a subject that is a word alone."""

    id: str | None
    name: str
    count: int


@dataclass(frozen=True)
class Subjects:
    """All that is known of a library's subjects. ``more``: there are lessons that were not counted."""

    places: Mapping[str, Category]
    counts: Mapping[str, int]
    words: Mapping[str, int]
    total: int
    more: bool

    def below(self, parent_id: str | None, language: Language) -> list[Subject]:
        """Categories right below this one, or at the top, in which something stands; in their order."""
        return [
            Subject(place.id, name_of(place, language), self.counts[place.id])
            for place in self.places.values()
            if (place.parent_id if place.parent_id in self.places else None) == parent_id
            and self.counts.get(place.id)
        ]

    def top(self, language: Language) -> list[Subject]:
        """What the first page shows: categories, or where nothing stands in any the commonest words."""
        found = self.below(None, language)
        if found:
            return found
        common = sorted(self.words.items(), key=lambda item: (-item[1], item[0]))
        return [Subject(None, word, count) for word, count in common[:24]]

    def way(self, category_id: str, language: Language) -> list[Subject]:
        """The categories above this one and itself, the topmost first."""
        found: list[Subject] = []
        place = self.places.get(category_id)
        while place is not None and len(found) <= len(self.places):
            found.append(Subject(place.id, name_of(place, language), self.counts.get(place.id, 0)))
            place = self.places.get(place.parent_id or "")
        return found[::-1]


def subjects_of(places: Sequence[Category], counted: Sequence[Counted], *, more: bool) -> Subjects:
    """Count each lesson once in each category that it stands in or below."""
    known = {place.id: place for place in places}

    @cache
    def with_those_above(category_id: str) -> frozenset[str]:
        way: dict[str, None] = {}
        place = known.get(category_id)
        while place is not None and place.id not in way:
            way[place.id] = None
            place = known.get(place.parent_id or "")
        return frozenset(way)

    counts: Counter[str] = Counter()
    words: Counter[str] = Counter()
    for each in counted:
        stands_in = {upper for one in each.category_ids for upper in with_those_above(one)}
        counts.update(dict.fromkeys(stands_in, each.count))
        if each.subject:
            words[each.subject] += each.count
    return Subjects(known, counts, words, sum(each.count for each in counted), more)


def name_of(place: Category, language: Language) -> str:
    """What a category is called."""
    names = (place.name_zh, place.name_en) if language == "zh" else (place.name_en, place.name_zh)
    return names[0] or names[1]
