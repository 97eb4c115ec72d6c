"""Every setting, in one table: name, unit, default, bounds, help. They come from the environment or files it names.

`WIREDESK_X` sets `x`; `WIREDESK_X_FILE` names a file that holds it (for secrets). Where a server's URL is not set,
`urls.json` in the data folder, written by `wiredesk up`, says where this machine's own servers are; `settings.json`
beside it keeps the settings that it was started with, so that the commands next door and its next start agree.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from wiredesk.worker.errors import Rejected, SettingsError
from wiredesk.worker.safe_text import mask_address, mask_secrets

PREFIX = "WIREDESK_"
_LONGEST_STEP_SECONDS = 100 * 365 * 86_400.0  # PostgreSQL must be able to add it to a time
_MAX_CREDENTIALS_BYTES = 16_384
_PUBLIC_URL = re.compile(r"https?://(?:[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
CREDENTIALS_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
Network = IPv4Network | IPv6Network


class Secret(str):
    """A text whose `repr` masks its password, so that no `repr` of settings, of Celery's or of a traceback shows it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str.__repr__(mask_address(self))


def _setting(
    default: Any,
    help_text: str,
    *,
    unit: str = "",
    low: float | None = None,
    high: float | None = None,
    secret: bool = False,
    choices: tuple[str, ...] = (),
) -> Any:
    metadata = {"help": help_text, "unit": unit, "low": low, "high": high, "secret": secret, "choices": choices}
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One value a setting; built by `load`. The metadata of a field is its documentation."""

    # where things are
    database_url: str = _setting(
        Secret(), "PostgreSQL, which holds all data. Empty: `wiredesk up` starts one here.", secret=True
    )
    migrate_database_url: str = _setting(
        Secret(),
        "The same database as the owner of its schema, for `migrate` and `reader` only. Empty: `database_url`.",
        secret=True,
    )
    redis_url: str = _setting(Secret(), "Redis, for queues. Empty: `wiredesk up` starts one here.", secret=True)
    data_dir: str = _setting(".wiredesk", "Folder of the embedded servers and the log files.")
    # logs
    log_format: Literal["json", "columns"] = _setting(
        "json", "`json` for machines, `columns` for people.", choices=("json", "columns")
    )
    log_level: Literal["debug", "info", "warning", "error"] = _setting(
        "info", "Lines below this level are not written.", choices=("debug", "info", "warning", "error")
    )
    task_events: Literal["off", "on"] = _setting(
        "off", "`on`: workers send an event for each step of a task, which Flower shows.", choices=("off", "on")
    )
    # the service web
    web_listen: str = _setting(
        "127.0.0.1:8420",
        "Address and port of the API and the pages; port 0 takes a free one. Where 8420 is taken, `wiredesk up` takes "
        "another.",
    )
    public_url: str = _setting(
        "",
        "Address at which others reach the service web, such as https://desk.example.org. Links in the feeds of "
        "articles begin with it, and WebSub hubs push to it. Empty: no WebSub, and links begin as the request did.",
    )
    web_requests_a_minute: int = _setting(
        60_000,
        "Requests of one token that are answered in a minute; more get 429.",
        unit="requests",
        low=1,
        high=10_000_000,
    )
    # limits on what arrives
    max_submission_bytes: int = _setting(
        4_194_304, "The largest content of one submission, as UTF-8.", unit="bytes", low=1_024, high=67_108_864
    )
    max_document_bytes: int = _setting(
        16_777_216, "The largest body that is fetched, after decompression.", unit="bytes", low=1_024, high=268_435_456
    )
    max_feed_entries: int = _setting(
        5_000, "Entries of one feed document that are read; the rest is named in the log.", low=1, high=100_000
    )
    stream_name: str = _setting("wiredesk:submissions", "The Redis stream that submissions are read from.")
    # the hot folder
    watch_dir: str = _setting(
        "", "The hot folder of `wiredesk watch`. `wiredesk up` watches it too. Empty: `wiredesk up` watches none."
    )
    watch_settle_seconds: float = _setting(
        2.0,
        "How long size and time of a file in the hot folder must stay the same where the kernel does not tell that it "
        "was closed.",
        unit="seconds",
        low=0.1,
        high=3600,
    )
    # the mail box
    mail_url: str = _setting(
        Secret(),
        "The mail box of `wiredesk mail`, which `wiredesk up` runs too: imaps://user:password@host/INBOX. imap:// is "
        "for STARTTLS; only imap://…?tls=off goes without TLS. Empty: none.",
        secret=True,
    )
    mail_done_folder: str = _setting("", "The folder to which mails are moved once they are taken. Empty: they stay.")
    mail_refused_folder: str = _setting(
        "", "The folder to which refused mails are moved, flagged. Empty: they are flagged and treated as the others."
    )
    mail_poll_seconds: float = _setting(
        60.0,
        "Time between two looks into the mail box; a server with IDLE tells of new mails at once.",
        unit="seconds",
        low=1,
        high=1_500,
    )
    # work
    ingest_batch: int = _setting(50, "Documents in one message, one transaction.", unit="documents", low=1, high=500)
    fetch_batch: int = _setting(50, "Feeds or pages in one message.", unit="fetches", low=1, high=500)
    in_flight: int = _setting(
        2_000, "Documents, and feeds, that may be leased at once; more wait in PostgreSQL.", low=1, high=100_000
    )
    tick_seconds: float = _setting(
        1.0, "Time between two looks of the dispatcher for due work.", unit="seconds", low=0.1, high=60
    )
    issue_lease_seconds: float = _setting(
        30.0,
        "The longest time that a message waits in the queue before the work is issued again.",
        unit="seconds",
        low=1,
        high=3600,
    )
    parse_seconds: float = _setting(
        10.0,
        "CPU time to read one document; one that takes longer is rejected as `too_slow`.",
        unit="seconds",
        low=0.5,
        high=120,
    )
    task_seconds: float = _setting(
        60.0, "The hard limit of one task; its process is killed then.", unit="seconds", low=5, high=600
    )
    max_attempts: int = _setting(
        5,
        "Attempts after which a document that kills its worker is set aside as `poison`.",
        unit="attempts",
        low=1,
        high=20,
    )
    # fetching
    user_agent: str = _setting(
        "wiredesk/{version} (+{contact})", "The User-Agent of requests; `{version}` and `{contact}` are filled in."
    )
    contact: str = _setting("https://wiredesk.invalid/contact", "A URL or address where a publisher can reach you.")
    allowed_networks: str = _setting("", "Private networks that may be fetched from: CIDR, comma separated.")
    credentials_dir: str = _setting(
        "",
        "Folder of the files that `feeds edit --credentials NAME` names, each with `user:password` or header lines, "
        "and of the secrets of `push add --secret NAME`.",
    )
    connect_seconds: float = _setting(10.0, "Time for DNS and connecting.", unit="seconds", low=0.5, high=120)
    first_byte_seconds: float = _setting(20.0, "Time until the headers are there.", unit="seconds", low=0.5, high=120)
    fetch_seconds: float = _setting(
        30.0, "Time for one whole fetch, redirects included.", unit="seconds", low=1, high=300
    )
    max_redirects: int = _setting(5, "Redirects that are followed.", low=0, high=20)
    per_host: int = _setting(2, "Requests to one host at once, over all workers.", unit="requests", low=1, high=64)
    host_spacing_seconds: float = _setting(
        1.0, "Least time between two requests to one host, over all workers.", unit="seconds", low=0, high=60
    )
    min_interval_seconds: float = _setting(
        300.0, "The shortest time between two polls of a feed.", unit="seconds", low=1, high=86_400
    )
    max_interval_seconds: float = _setting(
        86_400.0, "The longest time between two polls of a feed.", unit="seconds", low=1, high=2_592_000
    )
    full_text: Literal["never", "short", "always"] = _setting(
        "short",
        "Whether an entry's page is fetched: never, when it is only a teaser, or always. A feed can say otherwise.",
        choices=("never", "short", "always"),
    )
    recheck_ladder: str = _setting(
        "15m 3h 1d 7d 30d",
        "Times after filing at which the page of an article is fetched again: m, h, d. Empty: never. A feed can say "
        "otherwise.",
    )
    # reading
    spacy_pipeline: str = _setting("", "Name of an installed spaCy pipeline that adds mentions. Empty: rules only.")
    # stories
    story_window_days: int = _setting(
        14, "The longest time between the arrivals of two copies of one story.", unit="days", low=1, high=3650
    )
    # retention
    outcome_months: int = _setting(
        12, "Months for which the outcome of every item is kept.", unit="months", low=1, high=1200
    )
    document_months: int = _setting(
        12,
        "Months for which documents and their bodies are kept, rejected ones too; `wiredesk replay` needs them.",
        unit="months",
        low=1,
        high=1200,
    )
    fetch_log_months: int = _setting(3, "Months for which the fetch log is kept.", unit="months", low=1, high=1200)

    def listen(self) -> tuple[str, int]:
        """`web_listen` as an address and a port. Raises `SettingsError` that says what fits."""
        host, _, port = self.web_listen.rpartition(":")
        try:
            return str(ip_address(host.strip("[]"))), _port(port)
        except ValueError:
            raise SettingsError(
                f"WIREDESK_WEB_LISTEN={self.web_listen!r}: an IP address and a port, such as 127.0.0.1:8420"
            ) from None

    def networks(self) -> tuple[Network, ...]:
        return tuple(ip_network(part.strip()) for part in self.allowed_networks.split(",") if part.strip())

    def ladder(self) -> tuple[float, ...]:
        """`recheck_ladder` in seconds."""
        return read_ladder(self.recheck_ladder)

    @property
    def wall_seconds(self) -> float:
        """How long a task may read by the clock, and one document of it: the rest of `task_seconds` is for filing."""
        return (self.task_seconds - self.parse_seconds) / 2

    def require_database(self) -> str:
        if not self.database_url:
            raise SettingsError(
                f"no database: run `wiredesk up` in this folder (it writes {self.data_dir}/urls.json), "
                "or set WIREDESK_DATABASE_URL"
            )
        return self.database_url

    def require_owner(self) -> str:
        """The address of the database for commands that change its schema or its roles."""
        return self.migrate_database_url or self.require_database()

    def require_redis(self) -> str:
        if not self.redis_url:
            raise SettingsError(
                f"no Redis: run `wiredesk up` in this folder (it writes {self.data_dir}/urls.json), "
                "or set WIREDESK_REDIS_URL"
            )
        return self.redis_url


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65_535:
        raise ValueError(text)
    return int(text)


def load(environment: Mapping[str, str] | None = None) -> Settings:
    """Settings from the environment; raises `SettingsError` that names the setting, its value and what fits."""
    environment = os.environ if environment is None else environment
    names = {f.name for f in fields(Settings)}
    values: dict[str, Any] = {}
    for variable in sorted(environment):
        if not variable.startswith(PREFIX):
            continue
        name, text = variable.removeprefix(PREFIX).lower(), environment[variable]
        if name.endswith("_file") and name.removesuffix("_file") in names:
            name, text = name.removesuffix("_file"), _read_secret(variable, text)
        if name in names and text != "":
            values[name] = text
    for name, text in kept(str(values.get("data_dir", ".wiredesk"))).items():
        # A variable that is set to nothing asks for the default.
        if name in names and PREFIX + name.upper() not in environment:
            values.setdefault(name, text)
    parsed = {
        f.name: _parse(f.name, values[f.name], f.default, f.metadata) for f in fields(Settings) if f.name in values
    }
    settings = Settings(**(_urls_of_this_machine(parsed) | parsed))
    _check_together(settings)
    return settings


def kept(data_dir: str) -> dict[str, str]:
    """The settings that `wiredesk up` keeps in its data folder, by name."""
    try:
        said = json.loads((Path(data_dir) / "settings.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {name: str(text) for name, text in said.items()} if isinstance(said, dict) else {}


def to_keep(data_dir: str, environment: Mapping[str, str]) -> dict[str, str]:
    """The kept settings, updated from the environment; without addresses, which hold passwords, and the folder."""
    names = [f.name for f in fields(Settings) if not f.metadata["secret"] and f.name != "data_dir"]
    said = kept(data_dir) | {
        name: environment[PREFIX + name.upper()] for name in names if PREFIX + name.upper() in environment
    }
    return {name: text for name, text in said.items() if name in names and text != ""}


def read_ladder(text: str) -> tuple[float, ...]:
    """Rising times such as `15m 3h 1d`, in seconds. Raises `SettingsError` that says what fits."""
    units = {"m": 60.0, "h": 3600.0, "d": 86_400.0}
    try:
        steps = tuple(float(step[:-1]) * units[step[-1]] for step in text.split())
    except (ValueError, KeyError):
        steps = (-1.0,)
    if not all(0 < earlier < later for earlier, later in pairwise((*steps, _LONGEST_STEP_SECONDS))):
        raise SettingsError(f"{text!r}: rising times such as 15m 3h 1d")
    return steps


def unknown_variables(environment: Mapping[str, str]) -> list[str]:
    """`WIREDESK_…` variables that set nothing, for `wiredesk doctor`: usually a typing error."""
    names = {f.name for f in fields(Settings)}
    known = {PREFIX + name.upper() for name in names} | {PREFIX + name.upper() + "_FILE" for name in names}
    return sorted(
        v for v in environment if v.startswith(PREFIX) and v not in known and not v.startswith("WIREDESK_TEST_")
    )


def read_credentials(settings: Settings, name: str) -> tuple[Path, str]:
    """The path and the text of the file `name` in `credentials_dir`.

    Raises Rejected("credentials"), whose message tells the file and never its content.
    """
    if not settings.credentials_dir:
        raise Rejected("credentials", f"{name}: WIREDESK_CREDENTIALS_DIR is not set")
    if not CREDENTIALS_NAME.fullmatch(name):
        raise Rejected("credentials", "a name of letters, digits, dots and dashes is expected")
    path = Path(settings.credentials_dir) / name
    try:
        with path.open("rb") as file:
            return path, file.read(_MAX_CREDENTIALS_BYTES).decode().strip()
    except OSError as error:
        raise Rejected("credentials", f"{path}: {(error.strerror or str(error)).lower()}") from None
    except UnicodeDecodeError:
        raise Rejected("credentials", f"{path} is no UTF-8 text") from None


def _read_secret(variable: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsError(f"{variable}: can't read {path}: {error.strerror}") from None


def _parse(name: str, text: str, default: Any, metadata: Mapping[str, Any]) -> Any:
    variable = PREFIX + name.upper()
    if metadata["choices"]:
        if text not in metadata["choices"]:
            raise SettingsError(f"{variable}={text!r}: one of {', '.join(metadata['choices'])}")
        return text
    if isinstance(default, str):
        return type(default)(text)
    try:
        value = type(default)(text)
    except ValueError:
        raise SettingsError(
            f"{variable}={text!r}: not a number ({metadata['unit'] or type(default).__name__})"
        ) from None
    low, high = metadata["low"], metadata["high"]
    if (low is not None and value < low) or (high is not None and value > high) or value != value:
        raise SettingsError(f"{variable}={text}: from {low:g} to {high:g} {metadata['unit']}".rstrip())
    return value


def _urls_of_this_machine(values: Mapping[str, Any]) -> dict[str, Secret]:
    path = Path(values.get("data_dir", ".wiredesk")) / "urls.json"
    try:
        urls = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    # The owner's address belongs to the database beside it, not to one that the environment names.
    names = ["redis_url"] if "database_url" in values else ["database_url", "migrate_database_url", "redis_url"]
    return {name: Secret(urls[name]) for name in names if isinstance(urls.get(name), str)}


def _check_together(settings: Settings) -> None:
    if settings.min_interval_seconds > settings.max_interval_seconds:
        raise SettingsError("WIREDESK_MIN_INTERVAL_SECONDS is above WIREDESK_MAX_INTERVAL_SECONDS")
    if settings.fetch_seconds >= settings.task_seconds:
        raise SettingsError(
            "WIREDESK_FETCH_SECONDS must be below WIREDESK_TASK_SECONDS, which kills the task that fetches"
        )
    if 2 * settings.parse_seconds >= settings.task_seconds:
        raise SettingsError(
            "WIREDESK_PARSE_SECONDS must be below half of WIREDESK_TASK_SECONDS, so that the task can file it"
        )
    if settings.redis_url and urlsplit(settings.redis_url).scheme not in ("redis", "rediss", "unix"):
        raise SettingsError("WIREDESK_REDIS_URL is not like redis://:password@host:6379/0")
    settings.listen()
    if settings.public_url and not _PUBLIC_URL.fullmatch(settings.public_url):
        raise SettingsError(
            f"WIREDESK_PUBLIC_URL={mask_secrets(settings.public_url)!r}: an address such as https://desk.example.org"
        )
    try:
        settings.ladder()
    except SettingsError as error:
        raise SettingsError(f"WIREDESK_RECHECK_LADDER={error}") from None
    try:
        settings.networks()
    except ValueError as error:
        raise SettingsError(f"WIREDESK_ALLOWED_NETWORKS={settings.allowed_networks!r}: {error}") from None
