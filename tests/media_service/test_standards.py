"""No field that we keep is lost on the way to Dublin Core and LOM."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any, get_args

import pytest

from configs.words import AssetKind, ContributorRole, Level, LicenceCode
from media_service.cataloguing.changes import AssetChanges
from media_service.management.collection_documents import CollectionChanges
from media_service.standards.described import Described, licence_name, licence_url
from media_service.standards.dublin_core import simple
from media_service.standards.table import TABLE, to_dublin_core, to_lom
from storage.descriptions import Category, Contributor, Licence, Part, Source, Station

FIFTEEN = {
    *("contributor", "coverage", "creator", "date", "description", "format", "identifier", "language"),
    *("publisher", "relation", "rights", "source", "subject", "title", "type"),
}
NOT_OF_THE_LESSON = {"visibility", "shared_organization_ids", "shared_partner_ids"}
"""Who may see it is this platform's own matter."""

NO_DUBLIN_CORE = {"old_views", "size"}

LESSON = Described(
    id="0abcdefghijklmnopqrs",
    title="八段锦",
    organization="杭州市",
    created_at=datetime(2026, 11, 1, tzinfo=UTC),
    description="强身健体",
    language="zh",
    subject="健康",
    tags=["太极", "养生"],
    categories=[Category("R1", {"zh": "养生", "en": "Health"})],
    level="senior",
    audience="六十岁以上",
    contributors=[Contributor("presenter", "李; 老师", "老年大学"), Contributor("author", "王")],
    licence=Licence("custom", "仅供教学", "https://example.org/terms"),
    source_organization=Source("老年大学", "123"),
    published_at=datetime(2026, 11, 2, tzinfo=UTC),
    withdraw_at=datetime(2027, 11, 2, tzinfo=UTC),
    original_date="2009-05",
    external_id="A-1",
    other_ids={"doi": "10.1000/182"},
    old_views=5_000_000,
    kind="video",
    duration=61.5,
    size=1000,
    url="https://media.example/lesson",
    parts=[Part("0aaaaaaaaaaaaaaaaaaa", "第一课"), Part("0bbbbbbbbbbbbbbbbbbb", "第二课")],
    stations=[Station("https://city.example", "市平台", "0ccccccccccccccccccc")],
)
ANOTHER: dict[str, Any] = {
    "id": "0zzzzzzzzzzzzzzzzzzz",
    "title": "六字诀",
    "organization": "宁波市",
    "created_at": datetime(2025, 1, 1, tzinfo=UTC),
    "description": "",
    "language": "en",
    "subject": "音乐",
    "tags": ["太极"],
    "categories": [Category("R1", {"zh": "养生", "en": "Wellness"})],
    "level": "community",
    "audience": None,
    "contributors": [Contributor("presenter", "李; 老师"), Contributor("author", "王")],
    "licence": Licence("custom", "仅供教学", None),
    "source_organization": Source("老年大学", "124"),
    "published_at": None,
    "withdraw_at": datetime(2028, 11, 2, tzinfo=UTC),
    "original_date": "2009",
    "external_id": "A-2",
    "other_ids": {"doi": "10.1000/183"},
    "old_views": 0,
    "kind": "audio",
    "duration": 61.0,
    "size": None,
    "url": None,
    "parts": [Part("0bbbbbbbbbbbbbbbbbbb", "第二课"), Part("0aaaaaaaaaaaaaaaaaaa", "第一课")],
    "stations": [Station("https://county.example", "市平台", "0ccccccccccccccccccc")],
}


def test_the_table_has_every_field_that_can_be_edited() -> None:
    edited = AssetChanges.model_fields.keys() | CollectionChanges.model_fields.keys() - {"asset_ids"}
    assert edited - NOT_OF_THE_LESSON <= {row.field for row in TABLE}


def test_every_field_that_is_described_is_tried_here() -> None:
    assert {each.name for each in fields(Described)} == ANOTHER.keys()


@pytest.mark.parametrize("name", ANOTHER)
def test_two_lessons_that_differ_in_one_field_differ_in_the_standards(name: str) -> None:
    other = replace(LESSON, **{name: ANOTHER[name]})
    assert to_lom(LESSON) != to_lom(other)
    if name not in NO_DUBLIN_CORE:
        assert to_dublin_core(LESSON) != to_dublin_core(other)


@pytest.mark.parametrize(
    ("name", "words", "make"),
    [
        ("level", get_args(Level), lambda word: word),
        ("kind", (*get_args(AssetKind), "course"), lambda word: word),
        ("contributors", get_args(ContributorRole), lambda word: [Contributor(word, "王")]),
        ("licence", get_args(LicenceCode), Licence),
    ],
)
def test_no_two_words_become_the_same(name: str, words: tuple[str, ...], make: Any) -> None:
    told = [repr(to_lom(replace(LESSON, **{name: make(word)}))) for word in words]
    assert len({*told}) == len(words)


def test_simple_dublin_core_has_its_fifteen_elements_alone() -> None:
    terms = to_dublin_core(LESSON)
    assert {term for term, _ in simple(terms)} <= FIFTEEN
    assert [value for _, value in simple(terms)] == [value for _, value in terms]


def test_what_nobody_has_said_is_not_said() -> None:
    bare = Described(
        id="0abcdefghijklmnopqrs",
        title="课",
        organization="杭州市",
        created_at=datetime(2026, 11, 1, tzinfo=UTC),
    )
    assert [term for term, _ in to_dublin_core(bare)] == ["identifier", "title", "publisher", "dateSubmitted"]
    assert all(value.text for _, value in to_dublin_core(bare))
    assert all(part.text for element in to_lom(bare) for part in element.parts.values())


def test_licences_lead_to_their_texts() -> None:
    assert licence_url(Licence("CC-BY-NC-SA-4.0")) == "https://creativecommons.org/licenses/by-nc-sa/4.0/"
    assert licence_url(Licence("CC0-1.0")) == "https://creativecommons.org/publicdomain/zero/1.0/"
    assert licence_url(Licence("all_rights_reserved")) is None
    assert licence_name(Licence("CC-BY-NC-SA-4.0")) == "CC BY-NC-SA 4.0"
    assert licence_name(Licence("CC0-1.0")) == "CC0 1.0"


def test_a_name_ends_no_line_of_a_vcard() -> None:
    hostile = replace(LESSON, contributors=[Contributor("author", "a\nEND:VCARD;x,y\\")])
    (entity,) = (
        each.parts["entity"].text
        for each in to_lom(hostile)
        if each.path == "lifecycle.contribute" and "entity" in each.parts
    )
    assert entity.count("\r\n") == 5
    assert "FN:a\\nEND:VCARD\\;x\\,y\\\\\r\n" in entity
