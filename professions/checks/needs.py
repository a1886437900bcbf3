"""What the house itself asks of a registration type, whatever its diagrams say.

Casework asks these tables and periods by name, prints these documents and fills these fields; a
type that lacks one would stop a case in the middle.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from lxml import etree

from engine.language.decisions import Table
from engine.language.parsing import Sources, bpmn, spiff
from professions import forms, messages, variables
from professions.forms import FormUnusable
from professions.manifests import CLOCKS, MANIFEST, Clock, RegistrationType
from professions.tasks import Task
from professions.vocabulary import LEGAL_PERIODS
from refusals.refusal import Refusal
from refusals.rules import insists
from registry.applications.statuses import PERSONAL, Matter

Finding = tuple[str, str, str, str]  #: file, element, what is wrong, what to do

#: Tables that casework asks in every type; what it reads of them is told by `shapes`.
TABLES = (
    "menu_availability",
    "qualification_source",
    "continuing_education",
    "edit_effect",
    "enterprise_check",
    "sms_challenge",
    "signer_certificate",
    "deadline",
)
HOURS = ("compulsory_min", "elective_min")  #: outputs that are held against typed hours
UNITS = ("WORKDAY", "DAY", "MONTH")
LONGEST_CLOCK = 3660  #: no timer waits longer than ten years
#: From when a clock of the table counts; a slip would count from the moment at hand.
STARTS = frozenset(
    [
        "accepted_on",
        "arrived_at",  # at the step that the clock belongs to
        "correction_notified_on",
        "decided_on",
        "decision_delivered_on",
        "decision_due_on",
        "enterprise_sealed_at",
        "intent_served_on",
        "last_saved_at",
        "applicant_signed_at",
        "registration_valid_to",
    ]
)
_CASE = frozenset({"application_id", "person_id", "uscc", "matter"})
_CHOSEN = _CASE | frozenset(
    [
        "item",
        "revision",
        "acceptance_mode",
        "policy_rereg_ce",
        "has_open_application",
        "registration_status",
        "renewal_phase",
        "certificate_form",
        "realname_verified",
        "ban_active",
        "barred",
        "enterprise_renaming",
    ]
)
#: The variables with which casework starts the process of each matter.
GIVEN: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(PERSONAL, _CHOSEN),
    Matter.ENTERPRISE_CANCELLATION: _CASE | {"revision"},
    Matter.EX_OFFICIO: _CASE,
    Matter.CLAIM: _CASE,
    Matter.CORRECTION: _CASE | {"officer_role"},
    Matter.REOPENING: _CASE,
    Matter.REDECISION: _CASE,
    Matter.ENTERPRISE_RENAME: frozenset(
        [
            "batch_id",
            "uscc",
            "registry_name_differs",
            "same_uscc",
            "enterprise_status",
            "rename_running",
            "affected",
        ]
    ),
}
#: The clocks that casework asks for or names in letters, pages and messages, and from when it
#: counts them itself; None where only the diagrams count.
CLOCKS_ASKED: Mapping[str, str | None] = {
    "FORMAL_CHECK": "enterprise_sealed_at",
    "DECISION": "accepted_on",
    "DECISION_EXTENSION": "decision_due_on",
    "DRAFT": "last_saved_at",
    "CORRECTION_REPLY": "correction_notified_on",
    "HEARING": "intent_served_on",
    "OBJECTION": "accepted_on",
    "ENTERPRISE_SEAL": None,
    "DELIVERY": "decided_on",
    "RECONSIDERATION": "decision_delivered_on",
    "LITIGATION": "decision_delivered_on",
}
#: Operations that print a document whose template they name themselves.
TEMPLATES: Mapping[str, str] = {
    "certificate/issue": "certificate",
}
_ARTICLE = re.compile("法(?:》)?第[0-9一二三四五六七八九十百]+条")
#: Days that lie ahead: a period may end on them, others have a length.
ENDS = frozenset({"decision_due_on", "registration_valid_to"})
_DUE_IN = re.compile("(.+)_DUE_IN_([0-9]+)")
OPINION = "applicant_opinion"  #: the field whose text the applicant ticks
#: Fields without which nobody can be registered for the first time.
INITIAL_FIELDS = (
    *("enterprise_name", "enterprise_uscc", "photo", "applicant_opinion"),
    *("qualification_region", "qualification_no"),
    *("qualification_issued_on", "qualification_issuer"),
)


def check(
    kind: RegistrationType, files: Mapping[str, bytes], sources: Sources
) -> Iterator[Finding]:
    """Yield all that casework would miss in a type."""
    if any(matter.code in PERSONAL for matter in kind.matters):
        yield from _tables(sources)
        yield from _clocks(kind)
    yield from _face(kind)
    yield from _law(kind)
    yield from _given(kind)
    yield from _photo(kind)
    yield from _statements(kind, files, sources)
    yield from _fields(kind)
    templates = {path.rpartition("/")[2] for path in files}
    for file, root in sources.diagrams.items():
        yield from _templates(file, root, templates)
        yield from _messages(file, root)
        yield from _called(file, root, kind)


@insists("E_CALL")
def _called(file: str, root: etree._Element, kind: RegistrationType) -> Iterator[Finding]:
    """Insist that no process calls one that is a matter by itself: it closes its case."""
    own = {matter.process: matter.title for matter in kind.matters}
    for call in root.iter(bpmn("callActivity")):
        called = call.get("calledElement") or ""
        if called in own:
            text = f"流程“{called}”是事项“{own[called]}”自己的，不能由别的流程调用"
            yield file, call.get("id") or "", text, "请改为共用的一部分，例如领证是 claiming"


@insists("E_NO_TABLE")
def _tables(sources: Sources) -> Iterator[Finding]:
    for name in TABLES:
        table = sources.tables.get(name)
        if table is None and sources.has_table(name):
            continue  # its file is unreadable
        if table is None and (file := sources.misnamed(name)):
            told = next(key for key, place in sources.table_files.items() if place == file)
            text = f"决策的标识是“{told}”，文件名是 {name}.dmn"
            yield file, told, text, f"请把标识改为 {name}"
        elif table is None:
            yield f"{name}.dmn", name, f"没有决策表“{name}”", "办理中要用到它，请增加该文件"
        elif name == "continuing_education":
            yield from _hours(sources.table_files[name], table)


@insists("E_HOURS")
def _hours(file: str, table: Table) -> Iterator[Finding]:
    for rule in table.rules:
        for output, column, value in zip(table.outputs, table.said, rule.outputs, strict=True):
            if value is None or not column.is_of_type(value):  # told by `lint` and `shapes`
                continue
            if output in HOURS and not (type(value) in (int, float) and value >= 0):  # type: ignore[operator]  # a number here
                text = f"第 {rule.number} 条规则的 {output} 不是学时数"
                yield file, table.id, text, "请填写0或者正数，不加引号"


@insists("E_CERTIFICATE_FACE")
def _face(kind: RegistrationType) -> Iterator[Finding]:
    """Insist on a type code: a default would be another certificate's."""
    if not kind.face.type_code:
        text = "没有证照类型代码，证书的标识将无法确定"
        remedy = "请在 [certificate] 中填写 type_code：21位大写字母和数字，见 GB/T 36904"
        yield MANIFEST, "certificate.type_code", text, remedy


@insists("E_LAW")
def _law(kind: RegistrationType) -> Iterator[Finding]:
    """Insist on the rule that decisions cite: a default would be another profession's."""
    if not kind.law.rule:
        text = "没有写文书引用的管理规定和行政复议机关"
        remedy = '请填写 [law]：rule = "《…管理规定》"，review_bodies = ["…"]'
        yield MANIFEST, "law", text, remedy


@insists("E_GIVEN")
def _given(kind: RegistrationType) -> Iterator[Finding]:
    """Insist that a process counts on no variable that casework does not start it with."""
    for matter in kind.matters:
        known = GIVEN.get(matter.code, frozenset(matter.given))  # an unknown matter is told before
        for name in matter.given:
            if name not in known:
                text = f"given 中的“{name}”启动流程时没有"
                yield MANIFEST, matter.code, text, f"请用：{'、'.join(sorted(known))}"


@insists("E_PERIOD")
def _clocks(kind: RegistrationType) -> Iterator[Finding]:
    try:
        known = kind.clocks
    except Refusal:  # told by `checker`
        return
    if not kind.files.get(CLOCKS, b"").strip():  # told as a table that is missing
        return
    for name in CLOCKS_ASKED:
        if name not in known:
            yield CLOCKS, name, f"期限表中没有“{name}”", "请增加一行，写明长度、单位和依据"
    for name, clock in known.items():
        if clock.unit not in UNITS:
            yield CLOCKS, name, f"期限的单位“{clock.unit}”不能使用", f"请用：{'、'.join(UNITS)}"
        least = 0 if clock.starts_on in ENDS else 1
        if not least <= clock.days <= LONGEST_CLOCK:
            text = f"期限的长度 {clock.days} 不在{least}至{LONGEST_CLOCK}之间"
            yield CLOCKS, name, text, "请改正长度"
        if not clock.basis.strip():
            text = "没有写期限的依据"
            yield CLOCKS, name, text, "请在该规则的说明（description）中写明法律条文或者政策文件"
        wanted = CLOCKS_ASKED.get(name)
        if wanted is not None and clock.starts_on in STARTS - {wanted}:
            text = f"“{name}”自 {clock.starts_on} 起算，办理中自 {wanted} 起算"
            yield CLOCKS, name, text, f"请把起算改为：{wanted}"
        if clock.starts_on not in STARTS:
            text = f"期限的起算“{clock.starts_on}”不能使用"
            yield CLOCKS, name, text, f"请用：{'、'.join(sorted(STARTS))}"

        yield from _legal(name, clock)
    yield from _sums(known)


@insists("E_LEGAL_PERIOD")
def _legal(name: str, clock: Clock) -> Iterator[Finding]:
    """Insist on what the law says of a period, and on the article in its row."""
    legal = LEGAL_PERIODS.get(name)
    if legal is None:
        return
    least, most = legal.least, legal.most
    if clock.unit in UNITS and (clock.unit != legal.unit or not least <= clock.days <= most):
        bound = f"{least}" if least == most else f"{least}至{most}"
        text = (
            f"期限“{name}”是 {clock.days} {clock.unit}，{legal.article}规定为 {bound} {legal.unit}"
        )
        yield CLOCKS, name, text, "请改为法定的长度和单位（WORKDAY 为工作日）"
    if clock.basis.strip() and not _ARTICLE.search(clock.basis):
        text = f"期限“{name}”是法定期限，说明中没有写法律条文"
        yield CLOCKS, name, text, f"请在说明（description）中写明，例如“{legal.article}”"


@insists("E_PERIOD_SUM")
def _sums(known: Mapping[str, Clock]) -> Iterator[Finding]:
    """Insist that periods which follow from others still do: one of them was changed alone."""
    sums = {"EXTENDED_DECISION": ("DECISION", "DECISION_EXTENSION", 0)}
    for name in known:
        if left := _DUE_IN.fullmatch(name):
            base = left[1] if left[1] in known else f"{left[1]}_DECISION"
            sums[name] = (base, "", -int(left[2]))
    for name, (base, more, days) in sums.items():
        parts = [known[part] for part in (base, more) if part in known]
        if name not in known or len(parts) < 1 + bool(more):
            continue
        total = sum(part.days for part in parts) + days
        if known[name].days != total and {part.unit for part in parts} == {known[name].unit}:
            from_words = f"{base} 与 {more} 之和" if more else f"{base} 减去 {-days}"
            text = f"期限“{name}”是 {known[name].days}，应为 {from_words}，即 {total}"
            yield CLOCKS, name, text, f"请改为 {total}，或者改正 {base}"


@insists("E_STATEMENT")
def _statements(
    kind: RegistrationType, files: Mapping[str, bytes], sources: Sources
) -> Iterator[Finding]:
    """Insist that what people tick has a text, and that this text is what the file prints."""
    for matter in kind.matters:
        fields = {field.name: field.schema for field in _form_fields(kind, matter.form)}
        opinion = fields.get(OPINION)
        path = f"forms/{matter.form}.schema.json"
        if fields and (opinion is None or not str(opinion.get("description", "")).strip()):
            text = "没有申请人所勾选意见的全文"
            yield path, OPINION, text, f"请增加字段 {OPINION}，在 description 中写明全文"
        drawn = {
            node.get("id")
            for _, process in variables.reached(matter.process, sources)
            for node in process.iter(bpmn("userTask"))
        }
        if Task.REVIEW_APPLICATION in drawn and matter.confirmation is None:
            text = "没有写明企业【签名确认】时勾选的意见"
            remedy = "请在该事项下增加 [matter.confirmation]：title、verb、text"
            yield MANIFEST, matter.code, text, remedy
        printed = [("data.statement", "申请人")] if fields else []
        printed += [("data.confirmation", "企业")] if matter.confirmation else []
        for name, content in files.items():
            if name.rpartition("/")[2] != f"{matter.document}.typ":
                continue
            for value, who in printed:
                if value.encode() not in content:
                    text = f"没有印出{who}所勾选的意见"
                    yield name, "", text, f"请在意见处写 #{value}：勾选的文字与所签署的必须逐字相同"


@insists("E_PHOTO")
def _photo(kind: RegistrationType) -> Iterator[Finding]:
    """Insist that the browser cuts photos to the size that the certificate shows."""
    size = f"{kind.photo[0]}x{kind.photo[1]}"
    for matter in kind.matters:
        for field in _form_fields(kind, matter.form):
            is_photo = field.name == "photo" and not field.read_only
            cut = field.ui.get("ui:crop", None if is_photo else size)
            if cut != size:
                done = f"裁剪为 {cut}" if cut else "没有写裁剪的尺寸（ui:crop）"
                text = f"{field.name} {done}，type.toml 的 photo 是 {size} 像素"
                path = f"forms/{matter.form}.ui.json"
                yield path, field.name, text, "请改成同一尺寸"


@insists("E_FORM_FIELDS")
def _fields(kind: RegistrationType) -> Iterator[Finding]:
    for matter in kind.matters:
        fields = _form_fields(kind, matter.form)
        names = {field.name for field in fields}
        path = f"forms/{matter.form}"
        if matter.code == Matter.INITIAL and fields:
            for field in fields:
                if field.name in INITIAL_FIELDS and not field.required:
                    text = f"初始注册的 {field.name} 可以不填，制作证书要用到它"
                    yield f"{path}.schema.json", field.name, text, "请把它写进 required"
            for name in INITIAL_FIELDS:
                if name not in names:
                    text = f"初始注册的表单没有字段 {name}"
                    yield f"{path}.schema.json", name, text, "制作证书要用到它，请增加该字段"
        schema = kind.form(str(matter.form)).schema if fields else {}
        required = {*schema.get("required", ())}
        if required <= names:  # else a field has another name, which is told
            yield from _asked_for(f"{path}.schema.json", fields)
        for name, ui in kind.form(str(matter.form)).ui.items() if fields else ():
            if name.startswith("ui:"):
                continue
            if name not in names:
                text = f"{name} 不是表单的字段"
                yield f"{path}.ui.json", name, text, "请改正名称，或者删除这一项"
            elif ui.get("ui:lockedUnless", name) not in names:
                text = f"ui:lockedUnless 所指的 {ui['ui:lockedUnless']} 不是表单的字段"
                yield f"{path}.ui.json", name, text, "请改正名称"


@insists("E_FORM_REQUIRED")
def _asked_for(file: str, fields: Sequence[forms.Field]) -> Iterator[Finding]:
    """Insist that a field whose message says that it must be filled in is among the required."""
    for field in fields:
        asks = "required" in field.schema.get("errorMessage", {})
        if asks and not field.required and field.name not in INITIAL_FIELDS:
            text = "写了必填的提示文字，但是可以不填"
            remedy = "请把它写进 required，或者删除 errorMessage 的 required"
            yield file, field.name, text, remedy


def _form_fields(kind: RegistrationType, key: str | None) -> list[forms.Field]:
    try:
        fields = kind.form(key).fields_by_name() if key else []
    except FormUnusable:  # told by the check of forms
        return []
    return fields if all(isinstance(field.ui, dict) for field in fields) else []


@insists("E_NO_TEMPLATE")
def _templates(file: str, root: etree._Element, known: set[str]) -> Iterator[Finding]:
    for task in root.iter(bpmn("serviceTask")):
        for operator in task.iter(spiff("serviceTaskOperator")):
            name = TEMPLATES.get(operator.get("id") or "")
            if name is not None and f"{name}.typ" not in known:
                text = f"没有文书模板“{name}”"
                yield file, task.get("id") or "", text, f"请增加 documents/{name}.typ"


@insists("E_MESSAGE")
def _messages(file: str, root: etree._Element) -> Iterator[Finding]:
    for message in root.findall(bpmn("message")):
        name = message.get("name") or ""
        if name not in messages.SENT:
            text = f"没有谁发送消息“{name}”"
            yield file, message.get("id") or "", text, f"请用：{'、'.join(messages.SENT)}"
