"""The ASGI application: its routes, its errors, and what runs as long as it does."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from importlib import metadata

from litestar import Litestar
from litestar.datastructures import State
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin

from wiredesk.worker import db, events, health
from wiredesk.worker.machine import services
from wiredesk.worker.settings import Settings
from wiredesk.worker.web import problems, searching
from wiredesk.worker.web.api import articles, machines
from wiredesk.worker.web.pages import rendering, routes

log = logging.getLogger(__name__)

_SIGN_SECONDS = 2.0


def make_app(settings: Settings) -> Litestar:
    """The application of one process. Handlers find `settings` as a dependency of that name."""

    @contextlib.asynccontextmanager
    async def running(_: Litestar) -> AsyncIterator[None]:
        indexer = searching.Indexer(settings)
        indexer.start()
        signs = asyncio.create_task(_leave_signs(health.leave_signs_as(services.WEB.name)))
        log.info(events.WEB_READY, extra={"address": f"http://{settings.web_listen}"})
        try:
            yield
        finally:
            signs.cancel()
            await asyncio.to_thread(indexer.stop)
            await asyncio.to_thread(db.close)
            log.info(events.WORKER_STOPPED)

    return Litestar(
        route_handlers=[*machines.HANDLERS, *articles.HANDLERS, routes.router()],
        template_config=rendering.templates(),
        exception_handlers={404: routes.not_found},
        state=State({"settings": settings, "flow": machines.FlowCache()}),
        lifespan=[running],
        plugins=[problems.plugin()],
        openapi_config=OpenAPIConfig(
            title="wiredesk",
            version=metadata.version("wiredesk"),
            description="The wire desk over HTTP: hand in, read, search, repair.",
            path="/v1",
            render_plugins=[JsonRenderPlugin(path="/openapi.json")],
        ),
        logging_config=None,
        debug=False,
    )


async def _leave_signs(alive: Callable[[], None]) -> None:
    while True:
        alive()
        await asyncio.sleep(_SIGN_SECONDS)
