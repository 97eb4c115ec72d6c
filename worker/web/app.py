"""The ASGI application: its routes, its errors, and what runs as long as it does."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from importlib import metadata

from litestar import HttpMethod, Litestar, Response, route
from litestar.datastructures import MutableScopeHeaders, State
from litestar.handlers import HTTPRouteHandler
from litestar.middleware import DefineMiddleware
from litestar.openapi import OpenAPIConfig
from litestar.types import Message, Scope

from wiredesk.worker import db, events, health
from wiredesk.worker.machine import services
from wiredesk.worker.settings import Settings
from wiredesk.worker.store import subscriptions
from wiredesk.worker.web import access, problems, searching
from wiredesk.worker.web.api import (
    article_feeds,
    articles,
    changes,
    feeds,
    machines,
    metrics,
    rejected,
    stories,
    submissions,
    websub,
)
from wiredesk.worker.web.api.bodies import Room, StrictRequest
from wiredesk.worker.web.api.document import RenderPlugin
from wiredesk.worker.web.pages import rendering, routes
from wiredesk.worker.web.submitting import Submitter

log = logging.getLogger(__name__)

_SIGN_SECONDS = 2.0
_SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-cache",
}


def make_app(settings: Settings) -> Litestar:
    """The application of one process. Handlers find `settings` as a dependency of that name."""

    submitter = Submitter(settings)

    @contextlib.asynccontextmanager
    async def running(app: Litestar) -> AsyncIterator[None]:
        indexer = searching.Indexer(settings)
        indexer.start()
        writer = asyncio.create_task(submitter.run())
        if settings.public_url:
            await asyncio.to_thread(_rebase, settings)
        signs = asyncio.create_task(_leave_signs(health.leave_signs_as(services.WEB.name)))
        log.info(events.WEB_READY, extra={"address": f"http://{settings.web_listen}"})
        try:
            yield
        finally:
            signs.cancel()
            writer.cancel()
            await app.state.rates.close()
            await asyncio.to_thread(indexer.stop)
            await asyncio.to_thread(db.close)
            log.info(events.WORKER_STOPPED)

    handlers = [
        *machines.HANDLERS,
        *metrics.HANDLERS,
        *submissions.HANDLERS,
        *articles.HANDLERS,
        *article_feeds.HANDLERS,
        *stories.HANDLERS,
        *feeds.HANDLERS,
        *rejected.HANDLERS,
        *changes.HANDLERS,
        *websub.HANDLERS,
    ]
    return Litestar(
        # OPTIONS first: a path gets its handler of Litestar when the first other one is registered.
        route_handlers=[*_options(handlers), *handlers, routes.router()],
        template_config=rendering.templates(),
        exception_handlers={404: routes.not_found},
        state=State(
            {
                "settings": settings,
                "flow": machines.FlowCache(),
                "tokens": access.Tokens(settings),
                "rates": access.Rates(settings),
                "room": Room(),
                "submitter": submitter,
            }
        ),
        middleware=[DefineMiddleware(access.Authentication)],
        request_class=StrictRequest,
        before_send=[_secured],
        lifespan=[running],
        plugins=[problems.plugin()],
        openapi_config=OpenAPIConfig(
            title="wiredesk",
            version=metadata.version("wiredesk"),
            description="The wire desk over HTTP: hand in, read, search, repair.",
            path="/v1",
            use_handler_docstrings=True,
            render_plugins=[RenderPlugin(path="/openapi.json")],
        ),
        logging_config=None,
        debug=False,
    )


def _options(handlers: Iterable[HTTPRouteHandler]) -> Iterator[HTTPRouteHandler]:
    """OPTIONS of the paths with several handlers: that of Litestar 2 names the methods of one of them."""
    methods: dict[str, list[str]] = defaultdict(list)
    for handler in handlers:
        for path in handler.paths:
            methods[path] += map(str, handler.http_methods)
    return (_options_of(path, found) for path, found in methods.items() if len(found) > 1)


def _options_of(path: str, methods: Iterable[str]) -> HTTPRouteHandler:
    allowed = ", ".join(sorted({*methods, "OPTIONS"}))

    @route(path, http_method=[HttpMethod.OPTIONS], include_in_schema=False, status_code=204, sync_to_thread=False)
    def options() -> Response[None]:
        return Response(None, headers={"Allow": allowed})

    return options


def _rebase(settings: Settings) -> None:
    """Tell hubs where we are now, if the public address changed."""
    with db.connected(settings.database_url) as connection:
        subscriptions.rebase(connection, settings.public_url)


async def _secured(message: Message, _: Scope) -> None:
    """Headers of every answer: only this server's scripts run, no frame holds the page, links send no referrer."""
    if message["type"] == "http.response.start":
        headers = MutableScopeHeaders.from_message(message)
        for name, value in _SECURITY_HEADERS.items():
            headers.setdefault(name, value)


async def _leave_signs(alive: Callable[[], None]) -> None:
    while True:
        alive()
        await asyncio.sleep(_SIGN_SECONDS)
