"""Curves of quality over bit rate, drawn as SVG: small enough to be kept beside the text that they illustrate."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from math import ceil, floor, log2

from benchmarks.vmaf import Curve

WIDTH, HEIGHT = 420, 300
LEFT, TOP, RIGHT, BOTTOM = 46, 34, 14, 40
LOWEST_VMAF = 20
COLOURS = ("#0b6e99", "#c2571a", "#5b7f2b")


def small_multiples(scenes: Mapping[str, Mapping[str, Curve]]) -> str:
    """One panel for each scene, two in a row, with a curve for each name in it. All panels share their axes."""
    rates = [rate for curves in scenes.values() for curve in curves.values() for rate, _ in curve]
    span = (floor(log2(min(rates))), ceil(log2(max(rates))))
    rows = (len(scenes) + 1) // 2
    panels = [
        f'<g transform="translate({number % 2 * WIDTH},{number // 2 * HEIGHT})">{_panel(name, curves, span)}</g>'
        for number, (name, curves) in enumerate(scenes.items())
    ]
    size = f'width="{2 * WIDTH}" height="{rows * HEIGHT}" viewBox="0 0 {2 * WIDTH} {rows * HEIGHT}"'
    style = "text{font:12px system-ui,sans-serif;fill:#333}.name{font-weight:600;font-size:14px}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size}><style>{style}</style>'
        f'<rect width="100%" height="100%" fill="#fff"/>{"".join(panels)}</svg>\n'
    )


def _panel(name: str, curves: Mapping[str, Curve], span: tuple[int, int]) -> str:
    inner = WIDTH - LEFT - RIGHT

    def x(rate: float) -> float:
        return LEFT + inner * (log2(rate) - span[0]) / (span[1] - span[0])

    def y(vmaf: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (100 - max(vmaf, LOWEST_VMAF)) / (100 - LOWEST_VMAF)

    parts = [f'<text class="name" x="{LEFT}" y="20">{escape(name)}</text>']
    parts.append(f'<text x="{WIDTH - RIGHT}" y="20" text-anchor="end">VMAF on a 1080p screen</text>')
    for vmaf in range(LOWEST_VMAF, 101, 20):
        parts.append(f'<path d="M{LEFT} {y(vmaf):.1f}H{WIDTH - RIGHT}" stroke="#e3e3e3"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y(vmaf) + 4:.1f}" text-anchor="end">{vmaf}</text>')
    for power in range(span[0], span[1] + 1, 2):
        label = f'<text x="{x(2**power):.1f}" y="{HEIGHT - 22}" text-anchor="middle">{2**power}</text>'
        parts.append(label)
    parts.append(f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 6}" text-anchor="end">kbit/s</text>')
    for number, (label, curve) in enumerate(curves.items()):
        colour = COLOURS[number]
        points = [(x(rate), y(vmaf)) for rate, vmaf in sorted(curve)]
        line = " ".join(f"{a:.1f},{b:.1f}" for a, b in points)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3.5" fill="{colour}"/>' for a, b in points]
        left = WIDTH - RIGHT - 110
        top = HEIGHT - BOTTOM - 14 - 18 * (len(curves) - 1 - number)
        parts.append(f'<circle cx="{left}" cy="{top - 4}" r="4" fill="{colour}"/>')
        parts.append(f'<text x="{left + 10}" y="{top}">{escape(label)}</text>')
    return "".join(parts)
