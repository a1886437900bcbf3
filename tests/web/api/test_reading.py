"""What programs read: the same cases, papers and registrations as the pages, and no others."""

from __future__ import annotations

import base64
import hashlib

import pytest
from sqlalchemy import select

from registry.applications.documents import DocumentKind
from registry.trail.audit import AuditEvent
from tests.variants import VARIANTS
from tests.web.api.program import Program
from tests.web.place import COMPANY, TAO, Place
from web.api import listing
from web.api.declared import Query
from web.enterprise import people_lists
from web.lists.listing import Listing


def test_an_enterprise_reads_the_cases_that_name_it(place: Place, ours: Program) -> None:
    """As on 【待企业确认】 全部: list, one, where it stands, what was done."""
    listed = ours.gets("/applications?matter=INITIAL")

    [case] = listed["items"]
    assert (case["applicant"], case["uscc"]) == (TAO.name, COMPANY.uscc)
    assert (listed["total"], listed["is_capped"], listed["next"]) == (1, False, None)
    assert ours.gets(f"/applications/{case['id']}") == case
    status = ours.ask("GET", f"/applications/{case['id']}/status")
    assert status.json["status_text"] == "办结"
    assert status.get_etag()[0] == status.json["version"]
    lines = ours.gets(f"/applications/{case['id']}/timeline")["items"]
    assert {line["actor"] for line in lines} >= {"申请人", "市住建委"}
    assert [line["at"] for line in lines] == sorted((line["at"] for line in lines), reverse=True)


def test_a_paper_comes_with_its_hash(place: Place, ours: Program) -> None:
    """The very bytes that are stored, named by their SHA-256; the certificate is its holder's."""
    papers = ours.gets(f"/applications/{place.application_id}/documents")["items"]

    form = next(paper for paper in papers if paper["kind"] == DocumentKind.APPLICATION)
    answer = ours.ask("GET", f"/documents/{form['id']}/content")
    digest = hashlib.sha256(answer.data)
    assert digest.hexdigest() == form["sha256"]
    assert answer.headers["Repr-Digest"] == (
        f"sha-256=:{base64.b64encode(digest.digest()).decode()}:"
    )
    assert DocumentKind.CERTIFICATE not in {paper["kind"] for paper in papers}


def test_the_roster_names_registrations_and_certificates(place: Place, ours: Program) -> None:
    [row] = ours.gets("/certificates")["items"]

    assert row["name"] == TAO.name
    assert row["certificate_no"] == place.certificate().no


def test_an_officer_reads_the_cases_of_his_roles(place: Place, reviewer: Program) -> None:
    [case] = reviewer.gets("/applications")["items"]

    assert case["id"] == place.application_id
    assert reviewer.gets("/tasks")["items"] == []
    assert reviewer.ask("GET", "/tasks?role=approver").status_code == 404
    assert reviewer.ask("GET", "/certificates").status_code == 403


def test_what_is_anothers_does_not_exist(place: Place, others: Program) -> None:
    """R16: 404 for every address of another's case, each with its row of the trail."""
    case = place.application_id
    with place.office.sessions() as session:
        before = len(_refusals(session))
    addresses = [
        f"/applications/{case}",
        f"/applications/{case}/status",
        f"/applications/{case}/timeline",
        f"/applications/{case}/documents",
        f"/tasks/{case}",
        f"/documents/{_form(place)}/content",
    ]

    assert others.gets("/applications")["items"] == []
    answers = [others.ask("GET", address) for address in addresses]

    assert {(answer.status_code, answer.json["code"]) for answer in answers} == {
        (404, "E_NOT_FOUND")
    }
    with place.office.sessions() as session:
        rows = _refusals(session)[before:]
    assert len(rows) == len(addresses)
    assert all(f"client:{others.id}" in row.origin for row in rows)


def _refusals(session: object) -> list[AuditEvent]:
    query = select(AuditEvent).where(AuditEvent.action == "refused.E_NOT_FOUND")
    return list(session.scalars(query.order_by(AuditEvent.id)))  # type: ignore[attr-defined]


def _form(place: Place) -> str:
    from registry.applications import documents

    with place.office.sessions() as session:
        kept = documents.current(session, place.application_id, DocumentKind.APPLICATION)
    assert kept is not None
    return kept.id


def test_every_look_leaves_a_row(place: Place, ours: Program) -> None:
    """D.4: whose file was read, by whom, and through which program."""
    ours.gets(f"/applications/{place.application_id}/timeline")

    with place.office.sessions() as session:
        query = select(AuditEvent).where(AuditEvent.action == "file.view")
        row = session.scalars(query.order_by(AuditEvent.id.desc())).first()
    assert row is not None
    assert row.subject == f"application:{place.application_id}"
    assert row.actor.startswith("operator:")
    assert f"client:{ours.id}" in row.origin


def test_a_certificate_is_verified_as_on_the_page(place: Place, integrator: Program) -> None:
    """D.4: by its code, by number and name, and many at once; a name is masked."""
    certificate = place.certificate()
    question = {"number": certificate.no, "name": TAO.name}

    by_code = integrator.gets(f"/verifications/{certificate.qr_token}")
    by_number = integrator.ask("POST", "/verifications", json=question).json
    wrong = {"number": certificate.no, "name": "王示例"}
    many = integrator.ask("POST", "/verifications/bulk", json={"items": [question, wrong]}).json

    assert by_code["is_valid"]
    assert by_code["name"] != TAO.name
    assert by_number == by_code
    assert many["items"] == [by_code, {"is_found": False}]
    assert integrator.ask("GET", "/verifications/7K3MQ2X9RAFH").status_code == 404
    assert integrator.ask("GET", "/applications").status_code == 403


@pytest.mark.proves("F:input-1")
@pytest.mark.parametrize("typed", VARIANTS)
def test_a_text_of_a_body_is_read_as_that_of_a_form(
    place: Place, integrator: Program, typed: str
) -> None:
    """§input: the same answer, however number and name were pasted, also up to their length."""
    certificate, variant = place.certificate(), VARIANTS[typed]

    asked = {"number": variant(certificate.no), "name": variant(TAO.name)}
    long = {"number": variant("9" * 100), "name": variant(TAO.name)}
    told = integrator.ask("POST", "/verifications/bulk", json={"items": [asked, long]})

    assert [answer.get("is_valid") for answer in told.json["items"]] == [True, None]


def test_who_guesses_is_stopped_with_the_time_to_wait(place: Place, others: Program) -> None:
    guesses = {"items": [{"number": "3126990000012", "name": f"某{n}"} for n in range(250)]}

    statuses = [others.ask("POST", "/verifications/bulk", json=guesses) for _ in range(2)]

    assert [answer.status_code for answer in statuses] == [200, 429]
    assert int(statuses[1].headers["Retry-After"]) > 0


def test_professions_are_open_to_everybody(place: Place, app: object) -> None:
    answer = place.tab.client.get("/api/v1/professions")

    assert answer.status_code == 200
    assert {"code": "INITIAL", "title": "初始注册"} in answer.json["items"][0]["matters"]


@pytest.mark.parametrize("asked", ["?matter=NONSENSE", "?nonsense=1", "?q=" + "长" * 61, "?sort=x"])
def test_a_question_that_cannot_be_understood_is_told(asked: str, ours: Program) -> None:
    answer = ours.ask("GET", f"/applications{asked}")

    assert answer.status_code == 400
    assert answer.json["code"] == "E_API_QUERY"
    assert answer.json["errors"][0]["field"] in asked


def test_what_a_list_may_be_asked_is_what_it_declares(place: Place) -> None:
    """The words of the document are those of the lists of the pages: there is no second truth."""
    with place.tab.client.application.test_request_context():
        roster: Listing = people_lists.roster(COMPANY.uscc, place.office.today())
        declared: list[Query] = [listing.EXPIRES, listing.PROFESSION]
        offered = {choice.key: choice for choice in roster.filters}

        for asked in declared:
            assert asked.known["enum"] == [word for word, _ in offered[asked.name].choices]
