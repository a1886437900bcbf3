"""Change one word of the product at a time and say which tests notice (docs/mutants.csv).

A row names what it is about (a requirement, or a sentence), a file, a text that stands there
once, what is put instead, and the tests that must notice; for a requirement without tests of its
own they are those marked for it that passed in the last run. What nobody notices is not proven,
whoever is marked for it. The tree is copied first: nothing is changed in it.

    python tools/mutants.py [ROW …]
"""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROWS = ROOT / "docs" / "mutants.csv"
RESULTS = ROOT / "build" / "proofs.json"
_FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)
_FAILED_CODE = 1  #: pytest: some tests failed


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """One small change of the product."""

    about: str  #: id of a requirement, or what a user would suffer
    file: str
    text: str  #: stands once in `file`
    instead: str
    tests: tuple[str, ...]  #: names of tests; empty: those marked for `about`

    def place_in(self, root: Path) -> str:
        """Give the file with the change. Raises ValueError when its text is not there once."""
        whole = (root / self.file).read_text("utf-8")
        if (count := whole.count(self.text)) != 1:
            raise ValueError(f"{self.file}: {self.text!r} stands there {count} times")
        return whole.replace(self.text, self.instead)


def listed(path: Path = ROWS) -> list[Mutant]:
    """Return the rows of the table."""
    with path.open(encoding="utf-8", newline="") as rows:
        return [
            Mutant(
                about=row["about"],
                file=row["file"],
                text=row["text"],
                instead=row["instead"],
                tests=tuple(row["tests"].split()),
            )
            for row in csv.DictReader(rows)
        ]


def marked(results: Mapping[str, Mapping[str, object]], about: str) -> tuple[str, ...]:
    """Return the tests that were marked for a requirement and passed, parameters left out.

    >>> marked({"a.py::b[x]": {"proves": ["R1"], "outcome": "passed"}}, "R1")
    ('a.py::b',)
    """
    names = {
        name.split("[")[0]
        for name, result in results.items()
        if about in list(result["proves"]) and result["outcome"] == "passed"  # type: ignore[call-overload]  # a list of ids
    }
    return tuple(sorted(names))


def copied(target: Path) -> Path:
    """Copy what is tested, and lend what was built for it."""
    command = ["git", "-C", str(ROOT), "ls-files", "-co", "--exclude-standard"]
    for name in subprocess.run(command, capture_output=True, text=True, check=True).stdout.split():
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    for built in ("web/static/dist", "var"):
        if (ROOT / built).exists():
            (target / built).parent.mkdir(parents=True, exist_ok=True)
            (target / built).symlink_to(ROOT / built)
    return target


def notice(root: Path, mutant: Mutant, tests: Iterable[str]) -> list[str]:
    """Run tests upon a changed copy and return those that failed. Raises RuntimeError."""
    place = root / mutant.file
    before = place.read_text("utf-8")
    place.write_text(mutant.place_in(root), "utf-8")
    try:
        command = [sys.executable, "-m", "pytest", "-q", "-rfE", "-p", "no:cacheprovider"]
        fonts = os.environ.get("ZHUCE_FONTS", str(ROOT / "var" / "fonts"))
        ran = subprocess.run(
            [*command, *tests],
            cwd=root,
            env={**os.environ, "ZHUCE_FONTS": fonts, "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
        )
    finally:
        place.write_text(before, "utf-8")
    if ran.returncode not in (0, _FAILED_CODE):
        raise RuntimeError(f"{mutant.file}: {ran.stdout[-2000:]}{ran.stderr[-2000:]}")
    return sorted({name.split("[")[0] for name in _FAILED.findall(ran.stdout)})


def judged(wanted: Iterable[str]) -> Iterator[tuple[Mutant, list[str]]]:
    """Yield each wanted row (all when none is named) with the tests that noticed it."""
    names = set(wanted)
    results = json.loads(RESULTS.read_text("utf-8"))["results"] if RESULTS.exists() else {}
    with tempfile.TemporaryDirectory(prefix="mutants-") as room:
        root = copied(Path(room))
        for mutant in listed():
            if names and mutant.about not in names:
                continue
            tests = mutant.tests or marked(results, mutant.about)
            yield mutant, notice(root, mutant, tests) if tests else []


def main(wanted: Iterable[str] = ()) -> int:
    """Say of each row who noticed; 1 when nobody did of one."""
    unnoticed = 0
    for mutant, noticed in judged(wanted):
        unnoticed += not noticed
        print(f"{mutant.about}\n  {mutant.file}: {mutant.text.strip()[:80]!r}", flush=True)
        print(f"  {' '.join(noticed) or '** nobody noticed **'}", flush=True)
    print(f"{unnoticed} unnoticed")
    return 1 if unnoticed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
