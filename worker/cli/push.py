"""`wiredesk push`: send the changes to webhooks, Redis streams and Celery tasks."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import click
import msgspec

from wiredesk.worker import db
from wiredesk.worker.cli import output
from wiredesk.worker.cli.export import selecting
from wiredesk.worker.db import Connection
from wiredesk.worker.errors import Rejected, UsageError
from wiredesk.worker.http.client import parse_url
from wiredesk.worker.push import messages
from wiredesk.worker.push.sending import send_test
from wiredesk.worker.safe_text import mask_secrets
from wiredesk.worker.settings import Settings, load, read_credentials
from wiredesk.worker.store import push as store
from wiredesk.worker.store import reading
from wiredesk.worker.store.selection import Selection

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")


@click.group()
def push() -> None:
    """Send the changes to webhooks, Redis streams and Celery tasks: each at least once, in order by article."""


@push.command("add")
@click.argument("name")
@click.option("--webhook", metavar="URL", help="POST each change to this address, signed.")
@click.option("--stream", metavar="STREAM", help="Add each change to this Redis stream.")
@click.option("--task", metavar="TASK", help="Call the Celery task of this name.")
@click.option("--queue", metavar="Q", help="The queue of --task. [default: that of its broker]")
@click.option(
    "--secret",
    metavar="FILE",
    help="A file in the folder credentials_dir: the signing key of --webhook (whsec_…), or the address of the Redis or "
    "broker of --stream and --task. [default for those: the Redis of wiredesk]",
)
@click.option("--kind", "kinds", multiple=True, metavar="K", help="Only changes of this kind: created, revised, …")
@selecting
@click.option(
    "--after", metavar="CURSOR", default="now", show_default=True, help="Start after this cursor; 0: with the first."
)
def add(
    name: str,
    webhook: str | None,
    stream: str | None,
    task: str | None,
    queue: str | None,
    secret: str | None,
    kinds: tuple[str, ...],
    after: str,
    **chosen: Any,
) -> None:
    """Add the target NAME: one of --webhook, --stream and --task."""
    if not _NAME.fullmatch(name):
        raise click.BadParameter(f"{name!r}: letters, digits, - and _", param_hint="NAME")
    given: list[tuple[store.Kind, str]] = []
    given += [("webhook", webhook)] if webhook else []
    given += [("stream", stream)] if stream else []
    given += [("task", task)] if task else []
    if len(given) != 1:
        raise click.UsageError("name one target: --webhook, --stream or --task")
    ((kind, target),) = given
    if queue and kind != "task":
        raise click.UsageError("--queue belongs to --task")
    settings = load()
    _check(settings, kind, target, secret)
    with db.alone(settings.require_database()) as connection:
        added = store.add(
            connection,
            name=name,
            kind=kind,
            target=target,
            queue=queue,
            secret=secret,
            kinds=kinds,
            selection=Selection(**chosen),
            cursor=_cursor(connection, after, "--after"),
        )
    if not added:
        raise UsageError(f"there is a target {name} already: `wiredesk push remove {name}`, or another name")
    output.say(f"{name} added; `wiredesk push test {name}` sends it a message")


@push.command("list")
@output.FORMAT
def list_(output_format: str) -> None:
    """List the targets: their state, the cursor up to which all is sent, and what is wrong."""
    with db.alone(load().require_database()) as connection:
        found = store.pushes(connection)
        last = reading.last_cursor(connection)
    if output_format == "json":
        for one in found:
            output.json_line(msgspec.structs.replace(one, target=mask_secrets(one.target)))
        return
    if not found:
        output.say("no targets yet: wiredesk push add NAME --webhook URL", err=True)
        return
    rows = [
        {
            "name": one.name,
            "state": "failing" if one.state == "active" and one.failing_since else one.state,
            "kind": one.kind,
            "target": one.target,
            "cursor": one.cursor,
            "sent": f"{one.sent_at:%Y-%m-%d %H:%M}" if one.sent_at else None,
            "error": one.last_error or ("" if one.cursor >= last else "changes wait"),
        }
        for one in found
    ]
    output.table(rows, ("name", "state", "kind", "target", "cursor", "sent", "error"))


@push.command("pause")
@click.argument("name")
def pause(name: str) -> None:
    """Send nothing to NAME until it is resumed; its cursor stays."""
    _set_state(name, "paused")
    output.say(f"{name} paused")


@push.command("resume")
@click.argument("name")
@click.option("--after", metavar="CURSOR", help="Go on after this cursor, or `now`: what lies between is not sent.")
def resume(name: str, after: str | None) -> None:
    """Go on sending to NAME where it ended."""
    if after is not None:
        with db.alone(load().require_database()) as connection:
            store.set_cursor(connection, name, _cursor(connection, after, "--after"))
    _set_state(name, "active")
    output.say(f"{name} resumed")


@push.command("remove")
@click.argument("name")
def remove(name: str) -> None:
    """Forget NAME and its cursor."""
    with db.alone(load().require_database()) as connection:
        if not store.remove(connection, name):
            raise _unknown(name)
    output.say(f"{name} removed")


@push.command("test")
@click.argument("name")
def test(name: str) -> None:
    """Send NAME a message of type wiredesk.test from here, and say what it answered."""
    settings = load()
    with db.alone(settings.require_database()) as connection:
        found = store.pushes(connection, name)
    if not found:
        raise _unknown(name)
    asyncio.run(send_test(settings, found[0]))
    output.say(f"{name} took the message")


def _check(settings: Settings, kind: store.Kind, target: str, secret: str | None) -> None:
    """The errors that are seen without sending a message."""
    try:
        if kind == "webhook":
            parse_url(target)
            if secret is None:
                raise UsageError("a webhook is signed: name its key's file with --secret")
        text = read_credentials(settings, secret)[1] if secret is not None else ""
    except Rejected as rejected:
        raise UsageError(str(rejected)) from None
    if kind == "webhook":
        messages.signing_key(text)


def _cursor(connection: Connection, text: str, option: str) -> int:
    if text == "now":
        return reading.last_cursor(connection)
    if not text.isdecimal() or len(text) > 18:
        raise click.BadParameter(f"{text!r}: a cursor of `wiredesk changes`, or now", param_hint=option)
    return int(text)


def _set_state(name: str, state: Any) -> None:
    with db.alone(load().require_database()) as connection:
        if not store.set_state(connection, name, state):
            raise _unknown(name)


def _unknown(name: str) -> UsageError:
    return UsageError(f"no target is called {name}: see `wiredesk push list`")
