"""What a tool is linked to: nothing, or the system's libraries; and what drivers read of their devices."""

from __future__ import annotations

import os
import stat
import struct
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Final

from workers.sandbox.policy import SYSTEM_LIBRARIES

_PT_INTERP: Final = 3


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


def described(devices: Sequence[Path]) -> Iterator[Path]:
    """Yield the read-only paths where the kernel describes these devices (sysfs(5)): libraries of graphics drivers ask
    there which driver is theirs."""
    for device in devices:
        number = device.stat().st_rdev
        entry = Path(f"/sys/dev/char/{os.major(number)}:{os.minor(number)}")
        if stat.S_ISCHR(device.stat().st_mode) and (hardware := entry / "device").exists():
            yield entry
            yield hardware.resolve()
