"""With whom lessons may be shared, and what others share with one."""

from __future__ import annotations

from typing import Any

import pytest
from house import House, house
from signed_in import signed_in
from sqlalchemy.orm import Session

from storage.catalogue.models import Asset, Partner, PlaybackId, Version
from storage.catalogue.organizations import create_organization
from storage.ids import new_public_id

__all__ = ["house"]

LIMITS: Any = {"origins": [], "requests_per_second": 1, "bytes_per_second": 1, "bytes_per_day": 1}


def lesson(session: Session, organization_id: str, title: str, visibility: str, **more: Any) -> str:
    made = Asset(
        organization_id=organization_id,
        title=title,
        visibility=visibility,
        effective_visibility=visibility,
        **more,
    )
    session.add(made)
    session.flush()
    version = Version(asset_id=made.id, file_name="l.mp4", state="ready", kind="video")
    session.add_all([version, PlaybackId(id=new_public_id(), asset_id=made.id, policy="signed")])
    session.flush()
    made.current_version_id = version.id
    return made.id


@pytest.fixture(scope="module")
def places(house: House) -> dict[str, str]:
    """A province with two counties, a school in the first; one more tree beside it."""
    with house.sessions.begin() as session:
        province = create_organization(session, "省").id
        first = create_organization(session, "甲县", province).id
        second = create_organization(session, "乙县", province).id
        school = create_organization(session, "甲县小学", first).id
        elsewhere = create_organization(session, "外省").id
        session.add_all(
            [
                Partner(organization_id=province, name="学习强国", **LIMITS),
                Partner(organization_id=second, name="乙县电视台", **LIMITS),
            ]
        )
        lesson(session, province, "给下级", "subtree")
        lesson(session, province, "内部", "organization")
        lesson(session, second, "给甲县", "shared", shared_organization_ids=[first])
        lesson(session, second, "给别人", "shared", shared_organization_ids=[elsewhere])
        lesson(session, second, "草稿", "shared", shared_organization_ids=[first], review_state="draft")
        lesson(session, second, "公开", "public")
        lesson(session, school, "自己的", "public")
    return {"province": province, "first": first, "second": second, "school": school, "elsewhere": elsewhere}


def shared(house: House, key: dict[str, str], query: str = "") -> list[tuple[str, str]]:
    answer = house.client.get(f"/v1/shared-assets{query}", headers=key)
    assert answer.status_code == 200, answer.text
    return sorted((row["title"], row["organization"]) for row in answer.json["assets"])


def test_what_others_share_is_listed_with_whose_it_is(house: House, places: dict[str, str]) -> None:
    wanted = [("给下级", "省"), ("给甲县", "乙县")]
    for who in ("first", "school"):
        for role in ("admin", "author", "portal"):
            assert shared(house, house.api_key(places[who], role)) == wanted, (who, role)
    assert shared(house, house.api_key(places["second"])) == [("给下级", "省")]
    assert shared(house, house.api_key(places["elsewhere"])) == [("给别人", "乙县")]
    # What is below one is one's own.
    assert shared(house, house.api_key(places["province"])) == []
    author = signed_in(house, places["school"], "王老师")
    told = author.open("/v1/shared-assets?limit=1").json
    following = author.open(f"/v1/shared-assets?limit=1&after={told['next']}").json
    both = [*told["assets"], *following["assets"]]
    assert sorted((row["title"], row["organization"]) for row in both) == wanted
    assert (following["next"], both[0]["playback_ids"][0]["policy"]) == (None, "signed")
    assert [row["title"] for row in author.open("/v1/shared-assets?q=甲县").json["assets"]] == ["给甲县"]
    assert author.open("/v1/shared-assets?after=!").status_code == 400


def test_whom_one_may_share_with_is_found_by_name(house: House, places: dict[str, str]) -> None:
    author = signed_in(house, places["school"], "王老师")
    found = author.open("/v1/recipients?q=甲县").json
    assert [(row["name"], row["of"]) for row in found["organizations"]] == [
        ("甲县", "省"),
        ("甲县小学", "甲县"),
    ]
    assert author.open("/v1/recipients?q=外省").json == {"organizations": [], "partners": []}
    partners = author.open("/v1/recipients").json["partners"]
    assert [(row["name"], row["of"]) for row in partners] == [("学习强国", "省")]
    named = author.open(f"/v1/recipients?id={places['elsewhere']}").json
    assert [row["name"] for row in named["organizations"]] == ["外省"]
    portal = house.client.get("/v1/recipients", headers=house.api_key(places["school"]))
    assert portal.status_code == 403
