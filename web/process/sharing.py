"""Whether the processes of this service count together; apart, for it is said before they count.

prometheus_client decides when it is imported whether a figure is a number in memory or a place in a
file that is shared, so that this module imports nothing that counts.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

_FOLDER = "PROMETHEUS_MULTIPROC_DIR"  #: read by prometheus_client when it is imported


def begin() -> None:
    """Let this process and those that are copied from it count in one folder."""
    folder = tempfile.mkdtemp(prefix="zhuce-figures-")
    os.environ[_FOLDER] = folder
    owner = os.getpid()

    def forget() -> None:
        if os.getpid() == owner:  # not when a copy of it ends
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(forget)


def is_on() -> bool:
    """Tell whether processes count together."""
    return _FOLDER in os.environ
