"""``lessonstream links`` as an administrator types it, against a service that answers: what is shared by a link, and
what is followed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from house import served
from lesson import add_lesson
from platforms import CITY, PROVINCE, Platform, link_up, make_platform
from sqlalchemy import update
from sqlalchemy.orm import Session, sessionmaker

from media_service.cli.main import main
from storage.catalogue.models import Asset

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def platform(sessions: sessionmaker[Session], other_sessions: sessionmaker[Session]) -> Iterator[Platform]:
    """Of the administrator who types; the first one in the list of links is with a city."""
    province, city = make_platform(sessions, PROVINCE, "省"), make_platform(other_sessions, CITY, "市")
    link_up(province, city)
    with served(province.house.app) as address:
        province.url = address
        yield province


@pytest.fixture
def link_id(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("LESSONSTREAM_URL", platform.url)
    monkeypatch.setenv("LESSONSTREAM_KEY", platform.admin["Authorization"].removeprefix("Bearer "))
    [link] = platform.ask("GET", "/v1/platform-links", 200)["platform_links"]
    return str(link["id"])


def links(*words: str) -> int:
    return main(["links", *words])


def test_what_is_shared_is_said_line_by_line(platform: Platform, link_id: str) -> None:
    def shared() -> list[dict[str, Any]]:
        told = platform.ask("GET", f"/v1/platform-links/{link_id}", 200)["shares"]
        return [{name: value for name, value in each.items() if value} for each in told]

    lesson = add_lesson(platform.house.sessions, platform.house.objects).asset_id
    with platform.house.sessions.begin() as session:
        owner = {"organization_id": platform.organization_id}
        session.execute(update(Asset).where(Asset.id == lesson).values(**owner))
    course = platform.ask("POST", "/v1/collections", 201, {"title": "剪纸"})["id"]
    everything = {"organization_id": platform.organization_id}

    assert links("share", link_id, "--everything") == 0
    assert shared() == [everything]
    assert links("share", link_id, "--course", course, "--with-source") == 0
    assert links("share", link_id, "--lesson", lesson) == 0
    assert links("share", link_id, "--organization", platform.organization_id, "--licence", "CC0-1.0") == 0
    assert len(shared()) == 4 and {"collection_id": course, "with_source": True} in shared()
    # Said again, it takes the place of what was said.
    assert links("share", link_id, "--course", course) == 0
    assert len(shared()) == 4 and {"collection_id": course} in shared()

    assert links("unshare", link_id, "--lesson", lesson) == 0
    assert links("unshare", link_id, "--lesson", lesson) == 1
    assert links("unshare", link_id, "--everything") == 0
    left = shared()
    assert (
        len(left) == 2 and {"collection_id": course} in left and {**everything, "licence": "CC0-1.0"} in left
    )


@pytest.mark.parametrize(
    "said", [(), ("--with-source",), ("--everything", "--licence", "CC0-1.0")], ids=" ".join
)
def test_whoever_says_nothing_or_two_things_is_told(link_id: str, said: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit, match=r"Say what.*请说明内容"):
        links("share", link_id, *said)


def test_what_is_refused_is_told(
    platform: Platform, link_id: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert links("share", link_id, "--lesson", "0mx3n6end1oimsyvcqdy47ut") == 1
    assert "share_unknown" in capsys.readouterr().err
    assert links("share", "0mx3n6end1oimsyvcqdy47ut", "--everything") == 1
    assert "platform_link_not_found" in capsys.readouterr().err


def test_what_is_followed_stays_as_it_was_said(
    platform: Platform, link_id: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def follow(*words: str) -> dict[str, Any]:
        capsys.readouterr()
        assert links("follow", link_id, *words) == 0
        told = json.loads(capsys.readouterr().out)
        assert links("following", link_id) == 0
        assert json.loads(capsys.readouterr().out) == told
        assert isinstance(told, dict)
        return told

    told = follow()
    assert (told["mode"], told["visibility"], told["only"]) == ("mirror", "subtree", None)
    # How long the rest takes is told, as soon as there is a rest.
    assert (told["bytes_left"], told["eta_seconds"]) == (0, None)

    night = ("--window", "22:00-06:00", "--most-bytes", "2000000", "--bytes-per-second", "5000")
    told = follow("--visibility", "public", *night)
    assert (told["window_from"], told["window_until"]) == (22 * 60, 6 * 60)
    assert (told["most_bytes"], told["bytes_per_second"]) == (2_000_000, 5_000)
    told = follow("--mode", "reference", "--drop-copies", "--window", "none", "--most-bytes", "0")
    assert (told["mode"], told["keep_copies"], told["visibility"]) == ("reference", False, "public")
    assert (told["window_from"], told["most_bytes"], told["bytes_per_second"]) == (None, None, 5_000)

    assert follow("--nothing")["only"] == []
    course = "0mx3n6end1oimsyvcqdy47ut"
    follow("--course", course, "--licence", "CC-BY-4.0")
    told = follow("--course", course, "--owner", "省社区教育")
    parts = [{name: value for name, value in part.items() if value} for part in told["only"]]
    assert parts == [{"course_id": course}, {"licence": "CC-BY-4.0"}, {"owner": "省社区教育"}]
    assert follow("--everything")["only"] is None

    with pytest.raises(SystemExit, match=r"--window"):
        links("follow", link_id, "--window", "night")
    assert links("unfollow", link_id) == 0
    assert links("following", link_id) == 1
    assert "subscription_not_found" in capsys.readouterr().err
