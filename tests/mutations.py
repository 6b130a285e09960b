"""Seeded damage to six containers against the worker's own code and sandbox, without a stack.

    python -m tests.mutations [--seed 1] [--mutants 1000] [--seconds 600] [--keep FOLDER]

Each mutant is inspected and its first chunk encoded, picture and sound, as a worker would. Reported are hangs,
errors that no step is written for, the memory of the largest tool, and connections to an address that some of the
mutants name. The exit status is 0 only if there were none, and the memory stayed below 2 GiB.
"""

from __future__ import annotations

import argparse
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg

from tests.rehearsal import Outcome, Rehearsal

HANG_SECONDS = 60.0
MEMORY_BYTES = 2 * 1024**3

_X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac")
CONTAINERS = {
    "mp4": _X264,
    "mkv": _X264,
    "avi": ("-c:v", "mpeg4", "-c:a", "libmp3lame"),
    "flv": ("-c:v", "flv", "-c:a", "libmp3lame", "-ar", "44100"),
    "ts": ("-c:v", "mpeg2video", "-r", "25", "-c:a", "mp2"),
    "wmv": ("-c:v", "wmv2", "-c:a", "wmav2"),
}
"""How the clip of each is encoded, by the suffix of its container."""


@dataclass(frozen=True)
class Mutant:
    """A damaged clip. ``name`` says what was done to which, and with which number of which seed."""

    name: str
    data: bytes


def clips(folder: Path) -> dict[str, bytes]:
    """A second of picture and sound in each container."""
    made = {}
    for suffix, options in CONTAINERS.items():
        path = folder / f"clip.{suffix}"
        subprocess.run(
            [
                imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-y",
                *("-f", "lavfi", "-i", "testsrc2=s=64x48:r=10:d=1"),
                *("-f", "lavfi", "-i", "sine=440:r=48000:d=1"),
                *options, "-shortest", "-fflags", "+bitexact", path,
            ],
            check=True, capture_output=True, timeout=60,
        )  # fmt: skip
        made[suffix] = path.read_bytes()
    return made


def mutants(sources: Mapping[str, bytes], seed: int, count: int, address: str = "") -> Iterator[Mutant]:
    """``count`` mutants, containers and kinds of damage in turn; the same for the same seed.

    Some name ``address`` in their metadata.
    """
    suffixes, damages = list(sources), list(DAMAGES)
    for number in range(count):
        chance = random.Random(seed * 1_000_003 + number)
        suffix = suffixes[number % len(suffixes)]
        damage = damages[number // len(suffixes) % len(damages)]
        data = bytearray(sources[suffix])
        DAMAGES[damage](data, chance)
        if address and number % 5 == 0:
            at = chance.randrange(len(data) + 1)
            data[at : at + len(address)] = address.encode()
        yield Mutant(f"{seed}-{number:04}-{damage}.{suffix}", bytes(data))


def _flip(data: bytearray, chance: random.Random) -> None:
    for _ in range(chance.choice((1, 10, 100, 1000))):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def _flip_head(data: bytearray, chance: random.Random) -> None:
    """In the tables, which most containers have at an end."""
    ends = [*range(min(1500, len(data))), *range(max(0, len(data) - 1500), len(data))]
    for _ in range(chance.choice((1, 4, 16))):
        data[chance.choice(ends)] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)))


def _truncate(data: bytearray, chance: random.Random) -> None:
    del data[chance.randrange(1, len(data)) :]


def _cut(data: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(data))
    del data[at : at + chance.choice((1, 7, 188, 1000))]


def _resize(data: bytearray, chance: random.Random) -> None:
    """Change what stands where a size may: in front of or behind four letters, or at an EBML identifier."""
    letters = [at for at in range(4, len(data) - 8) if data[at : at + 4].isalnum()]
    elements = [at for at in range(len(data) - 9) if data[at] in (0x1A, 0x16, 0x18, 0x1F, 0xA3, 0xAE, 0xE0)]
    for _ in range(chance.choice((1, 2, 5))):
        at = chance.choice(letters or [0])
        at = chance.choice((at - 4, at + 4, chance.choice(elements or [at]) + chance.choice((1, 2, 4))))
        value = chance.choice((0, 1, 7, 8, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x01FFFFFF, len(data)))
        data[at : at + 4] = value.to_bytes(4, chance.choice(("big", "little")))


def _double(data: bytearray, chance: random.Random) -> None:
    at, length = chance.randrange(len(data)), chance.choice((8, 188, 1000, len(data)))
    data[at:at] = data[at : at + length] * chance.choice((1, 2, 50))


def _shuffle(data: bytearray, chance: random.Random) -> None:
    size = chance.choice((16, 188, 1024))
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    for _ in range(chance.choice((1, 5, 25))):
        first, second = chance.randrange(len(pieces)), chance.randrange(len(pieces))
        pieces[first], pieces[second] = pieces[second], pieces[first]
    data[:] = b"".join(pieces)


DAMAGES: dict[str, Callable[[bytearray, random.Random], None]] = {
    "flip": _flip,
    "tables": _flip_head,
    "truncate": _truncate,
    "cut": _cut,
    "resize": _resize,
    "double": _double,
    "shuffle": _shuffle,
}

_rehearsals: list[Rehearsal] = []


def _prepare(folder: Path) -> None:
    _rehearsals[:] = [Rehearsal(folder)]


def _play(mutant: Mutant) -> tuple[Mutant, Outcome]:
    return mutant, _rehearsals[0].play(mutant.data)


def main() -> int:
    """Run and report."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutations", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mutants", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=600, help="begin no mutant after that time")
    parser.add_argument("--keep", type=Path, help="folder for the mutants with findings")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as canary:
        address = f"http://127.0.0.1:{canary.getsockname()[1]}/x"
        began = time.monotonic()
        outcomes = []
        with ProcessPoolExecutor(
            len(os.sched_getaffinity(0)), initializer=_prepare, initargs=(Path(folder),)
        ) as pool:
            waiting = set()
            for mutant in mutants(clips(Path(folder)), options.seed, options.mutants, address):
                if time.monotonic() > began + options.seconds:
                    break
                waiting.add(pool.submit(_play, mutant))
                if len(waiting) > 50:
                    done = next(as_completed(waiting))
                    waiting.remove(done)
                    outcomes.append(done.result())
            outcomes += [future.result() for future in as_completed(waiting)]
        seconds = time.monotonic() - began
        hits = _connections(canary)
    return _report(outcomes, options, seconds, hits)


def _connections(canary: socket.socket) -> int:
    canary.setblocking(False)
    hits = 0
    while True:
        try:
            canary.accept()[0].close()
        except BlockingIOError:
            return hits
        hits += 1


def _report(
    outcomes: list[tuple[Mutant, Outcome]], options: argparse.Namespace, seconds: float, hits: int
) -> int:
    total = len(outcomes)
    hangs = [(mutant, outcome) for mutant, outcome in outcomes if outcome.seconds > HANG_SECONDS]
    crashes = [(mutant, outcome) for mutant, outcome in outcomes if not outcome.foreseen]
    peak = max((outcome.peak_bytes for _, outcome in outcomes), default=0)
    longest = max(outcomes, key=lambda pair: pair[1].seconds, default=None)
    print(f"seed {options.seed}: {total} of {options.mutants} mutants in {seconds:.0f} s")
    print(f"hangs over {HANG_SECONDS:.0f} s: {len(hangs)}/{total}")
    print(f"errors nobody foresaw: {len(crashes)}/{total}")
    print(f"connections to the canary: {hits}/{total}")
    print(f"largest tool: {peak >> 20} MiB")
    if longest:
        print(f"longest: {longest[0].name}, {longest[1].seconds:.1f} s")
    example = {outcome.code: (mutant.name, outcome.detail) for mutant, outcome in outcomes}
    for code, count in Counter(outcome.code for _, outcome in outcomes).most_common():
        name, detail = example[code]
        print(f"  {code}: {count}/{total}, {name} for example {detail[-160:]!r}")
    for mutant, outcome in hangs + crashes:
        print(f"{mutant.name}: {outcome.code} after {outcome.seconds:.1f} s: {outcome.detail[-300:]}")
        if options.keep:
            options.keep.mkdir(parents=True, exist_ok=True)
            (options.keep / mutant.name).write_bytes(mutant.data)
    return 0 if total and not hangs and not crashes and not hits and peak < MEMORY_BYTES else 1


if __name__ == "__main__":
    sys.exit(main())
