"""A course as a package of links, which learning platforms import as a course of theirs: Common Cartridge. Pure.

Thin cartridges 1.3 are for most platforms; 1.1, the last that Moodle imports, has links of the same kind. Their
addresses are those that deep linking gives, so the tool that is connected there launches them.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal
from xml.sax.saxutils import escape

Version = Literal["1.3", "1.1"]

_CC: Final = "http://www.imsglobal.org/xsd"
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
"""The same course is the same bytes: no time stands in it."""


@dataclass(frozen=True)
class Link:
    """A lesson: ``id`` names it in the package, ``url`` launches it."""

    id: str
    title: str
    description: str
    url: str


@dataclass(frozen=True)
class Course:
    """What is packed."""

    id: str
    title: str
    description: str
    links: Sequence[Link]


def cartridge(course: Course, version: Version) -> bytes:
    """The package as a ZIP."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        _write(archive, "imsmanifest.xml", manifest(course, version))
        for link in course.links:
            _write(archive, f"links/{link.id}.xml", link_file(link, version))
    return written.getvalue()


def manifest(course: Course, version: Version) -> str:
    """What is in the package, and in which order."""
    number = version.replace(".", "p")
    schema = "IMS Thin Common Cartridge" if version == "1.3" else "IMS Common Cartridge"
    items = "".join(
        f'<item identifier="I_{link.id}" identifierref="R_{link.id}"><title>{escape(link.title)}</title></item>'
        for link in course.links
    )
    kind = "imsbasiclti_xmlv1p3" if version == "1.3" else "imsbasiclti_xmlv1p0"
    resources = "".join(
        f'<resource identifier="R_{link.id}" type="{kind}"><file href="links/{link.id}.xml"/></resource>'
        for link in course.links
    )
    lom = f"http://ltsc.ieee.org/xsd/imsccv{number}/LOM/manifest"
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<manifest identifier="M_{course.id}" xmlns="{_CC}/imsccv{number}/imscp_v1p1" xmlns:lomimscc="{lom}">'
        f"<metadata><schema>{schema}</schema><schemaversion>{version}.0</schemaversion>"
        "<lomimscc:lom><lomimscc:general>"
        f"<lomimscc:title><lomimscc:string>{escape(course.title)}</lomimscc:string></lomimscc:title>"
        f"<lomimscc:description><lomimscc:string>{escape(course.description)}</lomimscc:string>"
        "</lomimscc:description></lomimscc:general></lomimscc:lom></metadata>"
        '<organizations><organization identifier="O_1" structure="rooted-hierarchy"><item identifier="I_root">'
        f'<item identifier="I_course"><title>{escape(course.title)}</title>{items}</item>'
        f"</item></organization></organizations><resources>{resources}</resources></manifest>\n"
    )


def link_file(link: Link, version: Version) -> str:
    """A link to a lesson, launched by the tool of the platform whose address it begins with."""
    lti = "imslticc_v1p3" if version == "1.3" else "imslticc_v1p0"
    # Importers look for the one or the other; both lead there.
    addresses = f"<blti:launch_url>{escape(link.url)}</blti:launch_url>"
    if link.url.startswith("https:"):
        addresses += f"<blti:secure_launch_url>{escape(link.url)}</blti:secure_launch_url>"
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<cartridge_basiclti_link xmlns="{_CC}/{lti}" xmlns:blti="{_CC}/imsbasiclti_v1p0" '
        f'xmlns:lticm="{_CC}/imslticm_v1p0" xmlns:lticp="{_CC}/imslticp_v1p0">'
        f"<blti:title>{escape(link.title)}</blti:title>"
        f"<blti:description>{escape(link.description)}</blti:description>"
        f"{addresses}"
        "<blti:vendor><lticp:code>lessonstream</lticp:code><lticp:name>Lessonstream</lticp:name></blti:vendor>"
        "</cartridge_basiclti_link>\n"
    )


def _write(archive: zipfile.ZipFile, name: str, text: str) -> None:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, text.encode())
