"""What registers and tables say about a form that is being filled; it wins over what was typed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.casework import checking
from engine.casework.office import Office
from registry import persons
from registry.applications import Application


def facts(office: Office, application: Application, values: Mapping[str, Any]) -> dict[str, Any]:
    """Give the person's facts, the qualification on record, and what the form therefore asks for.

    Keys: the read-only fields, and scan_required, hours_required, proof_pdf_required (R28–R33).
    """
    with office.sessions() as session:
        person = persons.get(session, application.person_id)
    registered = checking.qualification_facts(office, person, values)
    merged = {**values, **(registered or {})}
    rules = checking.rules_of(office, application, merged, db_hit=registered is not None)
    return {**checking.person_facts(person), **(registered or {}), **rules.flags}
