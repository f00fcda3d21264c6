"""CPU time that servers have used, in seconds."""

from __future__ import annotations

import contextlib

import psutil


def of_process(pid: int) -> float:
    """Give what a process has used, all its threads together."""
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def of_family(pid: int) -> float:
    """Give what a process and its children have used, those that have ended included."""
    parent = psutil.Process(pid)
    times = parent.cpu_times()
    used = times.user + times.system + times.children_user + times.children_system
    for child in parent.children():
        with contextlib.suppress(psutil.NoSuchProcess):
            used += of_process(child.pid)
    return float(used)
