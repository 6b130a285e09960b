"""Bytes are sent as they are, whatever their protocol calls them."""

from __future__ import annotations

import schemathesis

schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")
