"""What a process does when the disk did not keep what was written: it ends (PROMISES F18).

After a failed fsync the kernel may show pages that are on no disk, and a second fsync succeeds without
having written them. Nothing this process reads can be trusted then; a new process reads what is really there.
Whoever runs the server starts it again (docs/OPERATIONS.md).
"""

from __future__ import annotations

import logging
import os
import signal

log = logging.getLogger("waypost.server")


def end_process() -> None:
    """Ask this process to end as an operator would: what is under way gets its answer, and no 201."""
    log.critical("The disk failed: this process ends. Look at the disk, then start it again.")
    os.kill(os.getpid(), signal.SIGTERM)
