"""Which documents a registration type prints, and what each of them is given."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from lxml import etree

from engine.language import parsing
from engine.language.parsing import Sources, spiff
from professions import manifests
from professions.manifests import MatterOffer, RegistrationTypeRefused
from registry.applications.statuses import Matter

LETTER = "document/issue_notice"  #: the operation whose `kind` is the name of a template
_TEXT = re.compile(r"""["']([\w-]+)["']""")
_CANCELLATIONS = frozenset({Matter.CANCELLATION, Matter.ENTERPRISE_CANCELLATION})


def letters(task: etree._Element) -> Iterator[str]:
    """Yield the letters that a service task issues."""
    for operator in task.iter(spiff("serviceTaskOperator")):
        if operator.get("id") == LETTER:
            for parameter in operator.iter(spiff("parameter")):
                if letter := _TEXT.fullmatch(parameter.get("value") or ""):
                    yield letter[1]


def given_to(files: Mapping[str, bytes]) -> set[tuple[str, str]]:
    """Return the documents that a type names itself, with the kind of data they are given.

    The kinds are those of `pdfgen/given.toml`. A document may be given two: the same form for two
    matters.
    """
    try:
        matters = manifests.read(files).matters
    except RegistrationTypeRefused:  # told by the check of the manifest
        matters = ()
    return of(matters, parsing.read_sources(files))


def of(matters: Iterable[MatterOffer], sources: Sources) -> set[tuple[str, str]]:
    """Return the same of matters and of what diagrams were read."""
    forms = {
        (matter.document, "cancellation" if matter.code in _CANCELLATIONS else "form")
        for matter in matters
        if matter.form is not None
    }
    return forms | {
        (kind, "letter") for root in sources.diagrams.values() for kind in letters(root)
    }
