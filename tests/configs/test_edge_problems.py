"""What the edge answers by itself is told as the service tells it."""

from __future__ import annotations

import json
import re
from pathlib import Path

from media_service.problems import PROBLEMS

EDGE = Path(__file__).parents[2] / "configs/nginx"


def test_errors_of_the_edge_have_the_one_shape() -> None:
    told = [
        (int(status), json.loads(text))
        for path in EDGE.glob("*.conf")
        for status, text in re.findall(r"return (\d{3}) '(\{.*\})';", path.read_text())
    ]
    verdicts = re.findall(r"'(token_[a-z]+|not_found)'", (EDGE / "segments.js").read_text())
    assert (
        {document["code"] for _, document in told} >= {"storage_unavailable", *verdicts} >= {"token_expired"}
    )
    for status, document in told:
        problem = PROBLEMS[document["code"]]
        assert document == {
            "type": f"/v1/docs#{document['code']}",
            "title": problem.message.en,
            "status": status,
            "detail": problem.message.en,
            "code": document["code"],
            "message": problem.message.to_json(),
        }
        assert status == problem.status
