"""A record's metadata, whatever it is written in, as what is said of a lesson. Pure."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from storage.harvesting.dublin_core import read_dublin_core
from storage.harvesting.lom import read_lom
from storage.harvesting.said import Said
from storage.harvesting.xml import first, local


def read(metadata: Element) -> Said | None:
    """What is said; None of a format that nobody here reads. A ``lom`` element counts wherever it stands, as some
    wrap it."""
    if local(metadata) == "lom":
        return read_lom(metadata)
    inner = first(metadata, "lom")
    if inner is not None:
        return read_lom(inner)
    return read_dublin_core(metadata) if local(metadata) in ("dc", "qualifieddc") else None
