"""The OpenAPI document as our endpoints are: what Litestar says less exactly is said here.

Litestar 2 writes bounds of integers as floats, so that 2**63 - 1 becomes 2**63; `tuple[T, ...]` as items that are T or
anything; and it doesn't say that the bodies with `forbid_unknown_fields` refuse other fields.
"""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Litestar, Request
from litestar.openapi.plugins import JsonRenderPlugin

from wiredesk.worker.web.api.feeds import CheckRequest, NewFeedRequest
from wiredesk.worker.web.api.rejected import Chosen

_STRICT: tuple[type[msgspec.Struct], ...] = (CheckRequest, Chosen, NewFeedRequest)
_LARGEST = 2**63 - 1


class RenderPlugin(JsonRenderPlugin):
    """Serves the corrected document."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        return super().render(request, corrected(openapi_schema))


def document(app: Litestar) -> dict[str, Any]:
    """The OpenAPI document of the application."""
    return corrected(app.openapi_schema.to_schema())


def corrected(given: dict[str, Any]) -> dict[str, Any]:
    """Litestar's OpenAPI document, made exact."""
    found: dict[str, Any] = _exact(given)
    for kind in _STRICT:
        found["components"]["schemas"][kind.__name__]["additionalProperties"] = False
    return found


def _exact(value: Any) -> Any:
    if isinstance(value, dict):
        exact = {name: _exact(part) for name, part in value.items()}
        if value.get("type") == "integer":
            for bound in ("minimum", "maximum"):
                if isinstance(exact.get(bound), float):
                    exact[bound] = min(int(exact[bound]), _LARGEST)
        items = value.get("items")
        if isinstance(items, dict) and len(items.get("oneOf", ())) == 2 and items["oneOf"][1] == {}:
            exact["items"] = exact["items"]["oneOf"][0]
        return exact
    if isinstance(value, list):
        return [_exact(part) for part in value]
    return value
