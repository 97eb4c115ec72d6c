"""`wiredesk sql`, `url` and `reader`: rows for people, and logins that see wire_v1 and nothing else."""

from __future__ import annotations

import json

import psycopg
import pytest
from newsroom import FERRY, Ran, hand_in, run, submit_and_file, value

from wiredesk.worker.db import Connection
from wiredesk.worker.settings import Settings


def wiredesk(settings: Settings, *arguments: str, stdin: bytes = b"") -> Ran:
    return run(*arguments, environment={"WIREDESK_DATABASE_URL": settings.database_url}, stdin=stdin)


def test_rows_as_table_csv_and_json(connection: Connection, settings: Settings) -> None:
    submit_and_file(connection, settings, {"content": FERRY, "key": "k", "source": "Harbour, Wire"})
    query = "SELECT source, revision_no, byline FROM articles"
    assert wiredesk(settings, "sql", query).lines() == [
        "SOURCE         REVISION NO  BYLINE",
        "Harbour, Wire  1            By Nora Castellan",
        "(1 row)",
    ]
    assert wiredesk(settings, "sql", "-c", query, "--format", "csv").out == (
        'source,revision_no,byline\n"Harbour, Wire",1,By Nora Castellan\n'
    )
    (line,) = wiredesk(settings, "sql", query, "--format", "json").lines()
    assert json.loads(line) == {"source": "Harbour, Wire", "revision_no": 1, "byline": "By Nora Castellan"}


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELECT count(*) FROM wiredesk.document", "permission denied for"),
        ("DELETE FROM wire_v1.articles", 'cannot delete from view "articles"'),
        ("SELECT nothing FROM articles", 'column "nothing" does not exist LINE 1: SELECT nothing FROM articles'),
        ("SELECT pg_read_file('/etc/passwd')", "permission denied for function pg_read_file"),
    ],
)
def test_it_reads_the_published_schema_only(settings: Settings, query: str, said: str) -> None:
    ran = wiredesk(settings, "sql", query)
    assert (ran.code, ran.out, len(ran.errors())) == (1, "", 1), ran
    assert said in ran.err


def test_queries_from_a_pipe_and_what_there_is(connection: Connection, settings: Settings) -> None:
    hand_in(connection, {"content": FERRY})
    ran = wiredesk(settings, "sql", "--format", "csv", stdin=b"SELECT 1 AS one;\nSELECT 2\n  AS two;\n\\d outcomes\n")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("one\n1\ntwo\n2\ncolumn,type,meaning\nreceived_at,timestamp with time zone,")
    wrong = wiredesk(settings, "sql", stdin=b"\\x\nSELEC;\n")
    assert (wrong.code, len(wrong.errors())) == (1, 2)


def test_a_reader_sees_wire_v1_and_nothing_else(connection: Connection, settings: Settings) -> None:
    name = f"reader_{connection.info.dbname[-8:]}"
    try:
        made = wiredesk(settings, "reader", "create", name)
        assert (made.code, made.err) == (0, ""), made
        url = made.out.strip()
        with psycopg.connect(url, autocommit=True) as login:
            assert login.execute("SELECT count(*) FROM articles").fetchone() == (0,)
            login.execute("SET default_transaction_read_only = off")  # privileges hold by themselves
            for query in ("SELECT 1 FROM wiredesk.article", "CREATE TABLE x ()", "DELETE FROM wire_v1.feeds"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    login.execute(query)
        again = wiredesk(settings, "reader", "create", name, "--format", "json")
        assert json.loads(again.out)["url"] != url
        assert name in wiredesk(settings, "reader", "list").lines()
        own = {"WIREDESK_DATABASE_URL": json.loads(again.out)["url"]}
        assert run("sql", "SELECT count(*) FROM articles", environment=own).code == 0
        assert wiredesk(settings, "reader", "drop", name).out == f"{name} dropped\n"
        assert value(connection, "SELECT count(*) FROM pg_roles WHERE rolname = %s", name) == 0
    finally:
        connection.execute(f'DROP ROLE IF EXISTS "{name}"')
    assert wiredesk(settings, "reader", "create", "wiredesk").code == 2
    assert wiredesk(settings, "reader", "drop", "wiredesk").code == 1


def test_addresses_for_other_programs(settings: Settings) -> None:
    assert wiredesk(settings, "url", "postgres").out == f"{settings.database_url}\n"
    missing = wiredesk(settings, "url", "redis")
    assert (missing.code, missing.out) == (1, "")
