"""`wiredesk doctor`: what is wrong here, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

import click

from wiredesk.worker import health, settings
from wiredesk.worker.cli import output
from wiredesk.worker.machine import services
from wiredesk.worker.safe_text import mask_secrets
from wiredesk.worker.upkeep.diagnosis import State, examine

_COLOURS: Mapping[State, str] = {"ok": "green", "warn": "yellow", "fail": "red"}


@click.command("doctor")
@click.option(
    "--health",
    "service",
    type=click.Choice(services.NAMES),
    help="Only whether this service, running on this machine, still works; for container health checks.",
)
@output.FORMAT
def doctor(service: str | None, output_format: str) -> None:
    """Check the settings, the servers and the waiting work; exit 1 when a check fails."""
    current = settings.load()
    if service:
        kind = services.by_name(service)
        patience = 2 * current.task_seconds + 60
        signs = (health.complaint(n, kind.queues, current.redis_url, patience_seconds=patience) for n in kind.signs)
        wrong = next(filter(None, signs), "")
        output.say(wrong or f"{service} works")
        raise SystemExit(1 if wrong else 0)
    failed = False
    for finding in examine(current):
        failed = failed or finding.state == "fail"
        if output_format == "json":
            line = asdict(finding)
            output.json_line(line | {"what": mask_secrets(finding.what)})
            continue
        advice = f"  → {finding.advice}" if finding.advice and finding.state != "ok" else ""
        output.say(f"{output.styled(finding.state.ljust(5), _COLOURS[finding.state])} {finding.what}{advice}")
    raise SystemExit(1 if failed else 0)
