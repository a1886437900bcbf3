"""`make requirements`: what a run proved, and nothing that was only said."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests import proofs
from tools import requirements


def ran(test: str, proves: list[str], outcome: str = "passed", place: str = "") -> dict[str, Any]:
    return {f"tests/{test}": {"proves": proves, "outcome": outcome, "place": place}}


def row(page: str, key: str) -> str:
    [line] = [line for line in page.splitlines() if line.startswith(f"| {key} |")]
    return line


def test_only_what_passed_and_nowhere_failed_counts() -> None:
    """A row without a test, with a skipped one or with one that failed is not proven."""
    results = {
        **ran("a.py::test_one[sqlite]", ["R1"], place="sqlite"),
        **ran("a.py::test_one[postgresql]", ["R1"], place="postgresql"),
        **ran("a.py::test_two", ["R2"]),
        **ran("b.py::test_three", ["R2"], outcome="failed"),
        **ran("b.py::test_four", ["R3"], outcome="skipped"),
        **ran("b.py::test_five", ["F:trust-1"], place="browser"),
    }

    page = requirements.page({"revision": "", "results": results})

    assert row(page, "R1").endswith("| `tests/a.py::test_one` (postgresql, sqlite) |")
    assert "`tests/b.py::test_three` (**failed**)" in row(page, "R2")
    assert "**skipped**" in row(page, "R3")
    assert row(page, "R4").endswith("| – |")
    assert "(browser)" in row(page, "F:trust-1")
    assert "| R sentences of the manual | 1 | 129 |" in page
    assert page.rstrip().splitlines()[-1].startswith("2 of ")


def test_a_run_keeps_its_results_at_one_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Parts of the suite add up; another commit begins anew."""
    target = tmp_path / "build" / "proofs.json"

    for at, test in (("first", "a"), ("first", "b"), ("second", "c")):
        monkeypatch.setattr(proofs, "revision", lambda at=at: at)
        collector = proofs.Proofs(target)
        for when, outcome in (("setup", "passed"), ("call", "passed"), ("teardown", "passed")):
            collector.pytest_runtest_logreport(_report(test, when, outcome))
        collector.pytest_sessionfinish()
        kept = json.loads(target.read_text("utf-8"))
        if test == "b":
            assert (kept["revision"], [*kept["results"]]) == ("first", ["a", "b"])

    assert (kept["revision"], [*kept["results"]]) == ("second", ["c"])


def test_a_test_that_fails_while_it_ends_has_not_passed(tmp_path: Path) -> None:
    """Setup, call and end are one test."""
    collector = proofs.Proofs(tmp_path / "proofs.json")

    for when, outcome in (("call", "passed"), ("teardown", "failed")):
        collector.pytest_runtest_logreport(_report("a", when, outcome))

    assert collector.results["a"]["outcome"] == "failed"


def test_every_id_of_the_lists_can_be_proven_and_no_other() -> None:
    """A misspelt id stops the run instead of proving nothing in silence."""
    assert {"R1", "I20", "J11", "G11", "F:years-10"} <= proofs.known()
    item = SimpleNamespace(
        nodeid="a", user_properties=[], iter_markers=lambda _: [SimpleNamespace(args=("R400",))]
    )
    with pytest.raises(pytest.UsageError, match="R400"):
        proofs.pytest_collection_modifyitems([item])  # type: ignore[list-item]  # a stand-in


def _report(test: str, when: str, outcome: str) -> Any:
    """Give what pytest reports of one phase of a test."""
    return SimpleNamespace(
        nodeid=test,
        when=when,
        outcome=outcome,
        passed=outcome == "passed",
        failed=outcome == "failed",
        user_properties=[("proves", ["R1"]), ("place", "")],
    )
