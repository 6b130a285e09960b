"""A course as a package that learning platforms import."""

from __future__ import annotations

import io
import zipfile
from urllib.parse import quote
from xml.etree import ElementTree

import pytest
from house import PUBLIC_URL, House, make_house
from lesson import Lesson, add_lesson
from sqlalchemy.orm import Session, sessionmaker

from storage.catalogue.models import Asset

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def house(sessions: sessionmaker[Session]) -> House:
    return make_house(sessions)


@pytest.fixture(scope="module")
def lesson(house: House) -> Lesson:
    return add_lesson(house.sessions, house.objects)


@pytest.mark.parametrize("version", ["1.3", "1.1"])
def test_a_course_is_imported_as_links_in_its_order(house: House, lesson: Lesson, version: str) -> None:
    author = house.api_key(lesson.organization_id, "author")
    with house.sessions.begin() as session:
        session.get_one(Asset, lesson.asset_id).title = '八段锦 <b>&amp; "一"'
    made = house.client.post(
        "/v1/collections",
        json={"title": "养生 <课程>", "asset_ids": [lesson.asset_id]},
        headers=author,
    ).json
    asked = f"/v1/collections/{made['id']}/cartridge?version={version}"
    answer = house.client.get(asked, headers=author)
    assert (answer.status_code, answer.mimetype) == (200, "application/zip")
    assert (
        quote("养生") in answer.headers["Content-Disposition"]
        and ".imscc" in answer.headers["Content-Disposition"]
    )
    assert answer.data == house.client.get(asked, headers=author).data, "the same course, the same bytes"

    archive = zipfile.ZipFile(io.BytesIO(answer.data))
    assert archive.testzip() is None
    number = version.replace(".", "p")
    cp = {"cp": f"http://www.imsglobal.org/xsd/imsccv{number}/imscp_v1p1"}
    manifest = ElementTree.fromstring(archive.read("imsmanifest.xml"))
    assert manifest.tag == f"{{{cp['cp']}}}manifest"
    assert manifest.findtext("cp:metadata/cp:schemaversion", namespaces=cp) == f"{version}.0"
    titles = [each.text for each in manifest.iter(f"{{{cp['cp']}}}title")]
    assert titles == ["养生 <课程>", '八段锦 <b>&amp; "一"']
    items = {each.get("identifierref") for each in manifest.iter(f"{{{cp['cp']}}}item")} - {None}
    resources = {each.get("identifier"): each for each in manifest.iter(f"{{{cp['cp']}}}resource")}
    assert items == resources.keys() and len(items) == 1, "every item has its resource"
    [resource] = resources.values()
    assert resource.get("type") == ("imsbasiclti_xmlv1p3" if version == "1.3" else "imsbasiclti_xmlv1p0")
    file = resource.find("cp:file", cp)
    assert file is not None
    link = ElementTree.fromstring(archive.read(str(file.get("href"))))
    blti = {"blti": "http://www.imsglobal.org/xsd/imsbasiclti_v1p0"}
    address = f"{PUBLIC_URL}/lti/lessons/{lesson.asset_id}?course={made['public_id']}"
    assert link.findtext("blti:secure_launch_url", namespaces=blti) == address
    assert link.findtext("blti:launch_url", namespaces=blti) == address
    assert link.findtext("blti:title", namespaces=blti) == titles[1]


def test_courses_of_others_are_not_packed(house: House, lesson: Lesson) -> None:
    author = house.api_key(lesson.organization_id, "author")
    assert house.client.get(f"/v1/collections/{'x' * 24}/cartridge", headers=author).status_code == 404
    wrong = house.client.get(f"/v1/collections/{'x' * 24}/cartridge?version=2", headers=author)
    assert wrong.status_code == 422
