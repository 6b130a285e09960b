"""What a tool is linked to: nothing, or the system's libraries; and what libraries of drivers need beside."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Final

from workers.sandbox.policy import SYSTEM_LIBRARIES

_PT_INTERP: Final = 3
_ALTERNATIVES: Final = Path("/etc/alternatives")


@cache
def libraries_of(tool: Path) -> tuple[Path, ...]:
    """Read-only paths that ``tool`` needs beside itself; none for a statically linked 64-bit ELF file.

    A dynamically linked one names its interpreter in a program header (elf(5)).
    """
    with tool.open("rb") as file:
        header = file.read(64)
        if header[:5] != b"\x7fELF\x02":
            return SYSTEM_LIBRARIES
        (table,) = struct.unpack_from("<Q", header, 32)
        entry_size, entries = struct.unpack_from("<HH", header, 54)
        file.seek(table)
        headers = file.read(entry_size * entries)
    kinds = {struct.unpack_from("<I", headers, entry_size * index)[0] for index in range(entries)}
    return SYSTEM_LIBRARIES if _PT_INTERP in kinds else ()


def drivers_of(devices: Sequence[Path]) -> Iterator[Path]:
    """Yield the read-only paths that libraries of these devices' drivers need beside: where Debian's links to the one
    in use pass by, and where the kernel describes the hardware (sysfs(5))."""
    if devices and _ALTERNATIVES.exists():
        yield _ALTERNATIVES
    for device in devices:
        number = device.stat().st_rdev
        entry = Path(f"/sys/dev/char/{os.major(number)}:{os.minor(number)}")
        if (entry / "device").exists():
            yield entry
            yield Path("/sys/class", (entry / "subsystem").resolve().name, entry.resolve().name)
            yield (entry / "device").resolve()
