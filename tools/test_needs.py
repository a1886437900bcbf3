"""See that the machine has what only the tests need; as root on Debian, install it.

Anywhere else the missing programs are named with the way to get them, and the run stops:
a suite that leaves parts out would say less than it seems to.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NEEDS = {
    "postgresql": "PostgreSQL server (initdb, postgres)",
    "chromium": "Chromium",
    "poppler-utils": "pdfsig and pdftoppm",
    "softhsm2": "SoftHSM 2 (softhsm2-util)",
    "qpdf": "qpdf",
    "iproute2": "network namespaces (ip)",
    "fonts-noto-cjk": "a Chinese font for the browser",
}
PROGRAMS = {
    "chromium": "chromium",
    "poppler-utils": "pdfsig",
    "softhsm2": "softhsm2-util",
    "qpdf": "qpdf",
    "iproute2": "ip",
}


def _has(package: str) -> bool:
    """Tell whether what the Debian package gives is here, however it came."""
    if package == "postgresql":
        here = Path("/usr/lib/postgresql").glob("*/bin/initdb")
        return bool(shutil.which("initdb") or list(here))
    if package == "fonts-noto-cjk":
        return bool(list(Path("/usr/share/fonts").rglob("Noto*CJK*")))
    return shutil.which(PROGRAMS[package]) is not None


def main() -> None:
    """Name, and where possible install, what is missing."""
    missing = [package for package in NEEDS if not _has(package)]
    if not missing:
        return
    command = ["apt-get", "install", "--yes", "--quiet", "--no-install-recommends", *missing]
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        names = "\n".join(f"  {NEEDS[package]}" for package in missing)
        sys.exit(
            f"The tests need, and this machine lacks:\n{names}\nOn Debian: {' '.join(command)}"
        )
    print(f"== Installing {', '.join(missing)} (a minute or two)", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for step in (["apt-get", "update", "--quiet"], command):
        subprocess.run(step, check=True, stdout=subprocess.DEVNULL, env=environment)


if __name__ == "__main__":
    main()
