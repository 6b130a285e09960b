"""Studio's page over HTTP: one page at all of its addresses, and files that never change."""

from __future__ import annotations

import re

import pytest
from house import House, house

from media_service.studio.files import FILES, first_modules

__all__ = ["house"]


@pytest.mark.parametrize("path", ["/studio", "/studio/", "/studio/lessons", "/studio/lessons/0mx/captions"])
def test_every_address_is_the_same_page(house: House, path: str) -> None:
    answer = house.get(path)

    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    assert answer.text == house.get("/studio").text
    assert answer.headers["Cache-Control"] == "no-cache"


def test_the_page_speaks_the_language_of_the_browser(house: House) -> None:
    assert '<html lang="zh-CN">' in house.get("/studio", Accept_Language="zh-CN,zh;q=0.9,en;q=0.5").text
    assert '<html lang="en">' in house.get("/studio", Accept_Language="de").text


def test_the_page_brings_the_days_of_the_trash(house: House) -> None:
    settings = house.app.extensions["lessonstream"].settings
    object.__setattr__(settings, "trash_days", 9)
    assert 'data-trash-days="9"' in house.get("/studio").text
    object.__setattr__(settings, "trash_days", 30)


def test_nothing_inline_is_needed_or_allowed(house: House) -> None:
    answer = house.get("/studio")

    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "style-src 'self';" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert not re.findall(r"<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=", answer.text)


def test_all_that_the_page_names_is_there_and_compressed(house: House) -> None:
    named = re.findall(r'(?:src|href)="(/studio/static/[^"]+)"', house.get("/studio").text)
    assert len(named) == len(first_modules()) + 2
    for address in named:
        answer = house.get(address, Accept_Encoding="gzip")
        assert answer.status_code == 200, address
        assert answer.headers["Content-Encoding"] == "gzip"
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.mimetype in ("text/javascript", "text/css")


@pytest.mark.parametrize(
    "name", ["other/main.js", "{release}/../shell.py", "{release}/types.d.ts", "{release}/"]
)
def test_nothing_else_is_public(house: House, name: str) -> None:
    answer = house.get("/studio/static/" + name.format(release=FILES.release))
    assert answer.status_code == 404
