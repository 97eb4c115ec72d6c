"""Run the service `web` in the foreground: `python -m wiredesk.worker.web.serve`; SIGTERM stops it.

The server's parent process reads no request; it starts its worker anew when that ends.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Callable

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server import Server

from wiredesk.worker.errors import SettingsError
from wiredesk.worker.machine import services, startup
from wiredesk.worker.machine.embedded import die_with_parent
from wiredesk.worker.settings import Settings, load

# Requests that the worker holds at once; more wait in the kernel's queue. Long polls and event streams count.
_MOST_REQUESTS = 512
# A caller that does not complete its headers is disconnected.
_HEADER_MILLISECONDS = 10_000
_MAX_HEADER_BYTES = 32_768

_tie: Callable[[], None] | None = None


def main() -> int:
    """Run the server until SIGTERM; the exit code."""
    return startup.run(services.WEB.name, _serve)


def _serve(settings: Settings) -> None:
    global _tie
    host, port = free_port(settings)
    _tie = die_with_parent(signal.SIGTERM)
    # The worker is a fork and reads its address there.
    os.environ["WIREDESK_WEB_LISTEN"] = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    Server(
        "wiredesk.worker.web.serve:worker",
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        websockets=False,
        factory=True,
        backpressure=_MOST_REQUESTS,
        http1_settings=HTTP1Settings(header_read_timeout=_HEADER_MILLISECONDS, max_buffer_size=_MAX_HEADER_BYTES),
        log_dictconfig={"loggers": {"_granian": {"handlers": [], "propagate": True}}, "handlers": {}, "formatters": {}},
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        workers_kill_timeout=services.SOFT_STOP_SECONDS,
    ).serve()


def worker() -> object:
    """The ASGI application; called in the server's worker process."""
    if _tie is not None:
        _tie()
    from wiredesk.worker.web.app import make_app

    return make_app(load())


def free_port(settings: Settings) -> tuple[str, int]:
    """The address to listen on; port 0 becomes a free one. Raises `SettingsError` where the port can't be had."""
    host, port = settings.listen()
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            words = (error.strerror or str(error)).lower()
            raise SettingsError(f"WIREDESK_WEB_LISTEN={settings.web_listen}: {words}") from None
        return host, int(probe.getsockname()[1])


if __name__ == "__main__":
    # The server imports this module by its name, and `worker` there must find the `_tie` that `_serve` sets.
    from wiredesk.worker.web import serve

    sys.exit(serve.main())
