"""Languages as players and people read them."""

from __future__ import annotations

import pytest

from storage.languages import OWN_NAMES, description_label, language_tag, own_name, written_language


@pytest.mark.parametrize(
    ("written", "tag", "name"),
    [
        ("eng", "en", "English"),
        ("chi", "zh", "中文"),
        ("zho", "zh", "中文"),
        ("zh-hant", "zh-Hant", "繁體中文"),
        ("ger", "de", "Deutsch"),
        ("pt_BR", "pt-BR", "Português"),
        ("tlh", "tlh", "tlh"),
        ("und", None, None),
        ("", None, None),
        (None, None, None),
        ("中文", None, None),
        ('e"n', None, None),
        ("not a language at all", None, None),
    ],
)
def test_what_authors_write(written: str | None, tag: str | None, name: str | None) -> None:
    assert language_tag(written) == tag
    assert (own_name(tag) if tag else None) == name


def test_every_name_belongs_to_a_standard_tag() -> None:
    assert [tag for tag in OWN_NAMES if language_tag(tag) != tag] == []


@pytest.mark.parametrize(
    ("label", "tag", "shown"),
    [
        ("中文", "zh", "中文（口述影像）"),
        ("English", "en", "English (audio description)"),
        ("Audio Description", "en", "Audio Description"),
        ("无障碍口述影像", "zh", "无障碍口述影像"),
        (None, "zh-CN", "口述影像"),
        (None, None, "Audio description / 口述影像"),
    ],
)
def test_an_audio_description_is_called_one(label: str | None, tag: str | None, shown: str) -> None:
    assert description_label(label, tag) == shown


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("手机摄影 iPhone", "zh"),
        ("第 1 课：IPv6", "zh"),
        ("The tools of an ink painter 水墨", None),
        ("水質の安全", None),
        ("2024", None),
    ],
)
def test_chinese_is_told_by_its_letters(text: str, language: str | None) -> None:
    assert written_language(text) == language
