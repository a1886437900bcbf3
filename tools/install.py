"""Install by the lock, every file by its hash, or say in a sentence why that cannot be.

`install.py` alone looks whether the lock was written for this Python; with names of files in
`requirements/` it installs them. It runs before anything is installed, so it needs nothing.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "requirements"
PIP = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes")
HEAD = "# For Python "
OTHER_PYTHON = (
    "The lock (requirements/) was written for Python {known} and this is Python {mine}. "
    "Name one of those: make PYTHON=python{newest} …; or write a lock that knows yours: make lock"
)
OTHER_FILE = (
    "The index offers a file whose hash the lock does not know: it was built anew, or exchanged. "
    "If you know why, `make lock` writes the hashes that the index tells now; "
    "look at `git diff requirements` before you use it."
)
NOT_FETCHED = (
    "Not everything of the lock could be fetched: see above whether the index was reached. "
    "If a version is gone from it, `make lock` takes one that is there."
)


def refusal(version: str, folder: Path) -> str | None:
    """Say why the lock is not for a version of Python ("3.11"); None when it is."""
    text = (folder / "build.txt").read_text("utf-8")
    heads = [line for line in text.splitlines() if line.startswith(HEAD)]
    known = heads[0][len(HEAD) :].split()
    if version in known:
        return None
    return OTHER_PYTHON.format(known=", ".join(known), mine=version, newest=known[-1])


def install(names: list[str], folder: Path) -> str | None:
    """Install files of the lock; say why it did not work, None when it did."""
    words = [word for name in names for word in ("-r", str(folder / f"{name}.txt"))]
    run = subprocess.run(
        [sys.executable, *PIP, *words], stderr=subprocess.PIPE, text=True, check=False
    )
    sys.stderr.write(run.stderr)
    if run.returncode == 0:
        return None
    return OTHER_FILE if "DO NOT MATCH THE HASHES" in run.stderr else NOT_FETCHED


def main(names: list[str], folder: Path = FOLDER) -> str | None:
    """Look at the Python first, then install; give what to print when it did not work."""
    mine = f"{sys.version_info[0]}.{sys.version_info[1]}"
    return refusal(mine, folder) or (install(names, folder) if names else None)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
