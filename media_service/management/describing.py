"""What is known of assets and courses, gathered for many at once, as the standards are told it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from media_service.playback.serving.links import Links, course_address
from media_service.standards.described import Described
from storage.catalogue import mirrors, playback
from storage.catalogue.models import Asset, Collection, Organization, Version
from storage.catalogue.models import Category as CategoryRow
from storage.descriptions import Category, Contributor, Licence, Part, Source, Station

_ALIKE: Final = (
    *("id", "title", "description", "language", "subject", "tags", "level", "audience"),
    *("created_at", "published_at", "withdraw_at", "original_date", "other_ids"),
)
"""Fields that have one name in both."""


@dataclass(frozen=True)
class _Names:
    """What rows refer to, by its ID."""

    organizations: Mapping[str, str]
    categories: Mapping[str, Category]


def describe_assets(session: Session, assets: Sequence[Asset], public_url: str) -> list[Described]:
    """Assets, in their order."""
    names = _names(session, assets)
    wanted = [asset.current_version_id for asset in assets if asset.current_version_id]
    found = session.execute(select(Version).where(Version.id.in_(wanted))).scalars()
    versions = {version.id: version for version in found}
    shown_by = playback.preferred_playback_ids(session, [asset.id for asset in assets])
    came = mirrors.stations_of(session, [asset.id for asset in assets])
    described = []
    for asset in assets:
        version = versions.get(asset.current_version_id or "")
        playback_id = shown_by.get(asset.id)
        described.append(
            Described(
                **_said(asset, names),
                stations=[Station(each.url, each.name, each.asset_id) for each in came.get(asset.id, [])],
                external_id=asset.external_id,
                old_views=asset.old_views,
                kind=version.kind if version else None,
                duration=version.facts.duration if version and version.facts else None,
                size=version.source_size if version else None,
                url=Links(public_url, playback_id.id).embed if playback_id else None,
            )
        )
    return described


def describe_courses(
    session: Session, courses: Sequence[tuple[Collection, Sequence[Part]]], public_url: str
) -> list[Described]:
    """Courses with the lessons that are to be told of, in their order."""
    names = _names(session, [course for course, _ in courses])
    return [
        Described(
            **_said(course, names),
            kind="course",
            url=course_address(public_url, course.public_id),
            parts=parts,
        )
        for course, parts in courses
    ]


def _said(row: Asset | Collection, names: _Names) -> dict[str, Any]:
    return {
        **{name: getattr(row, name) for name in _ALIKE},
        "organization": names.organizations[row.organization_id],
        "categories": [names.categories[each] for each in row.category_ids if each in names.categories],
        "contributors": [Contributor(**each) for each in row.contributors],
        "licence": Licence(**row.licence) if row.licence else None,
        "source_organization": Source(**row.source_organization) if row.source_organization else None,
    }


def _names(session: Session, rows: Iterable[Asset | Collection]) -> _Names:
    owners = {row.organization_id for row in rows}
    ids = {each for row in rows for each in row.category_ids}
    organizations = session.execute(
        select(Organization.id, Organization.name).where(Organization.id.in_(owners))
    )
    categories = session.execute(select(CategoryRow).where(CategoryRow.id.in_(ids))).scalars() if ids else ()
    return _Names(
        {row[0]: row[1] for row in organizations},
        {row.id: Category(row.code, {"zh": row.name_zh, "en": row.name_en}) for row in categories},
    )
