"""The routes of the pages, their static files, and their errors as pages."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, Router
from litestar.exceptions import HTTPException
from litestar.plugins.problem_details import ProblemDetailsException
from litestar.response import Redirect
from litestar.static_files import create_static_files_router

from wiredesk.worker.errors import WiredeskError
from wiredesk.worker.web import problems
from wiredesk.worker.web.access import requires
from wiredesk.worker.web.pages import articles, feeds, log, overview, rejected, session, stories
from wiredesk.worker.web.pages.rendering import STATIC, page

_HANDLERS = (
    overview.now,
    articles.articles,
    articles.article,
    articles.revision,
    stories.stories,
    stories.story,
    feeds.feeds,
    feeds.feed,
    feeds.opml,
    rejected.rejected,
    rejected.rejected_document,
    log.log,
)


_ACTIONS = (feeds.add, feeds.check, feeds.change, feeds.import_opml, rejected.close)


def router() -> Router:
    return Router(
        path="/",
        route_handlers=[
            Router(path="/", route_handlers=_HANDLERS, guards=[requires("read")]),
            Router(path="/", route_handlers=_ACTIONS, guards=[requires("admin")]),
            *session.HANDLERS,
            create_static_files_router(path="/static", directories=[STATIC], include_in_schema=False),
        ],
        # The application has a handler for each of these, and the one of the nearest class is taken.
        exception_handlers=dict.fromkeys((ProblemDetailsException, HTTPException, WiredeskError, Exception), as_page),
    )


def not_found(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """404 of an address that no route has: a page, and below `/v1` a problem as JSON."""
    if request.url.path.startswith("/v1/"):
        return problems.as_problem(error).to_response(request)
    return as_page(request, error)


def as_page(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """The error as a page; the log has the traceback of a fault of wiredesk."""
    problem = problems.as_problem(error)
    if problem.status_code == 401 and request.url.path != "/login":
        return Redirect(session.login_address(request), status_code=303)
    shown = page(request, "problem", title=problem.title or "That did not work", detail=problem.detail)
    shown.status_code = problem.status_code
    shown.headers.update(problem.headers or {})
    return shown
