"""JSON within pages."""

from __future__ import annotations

import json
from typing import Any


def to_script_json(data: Any) -> str:
    """JSON that may stand inside a script element, whatever titles contain."""
    text = json.dumps(data, ensure_ascii=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text
