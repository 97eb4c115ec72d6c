"""`wiredesk settings`: every setting, its value and what it means."""

from __future__ import annotations

import dataclasses

import click

from wiredesk.worker import settings as table
from wiredesk.worker.cli import output
from wiredesk.worker.safe_text import mask_address, mask_secrets


@click.command()
@click.option("--markdown", is_flag=True, help="The settings page of the documentation.")
@output.FORMAT
def settings(markdown: bool, output_format: str) -> None:
    """List every setting with its value, unit, default and bounds. Passwords are masked."""
    if markdown:
        output.document(as_markdown())
        return
    values = table.load()
    for field in dataclasses.fields(table.Settings):
        value, default = getattr(values, field.name), field.default
        shown = (mask_address if field.metadata["secret"] else mask_secrets)(str(value))  # in JSON too
        if output_format == "json":
            line = {
                "name": field.name,
                "value": shown,
                "default": str(default),
                "unit": field.metadata["unit"],
                "help": field.metadata["help"],
            }
            output.json_line(line)
            continue
        mark = " " if value == default else "*"
        value_and_unit = f"{shown} {field.metadata['unit']}" if shown else "(empty)"
        head = f"{mark} {table.PREFIX}{field.name.upper()} = {value_and_unit}"
        output.say(output.styled(head.rstrip(), "bold"))
        output.say(f"    {field.metadata['help']} {_bounds(field)}".rstrip())
    if output_format == "text":
        output.say()
        output.say("* differs from its default. NAME_FILE instead of NAME reads the value from a file.")


def as_markdown() -> str:
    """The page docs/settings.md, which a test compares with the file."""
    lines = [
        "# Settings",
        "",
        "Settings come from the environment; `WIREDESK_NAME_FILE` names a file that holds the value instead.",
        "`wiredesk settings` prints them with their values in force, `wiredesk settings --markdown` this page.",
        "",
        "| setting | default | unit | meaning |",
        "|---|---|---|---|",
    ]
    for field in dataclasses.fields(table.Settings):
        default = f"`{field.default}`" if field.default != "" else "empty"
        meaning = f"{field.metadata['help']} {_bounds(field)}".strip().replace("|", "\\|")
        lines.append(f"| `{table.PREFIX}{field.name.upper()}` | {default} | {field.metadata['unit']} | {meaning} |")
    return "\n".join(lines) + "\n"


def _bounds(field: dataclasses.Field[object]) -> str:
    if field.metadata["choices"]:
        return f"One of {', '.join(field.metadata['choices'])}."
    low, high = field.metadata["low"], field.metadata["high"]
    return f"From {low:g} to {high:,g}." if low is not None and high is not None else ""
