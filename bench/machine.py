"""What a figure was measured on."""

from __future__ import annotations

import os
import platform
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
