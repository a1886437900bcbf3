"""【批量签章】 when something comes between: a colleague, a revocation, a closed browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from casework.office import Office
from registry.applications import documents
from registry.applications.documents import DocumentKind
from tests.web.desk import Desk
from tests.web.enterprise.test_operators import acts, appoints
from tests.web.enterprise.test_seals import PIN, chooses, confirms, results
from tests.web.furnished import Clock

Sits = Callable[[str], Desk]
#: The second is a deputy too, in a session of his own.
WHO = ("person-01", "person-07")


@pytest.fixture
def signed(desk: Sits) -> list[Desk]:
    """Give two applicants whose forms are signed."""
    return [desk(who).fills().signs(who) for who in WHO]


@pytest.fixture
def clerk(desk: Sits) -> Desk:
    return desk("enterprise")


def seals_of(office: Office, *hands: Desk) -> list[int]:
    """Count the enterprise's seals on the form of each."""
    with office.sessions() as session:
        forms = [
            documents.current(session, hand.application, DocumentKind.APPLICATION) for hand in hands
        ]
        return [
            sum(row.role == "enterprise" for row in documents.signatures(session, form.id))
            for form in forms
            if form is not None
        ]


def works(office: Office) -> None:
    while office.runner.run_due():
        pass


def test_two_clerks_with_overlapping_lists_and_one_is_withdrawn(
    signed: list[Desk], clerk: Desk, desk: Sits, office: Office
) -> None:
    """Each file has one seal; who was overtaken reads by whom; a withdrawn clerk's list stops."""
    both = [hand.application for hand in signed]
    page = appoints(clerk, "SEAL_OPERATOR")
    deputy = acts(desk)
    first = chooses(clerk, both[0])
    second = chooses(deputy, *both)
    assert deputy.open(first).status_code == 200  # the enterprise's own, but confirmed by his own
    deputy.send(first, {"items": "x", "opinion": "true", "pin": PIN})
    assert "E_SEAL_LIST_OF_ANOTHER" in deputy.text
    deputy.open(second)
    confirms(deputy, second)
    clerk.open(first)
    confirms(clerk, first)

    # The deputy is withdrawn before his list begins: the administrator's goes on.
    clerk.open(f"{page}/withdraw")
    clerk.send(f"{page}/withdraw", {}, follow=True)
    assert "自动停止" in clerk.text
    assert deputy.open(second).status_code in (303, 403)
    works(office)

    clerk.open(first)
    assert results(clerk) == ["已盖章"]
    clerk.open(second)
    assert "已盖章" not in results(clerk)
    assert "E_SEALER_WITHDRAWN" in clerk.text
    assert seals_of(office, *signed) == [1, 0]


def test_a_colleague_is_faster_with_one_of_the_list(
    signed: list[Desk], clerk: Desk, desk: Sits, office: Office
) -> None:
    """One is sealed on its own page between page and PIN: it is not sealed twice, and says so."""
    appoints(clerk, "SEAL_OPERATOR")
    deputy = acts(desk)
    address = chooses(clerk, *(hand.application for hand in signed))
    page = clerk.page
    one_page = {"action": "seal", "opinion": "true", "pin": PIN}
    deputy.open(f"/enterprise/applications/{signed[0].application}")
    deputy.send(f"/enterprise/applications/{signed[0].application}", one_page, follow=True)
    assert "企业电子签章完成" in deputy.text

    clerk.page = page
    confirms(clerk, address)
    works(office)

    clerk.open(address)
    assert results(clerk).count("已盖章") == 1
    assert "E_SEALED_BY_COLLEAGUE" in clerk.text
    assert seals_of(office, *signed) == [1, 1]


def test_a_certificate_that_is_revoked_half_way(
    signed: list[Desk], clerk: Desk, office: Office
) -> None:
    """The first is sealed; the rest is not, says why, and waits as before."""
    address = chooses(clerk, *(hand.application for hand in signed))
    confirms(clerk, address)
    while not sum(seals_of(office, *signed)):
        assert office.runner.run_due(limit=1)

    clerk.open("/digital-certificate/revoke")
    causes = [str(radio["value"]) for radio in clerk.soup().select('input[name="cause"]')]
    serial = str(clerk.soup().select_one('input[name="serial"]')["value"])
    clerk.send(
        "/digital-certificate/revoke",
        {"serial": serial, "cause": causes[0], "pin": PIN, "confirmed": "true"},
        follow=True,
    )
    assert "数字证书已吊销" in clerk.text
    works(office)

    clerk.open(address)
    assert results(clerk).count("已盖章") == 1
    assert sum(seals_of(office, *signed)) == 1
    assert "E_" in clerk.text
    clerk.open("/enterprise/inbox")
    waiting = [hand.application for hand in signed if hand.application in clerk.page.text]
    assert len(waiting) == 1


def test_a_closed_browser_and_two_presses(
    signed: list[Desk], clerk: Desk, desk: Sits, office: Office
) -> None:
    """The list goes on without its page; another browser shows it; a second press is refused."""
    address = chooses(clerk, *(hand.application for hand in signed))
    page = clerk.page
    confirms(clerk, address)
    clerk.page = page
    confirms(clerk, address)
    assert "已处理 0 / 2 件" in clerk.text  # confirmed already
    clerk.send("/sign-out")
    assert clerk.open(address).status_code == 303
    while not sum(seals_of(office, *signed)):
        assert office.runner.run_due(limit=1)

    again = desk("enterprise")
    again.open(address)
    assert results(again).count("已盖章") == 1
    works(office)
    again.open(address)

    assert "全部完成：2 件已盖章" in again.text
    assert seals_of(office, *signed) == [1, 1]

    again.send(f"{address}/stop", {}, follow=True)  # on a page that was open meanwhile
    assert "E_SEAL_NOTHING_LEFT" in again.text
    assert "全部完成：2 件已盖章" in again.text


def test_an_applicant_withdraws_and_the_pin_is_wrong_too_often(
    signed: list[Desk], clerk: Desk, office: Office, clock: Clock
) -> None:
    """What was withdrawn is not sealed; a locked PIN seals nothing of the next list."""
    address = chooses(clerk, *(hand.application for hand in signed))
    page = clerk.page
    gone, left = signed
    gone.open(f"{gone.base}/withdraw")
    gone.send(f"{gone.base}/withdraw", {}, follow=True)
    assert "申请已撤回" in gone.text

    clerk.page = page
    for _ in range(5):
        confirms(clerk, address, pin="000000")
    confirms(clerk, address)
    assert "E_PIN_LOCKED" in clerk.text
    works(office)
    assert seals_of(office, left) == [0]
    clock.turn(minutes=31)
    clerk.comes_as("enterprise")
    again = chooses(clerk, gone.application, left.application)
    assert "E_" in clerk.text  # one is held back, with its reason
    confirms(clerk, again)
    works(office)

    clerk.open(again)
    assert "已盖章" in results(clerk)
    assert seals_of(office, left) == [1]
