"""Small bar charts as rectangles, which templates write as SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bar:
    """One rectangle of a picture: `column` counts from 0, `top` and `height` are hundredths of the picture's height."""

    column: int
    top: float
    height: float
    kind: str


@dataclass(frozen=True, slots=True)
class Picture:
    columns: int
    bars: tuple[Bar, ...]


def stacked(columns: Sequence[Mapping[str, int]], kinds: Sequence[str]) -> Picture:
    """A column for each mapping, its kinds on top of each other from below; the fullest column has the whole height."""
    most = max((sum(column.get(kind, 0) for kind in kinds) for column in columns), default=0)
    bars: list[Bar] = []
    for number, column in enumerate(columns):
        top = 100.0
        for kind in kinds:
            height = 100.0 * column.get(kind, 0) / most if most else 0.0
            top -= height
            if height:
                bars.append(Bar(number, round(top, 2), round(height, 2), kind))
    return Picture(len(columns), tuple(bars))
