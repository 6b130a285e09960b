"""Who an API key makes its holder."""

from __future__ import annotations

from typing import Final

ROLES: Final = ("admin", "author", "portal", "partner")
