"""Connections and settings for tests of the desk."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from newsroom import settings_of

from worker import db
from worker.db import Connection
from worker.settings import Settings


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    """A connection in autocommit mode to the test's own migrated database."""
    with db.alone(database_url) as connection:
        yield connection


@pytest.fixture
def settings(database_url: str) -> Iterator[Settings]:
    """Settings that know the database and no Redis; the process's pools are closed afterwards."""
    yield settings_of(database_url)
    db.close()
