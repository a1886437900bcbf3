"""What a form in a story is refused for: by its schema, the ages and the table of hours."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from casework.application import form_rules
from casework.application.form_checks import EMPLOYING
from casework.terms import eligibility
from casework.terms.eligibility import Against
from engine.language import decisions, dmn
from engine.language.xml import read_xml
from professions.manifests import MatterOffer, RegistrationType


def table(kind: RegistrationType, name: str) -> decisions.Table:
    """Give a decision table of a type, or of the type that it is based on."""
    files = (
        read
        for path, data in kind.files.items()
        if path.endswith(".dmn")
        for read in dmn.read_tables(read_xml(data))
    )
    return next(candidate for candidate in files if candidate.id == name)


def form_faults(
    kind: RegistrationType,
    matter: MatterOffer,
    typed: Mapping[str, Any],
    *,
    facts: Mapping[str, Any],
    born: date,
    today: date,
) -> dict[str, str]:
    """Judge a form as typed; `facts` are those that the task gives to the diagram."""
    given = {"matter": matter.code, "form": facts, "policy_rereg_ce": False}
    rule = table(kind, "continuing_education").decide(given)
    flags = {**table(kind, "qualification_source").decide(given), **rule}
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
