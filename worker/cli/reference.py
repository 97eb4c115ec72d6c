"""The generated pages of docs/: `python -m wiredesk.worker.cli.reference docs` writes them, and a test compares.

Settings and log events come from their tables, commands from their help, columns from the comments in the migrations,
the HTTP API from its OpenAPI document.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import click

from wiredesk import schema
from wiredesk.worker.cli import logs, settings, wiredesk
from wiredesk.worker.web.api import reference as api

_COMMENT = re.compile(r"COMMENT ON (VIEW|COLUMN) wire_v1\.(\w+)(?:\.(\w+))? IS\s+'((?:[^']|'')*)';")

_FUNCTION = re.compile(r"COMMENT ON FUNCTION wire_v1\.(\w+)\(([^)]*)\) IS\s+'((?:[^']|'')*)';")

_SCHEMA_HEAD = """\
# The published schema `wire_v1`

Consumers read these views; tables are private. Columns may be added, and nothing else changes: breaking means
`wire_v2` beside it. Times are `timestamptz`. The role `wiredesk_reader` sees these views and nothing else.
This page is made from the comments in the database (`make docs`; `\\d+ wire_v1.articles` in psql)."""


def pages() -> dict[str, str]:
    """Text of each generated page by file name."""
    return {
        "settings.md": settings.as_markdown(),
        "cli.md": cli(),
        "schema.md": published_schema(),
        "logs.md": logs.as_markdown(),
        "http.md": api.as_markdown(),
    }


def cli() -> str:
    """Every command with its help."""
    parts = ["# The command line\n\nThis page is made from the commands' own help (`make docs`).\n"]
    context = click.Context(wiredesk, info_name="wiredesk", max_content_width=100, terminal_width=100)
    parts.append(_help(context))
    for name in wiredesk.list_commands(context):
        command = wiredesk.get_command(context, name)
        if command is not None and not command.hidden:
            parts += _with_subcommands(command, name, context)
    return "\n".join(parts)


def published_schema() -> str:
    """Every view, column and function of wire_v1, from the comments that psql shows too."""
    parts = [_SCHEMA_HEAD]
    text = "".join(step.sql for step in schema.migrations())
    comments = {(m[2], m[3]): m[4].replace("''", "'") for m in _COMMENT.finditer(text)}
    for (view, column), comment in comments.items():
        if column is None:
            parts.append(f"\n## `{view}`\n\n{comment}\n\n| column | meaning |\n|---|---|")
        else:
            parts.append(f"| `{column}` | {comment.replace('|', '&#124;')} |")
    for function in _FUNCTION.finditer(text):
        arguments = ", ".join(argument.split()[0] for argument in function[2].split(", ") if argument)
        meaning = function[3].replace("''", "'")
        parts.append(f"\n## `{function[1]}({arguments})`\n\n{meaning}")
    return "\n".join(parts) + "\n"


def _with_subcommands(command: click.Command, name: str, parent: click.Context) -> list[str]:
    context = click.Context(command, info_name=name, parent=parent, max_content_width=100, terminal_width=100)
    parts = [_help(context)]
    if isinstance(command, click.Group):
        for subname in command.list_commands(context):
            subcommand = command.get_command(context, subname)
            if subcommand is not None:
                parts += _with_subcommands(subcommand, subname, context)
    return parts


def _help(context: click.Context) -> str:
    level = "#" * min(4, context.command_path.count(" ") + 2)
    return f"{level} `{context.command_path}`\n\n```text\n{context.command.get_help(context)}\n```\n"


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(exist_ok=True)
    for file_name, page in pages().items():
        (folder / file_name).write_text(page, encoding="utf-8")
