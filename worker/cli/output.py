"""Output of commands: JSON Lines for machines, one readable line an item for people.

Nothing else in `cli/` writes to the terminal (the linter forbids `click.echo`): `say` and its neighbours neutralise
control characters in what they print, whoever wrote them. Colours come from `styled` and from nowhere else.
"""

from __future__ import annotations

import re
import secrets
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click
import msgspec

from wiredesk.worker.safe_text import escape_json, mask_secrets, printable, printable_block

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
# `styled` marks a colour, and `say` turns the mark into the terminal's own code after it has neutralised everything
# else. The mark is random in each process, so that no text from outside can hold it.
_MARK = secrets.token_hex(8)
_MARKED = re.compile(rf"\ue000{_MARK}([a-z_]+):(.*?){_MARK}\ue000")


def styled(text: str, style: str | None) -> str:
    """`text` for `say`, in a colour of `click.style` or `bold` or `dim`; None leaves it plain."""
    return f"\ue000{_MARK}{style}:{text}{_MARK}\ue000" if style else text


def say(line: str = "", *, err: bool = False) -> None:
    """Print one line, its secrets masked. Line breaks in it are neutralised like every other control character."""
    click.echo(_MARKED.sub(_coloured, printable(mask_secrets(line))), err=err)  # noqa: TID251


def say_block(text: str) -> None:
    """Print several lines as they are, such as the text of an article."""
    for line in printable_block(text).split("\n"):
        click.echo(_MARKED.sub(_coloured, line))  # noqa: TID251


def log_line(text: str) -> None:
    """Print a line of `logs.columns` or `logs.encode`, which are neutralised already and bring their own colours."""
    click.echo(text)  # noqa: TID251


def document(text: str) -> None:
    """Write a document to standard output: byte by byte into a file or pipe, neutralised on a terminal."""
    click.echo(printable_block(text) if sys.stdout.isatty() else text, nl=False)  # noqa: TID251


def complain(message: object) -> None:
    """Print `wiredesk: message` as one line on standard error."""
    say(f"wiredesk: {message}", err=True)


def json_line(value: Any) -> None:
    r"""One line of JSON, buffered: who follows flushes. Control characters stand in it as `\u…`."""
    sys.stdout.buffer.write(escape_json(msgspec.json.encode(value).decode()).encode() + b"\n")


def word(outcome: str, width: int = 9) -> str:
    """An outcome in its colour, padded."""
    return styled(outcome.ljust(width), _COLOURS.get(outcome))


def table(rows: Sequence[Mapping[str, Any]], columns: Iterable[str]) -> None:
    """Aligned columns under their names."""
    names = list(columns)
    cells = [["" if row.get(name) is None else str(row[name]) for name in names] for row in rows]
    widths = [max(len(name), *(len(line[n]) for line in cells)) if cells else len(name) for n, name in enumerate(names)]
    say(
        "  ".join(
            name.upper().replace("_", " ").ljust(width) for name, width in zip(names, widths, strict=True)
        ).rstrip()
    )
    for line in cells:
        say("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _coloured(match: re.Match[str]) -> str:
    style, text = match.groups()
    if style in ("bold", "dim"):
        return click.style(text, **{style: True})  # noqa: TID251
    return click.style(text, fg=style)  # noqa: TID251
