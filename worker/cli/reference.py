"""The command line as a page of the documentation: `python -m worker.cli.reference > docs/cli.md`; a test compares them."""

from __future__ import annotations

import click

from worker.cli import wiredesk


def as_markdown() -> str:
    """Every command with its help, as `--help` prints it at 100 columns."""
    parts = [
        "# The command line",
        "",
        "Written by `make docs` from the program. Exit codes: 0 done, 1 something was rejected or failed (said on standard",
        "error, one line each), 2 usage.",
    ]
    for path, command in _commands((), wiredesk):
        parts += ["", f"## {' '.join(('wiredesk', *path))}", "", "```", _help(path, command), "```"]
    return "\n".join(parts) + "\n"


def _commands(path: tuple[str, ...], group: click.Group) -> list[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    found: list[tuple[tuple[str, ...], click.Command]] = []
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None:
            continue
        found.append(((*path, name), command))
        if isinstance(command, click.Group):
            found += _commands((*path, name), command)
    return found


def _help(path: tuple[str, ...], command: click.Command) -> str:
    context = click.Context(command, info_name=" ".join(("wiredesk", *path)), terminal_width=100)
    text = command.get_help(context)
    return "\n".join(line.rstrip() for line in text.splitlines())


if __name__ == "__main__":
    click.echo(as_markdown(), nl=False)
