"""The generated pages of docs/ say what the program says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from worker.cli import reference, settings

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize(("page", "write"), [("cli.md", reference.as_markdown), ("settings.md", settings.as_markdown)])
def test_a_generated_page_is_current(page: str, write: Callable[[], str]) -> None:
    assert (DOCS / page).read_text(encoding="utf-8") == write(), "run make docs"
