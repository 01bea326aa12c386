"""Becomes the given program, bound to the life of the process that started it.

In: `spawn.py PARENT SIGNAL UID:GID|- PROGRAM ARGUMENT...`. Out: does not return. Linux only: asks the kernel to send
SIGNAL when PARENT ends, however it ends. A separate program because the request must come after the change of account
(which clears it), and code between fork and exec is not safe beside threads. Imports nothing of Lictor: it runs as
`python -I -S`, in some 20 ms.
"""

import ctypes
import os
import sys

_PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Never returns: exec, or exit status 127 if that fails."""
    parent, signum, account, *command = arguments
    if account != "-":
        uid, gid = map(int, account.split(":"))
        os.setgroups([gid])
        os.setresgid(gid, gid, gid)
        os.setresuid(uid, uid, uid)
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, int(signum), 0, 0, 0)
    if os.getppid() != int(parent):
        # It ended before the request was in place.
        sys.exit(127)
    try:
        os.execvp(command[0], command)
    except OSError as error:
        sys.exit(f"{command[0]}: {error.strerror}")


if __name__ == "__main__":
    main(sys.argv[1:])
