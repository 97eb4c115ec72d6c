"""What commands print: JSON Lines for machines, one readable line an item for people."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click
import msgspec

FORMAT = click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="`json` prints JSON Lines and nothing else on standard output.",
)
_COLOURS = {
    "created": "green",
    "revised": "yellow",
    "reread": "cyan",
    "repeated": "blue",
    "rejected": "red",
    "refused": "red",
    "poison": "red",
}


def json_line(value: Any) -> None:
    """One line of JSON, buffered: who follows flushes."""
    sys.stdout.buffer.write(msgspec.json.encode(value) + b"\n")


def word(outcome: str, width: int = 9) -> str:
    """An outcome in its colour, padded."""
    return click.style(outcome.ljust(width), fg=_COLOURS.get(outcome))


def table(rows: Sequence[Mapping[str, Any]], columns: Iterable[str]) -> None:
    """Aligned columns under their names."""
    names = list(columns)
    cells = [["" if row.get(name) is None else str(row[name]) for name in names] for row in rows]
    widths = [max(len(name), *(len(line[n]) for line in cells)) if cells else len(name) for n, name in enumerate(names)]
    click.echo(
        "  ".join(
            name.upper().replace("_", " ").ljust(width) for name, width in zip(names, widths, strict=True)
        ).rstrip()
    )
    for line in cells:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
