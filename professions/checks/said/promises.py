"""What guides and help texts promise: held against the forms, tables and diagrams that keep it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from engine.language.nearest import hint
from engine.language.parsing import Sources, bpmn
from professions import forms, vocabulary
from professions.forms import FormUnusable
from professions.manifests import RegistrationType
from refusals.hotline import HOTLINE
from refusals.rules import insists

Placed = tuple[str, str, str, str]  #: file, element, what is wrong, what to do

#: A telephone in any usual writing; not the digits inside longer numbers.
_TELEPHONE = re.compile(
    "(?<![0-9A-Za-z-])("
    "0[0-9]{2,3}[-—– ]?[1-9][0-9]{5,7}|1[3-9][0-9]{9}|[48]00-?[0-9]{3}-?[0-9]{4}"
    "|9[0-9]{5}|12[0-9]{3}"
    ")(?![0-9A-Za-z])"
)
_SENTENCE = re.compile("[。！？!?\n]")
_CLAUSE = re.compile("[；，：、（）()“”【】]")
_PERIOD = re.compile(r"\{([A-Z_0-9a-z]+)\}|#data\.periods\.([a-z_]+)")
_MEGABYTES = re.compile("不超过 ?([0-9]{1,6}) ?([MKmk])")
_UPLOADED = re.compile("照片|JPG|PNG|免冠|PDF|扫描件")
_LENGTHS = re.compile("([0-9]{1,6}) ?(?:至|到|-|～|~) ?([0-9]{1,6}) ?个?字(?!节)")
_ONE_CHOSEN = re.compile("只能选择?([一两二三四五六七八九十])个")
_CHOSEN = re.compile("([一两二三四五六七八九十])个(?:或者?|至|到)([一两二三四五六七八九十])个")
_REMINDED = re.compile("提醒企业([一两二三四五六七八九十])次")
_NUMBERS = {"一": 1, "两": 2} | {digit: at for at, digit in enumerate("一二三四五六七八九十", 1)}
_ON_CERTIFICATE = re.compile("(?<!不)(?<!不会)(?:显示|印)在[^，。；]{0,8}证书上")
_NOT_ON_CERTIFICATE = re.compile("(?<=不)(?:会)?(?:显示|印)在[^，。；]{0,8}证书上")


@insists("E_FIGURE_CONTRADICTED")
def telephones(text: str) -> Iterator[tuple[str, str]]:
    """Yield telephones that are not the hotline of certificates.

    >>> [wrong[:18] for wrong, _ in telephones(f"{HOTLINE}，021-12345678，例如 021-00000001")]
    ['写的电话是 021-12345678']
    """
    for written in dict.fromkeys(_TELEPHONE.findall(text)):
        if _digits(written) not in (_digits(HOTLINE), _digits(HOTLINE.partition("-")[2])):
            wrong = f"写的电话是 {written}，证书问题的咨询电话是 {HOTLINE}"
            yield wrong, "请改正；主管部门的电话由设置 ZHUCE_CONTACT 给出，不写在这里"


def _never(said: Mapping[str, str]) -> list[tuple[re.Pattern[str], str]]:
    return [(re.compile(pattern), why) for pattern, why in said.items()]


_NEVER = _never(vocabulary.NEVER_SAID)
_NEVER_OF = {code: _never(said) for code, said in vocabulary.NEVER_SAID_OF.items()}


@insists("E_GUIDE_WRONG")
def turned(text: str, matters: Iterable[str] = ()) -> Iterator[tuple[str, str]]:
    """Yield sentences that say the opposite of what law and diagrams do.

    `matters` are those of which the text is the guide.

    >>> [wrong for wrong, _ in turned("审查和决定由一人办理；不收取费用")]
    ['写的是“由一人办理”：审查和决定由两人办理']
    """
    of_matters = [_NEVER_OF.get(code, []) for code in matters]
    for pattern, why in (said for told in (_NEVER, *of_matters) for said in told):
        if found := pattern.search(text):
            yield f"写的是“{found[0]}”：{why}", "请改正这一句"


@insists("E_GUIDE_WRONG")
def places(text: str) -> Iterator[tuple[str, str]]:
    """Yield lists and buttons that no page has.

    >>> [wrong for wrong, _ in places("在【我的证书】领证，点击【保存】")]
    ['页面上没有【我的证书】']
    """
    for name in dict.fromkeys(_PLACE.findall(text)):
        if name not in vocabulary.PLACES:
            yield f"页面上没有【{name}】", f"{hint(name, vocabulary.PLACES)}请写页面上的名称"


_PLACE = re.compile("【([^】]*)】")


def _digits(written: str) -> str:
    return "".join(filter(str.isdigit, written))


@insists("E_PERIOD_ELSEWHERE")
def periods(text: str) -> Iterator[tuple[str, str]]:
    """Yield periods that stand beside what another one is about.

    What a period is about stands in its clause, or in its sentence where the clause is about none.

    >>> [wrong for wrong, _ in periods("可以在{LITIGATION}内申请行政复议，{DRAFT}未办的草稿")]
    ['“{LITIGATION}”是起诉的期限，这一句说的不是']
    """
    for sentence in _SENTENCE.split(text):
        for clause in _CLAUSE.split(sentence):
            for name, printed in _PERIOD.findall(clause):
                about = vocabulary.PERIODS_ABOUT.get((name or printed).upper())
                if about and not _is_about(about, clause, sentence):
                    shown = f"{{{name}}}" if name else f"data.periods.{printed}"
                    wrong = f"“{shown}”是{about[0]}的期限，这一句说的不是"
                    yield wrong, f"请改用所说的期限，或者在同一句里写明：{'、'.join(about)}"


def _is_about(about: Sequence[str], clause: str, sentence: str) -> bool:
    if any(word in clause for word in about):
        return True
    others = any(word in clause for words in vocabulary.PERIODS_ABOUT.values() for word in words)
    return not others and any(word in sentence for word in about)


@insists("E_FIGURE_CONTRADICTED")
def uploads(text: str) -> Iterator[tuple[str, str]]:
    """Yield sizes of uploads that are not those that the service takes.

    >>> [wrong for wrong, _ in uploads("照片，JPG 或 PNG，不超过 2M；扫描件，PDF，不超过 2M")]
    ['写的照片大小是 2M，可以上传的是 5M']
    """
    for line in text.splitlines():
        for size in _MEGABYTES.finditer(line):
            named = _UPLOADED.findall(line[: size.start()]) or _UPLOADED.findall(line)
            if not named:
                continue
            what = "PDF" if named[-1] in ("PDF", "扫描件") else "照片"
            if int(size[1]) != vocabulary.UPLOADS_MB[what] or size[2] in "Kk":
                most = f"{vocabulary.UPLOADS_MB[what]}M"
                wrong = f"写的{what}大小是 {size[1]}{size[2]}，可以上传的是 {most}"
                yield wrong, "请改成同一大小"


@insists("E_FIGURE_CONTRADICTED")
def of_form(fields: Iterable[forms.Field], text: str) -> Iterator[tuple[str, str]]:
    """Yield lengths and numbers of choices that no field of the form has."""
    fields = list(fields)
    lengths = {(field.schema.get("minLength"), field.schema.get("maxLength")) for field in fields}
    for least, most in dict.fromkeys(_LENGTHS.findall(text)):
        if (int(least), int(most)) not in lengths:
            yield f"写的是 {least} 至 {most} 个字，表单没有这样的字段", "请改成表单所写的字数"
    counts = {(field.schema.get("minItems"), field.schema.get("maxItems")) for field in fields}
    for most in dict.fromkeys(_ONE_CHOSEN.findall(text)):
        if not any(_NUMBERS[most] == many for _, many in counts if many):
            yield f"写的是只能选择{most}个，表单没有这样的字段", "请改成表单所写的个数"
    for least, most in dict.fromkeys(_CHOSEN.findall(text)):
        if (_NUMBERS[least], _NUMBERS[most]) not in counts:
            yield f"写的是{least}个至{most}个，表单没有这样的字段", "请改成表单所写的个数"
    yield from _files(fields, text)


@insists("E_FIGURE_CONTRADICTED")
def _files(fields: Iterable[forms.Field], text: str) -> Iterator[tuple[str, str]]:
    """Yield files that a text leaves to people and the form demands, or the other way round."""
    for field in (field for field in fields if field.is_file):
        for name in (field.title, *_LAST_WORDS.findall(field.title)):
            for clause in re.split("[。；\n]", text):
                said = clause.partition(name)[2][:_NEAR]
                if field.required and field.show_if is None and _NEED_NOT.search(said):
                    yield f"写的是{field.title}可以不传，表单是必填的", "请改正这一句"
                elif field.required and field.show_if and _NEED_NOT.search(said):
                    yield f"写的是{field.title}可以不传，须传时表单是必填的", "请写明何时须传"
                elif not field.required and _MUST.search(said):
                    yield f"写的是{field.title}必须上传，表单可以不填", "请改正这一句"
                else:
                    continue
                return


_LAST_WORDS = re.compile("证明文件|证明材料|扫描件")
_NEAR = 14  #: characters after a name that speak of it
_NEED_NOT = re.compile("^[（，, ]?(?:可以?不传|选传|可选|不必传|无需上传)")
_MUST = re.compile("^[（，, ]?(?:必须|务必|一定要|应当|必传|须上?传|必填)上?传?")


@insists("E_FIGURE_CONTRADICTED")
def reminders(told: frozenset[int], text: str) -> Iterator[tuple[str, str]]:
    """Yield numbers of reminders that no diagram sends; `told` are those that they send."""
    for written in dict.fromkeys(_REMINDED.findall(text)):
        if told and _NUMBERS[written] not in told:
            drawn = "、".join(map(str, sorted(told)))
            yield f"写的是提醒企业{written}次，流程图中提醒 {drawn} 次", "请改成同一次数"


def reminders_of(sources: Sources) -> frozenset[int]:
    """Return how often enterprises are reminded before their period ends."""
    timer = bpmn("timerEventDefinition")
    counts = set()
    for root in sources.diagrams.values():
        for event in root.iter(bpmn("boundaryEvent")):
            clock = event.find(timer)
            if clock is None or "ENTERPRISE_SEAL" not in "".join(map(str, clock.itertext())):
                continue
            beside = [
                other
                for other in event.getparent().findall(bpmn("boundaryEvent"))  # type: ignore[union-attr]  # drawn inside
                if other.get("attachedToRef") == event.get("attachedToRef")
                and other.get("cancelActivity") == "false"
                and other.find(timer) is not None
            ]
            counts.add(len(beside))
    return frozenset(counts - {0})


def fields_of(kind: RegistrationType, path: str) -> list[forms.Field] | None:
    """Return the fields of the forms that a guide or a help text speaks of, None of no form."""
    keys = {
        matter.form
        for matter in kind.matters
        if matter.form and path in (matter.help, f"forms/{matter.form}.ui.json")
    }
    try:
        fields = [field for key in sorted(keys) for field in kind.form(key).fields_by_name()]
    except FormUnusable:  # told by the check of forms
        return None
    return [field for field in fields if isinstance(field.ui, Mapping)]  # else told likewise


@insists("E_ANSWER_UNPRINTED")
def answers(kind: RegistrationType, files: Mapping[str, bytes]) -> Iterator[Placed]:
    """Insist that what a type asks beyond the fields of the house is printed where it must be.

    On the form that is signed always; on the certificate where the help of the field says so.
    """
    for matter in kind.matters:
        fields = fields_of(kind, f"forms/{matter.form}.ui.json") if matter.form else None
        own = [field for field in fields or () if _is_own(field)]
        shown = [field for field in own if _ON_CERTIFICATE.search(str(field.ui.get("ui:help", "")))]
        for document, asked in ((matter.document, own), ("certificate", shown)):
            for path, content in files.items():
                is_it = path.rpartition("/")[2] == f"{document}.typ"
                if asked and is_it and b"data.answers" not in content:
                    text = f"没有印出本注册类型自己的“{asked[0].title}”（data.answers）"
                    remedy = "请写 ..for answer in data.answers { … }，见 docs/documents.md"
                    yield path, "", text, remedy
        certified = any(
            path.rpartition("/")[2] == "certificate.typ" and b"data.answers" in content
            for path, content in files.items()
        )
        for field in fields or ():
            denied = _NOT_ON_CERTIFICATE.search(str(field.ui.get("ui:help", "")))
            if denied and (field.name == "photo" or (certified and field in own)):
                text = f"写的是“不{denied[0]}”，{field.title}印在证书上"
                yield f"forms/{matter.form}.ui.json", field.name, text, "请改正这一句"


def _is_own(field: forms.Field) -> bool:
    is_typed = not (field.read_only or field.hidden or field.is_file)
    return is_typed and field.name not in forms.ASKED_BY_HOUSE
