"""An enterprise with something on each of its pages, for whoever reads them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from flask import Flask

from adapters import world
from adapters.enterprise_qualifications import EnterpriseQualificationsTwin
from tests.web.desk import Desk

DEPUTY = world.CITIZENS[6]


def new_name(firm: world.Company) -> str:
    """Give what an enterprise is called after it was renamed."""
    return firm.name.removesuffix("有限公司") + "集团有限公司"


@dataclass(frozen=True)
class Busy:
    """An enterprise, its clerk, and where he has something to read."""

    firm: world.Company
    clerk: Desk
    batch: str  #: address of applications to seal at once
    rename: str  #: address of the change of name


def begins(app: Flask) -> Busy:
    """Let an enterprise choose a batch, appoint an operator and be renamed."""
    office = app.extensions["zhuce_office"]
    firm, desk, waiting = _with_most(app)
    desk.send("/enterprise/seals", {"items": waiting}, follow=True)
    assert "批量签章" in desk.text
    batch = desk.page.request.path
    typed = {"name": DEPUTY.name, "id_no": DEPUTY.id_no, "role": "VIEWER", "action": "confirm"}
    desk.send("/enterprise/operators", typed, follow=True)
    assert "已任命" in desk.text
    twin = cast("EnterpriseQualificationsTwin", office.enterprise_qualifications)
    twin.rename(firm.uscc, new_name(firm))
    desk.open("/enterprise/rename")
    form = desk.soup().select_one('main form[action="/enterprise/rename"]')
    assert form is not None, desk.text
    fields = {str(field["name"]): field["value"] for field in form.select('[name="type"]')}
    desk.send("/enterprise/rename", fields, follow=True)
    rename = desk.page.request.path
    office.runner.run_due()
    return Busy(firm, desk, batch, rename)


def _with_most(app: Flask) -> tuple[world.Company, Desk, list[str]]:
    """Give the enterprise for whose confirmation most applications wait."""
    found = []
    for firm in world.COMPANIES:
        if not firm.pin:
            continue
        desk = Desk(app)
        desk.sign_in("enterprise", firm.uscc, pin=firm.pin)
        desk.open("/enterprise/inbox")
        boxes = desk.soup().select('input[name="items"]')
        found.append((firm, desk, [str(box["value"]) for box in boxes]))
    return max(found, key=lambda one: len(one[2]))
