"""The walk through a new profession: what must differ, and how far each of it is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from casework.office import Office
from casework.studio import checking, trials
from casework.studio.drafts import Draft
from casework.studio.new_types import facts, hours, wording
from professions.folders import EXAMPLES
from professions.manifests import RegistrationTypeRefused

CERTIFICATE = "documents/certificate.typ"
_SAME, _CHANGED = "与原来的相同，请核对", "已修改"


class Step(StrEnum):
    """A station of the walk, in its order."""

    NAMES = "names"
    FACTS = "facts"
    HOURS = "hours"
    FIELDS = "fields"
    WORDING = "wording"
    CERTIFICATE = "certificate"
    SCENARIOS = "scenarios"
    CHECK = "check"

    @property
    def label(self) -> str:
        """What it is called on pages."""
        return _TITLES[self]


_TITLES = {
    Step.NAMES: "名称、证书和编号",
    Step.FACTS: "年龄、照片和年限",
    Step.HOURS: "继续教育学时",
    Step.FIELDS: "申请表的字段",
    Step.WORDING: "说明、表单和文书中的文字",
    Step.CERTIFICATE: "证书样式",
    Step.SCENARIOS: "情景",
    Step.CHECK: "检查",
}


@dataclass(frozen=True, kw_only=True)
class Stands:
    """How far a station is."""

    step: Step
    said: str
    is_open: bool  #: something is left that must be done


def is_walked(office: Office, draft: Draft) -> bool:
    """Tell whether a draft is that of a profession begun from another one."""
    base = draft.row.base
    return base is not None and office.definitions.get(base).key != draft.row.type_key


def stands(office: Office, draft: Draft) -> list[Stands]:
    """Say how far the walk is; what nobody asked the check yet is not asked here."""
    said = {
        Step.NAMES: ("已填写", False),
        Step.FACTS: (_facts(draft), False),
        Step.HOURS: (_of(draft, hours.PATH), False),
        Step.FIELDS: (_fields(draft), False),
        Step.WORDING: _wording(draft),
        Step.CERTIFICATE: (_of(draft, CERTIFICATE), False),
        Step.SCENARIOS: _scenarios(office, draft),
        Step.CHECK: _check(office, draft),
    }
    return [Stands(step=step, said=said[step][0], is_open=said[step][1]) for step in Step]


def _facts(draft: Draft) -> str:
    try:
        before, now = facts.answers_of(draft.before), facts.answers_of(draft.package)
    except RegistrationTypeRefused:
        return "清单读不出来，请先改正"
    return _SAME if before == now else _CHANGED


def _of(draft: Draft, path: str) -> str:
    if path not in draft.files:
        return "没有这个文件"
    return _CHANGED if path in draft.changed else _SAME


def _wording(draft: Draft) -> tuple[str, bool]:
    left = len(wording.sentences(draft))
    return (f"还有{left}句是原来的", True) if left else ("没有原来的文字", False)


def _fields(draft: Draft) -> str:
    try:
        titles = dict.fromkeys(title for _, title in wording.own_fields(draft.package))
    except RegistrationTypeRefused:
        return "清单读不出来，请先改正"
    return f"自己的字段：{'、'.join(titles)}" if titles else "没有自己的字段"


def _check(office: Office, draft: Draft) -> tuple[str, bool]:
    problems = checking.known(office, draft)
    if problems is None:
        return "修改以后还没有检查", True
    return (f"{len(problems)}处问题", True) if problems else ("没有发现问题", False)


def _scenarios(office: Office, draft: Draft) -> tuple[str, bool]:
    count = sum(path.startswith(f"{EXAMPLES}/") for path in draft.files)
    came = trials.of(office, draft)
    if came is None or not came.is_current:
        return f"{count}个文件，修改以后还没有试运行", True
    if came.red:
        return f"{len(came.red)}个情景的结果与所写的不同", True
    return ("结果都与所写的相同", False) if came.is_green else ("正在试运行", True)
