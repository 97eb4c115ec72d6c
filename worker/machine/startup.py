"""The start of a service that is no Celery worker: settings, logs, the check of the schema."""

from __future__ import annotations

import sys
from collections.abc import Callable

from wiredesk.worker import db, logs
from wiredesk.worker.db import connected
from wiredesk.worker.errors import WiredeskError
from wiredesk.worker.migrate import require_current
from wiredesk.worker.settings import Settings, load


def run(service: str, serve: Callable[[Settings], None]) -> int:
    """Check Redis' address and the schema, then `serve`, with no connection open, for it may fork; the exit code.

    A `WiredeskError` of either is one line on standard error.
    """
    try:
        settings = load()
        logs.configure(settings.log_format, settings.log_level, service=service, count_in=settings.redis_url)
        settings.require_redis()
        try:
            with connected(settings.require_database()) as connection:
                require_current(connection)
        finally:
            db.close()
        serve(settings)
    except WiredeskError as error:
        print(f"wiredesk: {error}", file=sys.stderr, flush=True)  # noqa: T201
        return 1
    return 0
