"""How every process logs: one line a record on standard error, without credentials."""

from __future__ import annotations

import logging
import re
import sys

_TOKEN = re.compile(r"((?:[?&]token=|Bearer\s+)[^\s&\"']{4})[^\s&\"']*|(/v/[^\s/]+/t/[^\s/]{4})[^\s/]*")
_PREFIXED = re.compile(r"\b(?:(ls[a-z]?_)[A-Za-z0-9_-]{16,}|(whsec_)[A-Za-z0-9+/=]{16,})")
"""Our secrets wherever they stand, as in addresses of upload links and of judges' pages."""

_PASSWORD = re.compile(r"(://[^/\s:@]*:)[^/\s@]+@")


def setup_logging(level: str) -> None:
    """Log from ``level`` (``INFO``, ...) on. To be called once, by a composition root."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_MaskingFormatter("%(asctime)s %(levelname)s %(name)s[%(process)d] %(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # It warns of every retry; what fails in the end is raised.
    logging.getLogger("urllib3").setLevel(logging.ERROR)


def mask(text: str) -> str:
    """``text`` with tokens and API keys cut to their first four characters, without our other secrets and
    without passwords in URLs."""
    return _PASSWORD.sub(r"\1…@", _PREFIXED.sub(r"\1\2…", _TOKEN.sub(r"\1\2…", text)))


class _MaskingFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return mask(super().format(record))
