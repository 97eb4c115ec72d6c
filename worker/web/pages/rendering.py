"""What every page is made with: its templates, its frame, and the times and numbers in it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Request
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.response import Template
from litestar.template.config import TemplateConfig

from wiredesk.worker.web import access
from wiredesk.worker.web.access import Caller

_HERE = Path(__file__).parent
STATIC = _HERE / "static"
_PAGES = (
    ("/", "Now"),
    ("/articles", "Articles"),
    ("/stories", "Stories"),
    ("/feeds", "Feeds"),
    ("/rejected", "Rejected"),
    ("/log", "Log"),
)


def templates() -> TemplateConfig[JinjaTemplateEngine]:
    """The templates; every value in them is escaped, and a misspelt name is an error."""
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(pages=_PAGES, version=metadata.version("wiredesk"))
    return TemplateConfig(instance=JinjaTemplateEngine.from_environment(environment))


def page(request: Request[Any, Any, Any], name: str, *, searched: str = "", **values: Any) -> Template:
    """The page `name`.html. `searched` stands in the search field of every page.

    A visitor without a cookie gets one with the page, so that its forms can be told from those of other sites.
    """
    section = "/" + request.url.path.split("/")[1]
    secret = request.cookies.get(access.COOKIE, "")
    caller: Caller | None = request.scope.get("user")
    context = {
        "here": section,
        "searched": searched,
        "csrf_field": access.CSRF_FIELD,
        "may_administer": caller is not None and (caller.token is None or caller.has("admin")),
        "is_logged_in": caller is not None and caller.by_cookie,
    }
    if secret:
        return Template(f"{name}.html", context={**context, "csrf": access.csrf(secret), **values})
    secret = secrets.token_urlsafe(32)
    cookies = [access.session_cookie(request, secret)]
    return Template(f"{name}.html", context={**context, "csrf": access.csrf(secret), **values}, cookies=cookies)


def address(path: str, given: Mapping[str, object]) -> str:
    """`path` with the parameters that have a value."""
    query = urlencode({name: value for name, value in given.items() if value not in (None, "", False)})
    return f"{path}?{query}" if query else path
