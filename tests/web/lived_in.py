"""An installation in which something waits on every page, and all who look at its pages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import cast

from flask import Flask
from sqlalchemy import select

from adapters import world
from adapters.enterprise_qualifications import EnterpriseQualificationsTwin
from engine.jobs import queue
from engine.tables import Job, JobState
from registry.applications.applications import Application
from registry.certificates.registrations import Registration
from registry.enterprises.seal_batches import SealBatch
from registry.trail.version_corrections import VersionCorrection
from storage.database import writing
from tests.offices import TYPE
from tests.web.api.test_webhooks import URL, Receiver
from tests.web.desk import COMPANY, Desk, pdf
from tests.web.operations.test_versions import corrected, newest
from tests.web.programs.test_clients import OF_OFFICER, draws, registers
from tests.web.sign_in.test_second_factor import enrol
from tests.web.studio.test_drafting import begins, saves
from tests.web.studio.test_new_types import begins as begins_new
from tests.web.studio.test_playing import plays
from web.demo.people.population import populate

#: Whose cases stand where, by the keys of the demonstration.
STORIES = (
    *("practising-2", "renewal-open", "renewal-late", "correcting", "signed", "review"),
    *("deciding", "unclaimed", "contested", "contested-review", "paper-1", "paper-2", "banned"),
    *("rejected", "draft", "ready", "returned", "waiting", "intended", "unreachable"),
    *("cancellation-signed", "renaming"),
)
DEPUTY, NEWCOMER = world.CITIZENS[6], world.CITIZENS[7]
WITHOUT = next(citizen for citizen in world.CITIZENS if not citizen.has_certificate)
AGREES = {"action": "agree", "opinion": "true"}
UNREACHABLE = {
    "action": "save",
    "revision": "0",
    "cancel_reason": "UNREACHABLE",
    "explanation": "本人三月离职，多次联系未果",
    "applicant_opinion": "true",
}
REASON = "法院裁定，裁定书原件已核对"
#: Kind of page → whoever comes to it: people and enterprises by subject, officers by login.
VISITORS: Mapping[str, tuple[str, str, str]] = {
    **{
        f"engineer-{story}": ("person", f"engineer-{story}", "")
        for story in (
            *("practising-2", "correcting", "ready", "contested", "intended", "paper-2"),
            *("unclaimed", "returned", "draft", "unreachable"),
        )
    },
    "newcomer": ("person", NEWCOMER.subject, ""),
    "without-certificate": ("person", WITHOUT.subject, ""),
    **{
        f"firm-{place}": ("enterprise", firm.uscc, firm.pin)
        for place, firm in enumerate(world.COMPANIES)
        if firm.pin
    },
    **{
        login: ("officer", login, "")
        for login in (
            "shouli",
            "shencha",
            "shenjue",
            "jueding",
            "yunwei",
            "yunwei2",
            "fenxi",
            "fenxi2",
        )
    },
}


def furnish(app: Flask) -> None:
    """Bring everybody to where he has something to type."""
    office = app.extensions["zhuce_office"]
    office.webhooks = Receiver()
    populate(office, only=STORIES)
    _of_operators(app)
    _of_analysts(app)
    _of_enterprises(app)
    _of_people(app)
    _of_officers(app)
    _of_programs(app)
    while office.runner.run_due():
        pass


def sits(app: Flask, who: str) -> Desk:
    """Sign a visitor in."""
    kind, subject, pin = VISITORS[who]
    desk = Desk(app)
    desk.sign_in(kind, subject, **({"pin": pin} if pin else {}))
    return desk


def beginnings(app: Flask, who: str) -> list[str]:
    """Give where a visitor begins: every page whose address needs no name, and what hides.

    Behind a search stand people, registrations and holders of keys; a question in an address
    opens others.
    """
    kind = VISITORS[who][0]
    fixed = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.arguments
    ]
    return [*_HIDDEN[kind], *_found(app, kind), *fixed]


#: Pages that a question in the address opens.
_HIDDEN = {
    "person": ["/applications?q=1", "/change?changed=OTHER"],
    "enterprise": ["/enterprise/people?q=1"],
    "officer": [
        "/agency/cases?q=1",
        "/studio/new?from=builder-2",
        "/operations/officers/shenjue/second-factor",
    ],
}


def _found(app: Flask, kind: str) -> list[str]:
    """Give the pages of what is on record, whoever it belongs to; others find them missing."""
    with app.extensions["zhuce_office"].sessions() as session:
        held = session.scalars(select(Registration).order_by(Registration.id)).first()
        assert held is not None
        cases = {
            str(case.id): str(case.status) if case.matter != "EX_OFFICIO" else "INTENDED"
            for case in session.scalars(select(Application).order_by(Application.id))
        }
        batches = list(session.scalars(select(SealBatch.id)))
        moves = list(session.scalars(select(VersionCorrection.id).filter_by(state="TRIED")))
    refused, intended = (
        next(case for case, status in cases.items() if status == wanted)
        for wanted in ("REJECTED", "INTENDED")
    )
    return {
        "person": [f"/applications/{case}/without-enterprise" for case in cases],
        "enterprise": [
            *(f"/enterprise/applications/{case}/seal?sign=1" for case in cases),
            *(f"/enterprise/requests/{case}/{page}" for page in ("form", "seal") for case in cases),
            *(f"/enterprise/seals/{batch}" for batch in batches),
        ],
        "officer": [
            *(f"/studio/migrations/{move}" for move in moves),
            f"/agency/people/{held.person_id}",
            f"/agency/people/{held.person_id}/correction",
            f"/agency/registrations/{held.id}/act",
            f"/agency/applications/{refused}/reopening",
            f"/agency/cases/{intended}",
            f"/operations/key-holders/person/{held.person_id}",
            f"/operations/key-holders/enterprise/{COMPANY.uscc}",
        ],
    }[kind]


def presses(desk: Desk, part: str, **typed: str) -> None:
    """Send the form of this page whose address has a part, as it stands but for what is typed."""
    forms = desk.soup().select('main form[method="post"]')
    here = desk.page.request.path
    form = next(form for form in forms if part in str(form.get("action") or here))
    fields = {
        str(field["name"]): str(field.get("value", field.get_text()))
        for field in form.select("input[name], textarea[name]")
    }
    desk.send(str(form.get("action") or here), fields | typed, follow=True)


def _of_operators(app: Flask) -> None:
    """Ask for a post, for a key to be revoked and for a corrected version; leave an incident."""
    office, asks = app.extensions["zhuce_office"], sits(app, "yunwei")
    asks.send(
        "/operations/officers",
        {"login": "gu", "name": "顾受理", "roles": ["acceptor"], "reason": "沪建任〔2026〕5号"},
    )
    page = f"/operations/key-holders/enterprise/{COMPANY.uscc}"
    asks.open(page)
    why = {"reason": REASON, "proof": REASON, "cause": "privilegeWithdrawn", "action": "revoke"}
    presses(asks, page, **why)
    assert "等待" in asks.text, asks.text
    old = corrected(office, "deadline.dmn", "<text>90</text>", "<text>100</text>")
    sits(app, "fenxi").send(f"/studio/versions/{old}/migrate", {"action": "try"})
    asks.open(f"/operations/versions/{old}")
    presses(asks, old, to=newest(office), reason=REASON)
    with writing(office.sessions) as session:
        queue.add(session, "notice/deliver_sms", {"sms_id": "nobody"}, "broken", office.now())
        job = session.scalars(select(Job).filter_by(key="broken")).one()
        job.state, job.attempts, job.error = JobState.DEAD, 5, "Unavailable: 短信平台"


def _of_analysts(app: Flask) -> None:
    """Begin a draft with a save and a play, one of a new profession, and stop a matter."""
    analyst = begins(sits(app, "fenxi"), TYPE)
    saves(analyst, "help/renewal.md", "新的说明。")
    plays(begins_new(sits(app, "fenxi")), "renewed", "1")
    stops = "/studio/publications/stops"
    said = {"type": TYPE, "matter": "PAPER_EXCHANGE", "notice": "系统升级，暂停受理。"}
    sits(app, "fenxi2").send(stops, said)


def _of_enterprises(app: Flask) -> None:
    """Compose a list of seals, appoint an operator, be renamed, begin a request of its own."""
    office = app.extensions["zhuce_office"]
    typed = {"name": DEPUTY.name, "id_no": DEPUTY.id_no, "role": "VIEWER", "action": "confirm"}
    for who in (name for name in VISITORS if name.startswith("firm-")):
        clerk = sits(app, who)
        clerk.open("/enterprise/inbox")
        boxes = clerk.soup().select('input[name="items"]')
        if boxes:
            clerk.send("/enterprise/seals", {"items": [str(boxes[0]["value"])]})
        if boxes and who == "firm-2":
            clerk.send(f"/enterprise/applications/{boxes[0]['value']}", AGREES)
        clerk.open("/enterprise/people")
        links = clerk.soup().select('a[href$="/cancel"]')
        for link in links[:2]:
            clerk.send(str(link["href"]), follow=True)
        if links:
            form = clerk.page.request.path
            clerk.post(form, UNREACHABLE, {"cancel_proof": ("通知.pdf", pdf())})
    without = sits(app, "firm-5")
    without.open("/digital-certificate/revoke")
    presses(
        without, "revoke", cause="cessationOfOperation", confirmed="true", pin=VISITORS["firm-5"][2]
    )
    clerk = sits(app, "firm-0")
    clerk.send("/enterprise/operators", typed)
    twin = cast("EnterpriseQualificationsTwin", office.enterprise_qualifications)
    twin.rename(COMPANY.uscc, COMPANY.name.removesuffix("有限公司") + "集团有限公司")
    clerk.open("/enterprise/rename")
    form = clerk.soup().select_one('main form[action="/enterprise/rename"]')
    assert form is not None, clerk.text
    fields = {str(field["name"]): field["value"] for field in form.select('[name="type"]')}
    clerk.send("/enterprise/rename", fields)


def _of_people(app: Flask) -> None:
    """Ask for the code of a signature; keep a question to a list, and a copy of one's own data."""
    owner = sits(app, "engineer-practising-2")
    owner.open("/applications?q=1")
    presses(owner, "/views", name="我的")
    owner.send("/my-data/export")
    me = sits(app, "engineer-ready")
    me.open("/applications")
    found = re.search(r"/applications/([0-9a-f]{32})", me.page.text)
    assert found is not None, me.text
    me.application = found[1]
    me.begins()


def _of_officers(app: Flask) -> None:
    """Let one hold a task, another prove who he is by a second factor; keep a template."""
    holder = sits(app, "shencha")
    holder.send(f"{holder.task()}/claim")
    enrol(sits(app, "shenjue"), app.extensions["zhuce_office"].clock)
    template = {"step": "review", "title": "准予", "text": "符合规定条件。"}
    sits(app, "jueding").send("/agency/templates", template)


def _of_programs(app: Flask) -> None:
    """Register a program of an officer, who draws its secret."""
    address = registers(sits(app, "yunwei"), "审批辅助", **OF_OFFICER)
    officer = sits(app, "shencha")
    draws(app, officer, address)
    officer.open(f"{address}/webhooks/new")
    boxes = officer.soup().select('main form input[name="events"]')
    presses(officer, "webhooks/new", url=URL, events=str(boxes[0]["value"]))
