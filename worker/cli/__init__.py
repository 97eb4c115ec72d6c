"""The command line. Each command is a module that is imported when it is called."""

from __future__ import annotations

import contextlib
import errno
import importlib
import logging
import os
import sys
from collections.abc import Sequence
from typing import Any, TextIO

import click

from wiredesk.worker.cli import output
from wiredesk.worker.errors import WiredeskError

_COMMANDS = {
    "submit": "wiredesk.worker.cli.submit:submit",
    "watch": "wiredesk.worker.cli.watch:watch",
    "mail": "wiredesk.worker.cli.mail:mail",
    "parse": "wiredesk.worker.cli.parse:parse",
    "feeds": "wiredesk.worker.cli.feeds:feeds",
    "status": "wiredesk.worker.cli.status:status",
    "top": "wiredesk.worker.cli.top:top",
    "diff": "wiredesk.worker.cli.diff:diff",
    "story": "wiredesk.worker.cli.story:story",
    "rejected": "wiredesk.worker.cli.rejected:rejected",
    "replay": "wiredesk.worker.cli.replay:replay",
    "changes": "wiredesk.worker.cli.changes:changes",
    "push": "wiredesk.worker.cli.push:push",
    "export": "wiredesk.worker.cli.export:export",
    "sql": "wiredesk.worker.cli.sql:sql_",
    "url": "wiredesk.worker.cli.url:url",
    "reader": "wiredesk.worker.cli.sql:reader",
    "web": "wiredesk.worker.cli.web:web",
    "token": "wiredesk.worker.cli.token:token",
    "up": "wiredesk.worker.cli.up:up",
    "demo": "wiredesk.worker.cli.demo:demo",
    "backup": "wiredesk.worker.cli.backup:backup",
    "restore": "wiredesk.worker.cli.backup:restore",
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
    """The wire desk of a newsroom as a program: it reads and compares incoming copy, and files it as rows."""


def main(arguments: Sequence[str] | None = None) -> Any:
    """Run a command; errors are one line on stderr. Exit codes: 0 done, 1 failed, 2 usage."""
    logging.getLogger().addHandler(logging.NullHandler())  # a command's log lines are not for its terminal
    code = _run(arguments)
    try:
        sys.stdout.flush()
    except OSError as error:
        _abandon(sys.stdout)
        if error.errno != errno.EPIPE:  # the reader of our output has gone, as with `| head`
            _complain(f"can't write the output: {(error.strerror or str(error)).lower()}")
            code = 1
    sys.exit(code if isinstance(code, int) else 0)


def _run(arguments: Sequence[str] | None) -> object:
    try:
        return wiredesk.main(args=arguments, prog_name="wiredesk", standalone_mode=False)
    except SystemExit as exit_:
        return exit_.code
    except click.exceptions.Exit as exit_:
        return exit_.exit_code
    except click.UsageError as error:
        _explain_usage(error)
        return 2
    except click.ClickException as error:
        _complain(error.format_message())
    except (click.Abort, KeyboardInterrupt):
        return 130
    except BrokenPipeError:
        _abandon(sys.stdout)
        return 0
    except WiredeskError as error:
        _complain(error)
    except OSError as error:
        if error.filename is None and error.errno in (errno.ENOSPC, errno.EIO):
            _abandon(sys.stdout)
            _complain(f"can't write the output: {os.strerror(error.errno).lower()}")
            return 1
        where = f"{error.filename}: " if error.filename else ""
        _complain(f"{where}{(error.strerror or str(error)).lower()}")
    except Exception as error:
        if os.environ.get("WIREDESK_LOG_LEVEL") == "debug":
            raise
        _complain(_in_words(error))
    return 1


def _in_words(error: Exception) -> str:
    first = (str(error).strip().splitlines() or [""])[0]
    library = type(error).__module__.partition(".")[0]
    if library in ("psycopg", "psycopg_pool"):
        return f"PostgreSQL: {first or type(error).__name__}"
    if library == "redis":
        return f"Redis: {first or type(error).__name__}"
    return f"{type(error).__name__}: {first} (a fault of wiredesk; WIREDESK_LOG_LEVEL=debug shows where)"


def _complain(message: object) -> None:
    with contextlib.suppress(OSError):  # standard error may be full or closed too
        output.complain(message)


def _abandon(stream: TextIO) -> None:
    """Discard buffered output: without this the interpreter reports an error when it ends."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def _explain_usage(error: click.UsageError) -> None:
    """As click does, but with what was typed or expanded by a shell neutralised."""
    if error.ctx is not None:
        output.say(error.ctx.get_usage(), err=True)
        output.say(f"Try '{error.ctx.command_path} --help' for help.", err=True)
        output.say(err=True)
    output.say(f"Error: {error.format_message()}", err=True)
