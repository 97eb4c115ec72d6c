"""The machine on which figures were measured."""

from __future__ import annotations

import os
import platform
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path


def description() -> str:
    """`Python 3.11.7, 2 cores of AMD EPYC …, Linux 6.1, load 0.2`."""
    model = platform.processor() or platform.machine()
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                model = line.partition(":")[2].strip()
                break
    except OSError:
        pass
    load = f"load {os.getloadavg()[0]:.1f}"
    return f"Python {platform.python_version()}, {os.cpu_count()} cores of {model}, {platform.system()}, {load}"


def cpu_seconds(pids: Iterable[int]) -> float:
    """The processor time that processes and all their descendants have used, those included that have ended (Linux)."""
    children: dict[int, list[int]] = defaultdict(list)
    ticks: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            # Fields as in proc(5), from the third on: the second is a name, and may hold anything.
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended meanwhile
        pid = int(stat.parent.name)
        children[int(fields[1])].append(pid)
        ticks[pid] = sum(map(int, fields[11:15]))
    found, left = 0, list(pids)
    while left:
        pid = left.pop()
        found += ticks.get(pid, 0)
        left += children[pid]
    return found / os.sysconf("SC_CLK_TCK")
