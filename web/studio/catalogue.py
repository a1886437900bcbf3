"""What an editor offers: everything that the engine runs and the draft has, as data."""

from __future__ import annotations

from typing import Any

from casework.office import Office
from casework.studio.comparing.words import ROLES
from casework.studio.drafts import Draft
from engine.language import parsing
from engine.language.parsing import bpmn
from professions import manifests, operations, vocabulary
from professions.folders import MANIFEST
from professions.manifests import CLOCKS, RegistrationTypeRefused
from professions.messages import SENT
from professions.tasks import ACTS
from registry.applications.statuses import Status


def of(office: Office, draft: Draft) -> dict[str, Any]:
    """Give what an editor of this draft offers, with the words that people read."""
    package = draft.package
    sources = parsing.read_sources(package)
    return {
        "roles": [{"value": value, "label": label} for value, label in ROLES.items()],
        "tasks": {
            node: {"roles": sorted(act.roles), "gives": sorted(act.gives)}
            for node, act in ACTS.items()
        },
        "statuses": [{"value": status.value, "label": status.label} for status in Status],
        "forms": sorted(
            path.removeprefix("forms/").removesuffix(".schema.json")
            for path in package
            if path.startswith("forms/") and path.endswith(".schema.json")
        ),
        "operations": {
            name: {
                "parameters": sorted(declared.parameters),
                "words": {
                    parameter: sorted(vocabulary.kind(told).words)
                    for parameter, told in declared.words.items()
                    if _is_known(told)
                },
                "errors": sorted(declared.errors),
                "result": sorted(declared.result),
            }
            for name, declared in sorted(operations.OPERATIONS.items())
        },
        "decisions": sorted(sources.tables),
        "processes": sorted(sources.processes),
        "messages": [{"value": name, "label": said} for name, said in SENT.items()],
        "periods": sorted(_periods(package)),
        "variables": sorted(_variables(draft, sources)),
    }


def _is_known(told: str) -> bool:
    try:
        return bool(vocabulary.kind(told).words)
    except KeyError:
        return False


def _periods(package: dict[str, bytes]) -> list[str]:
    try:
        return list(manifests.read_clocks(package.get(CLOCKS, b"")))
    except RegistrationTypeRefused:
        return []


def _variables(draft: Draft, sources: parsing.Sources) -> set[str]:
    """Name what conditions may read: given, from tables, from operations and from tasks."""
    names = {*sources.tables, *vocabulary.VARIABLES}
    for root in sources.diagrams.values():
        for operator in root.iter("{*}serviceTaskOperator"):
            names |= {operator.get("resultVariable") or ""}
        for task in root.iter(bpmn("userTask")):
            act = ACTS.get(task.get("id") or "")
            names |= set(act.gives) if act else set()
    if MANIFEST in draft.package:
        try:
            for matter in manifests.read(draft.package).matters:
                names |= set(matter.given)
        except RegistrationTypeRefused:
            pass
    return names - {""}
