"""`wiredesk worker`: one service in the foreground, as containers run it."""

from __future__ import annotations

import os
import sys

import click

from wiredesk.worker.machine import services


@click.command("worker")
@click.argument("service", type=click.Choice(services.NAMES))
@click.option(
    "-c", "--processes", type=click.IntRange(1, 256), help="Tasks at a time. [default: depends on the service]"
)
def worker(service: str, processes: int | None) -> None:
    """Run one SERVICE in the foreground; SIGTERM stops it within seconds."""
    kind = services.by_name(service)
    if processes and kind.kind != "worker":
        raise click.UsageError(f"--processes is for the services that run tasks; {service} has its own processes")
    command = services.command(kind, processes=processes or 0)
    sys.stdout.flush()
    # In place of this process, so that signals reach the worker itself.
    os.execve(command[0], command, services.environment(os.environ))  # noqa: S606


if __name__ == "__main__":
    worker()
