"""Documentation that is made from the program says what the program does."""

from __future__ import annotations

import re
from pathlib import Path

import psycopg
import pytest

from wiredesk.worker.cli import reference

_ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", reference.pages())
def test_generated_page_is_current(name: str) -> None:
    assert (_ROOT / "docs" / name).read_text(encoding="utf-8") == reference.pages()[name], "run `make docs`"


def test_every_published_column_has_a_comment(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        bare = connection.execute(
            "SELECT c.relname || '.' || a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
            " WHERE c.relnamespace = 'wire_v1'::regnamespace AND a.attnum > 0"
            " AND col_description(c.oid, a.attnum) IS NULL ORDER BY 1"
        ).fetchall()
    assert bare == []


def test_links_between_pages_lead_somewhere() -> None:
    links = [
        (page, target)
        for page in [_ROOT / "README.md", *(_ROOT / "docs").glob("*.md")]
        for target in re.findall(r"\]\((?!https?://|#)([^)#\s]+)", page.read_text(encoding="utf-8"))
    ]
    assert [f"{page.name}: {target}" for page, target in links if not (page.parent / target).exists()] == []
