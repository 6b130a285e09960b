"""Another version beside the one that plays: how it comes, takes over, is taken back and goes."""

from __future__ import annotations

import json
import re
import time
from datetime import timedelta
from typing import Any

import pytest
from house import PUBLIC_URL, House, house, walk
from lesson import FACTS, RUNGS, STORYBOARD, Lesson, add_image, add_lesson, add_rendition
from signed_in import signed_in
from sqlalchemy import func, select, update
from tus import encode

from storage import keys
from storage.catalogue import assets, steps, versions
from storage.catalogue.follows import Follows, follows_to_json
from storage.catalogue.models import Asset, Image, Step, Track, Version, VersionSwitch
from storage.catalogue.new_steps import NewStep
from storage.catalogue.pictures import CHOSEN
from storage.ids import new_id
from workers import retired_versions, sweeper
from workers.keeper import activate_awaited

__all__ = ["house"]

GRACE = timedelta(days=30)


@pytest.fixture
def lesson(house: House) -> Lesson:
    return add_lesson(house.sessions, house.objects)


def page_data(html: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="page-data"[^>]*>(.*?)</script>', html, re.DOTALL)
    assert found is not None
    data: dict[str, Any] = json.loads(found[1])
    return data


class Studio:
    """What an author does with one lesson."""

    def __init__(self, house: House, lesson: Lesson) -> None:
        self.house, self.lesson = house, lesson
        self.key = house.api_key(lesson.organization_id, "author")
        self.address = f"/v1/assets/{lesson.asset_id}"

    def call(self, method: str, path: str = "", **more: Any) -> Any:
        headers = {**self.key, **more.pop("headers", {})}
        return self.house.client.open(self.address + path, method=method, headers=headers, **more)

    def asset(self) -> Any:
        return self.call("GET").json

    def versions(self) -> Any:
        return self.call("GET", "/versions").json

    def replace(self, body: bytes = b"another take", **query: str) -> str:
        """A version whose file has arrived."""
        added = self.call("POST", "/versions", data=body, query_string={"filename": "b.mp4", **query})
        assert added.status_code == 201, added.text
        return str(added.json["id"])

    def steps(self, version_id: str) -> set[str]:
        """States of what is done with it."""
        with self.house.sessions() as session:
            return set(session.execute(select(Step.state).where(Step.version_id == version_id)).scalars())

    def finish(self, version_id: str) -> None:
        """What workers do with it, the last step in the transaction of ``publish``."""
        sessions, objects = self.house.sessions, self.house.objects
        with sessions.begin() as session:
            version = session.get_one(Version, version_id)
            version.state, version.kind, version.facts = "ready", "video", FACTS
            session.execute(
                update(Step).where(Step.version_id == version_id).values(state="done", lease_until=None)
            )
            for position, (name, width, height) in enumerate(RUNGS):
                add_rendition(session, objects, version, name, position, 2, width, height)
            add_rendition(session, objects, version, "audio", 0, 1)
            for name, details in (("poster", {}), ("storyboard", STORYBOARD)):
                add_image(session, objects, version.id, name, details)
            versions.hold(session, version.asset_id)
            versions.activate_awaited(session, version_id)

    def activate(self, version_id: str, note: str = "") -> Any:
        return self.call("POST", f"/versions/{version_id}/activate", json={"note": note})

    def playing(self) -> str:
        """The version that a new viewer gets, once nothing older is remembered."""
        time.sleep(1.05)
        master = self.house.get(f"/v/{self.lesson.public_id}/master.m3u8").text
        [version_id] = set(re.findall(r"([0-9a-z]{20,32})/", master))
        return version_id


@pytest.fixture
def studio(house: House, lesson: Lesson) -> Studio:
    return Studio(house, lesson)


def test_what_plays_goes_on_until_the_new_version_is_ready(studio: Studio, lesson: Lesson) -> None:
    version_id = studio.replace(note="声音更清楚")
    before = studio.asset()
    assert before["version_id"] == lesson.version_id and before["state"] == "ready"
    assert before["pending"] == {"version_id": version_id, "state": "queued", "failure": None}
    assert studio.playing() == lesson.version_id
    new, old = studio.versions()["versions"]
    assert (new["current"], new["activates"], new["note"], new["made_by"]) == (
        False, "ready", "声音更清楚", "test",
    )  # fmt: skip
    assert (new["source"]["file_name"], new["source"]["size"], new["progress"]["stage"]) == (
        "b.mp4", 12, "queued",
    )  # fmt: skip
    assert old["id"] == lesson.version_id and old["current"] and old["progress"] is None
    studio.finish(version_id)
    assert studio.playing() == version_id
    after = studio.asset()
    assert (after["version_id"], after["pending"]) == (version_id, None)
    assert after["updated_at"] > before["updated_at"]
    assert [each["id"] for each in after["playback_ids"]] == [each["id"] for each in before["playback_ids"]]
    new, old = studio.versions()["versions"]
    assert (
        new["current"] and not old["current"] and old["retired_at"] and old["kept_until"] > old["retired_at"]
    )
    [switch] = studio.versions()["switches"]
    assert (switch["version_id"], switch["before"], switch["reason"], switch["note"], switch["made_by"]) == (
        version_id, lesson.version_id, "ready", "声音更清楚", "test",
    )  # fmt: skip


def test_who_has_begun_ends_with_the_version_they_began_with(
    house: House, studio: Studio, lesson: Lesson
) -> None:
    begun = walk(house, f"/v/{lesson.public_id}/master.m3u8")
    page = page_data(house.get(f"/embed/{lesson.public_id}").text)
    pictures = [page["storyboard_url"], page["poster_url"], page["manifest_url"]]
    bytes_before = {url: house.get(url).data for url in pictures}
    version_id = studio.replace()
    studio.finish(version_id)
    assert studio.playing() == version_id
    for url, span in begun[1:]:
        assert lesson.version_id in url
        assert house.get(url, **({"Range": span} if span else {})).status_code in (200, 206), url
    for url, data in bytes_before.items():
        assert lesson.version_id in url and house.get(url).data == data
    fresh = page_data(house.get(f"/embed/{lesson.public_id}").text)
    assert fresh["version_id"] == version_id
    for name in ("storyboard_url", "poster_url", "manifest_url"):
        assert version_id in fresh[name] and house.get(fresh[name]).status_code == 200
    assert version_id in house.get(f"/v/{lesson.public_id}/storyboard.vtt").text
    dash = house.get(f"/v/{lesson.public_id}/manifest.mpd").text
    assert lesson.version_id not in dash and f"{version_id}/storyboard.jpg" in dash


def test_a_version_plays_by_its_own_address_whichever_is_current(
    house: House, studio: Studio, lesson: Lesson
) -> None:
    version_id = studio.replace(activate="manual")
    studio.finish(version_id)
    assert studio.playing() == lesson.version_id
    new = studio.call("GET", f"/versions/{version_id}").json
    assert (new["activates"], new["state"]) == ("manual", "ready")
    address = new["manifest_url"].removeprefix(PUBLIC_URL)
    assert all(version_id in url for url, _ in walk(house, address))
    for other in (new_id(), "master", "0" * 40):
        assert house.get(f"/v/{lesson.public_id}/{other}.m3u8").status_code == (
            200 if other == "master" else 404
        )
    foreign = add_lesson(house.sessions, house.objects)
    for name in ("{}.m3u8", "{}/storyboard.vtt", "{}/storyboard.jpg", "{}/poster.jpg"):
        path = f"/v/{lesson.public_id}/" + name.format(foreign.version_id)
        assert house.get(path).status_code == 404, path
    signed = f"/v/{lesson.signed_id}/{version_id}.m3u8"
    assert house.get(signed).json["code"] == "token_missing"


def test_taking_back_is_one_call_and_is_remembered(house: House, studio: Studio, lesson: Lesson) -> None:
    version_id = studio.replace()
    studio.finish(version_id)
    back = studio.activate(lesson.version_id, "新版没有声音")
    assert back.status_code == 200 and back.json["current"] and back.json["retired_at"] is None
    assert studio.playing() == lesson.version_id
    assert studio.activate(lesson.version_id).status_code == 200
    assert studio.activate(version_id, "修好了").json["current"]
    told = [(s["version_id"], s["reason"], s["note"]) for s in studio.versions()["switches"]]
    assert told == [
        (version_id, "chosen", "修好了"),
        (lesson.version_id, "chosen", "新版没有声音"),
        (version_id, "ready", ""),
    ]
    log = house.client.get("/v1/audit-log", headers=house.api_key(lesson.organization_id, "admin")).json
    actions = [e["action"] for e in log["entries"] if e["target_id"] == lesson.asset_id]
    assert actions == ["version.activate"] * 3 + ["version.create"]


def test_a_version_that_fails_leaves_the_other_alone(house: House, studio: Studio, lesson: Lesson) -> None:
    version_id = studio.replace(b"not a video")
    with house.sessions.begin() as session:
        steps.fail_version(session, version_id, "source_not_media", "text")
    asset = studio.asset()
    assert (asset["state"], asset["failure"], asset["version_id"]) == ("ready", None, lesson.version_id)
    assert asset["pending"]["state"] == "failed"
    assert asset["pending"]["failure"]["code"] == "source_not_media"
    listed = house.client.get("/v1/assets", headers=studio.key).json["assets"]
    assert listed[0]["pending"] == asset["pending"]
    assert studio.playing() == lesson.version_id
    refused = studio.activate(version_id)
    assert (refused.status_code, refused.json["code"]) == (409, "version_not_ready")
    again = studio.call("POST", f"/versions/{version_id}/retry")
    assert (again.status_code, again.json["state"], again.json["activates"]) == (202, "queued", "ready")
    studio.finish(version_id)
    assert studio.playing() == version_id


def test_of_two_at_once_the_later_one_stays(studio: Studio, lesson: Lesson) -> None:
    first, second = studio.replace(), studio.replace()
    chosen = studio.replace(activate="manual")
    studio.finish(second)
    newest, new, middle, _ = studio.versions()["versions"]
    assert (new["id"], middle["id"], middle["current"], middle["activates"]) == (second, first, False, None)
    # Nobody could come to see it: nothing more is made of it, unless somebody wants that.
    assert (middle["state"], middle["failure"]["code"]) == ("failed", "superseded")
    assert studio.steps(first) == {"cancelled"}
    assert (newest["id"], newest["state"]) == (chosen, "queued")
    assert studio.asset()["pending"]["version_id"] == chosen
    assert studio.call("POST", f"/versions/{first}/retry").json["state"] == "queued"
    assert studio.steps(first) == {"queued"}
    studio.finish(first)
    assert studio.playing() == second
    assert studio.activate(first).json["current"]
    assert studio.activate(second).json["current"]
    # Taken back while a third is made, that one still takes over: it is newer than what was taken back.
    third = studio.replace()
    studio.activate(lesson.version_id)
    studio.finish(third)
    assert studio.playing() == third


@pytest.mark.parametrize(
    ("state", "goes_on"), [("queued", False), ("processing", False), ("playable", True), ("ready", True)]
)
def test_what_was_current_is_made_to_its_end_if_somebody_could_watch_it(
    house: House, studio: Studio, lesson: Lesson, state: str, *, goes_on: bool
) -> None:
    with house.sessions.begin() as session:
        session.get_one(Version, lesson.version_id).state = state
        steps.add_steps(session, lesson.version_id, [NewStep("publish", "publish")])
    version_id = studio.replace()
    studio.finish(version_id)
    assert studio.steps(lesson.version_id) == ({"queued"} if goes_on else {"cancelled"})
    old = studio.call("GET", f"/versions/{lesson.version_id}").json
    assert (old["state"], old["current"]) == (state if goes_on else "failed", False)
    assert old["retired_at"] and old["kept_until"]
    assert studio.activate(lesson.version_id).status_code == (200 if goes_on else 409)
    assert studio.activate(version_id).json["current"]


def test_what_is_not_wanted_any_more_goes(house: House, studio: Studio, lesson: Lesson) -> None:
    version_id = studio.replace()
    assert studio.call("DELETE", f"/versions/{lesson.version_id}").json["code"] == "version_current"
    assert studio.call("DELETE", f"/versions/{version_id}").status_code == 204
    assert [each["id"] for each in studio.versions()["versions"]] == [lesson.version_id]
    assert studio.asset()["pending"] is None
    assert studio.steps(version_id) == {"cancelled"}
    retired_versions.remove_retired(house.sessions, house.objects, GRACE)
    assert not list(house.objects.list(keys.version_prefix(lesson.asset_id, version_id)))
    with house.sessions() as session:
        assert session.get(Version, version_id) is None
    assert studio.playing() == lesson.version_id


def test_a_retired_version_goes_after_its_time_but_never_while_it_is_current(
    house: House, studio: Studio, lesson: Lesson
) -> None:
    version_id = studio.replace()
    studio.finish(version_id)
    source = keys.source_key(lesson.asset_id, version_id)
    studio.activate(lesson.version_id)
    retired_versions.remove_retired(house.sessions, house.objects, GRACE)
    assert house.objects.get(source) == b"another take"
    studio.activate(version_id)
    long_ago = func.now() - GRACE - timedelta(seconds=1)
    with house.sessions.begin() as session:
        session.execute(update(Version).where(Version.id == lesson.version_id).values(retired_at=long_ago))
        session.execute(update(Version).where(Version.id == version_id).values(retired_at=long_ago))
    retired_versions.remove_retired(house.sessions, house.objects, GRACE)
    assert house.objects.get(source) == b"another take"
    assert studio.playing() == version_id
    gone = studio.call("GET", f"/versions/{lesson.version_id}").json
    assert gone["removed_at"] and gone["manifest_url"] is None and gone["kept_until"] is None
    refused = studio.activate(lesson.version_id)
    assert (refused.status_code, refused.json["code"]) == (410, "version_removed")
    with house.sessions() as session:
        assert session.execute(select(Track).where(Track.version_id == lesson.version_id)).first() is None
    time.sleep(1.05)
    assert house.get(f"/v/{lesson.public_id}/{lesson.version_id}.m3u8").status_code in (200, 404)


def test_processing_again_shares_the_source_until_the_last_of_both_is_gone(
    house: House, studio: Studio, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeper, "ORPHAN_AGE", timedelta(seconds=-60))
    refused = studio.call("POST", "/versions", json={"reprocess": True})
    assert (refused.status_code, refused.json["code"]) == (409, "source_gone")
    first = studio.replace()
    studio.finish(first)
    again = studio.call("POST", "/versions", json={"reprocess": True, "note": "1080p"})
    assert again.status_code == 201, again.text
    second = again.json["id"]
    assert again.json["source"] == studio.call("GET", f"/versions/{first}").json["source"]
    source = keys.source_key(lesson.asset_id, first)
    studio.finish(second)
    assert studio.call("DELETE", f"/versions/{first}").status_code == 204
    for _ in range(2):
        retired_versions.remove_retired(house.sessions, house.objects, GRACE)
        sweeper.remove_orphans(house.sessions, house.objects, "")
        assert house.objects.get(source) == b"another take"
    assert studio.playing() == second
    third = studio.replace(b"a third")
    studio.finish(third)
    studio.call("DELETE", f"/versions/{second}")
    retired_versions.remove_retired(house.sessions, house.objects, GRACE)
    left = {info.key.split("/")[2] for info in house.objects.list(keys.asset_prefix(lesson.asset_id))}
    assert left == {third}


def test_a_resumable_upload_replaces_a_file(house: House, studio: Studio, lesson: Lesson) -> None:
    metadata = encode(
        {"filename": "c.mp4", "replaces": lesson.asset_id, "note": "第二次", "activate": "manual"}
    )
    tus = {**studio.key, "Tus-Resumable": "1.0.0", "Upload-Metadata": metadata, "Upload-Length": "4"}
    begun = house.client.post("/v1/uploads", headers=tus)
    assert begun.status_code == 201, begun.text
    assert begun.headers["Lessonstream-Asset"] == lesson.asset_id
    version_id = begun.headers["Lessonstream-Version"]
    pending = studio.asset()["pending"]
    assert (pending["version_id"], pending["state"]) == (version_id, "uploading")
    more = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}
    location = begun.headers["Location"]
    half = house.client.patch(location, data=b"ab", headers={**tus, **more})
    assert half.status_code == 204, half.text
    # An upload that is given up goes with its version, and with nothing else.
    assert house.client.delete(location, headers=tus).status_code == 204
    assert studio.asset()["pending"] is None and studio.playing() == lesson.version_id
    for wrong, code in (
        (encode({"replaces": new_id()}), "asset_not_found"),
        (encode({"replaces": lesson.asset_id, "activate": "soon"}), "invalid_request"),
        (encode({"replaces": lesson.asset_id, "external_id": "a"}), "invalid_request"),
    ):
        answer = house.client.post("/v1/uploads", headers={**tus, "Upload-Metadata": wrong})
        assert answer.json["code"] == code
    begun = house.client.post("/v1/uploads", headers={**tus, "Upload-Metadata": metadata})
    refused = studio.call("POST", "/versions", data=b"x")
    assert refused.status_code == 201
    sent = house.client.patch(begun.headers["Location"], data=b"abcd", headers={**tus, **more})
    assert sent.status_code == 204
    assert studio.call("GET", f"/versions/{begun.headers['Lessonstream-Version']}").json["state"] == "queued"


def test_a_first_file_has_to_arrive_before_it_is_replaced(house: House, studio: Studio) -> None:
    with house.sessions.begin() as session:
        version = assets.create_asset(session, studio.lesson.organization_id, "t", "t.mp4", "public")
    answer = house.client.post(f"/v1/assets/{version.asset_id}/versions", data=b"x", headers=studio.key)
    assert (answer.status_code, answer.json["code"]) == (409, "first_upload_unfinished")


def test_there_is_an_end_to_what_is_pending(house: House, studio: Studio) -> None:
    for _ in range(versions.MOST_PENDING):
        studio.replace()
    answer = studio.call("POST", "/versions", data=b"x")
    assert (answer.status_code, answer.json["code"]) == (409, "version_limit")


def test_a_worker_of_the_release_before_leaves_the_switch_to_the_keeper(house: House, studio: Studio) -> None:
    version_id = studio.replace()
    with house.sessions.begin() as session:
        session.execute(update(Version).where(Version.id == version_id).values(state="ready"))
    activate_awaited(house.sessions, house.objects)
    assert studio.asset()["version_id"] == version_id


def test_who_may_only_upload_replaces_nothing(house: House, studio: Studio, lesson: Lesson) -> None:
    admin = house.api_key(lesson.organization_id, "admin")
    made = house.client.post(
        "/v1/api-keys", json={"role": "author", "label": "upload", "scopes": ["upload"]}, headers=admin
    )
    key = {"Authorization": f"Bearer {made.json['key']}"}
    tus = {**key, "Tus-Resumable": "1.0.0", "Upload-Length": "4"}
    answer = house.client.post(
        "/v1/uploads", headers={**tus, "Upload-Metadata": encode({"replaces": lesson.asset_id})}
    )
    assert (answer.status_code, answer.json["code"]) == (403, "scope_not_allowed")
    with house.sessions() as session:
        assert session.get_one(Asset, lesson.asset_id).current_version_id == lesson.version_id


def test_tracks_that_may_not_fit_wait_until_somebody_has_looked(
    house: House, studio: Studio, lesson: Lesson
) -> None:
    version_id = studio.replace(activate="manual")
    studio.finish(version_id)
    assert studio.activate(version_id).status_code == 200
    [track] = studio.asset()["tracks"]
    assert (track["kind"], track["language"], track["state"]) == ("captions", "zh", "to_check")
    assert track["id"] != lesson.track_id
    time.sleep(1.05)
    master = f"/v/{lesson.public_id}/master.m3u8"
    assert "SUBTITLES" not in house.get(master).text
    assert page_data(house.get(f"/embed/{lesson.public_id}").text)["tracks"] == []
    # Who looks at it reads it by its own address.
    assert "hello" in house.get(track["url"].removeprefix(PUBLIC_URL)).text
    shown = studio.call("POST", "/tracks/captions/zh/accept")
    assert (shown.status_code, shown.json["state"]) == (200, "shown")
    time.sleep(1.05)
    assert track["id"] in house.get(master).text
    assert studio.call("POST", "/tracks/chapters/zh/accept").json["code"] == "track_not_found"
    # Taken back, the version before has its own.
    studio.activate(lesson.version_id)
    [before] = studio.asset()["tracks"]
    assert (before["id"], before["state"]) == (lesson.track_id, "shown")


def test_what_an_author_sent_goes_over_with_the_track(studio: Studio) -> None:
    sent = "WEBVTT\r\n\r\nNOTE kept\r\n\r\n00:01.000 --> 00:02.000 align:start\r\nx\r\n"
    studio.call("PUT", "/tracks/captions/fr", data=sent.encode())
    version_id = studio.replace(activate="manual")
    studio.finish(version_id)
    assert studio.activate(version_id).status_code == 200
    assert studio.call("GET", "/tracks/captions/fr/source").json["text"] == sent


def choose_poster(house: House, lesson: Lesson, **details: float) -> bytes:
    """As if a worker had made what somebody chose, of a frame with ``time``, else of a picture."""
    image, data = CHOSEN + new_id(), b"a picture of " + new_id().encode()
    key = keys.poster_key(lesson.asset_id, lesson.version_id, new_id())
    house.objects.put(key, data, "image/jpeg")
    with house.sessions.begin() as session:
        session.get_one(Version, lesson.version_id).poster_name = image
        session.add(
            Image(
                version_id=lesson.version_id, name=image, object_key=key, content_type="image/jpeg",
                width=640, height=360, size=len(data), sha256="0" * 64, details=details,
            )
        )  # fmt: skip
    return data


def poster_outcome(studio: Studio, version_id: str) -> str:
    table = studio.call("GET", f"/versions/{version_id}").json["follows"]["table"]
    return next(row["outcome"] for row in table if row["what"] == "poster")


def test_a_picture_that_somebody_sent_goes_over_as_the_poster(
    house: House, studio: Studio, lesson: Lesson
) -> None:
    data = choose_poster(house, lesson)
    version_id = studio.replace(activate="manual")
    with house.sessions.begin() as session:
        other_take = Follows(lesson.version_id, "check", "other_sound")
        session.get_one(Version, version_id).follows = follows_to_json(other_take)
    studio.finish(version_id)
    assert poster_outcome(studio, version_id) == "kept"
    assert studio.activate(version_id).status_code == 200
    poster = studio.call("GET", "/poster").json
    assert (poster["origin"], poster["making"], poster["width"]) == ("picture", False, 640)
    assert version_id in poster["url"]
    assert house.get(poster["url"].removeprefix(PUBLIC_URL)).data == data
    # The object is the new version's own: it stays when the one before is removed.
    assert studio.call("DELETE", f"/versions/{lesson.version_id}").status_code == 204
    retired_versions.remove_retired(house.sessions, house.objects, GRACE)
    assert house.get(poster["url"].removeprefix(PUBLIC_URL)).data == data


@pytest.mark.parametrize(
    ("follows", "outcome", "time"),
    [
        (("shifted", None, 0.98, ((0.0, 1e6, -1.5),)), "shifted", 2.5),
        (("pieces", None, 0.9, ((0.0, 3.0, 0.0), (5.0, 1e6, -2.0))), "pieces", None),
        (("check", "other_sound", 0.1, ()), "anew", None),
    ],
)
def test_a_frame_that_somebody_chose_is_found_again_where_it_lies(
    house: House, studio: Studio, lesson: Lesson, follows: Any, outcome: str, time: float | None
) -> None:
    choose_poster(house, lesson, time=4.0)
    version_id = studio.replace(activate="manual")
    with house.sessions.begin() as session:
        found = Follows(lesson.version_id, *follows)
        session.get_one(Version, version_id).follows = follows_to_json(found)
    studio.finish(version_id)
    assert poster_outcome(studio, version_id) == outcome
    assert studio.activate(version_id).status_code == 200
    poster = studio.call("GET", "/poster").json
    # Until it is made, or where it was cut out, the one that was found by itself stands for it.
    assert (poster["origin"], poster["making"]) == ("automatic", time is not None)
    with house.sessions() as session:
        wished = session.execute(
            select(Step.params).where(Step.version_id == version_id, Step.kind == "poster")
        ).scalars()
        assert [params["time"] for params in wished] == ([] if time is None else [time])


def test_a_person_who_brings_a_version_switches_to_it(house: House, studio: Studio, lesson: Lesson) -> None:
    browser = signed_in(house, lesson.organization_id, "王老师", "admin")
    added = browser.change(f"{studio.address}/versions?filename=b.mp4", data=b"another take")
    assert added.status_code == 201, added.text
    studio.finish(added.json["id"])
    person = browser.who()["person"]["id"]
    log = house.client.get("/v1/audit-log", headers=house.api_key(lesson.organization_id, "admin")).json
    switch, creation = [e for e in log["entries"] if e["target_id"] == lesson.asset_id]
    for entry in (switch, creation):
        told = (entry["person_id"], entry["person_name"], entry["key_label"])
        assert told == (person, "王老师", "")
    assert (switch["action"], switch["details"]["reason"]) == ("version.activate", "ready")
    with house.sessions() as session:
        version = session.get_one(Version, added.json["id"])
        assert (version.bringer, version.bringer_person_id) == ("王老师", person)
        decided = session.execute(
            select(VersionSwitch.person_id).where(VersionSwitch.version_id == version.id)
        ).scalar_one()
        assert decided == person


def test_the_table_of_what_follows(house: House, studio: Studio, lesson: Lesson) -> None:
    version_id = studio.replace()
    assert studio.call("GET", f"/versions/{version_id}").json["follows"] is None
    found = Follows(lesson.version_id, "shifted", None, 0.98, ((1.5, 1e6, -1.5),))
    with house.sessions.begin() as session:
        session.get_one(Version, version_id).follows = follows_to_json(found)
    told = studio.call("GET", f"/versions/{version_id}").json["follows"]
    assert (told["outcome"], told["offset"], told["before"]) == ("shifted", -1.5, lesson.version_id)
    assert {row["what"]: row["outcome"] for row in told["table"]} == {
        "captions": "shifted",
        "chapters": "shifted",
        "poster": "anew",
        "clips": "check",
        "resume_positions": "check",
    }
