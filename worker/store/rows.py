"""Many rows as one parameter: a JSON array that PostgreSQL unfolds with json_to_recordset.

One statement a table, whatever the size of the batch; JSON is what both sides write and read fastest of what was
measured (docs/decisions.md).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

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


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "ignore").decode()
    if isinstance(value, Mapping):
        return {_storable(key): _storable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_storable(item) for item in value]
    return value
