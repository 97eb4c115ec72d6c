"""A record's fields are the columns of its query: a misspelt one would be NULL in PostgreSQL, and no error.

The functions of the store say which record goes with which query: by the types in their signatures.
"""

from __future__ import annotations

import ast
import dataclasses
import importlib
import re
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest
from newsroom import ROOT
from psycopg import sql

from wiredesk import schema
from wiredesk.worker.db import Connection

NOUNS = sorted(path.stem for path in (ROOT / "schema" / "queries").glob("*.sql"))
_RECORDSET = re.compile(r"json_to_record(?:set)?\(%\((\w+)\)s::json\)\s+AS \w+ \(([^)]*)\)")
_PARAMETER = re.compile(r"%\((\w+)\)([sb])")


@dataclass(frozen=True, slots=True)
class Use:
    """A function of the store, the query that it runs, the records it takes and the record it gives."""

    noun: str
    function: str
    query: str
    taken: tuple[type, ...]
    given: type | None

    def __str__(self) -> str:
        return f"{self.noun}.{self.function}"


def uses() -> Iterator[Use]:
    for noun in NOUNS:
        module = importlib.import_module(f"wiredesk.worker.store.{noun}")
        for node in ast.parse((ROOT / "worker" / "store" / f"{noun}.py").read_text()).body:
            if not isinstance(node, ast.FunctionDef):
                continue
            queries = {name for n in ast.walk(node) if (name := _query(n))}
            hints = typing.get_type_hints(getattr(module, node.name))
            given = next(iter(_records(hints.pop("return", None))), None)
            taken = tuple(
                k for hint in hints.values() for k in _records(hint) if issubclass(k, msgspec.Struct) and _fields(k)
            )
            if len(queries) == 1 and (given or taken):
                yield Use(noun, node.name, queries.pop(), taken, given)


def _query(node: ast.AST) -> str | None:
    """The name in `_SQL["name"]`."""
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == "_SQL":
        return str(node.slice.value) if isinstance(node.slice, ast.Constant) else None
    return None


def _records(hint: Any) -> Iterator[type]:
    """The records in a type: of `Sequence[R]`, `list[R]`, `R | None`, and the values of a mapping."""
    if isinstance(hint, type) and (issubclass(hint, msgspec.Struct) or dataclasses.is_dataclass(hint)):
        yield hint
    elif typing.get_origin(hint) in (Mapping, dict):
        yield from _records(typing.get_args(hint)[1])
    else:
        for argument in typing.get_args(hint):
            yield from _records(argument)


def _fields(record: type) -> list[str]:
    """Of a struct or dataclass; the base of all structs has none."""
    if issubclass(record, msgspec.Struct):
        return [field.encode_name for field in msgspec.structs.fields(record)]
    return [field.name for field in dataclasses.fields(record)] if dataclasses.is_dataclass(record) else []


@pytest.mark.parametrize("use", [use for use in uses() if use.taken], ids=str)
def test_written_records_have_the_columns_of_their_query(use: Use) -> None:
    recordsets = _RECORDSET.findall(schema.queries(use.noun)[use.query])
    assert len(recordsets) == len(use.taken) == 1
    assert _fields(use.taken[0]) == [column.split()[0] for column in recordsets[0][1].split(",")]


@pytest.mark.parametrize("use", [use for use in uses() if use.given], ids=str)
def test_read_records_have_the_columns_of_their_query(connection: Connection, use: Use) -> None:
    """PostgreSQL describes the columns without running the query."""
    assert use.given is not None
    names: dict[str, int] = {}

    def numbered(match: re.Match[str]) -> str:
        return f"${names.setdefault(match[1], len(names) + 1)}"

    text = _PARAMETER.sub(numbered, schema.queries(use.noun)[use.query]).replace("%%", "%")
    connection.pgconn.prepare(b"described", sql.SQL(text).as_bytes(connection))
    described = connection.pgconn.describe_prepared(b"described")
    columns = {(described.fname(n) or b"").decode() for n in range(described.nfields)}
    assert set(_fields(use.given)) == columns
