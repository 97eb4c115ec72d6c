"""Logging in with a token and out again, and the guard of every form."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.plugins.problem_details import ProblemDetailsException
from litestar.response import Redirect, Template

from wiredesk.worker.web import access
from wiredesk.worker.web.access import AnyRequest
from wiredesk.worker.web.pages.rendering import page


async def form_of(request: AnyRequest) -> FormMultiDict:
    """The fields of a form of ours. Raises a problem where it does not carry what our page gave its visitor."""
    form = await request.form()
    access.require_csrf(request, str(form.get(access.CSRF_FIELD, "")))
    return form


@get("/login", sync_to_thread=False, include_in_schema=False)
def login_page(request: AnyRequest) -> Template:
    """The form that asks for a token."""
    return page(request, "login", problem="", onward=_own_path(request.query_params.get("next", "/")))


@post("/login", status_code=200, include_in_schema=False)
async def log_in(request: AnyRequest) -> Response[None] | Template:
    """Open a session, and go on to the page that asked for it."""
    form = await form_of(request)
    onward = _own_path(str(form.get("next", "/")))
    try:
        cookie = await access.log_in(request, str(form.get("token", "")))
    except ProblemDetailsException as problem:
        shown = page(request, "login", problem=problem.detail, onward=onward)
        shown.status_code = problem.status_code
        return shown
    return Redirect(onward, status_code=303, cookies=[cookie])


@post("/logout", status_code=200, include_in_schema=False)
async def log_out(request: AnyRequest) -> Response[None]:
    """End the session."""
    await form_of(request)
    return Redirect("/login", status_code=303, cookies=[await access.log_out(request)])


def login_address(request: AnyRequest) -> str:
    """The address of the form, which goes on to the page that was asked for."""
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return f"/login?next={quote(path if request.method == 'GET' else '/', safe='/')}"


def _own_path(text: str) -> str:
    """`text` where it is a path of this site, else the first page: a login must not lead to another site."""
    parts = urlsplit(text)
    is_path = text.startswith("/") and not text.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc
    return text if is_path and text.isprintable() else "/"


HANDLERS = (login_page, log_in, log_out)
