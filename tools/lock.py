"""Write the lock: what `make` installs, each at one version and known by its hashes.

`requirements/build.txt` is what runs and builds the service, `test.txt` what only tests need,
`bench.txt` what only measurements need; each is installed on top of those before it. Versions are
those that pip resolves now from the ranges of setup.cfg. Hashes are of every file that the index
offers of a version, for all platforms, and of the file that pip took here.

`make lock` brings pip-tools, which reads the index as pip does.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "requirements"
#: Each file and the extras of setup.cfg that it stands for, in the order of installing.
FILES = {"build": ("build",), "test": ("build", "test"), "bench": ("build", "test", "bench")}
#: What installs ourselves (pyproject.toml): pip must not fetch it behind the lock.
BACKEND = "setuptools>=77"

Packages = Mapping[str, dict[str, Any]]


def main() -> None:
    """Resolve once, then write each file without what those before it have."""
    packages, marks = resolved()
    before: set[str] = set()
    FOLDER.mkdir(exist_ok=True)
    for name, extras in FILES.items():
        wanted = needed(packages, [(canonicalize_name("zhuce"), extras)], marks)
        wanted |= {canonicalize_name(Requirement(BACKEND).name)}
        new = sorted(wanted - before - {"zhuce"})
        lines = [
            "# Written by `make lock` from setup.cfg; installed with --require-hashes.",
            *(line for package in new for line in entry(package, packages[package])),
        ]
        (FOLDER / f"{name}.txt").write_text("\n".join(lines) + "\n", "utf-8")
        before |= wanted
        print(f"{name}: {len(new)} packages")


def resolved() -> tuple[Packages, Mapping[str, str]]:
    """Ask pip what it would install for all extras: packages by name, and where it asked."""
    every = ",".join(FILES["bench"])
    words = ("install", "--dry-run", "--ignore-installed", "--quiet", "--report", "-")
    run = subprocess.run(
        [sys.executable, "-m", "pip", *words, f".[{every}]", BACKEND],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    report = json.loads(run.stdout)
    packages = {canonicalize_name(row["metadata"]["name"]): row for row in report["install"]}
    return packages, report["environment"]


def needed(
    packages: Packages,
    wanted: Iterable[tuple[str, tuple[str, ...]]],
    marks: Mapping[str, str],
) -> set[str]:
    """Follow what packages ask for here, from those that are wanted with their extras."""
    seen: set[tuple[str, tuple[str, ...]]] = set()
    todo = list(wanted)
    while todo:
        name, extras = todo.pop()
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        for text in packages[name]["metadata"].get("requires_dist", ()):
            asked = Requirement(text)
            environments = [{**marks, "extra": extra} for extra in extras or ("",)]
            if asked.marker is None or any(map(asked.marker.evaluate, environments)):
                todo.append((canonicalize_name(asked.name), tuple(sorted(asked.extras))))
    return {name for name, _ in seen}


def entry(name: str, package: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of one package, as pip reads them."""
    version = package["metadata"]["version"]
    taken = package["download_info"]["archive_info"]["hashes"]["sha256"]
    hashes = sorted({taken, *offered(name, version)})
    yield f"{name}=={version} \\"
    for place, digest in enumerate(hashes, 1):
        yield f"    --hash=sha256:{digest}" + (" \\" if place < len(hashes) else "")


def offered(name: str, version: str) -> set[str]:
    """Give the hashes of every file that the index tells of a version."""
    from piptools.repositories import PyPIRepository

    index = PyPIRepository([], cache_dir=str(ROOT / "build/pip-tools"))
    with index.allow_all_wheels():
        candidates = index.find_all_candidates(name)
    return {
        str(candidate.link.hash)
        for candidate in candidates
        if str(candidate.version) == version and candidate.link.hash_name == "sha256"
    }


if __name__ == "__main__":
    main()
