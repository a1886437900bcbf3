"""Commands that run in a network namespace without a network, where the machine allows one."""

from __future__ import annotations

import subprocess
from functools import cache

_APART = ("unshare", "-rn")


@cache
def without_network() -> tuple[str, ...]:
    """Give what stands before a command; nothing where no namespace can be made."""
    try:
        done = subprocess.run([*_APART, "true"], capture_output=True, check=False)
    except FileNotFoundError:
        return ()
    return _APART if done.returncode == 0 else ()
