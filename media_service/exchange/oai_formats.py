"""A record in the formats that harvesters may have: Dublin Core (``oai_dc``) and IEEE LOM (``lom``), whose elements are
those of GB/T 21365. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from media_service.exchange.xml import element, simple
from media_service.standards import dublin_core
from media_service.standards.described import Described, Value
from media_service.standards.lom import Element
from media_service.standards.table import to_dublin_core, to_lom

_XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
_OAI_DC: Final = "http://www.openarchives.org/OAI/2.0/oai_dc/"
_LOM: Final = "http://ltsc.ieee.org/xsd/LOM"
_NO_LANGUAGE: Final = "x-none"
"""What LOM says of a text whose language is not known."""

LOM_SCHEMA: Final = "/oai/lom.xsd"
"""Path of the schema of our LOM: the one of its makers is not on the net any more."""


@dataclass(frozen=True)
class Format:
    """``schema`` is an address, or a path of ours; ``write`` makes XML of what is known, told its schema's address."""

    prefix: str
    namespace: str
    schema: str
    write: Callable[[Described, str], str]

    def schema_url(self, public_url: str) -> str:
        """Where the schema is."""
        return f"{public_url}{self.schema}" if self.schema.startswith("/") else self.schema


def _oai_dc(described: Described, schema: str) -> str:
    terms = dublin_core.simple(to_dublin_core(described))
    content = "".join(simple(f"dc:{name}", value.text, {"xml:lang": value.language}) for name, value in terms)
    return element(
        "oai_dc:dc",
        content,
        {
            "xmlns:oai_dc": _OAI_DC,
            "xmlns:dc": "http://purl.org/dc/elements/1.1/",
            "xmlns:xsi": _XSI,
            "xsi:schemaLocation": f"{_OAI_DC} {schema}",
        },
    )


_CATEGORIES: Final[Mapping[str, str]] = {
    "general": "general",
    "lifecycle": "lifeCycle",
    "metaMetadata": "metaMetadata",
    "technical": "technical",
    "educational": "educational",
    "rights": "rights",
    "relation": "relation",
    "annotation": "annotation",
    "classification": "classification",
}
"""The nine of LOM in their order: as paths have them, and as XML does."""

_REPEATED: Final = {"relation", "annotation", "classification"}
"""Categories of which there may be several."""

_TEXTS: Final = {"title", "description", "keyword", "typicalAgeRange", "taxon/entry", "taxonPath/source"}
_WORDS: Final = {
    *("structure", "aggregationLevel", "role", "context", "learningResourceType", "kind", "purpose"),
    "copyrightAndOtherRestrictions",
}
_TIMES: Final[Mapping[str, str]] = {"date": "dateTime", "duration": "duration"}

_Item = tuple[Sequence[str], Value]
"""A value by its path, from where it is written."""


def _lom(described: Described, schema: str) -> str:
    by_category: dict[str, list[Element]] = {}
    for each in to_lom(described):
        by_category.setdefault(each.path.partition(".")[0], []).append(each)
    content = "".join(_category(name, by_category.get(name, ())) for name in _CATEGORIES)
    return element(
        "lom", content, {"xmlns": _LOM, "xmlns:xsi": _XSI, "xsi:schemaLocation": f"{_LOM} {schema}"}
    )


def _category(name: str, elements: Sequence[Element]) -> str:
    if not elements:
        return ""
    if name in _REPEATED:
        return "".join(element(_CATEGORIES[name], _nested(_items(each))) for each in elements)
    if name == "metaMetadata":
        # Who contributed and when are told apart, and belong together.
        return element(name, _nested([item for each in elements for item in _items(each)]))
    return element(_CATEGORIES[name], "".join(_nested(_items(each)) for each in elements))


def _items(of: Element) -> list[_Item]:
    inside = of.path.split(".")[1:]
    return [([*inside, *(part.split(".") if part else ())], value) for part, value in of.parts.items()]


def _nested(items: Iterable[_Item], around: str = "") -> str:
    written = []
    for name, same in groupby(items, key=lambda item: item[0][0]):
        inside = [(path[1:], value) for path, value in same]
        first = inside[0][1]
        if name in _TEXTS or f"{around}/{name}" in _TEXTS:
            strings = (simple("string", v.text, {"language": v.language or _NO_LANGUAGE}) for _, v in inside)
            written.append(element(name, "".join(strings)))
        elif name in _WORDS:
            written.append(element(name, simple("source", first.scheme or "") + simple("value", first.text)))
        elif name in _TIMES:
            written.append(element(name, simple(_TIMES[name], first.text)))
        elif inside[0][0]:
            written.append(element(name, _nested(inside, name)))
        else:
            written.append(simple(name, first.text))
    return "".join(written)


FORMATS: Final[Mapping[str, Format]] = {
    each.prefix: each
    for each in (
        Format("oai_dc", _OAI_DC, "http://www.openarchives.org/OAI/2.0/oai_dc.xsd", _oai_dc),
        Format("lom", _LOM, LOM_SCHEMA, _lom),
    )
}
"""All formats by their ``metadataPrefix``."""
