"""The exceptions of wiredesk.

    WiredeskError
    ├── UsageError            the caller asked for something that can't be; the CLI says it in one line
    │   ├── SettingsError     a setting is wrong
    │   └── CursorAhead       a consumer's cursor is of changes that a restore lost
    ├── SchemaMismatch        the database is older or newer than this program
    ├── Transient             try again later: the network, a server that restarts
    │   └── HostBusy          the host's budget is spent, or it asked us to wait
    └── Rejected              this item can't be filed; it is kept with its reason

An error's docstring is its default message. Passwords in a message are masked: it is shown, logged and stored. Every
error survives pickling, because Celery pickles what a task raises.
"""

from __future__ import annotations

from wiredesk.worker.safe_text import mask_secrets


class WiredeskError(Exception):
    """wiredesk failed."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(mask_secrets(message) if message else (type(self).__doc__ or "").splitlines()[0])


class UsageError(WiredeskError):
    """That can't be done as asked."""


class SettingsError(UsageError):
    """A setting is wrong."""


class CursorAhead(UsageError):
    """The cursor is ahead of the archive, which was restored to an earlier point."""


class SchemaMismatch(WiredeskError):
    """The database schema does not fit this program; run `wiredesk migrate`."""


class Transient(WiredeskError):
    """A passing failure; it will be tried again."""


class HostBusy(Transient):
    """The host asked us to wait (`status` 429 or 503), or its budget is spent (`status` None)."""

    def __init__(self, message: str | None = None, retry_after_seconds: float = 0.0, status: int | None = None) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds
        self.status = status

    def __reduce__(self) -> tuple[type[HostBusy], tuple[str, float, int | None]]:
        return type(self), (str(self), self.retry_after_seconds, self.status)


class Rejected(WiredeskError):
    """This item can't be filed.

    `reason` is a code that never changes its meaning (`docs/contract.md` lists them); `detail` is for people: what is
    wrong, where, and the limit that was crossed.
    """

    def __init__(self, reason: str = "rejected", detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = mask_secrets(detail)

    def __reduce__(self) -> tuple[type[Rejected], tuple[str, str]]:
        return type(self), (self.reason, self.detail)
