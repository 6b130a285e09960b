"""Which releases of Redis and Valkey have holes that are known and mended elsewhere. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

FLOORS: Final[dict[str, dict[tuple[int, int], int]]] = {
    "redis": {(6, 2): 20, (7, 2): 11, (7, 4): 6, (8, 0): 4, (8, 2): 2},
    "valkey": {(7, 2): 11, (8, 0): 6, (8, 1): 4},
}
"""The first release of each series without the holes of 2025: memory filled without a password (CVE-2025-21605), code
run by a Lua script (CVE-2025-49844, -46817, -46818, -46819). Series that came later never had them."""


def weakness(info: Mapping[str, Any]) -> str:
    """What is wrong with the server that says ``info`` of itself (``INFO server``); empty if nothing is known.

    Distributions mend releases without calling them otherwise, so this is a reason to look and none to refuse.
    """
    product = "valkey" if "valkey_version" in info else "redis"
    return _weakness(product, str(info.get(f"{product}_version", "")))


def weakness_of_program(said: str) -> str:
    """The same of what a program prints for ``--version``."""
    found = re.match(r"(Redis|Valkey) server v=([0-9.]+)", said)
    return _weakness(found[1].lower(), found[2]) if found else ""


def _weakness(product: str, version: str) -> str:
    found = re.match(r"([0-9]{1,5})\.([0-9]{1,5})\.([0-9]{1,5})", version)
    if found is None:
        return ""
    major, minor, patch = map(int, found.groups())
    floors = FLOORS[product]
    least = floors.get((major, minor))
    if (patch >= least) if least is not None else (major, minor) > max(floors):
        return ""
    wanted = ", ".join(f"{series[0]}.{series[1]}.{last}" for series, last in floors.items())
    return f"{product.capitalize()} {version} has holes that are mended in {wanted}"
