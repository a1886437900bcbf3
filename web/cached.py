"""Where this machine's user keeps what may be lost: answers of checks, compiled templates."""

from __future__ import annotations

import os
import stat
from pathlib import Path


def folder(name: str) -> Path:
    """Return a folder for what may be lost, as the XDG Base Directory Specification says.

    It need not exist.
    """
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "zhuce" / name


def own_folder(name: str) -> Path | None:
    """Make such a folder for code: nobody else may write there, else what he wrote would run.

    None where that cannot be had: whoever asks does without.
    """
    made = folder(name)
    try:
        made.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = made.lstat()
    except (OSError, RuntimeError):  # RuntimeError: nobody knows this user's home
        return None
    is_ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()
    return made if is_ours and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH) else None
