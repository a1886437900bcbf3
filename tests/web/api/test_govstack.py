"""The scenarios of GovStack's Registration Building Block that apply: what it reads (f439f80).

Each is named after its feature there. They are told anew here, with ids of this house: theirs name
files of a mock, and the header Information-Mediator-Client, which is the gateway's.
"""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from tests.web.api import program
from tests.web.api.program import Program
from tests.web.desk import Desk
from tests.web.furnished import app, clock, prepared

__all__ = ["app", "clock", "prepared"]
BASE = "/govstack"
MEDIATOR = {"Information-Mediator-Client": "eGovStack/GOV/90000009/eregistrations-dev"}
NOBODY = "n0t-ex1st1ng-file-1d"


@pytest.fixture
def caller(app: Flask) -> Program:
    """Give the program of an enterprise for which an application waits."""
    Desk(app).comes_as("person-01").fills().signs()
    return program.of_enterprise(app)


def _reads(caller: Program, path: str) -> Any:
    return caller.gets(f"{BASE}{path}", headers=MEDIATOR)


def test_services_and_their_forms(caller: Program) -> None:
    """services_services, _serviceid, _servicekey_eforms and _eforms_eformsid."""
    services = _reads(caller, "/services")
    first = next(service for service in services if service["id"].endswith(".INITIAL"))

    assert _reads(caller, f"/services?name={first['name']}") == [first]
    assert _reads(caller, f"/services/{first['id']}") == first
    [item] = _reads(caller, f"/services/{first['id']}/eForms")
    form = _reads(caller, f"/eForms/{item['eFormId']}")
    assert form["eFormId"] == item["eFormId"]
    assert "properties" in form["schema"]
    missing = caller.ask("GET", f"{BASE}/eForms/{NOBODY}", headers=MEDIATOR)
    assert (missing.status_code, missing.mimetype) == (404, "application/json")


def test_tasks(caller: Program) -> None:
    """applicant_tasks, applicant_tasks_taskid: all, by file, flow and assignee, none, one."""
    [task] = _reads(caller, "/tasks")
    paged = "firstResult=0&maxResult=20&sortBy=created&sortOrder=asc"

    assert _reads(caller, f"/tasks?fileId={task['fileId']}&{paged}") == [task]
    assert _reads(caller, f"/tasks?mainTaskId={task['mainTaskId']}") == [task]
    for name in ("fileId", "mainTaskId", "assigneeId"):
        assert _reads(caller, f"/tasks?{name}={NOBODY}") == []
    assert _reads(caller, "/tasks?firstResult=2&maxResult=20&sortBy=created&sortOrder=asc") == []
    assert _reads(caller, f"/tasks/{task['taskId']}")["taskId"] == task["taskId"]
    assert caller.ask("GET", f"{BASE}/tasks/{NOBODY}", headers=MEDIATOR).status_code == 404


def test_application_files(caller: Program) -> None:
    """applicant_applications, applicant_applications_file_id."""
    [file] = _reads(caller, "/applications")

    assert file["status"] == {"code": "PENDING", "title": "待企业确认"}
    assert _reads(caller, f"/applications?serviceId={file['serviceId']}") == [file]
    assert _reads(caller, f"/applications?applicantId={file['applicantId']}") == [file]
    for name in ("serviceId", "applicantId"):
        assert _reads(caller, f"/applications?{name}={NOBODY}") == []
    one = _reads(caller, f"/applications/{file['fileId']}")
    assert (one["fileId"], one["ended"]) == (file["fileId"], False)
    assert one["applicationData"]["applicantId"] == file["applicantId"]
    assert caller.ask("GET", f"{BASE}/applications/{NOBODY}", headers=MEDIATOR).status_code == 404


def test_the_mediator_opens_nothing_by_itself(app: Flask) -> None:
    """A header that anybody may write is no token."""
    answer = app.test_client().get("/api/v1/govstack/applications", headers=MEDIATOR)

    assert answer.status_code == 401
