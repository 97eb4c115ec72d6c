"""Sending changes to other systems."""

from __future__ import annotations

from wiredesk.worker import logs
from wiredesk.worker.app import app, settings
from wiredesk.worker.push.sending import send_changes


@app.task(name="wiredesk.push_changes", queue="push")
def push_changes(push_ids: list[int], token: str) -> None:
    """Send the changes of leased pushes. Idempotent by the lease token; a message can come twice, under the same id."""
    for push_id in push_ids:
        with logs.bound(push_id=push_id):
            send_changes(settings(), push_id, token)
