"""Advisories, bill of materials and licences: what was not asked is no success."""

from __future__ import annotations

import json

import pytest

from tools import supply
from tools.supply import NotAsked


def test_the_page_of_licences_is_that_of_the_locks() -> None:
    """`make licences` was run after what is installed changed."""
    assert supply.LICENCES.read_text("utf-8") == supply.page()


def test_an_advisory_is_told_with_its_remedy() -> None:
    found = {"id": "PYSEC-2026-1", "fix_versions": ["2.0"], "description": "…"}
    rows = [{"name": "one", "version": "1.0", "vulns": [found]}]
    rows.append({"name": "two", "version": "1.0", "vulns": []})

    assert supply.python_advisories(json.dumps({"dependencies": rows})) == [
        "one 1.0: PYSEC-2026-1, mended in ['2.0']"
    ]
    said = {"vulnerabilities": {"sass": {"severity": "high", "range": "<2"}}}
    assert supply.asset_advisories(json.dumps(said)) == ["sass: high, <2"]


@pytest.mark.parametrize("said", ["", "no JSON", "{}"])
def test_no_answer_is_not_audited(said: str) -> None:
    with pytest.raises(NotAsked, match="pip-audit gave no answer"):
        supply.python_advisories(said)
    with pytest.raises(NotAsked, match="npm audit gave no answer"):
        supply.asset_advisories(said)


def test_packages_that_the_index_does_not_know_are_not_audited() -> None:
    """pip-audit ends with 0 and says that nothing is known when it found none of them."""
    rows = [{"name": "one", "skip_reason": "Dependency not found on PyPI"}]

    with pytest.raises(NotAsked, match="nothing about 1 of 1 packages: one"):
        supply.python_advisories(json.dumps({"dependencies": rows}))
