"""What a run proved: each test that is marked, with its outcome, kept in build/proofs.json.

`@pytest.mark.proves("R44")` stands on a test that shows that sentence of docs/requirements.csv, or
that a fault of docs/faults.csv is mended (`F:trust-2`). `tools/requirements.py` makes the page.
"""

from __future__ import annotations

import csv
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "build" / "proofs.json"
LISTS = (ROOT / "docs" / "requirements.csv", ROOT / "docs" / "faults.csv")
MARK = "proves"


def known() -> set[str]:
    """Give every id that a test may prove."""
    ids: set[str] = set()
    for path in LISTS:
        with path.open(encoding="utf-8", newline="") as rows:
            ids |= {row[0] for row in csv.reader(rows)}
    return ids


def revision() -> str:
    """Give the commit that is tested, "" outside a repository."""
    command = ["git", "-C", str(ROOT), "rev-parse", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True).stdout.strip()


def place_of(item: pytest.Item) -> str:
    """Tell where a test runs: in a browser, on a database server, or in neither."""
    parameters = getattr(item, "callspec", None)
    database = parameters.params.get("database_url", "") if parameters else ""
    if item.get_closest_marker("browser"):
        return "browser"
    return str(database)


class Proofs:
    """Collects outcomes in the process that leads the run."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self.results: dict[str, dict[str, Any]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note a marked test; what once failed in a run stays failed."""
        told = dict(report.user_properties)
        if MARK not in told or (report.when != "call" and report.passed):
            return
        result = self.results.setdefault(report.nodeid, {"outcome": report.outcome})
        if report.failed:
            result["outcome"] = "failed"
        result |= {"proves": told[MARK], "place": told["place"]}

    def pytest_sessionfinish(self) -> None:
        """Write the results beside those of other parts of the suite at the same commit."""
        if not self.results:
            return
        at, kept = revision(), {}
        if self.target.exists():
            before = json.loads(self.target.read_text("utf-8"))
            kept = before["results"] if before["revision"] == at else {}
        self.target.parent.mkdir(exist_ok=True)
        told = {"revision": at, "results": dict(sorted((kept | self.results).items()))}
        self.target.write_text(json.dumps(told, ensure_ascii=False, indent=1), "utf-8")


def pytest_configure(config: pytest.Config) -> None:
    """Collect where the run is led, not in each of its workers."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Proofs(RESULTS), "proofs-of-requirements")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each marked test what it proves; an id that is in no list stops the run."""
    ids = known()
    for item in items:
        proven = [name for mark in item.iter_markers(MARK) for name in mark.args]
        if unknown := [name for name in proven if name not in ids]:
            raise pytest.UsageError(f"{item.nodeid} proves {unknown}: in no list of docs/")
        if proven:
            item.user_properties += [(MARK, proven), ("place", place_of(item))]
