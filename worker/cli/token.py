"""`wiredesk token`: who may use the service web, and for what."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import get_args

import click

from wiredesk.worker import db
from wiredesk.worker.cli import output
from wiredesk.worker.errors import SettingsError, UsageError
from wiredesk.worker.settings import load, read_ladder
from wiredesk.worker.store import tokens as store
from wiredesk.worker.store.records import Scope, Token
from wiredesk.worker.store.tokens import new_token

_SCOPES: tuple[Scope, ...] = get_args(Scope)


def _as_scopes(_context: click.Context, _option: click.Parameter, value: str) -> tuple[Scope, ...]:
    named = {name.strip() for name in value.split(",") if name.strip()}
    if not named or named - set(_SCOPES):
        raise click.BadParameter(f"a list of {', '.join(_SCOPES)}")
    return tuple(scope for scope in _SCOPES if scope in named)


def _as_time(_context: click.Context, _option: click.Parameter, value: str | None) -> datetime | None:
    """`90d` from now, or a day or time in UTC."""
    if value is None:
        return None
    try:
        (seconds,) = read_ladder(value)
        at = datetime.now(UTC) + timedelta(seconds=seconds)
    except (SettingsError, ValueError):
        try:
            at = datetime.fromisoformat(value)
        except ValueError:
            raise click.BadParameter("a time such as 90d or 12h, or a day such as 2027-01-31") from None
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
    if at <= datetime.now(UTC):
        raise click.BadParameter(f"{value} is over")
    return at


@click.group()
def token() -> None:
    """Create, list and revoke the tokens of the service web.

    While no token has a scope, callers on this machine may do what it allows without one.
    """


@token.command()
@click.argument("name", required=False)
@click.option(
    "--scope",
    "scopes",
    required=True,
    metavar="LIST",
    callback=_as_scopes,
    help="submit: hand in; read: articles and changes; embargoed: articles under embargo too; "
    "admin: feeds, rejected items, and read and submit.",
)
@click.option("--source", metavar="S", help="What it hands in is of this source; another one is refused.")
@click.option("--expires", "expires_at", metavar="WHEN", callback=_as_time, help="90d, 12h, or a day. Default: never.")
@output.FORMAT
def create(
    name: str | None, scopes: tuple[Scope, ...], source: str | None, expires_at: datetime | None, output_format: str
) -> None:
    """Create a token and print it. Only its hash is stored, so it can't be printed again.

    Its NAME is kept with everything that it hands in.
    """
    secret, hashed = new_token()
    with db.alone(load().require_database()) as connection:
        added = store.add_token(
            connection, name=name, sha256=hashed, scopes=scopes, source=source, expires_at=expires_at
        )
    if added is None:
        raise UsageError(f"there is a token {name!r} already: see `wiredesk token list`")
    if output_format == "json":
        output.json_line(_as_json(added) | {"token": secret})
        return
    output.say(f"token {added.name}, {_what(added)}; keep it, it is not shown again:")
    output.say(secret)


@token.command("list")
@output.FORMAT
def list_(output_format: str) -> None:
    """List the tokens: name, scopes, source, when they end and were last used."""
    with db.alone(load().require_database()) as connection:
        found = store.tokens(connection)
    for one in found:
        if output_format == "json":
            output.json_line(_as_json(one))
            continue
        used = f"last used {one.last_used_at:%Y-%m-%d %H:%M}" if one.last_used_at else "not used yet"
        output.say(f"{one.name}  {_what(one)}  {used}")
    if not found and output_format == "text":
        output.say("no tokens: callers on this machine need none")


@token.command()
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
def revoke(names: tuple[str, ...]) -> None:
    """Revoke tokens by name; requests with them are refused within two seconds."""
    with db.alone(load().require_database()) as connection:
        for name in names:
            if not store.revoke_token(connection, name):
                raise UsageError(f"there is no token {name!r} that could be revoked: see `wiredesk token list`")
            output.say(f"token {name} revoked")


def _what(one: Token) -> str:
    parts = [", ".join(one.scopes)]
    if one.source:
        parts.append(f"source {one.source}")
    if one.revoked_at:
        parts.append(f"revoked {one.revoked_at:%Y-%m-%d}")
    elif one.expires_at:
        parts.append(f"until {one.expires_at:%Y-%m-%d %H:%M}")
    return "; ".join(parts)


def _as_json(one: Token) -> dict[str, object]:
    return {
        "name": one.name,
        "scopes": one.scopes,
        "source": one.source,
        "created_at": one.created_at,
        "expires_at": one.expires_at,
        "revoked_at": one.revoked_at,
        "last_used_at": one.last_used_at,
    }
