"""What a harvester asks (OAI-PMH 2.0, section 3 and 4): its arguments, checked, or what is wrong with them. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, get_args

Verb = Literal["Identify", "ListMetadataFormats", "ListSets", "ListIdentifiers", "ListRecords", "GetRecord"]
OaiCode = Literal[
    "badArgument",
    "badResumptionToken",
    "badVerb",
    "cannotDisseminateFormat",
    "idDoesNotExist",
    "noRecordsMatch",
    "noMetadataFormats",
    "noSetHierarchy",
]
"""The error codes of the protocol; every record is in every format, so ``noMetadataFormats`` never comes up."""

VERBS: Final[tuple[Verb, ...]] = get_args(Verb)

_ARGUMENTS: Final[Mapping[Verb, tuple[frozenset[str], frozenset[str]]]] = {
    "Identify": (frozenset(), frozenset()),
    "ListMetadataFormats": (frozenset(), frozenset({"identifier"})),
    "ListSets": (frozenset(), frozenset({"resumptionToken"})),
    "ListIdentifiers": (
        frozenset({"metadataPrefix"}),
        frozenset({"from", "until", "set", "resumptionToken"}),
    ),
    "ListRecords": (frozenset({"metadataPrefix"}), frozenset({"from", "until", "set", "resumptionToken"})),
    "GetRecord": (frozenset({"identifier", "metadataPrefix"}), frozenset()),
}
"""Of each verb what must stand there, and what may. A resumption token stands alone."""

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SECOND: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


class OaiError(Exception):
    """The request is answered with this error of the protocol; the text is for people, in English and Chinese."""

    def __init__(self, code: OaiCode, message: str) -> None:
        self.code = code
        self.message = message
        super().__init__(f"{code}: {message}")


@dataclass(frozen=True)
class Asked:
    """A request. ``since`` is the first moment that is wanted, ``before`` the first one that is not any more;
    ``given`` are the arguments as they came."""

    verb: Verb
    identifier: str | None = None
    prefix: str | None = None
    since: datetime | None = None
    before: datetime | None = None
    of_set: str | None = None
    token: str | None = None
    given: Mapping[str, str] = field(default_factory=dict)


def read(arguments: Sequence[tuple[str, str]]) -> Asked:
    """What is asked. Raises ``OaiError``."""
    verbs = [value for name, value in arguments if name == "verb"]
    verb = next((each for each in VERBS if verbs == [each]), None)
    if verb is None:
        raise OaiError(
            "badVerb", "verb must stand there once, as one of the six. / verb 参数缺失、重复或未知。"
        )
    others = [(name, value) for name, value in arguments if name != "verb"]
    given = dict(others)
    needed, allowed = _ARGUMENTS[verb]
    if len(given) < len(others):
        raise OaiError("badArgument", "An argument stands there twice. / 参数重复。")
    if unknown := given.keys() - needed - allowed:
        raise OaiError("badArgument", f"{verb} takes no {min(unknown)[:40]}. / 不支持的参数。")
    token = given.get("resumptionToken")
    if token is not None and len(given) > 1:
        raise OaiError("badArgument", "resumptionToken stands alone. / resumptionToken 不能与其他参数同用。")
    if token is None and (missing := needed - given.keys()):
        raise OaiError("badArgument", f"{min(missing)} is missing. / 缺少参数 {min(missing)}。")
    since, before = _period(given.get("from"), given.get("until"))
    return Asked(
        verb,
        given.get("identifier"),
        given.get("metadataPrefix"),
        since,
        before,
        given.get("set"),
        token,
        {"verb": verb, **given},
    )


def _period(first: str | None, last: str | None) -> tuple[datetime | None, datetime | None]:
    since, before = _moment("from", first), _moment("until", last)
    if first is not None and last is not None and len(first) != len(last):
        raise OaiError(
            "badArgument", "from and until are of two granularities. / from 与 until 的粒度不一致。"
        )
    if since is not None and before is not None and before < since:
        raise OaiError("badArgument", "until is before from. / until 早于 from。")
    if before is not None and last is not None:
        try:
            before += timedelta(days=1) if _DAY.fullmatch(last) else timedelta(seconds=1)
        except OverflowError:
            before = None
    return since, before


def _moment(name: str, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        if _DAY.fullmatch(text) or _SECOND.fullmatch(text):
            return datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=UTC)
    except ValueError:
        pass
    raise OaiError(
        "badArgument",
        f"{name} must be YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ. / {name} 的格式应为 YYYY-MM-DD 或 YYYY-MM-DDThh:mm:ssZ。",
    )
