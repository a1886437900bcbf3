"""The manifest names things that exist, and so do the tasks of its diagrams."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from lxml import etree

from engine.language.nearest import hint
from engine.language.parsing import Sources, bpmn
from professions import documents, vocabulary
from professions.checks.drawing import properties
from professions.manifests import MatterOffer, RegistrationType
from refusals.rules import insists
from registry.applications.statuses import PERSONAL, Matter, Status
from registry.enterprises.batch_states import BatchState

Finding = tuple[str, str, str]  #: element, what is wrong, what to do

_WRITTEN = PERSONAL - {Matter.PAPER_EXCHANGE}  #: a person fills in a form


@insists("E_MATTER")
def faults(
    manifest: RegistrationType, files: Mapping[str, bytes], sources: Sources
) -> Iterator[Finding]:
    """Yield what the manifest names and what does not exist."""
    codes = [matter.code for matter in manifest.matters]
    for code in {code for code in codes if codes.count(code) > 1}:
        yield code, "申请事项的代码重复", "请给每个事项不同的代码"
    titles = [matter.title for matter in manifest.matters]
    for matter in manifest.matters:
        if titles.index(matter.title) < codes.index(matter.code):
            yield matter.code, f"申请事项的名称“{matter.title}”重复", "请写成申请人能够区分的名称"
    for matter in manifest.matters:
        yield from _matter(matter, files, sources)
        yield from _called_itself(matter, manifest, files)
        yield from _opposed(matter, manifest)
        yield from _agreed(matter)
    yield from _employing(manifest, files)


_EMPLOYING = frozenset({Matter.INITIAL, Matter.RENEWAL})
_ENDING = frozenset({Matter.CANCELLATION, Matter.ENTERPRISE_CANCELLATION})


@insists("E_MATTER_MIXED")
def _called_itself(
    matter: MatterOffer, manifest: RegistrationType, files: Mapping[str, bytes]
) -> Iterator[Finding]:
    """Insist that form and guide do not call themselves by the name of another matter."""
    own = matter.title.partition("（")[0]
    others = {other.title for other in manifest.matters} - {matter.title}
    heads = {
        f"表单 {matter.form}": _title_of(files.get(f"forms/{matter.form}.schema.json", b"")),
        f"说明 {matter.help}": _heading_of(files.get(str(matter.help), b"")),
    }
    for place, head in heads.items():
        named = sorted(title for title in others if title in head)
        if named and own not in head:
            text = f"{place} 的标题是“{head}”，事项是“{matter.title}”"
            yield matter.code, text, "请改用本事项的文件，或者改正标题"


def _title_of(schema: bytes) -> str:
    try:
        read = json.loads(schema)
    except (ValueError, RecursionError):  # told by the check of forms
        return ""
    return str(read.get("title", "")) if isinstance(read, dict) else ""


def _heading_of(guide: bytes) -> str:
    lines = guide.decode("utf-8-sig", "replace").splitlines()
    return next((line.lstrip("# ") for line in lines if line.startswith("#")), "")


@insists("E_MATTER_MIXED")
def _opposed(matter: MatterOffer, manifest: RegistrationType) -> Iterator[Finding]:
    """Insist that nobody who ends an employment signs what is said of its beginning."""
    if matter.code not in _ENDING or matter.form is None:
        return
    for other in manifest.matters:
        if other.code not in _EMPLOYING:
            continue
        if matter.document == other.document:
            text = f"申请表模板 {matter.document} 与“{other.title}”相同"
            yield matter.code, text, "请填写 document，用注销的申请表模板"
            return
        said = matter.confirmation, other.confirmation
        if said[0] is not None and said[1] is not None and said[0].text == said[1].text:
            text = f"企业确认的意见与“{other.title}”相同"
            yield matter.code, text, "请写明同意注销、已解除聘用关系"


#: Words that deny; 信息不实的，…… says what follows.
_UNTRUE = re.compile("(?:信息|内容|情况)(?:并)?(?:不实|虚假|不真实)(?!的?，)")


@insists("E_MATTER")
def _agreed(matter: MatterOffer) -> Iterator[Finding]:
    """Insist that the opinion which an enterprise ticks says what its verb says."""
    if matter.confirmation is not None:
        verb, said = matter.confirmation.verb, matter.confirmation.text
        if verb not in said or f"不{verb}" in said or _UNTRUE.search(said):
            text = f"企业勾选的意见“{said}”不是“{verb}”的意思"
            yield matter.code, text, f"请在意见中写明“{verb}”"


@insists("E_EMPLOYER_UNSAID")
def _employing(manifest: RegistrationType, files: Mapping[str, bytes]) -> Iterator[Finding]:
    """Insist that the guide names what an enterprise must hold, in the register's words."""
    for matter in manifest.matters:
        guide = files.get(str(matter.help), b"").decode("utf-8-sig", "replace")
        is_read = guide.strip() and "\ufffd" not in guide  # else told as a text
        if matter.code == Matter.INITIAL and is_read and manifest.qualification not in guide:
            text = f"{matter.help} 没有写聘用企业应具有的“{manifest.qualification}”"
            remedy = "请在说明中写明，与 [employer] 的 qualification 逐字相同"
            yield "employer.qualification", text, remedy


@insists("E_MATTER")
def _matter(matter: MatterOffer, files: Mapping[str, bytes], sources: Sources) -> Iterator[Finding]:
    drawn_in = sources.processes.get(matter.process)
    if drawn_in is None and sources.has_process(matter.process):
        pass  # the file in which it is drawn is unreadable
    elif drawn_in is None and any(file == matter.diagram for file, *_ in sources.faults):
        pass  # it is this file
    elif drawn_in is None:
        is_lost = matter.diagram not in files
        remedy = f"请补上流程图 {matter.diagram}" if is_lost else "请填写流程图中流程的标识"
        yield matter.code, f"没有流程“{matter.process}”", remedy
    elif drawn_in != matter.diagram:
        yield (
            matter.code,
            f"流程“{matter.process}”画在 {drawn_in}，不在 {matter.diagram}",
            _lacking(matter.diagram, files) or "请改正 diagram",
        )
    if matter.code in _WRITTEN and matter.form is None:
        yield matter.code, "申请事项没有表单", "请填写 form"
    if matter.code in PERSONAL and matter.help is None:
        yield matter.code, "申请事项没有说明", "请填写 help"
    if matter.code not in Matter.__members__:
        yield matter.code, f"没有事项“{matter.code}”", f"请用：{'、'.join(Matter)}"
    if matter.form is not None and f"forms/{matter.form}.schema.json" not in files:
        path = f"forms/{matter.form}.schema.json"
        yield matter.code, f"没有表单“{matter.form}”", _lacking(path, files) or f"请增加 {path}"
    templates = {path.rpartition("/")[2] for path in files}
    if matter.form is not None and f"{matter.document}.typ" not in templates:
        text = f"没有申请表模板“{matter.document}”"
        yield matter.code, text, f"请增加 documents/{matter.document}.typ，或者改正 document"
    if matter.help is not None and matter.help not in files:
        remedy = _lacking(matter.help, files) or "请增加该文件，写明办理条件、材料和步骤"
        yield matter.code, f"没有说明文件 {matter.help}", remedy
    elif matter.help is not None and not matter.help.endswith(".md"):
        yield matter.code, f"说明文件 {matter.help} 不是 .md 文件", "请写成 Markdown 文件"


def _lacking(path: str, files: Mapping[str, bytes]) -> str | None:
    """Tell that a file is there under a name in other case: on a server that is another file."""
    other = next((other for other in files if other.lower() == path.lower()), path)
    return None if other == path else f"文件名的大小写不同：请把 {other} 改名为 {path}"


class Statuses:
    """The vocabulary of `status`: that of applications, or of what else a diagram is of."""

    def __init__(self, matters: Sequence[MatterOffer], sources: Sources) -> None:
        self._about = {matter.process: matter.code for matter in matters}
        self._used = {*self._about, *_called(sources)}

    def of(self, root: etree._Element) -> list[str]:
        """Return the words that tasks of a diagram may use."""
        processes = {process.get("id") or "" for process in root.iter(bpmn("process"))}
        if not processes & self._used:  # a shared diagram that the type does not use
            return [*Status, *BatchState]
        codes = {self._about.get(process) for process in processes}
        return list(BatchState if Matter.ENTERPRISE_RENAME in codes else Status)


def _called(sources: Sources) -> set[str]:
    """Return the processes that some diagram calls."""
    calls = (task for root in sources.diagrams.values() for task in root.iter(bpmn("callActivity")))
    return {task.get("calledElement") or "" for task in calls}


@insists("E_TASK_SETTINGS")
def of_tasks(
    root: etree._Element, files: Mapping[str, bytes], statuses: Sequence[str]
) -> Iterator[Finding]:
    """Insist that the forms, statuses and letter templates of tasks exist."""
    for task in root.iter(bpmn("userTask")):
        key, settings = task.get("id") or "", properties(task)
        form, status = settings.get("formKey"), settings.get("status")
        if form is not None and f"forms/{form}.schema.json" not in files:
            path = f"forms/{form}.schema.json"
            remedy = _lacking(path, files) or f"请增加 {path}，或者改正 formKey"
            yield key, f"没有表单“{form}”", remedy
        if status not in statuses:
            text = f"申请状态“{status}”不存在" if status else "没有写申请状态（属性 status）"
            yield (
                key,
                text,
                f"{hint(status or '', statuses)}请填写属性 status：{'、'.join(statuses)}",
            )
        elif status != (wanted := vocabulary.TASK_STATUS.get(key, status)):
            text = f"办理“{key}”时的申请状态是 {wanted}，不是 {status}"
            yield key, text, f"请把属性 status 改为 {wanted}"
    templates = {path.rpartition("/")[2] for path in files}
    for task in root.iter(bpmn("serviceTask")):
        for kind in documents.letters(task):
            if f"{kind}.typ" not in templates and kind in vocabulary.kind("letter").words:
                yield (
                    task.get("id") or "",
                    f"没有文书模板“{kind}”",
                    f"请增加 documents/{kind}.typ，或者改正参数 kind",
                )
