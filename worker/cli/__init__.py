"""The command line. Each command is a module that is imported when it is called."""

from __future__ import annotations

import importlib
import logging
import sys
from collections.abc import Sequence
from typing import Any

import click

from wiredesk.worker.cli import output
from wiredesk.worker.errors import WiredeskError

_COMMANDS = {
    "submit": "wiredesk.worker.cli.submit:submit",
    "parse": "wiredesk.worker.cli.parse:parse",
    "feeds": "wiredesk.worker.cli.feeds:feeds",
    "status": "wiredesk.worker.cli.status:status",
    "diff": "wiredesk.worker.cli.diff:diff",
    "story": "wiredesk.worker.cli.story:story",
    "rejected": "wiredesk.worker.cli.rejected:rejected",
    "replay": "wiredesk.worker.cli.replay:replay",
    "changes": "wiredesk.worker.cli.changes:changes",
    "up": "wiredesk.worker.cli.up:up",
    "migrate": "wiredesk.worker.cli.migrate:migrate",
    "settings": "wiredesk.worker.cli.settings:settings",
    "doctor": "wiredesk.worker.cli.doctor:doctor",
    "logs": "wiredesk.worker.cli.logs:logs",
    "worker": "wiredesk.worker.cli.worker:worker",
}


class _Commands(click.Group):
    """The commands by name, imported on use: `parse` starts no Celery, `feeds list` no language detector."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, _, name = _COMMANDS[cmd_name].partition(":")
        command = getattr(importlib.import_module(module), name)
        assert isinstance(command, click.Command)
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="wiredesk", prog_name="wiredesk")
def wiredesk() -> None:
    """The wire desk of a newsroom as a program: copy comes in, is read and checked, and rows come out."""


def main(arguments: Sequence[str] | None = None) -> Any:
    """Run a command; errors are one line on stderr, and the exit code says what happened: 0 done, 1 failed, 2 usage."""
    logging.getLogger().addHandler(logging.NullHandler())  # a command's log lines are not for its terminal
    try:
        code = wiredesk.main(args=arguments, prog_name="wiredesk", standalone_mode=False)
    except click.exceptions.Exit as exit_:
        code = exit_.exit_code
    except click.UsageError as error:
        _explain_usage(error)
        code = 2
    except click.ClickException as error:
        output.complain(error.format_message())
        code = 1
    except (click.Abort, KeyboardInterrupt):
        code = 130
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output has gone, as with `| head`
        code = 0
    except WiredeskError as error:
        output.complain(error)
        code = 1
    sys.exit(code if isinstance(code, int) else 0)


def _explain_usage(error: click.UsageError) -> None:
    """As click does, but with what was typed or expanded by a shell neutralised."""
    if error.ctx is not None:
        output.say(error.ctx.get_usage(), err=True)
        output.say(f"Try '{error.ctx.command_path} --help' for help.", err=True)
        output.say(err=True)
    output.say(f"Error: {error.format_message()}", err=True)
