"""What foreign repositories answer is read: our own LOM to the letter, others' as far as it means something, and what
is hostile as nothing."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_service.exchange.oai_formats import FORMATS
from media_service.standards.described import Described
from storage.descriptions import Category, Contributor, Licence, Part, Source, Station
from storage.harvesting import answers, said
from storage.harvesting.answers import NoRepository, Refused, choose_format, read_identity, read_page
from storage.harvesting.read import read
from storage.harvesting.said import LEVELS, LICENCES, ROLES, Said
from storage.harvesting.xml import MOST_DEEP, XmlError, parse

LESSON = Described(
    id="0abcdefghijklmnopqrs",
    title="八段锦 & <第一>",
    organization="杭州市; 老年大学, 一部",
    created_at=datetime(2026, 11, 1, 3, 4, 5, tzinfo=UTC),
    description="  强身健体 <b>每天</b>\n\n第二段 &amp; 更多\tx",
    language="zh-CN",
    subject="健康",
    tags=["太极", "养生 操"],
    categories=[
        Category("R1", {"zh": "养生", "en": "Health"}),
        Category("R2.1", {"zh": "太极", "en": "Tai chi"}),
    ],
    level="senior",
    audience="六十岁以上",
    contributors=[
        Contributor("presenter", "李; 老师, \\ 某", "老年大学"),
        Contributor("author", "王"),
        Contributor("publisher", "某出版社"),
        Contributor("presenter", "赵"),
    ],
    licence=Licence("custom", "仅供教学\n第二行", "https://example.org/terms"),
    source_organization=Source("老年大学", "123"),
    published_at=datetime(2026, 11, 2, tzinfo=UTC),
    withdraw_at=datetime(2027, 11, 2, tzinfo=UTC),
    original_date="2009-05",
    external_id="A-1",
    other_ids={"doi": "10.1000/182", "old-platform": "77"},
    old_views=5_000_000,
    kind="video",
    duration=61.5,
    size=1000,
    url="https://media.example/embed/abc",
    stations=[
        Station("https://city.example", "市平台", "0ccccccccccccccccccc"),
        Station("http://10.0.0.7:8080", "区 & 县", "0ddddddddddddddddddd"),
    ],
)


def comes_back(lesson: Described) -> Said:
    found = read(parse(FORMATS["lom"].write(lesson, "https://media.example/oai/lom.xsd").encode()))
    assert found is not None
    return found


def plain(of: Any) -> dict[str, Any]:
    """As values that are compared, by what both call them."""
    told = {each.name: getattr(of, each.name) for each in fields(of)}
    told["origin_id"] = told.pop("id", told.get("origin_id"))
    return {name: _plain(value) for name, value in told.items()}


def _plain(value: Any) -> Any:
    if hasattr(value, "__dataclass_fields__"):
        return {name: _plain(each) for name, each in asdict(replace_mappings(value)).items()}
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value


def replace_mappings(value: Any) -> Any:
    return replace(value, names=dict(value.names)) if hasattr(value, "names") else value


VARIANTS: Mapping[str, dict[str, Any]] = {
    "all": {},
    "least": {
        **dict.fromkeys(("language", "subject", "level", "audience", "licence", "source_organization")),
        **dict.fromkeys(("published_at", "withdraw_at", "original_date", "external_id", "old_views")),
        **dict.fromkeys(("kind", "duration", "size")),
        **{name: [] for name in ("tags", "categories", "contributors")},
        **{"description": "", "other_ids": {}},
    },
    "a course": {
        "kind": "course",
        "duration": None,
        "size": None,
        "parts": [Part("0aaaaaaaaaaaaaaaaaaa", "第一课"), Part("0bbbbbbbbbbbbbbbbbbb", "第二课")],
    },
    **{f"level {level}": {"level": level} for level in LEVELS},
    **{f"licence {code}": {"licence": Licence(code)} for code in LICENCES if code != "custom"},
    "terms without an address": {"licence": Licence("custom", "仅供教学")},
    "an address of terms": {"licence": Licence("custom", None, "https://example.org/terms")},
    "no language, an address of terms": {
        "language": None,
        "licence": Licence("custom", "terms", "https://example.org/terms"),
    },
    "a year": {"original_date": "1999"},
    "a day": {"original_date": "1999-12-31"},
    "a source without a register": {"source_organization": Source("老年大学")},
    "sound": {"kind": "audio", "duration": 3600.0},
    "all roles": {"contributors": [Contributor(role, f"{role} 某") for role in ROLES]},
    "who makes what twice": {
        "contributors": [Contributor("presenter", "李"), Contributor("presenter", "李")]
    },
}


@pytest.mark.parametrize("name", VARIANTS)
def test_every_field_of_our_own_lom_comes_back_equal(name: str) -> None:
    lesson = replace(LESSON, **VARIANTS[name])
    assert plain(comes_back(lesson)) == plain(lesson)


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=40)


@given(title=WORDS, description=WORDS, tags=st.lists(WORDS, max_size=5), name=WORDS)
def test_whatever_words_are_in_it(title: str, description: str, tags: list[str], name: str) -> None:
    lesson = replace(
        LESSON,
        title=said.line(title) or "x",
        description=said.paragraphs(description),
        tags=said.tags(tags),
        contributors=[Contributor("editor", said.line(name) or "x")],
    )
    found = comes_back(lesson)
    for field in ("title", "description", "tags"):
        assert getattr(found, field) == getattr(lesson, field), field
    assert found.contributors[0].name == lesson.contributors[0].name


def test_dublin_core_brings_back_what_it_can_hold() -> None:
    found = read(parse(FORMATS["oai_dc"].write(LESSON, "http://example.org/oai_dc.xsd").encode()))
    assert found is not None
    for name in ("title", "language", "level", "published_at", "withdraw_at", "original_date", "created_at"):
        assert getattr(found, name) == getattr(LESSON, name), name
    assert (found.organization, found.kind, found.duration) == (LESSON.organization, "video", 61.5)
    assert found.url == LESSON.url
    assert found.licence == Licence("custom", "仅供教学\n第二行", "https://example.org/terms")
    assert found.source_organization == Source("老年大学")
    assert {"太极", "养生", "健康", "Health"} <= set(found.tags)
    assert {each.name for each in LESSON.contributors} - {"某出版社"} == {
        each.name for each in found.contributors
    }
    # Nobody can tell here that it came from one of us, and it might have been markup.
    assert "强身健体 每天" in found.description and "六十岁以上" in found.description


def record(metadata: str, identifier: str = "oai:x:1", **header: str) -> str:
    status = "".join(f' {name}="{value}"' for name, value in header.items())
    return (
        f"<record><header{status}><identifier>{identifier}</identifier><datestamp>2026-11-01</datestamp></header>"
        f"<metadata>{metadata}</metadata></record>"
    )


def document(content: str, verb: str = "ListRecords") -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">'
        f"<responseDate>2026-11-30T01:02:03Z</responseDate><request>x</request><{verb}>{content}</{verb}></OAI-PMH>"
    ).encode()


FOREIGN = (
    '<oai_dc:dc xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>\n   Energy &amp; more\n   <!-- x --></dc:title>'
    "<dc:description>&lt;p&gt;First &lt;b&gt;bold&lt;/b&gt;&lt;/p&gt;&lt;script&gt;alert(1)&lt;/script&gt;"
    "&lt;p&gt;a &amp;lt; b&lt;/p&gt;</dc:description><dc:creator>Doe, Jane</dc:creator>"
    "<dc:identifier>javascript:alert(1)</dc:identifier><dc:identifier>doi:10.1234/abc</dc:identifier>"
    "<dc:rights>http://creativecommons.org/licenses/by-sa/4.0/deed.de</dc:rights><dc:language>ger</dc:language>"
    "<dc:date>2019</dc:date><dc:type>MovingImage</dc:type></oai_dc:dc>"
)


def test_foreign_words_are_words() -> None:
    page = read_page(
        document(record(FOREIGN) + '<resumptionToken completeListSize="7"> t/1 </resumptionToken>')
    )
    assert (page.token, page.total, page.at) == ("t/1", 7, datetime(2026, 11, 30, 1, 2, 3, tzinfo=UTC))
    [one] = page.records
    assert one.metadata is not None
    found = read(one.metadata)
    assert found is not None
    assert found.title == "Energy & more"
    assert found.description == "First bold\n\na < b"
    assert found.url == "https://doi.org/10.1234/abc"
    assert found.licence == Licence("CC-BY-SA-4.0")
    assert (found.language, found.original_date, found.kind) == ("de", "2019", "video")
    assert found.contributors == [Contributor("author", "Doe, Jane")]


@pytest.mark.parametrize(
    ("rights", "url"),
    [
        (
            "http://creativecommons.org/licenses/by/2.0/de/ Einige Rechte vorbehalten <b>",
            "http://creativecommons.org/licenses/by/2.0/de/",
        ),
        ('http://creativecommons.org/licenses/by-nc/3.0/"x', "http://creativecommons.org/licenses/by-nc/3.0"),
        ("http://creativecommons.org/licenses/by-nc/3.0/", "http://creativecommons.org/licenses/by-nc/3.0/"),
    ],
)
def test_what_stands_behind_the_address_of_a_licence_is_none_of_it(rights: str, url: str) -> None:
    assert said.licence(rights) == Licence("custom", None, url)
    assert said.licence("", rights) == Licence("custom", None, url)


def test_lom_of_drafts_and_of_others() -> None:
    metadata = (
        '<lom xmlns="http://www.imsglobal.org/xsd/imsmd_v1p2"><general><catalogentry><catalog>Old Cat!</catalog>'
        '<entry><langstring>77</langstring></entry></catalogentry><title><langstring xml:lang="de">Wasser</langstring>'
        "</title><keyword><langstring>Fluss</langstring></keyword></general><technical><format>video/mp4</format>"
        "<location>https://example.org/w</location><duration><datetime>PT1H2M3S</datetime></duration></technical>"
        "<educational><context><source><langstring>LOMv1.0</langstring></source>"
        "<value><langstring>Higher Education</langstring></value></context></educational></lom>"
    )
    found = read(parse(metadata.encode()))
    assert found is not None
    assert (found.title, found.tags, found.kind, found.level) == ("Wasser", ["Fluss"], "video", "higher")
    assert found.other_ids == {"old-cat": "77"} and found.url == "https://example.org/w"


def test_errors_and_empty_lists() -> None:
    empty = document("").replace(b"<ListRecords></ListRecords>", b'<error code="noRecordsMatch"/>')
    assert read_page(empty).records == []
    with pytest.raises(Refused) as refused:
        read_page(empty.replace(b"noRecordsMatch", b"badResumptionToken"))
    assert refused.value.code == "badResumptionToken"
    for wrong in (b"<html><body>", b"<html/>", b"", b"not xml", document("", "Identify")):
        with pytest.raises(NoRepository):
            read_page(wrong)
    identity = read_identity(
        document(
            "<repositoryName>N</repositoryName><deletedRecord>transient</deletedRecord>"
            "<granularity>YYYY-MM-DDThh:mm:ssZ</granularity>",
            "Identify",
        )
    )
    assert (identity.name, identity.to_the_second, identity.deletes) == ("N", True, False)


def test_the_format_that_tells_most() -> None:
    lom = ("x_lom", "http://ltsc.ieee.org/xsd/LOM")
    assert choose_format([("oai_dc", ""), lom, ("marc", "")]) == "x_lom"
    assert choose_format([("marc", ""), ("oai_dc", "")]) == "oai_dc"
    assert choose_format([("marc", "")]) is None


def test_names_that_nobody_could_keep_are_passed_over() -> None:
    page = read_page(
        document(
            "".join(record(FOREIGN, name) for name in ("", "x" * 1001, "a b", "a\tb", "oai:x:2"))
            + record("", "oai:x:3", status="deleted")
            + "<record/>"
        )
    )
    assert [(each.identifier, each.is_deleted) for each in page.records] == [
        ("oai:x:2", False),
        ("oai:x:3", True),
    ]
    assert page.skipped == 5


BOMB = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><OAI-PMH>&b;</OAI-PMH>'


@pytest.mark.parametrize(
    "data",
    [
        BOMB.encode(),
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><OAI-PMH/>',
        b"<a>" * (MOST_DEEP + 1) + b"</a>" * (MOST_DEEP + 1),
        b"<a>" * 200_000,
        b"<a " + b"x" * 1000,
        b'<?xml version="1.0" encoding="nonsense"?><a/>',
        b"\xff\xfe<\x00",
    ],
)
def test_hostile_xml_is_refused_at_once(data: bytes) -> None:
    began = time.process_time()
    with pytest.raises(XmlError):
        parse(data)
    assert time.process_time() - began < 1


def test_characters_that_xml_cannot_hold_are_left_out() -> None:
    assert parse(b"<a>x\x0b\x1fy&#x1;&#2;\xff</a>").text == "xy\ufffd"


@pytest.mark.parametrize(
    "text", ["<" * 100_000, "<a" * 50_000, "&" * 200_000, "<!--" * 50_000, "<p>" * 100_000]
)
def test_markup_without_end_costs_little(text: str) -> None:
    began = time.process_time()
    said.paragraphs(said.without_markup(text))
    assert time.process_time() - began < 2


def test_addresses_of_requests() -> None:
    assert (
        answers.address("https://x.example/oai", verb="Identify", set_=None)
        == "https://x.example/oai?verb=Identify"
    )
    token = answers.address("https://x.example/?repo=1#top", verb="ListRecords", resumptionToken="a&b=c d")
    assert token == "https://x.example/?repo=1&verb=ListRecords&resumptionToken=a%26b%3Dc+d"
