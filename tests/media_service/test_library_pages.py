"""The library's pages by HTTP: what everybody may see stands there, and nothing else."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit
from xml.etree import ElementTree

import pytest
from drawn import png
from house import PUBLIC_URL, House, house, lesson, make_house
from lesson import TITLE, Lesson, add_image, add_lesson
from signed_in import signed_in
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker
from werkzeug.test import TestResponse

from media_service.library import feed_pages, feeds
from storage.catalogue import passages
from storage.catalogue.models import (
    Asset,
    Category,
    Collection,
    CollectionItem,
    Organization,
    PlaybackId,
    Track,
)
from storage.catalogue.organizations import create_organization
from storage.ids import new_id
from storage.search_passages import passages_of
from storage.tracks.cue import Cue
from storage.tracks.webvtt import to_webvtt

__all__ = ["house", "lesson"]

CUES = [Cue(0, 2000, "大家好<b>"), Cue(3200, 5000, "現在講社區教育"), Cue(6000, 8000, "谢谢")]
HOSTILE = "<img src=x onerror=alert(1)> \"'>"


class Page(HTMLParser):
    """Elements of a page, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.data: list[str] = []
        self._in_data = False
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attributes)))
        self._in_data = tag == "script" and dict(attributes).get("type") == "application/ld+json"

    def handle_endtag(self, tag: str) -> None:
        self._in_data = False

    def handle_data(self, data: str) -> None:
        if self._in_data:
            self.data.append(data)
        else:
            self.text += data

    def all(self, tag: str, **attributes: str) -> list[dict[str, str | None]]:
        return [
            found
            for name, found in self.elements
            if name == tag and all(found.get(key) == value for key, value in attributes.items())
        ]

    def links(self) -> list[str]:
        return [found.get("href") or "" for found in self.all("a")]


@dataclass
class Library:
    """The library of a city, with a lesson of a school below it, in a course and a category of the city's."""

    house: House
    city_id: str
    lesson: Lesson
    slug: str
    course_id: str
    category_id: str
    admin: dict[str, str]

    def get(self, path: str = "", **headers: str) -> TestResponse:
        return self.house.get(f"/library/{self.slug}{path}", **headers)

    def page(self, path: str = "", **headers: str) -> Page:
        answer = self.get(path, **headers)
        assert answer.status_code == 200, answer.text
        return Page(answer.text)

    def set(self, **values: Any) -> None:
        """Change the lesson's row as its owner may."""
        with self.house.sessions.begin() as session:
            asset = session.get_one(Asset, self.lesson.asset_id)
            for name, value in values.items():
                setattr(asset, name, value)

    @property
    def lesson_path(self) -> str:
        return f"/lessons/{self.lesson.asset_id}"


@pytest.fixture(scope="module")
def library(house: House, lesson: Lesson) -> Library:
    with house.sessions.begin() as session:
        city = create_organization(session, "石家庄市社区学院").id
        asset = session.get_one(Asset, lesson.asset_id)
        session.get_one(Organization, lesson.organization_id).parent_id = city
        parent = Category(organization_id=city, code="H", name_zh="健康", name_en="Health")
        session.add(parent)
        session.flush()
        category = Category(organization_id=city, parent_id=parent.id, code="H1", name_zh="养生", name_en="")
        course = Collection(organization_id=city, title="社区教育入门 <i>")
        session.add_all([category, course])
        session.flush()
        session.add(CollectionItem(collection_id=course.id, asset_id=asset.id, position=0))
        asset.description, asset.category_ids, asset.clicks = HOSTILE, [category.id], 1234
        asset.tags, asset.level, asset.language = ["武术"], "senior", "zh"
        asset.duration = 10.0
        asset.contributors = [{"role": "presenter", "name": "王老师", "organization": None}]
        asset.licence = {"code": "CC-BY-4.0", "text": None, "url": None}
        track = session.get_one(Track, lesson.track_id)
        house.objects.put(track.object_key, to_webvtt(CUES))
        passages.write(session, lesson.track_id, passages_of(CUES, "captions"))
        chapters = Track(
            version_id=lesson.version_id, kind="chapters", language="zh", label="", object_key=new_id()
        )
        session.add(chapters)
        house.objects.put(
            chapters.object_key, to_webvtt([Cue(0, 3000, "一"), Cue(3000, 9500, "二</script>")])
        )
        found = Library(house, city, lesson, f"c{city[-9:]}", course.public_id, category.id, {})
    found.admin = house.api_key(city, "admin")
    shown = house.client.patch(f"/v1/organizations/{city}", json={"library": True}, headers=found.admin)
    chosen = house.client.patch(
        f"/v1/organizations/{city}/library", json={"slug": found.slug}, headers=found.admin
    )
    assert (shown.status_code, chosen.status_code) == (200, 200), chosen.text
    assert chosen.json["url"] == f"{PUBLIC_URL}/library/{found.slug}" and chosen.json["is_shown"] is True
    return found


def test_a_library_is_there_only_where_it_is_wanted(house: House, library: Library) -> None:
    for path in ("", "/search?q=x", "/feed.xml", "/sitemap.xml", f"/lessons/{library.lesson.asset_id}"):
        answer = house.get(f"/library/{library.lesson.organization_id}{path}", Accept_Language="zh")
        assert answer.status_code == 404 and answer.mimetype == "text/html", path
        assert "页面不存在" in answer.text and answer.headers["Cache-Control"] == "no-store"
        assert house.get(f"/library/{library.city_id}{path}").status_code == 200, path
    assert house.get("/library/nothing%00%27").status_code == 404


def test_what_cannot_be_shown_now_is_a_page_too() -> None:
    engine = create_engine(
        "postgresql+psycopg://nobody@127.0.0.1:1/none", connect_args={"connect_timeout": 2}
    )
    away = make_house(sessionmaker(engine))
    for path in ("/library/city", "/library/city/search?q=a", "/library/city/lessons/" + "x" * 24):
        answer = away.get(path, Accept_Language="zh")
        assert (answer.status_code, answer.mimetype, answer.headers["Retry-After"]) == (503, "text/html", "5")
        assert "请稍后再试" in answer.text and answer.headers["Cache-Control"] == "no-store"


def test_its_administrators_look_at_a_library_before_it_is_shown(house: House) -> None:
    with house.sessions.begin() as session:
        own, other = (create_organization(session, name).id for name in ("本县", "邻县"))
    path = f"/library/{own}"
    for organization_id, role in ((own, "author"), (other, "admin")):
        assert signed_in(house, organization_id, "u", role).open(path).status_code == 404
    admin = signed_in(house, own, "boss", "admin")
    page = admin.open(path)
    assert (page.status_code, page.headers["Cache-Control"]) == (200, "no-store")
    assert "ETag" not in page.headers
    assert "Preview" in page.text
    elsewhere = admin.open(path, headers={"Sec-Fetch-Site": "same-site"})
    assert (elsewhere.status_code, elsewhere.headers["Cache-Control"]) == (404, "no-store")
    assert house.get("/robots.txt").text.count(own) == 0
    admin.change(f"/v1/organizations/{own}", "PATCH", json={"library": True})
    shown = admin.open(path)
    assert "Preview" not in shown.text
    assert shown.headers["Cache-Control"] == "public, max-age=30"


def test_a_lesson_is_found_where_it_is_said(library: Library) -> None:
    found = library.page(f"/search?q={quote('社区教育')}&lang=zh")
    address = next(link for link in found.links() if "t=3.2" in link)
    assert "0:03 讲到" in found.text and "共 1 个结果" in found.text
    assert parse_qs(urlsplit(address).query) == {"t": ["3.2"], "find": ["社区教育"], "lang": ["zh"]}
    assert "社区教育入门 <i>" in found.text  # the course, whose title has the words, too

    page = Page(library.house.get(address).text)
    [player] = page.all("section", id="player")
    assert player["data-playback-id"] == library.lesson.public_id and player["data-start"] == "3.2"
    assert player["data-title"] == TITLE and "data-token" not in player
    assert "在 1 行中找到" in page.text and "大家好<b>" in page.text
    current = [found["data-t"] for found in page.all("a") if found.get("aria-current") == "true"]
    assert current == ["3.2"]
    nothing = library.page(f"/search?q={quote('没有的词')}&kind=video&lang=en")
    assert "Nothing was found." in nothing.text and "Take filters away" in nothing.text
    assert library.get("/search?after=x.y").status_code == 400
    assert library.get("/search?q=%00%ED%A0%80&kind=%27&after=").status_code == 200
    suggested = library.get(f"/suggestions?q={quote('水')}")
    assert suggested.json == [TITLE] and library.get("/suggestions?q=").json == []


def test_a_page_tells_programs_what_it_tells_people(library: Library) -> None:
    answer = library.get(f"{library.lesson_path}?lang=en&print=large")
    page = Page(answer.text)
    assert "<img src=x" not in answer.text and "<script>alert" not in answer.text
    assert HOSTILE in page.text and "1,234 views" in page.text
    [data] = map(json.loads, page.data)
    assert data["@type"][0] == "VideoObject" and data["name"] == TITLE
    assert [(part["startOffset"], part["endOffset"]) for part in data["hasPart"]] == [(0, 3), (3, 9.5)]
    assert "現在講社區教育" in data["transcript"] and data["duration"] == "PT10S"
    assert data["isPartOf"]["name"] == "社区教育入门 <i>"
    assert data["license"] == "https://creativecommons.org/licenses/by/4.0/"
    canonical = f"{PUBLIC_URL}/library/{library.slug}{library.lesson_path}"
    assert page.all("link", rel="canonical")[0]["href"] == canonical
    alternates = {
        found["hreflang"]: found["href"] for found in page.all("link", rel="alternate") if "hreflang" in found
    }
    assert alternates == {
        "en": f"{canonical}?lang=en",
        "zh-CN": f"{canonical}?lang=zh",
        "x-default": canonical,
    }
    shared = {found["property"]: found["content"] for found in page.all("meta") if "property" in found}
    assert shared["og:title"] == TITLE and shared["og:url"] == canonical
    assert library.house.get(urlsplit(str(shared["og:image"])).path).status_code == 200
    # What was chosen goes along in every link within the library; no line of the transcript leaves the page.
    assert page.all("html")[0]["data-print"] == "large"
    inside = [
        link for link in page.links() if link.startswith(f"/library/{library.slug}") and ".xml" not in link
    ]
    assert inside and all("lang=en" in link and "print=large" in link for link in inside)
    assert "Large print" not in page.text and "Usual print" in page.text
    # The preview of the picture is asked for before the sheet is read.
    assert page.all("link", rel="preload")[0]["fetchpriority"] == "high"
    assert "unsafe" not in answer.headers["Content-Security-Policy"]


def test_home_subject_and_course_lead_to_the_lesson(library: Library) -> None:
    home = library.page("?lang=zh")
    assert "健康 1" in " ".join(home.text.split())
    for path in (
        "?lang=zh",
        f"/subjects/{library.category_id}?lang=zh",
        f"/courses/{library.course_id}?lang=zh",
    ):
        page = library.page(path)
        assert any(library.lesson_path in link for link in page.links()), path
        assert TITLE in page.text, path
    assert "养生" in library.page(f"/subjects/{library.category_id}?lang=en").text  # there is no English name
    course = library.page(f"/courses/{library.course_id}")
    assert json.loads(course.data[0])["hasPart"][0]["name"] == TITLE
    in_course = next(link for link in course.links() if "course=" in link)
    assert (
        "第 1 课，共 1 课"
        in library.page(f"{in_course.removeprefix(f'/library/{library.slug}')}&lang=zh").text
    )
    for path in (
        f"/subjects/{new_id()}",
        "/subjects/x",
        f"/courses/{new_id()}",
        "/courses/x",
        f"/lessons/{new_id()}",
        "/x",
    ):
        assert library.get(f"/{path}").status_code == 404, path


def test_pages_are_kept_by_what_they_are(library: Library) -> None:
    first = library.get("?lang=zh", Accept_Encoding="gzip")
    assert first.headers["Content-Encoding"] == "gzip" and b"<!doctype html>" in gzip.decompress(first.data)
    assert first.headers["Cache-Control"] == "public, max-age=30"
    again = library.get("?lang=zh", If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.data) == (304, b"")
    assert "Accept-Language" not in first.headers["Vary"]
    by_browser = library.get("", Accept_Language="zh-CN")
    assert "Accept-Language" in by_browser.headers["Vary"] and 'lang="zh-CN"' in by_browser.text
    assert library.get("", Accept_Language="fr").text.count('<html lang="en"') == 1
    assert "Set-Cookie" not in first.headers
    sheet = next(found["href"] for found in library.page().all("link", rel="stylesheet"))
    assert "immutable" in library.house.get(str(sheet)).headers["Cache-Control"]
    assert library.house.get(str(sheet).replace(".css", ".txt")).status_code == 404


def test_feeds_and_sitemaps_lead_to_the_lesson(library: Library) -> None:
    feed = ElementTree.fromstring(library.get("/feed.xml").data)
    address = f"{PUBLIC_URL}/library/{library.slug}{library.lesson_path}"
    assert [each.text for each in feed.iter("guid")] == [address]
    assert library.get("/feed.xml").mimetype == "application/rss+xml"
    names = f"{{{feeds.SITEMAP}}}loc"
    files = [each.text or "" for each in ElementTree.fromstring(library.get("/sitemap.xml").data).iter(names)]
    assert len(files) == 2
    listed = [
        each.text
        for file in files
        for each in ElementTree.fromstring(library.house.get(urlsplit(file).path).data).iter(names)
    ]
    assert address in listed and f"{PUBLIC_URL}/library/{library.slug}/courses/{library.course_id}" in listed
    # A file that has moved since the index was read. There are no others than those of the index.
    moved = library.get(f"/sitemap/{'z' * 24}.xml")
    assert moved.data == library.house.get(urlsplit(files[1]).path).data
    assert library.get(f"/sitemap/{'0' * 24}.xml").status_code == 404
    robots = library.house.get("/robots.txt").text
    assert f"Sitemap: {PUBLIC_URL}/library/{library.slug}/sitemap.xml\n" in robots
    player = ElementTree.fromstring(library.house.get(urlsplit(files[1]).path).data).find(
        f".//{{{feeds.VIDEO}}}player_loc"
    )
    assert player is not None
    played = library.house.get(f"{urlsplit(str(player.text)).path}?t=3.2&lang=zh")
    assert played.status_code == 303
    assert played.headers["Location"] == f"/embed/{library.lesson.public_id}?start=3.2&lang=zh"


def test_a_feed_is_the_same_for_all_whatever_they_prefer(library: Library) -> None:
    english, chinese = (library.get("/feed.xml", Accept_Language=each).text for each in ("en", "zh"))
    assert english == chinese
    assert "<language>zh</language>" in english


def test_dates_and_old_views_are_told_as_people_read_them(library: Library) -> None:
    library.set(original_date="2015-03-01", old_views=1200)
    try:
        page = library.page(f"{library.lesson_path}?lang=en")
        assert "1 March 2015" in page.text
        assert " views (1,200 of them on an earlier platform)" in page.text
        library.set(original_date="2015-03")
        page = library.page(f"{library.lesson_path}?lang=zh")
        assert "2015年3月" in page.text
        assert " 次（含原平台 1,200 次）" in page.text
    finally:
        library.set(original_date=None, old_views=None)
    headings = library.get(f"/search?q={quote('社区教育')}&lang=en").text
    assert headings.index("<h2>Courses</h2>") < headings.index("<h2>Lessons</h2>")


def test_a_course_shows_its_own_picture_to_whom_it_is_open(house: House, library: Library) -> None:
    with house.sessions() as session:
        course = session.query(Collection).filter_by(public_id=library.course_id).one().id
    poster, headers = f"/v1/collections/{course}/poster", {"Content-Type": "application/octet-stream"}
    sent = house.client.put(poster, data=png(640, 360), headers={**library.admin, **headers})
    assert sent.status_code == 200, sent.text
    address = urlsplit(sent.json["url"])
    for path in ("", f"/courses/{library.course_id}"):
        assert library.page(path).all("img", src=f"{address.path}?{address.query}"), path
    assert house.get(f"{address.path}?{address.query}").status_code == 200
    hide = {"visibility": "private"}
    house.client.patch(f"/v1/collections/{course}", json=hide, headers=library.admin)
    assert house.get(f"{address.path}?{address.query}").status_code == 404
    house.client.patch(f"/v1/collections/{course}", json={"visibility": None}, headers=library.admin)
    house.client.delete(poster, headers=library.admin)
    assert not library.page().all("img", src=f"{address.path}?{address.query}")


def test_what_not_everybody_may_see_is_nowhere(library: Library) -> None:
    now = datetime.now(UTC)
    usual = {"visibility": None, "effective_visibility": "public", "review_state": "published"}
    usual |= {"published_at": None, "withdraw_at": None, "deleted_at": None}
    places = ("", "/search", f"/search?q={quote('社区教育')}", "/feed.xml", f"/suggestions?q={quote('水')}")
    for hidden in (
        {"effective_visibility": "private"},
        {"effective_visibility": "organization"},
        {"effective_visibility": "subtree"},
        {"effective_visibility": "shared"},
        {"review_state": "submitted"},
        {"published_at": now + timedelta(days=1)},
        {"withdraw_at": now - timedelta(seconds=1)},
        {"deleted_at": now},
    ):
        library.set(**{**usual, **hidden})
        for path in places:
            answer = library.get(path)
            assert answer.status_code == 200, (hidden, path)
            assert library.lesson.asset_id not in answer.text and "水墨" not in answer.text, (hidden, path)
        for path in ("", "/play", "/token", "/poster-640.webp"):
            assert library.get(library.lesson_path + path).status_code == 404, (hidden, path)
        assert library.get(f"/courses/{library.course_id}").status_code == 404, hidden
        feed_pages.forget()
        sitemap = library.get("/sitemap.xml").text
        assert sitemap.count("<loc>") == 1, hidden
    library.set(**usual)
    assert library.get(library.lesson_path).status_code == 200
    # What is another organization's is not in this library, public or not.
    other = add_lesson(library.house.sessions, library.house.objects)
    assert library.get(f"/lessons/{other.asset_id}").status_code == 404
    # Unless it stands in a course of this one's.
    with library.house.sessions.begin() as session:
        course = session.query(Collection).filter_by(public_id=library.course_id).one()
        session.add(
            CollectionItem(collection_id=course.id, asset_id=other.asset_id, position=1, is_foreign=True)
        )
    path = f"/lessons/{other.asset_id}"
    assert any(path in link for link in library.page(f"/courses/{library.course_id}").links())
    assert library.get(path).status_code == 200 and "第 2 课，共 2 课" in library.page(f"{path}?lang=zh").text


def test_a_public_lesson_with_a_signed_id_alone_gets_a_token(house: House) -> None:
    own = add_lesson(house.sessions, house.objects)
    with house.sessions.begin() as session:
        asset = session.get_one(Asset, own.asset_id)
        asset.visibility = asset.effective_visibility = "public"
        session.delete(session.get_one(PlaybackId, own.public_id))
    key = house.api_key(own.organization_id, "admin")
    house.client.patch(f"/v1/organizations/{own.organization_id}", json={"library": True}, headers=key)
    base = f"/library/{own.organization_id}/lessons/{own.asset_id}"
    [player] = Page(house.get(base).text).all("section", id="player")
    issued = house.get(str(player["data-token"]))
    assert issued.headers["Cache-Control"] == "no-store"
    played = house.get(f"/v/{own.signed_id}/master.m3u8?token={issued.json['token']}")
    assert played.status_code == 200 and house.get(f"/v/{own.signed_id}/master.m3u8").status_code == 401
    assert house.get(f"{base}/play").headers["Location"].startswith(f"/embed/{own.signed_id}?lang=en&token=")
    assert "iframe" not in house.get(base).text  # no other site can show it


def test_whoever_comes_before_a_picture_is_made_gets_the_poster(library: Library) -> None:
    path = f"{library.lesson_path}/poster-320.webp"
    woken = len(library.house.wakes)
    first = library.get(path)
    assert first.status_code == 200 and first.mimetype == "image/jpeg"
    assert first.headers["Cache-Control"] == "public, max-age=5"
    assert len(library.house.wakes) == woken + 1
    poster = library.house.parts.stored.image(library.lesson.version_id, "poster")
    assert poster is not None
    with library.house.sessions.begin() as session:
        name = f"poster-{poster.sha256[:12]}-320-webp"
        add_image(session, library.house.objects, library.lesson.version_id, name, {})
    assert library.get(path).headers["Cache-Control"] == "public, max-age=300"
    for other in ("poster-321.webp", "poster-99999.webp", "poster-320.jpg", "poster"):
        assert library.get(f"{library.lesson_path}/{other}").status_code == 404


def test_an_administrator_chooses_how_it_looks(house: House, library: Library) -> None:
    base = f"/v1/organizations/{library.city_id}/library"

    def change(**values: Any) -> TestResponse:
        return house.client.patch(base, json=values, headers=library.admin)

    pale = change(accent="#00A0E9")
    assert pale.status_code == 422 and pale.json["errors"] == [
        {"detail": "#00a0e9 has a contrast of 2.91:1 to #ffffff; 4.5:1 is needed.", "pointer": "#/accent"}
    ]
    for wrong in (
        {"accent_dark": "#1c5fd0"},
        {"header": "red"},
        {"header": "#fff;}<"},
        {"slug": "static"},
        {"slug": "A b"},
        {"slug": "x" * 20},
        {"language": "fr"},
        {"welcome": {"fr": "x"}},
        {"welcome": {"en": "x" * 2001}},
    ):
        assert change(**wrong).status_code == 422, wrong
    good = change(
        accent="#C8102E",
        header="#8b0000",
        name="我们的课程库 <b>",
        language="zh",
        welcome={"en": "", "zh": f"欢迎\n{HOSTILE}"},
        footer={"en": "Contact"},
        icp_number="冀ICP备12345678号-1",
    )
    assert good.status_code == 200 and good.json["accent"] == "#c8102e"
    assert good.json["footer"] == {"en": "Contact", "zh": ""}
    page = library.page("", Accept_Language="en")
    assert 'lang="zh-CN"' in library.get("", Accept_Language="en").text  # its own language
    assert "我们的课程库 <b>" in page.text and HOSTILE in page.text and "Contact" in page.text
    assert "冀ICP备12345678号-1" in page.text and "https://beian.miit.gov.cn/" in page.links()
    assert "--accent:#c8102e" in page.text and "--header:#8b0000" in page.text
    assert "'sha256-" in library.get("").headers["Content-Security-Policy"]

    sent = {**library.admin, "Content-Type": "application/octet-stream"}
    for data, status, code in (
        (b"<svg/>", 415, "logo_refused"),
        (b"\0" * 140_000, 413, "too_large"),
        (png(9999, 1), 415, "logo_refused"),
    ):
        refused = house.client.put(f"{base}/logo", data=data, headers=sent)
        assert (refused.status_code, refused.json["code"]) == (status, code)
    put = house.client.put(f"{base}/logo", data=png(64, 64), headers=sent)
    assert put.status_code == 200, put.text
    address = urlsplit(put.json["logo_url"])
    shown = house.get(f"{address.path}?{address.query}")
    assert (shown.data, shown.mimetype) == (png(64, 64), "image/png")
    assert f"{address.path}?{address.query}" in [each["src"] for each in library.page().all("img")]
    assert house.client.delete(f"{base}/logo", headers=library.admin).json["logo_url"] is None
    assert house.get(address.path).status_code == 404

    tag = house.client.get(base, headers=library.admin).headers["ETag"]
    stale = {**library.admin, "If-Match": '"x"'}
    assert house.client.patch(base, json={"name": ""}, headers=stale).status_code == 412
    back = {
        "accent": None,
        "header": None,
        "name": "",
        "language": None,
        "welcome": {},
        "footer": {},
        "icp_number": "",
    }
    seen = {**library.admin, "If-Match": tag}
    assert house.client.patch(base, json=back, headers=seen).json["accent"] is None
    # Another one's address is not to be had, nor another one's library.
    school = library.lesson.organization_id
    taken = house.client.patch(
        f"/v1/organizations/{school}/library", json={"slug": library.slug}, headers=library.admin
    )
    assert (taken.status_code, taken.json["code"]) == (409, "library_slug_taken")
    assert house.client.get(base, headers=house.api_key(school, "admin")).status_code == 404
    assert house.client.get(base, headers=house.api_key(library.city_id, "author")).status_code == 403


def test_captions_that_cannot_be_read_leave_the_rest_of_the_page(house: House) -> None:
    own = add_lesson(house.sessions, house.objects)
    key = house.api_key(own.organization_id, "admin")
    house.client.patch(f"/v1/organizations/{own.organization_id}", json={"library": True}, headers=key)
    house.objects.away = True
    try:
        answer = house.get(f"/library/{own.organization_id}/lessons/{own.asset_id}")
    finally:
        house.objects.away = False
    assert answer.status_code == 200 and TITLE in Page(answer.text).text
