"""A foreign OAI-PMH repository that does what such do: it forgets tokens, is busy, deletes, and lies."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from media_service.exchange.xml import element, simple

Start = Callable[..., Any]


def dublin_core(title: str, url: str | None, **elements: str) -> str:
    """The metadata of a record; other elements by their names."""
    told = simple("dc:title", title) + (simple("dc:identifier", url) if url else "")
    told += "".join(simple(f"dc:{name}", value) for name, value in elements.items())
    return element(
        "oai_dc:dc",
        told,
        {
            "xmlns:oai_dc": "http://www.openarchives.org/OAI/2.0/oai_dc/",
            "xmlns:dc": "http://purl.org/dc/elements/1.1/",
        },
    )


@dataclass
class Repository:
    """``records`` by their names: when they changed, and their metadata, None of what is deleted. ``now`` is what its
    clock says; ``answers`` are given instead of the next ones: a status with headers, or a body."""

    url: str = ""
    records: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    page: int = 3
    deletes: str = "persistent"
    granularity: str = "YYYY-MM-DDThh:mm:ssZ"
    now: str = "2026-11-30T00:00:00Z"
    formats: tuple[str, ...] = ("oai_dc",)
    forgets: int = 0
    is_stuck: bool = False
    answers: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)

    def put(
        self, name: str, title: str, at: str = "2026-11-01T00:00:00Z", url: str | None = "", **more: str
    ) -> None:
        where = f"https://foreign.example/{name}" if url == "" else url
        self.records[f"oai:foreign.example:{name}"] = at, dublin_core(title, where, **more)

    def delete(self, name: str, at: str) -> None:
        self.records[f"oai:foreign.example:{name}"] = at, None

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        arguments = dict(parse_qsl(environ["QUERY_STRING"]))
        self.asked.append(arguments)
        if self.answers:
            status, headers, body = self.answers.pop(0)
            start(f"{status} ?", [*headers.items(), ("Content-Length", str(len(body)))])
            return [body]
        body = self._document(getattr(self, f"_{arguments['verb']}")(arguments)).encode()
        start("200 OK", [("Content-Type", "text/xml"), ("Content-Length", str(len(body)))])
        return [body]

    def lists(self) -> list[dict[str, str]]:
        """What was asked of its list."""
        return [each for each in self.asked if each["verb"] == "ListRecords"]

    def _document(self, content: str) -> str:
        root = simple("responseDate", self.now) + simple("request", self.url) + content
        return element("OAI-PMH", root, {"xmlns": "http://www.openarchives.org/OAI/2.0/"})

    def _Identify(self, _: dict[str, str]) -> str:  # noqa: N802
        said = {
            "repositoryName": "外地资源库",
            "deletedRecord": self.deletes,
            "granularity": self.granularity,
        }
        return element("Identify", "".join(simple(name, value) for name, value in said.items()))

    def _ListMetadataFormats(self, _: dict[str, str]) -> str:  # noqa: N802
        return element(
            "ListMetadataFormats",
            "".join(element("metadataFormat", simple("metadataPrefix", each)) for each in self.formats),
        )

    def _ListRecords(self, arguments: dict[str, str]) -> str:  # noqa: N802
        token = arguments.get("resumptionToken")
        if token is not None:
            if self.forgets:
                self.forgets -= 1
                return simple("error", "expired", {"code": "badResumptionToken"})
            since, _, at = token.rpartition("/")
        else:
            since, at = arguments.get("from", ""), "0"
        found = [(name, each) for name, each in self.records.items() if each[0] >= since]
        if not found:
            return simple("error", "nothing", {"code": "noRecordsMatch"})
        begin = int(at)
        written = "".join(self._record(name, *each) for name, each in found[begin : begin + self.page])
        if self.is_stuck:
            following = f"{since}/{begin}"
        else:
            following = f"{since}/{begin + self.page}" if begin + self.page < len(found) else ""
        if token is not None or following:
            written += simple("resumptionToken", following, {"completeListSize": str(len(found))})
        return element("ListRecords", written)

    def _record(self, name: str, at: str, metadata: str | None) -> str:
        header = simple("identifier", name) + simple("datestamp", at)
        gone = {"status": "deleted" if metadata is None else None}
        content = element("metadata", metadata) if metadata is not None else ""
        return element("record", element("header", header, gone) + content)
