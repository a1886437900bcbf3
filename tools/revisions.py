"""Lay an earlier revision of this repository out in build/against/, beside the working tree."""

from __future__ import annotations

import subprocess
import tarfile
from io import BytesIO
from pathlib import Path

ROOT = Path(__file__).parents[1]


def lay_out(revision: str, root: Path = ROOT) -> Path:
    """Return the folder with the files of `revision`; a second call finds what the first made.

    Raises SystemExit with what git says when there is no such revision.
    """
    commit = _git(root, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    if not commit:
        raise SystemExit(f"git knows no revision {revision!r}")
    folder = root / "build" / "against" / commit.decode().strip()[:12]
    if not (folder / "setup.cfg").exists():
        archive = _git(root, "archive", "--format=tar", commit.decode().strip())
        with tarfile.open(fileobj=BytesIO(archive)) as tar:
            tar.extractall(folder, filter="data")
    return folder


def _git(root: Path, *words: str) -> bytes:
    done = subprocess.run(["git", *words], cwd=root, capture_output=True, check=False)
    return done.stdout if done.returncode == 0 else b""
