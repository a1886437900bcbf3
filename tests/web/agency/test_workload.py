"""工作量: the figures of the authority, each with its table."""

from __future__ import annotations

from collections.abc import Callable

from tests.web.agency.test_tasks import in_review as in_review
from tests.web.desk import Desk

Sits = Callable[[str], Desk]


def test_the_figures_follow_what_officers_hold_and_do(in_review: Desk, desk: Sits) -> None:
    """What waits at each step, nobody's or somebody's; who did how much; drawn and in tables."""
    reviewer, approver = desk("shencha"), desk("jueding")
    reviewer.does("claim")
    approver.open("/agency/workload")
    rows = _rows(approver)

    assert approver.text.count("查看数据表") == 3
    assert approver.soup().select_one("svg[role=img] title") is not None
    assert rows["审查"][:3] == ["1", "0", "0"]
    assert rows["受理"][:3] == ["0", "0", "0"]
    assert rows["戚审查"] == ["审查", "1", "0"]

    reviewer.does("review", outcome="approve")
    approver.open("/agency/workload")
    rows = _rows(approver)

    assert rows["审查"][:2] == ["0", "0"]
    assert rows["决定"][:2] == ["1", "1"]
    assert rows["戚审查"] == ["审查", "0", "1"]


def _rows(desk: Desk) -> dict[str, list[str]]:
    return {
        str(row.th.get_text(strip=True)): [
            cell.get_text(strip=True) for cell in row.select("td[data-label]:not([data-label=''])")
        ]
        for row in desk.soup().select("table.fold tbody tr")
        if row.th is not None
    }


def test_the_workload_is_for_approvers(desk: Sits) -> None:
    """R8: others have no business there."""
    assert desk("shencha").open("/agency/workload").status_code == 403
    assert desk("person-01").open("/agency/workload").status_code == 403
