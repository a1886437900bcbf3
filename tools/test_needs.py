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
WISHES = {"chromium-headless-shell": "Chromium without windows, which takes half the CPU"}
PROGRAMS = {
    "chromium": "chromium",
    "chromium-headless-shell": "chromium-headless-shell",
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


def _install(packages: list[str], seconds: int | None = None) -> None:
    """Install packages of Debian; what is late or cannot be had raises."""
    wanted = ["apt-get", "install", "--yes", "--quiet", "--no-install-recommends", *packages]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for step in (["apt-get", "update", "--quiet"], wanted):
        subprocess.run(
            step, check=True, stdout=subprocess.DEVNULL, env=environment, timeout=seconds
        )


def _wish() -> None:
    """Install what only makes the run shorter; without it the same is proven, later."""
    missing = [package for package in WISHES if not _has(package)]
    if not missing or os.geteuid() != 0 or shutil.which("apt-get") is None:
        return
    print(f"== Installing {', '.join(missing)}", flush=True)
    try:
        _install(missing, seconds=180)
    except (subprocess.SubprocessError, OSError):
        for package in missing:
            print(f"   not to be had: {WISHES[package]}; the run goes on without it", flush=True)


def main() -> None:
    """Name, and where possible install, what is missing."""
    missing = [package for package in NEEDS if not _has(package)]
    if missing:
        if os.geteuid() != 0 or shutil.which("apt-get") is None:
            names = "\n".join(f"  {NEEDS[package]}" for package in missing)
            sys.exit(
                f"The tests need, and this machine lacks:\n{names}\n"
                f"On Debian: apt-get install {' '.join(missing)}"
            )
        print(f"== Installing {', '.join(missing)} (a minute or two)", flush=True)
        _install(missing)
    _wish()


if __name__ == "__main__":
    main()
