"""A record's fields are the columns of its query: a misspelt one would be NULL in PostgreSQL, and no error."""

from __future__ import annotations

import dataclasses
import re

import msgspec
import pytest

from wiredesk import schema
from wiredesk.worker.db import Connection
from wiredesk.worker.store import inbox, records

TAKEN_BY: list[tuple[type[msgspec.Struct], str, str]] = [
    (records.SubmissionKeyRow, "inbox", "latest_versions"),
    (records.SubmissionRow, "inbox", "add_submissions"),
    (records.DocumentRow, "inbox", "add_documents"),
    (records.FetchedRow, "inbox", "store_fetched"),
    (records.PostponedRow, "inbox", "postpone_documents"),
    (records.ClosingRow, "inbox", "finish_documents"),
    (records.OutcomeRow, "articles", "add_outcomes"),
    (records.OutcomeRow, "articles", "amend_outcomes"),
]
GIVEN_BY: list[tuple[type, str, str]] = [
    (inbox.LatestVersion, "inbox", "latest_versions"),
    (inbox.Delivered, "inbox", "deliveries"),
    (inbox.Leased, "inbox", "lease_documents"),
    (inbox.Leased, "inbox", "lease_stored"),
    (inbox.Taken, "inbox", "take_documents"),
    (inbox.Taken, "inbox", "stored_documents"),
]
PARAMETER = re.compile(r"%\((\w+)\)s")
COLUMNS = re.compile(r"json_to_recordset\(%\(rows\)s::json\)\s+AS \w+ \((.*?)\)\s*(?:$|\n)", re.DOTALL)


@pytest.mark.parametrize(("record", "noun", "query"), TAKEN_BY, ids=lambda value: getattr(value, "__name__", value))
def test_a_query_takes_the_fields_of_its_record(record: type[msgspec.Struct], noun: str, query: str) -> None:
    (columns,) = COLUMNS.findall(schema.queries(noun)[query])
    names = [column.split()[0] for column in columns.split(",")]
    assert names == [field.name for field in msgspec.structs.fields(record)]


@pytest.mark.parametrize(("record", "noun", "query"), GIVEN_BY, ids=lambda value: getattr(value, "__name__", value))
def test_a_query_gives_the_fields_of_its_record(connection: Connection, record: type, noun: str, query: str) -> None:
    sql = schema.queries(noun)[query]
    empty = {"rows": "[]", "lease_seconds": 1.0, "limit": 1, "needs": "ingest"}
    cursor = connection.execute(sql, {name: empty.get(name) for name in PARAMETER.findall(sql)})
    assert cursor.description is not None
    assert sorted(c.name for c in cursor.description) == sorted(field.name for field in dataclasses.fields(record))
