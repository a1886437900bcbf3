"""A version explained to people: who does what until when, forms, rules, documents, pictures.

Nothing is written by hand: each sentence is read from the published package, so that the
explanation cannot say other than what runs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from lxml import etree

from casework import why
from casework.office import Office
from casework.published import drawn
from casework.published.contents import Contents, Paper
from casework.studio.comparing.words import expression
from engine import outline
from engine.language.columns import Column
from engine.language.decisions import Table
from engine.language.parsing import Sources, bpmn, spiff
from engine.lint import nodes
from professions import documents
from professions.forms import Field, Form
from professions.manifests import Clock, MatterOffer
from registry.people.officers import CASEWORKERS, OfficerRole

_PERIOD = re.compile(r"""deadline\(["'](\w+)["']\)""")
_VALUES: Mapping[str, object] = {"true": True, "false": False, "null": None, "[]": []}
_NOT = re.compile(r"not\s*\((.+)\)", re.DOTALL)
_TEXT = re.compile(r'"([^"]*)"')
_UNUSUAL = "按情形"
_SUB = bpmn("subProcess")


@dataclass(frozen=True, kw_only=True)
class Period:
    """What happens by itself when time has passed at a step."""

    name: str  #: of the event: 逾期未告知
    length: str  #: 5个工作日
    basis: str  #: the row of the table `deadline` it comes from; empty: the diagram says it
    interrupts: bool  #: the step ends; otherwise it goes on, as with a reminder


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step in its order."""

    name: str
    who: str
    stage: str  #: the called diagram that it is part of; empty: the matter's own
    when: str  #: empty: in every case that goes well
    periods: tuple[Period, ...]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One field of a form."""

    title: str
    need: str  #: 必填, 选填 or 系统填入
    when: str  #: empty: always
    help: str


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One row of a table as a sentence of law has it: where this holds, that follows."""

    number: int
    where: str  #: empty: in every other case
    then: str
    note: str


@dataclass(frozen=True, kw_only=True)
class Rules:
    """A decision table."""

    id: str
    name: str
    basis: str
    rules: tuple[Rule, ...]


@dataclass(frozen=True, kw_only=True)
class Matter:
    """One thing that may be applied for."""

    code: str
    title: str
    about: str  #: what the diagram says of itself
    steps: tuple[Step, ...]
    sections: tuple[tuple[str, tuple[Asked, ...]], ...]
    tables: tuple[tuple[str, str], ...]  #: id and name of the rules that it asks
    papers: tuple[str, ...]
    ends: tuple[str, ...]  #: how a case may end
    parts: tuple[str, ...]  #: titles of the processes that it calls


@dataclass(frozen=True, kw_only=True)
class Explained:
    """A whole version."""

    matters: tuple[Matter, ...]
    rules: tuple[Rules, ...]


def of(office: Office, version: Contents) -> Explained:
    """Explain a version from its own files."""
    reader = _Reader(office, version)
    return Explained(
        matters=tuple(reader.matter(offer) for offer in version.kind.matters),
        rules=tuple(_rules(table) for table, _ in version.tables),
    )


def pictures(office: Office, version: Contents) -> list[dict[str, str]]:
    """Draw every process of a version: `title` and `svg`, in the order of its diagrams."""
    roots = office.definitions.get(version.row.hash).sources.diagrams
    return [
        {"title": diagram.title, "svg": drawn.svg(roots[diagram.file])}
        for diagram in version.diagrams
    ]


class _Reader:
    def __init__(self, office: Office, version: Contents) -> None:
        self._version = version
        self._definition = office.definitions.get(version.row.hash)
        self.sources: Sources = self._definition.sources
        self._titles = {diagram.process: diagram.title for diagram in version.diagrams}

    def matter(self, offer: MatterOffer) -> Matter:
        """Explain what may be applied for."""
        own = self._element(offer.process)
        called = self._called(offer.process)
        processes = [own, *(self._element(process) for process in called)]
        asked = {
            text
            for process in processes
            for node in process.iter(spiff("calledDecisionId"))
            if (text := (node.text or "").strip())
        }
        ends = (end.get("name") or "" for end in own.iterchildren(bpmn("endEvent")))
        return Matter(
            code=offer.code,
            title=offer.title,
            about=(own.findtext(bpmn("documentation")) or "").strip(),
            steps=tuple(self._steps(offer.process, processes)),
            sections=self._sections(offer),
            tables=tuple(
                (table.id, table.name) for table, _ in self._version.tables if table.id in asked
            ),
            papers=tuple(paper.title for paper in self._papers(offer, processes)),
            ends=tuple(dict.fromkeys(end for end in ends if end)),
            parts=tuple(self._titles[process] for process in called),
        )

    def _element(self, process: str) -> etree._Element:
        root = self.sources.diagrams[self.sources.processes[process]]
        return next(node for node in root.iter(bpmn("process")) if node.get("id") == process)

    def _called(self, process: str) -> list[str]:
        """Give what a process calls, and what that calls, in the order of the diagrams."""
        reached, queue = set[str](), [process]
        while queue:
            new = nodes.calls(queue.pop(), self.sources) - reached
            reached |= new
            queue += new
        return [name for name in self._titles if name in reached]

    def _steps(self, process: str, processes: list[etree._Element]) -> Iterator[Step]:
        periods, around = self._periods(processes), _around(processes)
        for step in outline.of(self._definition, process):
            places = dict.fromkeys([step.node, *around.get(step.node, ()), step.place])
            yield Step(
                name=step.name,
                who=_who(step.role),
                stage=step.stage,
                when="" if step.is_usual else _UNUSUAL,
                periods=tuple(period for place in places for period in periods.get(place, ())),
            )

    def _periods(self, processes: list[etree._Element]) -> Mapping[str, list[Period]]:
        """Give the timers by what they are attached to: a step, a call or a subprocess."""
        periods: dict[str, list[Period]] = {}
        for process in processes:
            for event in process.iter(bpmn("boundaryEvent")):
                timer = event.find(bpmn("timerEventDefinition"))
                if timer is None:
                    continue
                text = " ".join("".join(timer.itertext()).split())
                length, basis = _length(text, self._version.kind.clocks)
                name = event.get("name") or event.get("id") or ""
                period = Period(
                    name="提醒" if name == length else name,
                    length=length,
                    basis=basis,
                    interrupts=event.get("cancelActivity") != "false",
                )
                periods.setdefault(event.get("attachedToRef") or "", []).append(period)
        return periods

    def _sections(self, offer: MatterOffer) -> tuple[tuple[str, tuple[Asked, ...]], ...]:
        if offer.form is None:
            return ()
        form = self._version.kind.form(offer.form)
        return tuple(
            (section.title, fields)
            for section in form.sections
            if (
                fields := tuple(_asked(form, field) for field in section.fields if not field.hidden)
            )
        )

    def _papers(self, offer: MatterOffer, processes: list[etree._Element]) -> list[Paper]:
        """Give the form that is signed and the letters that the processes issue."""
        names = {offer.document} if offer.form else set[str]()
        names |= {letter for process in processes for letter in documents.letters(process)}
        return [paper for paper in self._version.papers if paper.name in names]


def _around(processes: list[etree._Element]) -> dict[str, list[str]]:
    """Give the subprocesses that each node stands in, the innermost first."""
    return {
        node.get("id") or "": [outer.get("id") or "" for outer in node.iterancestors(_SUB)]
        for process in processes
        for node in process.iter()
        if isinstance(node.tag, str) and node.get("id")
    }


def _who(role: str) -> str:
    if role in CASEWORKERS:
        return f"主管部门（{OfficerRole(role).label}）"
    return {"applicant": "申请人", "enterprise": "聘用企业", "": "系统自动办理"}.get(
        role, "主管部门"
    )


def _length(text: str, clocks: Mapping[str, Clock]) -> tuple[str, str]:
    """Write when a timer ends, and the rule it comes from.

    >>> _length("workdays(3)", {}), _length('"P30D"', {})
    (('3个工作日', ''), ('30日', ''))
    """
    basis = "；".join(clocks[name].basis for name in _PERIOD.findall(text) if name in clocks)
    text = _PERIOD.sub(lambda call: clocks[call[1]].words if call[1] in clocks else call[1], text)
    return expression(text), basis


def _asked(form: Form, field: Field) -> Asked:
    conditions = [
        f"{form.field(name).title}为{_values(form.field(name), rule)}"
        for name, rule in (field.show_if or {}).items()
    ]
    need = "系统填入" if field.read_only else "必填" if field.required else "选填"
    return Asked(
        title=field.title,
        need=need,
        when="，".join(conditions),
        help=str(field.ui.get("ui:help", "")),
    )


def _values(field: Field, rule: Mapping[str, object]) -> str:
    allowed = rule["enum"] if "enum" in rule else [rule.get("const")]
    values = allowed if isinstance(allowed, list) else [allowed]
    return "或".join(f"“{field.words(value)}”" for value in values)


def _rules(table: Table) -> Rules:
    return Rules(
        id=table.id,
        name=table.name,
        basis=table.basis,
        rules=tuple(
            Rule(
                number=rule.number,
                where=_told(table.read, rule.cells),
                then=_told(table.said, rule.said),
                note=rule.note,
            )
            for rule in table.rules
        ),
    )


def _told(columns: Sequence[Column], cells: Sequence[str]) -> str:
    """Write the cells that say anything, each with its heading."""
    return "；".join(
        f"{column.heading}：{cell(text).rstrip('。')}"
        for column, text in zip(columns, cells, strict=True)
        if text.strip() not in ("", "-", '""')
    )


def cell(text: str) -> str:
    """Write a cell as people read it: codes by their names, truth values as 是 and 否.

    >>> cell('"INITIAL","RENEWAL"'), cell('not("CLAIM")'), cell("true"), cell("< 30")
    ('初始注册、延续注册', '除领取电子证书外', '是', '< 30')
    """
    text = text.strip()
    if text in _VALUES:
        return why.words(_VALUES[text])
    if outside := _NOT.fullmatch(text):
        return f"除{cell(outside[1])}外"
    read = _TEXT.sub(lambda code: why.words(code[1]), text)
    return re.sub(r"\s*,\s*", "、", read) if _TEXT.search(text) else read
