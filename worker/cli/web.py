"""`wiredesk web`: the HTTP API and the pages, in the foreground."""

from __future__ import annotations

import sys

import click


@click.command("web")
def web() -> None:
    """Answer over HTTP: the API under /v1, and the pages; SIGTERM or Ctrl-C stops it.

    `wiredesk up` and compose run it as the service `web`. The setting web_listen says where it listens.
    """
    from wiredesk.worker.web import serve

    sys.exit(serve.main())
