"""Write the lock: what `make` installs, each at one version and known by its hashes.

`requirements/build.txt` is what runs and builds the service, `otel.txt` and `pkcs11.txt` what a
production may add, `test.txt` what only tests need, `bench.txt` what only measurements need,
`tools.txt` what writes and examines the lock itself; each is installed on top of those before it.
uv resolves all of them at once, for every platform and every Python that the head of a file names.
Versions stay as they are while the ranges of setup.cfg allow it; `make lock UPGRADE=1` takes the
newest of all.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from packaging.utils import canonicalize_name
from uv import find_uv_bin

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "requirements"
WHOLE = ROOT / "build" / "lock.txt"
#: The extras of setup.cfg, in the order of installing.
GROUPS = ("build", "otel", "pkcs11", "test", "bench", "tools")
OLDEST = 11  #: minor version of Python, as python_requires says
WHEELS_FOR = "x86_64-manylinux_2_28"  #: a Python counts where none of its packages must be compiled
ENTRY = re.compile(r"^([\w.-]+)==.*(?:\n    --hash=.*)+\n", re.M)


class Unresolvable(Exception):
    """uv found no versions that meet all ranges; the text is what it said."""


def main(*options: str) -> None:
    """Resolve everything once, then write each file without what those before it have."""
    WHOLE.parent.mkdir(exist_ok=True)
    files = [FOLDER / f"{group}.txt" for group in GROUPS]
    WHOLE.write_text("".join(file.read_text("utf-8") for file in files if file.exists()), "utf-8")
    resolved(GROUPS, "--universal", "--generate-hashes", "-o", str(WHOLE), *options)
    entries = [(match[1], match[0]) for match in ENTRY.finditer(WHOLE.read_text("utf-8"))]
    head = (
        "# Written by `make lock` from setup.cfg; installed with --require-hashes.\n"
        f"# For Python {' '.join(pythons())}\n"
    )
    before: set[str] = set()
    FOLDER.mkdir(exist_ok=True)
    for place, file in enumerate(files, 1):
        said = resolved(GROUPS[:place], "--universal", "-c", str(WHOLE))
        wanted = {canonicalize_name(line.partition("==")[0]) for line in said.splitlines()}
        text = "".join(entry for name, entry in entries if name in wanted - before)
        file.write_text(head + text, "utf-8")
        print(f"{file.stem}: {len(wanted - before)} packages")
        before |= wanted


def resolved(groups: Iterable[str], *options: str) -> str:
    """Give what uv wants for some extras, a package a line. Raises: Unresolvable."""
    words = ["pip", "compile", "--quiet", "--no-header", "--no-annotate", *options]
    if "--python-version" not in options:
        words += ["--python-version", f"3.{OLDEST}"]
    for group in groups:
        words += ["--extra", group]
    run = subprocess.run(
        [find_uv_bin(), *words, "setup.cfg"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if run.returncode:
        raise Unresolvable(run.stderr)
    return run.stdout


def pythons() -> list[str]:
    """Name the versions of Python for which every package has a wheel, from the oldest on."""
    usable: list[str] = []
    while True:
        version = f"3.{OLDEST + len(usable)}"
        words = ("--python-version", version, "--python-platform", WHEELS_FOR)
        try:
            resolved(("build", "test"), *words, "--only-binary", ":all:", "-c", str(WHOLE))
        except Unresolvable:
            return usable
        usable.append(version)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except Unresolvable as error:
        sys.exit(f"{error}\nNo lock was written: no versions meet all ranges of setup.cfg.")
