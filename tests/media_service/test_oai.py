"""OAI-PMH 2.0: valid answers, all errors of the protocol, and foreign harvesters that end up with what is there."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import sickle
from house import SECRET_KEY, House, address, house, make_house
from lxml import etree
from oaipmh_scythe import Scythe
from shared_lessons import Province, province
from sickle.oaiexceptions import NoRecordsMatch

from media_service.exchange import oai, oai_tokens
from media_service.exchange.xml import text
from storage.catalogue import recording
from storage.ids import new_id

__all__ = ["address", "house", "province"]
pytestmark = pytest.mark.integration

SCHEMAS = Path(__file__).parent / "schemas"
LOM = Path(oai.__file__).parent / "schemas" / "lom.xsd"
NS = {"o": "http://www.openarchives.org/OAI/2.0/", "dc": "http://purl.org/dc/elements/1.1/"}
NS["lom"] = "http://ltsc.ieee.org/xsd/LOM"
HOSTILE = "]]><script>&amp;\x0b\x1f\ufffe\r\n\t\"'水墨🎬</dc:title>"
"""Characters that XML cannot hold, and markup."""


@pytest.fixture(scope="module")
def schema() -> etree.XMLSchema:
    # One schema that knows both formats: what stands in a record is validated, too.
    both = f"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
      <xs:import namespace="{NS["o"]}" schemaLocation="{SCHEMAS / "oai_pmh.xsd"}"/>
      <xs:import namespace="{NS["lom"]}" schemaLocation="{LOM}"/></xs:schema>"""
    return etree.XMLSchema(etree.fromstring(both))


Ask = Callable[..., Any]


@pytest.fixture
def ask(province: Province, schema: etree.XMLSchema) -> Ask:
    """Ask something and get a valid document."""

    def asking(who: str | None = None, *, method: str = "GET", **arguments: str) -> Any:
        arguments = {name.rstrip("_"): value for name, value in arguments.items()}
        headers = province.keys[who] if who else {}
        client = province.house.client
        if method == "POST":
            answer = client.post("/oai", data=arguments, headers=headers)
        else:
            answer = client.get(f"/oai?{urlencode(arguments)}", headers=headers)
        assert answer.status_code == 200, answer.text
        assert answer.headers["Content-Type"] == "text/xml; charset=utf-8"
        document = etree.fromstring(answer.data)
        schema.assertValid(document)
        return document

    return asking


def code(document: Any) -> str:
    return str(document.find("o:error", NS).get("code"))


def identifier(asset_id: str) -> str:
    return f"oai:media.example:{asset_id}"


def sets_of(document: Any) -> set[str]:
    return {str(each.text) for each in document.iter(f"{{{NS['o']}}}setSpec")}


def headers_of(document: Any) -> dict[str, bool]:
    """Records by their IDs, and whether each is gone."""
    return {
        each.findtext("o:identifier", namespaces=NS).rpartition(":")[2]: each.get("status") == "deleted"
        for each in document.iter(f"{{{NS['o']}}}header")
    }


def test_the_repository_says_what_it_is(province: Province, ask: Ask) -> None:
    province.add()
    province.write()
    told = ask(verb="Identify").find("o:Identify", NS)
    said = {each.tag.rpartition("}")[2]: each.text for each in told}
    assert said["baseURL"] == "https://media.example/oai"
    assert said["adminEmail"] == "postmaster@media.example"
    assert (said["deletedRecord"], said["granularity"]) == ("persistent", "YYYY-MM-DDThh:mm:ssZ")
    prefixes = ask(method="POST", verb="ListMetadataFormats").findall(".//o:metadataPrefix", NS)
    assert [each.text for each in prefixes] == ["oai_dc", "lom"]
    address = ask(verb="ListMetadataFormats").findall(".//o:schema", NS)[1].text
    served = province.house.client.get(address.removeprefix("https://media.example"))
    assert served.data == LOM.read_bytes()


def test_hostile_text_is_told_as_text_in_both_formats(province: Province, ask: Ask) -> None:
    lesson = province.add(
        HOSTILE,
        description=HOSTILE,
        tags=[HOSTILE],
        language="zh",
        level="community",
        category_ids=[province.category],
        licence={"code": "CC-BY-4.0"},
        contributors=[{"role": "presenter", "name": HOSTILE, "organization": "校"}],
        source_organization={"name": HOSTILE, "id": "9"},
        other_ids={HOSTILE: HOSTILE},
        original_date="2024-05",
        withdraw_at=datetime.now(UTC) + timedelta(days=400),
        published_at=datetime.now(UTC) - timedelta(days=1),
        old_views=7,
        audience="老年人",
        subject="健康",
        duration=60.5,
    )
    province.write()
    cleaned = HOSTILE.translate({0x0B: None, 0x1F: None, 0xFFFE: None})
    for prefix, path in (("oai_dc", ".//dc:title"), ("lom", ".//lom:general/lom:title/lom:string")):
        record = ask(verb="GetRecord", identifier=identifier(lesson), metadataPrefix=prefix)
        assert record.findtext(path, namespaces=NS) == cleaned
    sets = {each.text for each in record.findall(".//o:setSpec", NS)}
    assert sets == {
        *(f"organization:{each}" for each in (province.id, province.city, province.school)),
        f"category:{province.category}",
        "licence:CC-BY-4.0",
    }
    assert record.findtext(".//lom:typicalAgeRange/lom:string", namespaces=NS) == "老年人"
    assert record.findtext(".//lom:taxon/lom:id", namespaces=NS) == "1"
    named = {
        each.findtext("o:setSpec", namespaces=NS): each.findtext("o:setName", namespaces=NS)
        for each in ask(verb="ListSets").iter(f"{{{NS['o']}}}set")
    }
    assert named[f"organization:{province.id}"] == "省 & <教育>"
    assert named[f"category:{province.category}"] == "健康 / Health"
    assert named["licence:CC-BY-4.0"] == "CC BY 4.0"
    assert text("\ud800x") == "x"


def test_every_error_of_the_protocol(province: Province, ask: Ask) -> None:
    lesson = province.add()
    province.write()
    own = identifier(lesson)
    listing = {"verb": "ListRecords", "metadataPrefix": "oai_dc"}
    wrong: list[tuple[str, dict[str, str]]] = [
        ("badVerb", {}),
        ("badVerb", {"verb": "Nonsense"}),
        ("badArgument", {"verb": "Identify", "set": "x"}),
        ("badArgument", {"verb": "ListRecords"}),
        ("badArgument", {"verb": "GetRecord", "identifier": own}),
        ("badArgument", {**listing, "from": "yesterday"}),
        ("badArgument", {**listing, "from": "2026-02-30"}),
        ("badArgument", {**listing, "from": "2026-01-01", "until": "2026-01-01T00:00:00Z"}),
        ("badArgument", {**listing, "from": "2026-02-01", "until": "2026-01-01"}),
        ("badArgument", {**listing, "resumptionToken": "x"}),
        ("badResumptionToken", {"verb": "ListRecords", "resumptionToken": "x"}),
        ("badResumptionToken", {"verb": "ListSets", "resumptionToken": "x"}),
        ("cannotDisseminateFormat", {**listing, "metadataPrefix": "marc"}),
        ("cannotDisseminateFormat", {"verb": "GetRecord", "identifier": own, "metadataPrefix": "marc"}),
        ("idDoesNotExist", {"verb": "GetRecord", "identifier": "x", "metadataPrefix": "oai_dc"}),
        ("idDoesNotExist", {"verb": "ListMetadataFormats", "identifier": identifier(new_id())}),
        ("noRecordsMatch", {**listing, "until": "2001-01-01"}),
        ("noRecordsMatch", {**listing, "from": "9999-12-31", "until": "9999-12-31"}),
        ("noRecordsMatch", {**listing, "set": "organization:nobody"}),
        ("noRecordsMatch", {**listing, "set": "nonsense"}),
    ]
    for expected, arguments in wrong:
        assert code(ask(**arguments)) == expected, arguments
    twice = province.house.client.get("/oai?verb=ListRecords&metadataPrefix=oai_dc&metadataPrefix=lom")
    assert b'code="badArgument"' in twice.data
    told = ask(**{**listing, "set": "organization:nobody"}).find("o:request", NS)
    assert dict(told.attrib) == {**listing, "set": "organization:nobody"}
    assert dict(ask(verb="Identify", set="x").find("o:request", NS).attrib) == {}
    assert (
        province.house.client.get("/oai?verb=Identify", headers={"Authorization": "Bearer no"}).status_code
        == 401
    )


def test_who_has_no_key_harvests_libraries_and_who_has_one_what_is_shared(
    province: Province, ask: Ask
) -> None:
    public, inside = province.add(), province.add(word="organization")
    named = province.add(word="shared", shared_partner_ids=[province.partner])
    secret = province.add(word="private")
    province.write()

    def sees(who: str | None) -> list[bool]:
        found = [
            ask(who, verb="GetRecord", identifier=identifier(each), metadataPrefix="lom")
            for each in (public, inside, named, secret)
        ]
        return [each.find("o:error", NS) is None for each in found]

    assert f"organization:{province.id}" in sets_of(ask(verb="ListSets"))
    assert sees(None) == sees("stranger") == [True, False, False, False]
    assert sees("partner") == [True, False, True, False]
    assert sees("portal") == sees("admin") == [True, True, True, False]
    path = f"/v1/organizations/{province.id}"
    admin = province.keys["admin"]
    assert province.house.client.patch(path, json={"library": False}, headers=admin).status_code == 200
    province.write()
    gone = ask(verb="GetRecord", identifier=identifier(public), metadataPrefix="lom")
    assert headers_of(gone) == {public: True}
    assert sees("stranger") == [True, False, False, False]
    assert f"organization:{province.id}" not in sets_of(ask(verb="ListSets"))
    assert province.house.client.patch(path, json={"library": True}, headers=admin).status_code == 200
    province.write()
    assert headers_of(ask(verb="GetRecord", identifier=identifier(public), metadataPrefix="lom")) == {
        public: False
    }


def test_tokens_live_seven_days_and_cannot_be_made_up(
    province: Province, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oai, "PAGE", 2)
    for _ in range(3):
        province.add()
    province.write()
    page = ask(verb="ListRecords", metadataPrefix="oai_dc")
    token = page.find(".//o:resumptionToken", NS)
    assert int(token.get("completeListSize")) >= 3 and token.get("cursor") == "0"
    told, ends = page.findtext("o:responseDate", namespaces=NS), token.get("expirationDate")
    assert datetime.fromisoformat(ends) - datetime.fromisoformat(told) == timedelta(days=7)
    assert headers_of(ask(verb="ListRecords", resumptionToken=token.text)).keys().isdisjoint(headers_of(page))
    assert code(ask(verb="ListIdentifiers", resumptionToken=token.text)) == "badResumptionToken"
    for tampered in (token.text[:-1], token.text[:10] + "A" + token.text[11:], token.text + "AAAA", "é"):
        assert code(ask(verb="ListRecords", resumptionToken=tampered)) == "badResumptionToken", tampered
    # A process that was started later, or another one, goes on.
    other = make_house(province.house.sessions)
    answer = other.client.get(f"/oai?verb=ListRecords&resumptionToken={token.text}")
    assert b"<error" not in answer.data
    place = oai_tokens.read(token.text, "ListRecords", datetime.now(UTC), SECRET_KEY)
    for age, is_taken in ((timedelta(days=6, hours=23), True), (timedelta(days=7, minutes=1), False)):
        old = oai_tokens.write(place, datetime.now(UTC) - age, SECRET_KEY)
        assert (ask(verb="ListRecords", resumptionToken=old).find("o:error", NS) is None) == is_taken
    with province.house.sessions.begin() as session:
        recording.begin_anew(session)
    assert code(ask(verb="ListRecords", resumptionToken=token.text)) == "badResumptionToken"


def test_answers_are_compressed_for_who_takes_it(province: Province) -> None:
    path = "/oai?verb=ListRecords&metadataPrefix=lom"
    plain = province.house.get(path)
    packed = province.house.get(path, Accept_Encoding="gzip")
    assert packed.headers["Content-Encoding"] == "gzip" and len(packed.data) < len(plain.data) / 4
    assert gzip.decompress(packed.data).startswith(b"<?xml")


Harvest = Callable[..., Iterator[Any]]
Harvested = dict[str, str | None]


def by_sickle(url: str, **more: str) -> Iterator[tuple[str, str | None]]:
    """Records as they come: their IDs and titles, None of what is gone."""
    harvester = sickle.Sickle(url, headers={})
    try:
        for record in harvester.ListRecords(metadataPrefix="oai_dc", **more):
            title = None if record.deleted else record.metadata["title"][0]
            yield record.header.identifier.rpartition(":")[2], title
    except NoRecordsMatch:
        return


def by_scythe(url: str, **more: str) -> Iterator[tuple[str, str | None]]:
    more = {f"{name}_" if name in ("from", "set") else name: value for name, value in more.items()}
    with Scythe(url) as harvester:
        for record in harvester.list_records(metadata_prefix="oai_dc", **more):
            title = None if record.deleted else record.metadata["title"][0]
            yield record.header.identifier.rpartition(":")[2], title


@pytest.mark.parametrize("harvest", [by_sickle, by_scythe])
def test_what_changes_during_a_harvest_ends_up_right(
    province: Province, address: str, harvest: Harvest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oai, "PAGE", 5)
    lessons = [province.add(f"第 {number} 课") for number in range(20)]
    province.write()
    here: Harvested = {}
    began = datetime.now(UTC).replace(microsecond=0)
    for count, (lesson, title) in enumerate(harvest(f"{address}/oai"), 1):
        here[lesson] = title
        if lesson == lessons[7]:
            # Harvested already, and not yet; a new one; one that is committed late.
            assert count >= 8
            province.say(lessons[2], title="改过")
            province.show(lessons[3], "private")
            province.say(lessons[18], title="也改过")
            province.remove(lessons[19])
            extra = province.add("新来的")
            slow = province.house.sessions()
            slow.get_one(recording.Asset, lessons[4]).title = "迟到"
            slow.flush()
            province.write()
            slow.commit()
            slow.close()
    province.write()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(oai, "PAGE", 5)
        here.update(harvest(f"{address}/oai", **{"from": began.strftime("%Y-%m-%dT%H:%M:%SZ")}))
    expected: Harvested = {each: f"第 {number} 课" for number, each in enumerate(lessons)}
    expected |= {lessons[2]: "改过", lessons[3]: None, lessons[18]: "也改过", lessons[19]: None}
    expected |= {extra: "新来的", lessons[4]: "迟到"}
    assert {each: here[each] for each in expected} == expected
    again = list(harvest(f"{address}/oai", set=f"organization:{province.school}"))
    assert len({each for each, _ in again}) == len(again), "each record once"
    # The catalogue has libraries of other tests, too.
    found = dict(again)
    assert found.items() >= expected.items()
    assert found == {each: here[each] for each in found}


def test_a_list_whose_rest_moved_on_ends(
    province: Province, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oai, "PAGE", 2)
    lessons = [province.add() for _ in range(4)]
    province.write()
    began = datetime.now(UTC)
    page = ask(verb="ListIdentifiers", metadataPrefix="oai_dc", set=f"organization:{province.school}")
    until = (began + timedelta(seconds=0)).strftime("%Y-%m-%dT%H:%M:%SZ")
    page = ask(verb="ListIdentifiers", metadataPrefix="oai_dc", until=until)
    while (token := page.find(".//o:resumptionToken", NS)) is not None and token.text:
        while datetime.now(UTC) < began.replace(microsecond=0) + timedelta(seconds=1.1):
            pass
        for number, lesson in enumerate(lessons):
            province.say(lesson, title=f"{token.text[:20]} {number}")
        province.write()
        page = ask(verb="ListIdentifiers", resumptionToken=token.text)
        assert headers_of(page)


def test_a_house_names_whom_to_write_to(province: Province) -> None:
    other: House = make_house(province.house.sessions, CONTACT_EMAIL="admin@edu.example")
    assert b"<adminEmail>admin@edu.example</adminEmail>" in other.client.get("/oai?verb=Identify").data


BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8"}


def test_a_person_with_a_browser_is_shown_a_page(province: Province) -> None:
    """And whoever harvests gets XML, whatever else it would take."""
    client = province.house.client
    first = client.get("/oai", headers={**BROWSER, "Accept-Language": "zh-CN"})
    assert (first.status_code, first.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert '<html lang="zh-CN">' in first.text and "资源库信息" in first.text and "persistent" in first.text
    assert {"Accept", "Accept-Language"} <= set(first.vary)
    english = client.get("/oai?lang=en", headers={**BROWSER, "Accept-Language": "zh-CN"}).text
    assert '<html lang="en">' in english and "badArgument" not in english
    for accept in ("*/*", "text/xml", "application/xml, */*;q=0.1", None):
        headers = {"Accept": accept} if accept else {}
        answer = client.get("/oai?verb=Identify", headers=headers)
        assert answer.headers["Content-Type"] == "text/xml; charset=utf-8", accept
    refused = client.get("/oai?verb=Nonsense", headers=BROWSER)
    assert "badVerb" in refused.text


def test_the_page_holds_what_strangers_wrote_as_words(province: Province) -> None:
    lesson = province.add(HOSTILE.replace("\ufffe", ""))
    province.write()
    for prefix in ("oai_dc", "lom"):
        page = province.house.client.get(f"/oai?verb=ListRecords&metadataPrefix={prefix}", headers=BROWSER)
        assert identifier(lesson) in page.text and "<script" not in page.text
        policy = page.headers["Content-Security-Policy"]
        nonce = re.search("'nonce-([^']+)'", policy)
        assert nonce is not None and f'<style nonce="{nonce[1]}">' in page.text
        assert "default-src 'none'" in policy and "unsafe" not in policy
        assert "水墨🎬" in page.text
