"""The latest lines are found from the end of the files, over rotations and blocks."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from wiredesk.worker import log_search
from wiredesk.worker.log_search import Wanted


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, ...]:
    """4,000 numbered lines in two files; the older one ends in a line that was never completed."""
    older, newest = tmp_path / "wiredesk.jsonl.1", tmp_path / "wiredesk.jsonl"

    def line(number: int) -> str:
        values = {"at": f"2026-03-01T10:00:00.{number:06}+00:00", "event": "item.outcome", "feed_id": number % 2}
        return json.dumps(values | {"level": "info", "message": f"€ {number}" + "x" * 40})

    older.write_text("\n".join(map(line, range(2_000))) + '\n{"at": "2026', encoding="utf-8")
    newest.write_text("\n".join(map(line, range(2_000, 4_000))) + "\n", encoding="utf-8")
    return older, newest


def numbers(lines: Sequence[Mapping[str, object]]) -> list[int]:
    return [int(str(line["message"]).strip("€ x")) for line in lines]


def test_the_latest_lines_come_first_over_blocks_and_files(files: tuple[Path, ...]) -> None:
    found = log_search.latest(files, Wanted(), limit=5_000, most_bytes=10_000_000)
    assert numbers(found) == list(range(3_999, -1, -1))
    wanted = Wanted(ids={"feed": {"1"}})
    assert numbers(log_search.latest(files, wanted, limit=3, most_bytes=10_000_000)) == [3_999, 3_997, 3_995]


def test_only_the_end_of_the_files_is_read(files: tuple[Path, ...]) -> None:
    line_bytes = len(files[1].read_bytes().splitlines(keepends=True)[0])
    found = log_search.latest(files, Wanted(), limit=5_000, most_bytes=10 * line_bytes + 5)
    assert numbers(found) == list(range(3_999, 3_989, -1))


def test_a_file_that_was_rotated_away_is_passed_over(files: tuple[Path, ...]) -> None:
    gone = (files[0].with_name("wiredesk.jsonl.9"), *files)
    assert len(log_search.latest(gone, Wanted(), limit=5_000, most_bytes=10_000_000)) == 4_000
