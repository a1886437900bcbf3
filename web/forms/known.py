"""What registers and tables say about a form that is being filled; it wins over what was typed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from casework.application import form_checks
from casework.case.opened import Case
from casework.office import Office
from registry.applications.applications import Application
from registry.people import persons


def facts(
    office: Office,
    application: Application,
    values: Mapping[str, Any],
    case: Case | None = None,
) -> dict[str, Any]:
    """Give what registers say of the read-only fields, and what the form therefore asks for.

    Keys: the read-only fields, and those of scan_required, hours_required, proof_pdf_required
    that the form has (R28–R33). `case` is what the request has opened for its act.
    """
    if case is None:
        with office.sessions() as session:
            person = persons.get(session, application.person_id)
    else:
        person = case.person
    register = form_checks.known(office, application, person, values)
    merged = {**values, **register.values}
    rules = form_checks.rules_of(office, application, merged, db_hit=register.db_hit, case=case)
    return {
        **register.values,
        **form_checks.flags_of(form_checks.form_of(office, application), rules),
    }
