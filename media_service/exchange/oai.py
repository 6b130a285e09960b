"""The OAI-PMH 2.0 provider. All errors of the protocol are answers with status 200, as harvesters expect them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from flask import Blueprint, Response, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from media_service import auth
from media_service.compressed import compress
from media_service.exchange import oai_answers, oai_asked, oai_page, oai_tokens
from media_service.exchange.oai_answers import Header, Repository, Token
from media_service.exchange.oai_asked import Asked, OaiError
from media_service.exchange.oai_formats import FORMATS, LOM_SCHEMA, Format
from media_service.exchange.oai_tokens import Place
from media_service.exchange.readers import KEYLESS, Reader, describe, reader
from media_service.problems import ApiError
from media_service.services import services
from media_service.standards.described import licence_name
from storage.catalogue import change_log
from storage.catalogue.change_log import Head, Line, Wanted
from storage.catalogue.models import Category, Organization
from storage.descriptions import Licence
from storage.ids import is_id

blueprint = Blueprint("oai", __name__)

PAGE: Final = 200
"""Records of one answer."""

_LONGEST: Final = 16 * 1024
"""Bytes of a form."""

_SCHEMA: Final = (Path(__file__).parent / "schemas" / "lom.xsd").read_bytes()
_SPEC: Final = re.compile(r"(organization|category|licence):([A-Za-z0-9_.-]+)")


@dataclass(frozen=True)
class _Harvest:
    """A request of somebody, at a moment of the log."""

    session: Session
    who: Reader
    head: Head
    asked: Asked

    @property
    def now(self) -> datetime:
        """By the database's clock, as far as all is told until then."""
        return self.head.safe_at


@blueprint.route("/oai", methods=["GET", "POST"])
@auth.optional(scope="read")
def answer() -> Response:
    """One request of a harvester."""
    base_url = f"{services().settings.public_url}/oai"
    repeated: Mapping[str, str] = {}
    with services().sessions() as session:
        # In a transaction of its own: who writes the log waits for it.
        head = change_log.head(session)
    try:
        asked = oai_asked.read(_arguments())
        repeated = asked.given
        with services().sessions() as session:
            who = reader(session) if auth.is_known() else KEYLESS
            content = _ANSWERS[asked.verb](_Harvest(session, who, head, asked))
    except OaiError as error:
        repeated = {} if error.code in oai_answers.NOTHING_TOLD else repeated
        content = oai_answers.error(error)
    body = oai_answers.document(base_url, head.safe_at, repeated, content)
    if oai_page.wants_page():
        response = oai_page.page(body)
    else:
        response = Response(body, content_type="text/xml; charset=utf-8")
        response.headers["Content-Security-Policy"] = "default-src 'none'"
    response.headers["Cache-Control"] = "private, no-cache"
    response.vary.update(("Accept", "Accept-Language"))
    compress(response)
    return response


@blueprint.get(LOM_SCHEMA)
def lom_schema() -> Response:
    """The schema of records in LOM."""
    response = Response(_SCHEMA, content_type="application/xml")
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response


def _arguments() -> list[tuple[str, str]]:
    if oai_page.wants_page():
        # Whoever opens the address in a browser has asked nothing yet, and may choose a language.
        asked = [(name, value) for name, value in request.args.items(multi=True) if name != "lang"]
        return asked or [("verb", "Identify")]
    if request.method == "GET":
        return list(request.args.items(multi=True))
    if (request.content_length or 0) > _LONGEST:
        raise ApiError("too_large", f"A form may have {_LONGEST} bytes.")
    return [*request.args.items(multi=True), *request.form.items(multi=True)]


def _identify(of: _Harvest) -> str:
    settings = services().settings
    name = of.session.execute(
        select(Organization.name)
        .where(Organization.parent_id.is_(None))
        .order_by(Organization.created_at)
        .limit(1)
    ).scalar_one_or_none()
    return oai_answers.identify(
        Repository(
            name or "Lessonstream",
            f"{settings.public_url}/oai",
            settings.contact_email or _postmaster(settings.public_url),
            change_log.first_at(of.session) or of.now,
        )
    )


def _postmaster(public_url: str) -> str:
    host = urlsplit(public_url).hostname or "localhost"
    return f"postmaster@{host if '.' in host else f'{host}.localdomain'}"


def _formats(of: _Harvest) -> str:
    if of.asked.identifier is not None:
        _find(of, of.asked.identifier)
    return oai_answers.metadata_formats(services().settings.public_url)


def _sets(of: _Harvest) -> str:
    if of.asked.token is not None:
        raise OaiError("badResumptionToken", "Sets come in one list. / 集合列表不分页。")
    specs = change_log.sets(of.session, of.who.words)
    names = _set_names(of.session, specs)
    if not specs:
        raise OaiError("noSetHierarchy", "There is nothing for you in any set yet. / 目前没有可见的集合。")
    return oai_answers.sets((spec, names.get(spec, spec)) for spec in specs)


def _set_names(session: Session, specs: Sequence[str]) -> dict[str, str]:
    ids: dict[str, list[str]] = {"organization": [], "category": [], "licence": []}
    for spec in specs:
        kind, _, value = spec.partition(":")
        ids[kind].append(value)
    organizations = session.execute(
        select(Organization.id, Organization.name).where(Organization.id.in_(ids["organization"]))
    )
    categories = session.execute(
        select(Category.id, Category.name_zh, Category.name_en).where(Category.id.in_(ids["category"]))
    )
    return {
        **{f"organization:{row[0]}": row[1] for row in organizations},
        **{f"category:{row[0]}": " / ".join(filter(None, (row[1], row[2]))) for row in categories},
        **{f"licence:{code}": licence_name(Licence(code)) for code in ids["licence"]},  # type: ignore[arg-type]
    }


def _record(of: _Harvest) -> str:
    line = _find(of, of.asked.identifier or "")
    form = _format(of.asked.prefix)
    return f"<GetRecord>{_written(of, [line], form)}</GetRecord>"


def _list(of: _Harvest) -> str:
    place = _place(of)
    form = _format(place.prefix)
    wanted = Wanted(place.after, _until(of, place.before), place.of_set)
    found = change_log.newest(of.session, of.who.words, wanted, PAGE + 1)
    if not found and of.asked.token is not None:
        # The rest has changed since, and lies after the time that was asked for. A list may not end with nothing.
        found = change_log.last_before(of.session, of.who.words, place.after, place.of_set)
    if not found:
        raise OaiError("noRecordsMatch", "There is nothing that was asked for. / 没有符合条件的记录。")
    lines, is_last = found[:PAGE], len(found) <= PAGE
    total = place.total
    if of.asked.token is None and not is_last:
        total = change_log.count_newest(of.session, of.who.words, wanted)
    written = _written(of, lines, None if of.asked.verb == "ListIdentifiers" else form)
    if of.asked.token is not None or not is_last:
        written += oai_answers.token(_next(of, place, lines, total, is_last=is_last))
    return f"<{of.asked.verb}>{written}</{of.asked.verb}>"


def _place(of: _Harvest) -> Place:
    """Where the list begins, or goes on."""
    asked = of.asked
    if asked.token is not None:
        place = oai_tokens.read(asked.token, asked.verb, of.now, services().settings.secret_key)
        if place.epoch != of.head.epoch:
            raise OaiError(
                "badResumptionToken", "A backup was put back since. / 此后恢复过备份，令牌已失效。"
            )
        return place
    prefix = _format(asked.prefix).prefix
    if asked.of_set is not None and not _SPEC.fullmatch(asked.of_set):
        raise OaiError("noRecordsMatch", "There is no such set. / 没有这样的集合。")
    since = change_log.sequence_before(of.session, asked.since) if asked.since else 0
    before = int(asked.before.timestamp()) if asked.before else None
    return Place(asked.verb, prefix, of.head.epoch, since, before, asked.of_set, 0, None)


def _until(of: _Harvest, before: int | None) -> int | None:
    """The last line of a list, if it has one: of a moment to come it is not known yet."""
    moment = datetime.fromtimestamp(before, UTC) if before is not None else None
    return change_log.sequence_before(of.session, moment) if moment is not None else None


def _next(of: _Harvest, place: Place, lines: Sequence[Line], total: int | None, *, is_last: bool) -> Token:
    if is_last:
        return Token("", place.cursor, total)
    following = replace(place, after=lines[-1].sequence, cursor=place.cursor + len(lines), total=total)
    text = oai_tokens.write(following, of.now, services().settings.secret_key)
    return Token(text, place.cursor, total, of.now + oai_tokens.LIFE)


def _format(prefix: str | None) -> Format:
    found = FORMATS.get(prefix or "")
    if found is None:
        raise OaiError("cannotDisseminateFormat", f"There are {', '.join(FORMATS)}. / 不支持该元数据格式。")
    return found


def _find(of: _Harvest, identifier: str) -> Line:
    begin = _identifier("")
    record_id = identifier.removeprefix(begin)
    is_ours = identifier.startswith(begin) and is_id(record_id)
    line = change_log.find(of.session, of.who.words, record_id) if is_ours else None
    if line is None:
        raise OaiError("idDoesNotExist", "There is no such record for you. / 没有这样的记录。")
    return line


def _identifier(record_id: str) -> str:
    return f"oai:{urlsplit(services().settings.public_url).hostname}:{record_id}"


def _written(of: _Harvest, lines: Sequence[Line], form: Format | None) -> str:
    """Headers of lines, or whole records in a format."""
    there = [line for line in lines if line.change != "deleted"]
    ids = {kind: [line.record_id for line in there if line.kind == kind] for kind in ("asset", "course")}
    public_url = services().settings.public_url
    described = describe(of.session, of.who, ids["asset"], ids["course"], public_url)
    written = []
    for line in lines:
        told = described.get(line.record_id)
        header = Header(_identifier(line.record_id), line.at, line.sets, told is None)
        if form is None:
            written.append(oai_answers.header(header))
        else:
            metadata = form.write(told, form.schema_url(public_url)) if told else ""
            written.append(oai_answers.record(header, metadata))
    return "".join(written)


_ANSWERS: Final = {
    "Identify": _identify,
    "ListMetadataFormats": _formats,
    "ListSets": _sets,
    "ListIdentifiers": _list,
    "ListRecords": _list,
    "GetRecord": _record,
}
