"""`wiredesk sql` and `wiredesk reader`: the rows for people, and the logins that see nothing else."""

from __future__ import annotations

import csv
import os
import re
import secrets
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click
import psycopg
from psycopg import conninfo, sql

from wiredesk.worker import db
from wiredesk.worker.cli import output
from wiredesk.worker.db import Connection
from wiredesk.worker.errors import UsageError
from wiredesk.worker.settings import load

READER = "wiredesk_reader"
_EMBARGOED = "wiredesk_embargoed"
_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")
# Limits of a reader's session: read-only, the published schema, a bounded time.
_SESSION: Mapping[str, str] = {
    "role": READER,
    "search_path": "wire_v1",
    "default_transaction_read_only": "on",
    "statement_timeout": "5min",
}


@click.command("sql")
@click.argument("query", required=False)
@click.option("-c", "--command", "command", metavar="SQL", help="Run this query and end. The same as QUERY.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "csv", "json"]),
    default="table",
    show_default=True,
    help="With a query: format of the rows; json prints a line for each row.",
)
@click.option("--no-psql", is_flag=True, help="Use the small prompt even where psql is installed.")
def sql_(query: str | None, command: str | None, form: str, no_psql: bool) -> None:
    """Query the published schema, as the role wiredesk_reader, read-only.

    Without a query it opens psql where that is installed, and else a small prompt: a query ends with a semicolon, \\d
    lists the views, \\d VIEW its columns, \\q ends. Standard input that is no terminal is read as queries.

        wiredesk sql 'SELECT headline, source FROM articles ORDER BY article_id DESC LIMIT 10'
    """
    database_url = load().require_database()
    asked = command or query
    if asked is None and sys.stdin.isatty() and not no_psql and (psql := shutil.which("psql")):
        sys.stdout.flush()
        os.execve(psql, [psql, "--no-psqlrc", "--set=PROMPT1=wire_v1> "], _psql_environment(database_url))  # noqa: S606
    with db.alone(database_url) as connection:
        _become_reader(connection)
        if asked is not None:
            if not _show(connection, asked, form):
                sys.exit(1)
            return
        failed = _prompt(connection, form)
    if failed and not sys.stdin.isatty():
        sys.exit(1)


@click.group()
def reader() -> None:
    """Logins for people and programs that read: they see wire_v1 and nothing else."""


@reader.command("create")
@click.argument("name")
@click.option("--embargoed", is_flag=True, help="The login sees articles under embargo too.")
@output.FORMAT
def create_reader(name: str, embargoed: bool, output_format: str) -> None:
    """Make the login NAME with a password of its own, which is printed once. Again: a new password."""
    if not _NAME.fullmatch(name) or name.startswith(("pg_", "wiredesk")):
        raise click.BadParameter(f"{name!r}: small letters, digits and _, not beginning with pg_ or wiredesk")
    password = secrets.token_urlsafe(24)
    database_url = load().require_owner()
    with db.alone(database_url) as connection:
        known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone()
        if known and not _is_reader(connection, name):
            raise UsageError(f"there is a role {name} that is no reader of wiredesk: choose another name")
        verb = sql.SQL("ALTER ROLE" if known else "CREATE ROLE")
        with connection.transaction():
            connection.execute(
                sql.SQL("{} {} LOGIN INHERIT PASSWORD {}").format(verb, sql.Identifier(name), sql.Literal(password))
            )
            connection.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(READER), sql.Identifier(name)))
            grant = sql.SQL("GRANT {} TO {}") if embargoed else sql.SQL("REVOKE {} FROM {}")
            connection.execute(grant.format(sql.Identifier(_EMBARGOED), sql.Identifier(name)))
            for setting in ("search_path", "default_transaction_read_only", "statement_timeout"):
                connection.execute(
                    sql.SQL("ALTER ROLE {} SET {} = {}").format(
                        sql.Identifier(name), sql.Identifier(setting), sql.Literal(_SESSION[setting])
                    )
                )
    address = _url_of(database_url, name, password)
    if output_format == "json":
        output.json_line({"name": name, "url": address})
    else:
        output.document(f"{address}\n")


@reader.command("drop")
@click.argument("name")
def drop_reader(name: str) -> None:
    """Remove the login NAME."""
    with db.alone(load().require_owner()) as connection:
        if not _is_reader(connection, name):
            raise UsageError(f"no reader is called {name}: see `wiredesk reader list`")
        connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))
    output.say(f"{name} dropped")


@reader.command("list")
def list_readers() -> None:
    """List the logins that read."""
    with db.alone(load().require_database()) as connection:
        names = _readers(connection)
    for name in names:
        output.say(name)
    if not names:
        output.say("no login reads wire_v1 yet: wiredesk reader create NAME", err=True)


def _readers(connection: Connection) -> list[str]:
    rows = connection.execute(
        "SELECT m.rolname FROM pg_auth_members a JOIN pg_roles m ON m.oid = a.member "
        "JOIN pg_roles r ON r.oid = a.roleid WHERE r.rolname = %s AND m.rolcanlogin AND NOT m.rolsuper "
        # The owner is a member of the roles that it made, and wiredesk_writer becomes the reader for `wiredesk sql`.
        "AND NOT m.rolcreaterole AND m.rolname NOT LIKE 'wiredesk%%' ORDER BY 1",
        [READER],
    )
    return [name for (name,) in rows]


def _is_reader(connection: Connection, name: str) -> bool:
    return name in _readers(connection)


def _url_of(database_url: str, user: str, password: str) -> str:
    parts = conninfo.conninfo_to_dict(database_url)
    place = f"{parts.get('host') or 'localhost'}:{parts.get('port') or 5432}"
    return f"postgresql://{user}:{password}@{place}/{parts.get('dbname') or user}"


def _psql_environment(database_url: str) -> dict[str, str]:
    """psql's environment with server and login: every user of the machine can read a command line."""
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}
    parts = conninfo.conninfo_to_dict(database_url)
    options = " ".join(f"-c {name}={value}" for name, value in _SESSION.items())
    given = {names[name]: str(value) for name, value in parts.items() if name in names and value}
    return {**os.environ, **given, "PGOPTIONS": options}


def _become_reader(connection: Connection) -> None:
    user = connection.info.user
    for name, value in _SESSION.items():
        if name == "role" and user != READER and _is_reader(connection, user):
            continue  # a reader's own login sees no more than the role
        connection.execute("SELECT set_config(%s, %s, false)", [name, value])


def _show(connection: Connection, query: str, form: str) -> bool:
    """Run one query and print its rows; False after an error, which is said in a line."""
    try:
        cursor = connection.execute(query)
        while True:
            if cursor.description:
                _print([column.name for column in cursor.description], cursor.fetchall(), form)
            elif form == "table":
                output.say(cursor.statusmessage or "")
            if not cursor.nextset():
                return True
    except psycopg.Error as error:
        if connection.closed:
            raise
        lines = [line for line in str(error).splitlines() if line.strip() and line.strip() != "^"]
        output.complain(" ".join(line.strip() for line in lines[:2]) or type(error).__name__)
        return False


def _print(names: Sequence[str], rows: Sequence[Sequence[Any]], form: str) -> None:
    if form == "json":
        for row in rows:
            output.json_line(dict(zip(names, row, strict=True)))
    elif form == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(names)
        writer.writerows(rows)
    else:
        shown = [{name: _cell(value) for name, value in zip(names, row, strict=True)} for row in rows]
        output.table(shown, names)
        output.say(f"({len(rows):,} row{'' if len(rows) == 1 else 's'})")


def _cell(value: object) -> str | None:
    if value is None:
        return None
    text = " ".join(str(value).split())
    return text if len(text) <= 60 else f"{text[:59]}…"


def _prompt(connection: Connection, form: str) -> bool:
    """Read queries until the end; whether one failed."""
    failed = False
    for asked in _queries():
        if asked.startswith("\\"):
            failed |= not _describe(connection, asked, form)
        else:
            failed |= not _show(connection, asked, form)
    return failed


def _queries() -> Iterable[str]:
    """Typed or piped queries, cut at semicolons that end a line; a line that begins with a backslash stands alone."""
    is_terminal = sys.stdin.isatty()
    held: list[str] = []
    while True:
        if is_terminal:
            sys.stderr.write("wire_v1> " if not held else "      -> ")
            sys.stderr.flush()
        line = sys.stdin.readline()
        text = line.strip()
        if not line or (not held and text in ("\\q", "quit", "exit")):
            break
        if not held and text.startswith("\\"):
            yield text
        elif text:
            held.append(line)
            if text.endswith(";"):
                yield "".join(held)
                held.clear()
    if "".join(held).strip():
        yield "".join(held)


def _describe(connection: Connection, asked: str, form: str) -> bool:
    r"""`\d`: the views; `\d NAME`: the columns of one, with what they mean."""
    command, _, name = asked.partition(" ")
    if command not in ("\\d", "\\dv", "\\d+"):
        output.complain(f"{command} is not known here: \\d, \\d VIEW, \\q, or a query that ends with a semicolon")
        return False
    if not name.strip():
        views = (
            "SELECT viewname AS view, obj_description(format('wire_v1.%I', viewname)::regclass) AS meaning "
            "FROM pg_views WHERE schemaname = 'wire_v1' ORDER BY 1"
        )
        return _show(connection, views, form)
    columns = sql.SQL(
        "SELECT attname AS column, format_type(atttypid, atttypmod) AS type, "
        "col_description(attrelid, attnum) AS meaning "
        "FROM pg_attribute WHERE attrelid = to_regclass({}) AND attnum > 0 ORDER BY attnum"
    ).format(sql.Literal(f"wire_v1.{name.strip()}"))
    return _show(connection, columns.as_string(connection), form)
