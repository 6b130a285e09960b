"""What clients send, read strictly: no value is turned into one of another type, nothing is given twice. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final, NoReturn, TypeVar, get_args, get_origin
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, ValidationError
from werkzeug.datastructures import MultiDict

from media_service.problems import ApiError, ValueFault

MOST_FAULTS: Final = 20
"""How many are told of one request."""

Model = TypeVar("Model", bound=BaseModel)

_WRITTEN: Final[dict[type, tuple[re.Pattern[str], str]]] = {
    int: (re.compile("-?[0-9]{1,18}"), "must be a whole number"),
    bool: (re.compile("true|false"), "must be true or false"),
}
"""How a query writes what JSON has types for; pydantic takes ``1_0``, ``5.0`` and ``yes``, too."""

_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_ESCAPED_NUL: Final = "\\u0000"
"""The only way in which JSON writes U+0000."""

_NO_NUL: Final = "must not hold the character U+0000"


def _without_defaults(schema: dict[str, Any]) -> None:
    for field in schema.get("properties", {}).values():
        field.pop("default", None)


class Changes(BaseModel):
    """A JSON Merge Patch (RFC 7396): what is left out stays, null takes away what can be taken away, a list is replaced
    as a whole. Defaults of the fields are never used, only ``given``."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=_without_defaults)

    def given(self) -> dict[str, Any]:
        """What is to be changed: the fields that were sent, null among them; objects as dicts."""
        return self.model_dump(include=self.model_fields_set)


def read_document(model: type[Model], data: bytes) -> Model:
    """Return a JSON document (RFC 8259) as ``model``. Raises ``bad_request`` for what is no JSON or names a member
    twice, and ``invalid_request`` with all faults of its values.
    """
    try:
        text = data.decode("utf-8-sig")
        value = json.loads(text, object_pairs_hook=_members, parse_constant=_refuse_constant)
    except _NamedTwice as error:
        raise ApiError("bad_request", f"The body names {str(error)!r} twice.") from None
    except (ValueError, RecursionError):
        raise ApiError("bad_request", "The body is not valid JSON in UTF-8.") from None
    try:
        document = model.model_validate_json(text, strict=True)
    except ValidationError as error:
        raise _refuse(
            [ValueFault(detail, pointer=_pointer(value, fault)) for fault, detail in _faults(error)]
        ) from None
    if _ESCAPED_NUL in text:
        _require_texts(
            [ValueFault(_NO_NUL, pointer=place) for place in _nul_places(document.model_dump(), "#")]
        )
    return document


def read_query(model: type[Model], query: MultiDict[str, str]) -> Model:
    """Return the parameters of a query as ``model``; those that are lists there may be given several times. Raises
    ``invalid_request`` with all their faults.
    """
    lists = {name for name, field in model.model_fields.items() if get_origin(field.annotation) is list}
    twice = [name for name in query if name not in lists and len(query.getlist(name)) > 1]
    if twice:
        raise _refuse([ValueFault("is given more than once", parameter=name) for name in twice[:MOST_FAULTS]])
    odd = [
        ValueFault(told, parameter=name)
        for name, field in model.model_fields.items()
        for kind, (written, told) in _WRITTEN.items()
        if name in query
        and kind in (field.annotation, *get_args(field.annotation))
        and not written.fullmatch(query[name])
    ]
    if odd:
        raise _refuse(odd)
    try:
        document = model.model_validate(
            {name: query.getlist(name) if name in lists else query[name] for name in query}
        )
    except ValidationError as error:
        raise _refuse(
            [ValueFault(detail, parameter=_named(fault["loc"])) for fault, detail in _faults(error)]
        ) from None
    if "\0" in "".join(value for _, value in query.items(multi=True)):
        held = document.model_dump(by_alias=True)
        _require_texts(
            [ValueFault(_NO_NUL, parameter=name) for name in query if any(_nul_places(held.get(name), name))]
        )
    return document


def is_text(text: str) -> bool:
    """Whether the catalogue can keep and compare it: no text there holds U+0000, or half of a surrogate pair."""
    return "\0" not in text and not _SURROGATE.search(text)


class _NamedTwice(Exception):
    """The name of a member that an object has twice; parsers differ in which of the two counts."""


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise _NamedTwice(name[:100])
        found[name] = value
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _faults(error: ValidationError) -> Iterator[tuple[Any, str]]:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    for fault in found[:MOST_FAULTS]:
        yield fault, fault["msg"].removeprefix("Value error, ")


def _pointer(value: Any, fault: Any) -> str:
    """Where the fault lies, as a JSON Pointer in a fragment (RFC 6901, section 6). What pydantic adds to tell the
    members of a union apart is no part of the document."""
    steps: list[str] = []
    for part in fault["loc"]:
        is_there = (
            part in value
            if isinstance(value, dict)
            else isinstance(value, list) and part in range(len(value))
        )
        if not is_there and fault["type"] != "missing":
            break
        steps.append(_step(part))
        value = value[part] if is_there else None
    return "#" + "".join(f"/{step}" for step in steps)


def _nul_places(value: Any, place: str) -> Iterator[str]:
    """Pointers to texts with U+0000 that are left once names and titles lost theirs."""
    if isinstance(value, str):
        if "\0" in value:
            yield place
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _nul_places(str(name), f"{place}/{_step(name)}")
            yield from _nul_places(inner, f"{place}/{_step(name)}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _nul_places(inner, f"{place}/{number}")


def _step(part: int | str) -> str:
    return quote(str(part).replace("~", "~0").replace("/", "~1"), safe="~")


def _require_texts(faults: list[ValueFault]) -> None:
    if faults:
        raise _refuse(faults[:MOST_FAULTS])


def _named(location: Sequence[int | str]) -> str:
    return str(location[0]) if location else ""


def _refuse(faults: list[ValueFault]) -> ApiError:
    told = "; ".join(f"{fault.place}: {fault.detail}" for fault in faults)
    return ApiError("invalid_request", told, errors=faults)
