"""Small changes that a careful person might make by mistake, one at a time.

Who may act, four eyes, a period, the word of a condition, a word or flag of a table, a status, a
notice, an interrupting mark. `trial.unnoticed` says which of them neither the check nor a story
notices: there the stories are silent about what the type decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lxml import etree

from casework.scenarios.stage import DEADLINE
from engine.language.decisions import Rule
from engine.language.parsing import Sources, bpmn, spiff
from engine.language.xml import read_xml
from professions.tasks import ACTS
from registry.applications.statuses import Status

#: Who is most easily taken for whom.
_ROLES = {
    "applicant": "enterprise",
    "enterprise": "applicant",
    "acceptor": "reviewer",
    "reviewer": "approver",
    "approver": "reviewer",
    "officer": "reviewer",
}
_UNITS = {"WORKDAY": "DAY", "DAY": "WORKDAY", "MONTH": "DAY"}
_WORD = re.compile(r'"([^"]*)"')
_FLAG = re.compile(r"\b(true|false)\b")
_NUMBER = re.compile(r"(?<![\w.\"-])\d+(?![\w.\"])")
_TIMERS = tuple(bpmn(tag) for tag in ("timeDate", "timeDuration", "timeCycle"))
_NOTICES = {"notice/send", "document/issue_notice"}


@dataclass(frozen=True, kw_only=True)
class Change:
    """One small change of one file."""

    kind: str  #: in Chinese: 办理角色, 两人办理, 期限, 条件, 决策表, 状态, 通知, 中断
    file: str
    element: str  #: id of the node or flow; of a row the table and its number, "table#3"
    node: str  #: the node that a story must pass to notice it; empty for rows
    before: str
    after: str
    path: str  #: XPath of what is changed
    attribute: str | None  #: None: the text

    def __str__(self) -> str:
        return f"{self.kind} {self.file}#{self.element}：{self.before} → {self.after}"

    def made(self, data: bytes) -> bytes:
        """Return the file with the change."""
        root = read_xml(data)
        (element,) = root.xpath(self.path, namespaces=_namespaces(root))
        if self.attribute is None:
            element.text = self.after
        elif self.after:
            element.set(self.attribute, self.after)
        else:
            parent = element.getparent()
            parent.remove(element)
        return bytes(etree.tostring(root, encoding="UTF-8", xml_declaration=True))


def changes_of(files: Mapping[str, bytes], sources: Sources, of: frozenset[str]) -> list[Change]:
    """Return every small change of the diagrams and tables among the paths `of`."""
    words = _Words(sources)
    made: list[Change] = []
    for file, root in sources.diagrams.items():
        if file in of:
            made += _drawn(file, root, words)
    for file in sorted(path for path in of if path.endswith(".dmn") and path in files):
        made += _tabled(file, read_xml(files[file]), words)
    return made


class _Words:
    """The words that stand beside each other in a type, so that one can be taken for another."""

    def __init__(self, sources: Sources) -> None:
        self.notices: dict[str, list[str]] = {}
        self.compared: dict[str, list[str]] = {}
        self.periods = [row.cells[0].strip('" ') for row in _periods(sources)]
        self.answers = {
            name: sorted(kind.words)
            for act in ACTS.values()
            for name, kind in act.gives.items()
            if kind.words
        }
        for root in sources.diagrams.values():
            for task in root.iter(bpmn("serviceTask")):
                for kind in task.iter(spiff("parameter")):
                    if kind.get("id") == "kind":
                        listed = self.notices.setdefault(_operation(task), [])
                        listed.extend(_WORD.findall(kind.get("value") or ""))
            for condition in root.iter(bpmn("conditionExpression")):
                text = condition.text or ""
                listed = self.compared.setdefault(_subject(text), [])
                listed.extend(_WORD.findall(text.partition("==")[2]))

    def beside(self, word: str, known: list[str]) -> str | None:
        """Return the next other word of a list."""
        others = sorted({other for other in known if other != word})
        return next((other for other in others if other > word), others[0] if others else None)


def _periods(sources: Sources) -> tuple[Rule, ...]:
    table = sources.tables.get(DEADLINE)
    return table.rules if table is not None else ()


def _operation(task: etree._Element) -> str:
    operator = task.find(f".//{spiff('serviceTaskOperator')}")
    return "" if operator is None else operator.get("id") or ""


def _subject(condition: str) -> str:
    return condition.partition("==")[0].strip()


# Diagrams ---------------------------------------------------------------------------------------


def _drawn(file: str, root: etree._Element, words: _Words) -> Iterator[Change]:
    tree = root.getroottree()

    def change(
        kind: str,
        holder: etree._Element,
        at: etree._Element,
        attribute: str | None,
        after: str | None,
        node: str = "",
    ) -> Iterator[Change]:
        before = (at.text if attribute is None else at.get(attribute)) or ""
        if after is None or after == before:
            return
        element = holder.get("id") or ""
        yield Change(
            kind=kind,
            file=file,
            element=element,
            node=node or element,
            before=before,
            after=after,
            path=tree.getpath(at),
            attribute=attribute,
        )

    for task in root.iter(bpmn("userTask")):
        for setting in task.iter(spiff("property")):
            name, value = setting.get("name"), setting.get("value") or ""
            if name == "actorRole":
                yield from change("办理角色", task, setting, "value", _ROLES.get(value))
            elif name == "differentFrom":
                yield from change("两人办理", task, setting, "value", "")
            elif name == "status":
                yield from change("状态", task, setting, "value", words.beside(value, _STATUSES))
    for task in root.iter(bpmn("serviceTask")):
        operation = _operation(task)
        for setting in task.iter(spiff("parameter")):
            name, value = setting.get("id"), setting.get("value") or ""
            word = value.strip('"')
            if name == "kind" and operation in _NOTICES:
                other = words.beside(word, words.notices.get(operation, []))
                yield from change("通知", task, setting, "value", other and f'"{other}"')
            elif name == "status":
                other = words.beside(word, _ENDS)
                yield from change("状态", task, setting, "value", other and f'"{other}"')
    for event in root.iter(bpmn("boundaryEvent")):
        kept = event.get("cancelActivity") == "false"
        mark = "true" if kept else "false"
        if event.find(bpmn("errorEventDefinition")) is None:
            yield from change("中断", event, event, "cancelActivity", mark)
    for timer in root.iter(*_TIMERS):
        text, event = timer.text or "", _holder(timer)
        if number := _NUMBER.search(text):
            more = f"{text[: number.start()]}{int(number[0]) + 1}{text[number.end() :]}"
            yield from change("期限", event, timer, None, more)
        elif named := _WORD.search(text):
            other = words.beside(named[1], words.periods)
            yield from change("期限", event, timer, None, other and text.replace(named[1], other))
    for flow in root.iter(bpmn("sequenceFlow")):
        condition = flow.find(bpmn("conditionExpression"))
        if condition is None:
            continue
        text, gateway = condition.text or "", flow.get("sourceRef") or ""
        for after in _otherwise(text, words):
            yield from change("条件", flow, condition, None, after, gateway)


def _holder(timer: etree._Element) -> etree._Element:
    """Return the event that a timer expression belongs to."""
    return next(timer.iterancestors(bpmn("boundaryEvent"), bpmn("intermediateCatchEvent")))


def _otherwise(condition: str, words: _Words) -> Iterator[str]:
    """Yield a condition with another word, or turned round where it compares with no word."""
    subject = _subject(condition)
    known = [*words.compared.get(subject, []), *words.answers.get(subject, [])]
    _, compared, rest = condition.partition("==")
    named = _WORD.search(rest) if compared else None
    other = words.beside(named[1], known) if named else None
    if named and other:
        yield f"{condition[: -len(rest)]}{rest.replace(named[1], other, 1)}"
    elif " == " in condition:
        yield condition.replace(" == ", " != ", 1)
    else:
        yield f"not {condition}"


_STATUSES = [status.value for status in Status]
_ENDS = ["CLOSED", "COMPLETED", "NOT_ACCEPTED", "REJECTED", "WITHDRAWN"]


# Tables -----------------------------------------------------------------------------------------


def _tabled(file: str, root: etree._Element, words: _Words) -> Iterator[Change]:
    tree = root.getroottree()
    for decision in root.iter("{*}decision"):
        columns = [_cells(rule) for rule in decision.iter("{*}rule")]
        for number, cells in enumerate(columns, 1):
            for index, cell in enumerate(cells):
                text = cell.text or ""
                column = [row[index].text or "" for row in columns if index < len(row)]
                is_period = decision.get("id") == DEADLINE and text.strip('" ') in _UNITS
                for after in _cell_otherwise(text, column, words, is_unit=is_period):
                    yield Change(
                        kind="期限" if decision.get("id") == DEADLINE else "决策表",
                        file=file,
                        element=f"{decision.get('id')}#{number}",
                        node="",
                        before=text,
                        after=after,
                        path=tree.getpath(cell),
                        attribute=None,
                    )


def _cells(rule: etree._Element) -> list[etree._Element]:
    entries = [*rule.findall("{*}inputEntry"), *rule.findall("{*}outputEntry")]
    return [text for entry in entries if (text := entry.find("{*}text")) is not None]


def _cell_otherwise(text: str, column: list[str], words: _Words, *, is_unit: bool) -> Iterator[str]:
    if is_unit:
        yield f'"{_UNITS[text.strip(chr(34) + " ")]}"'
        return
    known = sorted({word for cell in column for word in _WORD.findall(cell)})
    for word in _WORD.finditer(text):
        inside = _WORD.findall(text)
        other = words.beside(word[1], [other for other in known if other not in inside])
        if other:
            yield _replaced(text, word, f'"{other}"')
    for flag in _FLAG.finditer(text):
        yield _replaced(text, flag, "false" if flag[0] == "true" else "true")
    for number in _NUMBER.finditer(_WORD.sub(lambda word: "_" * len(word[0]), text)):
        yield _replaced(text, number, str(int(number[0]) + 1))


def _replaced(text: str, match: re.Match[str], after: str) -> str:
    return f"{text[: match.start()]}{after}{text[match.end() :]}"


def _namespaces(root: etree._Element) -> dict[str, str]:
    return {prefix: uri for prefix, uri in root.nsmap.items() if prefix}
