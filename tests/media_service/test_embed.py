"""The embed page over HTTP, oEmbed, and that nothing a title contains can run."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
import xml.etree.ElementTree as ET
from datetime import timedelta
from html.parser import HTMLParser
from urllib.parse import quote, urlsplit

import pytest
from house import PUBLIC_URL, House, house, lesson, token, token_of
from lesson import TITLE, Lesson, add_lesson
from sqlalchemy import delete, select, update

import player_embed
from media_service.embed.oembed import PageAddress, fit, parse_page_url, to_xml
from media_service.embed.page import options
from media_service.embed.snippet import SOUND, Shape, course_snippets, snippet, snippets
from media_service.playback.serving.links import Links
from media_service.script_json import to_script_json
from storage.catalogue import uploads
from storage.catalogue.models import Asset, PlaybackId, Upload, Version
from storage.catalogue.uploads import Announced

__all__ = ["house", "lesson", "token"]

HOSTS = {"media.example"}
PAGE = "https://media.example/embed/" + "x" * 22
COURSE = "https://media.example/embed/courses/" + "x" * 22


class _Iframe(HTMLParser):
    """The start tags of a piece of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


@pytest.mark.parametrize(
    "title", [TITLE, '"><img src=x onerror=alert(1)>', "${{7*7}}", "a\u2028b", "]]>", "\u202egpj"]
)
def test_snippet_is_one_iframe_whatever_the_title(title: str) -> None:
    ((tag, attributes),) = _Iframe(snippet(PAGE, Shape(1280, 720), title=title)).tags
    assert tag == "iframe" and attributes["title"] == title and attributes["src"] == PAGE
    assert "aspect-ratio:1280/720" in (attributes["style"] or "") and "fullscreen" in (
        attributes["allow"] or ""
    )
    assert "allowfullscreen" in attributes, "for pages that remove what they do not know"


@pytest.mark.parametrize("title", [TITLE, '"><img src=x onerror=alert(1)>'])
def test_component_snippet_names_a_released_script_by_its_hash(title: str) -> None:
    links = Links("https://media.example", "x" * 22, "a.b.c")
    made = snippets(links, Shape(1280, 720), title=title)
    (script, found), (component, attributes) = _Iframe(made.component).tags
    name = urlsplit(found["src"] or "").path.rpartition("/")[2]
    digest = hashlib.sha384(player_embed.component_files()[name].read_bytes()).digest()
    assert (script, component) == ("script", "lesson-player")
    assert found["integrity"] == f"sha384-{base64.b64encode(digest).decode()}"
    assert found["crossorigin"] == "anonymous"
    assert attributes["token"] == "a.b.c" and attributes["title"] == title
    assert made.iframe == snippet(links.embed, Shape(1280, 720), title=title)
    ((tag, attributes),) = _Iframe(made.link).tags
    assert tag == "a" and attributes["href"] == links.embed


@pytest.mark.parametrize("title", [TITLE, '"><img src=x onerror=alert(1)>'])
def test_a_course_has_the_same_snippets(title: str) -> None:
    made = course_snippets("https://media.example", "x" * 22, title=title)
    (script, _), (component, attributes) = _Iframe(made.component).tags
    assert (script, component) == ("script", "lesson-player")
    assert attributes["course"] == "x" * 22 and attributes["title"] == title
    assert "playback-id" not in attributes and "token" not in attributes
    assert made.iframe == snippet(COURSE, title=title)
    ((_, attributes),) = _Iframe(made.link).tags
    assert attributes["href"] == COURSE


def test_sound_takes_a_strip_of_a_page() -> None:
    made = snippets(Links("https://media.example", "x" * 22), SOUND, title=TITLE)
    ((_, frame),) = _Iframe(made.iframe).tags
    assert frame["height"] == "120" and frame["style"] == "width:100%;height:120px;border:0"
    assert 'style="display:block;width:100%;height:120px"' in made.component


@pytest.mark.parametrize("title", [TITLE, "<!--", "\u2028\u2029", "&lt;"])
def test_page_data_cannot_leave_its_script_element(title: str) -> None:
    text = to_script_json({"title": title})
    assert not set("<>&\u2028\u2029") & set(text)
    assert json.loads(text) == {"title": title}


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (PAGE, PageAddress("x" * 22, False, None, "")),
        (PAGE + "/", PageAddress("x" * 22, False, None, "")),
        (PAGE + "?token=a.b.c&autoplay=1", PageAddress("x" * 22, False, None, "a.b.c")),
        (COURSE, PageAddress("x" * 22, True, None, "")),
        (COURSE + "?lesson=y&token=a.b.c", PageAddress("x" * 22, True, "y", "a.b.c")),
        ("https://evil.example/embed/" + "x" * 22, None),
        ("https://media.example@evil.example/embed/" + "x" * 22, None),
        ("https://media.example.evil.example/embed/" + "x" * 22, None),
        ("javascript:alert(1)//media.example/embed/" + "x" * 22, None),
        ("//media.example/embed/" + "x" * 22, None),
        ("https://media.example/embed/../v1/keys", None),
        ("https://media.example/v/" + "x" * 22, None),
        ("https://[/embed/", None),
        ("", None),
    ],
)
def test_only_own_pages_are_embedded(url: str, expected: PageAddress | None) -> None:
    assert parse_page_url(url, HOSTS) == expected


@pytest.mark.parametrize(
    ("size", "limits", "expected"),
    [
        ((1920, 1080), (None, None), (960, 540)),
        ((1080, 1920), (None, None), (304, 540)),
        ((1920, 1080), (640, None), (640, 360)),
        ((1920, 1080), (None, 90), (160, 90)),
        ((1920, 1080), (300, 100), (178, 100)),
        ((None, None), (320, None), (320, 180)),
        ((3, 4000), (1, 1), (1, 1)),
    ],
)
def test_oembed_sizes(
    size: tuple[int | None, int | None], limits: tuple[int | None, int | None], expected: tuple[int, int]
) -> None:
    assert fit(*size, *limits) == expected


def test_xml_holds_any_title() -> None:
    assert ET.fromstring(to_xml({"title": TITLE + "\x00\x0b]]>\ufffe"})).findtext("title") == TITLE + "]]>"


def test_player_options() -> None:
    assert options({}) == {
        "autoplay": None,
        "muted": False,
        "loop": False,
        "controls": True,
        "resume": None,
        "start": 0,
        "end": None,
        "speed": None,
        "captions": None,
        "slides": None,
        "preferences": True,
        "lang": None,
    }
    chosen = options(
        {
            "autoplay": "1",
            "muted": "true",
            "loop": "",
            "controls": "0",
            "t": "61.5",
            "end": "90",
            "speed": "1.5",
            "captions": "zh-Hant",
            "slides": "1",
            "preferences": "0",
            "lang": "zh-CN",
        }
    )
    assert chosen == {
        "autoplay": True,
        "muted": True,
        "loop": True,
        "controls": False,
        "resume": None,
        "start": 61.5,
        "end": 90,
        "speed": 1.5,
        "captions": "zh-Hant",
        "slides": True,
        "preferences": False,
        "lang": "zh",
    }
    assert options({"start": "nan", "lang": "<script>", "controls": "x"})["start"] == 0
    wanted = {"": "on", "1": "on", "Off": "", "en": "en", "<script>": None, "x" * 200: None}
    assert {value: options({"captions": value})["captions"] for value in wanted} == wanted
    assert [options({"speed": value})["speed"] for value in ("0", "9", "nan", "x", "4")] == [None] * 4 + [4]
    assert [options({"end": value})["end"] for value in ("0", "-1", "x", "5")] == [None] * 3 + [5]


def _page_data(html: str) -> dict[str, object]:
    found = re.search(r'<script type="application/json"[^>]*>(.*?)</script>', html, re.DOTALL)
    assert found is not None
    data: dict[str, object] = json.loads(found.group(1))
    return data


def test_page(house: House, lesson: Lesson, token: str) -> None:
    answer = house.get(
        f"/embed/{lesson.signed_id}?token={token}&start=3", Accept_Language="zh-CN,zh;q=0.9,en;q=0.8"
    )
    assert answer.status_code == 200 and answer.headers["Cache-Control"] == "no-store"
    policy = answer.headers["Content-Security-Policy"]
    nonce = re.search(r"script-src 'nonce-([^']+)'", policy)
    assert nonce is not None and policy.startswith("default-src 'none';") and "frame-ancestors *" in policy
    assert "unsafe" not in policy and "X-Frame-Options" not in answer.headers
    assert '<html lang="zh-CN" ' in answer.text
    told = dict(
        re.findall(r'<meta (?:property|name)="((?:og|twitter):[^"]+)" content="([^"]*)"', answer.text)
    )
    assert (
        told["og:video:url"]
        == told["twitter:player"]
        == f"{PUBLIC_URL}/embed/{lesson.signed_id}?token={token}"
    )
    assert told["twitter:card"] == "player" and told["og:image"].endswith(f"poster.jpg?token={token}")
    scripts = [attributes for tag, attributes in _Iframe(answer.text).tags if tag == "script"]
    assert len(scripts) == 2 and all(script["nonce"] == nonce.group(1) for script in scripts)
    data = _page_data(answer.text)
    assert 0 < float(str(data["token_expires_in"])) <= 24 * 3600
    assert data["title"] == TITLE and data["state"] == "ready" and data["failure"] is None
    for name in ("manifest_url", "poster_url", "storyboard_url", "status_url"):
        assert str(data[name]).endswith(f"?token={token}")
        assert house.get(str(data[name])).status_code == 200
    (track,) = data["tracks"]  # type: ignore[misc]
    assert house.get(track["url"]).text.startswith("WEBVTT")
    assert data["options"]["start"] == 3  # type: ignore[index]
    status = house.get(str(data["status_url"]))
    assert status.json["state"] == "ready" and status.headers["Cache-Control"] == "no-store"
    linked = re.findall(r'(?:href|src)="(/embed/static/[^"]+)"', answer.text)
    assert {url.rpartition("/")[2] for url in linked} == {"player.css", "player.js"}
    for url in linked:
        file = house.get(url)
        assert file.status_code == 200 and "immutable" in file.headers["Cache-Control"]
        assert file.content_type.split(";")[0] in ("text/javascript", "text/css")
        packed = house.get(url, Accept_Encoding="gzip, br")
        assert (packed.headers["Content-Encoding"], packed.headers["Vary"]) == ("gzip", "Accept-Encoding")
        assert gzip.decompress(packed.data) == file.data and len(packed.data) < len(file.data) / 2
    assert nonce.group(1) not in house.get(f"/embed/{lesson.public_id}").headers["Content-Security-Policy"]


def test_component_is_served_to_any_page_for_ever(house: House) -> None:
    name, _ = player_embed.component_script()
    for file, media_type in ((name, "text/javascript"), (name.replace(".js", ".d.ts"), "text/plain")):
        answer = house.get(f"/embed/component/{file}")
        assert (answer.status_code, answer.mimetype) == (200, media_type)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "immutable" in answer.headers["Cache-Control"]
    assert house.get("/embed/component/released.json").status_code == 404


@pytest.mark.parametrize(
    "path", ["x/player.js", "{hash}/../views.py", "{hash}/embed.html", "{hash}/__init__.py"]
)
def test_only_public_files_are_served(house: House, path: str) -> None:
    release = player_embed.static_files()["player.js"]
    assert house.get(f"/embed/static/{path.format(hash=release)}").status_code == 404


@pytest.mark.parametrize(
    ("language", "refused", "advice", "missing"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "无法播放此视频", "从课程页面打开", "找不到视频"),
        ("en-GB", "This video cannot be played", "Open it from your course site", "Video not found"),
    ],
)
def test_refusals_are_pages_for_learners(
    house: House, lesson: Lesson, language: str, refused: str, advice: str, missing: str
) -> None:
    for url, status, title, text in (
        (f"/embed/{lesson.signed_id}", 401, refused, advice),
        (f"/embed/{lesson.signed_id}?token=a.b.c", 401, refused, advice),
        (f"/embed/{'y' * 22}", 404, missing, ""),
    ):
        answer = house.get(url, Accept_Language=language)
        assert answer.status_code == status and answer.content_type.startswith("text/html")
        assert "frame-ancestors" in answer.headers["Content-Security-Policy"]
        assert f"<h2>{title}</h2>" in answer.text and text in answer.text
        shown = re.sub(r"<script.*?</script>", "", answer.text, flags=re.DOTALL)
        assert ("视频" in shown) == language.startswith("zh"), "one language"


def test_page_of_an_upload_says_how_much_has_arrived(house: House, lesson: Lesson) -> None:
    with house.sessions.begin() as session:
        announced = Announced(lesson.organization_id, "", 200, timedelta(hours=1))
        transfer = uploads.create_upload(session, announced, title="课", file_name="l.mp4", policy="public")
        session.execute(update(Upload).where(Upload.id == transfer.id).values(received=90))
        playback_id = session.execute(
            select(PlaybackId.id).where(PlaybackId.asset_id == transfer.asset_id)
        ).scalar_one()
    data = house.get(f"/embed/{playback_id}/status").json
    assert (data["state"], data["progress"]["percent"]) == ("uploading", 45)


def test_page_of_a_lesson_that_nobody_dated(house: House) -> None:
    undated = add_lesson(house.sessions, house.objects)
    with house.sessions.begin() as session:
        session.execute(
            update(Version)
            .where(Version.asset_id == undated.asset_id)
            .values(state="processing", queued_at=None)
        )
    assert house.get(f"/embed/{undated.public_id}/status").json["state"] == "processing"


def test_pages_that_isolate_themselves_may_hold_the_player(house: House, lesson: Lesson) -> None:
    for path in (f"/embed/{lesson.public_id}", f"/embed/{lesson.signed_id}"):
        headers = house.get(path).headers
        assert headers["Cross-Origin-Embedder-Policy"] == "require-corp"
        assert headers["Cross-Origin-Resource-Policy"] == "cross-origin"


def test_a_page_without_an_origin_reads_its_state(house: House, lesson: Lesson, token: str) -> None:
    for path, status in ((lesson.public_id, 200), (lesson.signed_id, 401), (lesson.signed_id, 200)):
        query = f"?token={token}" if (path, status) == (lesson.signed_id, 200) else ""
        answer = house.get(f"/embed/{path}/status{query}", Origin="null")
        assert (answer.status_code, answer.headers.get("Access-Control-Allow-Origin")) == (status, "*")
    assert "Access-Control-Allow-Origin" not in house.get(f"/embed/{lesson.public_id}", Origin="null").headers


def test_token_without_pictures_gets_no_picture(house: House, lesson: Lesson) -> None:
    video = token_of(house, lesson, kinds=["video"])
    data = house.get(f"/embed/{lesson.signed_id}/status?token={video}").json
    assert data["poster_url"] is None and data["storyboard_url"] is None and data["manifest_url"]


def test_page_of_a_failed_lesson_says_why(house: House) -> None:
    failed = add_lesson(house.sessions, house.objects, state="failed", chunks=0)
    with house.sessions.begin() as session:
        session.execute(
            update(Version)
            .where(Version.id == failed.version_id)
            .values(
                failure_code="codec_not_supported", failure_detail="x", failure_words={"codec": "{en}<b>"}
            )
        )
    data = _page_data(house.get(f"/embed/{failed.public_id}").text)
    assert data["state"] == "failed"
    assert data["failure"]["code"] == "codec_not_supported"  # type: ignore[index]
    assert "（{en}<b>）" in data["failure"]["message"]["zh"]  # type: ignore[index]


def test_oembed(house: House, lesson: Lesson, token: str) -> None:
    page = f"{PUBLIC_URL}/embed/{lesson.signed_id}?token={token}"
    for form in ("json", "xml"):
        answer = house.get(f"/oembed?url={quote(page, safe='')}&maxwidth=320&format={form}")
        assert answer.status_code == 200 and answer.headers["Cache-Control"].startswith("private")
        document = (
            answer.json if answer.is_json else {child.tag: child.text for child in ET.fromstring(answer.text)}
        )
        assert document["title"] == TITLE and document["version"] == "1.0" and document["type"] == "video"
        ((tag, attributes),) = _Iframe(str(document["html"])).tags
        assert tag == "iframe" and attributes["src"] == page
        assert (str(document["width"]), str(document["height"])) == ("320", "180")
        assert str(document["thumbnail_url"]).endswith(token)
    html = house.get(urlsplit(page).path + f"?token={token}").text
    for form, media_type in (("json", "application/json"), ("xml", "text/xml")):
        discovered = re.search(rf'type="{media_type}\+oembed" href="([^"]+)"', html)
        assert discovered is not None, form
        discovery = urlsplit(discovered.group(1).replace("&amp;", "&"))
        answer = house.get(f"{discovery.path}?{discovery.query}")
        assert (answer.status_code, answer.mimetype) == (200, media_type)


def test_a_course_is_embedded_as_one(house: House, lesson: Lesson) -> None:
    key = house.api_key(lesson.organization_id, "admin")
    body = {"title": "Tea & <history>", "asset_ids": [lesson.asset_id]}
    course = house.client.post("/v1/collections", json=body, headers=key).json
    assert course["embed_url"] == f"{PUBLIC_URL}/embed/courses/{course['public_id']}"
    document = house.get(f"/oembed?url={quote(course['embed_url'], safe='')}").json
    assert document["title"] == "Tea & <history>"
    for html in (course["snippet"], document["html"]):
        ((tag, attributes),) = _Iframe(html).tags
        assert (tag, attributes["src"]) == ("iframe", course["embed_url"])
        assert attributes["title"] == "Tea & <history>"
    assert house.get(urlsplit(course["embed_url"]).path).status_code == 200
    assert (
        house.client.get("/v1/collections", headers=key).json["collections"][0]["snippet"]
        == course["snippet"]
    )


def test_a_refusal_within_a_course_lists_the_lessons_that_anyone_may_play(house: House) -> None:
    lesson, hidden, other = (add_lesson(house.sessions, house.objects) for _ in range(3))
    with house.sessions.begin() as session:
        for each in (lesson, hidden):
            session.execute(delete(PlaybackId).where(PlaybackId.id == each.public_id))
            session.execute(update(Asset).where(Asset.id == each.asset_id).values(title="Only for some"))
        session.execute(
            update(Asset)
            .where(Asset.id.in_([hidden.asset_id, other.asset_id]))
            .values(organization_id=lesson.organization_id)
        )
    key = house.api_key(lesson.organization_id, "admin")
    body = {"title": "Tea", "asset_ids": [lesson.asset_id, hidden.asset_id, other.asset_id]}
    course = house.client.post("/v1/collections", json=body, headers=key).json
    page = urlsplit(course["embed_url"]).path
    refused = house.get(f"{page}?lang=en&token=a.b.c")
    assert refused.status_code == 401
    assert "Only for some" not in refused.text and hidden.signed_id not in refused.text
    [link] = [attributes for tag, attributes in _Iframe(refused.text).tags if tag == "a"]
    assert f"lesson={other.public_id}" in str(link["href"]) and "lang=en" in str(link["href"])
    assert "a.b.c" not in str(link["href"])
    assert house.get(page + str(link["href"])).status_code == 200


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 404),
        ("url=https%3A%2F%2Fevil.example%2Fembed%2F" + "x" * 22, 404),
        ("url={page}&format=php", 501),
        ("url={page}&maxwidth=-1", 422),
        ("url={page}&maxwidth=1e9", 422),
        ("url={page}&maxwidth=99999999999999999999", 422),
        ("url={page}&maxwidth=1" + "0" * 5000, 422),
        ("url={signed}", 401),
    ],
)
def test_oembed_refusals(house: House, lesson: Lesson, query: str, status: int) -> None:
    page = quote(f"{PUBLIC_URL}/embed/{lesson.public_id}", safe="")
    signed = quote(f"{PUBLIC_URL}/embed/{lesson.signed_id}", safe="")
    assert house.get("/oembed?" + query.format(page=page, signed=signed)).status_code == status
