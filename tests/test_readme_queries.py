"""README's queries find their rows by an index, whatever the archive holds."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from conftest import temporary_database
from newsroom import ROOT

from wiredesk.worker import db
from wiredesk.worker.db import Connection

_ARTICLES = 100_000
# One article each 45 minutes, from a week before the evening in README until now; the rows that a query wants are rare.
_ROWS = f"""
CREATE TEMPORARY TABLE n AS
SELECT n, timestamptz '2018-05-25' + (now() - timestamptz '2018-05-25') * n / {_ARTICLES} AS at
FROM generate_series(1, {_ARTICLES}) n;
INSERT INTO wiredesk.source (slug, name) SELECT 'paper-' || s, 'Paper ' || s FROM generate_series(1, 50) s;
INSERT INTO wiredesk.story (story_id, first_seen_at, original_article_id, merged_into)
SELECT n, at, n, CASE WHEN n = 3 THEN 1 END FROM n;
INSERT INTO wiredesk.article (article_id, story_id, source_id, first_seen_at, last_seen_at, meaning_sha256, filed_at)
SELECT n, n, 1 + n % 50, at, at, '', at FROM n;
INSERT INTO wiredesk.revision (article_id, revision_no, observed_at, document_id, change_kind, headline, body_text,
                               published_at, published_precision, dateline_place, word_count, content_sha256,
                               meaning_sha256, filed_at)
SELECT n, 1, at, n, 'created', 'Headline ' || n, repeat('Some words of copy. ', 20), at, 'second',
       CASE n % 40 WHEN 0 THEN 'PARIS' ELSE 'PLACE ' || n % 300 END, 80, '', '', at FROM n;
INSERT INTO wiredesk.quote (article_id, revision_no, ordinal, text, start_offset, end_offset, speaker, kind)
SELECT n, 1, q, 'words', 0, 5, CASE WHEN n % 2000 = 0 THEN 'Sergey Lavrov' ELSE 'Speaker ' || n * q % 5000 END, 'direct'
FROM n, generate_series(1, 3) q;
INSERT INTO wiredesk.outcome (received_at, document_id, item_no, origin, outcome, reason)
SELECT at, n, 1, 'submission', CASE n % 20 WHEN 0 THEN 'rejected' ELSE 'created' END,
       CASE n % 20 WHEN 0 THEN 'empty: nothing' END FROM n;
INSERT INTO wiredesk.change (kind, article_id, revision_no, story_id) SELECT 'created', n, 1, n FROM n;
ANALYZE;
"""
# Sequential scans by this connection, with those inside functions, which EXPLAIN does not show. A partition is a table
# of its own, and the rows of past years are in `outcome_other`.
_SCANS = """
SELECT relname, coalesce(seq_scan, 0) FROM pg_stat_xact_all_tables
WHERE schemaname = 'wiredesk' AND relname IN ('article', 'revision', 'quote', 'outcome_other', 'change', 'story')
"""


def _queries() -> dict[str, str]:
    """The queries of README's section "Read the rows", by the comments above them."""
    section = (ROOT / "README.md").read_text().split("## Read the rows")[1]
    block = re.search(r"```sql\n(.*?)```", section, re.DOTALL)
    assert block is not None
    return dict(re.findall(r"-- ([^\n]+)\n(.*?;)\n", block[1], re.DOTALL))


QUERIES = _queries()


@pytest.fixture(scope="module")
def archive(postgres_url: str, template_database: str) -> Iterator[Connection]:
    """A database with the rows; no test changes it."""
    with temporary_database(postgres_url, template_database) as url, db.alone(url) as connection:
        connection.execute(_ROWS)
        yield connection


def test_readme_has_its_queries() -> None:
    assert len(QUERIES) == 7


@pytest.mark.parametrize("what", QUERIES)
def test_a_query_reads_no_large_table_from_end_to_end(archive: Connection, what: str) -> None:
    with archive.transaction(force_rollback=True):
        before = set(archive.execute(_SCANS))
        assert archive.execute(QUERIES[what]).fetchall()
        assert set(archive.execute(_SCANS)) - before == set()
