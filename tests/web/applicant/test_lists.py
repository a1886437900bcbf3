"""Lists show a case wherever it stands, finished or not, and to nobody else (R16, R61)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from casework.office import Office
from registry.applications import applications
from registry.applications.applications import Application
from registry.applications.statuses import Status
from storage.database import writing
from tests.web.desk import Desk

Sits = Callable[[str], Desk]
#: Where a case stands before its enterprise has sealed it, and after it sent it back.
NOT_SEALED = ("DRAFT", "READY_TO_SIGN", "PERSONAL_SIGNED", "RETURNED")


def stands_at(office: Office, application_id: str, status: Status) -> str:
    """Put a case where the test needs it; give its number."""
    with writing(office.sessions) as session:
        application = session.get_one(Application, application_id)
        application.status = status
        return application.no


@pytest.mark.proves("R16")
def test_my_list_has_every_case_of_mine_wherever_it_stands(
    me: Desk, desk: Sits, office: Office
) -> None:
    """R16: finished and in progress, refused, withdrawn and closed ones too; nobody else's."""
    me.starts()
    stranger = desk("person-02")

    for status in Status:
        no = stands_at(office, me.application, status)
        me.open("/applications")
        [row] = [line for line in me.soup().select("tbody tr") if no in line.get_text()]
        assert status.label in row.get_text(), status
        stranger.open("/applications")
        assert no not in stranger.text


@pytest.mark.proves("R61")
def test_what_we_sealed_is_listed_until_and_after_its_end(
    me: Desk, desk: Sits, office: Office
) -> None:
    """R61: 企业已确认查询 keeps what was sealed, with its progress, also when it was refused."""
    me.fills().signs()
    clerk, other = desk("enterprise"), desk("other-enterprise")
    clerk.open("/enterprise/confirmed")
    with office.sessions() as session:
        no = applications.get(session, me.application).no
    assert no not in clerk.text

    clerk.seals(me.application)

    for status in Status:  # all that there are: a set of the product could leave one out
        stands_at(office, me.application, status)
        clerk.open("/enterprise/confirmed")
        rows = [line.get_text() for line in clerk.soup().select("tbody tr")]
        shown = [row for row in rows if no in row and status.label in row]
        assert len(shown) == (status not in NOT_SEALED), status
        other.open("/enterprise/confirmed")
        assert no not in other.text
