"""Closed sets of words as sheets have them: the API's own, or what Chinese offices write. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, get_args

from configs.words import LEVELS, POLICIES, VISIBILITIES, ContributorRole, LicenceCode
from media_service.sheets.faults import CellInvalid

Choices = Mapping[str, tuple[str, ...]]
"""What may be chosen, each with the other words for it; the first is shown to people who read Chinese."""

LEVEL_CHOICES: Final[Choices] = {
    **dict.fromkeys(LEVELS, ()),
    "preschool": ("学前", "学前教育", "幼儿"),
    "primary": ("小学",),
    "secondary": ("中学", "初中", "高中"),
    "vocational": ("职业", "职业教育", "中职", "高职"),
    "higher": ("高等", "高等教育", "本科", "大学"),
    "adult": ("成人", "成人教育"),
    "community": ("社区", "社区教育"),
    "senior": ("老年", "老年教育"),
    "other": ("其他",),
}
ROLES: Final[Choices] = {
    **dict.fromkeys(get_args(ContributorRole), ()),
    "author": ("作者",),
    "presenter": ("主讲", "主讲人", "主讲教师", "讲师"),
    "publisher": ("出版者", "出版社"),
    "editor": ("编辑",),
    "script_writer": ("编剧", "脚本"),
    "instructional_designer": ("教学设计",),
    "subject_matter_expert": ("学科专家",),
    "content_provider": ("内容提供者",),
    "graphical_designer": ("美术设计",),
    "technical_implementer": ("技术制作", "制作"),
    "initiator": ("发起人",),
    "validator": ("审核",),
}
LICENCES: Final[Choices] = {
    **dict.fromkeys(get_args(LicenceCode), ()),
    "CC0-1.0": ("CC0",),
    "CC-BY-4.0": ("CC BY 4.0", "CC BY"),
    "CC-BY-SA-4.0": ("CC BY-SA 4.0", "CC BY-SA"),
    "CC-BY-NC-4.0": ("CC BY-NC 4.0", "CC BY-NC"),
    "CC-BY-ND-4.0": ("CC BY-ND 4.0", "CC BY-ND"),
    "CC-BY-NC-SA-4.0": ("CC BY-NC-SA 4.0", "CC BY-NC-SA"),
    "CC-BY-NC-ND-4.0": ("CC BY-NC-ND 4.0", "CC BY-NC-ND"),
    "public_domain": ("公有领域",),
    "all_rights_reserved": ("保留所有权利", "版权所有"),
    "custom": ("自定义",),
}
VISIBILITY_CHOICES: Final[Choices] = {
    **dict.fromkeys(VISIBILITIES, ()),
    "private": ("私有", "不公开"),
    "organization": ("本机构",),
    "subtree": ("本机构及下级",),
    "shared": ("指定共享",),
    "public": ("公开",),
}
POLICY_CHOICES: Final[Choices] = {
    **dict.fromkeys(POLICIES, ()),
    "public": ("公开",),
    "signed": ("需令牌", "签名"),
}


def chosen(choices: Choices, text: str) -> str | None:
    """The word that a text means, however its letters are written; None if it means none."""
    wanted = text.strip().casefold()
    return next(
        (word for word, others in choices.items() if wanted in (word.casefold(), *map(str.casefold, others))),
        None,
    )


def require_chosen(choices: Choices, text: str) -> str | None:
    """The word that a text means; None of an empty text. Raises ``CellInvalid``."""
    if not text.strip():
        return None
    if (word := chosen(choices, text)) is None:
        raise CellInvalid("choice_unknown", value=text.strip()[:50], choices=shown_choices(choices))
    return word


def shown_choices(choices: Choices) -> str:
    """What may be chosen, for people."""
    return ", ".join(f"{word} ({others[0]})" if others else word for word, others in choices.items())
