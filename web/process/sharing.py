"""Whether the processes of this service count together; apart, for it is said before they count.

prometheus_client decides when it is imported whether a figure is a number in memory or a place in a
file that is shared, so that this module imports nothing that counts.
"""

from __future__ import annotations

import atexit
import os

from storage.scratch import Scratch

_FOLDER = "PROMETHEUS_MULTIPROC_DIR"  #: read by prometheus_client when it is imported


def begin() -> None:
    """Let this process and those that are copied from it count in one folder."""
    figures = Scratch("figures")
    os.environ[_FOLDER] = str(figures.folder)
    atexit.register(figures.remove)


def is_on() -> bool:
    """Tell whether processes count together."""
    return _FOLDER in os.environ
