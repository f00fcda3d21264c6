"""Become another program, as another user, that ends with its parent.

Run as a file, by the supervisor, with nothing but the standard library:

    python -I -S launch.py PARENT SIGNAL UID GID PROGRAM [ARGUMENT ...]

A program of its own, and not `subprocess(preexec_fn=...)`, because forking Python code in a
process that has threads may deadlock, and Python 3.12 warns of it. Privileges are dropped after
the interpreter has started, so it may lie in a folder that the new user cannot enter.
"""

from __future__ import annotations

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


def main(arguments: list[str]) -> None:
    """Drop privileges, ask for a signal at the parent's death, and become the program.

    Args:
        arguments: the parent's process id; the signal (a number) that stops the program; the user
            and group to become (-1 keeps them); the program's absolute path; its arguments.
    """
    parent, signal_number, uid, gid = (int(argument) for argument in arguments[:4])
    program = arguments[4:]
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":
        # After the change of user, which clears it. Elsewhere an orphan is found by the next start.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0)
        if os.getppid() != parent:
            sys.exit("The supervisor ended while it was starting this server.")
    os.execv(program[0], program)  # noqa: S606  no shell is wanted


if __name__ == "__main__":
    main(sys.argv[1:])
