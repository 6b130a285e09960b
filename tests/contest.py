"""A contest by an upload link, as tests need one: its organizer, its link, and whoever has the secret of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker
from support import RunningStack

FIELDS = [{"name": "school", "label": "学校", "required": True}, {"name": "note", "label": "备注"}]


def moment(seconds: float) -> str:
    """So many seconds from now."""
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


class Contest:
    """An organizer, a link, and whoever has its secret."""

    def __init__(self, stack: RunningStack, sessions: sessionmaker[Session], **terms: Any) -> None:
        self.stack, self.sessions = stack, sessions
        county = self.ask("POST", "/v1/organizations", "", {"name": "县教育局"})["id"]
        wish = {"role": "author", "organization_id": county}
        self.key = str(self.ask("POST", "/v1/api-keys", "", wish)["key"])
        body = {"name": "大赛", "closes_at": moment(3600), "fields": FIELDS, "licence": "CC BY 4.0", **terms}
        made = self.ask("POST", "/v1/upload-links", self.key, body)
        self.id, self.secret = made["id"], made["secret"]

    def ask(self, method: str, path: str, key: str, body: Any = None) -> Any:
        """Ask with a key or secret; with that of the stack's administrator if it is empty."""
        answer = self.stack.request(method, path, key=key, **({} if body is None else {"json": body}))
        return json.loads(answer.data) if answer.data else {"status": answer.status}

    def manage(self, method: str, path: str, body: Any = None) -> Any:
        """Ask as the organizer, for something below the link."""
        return self.ask(method, f"/v1/upload-links/{self.id}{path}", self.key, body)

    def begin(self, size: int, **more: Any) -> Any:
        body = {"file_name": "课.mp4", "size": size, "answers": {"school": "一中"}, "agrees": True, **more}
        return self.ask("POST", "/v1/upload-links/current/entries", self.secret, body)

    def again(self, token: str, size: int) -> Any:
        return self.ask("POST", "/v1/entries/current/file", token, {"file_name": "二.mp4", "size": size})

    def send(self, token: str, place: str, data: bytes, offset: int = 0) -> int:
        headers = {
            "Tus-Resumable": "1.0.0",
            "Upload-Offset": str(offset),
            "Content-Type": "application/offset+octet-stream",
        }
        return self.stack.request("PATCH", place, key=token, body=data, headers=headers).status

    def enter(self, data: bytes, **more: Any) -> str:
        begun = self.begin(len(data), **more)
        assert self.send(begun["token"], begun["upload"], data) == 204
        return str(begun["token"])

    def own(self, token: str) -> Any:
        return self.ask("GET", "/v1/entries/current", token)

    def listed(self) -> Any:
        return self.manage("GET", "/entries")["entries"]

    def manifest(self) -> Any:
        return self.manage("GET", "/manifest")

    def pass_time(self, seconds: int) -> None:
        """Let so much time pass for the link."""
        moved = "opens_at = opens_at - make_interval(secs => :s), closes_at = closes_at - make_interval(secs => :s)"
        with self.sessions.begin() as session:
            query = text(f"UPDATE upload_links SET {moved} WHERE id = :id")
            session.execute(query, {"s": seconds, "id": self.id})
