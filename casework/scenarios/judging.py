"""What a form in a story is refused for: by its schema, the ages and the table of hours."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, cast

from casework.application import form_rules
from casework.application.form_checks import EMPLOYING
from casework.scenarios.stage import Version
from casework.terms import eligibility
from casework.terms.eligibility import Against
from professions.manifests import MatterOffer


def form_faults(
    version: Version,
    matter: MatterOffer,
    typed: Mapping[str, Any],
    *,
    facts: Mapping[str, Any],
    born: date,
    today: date,
) -> dict[str, str]:
    """Judge a form as typed; `facts` are those that the task gives to the diagram."""
    given = {"matter": matter.code, "form": facts, "policy_rereg_ce": False}
    kind = version.type
    rule = cast("Mapping[str, Any]", version.decide("continuing_education", given))
    source = cast("Mapping[str, Any]", version.decide("qualification_source", given))
    flags = {**source, **rule}
    form = kind.form(str(matter.form))
    known = {field.name for field in form.fields()}.intersection(form_rules.FLAGS)
    values = {**typed, **{name: flags[name] for name in known}}
    age = eligibility.age(born, kind, today=today, first=today)
    against = Against(age=age, ban=None, bar=None, employer=None)
    faults = {
        **form.validate(values),
        **form_rules.education(values, rule),
        **(form_rules.person(against) if matter.code in EMPLOYING else {}),
    }
    return {name: str(fault) for name, fault in faults.items()}
