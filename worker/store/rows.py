"""Many rows as one parameter: a JSON array that PostgreSQL unfolds with json_to_recordset; and rows as records.

One statement a table, whatever the size of the batch; JSON is what both sides write and read fastest of what was
measured (docs/decisions.md).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from psycopg import Cursor

from wiredesk.worker.db import storable

Record = TypeVar("Record", bound=msgspec.Struct)

# PostgreSQL text can't hold NUL. An even number of backslashes before it means that the escape is real.
_NUL = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")


Rows = Sequence[Mapping[str, Any] | msgspec.Struct]


def as_json(rows: Rows) -> str:
    """The rows as JSON text; NUL characters and lone surrogates, which text columns can't hold, are dropped."""
    try:
        encoded = msgspec.json.encode(rows)
    except UnicodeEncodeError:
        encoded = msgspec.json.encode(_storable(msgspec.to_builtins(rows)))
    if b"\\u0000" in encoded:
        encoded = _NUL.sub(rb"\1", encoded)
    return encoded.decode()


def record_of(kind: type[Record]) -> Callable[[Cursor[Any]], Callable[[Sequence[Any]], Record]]:
    """A row factory: each row as a `kind`, by the names of the columns; JSON columns become the types of its fields.

    Where a row can't be read as it is, its fields that have defaults get them: state that another version of this
    program wrote is begun anew, and the other rows are not affected.
    """
    required = {field.name for field in msgspec.structs.fields(kind) if field.required}

    def factory(cursor: Cursor[Any]) -> Callable[[Sequence[Any]], Record]:
        names = [column.name for column in cursor.description or ()]

        def make(row: Sequence[Any]) -> Record:
            values = dict(zip(names, row, strict=True))
            try:
                return msgspec.convert(values, kind)
            except msgspec.ValidationError:
                return msgspec.convert({name: values[name] for name in values if name in required}, kind)

        return make

    return factory


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, Mapping):
        return {_storable(key): _storable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_storable(item) for item in value]
    return value
