"""The client for producers in Python: `from wiredesk.client import Desk`."""

from wiredesk.worker.inbox.client import Desk

__all__ = ["Desk"]
