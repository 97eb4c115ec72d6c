"""What the data is: migrations, named queries, the message contract, and a loader for them. Imports nothing of ours."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import LiteralString

_HERE = Path(__file__).resolve().parent
_NAME = re.compile(r"^-- ([a-z_]+) --$", re.MULTILINE)
_MIGRATION = re.compile(r"^(\d{4})_(pre|post)_[a-z0-9_]+\.sql$")


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the schema. `phase` is `pre` (runs under the code before) or `post` (runs under the code after)."""

    number: int
    phase: str
    name: str
    sql: LiteralString
    checksum: str


@cache
def migrations() -> tuple[Migration, ...]:
    """Every migration in order of its number."""
    found = []
    for path in sorted((_HERE / "migrations").glob("*.sql")):
        matched = _MIGRATION.match(path.name)
        if not matched:
            raise ValueError(f"{path.name}: a migration is called NNNN_pre_what.sql or NNNN_post_what.sql")
        text = path.read_text(encoding="utf-8")
        found.append(
            Migration(
                number=int(matched[1]),
                phase=matched[2],
                name=path.stem,
                sql=text,
                checksum=hashlib.sha256(text.encode()).hexdigest(),
            )
        )
    return tuple(found)


@cache
def queries(noun: str) -> dict[str, LiteralString]:
    """The named queries of `schema/queries/<noun>.sql`: blocks that start with `-- name --`, then a line of meaning."""
    text = (_HERE / "queries" / f"{noun}.sql").read_text(encoding="utf-8")
    parts = _NAME.split(text)
    return {name: sql.strip() for name, sql in zip(parts[1::2], parts[2::2], strict=True)}


def message_schema() -> str:
    """The JSON Schema of `submit_article.v1`, as text."""
    return (_HERE / "messages" / "submit_article.v1.json").read_text(encoding="utf-8")
