"""What a person sees who opens ``/oai`` in a browser: the same answer, as a page.

Made here and not by a style sheet in the browser: browsers have begun to take XSLT out.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode
from xml.etree.ElementTree import Element

from flask import Response, render_template, request

from configs.messages import Message
from media_service.page_language import page_language
from storage.harvesting.xml import first, inside, local, parse, text

HTML: Final = "text/html"
_LANGUAGE: Final = "{http://www.w3.org/XML/1998/namespace}lang"
_POLICY: Final = (
    "default-src 'none'; style-src 'nonce-{nonce}'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)

_TEXTS: Final[Mapping[str, Message]] = {
    "title": Message("Harvesting by OAI-PMH", "OAI-PMH 元数据采集"),
    "advice": Message(
        "Programs that harvest get XML at this address. This page shows the same to people.",
        "采集程序在此网址获得 XML；本页面以便于阅读的方式显示相同内容。",
    ),
    "other_language": Message("中文", "English"),
    "Identify": Message("Repository", "资源库信息"),
    "ListSets": Message("Sets", "集合"),
    "ListMetadataFormats": Message("Formats", "元数据格式"),
    "oai_dc": Message("Records, Dublin Core", "记录（Dublin Core）"),
    "lom": Message("Records, LOM", "记录（LOM）"),
    "deleted": Message("deleted", "已删除"),
    "changed": Message("Changed", "更新时间"),
    "more": Message("Next page", "下一页"),
    "of": Message("{total} records", "共 {total} 条记录"),
    "error": Message("The request cannot be answered", "无法应答该请求"),
    "ask": Message("Ask for records", "查看记录"),
    "at": Message("As of", "截至"),
}


@dataclass(frozen=True)
class _Line:
    """A value by the way to it."""

    name: str
    value: str
    language: str | None
    href: str | None = None


@dataclass(frozen=True)
class _Entry:
    """A record, a set, a format or what a repository says of itself."""

    name: str
    is_deleted: bool
    changed: str
    lines: list[_Line]


def wants_page() -> bool:
    """Whether it is a browser that asks: harvesters take anything, or XML."""
    kinds = ["text/xml", "application/xml", HTML]
    return request.method == "GET" and request.accept_mimetypes.best_match(kinds, "text/xml") == HTML


def page(document: str) -> Response:
    """An answer of the provider as a page."""
    root = parse(document.encode())
    language, nonce = page_language(), secrets.token_urlsafe(16)
    # After when, and to what, it is the answer.
    content = next((each for each in root if local(each) not in ("responseDate", "request")), None)
    token = first(content, "resumptionToken")
    total = token.get("completeListSize") if token is not None else None
    errors = [(each.get("code", ""), text(each)) for each in inside(root, "error")]

    def say(name: str, **words: str) -> str:
        said: str = getattr(_TEXTS[name].filled(words), language)
        return said

    following = (
        {"verb": local(content), "resumptionToken": text(token)}
        if content is not None and text(token)
        else None
    )
    response = Response(
        render_template(
            "oai.html",
            lang={"zh": "zh-CN", "en": "en"}[language],
            other=_address({**request.args.to_dict(), "lang": "en" if language == "zh" else "zh"}),
            say=say,
            nonce=nonce,
            at=text(root, "responseDate"),
            nav=[
                (say(name), _address({**asked, "lang": request.args.get("lang", "")})) for name, asked in _NAV
            ],
            verb=local(content) if content is not None else "",
            errors=errors,
            entries=[] if errors or content is None else list(_entries(content)),
            total=total,
            following=_address({**following, "lang": request.args.get("lang", "")}) if following else None,
        ),
        content_type=f"{HTML}; charset=utf-8",
    )
    response.headers["Content-Security-Policy"] = _POLICY.format(nonce=nonce)
    response.headers["X-Robots-Tag"] = "noindex"
    return response


_NAV: Final[tuple[tuple[str, dict[str, str]], ...]] = (
    ("Identify", {"verb": "Identify"}),
    ("ListSets", {"verb": "ListSets"}),
    ("ListMetadataFormats", {"verb": "ListMetadataFormats"}),
    ("oai_dc", {"verb": "ListRecords", "metadataPrefix": "oai_dc"}),
    ("lom", {"verb": "ListRecords", "metadataPrefix": "lom"}),
)


def _address(arguments: Mapping[str, str]) -> str:
    return "?" + urlencode({name: value for name, value in arguments.items() if value})


def _entries(content: Element) -> Iterator[_Entry]:
    if local(content) == "Identify":
        yield _Entry("", False, "", list(_lines(content)))
        return
    for each in content:
        if local(each) == "resumptionToken":
            continue
        header = each if local(each) == "header" else first(each, "header")
        if header is None:
            yield _Entry(text(each, "setName") or text(each, "metadataPrefix"), False, "", list(_lines(each)))
            continue
        sets = [line for line in _lines(header) if line.name == "setSpec"]
        yield _Entry(
            text(header, "identifier"),
            header.get("status") == "deleted",
            text(header, "datestamp"),
            [*_lines(first(each, "metadata")), *sets],
        )


def _lines(of: Element | None, way: tuple[str, ...] = ()) -> Iterator[_Line]:
    for each in of if of is not None else ():
        name = local(each)
        # What stands around everything says nothing.
        here = way if name in ("dc", "lom", "string", "value") else (*way, name)
        if len(each):
            yield from _lines(each, here)
        elif said := text(each):
            yield _Line(
                " › ".join(here), said, each.get(_LANGUAGE) or each.get("language"), _href(name, said)
            )


def _href(name: str, said: str) -> str | None:
    if name == "setSpec":
        return _address({"verb": "ListRecords", "metadataPrefix": "oai_dc", "set": said})
    return said if said.startswith(("https://", "http://")) else None
