"""What machines ask: whether this process answers, and whether copy flows."""

from __future__ import annotations

import threading
import time

import msgspec
from litestar import Response, get
from litestar.datastructures import State
from litestar.openapi.datastructures import ResponseSpec

from wiredesk.worker.upkeep import diagnosis

# Load balancers ask often; the answer is that of the last look, if it is this young.
_READY_SECONDS = 2.0


class Health(msgspec.Struct, frozen=True):
    """`ok`: this process answers."""

    status: str = "ok"


class Check(msgspec.Struct, frozen=True):
    """One finding: `ok`, `warn` or `fail`."""

    check: str
    state: str


class Readiness(msgspec.Struct, frozen=True):
    """`ready` or `not_ready`; `wiredesk doctor` says in words what is wrong and what to do."""

    status: str
    checks: tuple[Check, ...]


class FlowCache:
    """The last judgement of the flow, shared by the requests of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._judged: tuple[float, Readiness] | None = None

    def judge(self, state: State) -> Readiness:
        with self._lock:
            if self._judged is None or time.monotonic() - self._judged[0] > _READY_SECONDS:
                found = tuple(diagnosis.examine_flow(state.settings))
                status = "not_ready" if any(one.state == "fail" for one in found) else "ready"
                checks = tuple(Check(one.check, one.state) for one in found)
                self._judged = (time.monotonic(), Readiness(status, checks))
            return self._judged[1]


@get("/healthz", sync_to_thread=False, tags=["machines"])
def healthz() -> Health:
    """Whether this process answers; it asks no server."""
    return Health()


@get(
    "/readyz",
    sync_to_thread=True,
    tags=["machines"],
    responses={503: ResponseSpec(Readiness, description="Copy does not flow.", generate_examples=False)},
)
def readyz(state: State) -> Response[Readiness]:
    """Whether copy flows, as `wiredesk doctor` judges: 503 when the servers or the dispatcher fail, or work stalls."""
    readiness = state.flow.judge(state)
    return Response(readiness, status_code=200 if readiness.status == "ready" else 503)


HANDLERS = [healthz, readyz]
