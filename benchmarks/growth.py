"""How the solver grows: the exponent of its arc scans, and the picture of time by size.

The picture is an SVG of our own making: two frames (one for each profile), both axes logarithmic, a
line for each solver, named at its end. Colours suit a light and a dark page.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import ceil, floor, log, log10
from statistics import median
from typing import Any, Final
from xml.sax.saxutils import escape

from benchmarks.peers import COMPILED, OURS

__all__ = ["exponent", "picture"]

EDGES_MIN: Final = 90_000
"""Growth is reckoned from here on (100,000 obligations merge into a few less edges)."""

_WIDTH, _HEIGHT, _LEFT, _TOP, _FRAME, _GAP = 900, 400, 60, 40, 270, 165
_BOTTOM: Final = 340
_NAME_STEP: Final = 15

_STYLE: Final = """
text { font: 12px system-ui, sans-serif; fill: #24292f }
.title { font-weight: 600; font-size: 13px }
.grid { stroke: #d0d7de; stroke-width: 1 }
.line { fill: none; stroke: #6e7781; stroke-width: 1.5 }
.dot { fill: #6e7781 }
.own .line { stroke: #0969da; stroke-width: 3 }
.own .dot { fill: #0969da }
.own text { fill: #0969da; font-weight: 600 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .grid { stroke: #30363d }
  .line { stroke: #8b949e }
  .dot { fill: #8b949e }
  .own .line { stroke: #58a6ff }
  .own .dot { fill: #58a6ff }
  .own text { fill: #58a6ff }
}
"""


def exponent(points: Iterable[tuple[float, float]]) -> float | None:
    """Slope of log y over log x by least squares; None with fewer than two sizes."""
    logs = [(log(x), log(y)) for x, y in points]
    if len({x for x, _ in logs}) < 2:
        return None
    middle_x, middle_y = (sum(side) / len(logs) for side in zip(*logs, strict=True))
    return sum((x - middle_x) * (y - middle_y) for x, y in logs) / sum((x - middle_x) ** 2 for x, _ in logs)


def picture(cases: list[dict[str, Any]]) -> str:
    """Median seconds of every solver over the number of obligations."""
    profiles = sorted({case["profile"] for case in cases})
    lines = {profile: _lines(cases, profile) for profile in profiles}
    points = [point for each in lines.values() for line in each.values() for point in line]
    x_range = [floor(log10(min(x for x, _ in points))), ceil(log10(max(x for x, _ in points)))]
    y_range = [floor(log10(min(y for _, y in points))), ceil(log10(max(y for _, y in points)))]
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">']
    parts += ["<title>Seconds to the proven optimum, by number of obligations</title>", f"<style>{_STYLE}</style>"]
    for place, profile in enumerate(profiles):
        left = _LEFT + place * (_FRAME + _GAP)
        parts += _frame(profile, lines[profile], left, (x_range[0], x_range[1]), (y_range[0], y_range[1]))
    return "\n".join([*parts, "</svg>", ""])


def _lines(cases: list[dict[str, Any]], profile: str) -> dict[str, list[tuple[float, float]]]:
    lines: dict[str, list[tuple[float, float]]] = {}
    for case in sorted((case for case in cases if case["profile"] == profile), key=lambda case: case["obligations"]):
        for answer in case["answers"]:
            if "seconds" in answer and answer["solver"] not in (COMPILED, "OR-Tools, reduced"):
                lines.setdefault(answer["solver"], []).append((case["obligations"], median(answer["seconds"])))
    return lines


def _frame(
    title: str, lines: dict[str, list[tuple[float, float]]], left: float, x_range: tuple[int, int], y_range: tuple[int, int]
) -> Iterator[str]:
    def x_of(value: float) -> float:
        return round(left + _FRAME * (log10(value) - x_range[0]) / (x_range[1] - x_range[0]), 1)

    def y_of(value: float) -> float:
        return round(_BOTTOM - (_BOTTOM - _TOP) * (log10(value) - y_range[0]) / (y_range[1] - y_range[0]), 1)

    yield f'<text class="title" x="{left}" y="{_TOP - 18}">{escape(title)}: seconds by obligations</text>'
    for power in range(x_range[0], x_range[1] + 1):
        x = x_of(10.0**power)
        yield f'<path class="grid" d="M{x} {_TOP}V{_BOTTOM}"/><text x="{x}" y="{_BOTTOM + 20}" text-anchor="middle">{_named(power)}</text>'
    for power in range(y_range[0], y_range[1] + 1):
        y = y_of(10.0**power)
        yield f'<path class="grid" d="M{left} {y}H{left + _FRAME}"/>'
        yield f'<text x="{left - 8}" y="{y + 4}" text-anchor="end">{10.0**power:g} s</text>'
    farthest = max(line[-1][0] for line in lines.values())
    heights = _apart({name: y_of(line[-1][1]) for name, line in lines.items() if line[-1][0] == farthest})
    for name, line in lines.items():
        dots = [(x_of(x), y_of(y)) for x, y in line]
        yield f'<g class="{"own" if name == OURS else "peer"}"><path class="line" d="M{"L".join(f"{x} {y}" for x, y in dots)}"/>'
        yield "".join(f'<circle class="dot" cx="{x}" cy="{y}" r="3"/>' for x, y in dots)
        x, y, anchor = (dots[-1][0] + 8, heights.get(name, dots[-1][1]) + 4, "start")
        if name not in heights:  # ends early, among other lines: the name stands above, to the left, that of a lone dot below it
            x, y, anchor = (dots[-1][0] - 4, dots[-1][1] - 10, "end") if len(dots) > 1 else (dots[-1][0], dots[-1][1] + 18, "start")
        yield f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(name.split(",")[0])}</text></g>'


def _apart(heights: dict[str, float]) -> dict[str, float]:
    """Heights of names, moved down where two would touch."""
    placed: dict[str, float] = {}
    last = float("-inf")
    for name in sorted(heights, key=lambda name: heights[name]):
        last = placed[name] = max(heights[name], last + _NAME_STEP)
    return placed


def _named(power: int) -> str:
    return {3: "1,000", 4: "10,000", 5: "100,000", 6: "1 million", 7: "10 million"}.get(power, f"1e{power}")
