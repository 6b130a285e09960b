"""How every process logs: one line a record on standard error, without credentials."""

from __future__ import annotations

import logging
import re
import sys

_SECRET = re.compile(r"((?:[?&]token=|Bearer\s+|://[^/\s:@]*:))([^\s&\"'@]{4})[^\s&\"'@]*")


def setup_logging(level: str) -> None:
    """Log from ``level`` (``INFO``, ...) on. To be called once, by a composition root."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_MaskingFormatter("%(asctime)s %(levelname)s %(name)s[%(process)d] %(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # At INFO this one tells of each request to the object storage.
    logging.getLogger("urllib3").setLevel(logging.ERROR)


def mask(text: str) -> str:
    """``text`` with playback tokens, API keys and passwords in URLs cut to their first four characters."""
    return _SECRET.sub(r"\1\2…", text)


class _MaskingFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return mask(super().format(record))
