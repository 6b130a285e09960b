"""A catalogue that was filled before there was visibility: who saw which lesson and course then sees them now."""

from __future__ import annotations

import pytest
from revisions import database_at
from sqlalchemy import text
from sqlalchemy.orm import Session
from support import RunningStack

from storage.catalogue import collection_items, collections, migrate, missing_words, partners, visibility
from storage.catalogue.collections import CollectionFilter
from storage.catalogue.models import Asset, Collection
from storage.catalogue.reach import Reach
from storage.catalogue.visibility import ANYBODY, Viewer
from storage.search_words import search_query

pytestmark = pytest.mark.integration

BEFORE = "0049"

FILLED = """
INSERT INTO organizations (id, name, parent_id) VALUES
  ('city', '市', NULL), ('school', '校', 'city'), ('other', '外', NULL);
INSERT INTO partners (id, organization_id, name, origins, requests_per_second, bytes_per_second, bytes_per_day, enabled)
VALUES ('partner', 'city', '站', '{}', 10, 1000, 1000, true);
INSERT INTO assets (id, organization_id, title, description, deleted_at) VALUES
  ('open', 'city', '公开课', '说明', NULL), ('both', 'school', '双重课', '', NULL),
  ('signed', 'school', '内部课', '', NULL), ('gone', 'city', '已删课', '', now());
INSERT INTO versions (id, asset_id, state, kind, file_name) SELECT id, id, 'ready', 'video', 'a.mp4' FROM assets;
UPDATE assets SET current_version_id = id;
INSERT INTO playback_ids (id, asset_id, policy) VALUES
  ('p1', 'open', 'public'), ('p2', 'both', 'signed'), ('p3', 'both', 'public'), ('p4', 'signed', 'signed'),
  ('p5', 'gone', 'public');
INSERT INTO collections (id, public_id, organization_id, title) VALUES
  ('c1', 'x1', 'city', '混合课程'), ('c2', 'x2', 'school', '内部课程'), ('c3', 'x3', 'city', '旧课程'),
  ('c4', 'x4', 'city', '空课程');
INSERT INTO collection_items (collection_id, asset_id, position) VALUES
  ('c1', 'signed', 0), ('c1', 'open', 1), ('c1', 'both', 2), ('c2', 'signed', 0), ('c3', 'gone', 0),
  ('c3', 'signed', 1);
INSERT INTO partner_collections (partner_id, collection_id) VALUES ('partner', 'c2');
"""

EVERYTHING = {"c1", "c2", "c3", "c4"}


def test_what_was_seen_is_seen(stack: RunningStack) -> None:
    with database_at(stack, BEFORE) as (url, engine):
        with engine.begin() as connection:
            connection.execute(text(FILLED))
        migrate.migrate(url)
        with Session(engine) as session, session.begin():
            missing_words.write_missing(session)
        with Session(engine) as session:
            words = {asset.id: asset.effective_visibility for asset in session.query(Asset)}
            assert words == {
                "open": "public",
                "both": "public",
                "signed": "organization",
                "gone": "public",
            }
            assert {asset.review_state for asset in session.query(Asset)} == {"published"}
            courses = session.query(Collection).order_by(Collection.id).all()
            assert [(each.visibility, each.effective_visibility) for each in courses] == [
                (None, "public"),
                *[(None, "organization")] * 3,
            ]
            assert {(each.description, each.picture_sha256) for each in courses} == {("", None)}

            def listed(root: str, *, limited: bool = True, query: str | None = None) -> dict[str, int]:
                viewer = Viewer(root, manages=not limited)
                wanted = CollectionFilter(seen_by=viewer if limited else None, search=query)
                found = collections.list_collections(session, Reach(root), 50, None, wanted, viewer=viewer)
                return {each.id: each.count for each in found}

            # A portal's lists and an administrator's, as they were: 3 lessons, 1, 1 (another lies in the trash), none.
            for limited in (True, False):
                assert listed("city", limited=limited) == {"c1": 3, "c2": 1, "c3": 1, "c4": 0}
                assert listed("school", limited=limited) == {"c2": 1}
                assert listed("other", limited=limited) == {}
            assert listed("city", query=search_query("混合")).keys() == {"c1"}
            assert [item.asset_id for item in collection_items.items_of(session, "c1")] == [
                "signed",
                "open",
                "both",
            ]

            partner = Viewer(partner_id="partner")
            shared = collections.list_shared_collections(session, partner, 50, None, CollectionFilter())
            assert {each.id: each.count for each in shared} == {"c2": 1}
            assert partners.shared(session, "partner", {"open", "both", "signed"}) == {"signed"}
            # Pages showed everybody a course with something to play, and played what was public of it.
            assert visibility.seen(session, ANYBODY, courses) == {"c1"}
            seen = collection_items.items_for(session, ANYBODY, "c1")
            assert [item.asset_id for item in seen.seen] == ["open", "both"] and seen.unseen == 1
            # With a token of the organization, all.
            assert visibility.seen(session, Viewer("city"), courses) == EVERYTHING
            assert collection_items.items_for(session, Viewer("city"), "c1").unseen == 0
