"""What a number of plays a day needs, from measured figures: ``python -m benchmarks.capacity 2000000``.

A simulation of one day: plays follow a daily curve and a Zipf law of popularity, each edge has an LRU cache. It is no
measurement; docs/capacity.md says which of its numbers were measured.
"""

from __future__ import annotations

import argparse
import bisect
import itertools
import math
import random
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

HOURLY = (1, 0.5, 0.3, 0.2, 0.2, 0.4, 1, 2, 4, 6, 6, 5, 4, 5, 6, 6, 5, 5, 6, 8, 9, 7, 4, 2)
"""Weight of each hour of a day: lessons in the morning and afternoon, most viewers after dinner."""

INACTIVE_DAYS = 30
"""For how long an edge keeps what nobody asks for (configs/nginx)."""


@dataclass(frozen=True)
class Assumptions:
    """Times in seconds, rates in bit/s, sizes in bytes; ``zipf`` is the exponent of popularity."""

    lessons: int = 100_000
    zipf: float = 0.8
    lesson_seconds: float = 2400
    watched_seconds: float = 600
    bit_rate: float = 1_000_000
    cache_bytes: float = 2e12
    edge_bit_rate: float = 8e9
    requests_of_a_start: int = 3
    starts_a_process: float = 500
    core_hours_of_a_lesson: float = 2
    plays_of_a_new_lesson: float = 2000
    sample: int = 200_000


@dataclass(frozen=True)
class Needs:
    """At the busiest minute, but for ``workers``, which are busy all day."""

    viewers: float
    starts: float
    web_processes: int
    edge_bit_rate: float
    edges: int
    hit_rate: float
    storage_bit_rate: float
    workers: int


def plan(plays: float, given: Assumptions) -> Needs:
    """What ``plays`` a day need."""
    starts = plays * max(HOURLY) / sum(HOURLY) / 3600
    viewers = starts * given.watched_seconds
    bits = viewers * given.bit_rate
    edges = max(1, math.ceil(bits / given.edge_bit_rate))
    # Edges are chosen by a hash of the lesson, so their caches add up.
    hits = hit_rate(plays, given, edges * given.cache_bytes)
    return Needs(
        viewers,
        starts,
        max(2, math.ceil(starts * given.requests_of_a_start / given.starts_a_process)),
        bits,
        edges,
        hits,
        bits * (1 - hits),
        max(1, math.ceil(plays / given.plays_of_a_new_lesson * given.core_hours_of_a_lesson / 24)),
    )


def hit_rate(plays: float, given: Assumptions, cache_bytes: float, seed: int = 1) -> float:
    """Share of plays whose lesson the cache still holds, of ``sample`` plays after those that warmed it.

    Each play watches from the beginning; so a lesson's share of the cache is what is watched of it. What warmed it are
    the plays of ``INACTIVE_DAYS``, or five samples if that is less.
    """
    chance = random.Random(seed)
    weights = list(itertools.accumulate(1 / rank**given.zipf for rank in range(1, given.lessons + 1)))
    room = max(1, int(cache_bytes / (given.watched_seconds * given.bit_rate / 8)))
    count = min(given.sample, int(plays))
    warm = min(5 * given.sample, int(plays * INACTIVE_DAYS))
    cache: OrderedDict[int, None] = OrderedDict()
    hits = 0
    for number in range(warm + count):
        lesson = bisect.bisect(weights, chance.random() * weights[-1])
        if lesson in cache:
            cache.move_to_end(lesson)
            hits += number >= warm
        else:
            cache[lesson] = None
            if len(cache) > room:
                cache.popitem(last=False)
    return hits / count


def table(plays: Sequence[float], given: Assumptions) -> str:
    """The needs of each number of plays, as rows of a Markdown table."""
    names = ("Plays a day", "Viewers at once", "Starts/s", "Web processes", "Edge Gbit/s", "Edges", "Hits")
    rows = [f"| {' | '.join((*names, 'Storage Gbit/s', 'Worker cores'))} |", "| --: " * 9 + "|"]
    for count in plays:
        needs = plan(count, given)
        rows.append(
            f"| {count:,.0f} | {needs.viewers:,.0f} | {needs.starts:,.1f} | {needs.web_processes} | "
            f"{needs.edge_bit_rate / 1e9:,.2f} | {needs.edges} | {needs.hit_rate:.0%} | "
            f"{needs.storage_bit_rate / 1e9:,.2f} | {needs.workers:,} |"
        )
    return "\n".join(rows)


def main() -> None:
    """Print the table; every assumption is an option."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.capacity", description=__doc__)
    parser.add_argument("plays", nargs="*", type=float, default=[20e3, 2e6, 200e6])
    for name, value in vars(Assumptions()).items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(value), default=value)
    options = vars(parser.parse_args())
    plays = options.pop("plays")
    print(table(plays, Assumptions(**options)))


if __name__ == "__main__":
    main()
